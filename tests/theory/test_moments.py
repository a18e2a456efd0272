"""Truncated normal moments G_p(x) = E(|g| − x)₊^p against 40-digit quadrature and hand values."""

from functools import cache

import mpmath
import numpy as np
import pytest

from polytheory.theory.sparsification.curve.moments import moments, scaled_moments

POINTS = [0.0, 1e-8, 0.1, 0.5, 1.0, 2.0, 3.5, 5.0, 8.0, 13.0, 20.0, 30.0]
POWERS = range(5)
# Some 200 roundings of positive terms of size ≤ 1 ulp each, which mostly cancel.
ROUNDING = 1e-13


@cache
def by_quadrature(power: int, x: float) -> mpmath.mpf:
    """I_p(x) = ∫ y^p exp(−xy − y²/2) dy; the cut at 60/(1 + x) + 12 drops less than e^−72."""
    with mpmath.workdps(40):
        width = 1 / (1 + mpmath.mpf(x))
        ends = [0, width, 3 * width, 8 * width, 20 * width, 60 * width + 12]
        return mpmath.quad(lambda y: y**power * mpmath.exp(-x * y - y * y / 2), ends)


@pytest.mark.parametrize("power", POWERS)
def test_scaled_moments_equal_quadrature(power: int) -> None:
    expected = [float(by_quadrature(power, x)) for x in POINTS]
    np.testing.assert_allclose(scaled_moments(POINTS)[power], expected, rtol=ROUNDING)


@pytest.mark.parametrize("power", POWERS)
def test_moments_are_scaled_moments_times_twice_the_density(power: int) -> None:
    # exp(−x²/2) and erfc magnify the rounding of x²/2 by its size, up to 450.
    expected = [float(2 * mpmath.npdf(x) * by_quadrature(power, x)) for x in POINTS]
    np.testing.assert_allclose(moments(POINTS)[power], expected, rtol=2 * ROUNDING)


def test_at_zero_they_are_the_moments_of_the_half_normal_law() -> None:
    expected = [1, np.sqrt(2 / np.pi), 1, np.sqrt(8 / np.pi), 3]
    np.testing.assert_allclose(moments(0.0), expected, rtol=ROUNDING)


@pytest.mark.parametrize("power", [1, 2, 3, 4])
def test_the_derivative_lowers_the_power(power: int) -> None:
    # G_p' = −p G_{p−1}. A central difference of 3 points errs by h²/6 · G_p''' = O(h²) relative
    # (1 + x)², at most 3e-6 here, and by rounding/h = 1e-10.
    x, h = np.linspace(0.0, 5.0, 11) + 1e-3, 1e-3
    slope = (moments(x + h)[power] - moments(x - h)[power]) / (2 * h)
    np.testing.assert_allclose(slope, -power * moments(x)[power - 1], rtol=1e-5)


def test_scaled_moments_do_not_underflow() -> None:
    # I_p → p!/x^{p+1} for x → ∞, with relative correction (p + 1)(p + 2)/(2x²) ≤ 15/x².
    x = 1e4
    expected = [1 / x, 1 / x**2, 2 / x**3, 6 / x**4, 24 / x**5]
    np.testing.assert_allclose(scaled_moments(x), expected, rtol=16 / x**2)
    assert (moments(x) == 0).all()


def test_the_shape_of_the_argument_follows_the_power() -> None:
    x = np.linspace(0.0, 3.0, 6).reshape(2, 3)
    assert scaled_moments(x).shape == moments(x).shape == (5, 2, 3)
    # Alone or in an array, the sums run in another order.
    np.testing.assert_allclose(moments(x)[:, 1, 2], moments(3.0), rtol=ROUNDING)


def test_the_check_is_not_blind() -> None:
    # The closed form in Q and φ loses its digits at large x: a wrong evaluation is seen.
    x = 20.0
    tail, density = mpmath.erfc(x / mpmath.sqrt(2)) / 2, mpmath.npdf(x)
    cancelling = 2 * ((1 + x * x) * float(tail) - x * float(density))
    exact = 2 * density * by_quadrature(2, x)
    assert abs(cancelling / float(exact) - 1) > ROUNDING
