"""The cost of sharing in SymPy, by hand."""

import pytest
import sympy as sp

from polytheory.theory.tradeoff import proof as tradeoff
from polytheory.theory.tradeoff.proof import P, X


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
