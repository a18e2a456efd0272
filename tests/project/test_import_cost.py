"""Importing the package is cheap, and importing Hypothesis does not import it."""

from __future__ import annotations

from collections.abc import Callable

ModulesAfter = Callable[[str], set[str]]


def test_import_polytheory_is_light(modules_after: ModulesAfter) -> None:
    heavy = {"hypothesis", "matplotlib", "scipy.integrate", "scipy.optimize", "sympy"}
    loaded = modules_after("import polytheory")
    assert "polytheory.model" in loaded
    assert not heavy & loaded


def test_import_hypothesis_does_not_load_the_package(modules_after: ModulesAfter) -> None:
    assert "polytheory" not in modules_after("import hypothesis")


def test_the_probe_sees_what_is_loaded(modules_after: ModulesAfter) -> None:
    assert {"sympy", "polytheory"} <= modules_after("import polytheory, sympy")
