"""The cost of sharing in SymPy: every statement holds, and with something wrong it does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sympy as sp

from polytheory.algebra.statement import Statement
from polytheory.theory.tradeoff import proof as tradeoff
from polytheory.theory.tradeoff.proof import STD, P, X

RESIDUALS: dict[str, Callable[..., dict[str, sp.Expr]]] = {
    "neuron_loss": tradeoff._neuron_loss_residuals,
    "pair_excess": tradeoff._pair_excess_residuals,
    "break_even_probability": tradeoff._break_even_residuals,
    "negative_overlap_rate": tradeoff._negative_overlap_residuals,
}
excess = tradeoff.pair_excess().value
break_even = tradeoff.break_even_probability().value
rate = tradeoff.negative_overlap_rate().value


def doctored(name: str, wrong: Any, says: str) -> Any:
    return pytest.param(name, wrong, id=f"{name}: {says}")


def as_if_apart(n_positive: int, n_negative: int) -> sp.Expr:
    return tradeoff._finite_sum(n_positive, 0) + tradeoff._finite_sum(n_negative, 0)


def twice(n_positive: int, n_negative: int) -> sp.Expr:
    return 2 * tradeoff._finite_sum(n_positive, n_negative)


CONTROLS = [
    doctored("neuron_loss", as_if_apart, "signs apart"),
    doctored("neuron_loss", twice, "twice"),
    doctored("pair_excess", 2 * P**2, "perfect carriers"),
    doctored("pair_excess", excess * P, "one order more"),
    doctored("pair_excess", excess / 2, "one of the two only"),
    doctored("break_even_probability", STD**2 / 2 * X, "weak noise only"),
    doctored("break_even_probability", 2 * break_even, "twice"),
    doctored("negative_overlap_rate", 2 * P, "small p only"),
    doctored("negative_overlap_rate", 1 + P + sp.sqrt((1 - P) ** 2 + 4 * P**2), "the faster"),
    doctored("negative_overlap_rate", rate / 2, "half"),
]


@pytest.mark.parametrize("name", tradeoff.__all__)
def test_it_holds(name: str) -> None:
    statement = getattr(tradeoff, name)()
    assert statement.name == name
    assert statement.unproved() == {}


@pytest.mark.parametrize(("name", "wrong"), CONTROLS)
def test_something_wrong_is_noticed(name: str, wrong: Any) -> None:
    residuals = RESIDUALS[name](wrong)
    assert set(residuals) == set(getattr(tradeoff, name)().residuals)
    assert Statement(name="doctored", claim=sp.true, residuals=residuals).unproved()


def test_every_statement_has_a_control() -> None:
    assert {case.values[0] for case in CONTROLS} == set(tradeoff.__all__) == set(RESIDUALS)


def test_by_hand() -> None:
    # Two perfect carriers, p = 1/2: in one input of four both are lost, 2/4.
    assert tradeoff.pair_excess().evaluate(probability=0.5, amplitude=1.0) == 0.5
    # √(1/4 + 1) = 1.118…
    expected = 1.5 - 1.25**0.5
    found = tradeoff.negative_overlap_rate().evaluate(probability=0.5)
    assert found == pytest.approx(expected, rel=1e-15, abs=0)


def test_the_enumeration_counts_inputs() -> None:
    # One feature of size x: (1 − x²)² when it is active.
    assert sp.expand(tradeoff._enumerated(1, 0) - P * (1 - X**2) ** 2) == 0
    # Two perfect ones of one sign: either alone is seen twice, both make 2 instead of 1, twice.
    two = tradeoff._enumerated(2, 0).subs(X, 1)
    assert sp.expand(two - (2 * P * (1 - P) * 1 + P**2 * 2)) == 0
