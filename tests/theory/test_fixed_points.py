"""Where a carrier rests: the closed forms solve their cubic, meet, and expand as they claim."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polytheory.theory.fixed_points import (
    CARRIER,
    carrier_amplitude,
    carrier_amplitude_expansion,
    critical_l1,
    unstable_amplitude,
)

EPS = np.finfo(float).eps
CRITICAL = 2 / (3 * math.sqrt(3))
STRENGTHS = st.floats(0, critical_l1(), allow_subnormal=False)
ALL: list[Callable[..., float]] = [
    carrier_amplitude,
    unstable_amplitude,
    carrier_amplitude_expansion,
]


@given(strength=STRENGTHS)
def test_both_amplitudes_solve_the_cubic(strength: float) -> None:
    for x in (carrier_amplitude(strength), unstable_amplitude(strength)):
        # |d(x − x³)/dx| ≤ 2 passes the few roundings of x on; the cubic adds its own.
        assert x - x**3 == pytest.approx(strength, rel=0, abs=8 * EPS)


@given(strength=st.floats(1e-300, 1e-3))
def test_the_small_root_keeps_its_relative_accuracy(strength: float) -> None:
    x = unstable_amplitude(strength)
    assert x - x**3 == pytest.approx(strength, rel=8 * EPS, abs=0)


@given(strength=STRENGTHS)
def test_the_third_root_is_what_is_missing_to_zero(strength: float) -> None:
    # x³ − x + λ = (x − x₊)(x − x₋)(x + x₊ + x₋): Vieta.
    up, low = carrier_amplitude(strength), unstable_amplitude(strength)
    assert up * up + up * low + low * low == pytest.approx(1, abs=16 * EPS)
    assert up * low * (up + low) == pytest.approx(strength, rel=0, abs=16 * EPS)


@given(strength=STRENGTHS)
def test_the_amplitudes_lie_on_either_side_of_the_maximum(strength: float) -> None:
    slack = 4 * EPS
    middle = 1 / math.sqrt(3)
    assert -slack <= unstable_amplitude(strength) <= middle + slack
    assert middle - slack <= carrier_amplitude(strength) <= 1 + slack


@given(pair=st.tuples(STRENGTHS, STRENGTHS))
def test_a_stronger_penalty_brings_them_together(pair: tuple[float, float]) -> None:
    weak, strong = sorted(pair)
    slack = 4 * EPS
    assert carrier_amplitude(strong) <= carrier_amplitude(weak) + slack
    assert unstable_amplitude(strong) >= unstable_amplitude(weak) - slack
    if strong > weak + 1e-12:  # |dx/dλ| ≥ 1/2, above any rounding
        assert carrier_amplitude(strong) < carrier_amplitude(weak)
        assert unstable_amplitude(strong) > unstable_amplitude(weak)


def test_without_a_penalty_a_carrier_is_perfect() -> None:
    assert carrier_amplitude(0.0) == pytest.approx(1, abs=2 * EPS)
    assert unstable_amplitude(0.0) == 0
    assert carrier_amplitude_expansion(0.0) == 1


def test_at_the_critical_strength_both_merge() -> None:
    expected = 1 / math.sqrt(3)
    assert carrier_amplitude(critical_l1()) == pytest.approx(expected, rel=2 * EPS, abs=0)
    assert unstable_amplitude(critical_l1()) == pytest.approx(expected, rel=2 * EPS, abs=0)


def test_they_merge_like_a_square_root() -> None:
    # At λ_c(1 − ε) the gap is ⅔√(2ε)(1 + O(ε)).
    eps = 2.0 ** -np.arange(10, 25)
    gap = carrier_amplitude(CRITICAL * (1 - eps)) - unstable_amplitude(CRITICAL * (1 - eps))
    # The rounding of λ is a relative error EPS/ε of ε.
    np.testing.assert_allclose(gap, 2 / 3 * np.sqrt(2 * eps), rtol=1e-3)
    slope = np.polyfit(np.log(eps), np.log(gap), 1)[0]
    assert slope == pytest.approx(0.5, abs=1e-4)


def test_the_critical_strength_is_where_the_cubic_peaks() -> None:
    x = np.linspace(0, 1, 100_001)
    # The nearest grid point is within half a step of the peak, where the second derivative is −2√3.
    missed = math.sqrt(3) * (0.5 * x[1]) ** 2
    assert critical_l1() == pytest.approx(float((x - x**3).max()), rel=0, abs=missed)


@given(strength=st.floats(CRITICAL * (1 + 1e-12), 1e6))
def test_above_it_there_is_nothing_to_return(strength: float) -> None:
    for amplitude in ALL:
        with pytest.raises(ValueError, match="collapses"):
            amplitude(strength)


def test_the_domain_ends_at_the_critical_strength() -> None:
    assert CARRIER.intervals["l1_strength"].high == critical_l1()


@given(k=st.integers(1, 10**12))
def test_k_equal_weights_feel_root_k_times_the_penalty(k: int) -> None:
    # Each has size X/√k: X/√k (1 − X²) = λ, so λ√k takes the place of λ.
    assert critical_l1(k) * math.sqrt(k) == pytest.approx(critical_l1(), rel=4 * EPS, abs=0)


# The expansion

WEAK = 2.0 ** -np.arange(4, 14)


def test_the_expansion_errs_at_second_order() -> None:
    error = carrier_amplitude_expansion(WEAK) - carrier_amplitude(WEAK)
    slope = np.polyfit(np.log(WEAK), np.log(error), 1)[0]
    # The next term is λ/(3/4) of this one, at most 8 % at the largest λ.
    assert slope == pytest.approx(2, abs=0.05)


def test_the_constant_of_its_error_is_three_eighths() -> None:
    # x₊ = 1 − λ/2 − 3λ²/8 − λ³/2 − …, by substitution into x − x³ = λ.
    left = carrier_amplitude_expansion(WEAK) - carrier_amplitude(WEAK) - 3 * WEAK**2 / 8
    np.testing.assert_allclose(left[:5] / WEAK[:5] ** 3, 0.5, rtol=0.15)


@given(strength=STRENGTHS)
def test_the_expansion_lies_above(strength: float) -> None:
    # All further terms are negative.
    assert carrier_amplitude(strength) <= carrier_amplitude_expansion(strength) + 4 * EPS


# Shapes


@pytest.mark.parametrize("amplitude", ALL)
@pytest.mark.parametrize("number", [0.25, np.float32(0.25), np.array(0.25)])
def test_a_number_in_gives_a_float_out(amplitude: Callable[..., float], number: float) -> None:
    assert type(amplitude(number)) is float
    assert amplitude(number) == amplitude(0.25)


@pytest.mark.parametrize("amplitude", ALL)
def test_an_array_is_taken_element_by_element(amplitude: Callable[..., float]) -> None:
    strengths = np.array([[0.0, 0.1, 0.2], [0.3, 0.35, 0.38]])
    looped = [[amplitude(value) for value in line] for line in strengths.tolist()]
    np.testing.assert_allclose(amplitude(strengths), looped, rtol=2 * EPS)


def test_the_critical_strength_takes_numbers_and_arrays() -> None:
    assert type(critical_l1()) is float
    assert type(critical_l1(2)) is float
    assert critical_l1([[1, 4]]).tolist() == [[critical_l1(), critical_l1() / 2]]
