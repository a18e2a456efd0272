"""The universal curve against quadrature to 60 digits, its limits, its scaling and its domain."""

import math
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from polytheory import row_flow
from polytheory.theory.sparsification import (
    CURVE,
    FRACTION,
    TAIL,
    fourth_power_sum,
    l1_norm,
    l1_norm_bounds,
    l1_norm_tail,
    nonzero_count,
    nonzero_count_tail,
    paper_l1_norm,
    paper_nonzero_count,
    scaled_threshold,
    speedup,
    time_to_fraction,
)

Array = NDArray[np.float64]
Predictor = Callable[..., Any]

#: What is asked of the curve, relative, for θ = λ√m t from 0 to 1e12.
ACCURACY = 1e-10
#: What the curve claims for itself; λ√m, θ and the count each add a few roundings.
CLAIMED = 1e-12
#: So wide a layer that the domain reaches to θ = 1e12, and λ√m = 1e-2.
WIDE = {"n_neurons": 1e28, "l1_strength": 1e-16}
WIDE_CLOCK = 1e-2

OF_TIME: list[Predictor] = [scaled_threshold, l1_norm, nonzero_count, fourth_power_sum, speedup]
NAMES = [predictor.__name__ for predictor in OF_TIME]


# Values


class Point(NamedTuple):
    """The curve at one threshold x, to 50 digits or more."""

    theta: mpmath.mpf
    first: mpmath.mpf
    second: mpmath.mpf
    tail: mpmath.mpf
    fourth: mpmath.mpf


def closed_moments(x: mpmath.mpf) -> tuple[mpmath.mpf, mpmath.mpf, mpmath.mpf, mpmath.mpf]:
    """G₀, G₁, G₂, G₄ in Q and φ: they cancel by x⁸ or so, of which 60 digits take no notice."""
    tail, density = mpmath.erfc(x / mpmath.sqrt(2)) / 2, mpmath.npdf(x)
    fourth = (x**4 + 6 * x**2 + 3) * tail - (x**3 + 5 * x) * density
    return (2 * tail, 2 * (density - x * tail), 2 * ((1 + x * x) * tail - x * density), 2 * fourth)


@cache
def on_curve(x: float) -> Point:
    with mpmath.workdps(60):
        panels = mpmath.linspace(0, mpmath.mpf(x), 2 + int(2 * x))
        theta = mpmath.quad(lambda y: 1 / mpmath.sqrt(closed_moments(y)[2]), panels) if x else 0
        tail, first, second, fourth = closed_moments(mpmath.mpf(x))
        return Point(mpmath.mpf(theta), first, second, tail, fourth)


#: From θ = 0 to 8e11.
THRESHOLDS = [0.0, 1e-6, 1e-3, 0.05, 0.3, 1.0, 2.0, 3.0, 5.0, 7.0, 9.0, 10.15]


def at_thresholds(predictor: Predictor) -> Array:
    time = [float(on_curve(x).theta / mpmath.mpf(WIDE_CLOCK)) for x in THRESHOLDS]
    return np.asarray(predictor(time, **WIDE))


def test_the_reference_reaches_the_end_of_the_stated_range() -> None:
    assert 5e11 < on_curve(THRESHOLDS[-1]).theta < 1e12


def test_the_reference_has_the_known_values() -> None:
    # θ, m'/m, ‖w‖₁/√m, rounded to five digits.
    for x, *expected in [(1, 1.6239, 0.31731, 0.42927), (3, 30.021, 2.6998e-3, 3.7891e-2)]:
        p = on_curve(float(x))
        values = [float(p.theta), float(p.tail), float(p.first / mpmath.sqrt(p.second))]
        np.testing.assert_allclose(values, expected, rtol=5e-5)


def test_threshold_equals_quadrature() -> None:
    np.testing.assert_allclose(at_thresholds(scaled_threshold), THRESHOLDS, rtol=ACCURACY)


def test_l1_norm_equals_quadrature() -> None:
    expected = [1e14 * float(p.first / mpmath.sqrt(p.second)) for p in map(on_curve, THRESHOLDS)]
    np.testing.assert_allclose(at_thresholds(l1_norm), expected, rtol=ACCURACY)


def test_nonzero_count_equals_quadrature() -> None:
    expected = [1e28 * float(on_curve(x).tail) for x in THRESHOLDS]
    np.testing.assert_allclose(at_thresholds(nonzero_count), expected, rtol=ACCURACY)


