"""Observations are kept for all tests, and never met by a simulator other than their own.

Wrong simulations never ask for them: see `forgetful` in test_wrong_simulations.py.
"""

import shutil
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy

import polytheory
from polytheory import Observation
from polytheory.laws import law as named
from polytheory.theory.fixed_points import check

PACKAGE = Path(polytheory.__file__).parent
LAW, CASE = named("carrier_amplitude"), {"l1_strength": 0.1}

Ask = Callable[..., Observation]


@pytest.fixture
def ask(observations: Any, tmp_path: Path) -> Ask:
    """Return a function that asks as a new process would, with this copy of the package."""
    return lambda package=PACKAGE: type(observations)(tmp_path / "kept", package).of(LAW)(**CASE)


@pytest.fixture
def blocked(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> Observation:
    """Observe once, and let nobody simulate after that."""

    def refuse(*_: Any) -> None:
        raise NotImplementedError

    seen = ask()
    monkeypatch.setattr(check, "rest", refuse)
    with pytest.raises(NotImplementedError):
        LAW.observe(**CASE)
    return seen


def same(one: Observation, other: Observation) -> bool:
    """Return whether two observations have the same parts, of the same types."""
    pairs = [(getattr(one, each.name), getattr(other, each.name)) for each in fields(Observation)]
    return all(type(a) is type(b) and np.array_equal(a, b) for a, b in pairs)


def test_another_process_does_not_simulate_again(ask: Ask, blocked: Observation) -> None:
    assert same(ask(), blocked)


@pytest.mark.parametrize(
    ("file", "right", "wrong"),
    [("flow/plain.py", "0.5 * h * lam", "0.51 * h * lam"), ("flow/new.py", "", "\n")],
)
@pytest.mark.usefixtures("blocked")
def test_an_edited_flow_does(ask: Ask, tmp_path: Path, file: str, right: str, wrong: str) -> None:
    copy = tmp_path / "polytheory"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    ask(copy)  # the same files elsewhere
    text = (copy / file).read_text("utf-8") if right else ""
    assert right in text
    (copy / file).write_text(text.replace(right, wrong, 1) or wrong, "utf-8")
    with pytest.raises(NotImplementedError):
        ask(copy)


@pytest.mark.parametrize(
    ("module", "name"), [(np, "__version__"), (scipy, "__version__"), (sys, "version")]
)
@pytest.mark.usefixtures("blocked")
def test_other_versions_do(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, module: Any, name: str
) -> None:
    monkeypatch.setattr(module, name, "0")
    with pytest.raises(NotImplementedError):
        ask()


def test_a_law_that_observes_otherwise_is_refused(observations: Any) -> None:
    with pytest.raises(AssertionError, match="not that of the package"):
        observations.of(replace(LAW, observe=lambda **_: 0.0))


@pytest.mark.parametrize(
    "seen",
    [
        Observation(0.1, 1e-300, "ħ"),
        Observation([[0.1, np.inf], [-0.0, 5e-324]], 0.0, "", 0.2, sampled=True, degrees=3.0),
        Observation.proportion([1, 2], 7),
        Observation.count(3, [0.5, 0.7], bias=0.1),
    ],
    ids=["number", "sample", "proportion", "count"],
)
def test_a_kept_observation_is_the_same(
    seen: Observation, observations: Any, tmp_path: Path
) -> None:
    file = tmp_path / "one.npz"
    observations.write(file, seen)
    again = observations.read(file)
    assert same(again, seen)
    assert not same(again, Observation(seen.value, seen.error + 1.0, seen.source))
