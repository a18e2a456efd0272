"""Importing the package is cheap, and importing Hypothesis does not import it.

The entry point of Hypothesis is a module outside the package; Hypothesis knows the types of the
package all the same, whichever of the two is imported first.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Callable
from pathlib import Path

import pytest

import polytheory

ModulesAfter = Callable[[str], set[str]]


def test_import_polytheory_is_light(modules_after: ModulesAfter) -> None:
    heavy = {"hypothesis", "matplotlib", "scipy.integrate", "scipy.optimize", "sympy"}
    loaded = modules_after("import polytheory")
    assert "polytheory.model" in loaded
    assert not heavy & loaded


def test_the_judge_and_sweeps_are_loaded_when_asked_for(modules_after: ModulesAfter) -> None:
    late = {"polytheory.laws", "polytheory.verification", "polytheory.sweeps", "sqlite3"}
    assert not late & modules_after("import polytheory")
    assert late <= modules_after("import polytheory; polytheory.verify, polytheory.sweep")


def test_what_is_late_is_what_type_checkers_see() -> None:
    tree = ast.parse(Path(polytheory.__file__).read_text("utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If) and "TYPE" in ast.dump(node))
    seen = {
        alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == polytheory._MODULE_OF
    assert {*seen} <= {*dir(polytheory)}
    for name, module in seen.items():
        assert getattr(polytheory, name) is getattr(importlib.import_module(module), name)
    with pytest.raises(AttributeError, match="no attribute 'swep'"):
        _ = polytheory.swep


def test_the_command_and_the_report_load_the_heavy_ones_when_they_need_them(
    modules_after: ModulesAfter,
) -> None:
    loaded = modules_after("import polytheory.cli, polytheory.report")
    assert "polytheory.report" in loaded
    assert not {"matplotlib", "sympy"} & loaded


def test_import_hypothesis_does_not_load_the_package(modules_after: ModulesAfter) -> None:
    loaded = modules_after("import hypothesis")
    assert "_polytheory_hypothesis" in loaded  # the entry point was called
    assert "polytheory" not in loaded
    assert "numpy" not in loaded


@pytest.mark.parametrize(
    "first", ["import hypothesis, polytheory", "import polytheory, hypothesis"]
)
def test_hypothesis_knows_the_types_of_the_package(modules_after: ModulesAfter, first: str) -> None:
    # Warnings are errors: Hypothesis warns of slow code in a plugin.
    strict = "import warnings; warnings.simplefilter('error')"
    types = "st.from_type(polytheory.ToyModel), st.from_type(polytheory.noise.Noise)"
    draw = f"from hypothesis import strategies as st; hypothesis.find(st.tuples({types}), bool)"
    modules_after(f"{strict}; {first}; {draw}")


def test_the_package_does_without_hypothesis(modules_after: ModulesAfter) -> None:
    without = "sys.modules['hypothesis'] = None"
    with_the_judge = f"{without}; import polytheory; polytheory.verify"
    assert "polytheory.verification" in modules_after(with_the_judge)


def test_another_module_of_that_name_does_no_harm(modules_after: ModulesAfter) -> None:
    own = "import types; sys.modules['hypothesis'] = types.ModuleType('hypothesis')"
    assert "polytheory.testing" not in modules_after(f"{own}; import polytheory")


def test_the_probe_sees_what_is_loaded(modules_after: ModulesAfter) -> None:
    assert {"sympy", "polytheory"} <= modules_after("import polytheory, sympy")