def test_fourth_power_sum_equals_quadrature() -> None:
    expected = [float(p.fourth / p.second**2) / 1e28 for p in map(on_curve, THRESHOLDS)]
    np.testing.assert_allclose(at_thresholds(fourth_power_sum), expected, rtol=ACCURACY)


def test_time_to_fraction_equals_quadrature() -> None:
    time = [float(on_curve(x).theta) / WIDE_CLOCK for x in THRESHOLDS]
    fractions = [float(on_curve(x).tail) for x in THRESHOLDS]
    # x small: the fraction 1 − 0.8x keeps x only to eps/x.
    slack = 4 * np.finfo(float).eps / WIDE_CLOCK
    asked = time_to_fraction(fractions, **WIDE)
    np.testing.assert_allclose(asked, time, rtol=ACCURACY, atol=slack)


# Limits and monotony


@pytest.mark.parametrize("m", [100, 1000, 10**6])
def test_at_time_zero_the_row_is_half_normal(m: int) -> None:
    start = {"time": 0.0, "n_neurons": m, "l1_strength": 1e-5}
    assert scaled_threshold(**start) == 0
    assert l1_norm(**start) == pytest.approx(math.sqrt(2 * m / math.pi), rel=CLAIMED)
    assert nonzero_count(**start) == pytest.approx(m, rel=CLAIMED)
    assert fourth_power_sum(**start) == pytest.approx(3 / m, rel=CLAIMED)
    assert time_to_fraction(1.0, n_neurons=m, l1_strength=1e-5) == 0


@pytest.mark.parametrize("predictor", OF_TIME, ids=NAMES)
def test_without_l1_nothing_happens(predictor: Predictor) -> None:
    later, start = (predictor(t, n_neurons=100, l1_strength=0.0) for t in (1e50, 0.0))
    assert later == start


@pytest.mark.parametrize(
    ("predictor", "sign"),
    [
        (scaled_threshold, 1),
        (fourth_power_sum, 1),
        (l1_norm, -1),
        (nonzero_count, -1),
        (speedup, -1),
    ],
)
def test_monotone_in_time(predictor: Predictor, sign: int) -> None:
    # Steps of 1e-3 in ln θ, far above the rounding of the values.
    time = np.geomspace(1e-2, 1e12, 30_000) / WIDE_CLOCK
    assert (sign * np.diff(predictor(time, **WIDE)) > 0).all()


# Scaling

CLOCKS = st.floats(1e-6, 0.0999)  # λ√m, a rounding inside the domain
WIDTHS = st.integers(10**5, 10**12)  # the stated error of ‖w‖₄⁴ is at most 1/4 in all
FRACTIONS = st.floats(0.0101, 1.0)  # 10 weights of 1000


@given(fraction=FRACTIONS, m=WIDTHS, clock=CLOCKS)
def test_times_to_a_fraction_scale_as_one_over_lambda_root_m(
    fraction: float, m: int, clock: float
) -> None:
    settings = [(10**5, 1e-4), (m, clock / math.sqrt(m))]
    one, other = (
        time_to_fraction(fraction, n_neurons=size, l1_strength=lam) for size, lam in settings
    )
    scales = [lam * math.sqrt(size) for size, lam in settings]
    assert one * scales[0] == pytest.approx(other * scales[1], rel=CLAIMED)


@pytest.mark.parametrize(
    ("predictor", "power"),
    [
        (scaled_threshold, 0),
        (l1_norm, 0.5),
        (nonzero_count, 1),
        (fourth_power_sum, -1),
        (speedup, 0.5),
    ],
)
@given(theta=st.floats(0, 14), m=WIDTHS, clock=CLOCKS)
def test_a_power_of_m_apart_only_lambda_root_m_t_matters(
    predictor: Predictor, power: float, theta: float, m: int, clock: float
) -> None:
    values = [
        predictor(theta / c, n_neurons=size, l1_strength=c / math.sqrt(size)) / size**power
        for size, c in [(m, clock), (10**6, 1e-2)]
    ]
    # The threshold is x ≈ θ: near 0 it has the rounding of θ, which is of relative size.
    assert values[0] == pytest.approx(values[1], rel=10 * CLAIMED)


def test_the_scaling_is_not_trivial() -> None:
    # Equal λ m t instead of λ√m t: the fractions differ.
    one = nonzero_count(100.0, n_neurons=10_000, l1_strength=1e-4) / 10_000
    other = nonzero_count(100.0, n_neurons=40_000, l1_strength=1e-4 / 4) / 40_000
    assert abs(one / other - 1) > 0.1


