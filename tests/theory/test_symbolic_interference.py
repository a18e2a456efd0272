"""Interference: every statement holds, and the same with something wrong in it does not."""

from __future__ import annotations

from typing import Any

import pytest
import sympy as sp

from polytheory.theory.interference.initial import proof as initial
from polytheory.theory.interference.pair import proof as pair

STATEMENTS = {
    name: each
    for module in (initial, pair)
    for name, each in vars(module).items()
    if hasattr(each, "variant") and each.__module__ == module.__name__
}
n, m, square = initial.FEATURES, initial.WIDTH, initial.NORM
cosine, later, g = pair.COSINE, pair.TIME, pair.OVERLAP
along, whole, norm_speed = (
    STATEMENTS[f"initial_{name}"]().value
    for name in ("interference", "interference_square", "norm_speed")
)
apart, corner = pair.cosine_decay().claim.rhs, pair.pair_squared_norm().claim.rhs


def doctored(name: str, wrong: sp.Expr, says: str = "") -> Any:
    return pytest.param(name, wrong, id=f"{name}: {says or wrong}")


CONTROLS = [
    doctored("initial_feature_benefit", sp.sqrt(1 / m)),
    doctored("initial_feature_benefit", sp.sqrt(2 / m) * sp.sqrt(1 + 4 / m)),
    doctored("initial_interference", 2 * along, "without the ReLU"),
    doctored("initial_interference", along * n / (n - 1), "of itself too"),
    doctored("initial_interference", along / square, "whatever the norm"),
    doctored("initial_interference_square", along, "for n ≪ m only"),
    doctored("initial_interference_square", 2 * whole, "without the ReLU"),
    doctored(
        "initial_interference_square",
        (n - 1) * (m + 2) / (2 * m**2) * square,
        "without pairs of rows",
    ),
    doctored("initial_regularization", initial.L1 * sp.sqrt(m), "the whole force"),
    doctored("initial_norm_speed", norm_speed / 2, "half"),
    doctored("initial_norm_speed", norm_speed + 4 / m, "without the benefit"),
    doctored("cosine_decay", cosine * sp.exp(-2 * later), "leading order"),
    doctored("cosine_decay", apart.subs(later, 2 * later), "twice as fast"),
    doctored("cosine_decay", apart.subs(pair.FIRST, pair.SECOND), "one norm for both"),
    doctored("pair_squared_norm", corner.subs(cosine, 0), "as if alone"),
    doctored("pair_squared_norm", corner.subs(cosine, cosine**2), "c for c²"),
    doctored("overlap_decay", g * sp.exp(-later), "half the rate"),
    doctored("overlap_decay", g * sp.exp(-4 * later), "twice the rate"),
]


@pytest.mark.parametrize("name", STATEMENTS)
def test_it_holds(name: str) -> None:
    statement = STATEMENTS[name]()
    assert statement.name == name
    assert statement.unproved() == {}
    assert statement.assumptions


@pytest.mark.parametrize(("name", "wrong"), CONTROLS)
def test_a_doctored_one_is_caught(name: str, wrong: sp.Expr) -> None:
    assert not STATEMENTS[name].variant(wrong).holds


def test_every_statement_has_a_control() -> None:
    assert {case.values[0] for case in CONTROLS} == set(STATEMENTS)
