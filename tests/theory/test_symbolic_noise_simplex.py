"""The simplex and its rows in SymPy: every statement holds, and with something wrong does not."""

from __future__ import annotations

from typing import Any

import pytest
import sympy as sp

from polytheory import symbolic
from polytheory.theory.noise.proof_gaussian import NORM as N
from polytheory.theory.noise.proof_gaussian import STD as sigma  # noqa: N811
from polytheory.theory.noise.rows import proof as rows
from polytheory.theory.noise.rows.proof import RATE
from polytheory.theory.noise.rows.proof import WIDTH as m  # noqa: N811
from polytheory.theory.noise.simplex import proof as simplex
from polytheory.theory.noise.simplex.proof import N_FEATURES as n  # noqa: N811
from polytheory.theory.noise.simplex.proof import XI

STATEMENTS = [
    name
    for room in (simplex, rows)
    for name, each in vars(room).items()
    if hasattr(each, "variant")
]
speed, balance = simplex.overlap_speed().claim.rhs, simplex.equilibrium_norm().claim.lhs
CONTROLS = [
    ("expected_force", "half of the gradient", sp.Rational(1, 2)),
    ("overlap_speed", "half as fast", speed / 2),
    ("overlap_speed", "one more row", speed.subs(n, n + 1)),
    ("simplex_overlap", "1/n", -N / n),
    ("equilibrium_norm", "the own noise forgotten", balance + sigma**2 / 2),
    ("equilibrium_norm", "one more row", balance.subs(n, n + 1)),
    ("critical_std", "another g", simplex._INVERSE_SQUARE_STD + XI),
    ("cubic_flow", "time reversed", -1),
    ("cubic_flow", "half as fast", 2),
    ("fourth_norm_of_random_rows", "Gaussian weights", 3 * N**2 / m),
    ("initial_fourth_norm_slope", "to leading order", 24 * RATE / m**2),
    ("plateau_fourth_norm", "one-hot rows", N**2),
    ("plateau_fourth_norm", "symmetric", N**2 * (((n - 1) / n) ** 2 + 1 / (n**2 * (n - 1)))),
]


@pytest.mark.parametrize("name", STATEMENTS)
def test_it_holds(name: str) -> None:
    found = getattr(symbolic, name)()
    assert found.name == name
    assert found.unproved() == {}
    assert found.assumptions


@pytest.mark.parametrize(("name", "says", "wrong"), CONTROLS)
def test_something_wrong_is_noticed(name: str, says: str, wrong: Any) -> None:
    assert not getattr(symbolic, name).variant(wrong).holds, says


def test_every_statement_has_a_control() -> None:
    assert {name for name, *_ in CONTROLS} == set(STATEMENTS)