# Consistency


@given(fraction=FRACTIONS, m=WIDTHS, clock=CLOCKS)
def test_time_to_fraction_inverts_nonzero_count(fraction: float, m: int, clock: float) -> None:
    setting = {"n_neurons": m, "l1_strength": clock / math.sqrt(m)}
    count = nonzero_count(time_to_fraction(fraction, **setting), **setting)
    assert count == pytest.approx(fraction * m, rel=ACCURACY)


@pytest.mark.parametrize("theta", [0.1, 1.0, 10.0, 1e3, 1e6, 1e11])
def test_speedup_is_the_logarithmic_speed_of_the_count(theta: float) -> None:
    # Central difference at relative step h: h² of truncation, 1e-12/h of the count's own error.
    h, t = 1e-4, theta / WIDE_CLOCK
    late, early = (math.log(nonzero_count(t * (1 + e), **WIDE)) for e in (h, -h))
    slope = -(late - early) / (2 * h * t * WIDE["l1_strength"])
    # 2h² bounds the curvature (ln m' falls like −2 ln θ), divided by the relative change it rides.
    assert speedup(t, **WIDE) == pytest.approx(slope, rel=10 * h**2 + CLAIMED / (h * min(theta, 1)))


def test_speedup_starts_at_twice_the_density_times_root_m() -> None:
    start = speedup(0.0, n_neurons=10_000, l1_strength=1e-5)
    assert start == pytest.approx(100 * math.sqrt(2 / math.pi), rel=CLAIMED)


def test_speedup_tends_to_twice_the_l1_norm() -> None:
    # I_p = p! x^{−p−1} (1 − (p + 1)(p + 2)/(2x²) + (p + 1)…(p + 4)/(8x⁴) − …), G_p = 2φ I_p, so
    # speedup/‖w‖₁ = I₂/(I₀I₁) = 2 − 4/x² + 32/x⁴ − …, of which the next term has the other sign.
    x = np.array(THRESHOLDS[-3:])
    gap = (at_thresholds(speedup) / at_thresholds(l1_norm))[-3:] - 2
    assert (gap > -4 / x**2).all()
    assert (gap < -4 / x**2 + 32 / x**4).all()


# Tails


@cache
def late(x: float) -> tuple[float, float, float]:
    """‖w‖₁ λt, m'(λt)² and ln θ on the curve for x ≥ 16; [0, x − 6] adds e^−39 or less."""
    with mpmath.workdps(30):
        panels = mpmath.linspace(mpmath.mpf(x) - 6, x, 5)
        theta = mpmath.quad(
            lambda y: 1 / mpmath.sqrt(closed_moments(y)[2]), panels, method="gauss-legendre"
        )
        tail, first, second, _ = closed_moments(mpmath.mpf(x))
        products = first / mpmath.sqrt(second) * theta, tail * theta**2, mpmath.log(theta)
        return tuple(map(float, products))


@pytest.mark.parametrize(
    ("which", "tail", "leading", "next_term"),
    [(0, l1_norm_tail, 1, 90), (1, nonzero_count_tail, 2, 190)],
)
def test_tails_have_the_stated_remainder(
    which: int, tail: Predictor, leading: float, next_term: float
) -> None:
    x = np.array([16.0, 20.0, 25.0, 30.0])
    exact = np.array([late(v)[which] for v in x])
    remainder = exact - tail(x)
    order = np.polyfit(np.log(x**-2.0), np.log(np.abs(remainder)), 1)[0]
    assert order == pytest.approx(3, abs=0.3)
    # The series is asymptotic: its coefficient shows through to some 20 % at x = 30.
    assert remainder[-1] * 30.0**6 == pytest.approx(next_term, rel=0.2)
    # Without the last term kept, the order is 2: the fit can tell.
    short = exact - (tail(x) + 6 / x**4)
    assert np.polyfit(np.log(x**-2.0), np.log(np.abs(short)), 1)[0] < 2.3
    assert (exact > leading).all()


def test_the_squared_threshold_grows_like_four_log_theta() -> None:
    # θ ~ (2π)^¼ √x e^{x²/4}, so x²/ln θ → 4 with a correction 2 ln x/(x²/4) = 0.03 at x = 30.
    assert 3.9 < 30**2 / late(30.0)[2] < 4.0


# Bounds


