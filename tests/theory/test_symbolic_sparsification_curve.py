"""The universal curve, its bounds and tails: they hold; with something wrong in them, not."""

from __future__ import annotations

from typing import Any

import pytest
import sympy as sp

from polytheory import symbolic
from polytheory.algebra.statement import value_of
from polytheory.symbolic import Proof
from polytheory.theory.sparsification.curve import proof, proof_bounds, proof_moments, proof_tails
from polytheory.theory.sparsification.curve.proof import CLOCK, RADIUS, STRENGTH
from polytheory.theory.sparsification.curve.proof_moments import X
from polytheory.theory.sparsification.curve.proof_ratios import Z
from polytheory.theory.sparsification.paper.proof import FRACTION, TIME, WIDTH
from polytheory.theory.sparsification.row.proof import LAMBDA

STATEMENTS: dict[str, Proof] = {
    name: member
    for module in (proof, proof_bounds, proof_moments, proof_tails)
    for name, member in vars(module).items()
    if hasattr(member, "variant") and member.__module__ == module.__name__
}

G = tuple(proof_moments.moment(p) for p in range(5))
root_m, theta, kappa = sp.sqrt(WIDTH), proof.THETA, proof.KAPPA
norm, curve_speedup, curve_spread, lower, upper = (
    value_of(STATEMENTS[name]())
    for name in ("l1_norm", "speedup", "curve_spread", "l1_norm_lower", "l1_norm_upper")
)
relaxing, left = RADIUS * (1 - RADIUS**2), sp.sqrt(2) * sp.erfinv(1 - FRACTION)

CONTROLS: dict[str, dict[str, tuple[Any, ...]]] = {
    "gaussian_moment": {
        "one twice": ((G[0], G[1], 2 * G[2], *G[3:]),),
        "one sign of g only": (tuple(each / 2 for each in G),),
        "another argument": (tuple(each.subs(X, X**2) for each in G),),
    },
    "universal_curve": {
        "θ = λm·t": (theta, WIDTH),
        "half": (theta / 2, root_m),
        "a late start": (theta + 1, root_m),
        "as if S₂ = 1": (X, root_m),
    },
    "l1_norm": {"not over the norm": (root_m * G[1],), "from √m on": (norm * sp.sqrt(sp.pi / 2),)},
    "nonzero_count": {"one sign only": (WIDTH * G[0] / 2,), "m' = ‖w‖₁²": (norm**2,)},
    "fourth_norm": {"over one norm": (G[4] / (WIDTH * G[2]),), "as at the start": (3 / WIDTH,)},
    "mean_field": {
        "whatever the radius": (relaxing - STRENGTH * kappa, STRENGTH),
        "κ = 1": (relaxing - STRENGTH, STRENGTH / RADIUS),
        "sign": (-relaxing - STRENGTH * kappa, STRENGTH / RADIUS),
    },
    "speedup": {"twice": (2 * curve_speedup,), "2‖w‖₁ from the start on": (2 * norm,)},
    "time_to_fraction": {
        "whatever m": (CLOCK / LAMBDA, left),
        "m for √m": (CLOCK / (LAMBDA * WIDTH), left),
        "one sign of the weights": (CLOCK / (LAMBDA * root_m), left.subs(FRACTION, FRACTION / 2)),
    },
    "curve_spread": {
        "not less 1": (curve_spread + 1,),
        "not squared": (G[0] * G[2] / G[1] - 1,),
        "as at the start": (sp.pi / 2 - 1,),
    },
    "l1_norm_lower": {"the upper": (upper,), "the law": (1 / (1 / root_m + LAMBDA * TIME),)},
    "l1_norm_upper": {"the lower": (lower,), "twice": (2 * upper,)},
    "l1_norm_tail": {
        "one term less": (1 + 2 * Z**2, -6 * Z**4),
        "second term": (1 + 3 * Z**2 - 6 * Z**4, 90 * Z**6),
        "the error": (proof_tails.L1_TAIL, 80 * Z**6),
        "twice": (2 * proof_tails.L1_TAIL, 180 * Z**6),
    },
    "nonzero_count_tail": {
        "published constant": (proof_tails.COUNT_TAIL / 2, 95 * Z**6),
        "the error": (proof_tails.COUNT_TAIL, proof_tails.L1_NEXT),
        "one term less": (2 + 6 * Z**2, -6 * Z**4),
    },
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_it_holds(name: str) -> None:
    statement = STATEMENTS[name]()
    assert statement is getattr(symbolic, name)()
    assert statement.name == name
    assert statement.assumptions
    assert statement.unproved() == {}


@pytest.mark.parametrize(
    ("name", "says"), [(name, says) for name, wrong in CONTROLS.items() for says in wrong]
)
def test_a_doctored_one_is_caught(name: str, says: str) -> None:
    assert not STATEMENTS[name].variant(*CONTROLS[name][says]).holds


def test_every_statement_has_a_control() -> None:
    assert set(CONTROLS) == set(STATEMENTS)
    assert all(CONTROLS.values())
