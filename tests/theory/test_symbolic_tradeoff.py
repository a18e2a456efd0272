"""The cost of sharing in SymPy: every statement holds, and with something wrong it does not."""

from __future__ import annotations

from typing import Any

import pytest
import sympy as sp

from polytheory import symbolic
from polytheory.theory.tradeoff import proof as tradeoff
from polytheory.theory.tradeoff.proof import STD, P, X

STATEMENTS = [name for name, each in vars(tradeoff).items() if hasattr(each, "variant")]
excess = tradeoff.pair_excess().value
break_even = tradeoff.break_even_probability().value
rate = tradeoff.negative_overlap_rate().value


def as_if_apart(n_positive: int, n_negative: int) -> sp.Expr:
    return tradeoff._finite_sum(n_positive, 0) + tradeoff._finite_sum(n_negative, 0)


def twice(n_positive: int, n_negative: int) -> sp.Expr:
    return 2 * tradeoff._finite_sum(n_positive, n_negative)


CONTROLS = [
    ("neuron_loss", "signs apart", as_if_apart),
    ("neuron_loss", "twice", twice),
    ("pair_excess", "perfect carriers", 2 * P**2),
    ("pair_excess", "one order more", excess * P),
    ("pair_excess", "one of the two only", excess / 2),
    ("break_even_probability", "weak noise only", STD**2 / 2 * X),
    ("break_even_probability", "twice", 2 * break_even),
    ("negative_overlap_rate", "small p only", 2 * P),
    ("negative_overlap_rate", "the faster", 1 + P + sp.sqrt((1 - P) ** 2 + 4 * P**2)),
    ("negative_overlap_rate", "half", rate / 2),
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