@given(fraction=FRACTIONS, m=WIDTHS, clock=CLOCKS)
def test_the_curve_keeps_within_its_bounds(fraction: float, m: int, clock: float) -> None:
    setting = {"n_neurons": m, "l1_strength": clock / math.sqrt(m)}
    time = time_to_fraction(fraction, **setting)
    lower, upper = l1_norm_bounds(time, **setting)
    assert lower * (1 - CLAIMED) <= l1_norm(time, **setting) <= upper * (1 + CLAIMED)


def test_the_bounds_hold_at_every_clock() -> None:
    time = np.concatenate([[0.0], np.geomspace(1e-6, 1e12, 2000)]) / WIDE_CLOCK
    lower, upper = l1_norm_bounds(time, **WIDE)
    value = l1_norm(time, **WIDE)
    assert (lower * (1 - CLAIMED) <= value).all()
    assert (value <= upper * (1 + CLAIMED)).all()


def test_the_bounds_are_not_vacuous() -> None:
    # They meet at time zero and stay within the factor 1/(π/2 − 1) = 1.75 of each other.
    lower, upper = l1_norm_bounds(np.array([0.0, 1e14]), **WIDE)
    assert upper[0] == lower[0]
    assert upper[1] / lower[1] == pytest.approx(1 / (math.pi / 2 - 1), rel=1e-3)


def test_random_finite_rows_break_the_bounds() -> None:
    # Negative control: the bounds are the curve's, not any row's. By 3 %, more than twice the
    # scatter of ‖w‖₁/‖w‖ at the start, √((1 − 3/π)π/2/m) = 0.8 %.
    m, lam = 1000, 1e-4
    time = np.geomspace(10, time_to_fraction(10 / m, n_neurons=m, l1_strength=lam), 40)
    lower, upper = l1_norm_bounds(time, n_neurons=m, l1_strength=lam)
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(60, m)) / math.sqrt(m)
    seen = row_flow(rows, l1_strength=lam, time=time).l1_norm
    assert (seen < 0.97 * lower[:, None]).any()
    assert (seen > 1.03 * upper[:, None]).any()


# The paper's laws


@pytest.mark.parametrize(
    ("predictor", "law", "low", "high", "x_high"),
    [
        (l1_norm, paper_l1_norm, 0.798, 1.219, 2.0),
        (nonzero_count, paper_nonzero_count, 1.0, 2.716, 2.19),
    ],
)
def test_the_paper_laws_are_off_within_their_bands(
    predictor: Predictor, law: Predictor, low: float, high: float, x_high: float
) -> None:
    # The widest layer for which the paper's law is defined; θ to 1e6 leaves more than 1000 weights.
    wide = {"n_neurons": 1e15, "l1_strength": 1e-9}
    clock = 1e-9 * math.sqrt(1e15)

    def ratio(theta: float) -> float:
        return float(predictor(theta / clock, **wide) / law(theta / clock, **wide))

    everywhere = [ratio(theta) for theta in [0.0, *np.geomspace(1e-4, 1e6, 400)]]
    peak = minimize_scalar(lambda y: -ratio(math.exp(y)), bounds=(-2, 7), options={"xatol": 1e-6})
    largest, where = -peak.fun, math.exp(peak.x)
    # The bands are quoted to three decimals, the place of the peak to two.
    assert largest == pytest.approx(high, abs=6e-4)
    assert scaled_threshold(where / clock, **wide) == pytest.approx(x_high, abs=6e-3)
    assert max(everywhere) <= largest * (1 + CLAIMED)
    assert min(everywhere) == pytest.approx(low, abs=6e-4)
    assert ratio(0.0) == pytest.approx(min(everywhere), rel=CLAIMED)


# Arguments

GOOD = {"time": 1e3, "n_neurons": 10_000, "l1_strength": 1e-5}
BAD = [
    # the change, the argument that is named, a word on what is allowed or to be used instead
    ({"time": -1.0}, "time", r"\[0, "),
    ({"time": math.nan}, "time", "finite"),
    ({"n_neurons": 10_000.5}, "n_neurons", "whole"),
    ({"n_neurons": 9}, "n_neurons", r"\[(10|33), "),
    ({"l1_strength": -1e-5}, "l1_strength", r"\[0, "),
    ({"l1_strength": 1.1e-3}, "l1_strength", "mean_field"),
    ({"time": 1e9}, "time", "row_flow"),
    ({"time": 1e9}, "time", "completion_distribution"),
]


