"""Collisions in SymPy: every statement holds, and with something wrong in it it does not."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
import sympy as sp

from polytheory import symbolic
from polytheory.theory.collisions import proof_bounds as _bounds
from polytheory.theory.collisions import proof_exclusion as _exclusion

N, M, X = _exclusion.N, _exclusion.M, _exclusion.X
E = _bounds.EXPECTED
STATEMENTS = {
    name: proof
    for name in dir(symbolic)
    if (proof := getattr(symbolic, name)).__module__.startswith("polytheory.theory.collisions.")
}
VALUES = {name: proof().value for name, proof in STATEMENTS.items()}
pmf, mean = VALUES["polysemantic_pmf"], VALUES["expected_polysemantic"]
variance, bound = VALUES["polysemantic_variance"], VALUES["poisson_distance_bound"]
independent = VALUES["expected_polysemantic_independent"]
none = sp.binomial(M, N) * 2**N / sp.binomial(2 * M, N)
lower, upper = N * (N - 1) / (4 * M), N**2 / (4 * M)


def doctored(name: str, *wrong: sp.Expr, says: str) -> Any:
    return pytest.param(name, wrong, id=f"{name}: {says}")


CONTROLS = [
    doctored("polysemantic_pmf", pmf / 2 ** (N - 2 * X), says="one sign only"),
    doctored("polysemantic_pmf", pmf.subs(M, M + 1), says="one neuron more"),
    doctored("polysemantic_pmf", 2 * pmf, says="twice"),
    doctored("expected_polysemantic", upper, says="the paper's"),
    doctored("expected_polysemantic", lower, says="the lower bound"),
    doctored("expected_polysemantic", N * (N - 1) / (2 * M - 1), says="ordered pairs"),
    doctored("expected_polysemantic_independent", mean, says="exclusion"),
    doctored("expected_polysemantic_independent", 2 * independent, says="any sign"),
    doctored("polysemantic_variance", mean, says="Poisson's"),
    doctored("polysemantic_variance", variance * (2 * M - 3) / (2 * M - 1), says="one power more"),
    doctored("no_collision_probability", none / 2**N, says="one sign only"),
    doctored("no_collision_probability", sp.exp(-mean), says="Poisson's"),
    doctored("pair_probability", 1 / M, says="independent"),
    doctored("pair_probability", 1 / (2 * M), says="with replacement"),
    doctored("expected_polysemantic_bounds", lower, upper - lower / N, says="n(n−1) above"),
    doctored("expected_polysemantic_bounds", mean, upper, says="no lower bound"),
    doctored("poisson_distance_bound", bound / 2, says="half"),
    doctored("poisson_distance_bound", N / M, says="without the mean"),
    doctored("width_for", N * (N - 1) / (4 * E), says="without the half"),
    doctored("width_for", N**2 / (4 * E), says="the paper's"),
    doctored("necessary_polysemantic", N - 2 * M, says="two a neuron"),
]


@pytest.mark.parametrize("name", STATEMENTS)
def test_it_holds(name: str) -> None:
    statement = STATEMENTS[name]()
    assert statement.name == name
    assert statement.unproved() == {}
    assert statement.assumptions


@pytest.mark.parametrize(("name", "wrong"), CONTROLS)
def test_something_wrong_is_noticed(name: str, wrong: tuple[sp.Expr, ...]) -> None:
    statement = STATEMENTS[name].variant(*wrong)
    assert set(statement.residuals) == set(STATEMENTS[name]().residuals)
    assert not statement.holds


def test_every_statement_has_a_control() -> None:
    assert {case.values[0] for case in CONTROLS} == set(STATEMENTS)


def test_the_enumeration_is_one() -> None:
    # Two features on two neurons: of the six pairs of sites two are on one neuron.
    assert sorted(_exclusion._counts(2, 2)) == [0, 0, 0, 0, 1, 1]
    assert len(_exclusion._counts(3, 3)) == len(list(combinations(range(6), 3)))


def test_where_nobody_can_be_alone() -> None:
    chance = symbolic.no_collision_probability()
    assert chance.evaluate(n_features=[3, 4], n_neurons=2).tolist() == [0, 0]
