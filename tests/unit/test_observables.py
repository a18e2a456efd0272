"""What is measured on rows: limits, invariances, and naive loops that say the same."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from polytheory import observables
from polytheory.observables import fourth_norm, l1_norm, nonzero_count, spread, squared_norm
from polytheory.testing import rows

Row = NDArray[np.float64]
EPS = np.finfo(float).eps
ALL = [nonzero_count, l1_norm, squared_norm, fourth_norm, spread]
POWERS = [(l1_norm, 1), (squared_norm, 2), (fourth_norm, 4)]


def naive_spread(row: Row) -> float:
    """Return the squared coefficient of variation, exactly rounded sums."""
    alive = [abs(w) for w in row.tolist() if w != 0]
    mean = math.fsum(alive) / len(alive)
    return math.fsum((w / mean - 1) ** 2 for w in alive) / len(alive)


@pytest.mark.parametrize(("norm", "power"), POWERS)
@given(row=rows())
def test_norms_equal_exactly_rounded_sums(norm: Callable[..., float], power: int, row: Row) -> None:
    expected = math.fsum(abs(w) ** power for w in row.tolist())
    # m positive terms, each a product of `power` factors.
    assert norm(row) == pytest.approx(expected, rel=(row.size + power) * EPS, abs=0)


@given(row=rows())
def test_the_count_equals_a_loop(row: Row) -> None:
    assert nonzero_count(row) == sum(w != 0 for w in row.tolist())


@given(row=rows())
def test_spread_equals_its_definition(row: Row) -> None:
    # The mean is good to m roundings, and the deviations from it are at most m times the mean.
    assert spread(row) == pytest.approx(naive_spread(row), rel=1e-9, abs=8 * row.size**2 * EPS)


@given(row=rows())
def test_spread_is_the_excess_of_cauchy_schwarz(row: Row) -> None:
    excess = nonzero_count(row) * squared_norm(row) / l1_norm(row) ** 2 - 1
    assert spread(row) == pytest.approx(excess, abs=8 * row.size**2 * EPS)


@given(row=rows())
def test_spread_is_never_negative(row: Row) -> None:
    assert spread(row) >= 0


@given(row=rows())
def test_spread_is_less_than_the_number_of_living_weights(row: Row) -> None:
    # N ≤ ‖w‖₁², with equality for a single weight.
    assert spread(row) <= (nonzero_count(row) - 1) * (1 + 4 * EPS)


@given(size=st.floats(1e-10, 1e10), count=st.integers(1, 50), signs=st.integers(0, 2**50))
def test_equal_weights_have_no_spread(size: float, count: int, signs: int) -> None:
    row = [size if signs >> k & 1 else -size for k in range(count)]
    assert spread(row) == 0


def test_spread_keeps_digits_where_the_excess_has_lost_them() -> None:
    # Two weights 1 ± δ: ρ = δ², below the rounding of m'N/‖w‖₁² − 1. A rounded weight moves δ by
    # EPS, so ρ by a relative 2 EPS/δ.
    delta = 2.0**-30
    assert spread([1 + delta, 1 - delta]) == pytest.approx(delta**2, rel=2 * EPS / delta, abs=0)


def test_dead_weights_do_not_count() -> None:
    assert spread([3.0, 1.0, 0.0, 0.0]) == spread([3.0, 1.0])


def test_spread_counts_every_nonzero_weight() -> None:
    # m' = 2, N/‖w‖₁² = 1 to rounding.
    assert spread([1e50, 1e-300]) == 1


@pytest.mark.parametrize("measure", ALL)
def test_a_row_without_weights_measures_zero(measure: Callable[..., float]) -> None:
    assert measure([0.0, 0.0]) == 0


@pytest.mark.parametrize("measure", ALL)
@given(row=rows(), seed=st.integers(0, 99))
def test_the_order_of_neurons_does_not_matter(
    measure: Callable[..., float], row: Row, seed: int
) -> None:
    shuffled = np.random.default_rng(seed).permutation(row)
    # Sums in another order.
    tolerance = 8 * row.size**2 * EPS
    assert measure(shuffled) == pytest.approx(measure(row), rel=tolerance, abs=tolerance)


@pytest.mark.parametrize("measure", ALL)
@given(row=rows(), seed=st.integers(0, 99))
def test_signs_do_not_matter(measure: Callable[..., float], row: Row, seed: int) -> None:
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], row.size)
    # NumPy's power function is even to a few roundings only.
    assert measure(signs * row) == pytest.approx(measure(row), rel=4 * EPS, abs=0)


@pytest.mark.parametrize(
    ("measure", "degree"),
    [(nonzero_count, 0), (l1_norm, 1), (squared_norm, 2), (fourth_norm, 4), (spread, 0)],
)
@given(row=rows(), exponent=st.integers(-20, 20))
def test_each_is_homogeneous(
    measure: Callable[..., float], degree: int, row: Row, exponent: int
) -> None:
    # Powers of two scale without rounding, but for subnormal numbers and NumPy's power function.
    scale = 2.0**exponent
    row = np.where(np.abs(row) < 1e-70, 0.0, row)
    assert measure(scale * row) == pytest.approx(scale**degree * measure(row), rel=4 * EPS, abs=0)


@given(row=rows())
def test_norms_are_ordered(row: Row) -> None:
    n1, n2, n4 = l1_norm(row), squared_norm(row), fourth_norm(row)
    slack = 1 + 16 * EPS
    assert n2 <= n1**2 * slack
    assert n4 <= n2**2 * slack
    assert n1**2 <= nonzero_count(row) * n2 * slack
    assert n2**2 <= nonzero_count(row) * n4 * slack


@pytest.mark.parametrize("measure", ALL)
def test_a_batch_equals_a_loop(measure: Callable[..., Any]) -> None:
    batch = np.random.default_rng(0).normal(size=(2, 3, 5))
    batch[0, 1, 2:] = 0.0
    looped = [[measure(row) for row in block] for block in batch]
    assert measure(batch).tolist() == looped


@pytest.mark.parametrize("measure", ALL)
@pytest.mark.parametrize(
    "row",
    [[1, 0, -2], np.array([1, 0, -2], dtype=np.int8), np.array([1, 0, -2], dtype=np.float32)],
)
def test_any_real_dtype_is_accepted(measure: Callable[..., Any], row: Any) -> None:
    assert measure(row) == measure([1.0, 0.0, -2.0])


@pytest.mark.parametrize("measure", ALL)
def test_layout_does_not_matter_and_input_is_left_alone(measure: Callable[..., Any]) -> None:
    batch = np.random.default_rng(0).normal(size=(4, 3))
    fortran = np.asfortranarray(batch)
    fortran.setflags(write=False)
    np.testing.assert_allclose(measure(fortran), measure(batch), rtol=16 * EPS)
    assert (fortran == batch).all()


def test_one_row_gives_plain_numbers() -> None:
    assert type(nonzero_count([1.0])) is int
    assert {type(measure([1.0])) for measure in ALL[1:]} == {float}


def test_every_public_observable_is_tested_here() -> None:
    assert {measure.__name__ for measure in ALL} == set(observables.__all__)