@pytest.mark.parametrize("predictor", [*OF_TIME, l1_norm_bounds], ids=[*NAMES, "l1_norm_bounds"])
@pytest.mark.parametrize(("change", "name", "words"), BAD)
def test_outside_the_domain_the_argument_is_named(
    predictor: Predictor, change: dict[str, Any], name: str, words: str
) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        predictor(**GOOD | change)
    assert name in str(caught.value).split(" must be ")[0]
    assert "got" in str(caught.value)


@pytest.mark.parametrize(
    ("change", "name", "words"),
    [
        ({"fraction": 0.0}, "fraction", r"\(0, 1\]"),
        ({"fraction": 1.5}, "fraction", r"\(0, 1\]"),
        ({"fraction": 9e-4}, "fraction", "row_flow"),
        ({"n_neurons": 2.5e3 + 0.1}, "n_neurons", "whole"),
        ({"l1_strength": 0.0}, "l1_strength", "must be in"),
        ({"l1_strength": 0.05}, "l1_strength", "mean_field"),
    ],
)
def test_times_to_impossible_fractions_are_refused(
    change: dict[str, Any], name: str, words: str
) -> None:
    good = {"fraction": 0.5, "n_neurons": 10_000, "l1_strength": 1e-5}
    with pytest.raises(ValueError, match=words) as caught:
        time_to_fraction(**good | change)
    assert name in str(caught.value).split(" must be ")[0]


@pytest.mark.parametrize("tail", [l1_norm_tail, nonzero_count_tail])
@pytest.mark.parametrize("x", [3.9, 31.0])
def test_tails_refuse_thresholds_they_do_not_reach(tail: Predictor, x: float) -> None:
    assert not TAIL.contains(scaled_threshold=x)
    with pytest.raises(ValueError, match="scaled_threshold must be in"):
        tail(x)


def test_text_is_no_time() -> None:
    with pytest.raises(TypeError, match="time must be real numbers"):
        l1_norm("soon", n_neurons=10_000, l1_strength=1e-5)


def test_the_edge_of_the_domain_is_ten_living_weights() -> None:
    last = time_to_fraction(1e-3, n_neurons=10_000, l1_strength=1e-5)
    inside, outside = (
        CURVE.contains(time=last * factor, n_neurons=10_000, l1_strength=1e-5)
        for factor in (1 - 1e-9, 1 + 1e-9)
    )
    assert inside
    assert not outside


def test_the_strongest_penalty_is_inside_whatever_its_rounding() -> None:
    m = np.arange(10, 3000)
    strongest = 0.1 / np.sqrt(m)
    assert (strongest * np.sqrt(m) > 0.1).any()
    assert CURVE.contains(time=0.0, n_neurons=m, l1_strength=strongest)
    assert FRACTION.contains(fraction=1.0, n_neurons=m, l1_strength=strongest)
    assert not CURVE.contains(time=0.0, n_neurons=100, l1_strength=0.01 * (1 + 1e-9))


@pytest.mark.parametrize("m", [10**15, 10**28])
def test_domains_know_every_width(m: int) -> None:
    assert CURVE.contains(time=1.0, n_neurons=m, l1_strength=0.0)
    assert FRACTION.contains(fraction=1.0, n_neurons=m, l1_strength=1e-20)


def test_widths_beyond_a_machine_integer_are_numbers_too() -> None:
    one, other = (nonzero_count(0.0, n_neurons=m, l1_strength=0.0) for m in (10**28, 1e28))
    assert one == other


@pytest.mark.parametrize("predictor", OF_TIME, ids=NAMES)
def test_floats_in_floats_out(predictor: Predictor) -> None:
    assert type(predictor(**GOOD)) is float


@pytest.mark.parametrize("predictor", OF_TIME, ids=NAMES)
def test_arguments_broadcast(predictor: Predictor) -> None:
    time, m, lam = np.array([0.0, 10.0, 1e3]), np.array([[100], [10_000]]), 1e-5
    table = predictor(time, n_neurons=m, l1_strength=lam)
    assert table.shape == (2, 3)
    # Vector and scalar arithmetic may differ by a few roundings.
    one = predictor(10.0, n_neurons=10_000, l1_strength=lam)
    assert table[1, 1] == pytest.approx(one, rel=CLAIMED)


def test_shapes_that_do_not_broadcast_are_refused() -> None:
    with pytest.raises(ValueError, match="broadcast together"):
        l1_norm([1.0, 2.0], n_neurons=[100, 100, 100], l1_strength=1e-5)
