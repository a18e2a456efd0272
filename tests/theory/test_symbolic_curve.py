"""The mean field of one wide encoding against quadrature, sampling and integration."""

import itertools
import math

import mpmath
import numpy as np
import pytest
from scipy.integrate import simpson, solve_ivp

from polytheory import symbolic

THRESHOLDS = [0.0, 0.3, 1.0, 2.0, 4.0, 9.0]
EPS = np.finfo(float).eps


def moment(power: int, scaled_threshold: float) -> mpmath.mpf:
    """Return E(|g| − x)₊^p by quadrature of the integral that defines it."""
    with mpmath.workdps(30):
        x = mpmath.mpf(scaled_threshold)
        edges = [x + each / (1 + x) for each in (0, 1, 4, 12, 30, 80)]
        # Relative to φ(x), for the quadrature judges its error absolutely.
        return (
            2
            * mpmath.npdf(x)
            * mpmath.quad(lambda g: (g - x) ** power * mpmath.exp((x - g) * (x + g) / 2), edges)
        )


def scaled_time(scaled_threshold: float) -> float:
    grid = np.linspace(0, scaled_threshold, 25)
    return float(simpson([float(moment(2, x)) ** -0.5 for x in grid], x=grid))


@pytest.mark.parametrize("power", range(5))
@pytest.mark.parametrize("scaled_threshold", [*THRESHOLDS, 30.0])
def test_the_moments_are_the_integrals(power: int, scaled_threshold: float) -> None:
    closed_form = symbolic.gaussian_moment().evaluate(
        power=power, scaled_threshold=scaled_threshold
    )
    assert closed_form == pytest.approx(float(moment(power, scaled_threshold)), rel=1e-13, abs=0)


def test_there_are_five_moments() -> None:
    with pytest.raises(ValueError, match="no finite real value"):
        symbolic.gaussian_moment().evaluate(power=5, scaled_threshold=1.0)


@pytest.mark.parametrize("scaled_threshold", THRESHOLDS)
def test_what_one_observes_on_the_curve(scaled_threshold: float) -> None:
    g = [float(moment(power, scaled_threshold)) for power in range(5)]
    m = 1000
    for statement, expected in (
        (symbolic.nonzero_count(), m * g[0]),
        (symbolic.l1_norm(), math.sqrt(m) * g[1] / math.sqrt(g[2])),
        (symbolic.fourth_power_sum(), g[4] / (m * g[2] ** 2)),
    ):
        seen = statement.evaluate(scaled_threshold=scaled_threshold, n_neurons=m)
        assert seen == pytest.approx(expected, rel=1e-13)
    squared_cv = g[0] * g[2] / g[1] ** 2 - 1
    assert symbolic.curve_squared_cv().evaluate(scaled_threshold=scaled_threshold) == pytest.approx(
        squared_cv, rel=1e-12
    )


def test_the_clock_of_the_curve() -> None:
    assert symbolic.universal_curve().evaluate(scaled_threshold=0.0) == 0.0
    for scaled_threshold in (0.2, 1.3):
        assert symbolic.universal_curve().evaluate(
            scaled_threshold=scaled_threshold
        ) == pytest.approx(scaled_time(scaled_threshold), rel=1e-6)
    known = symbolic.universal_curve().evaluate(scaled_threshold=[1, 2, 3, 4])
    np.testing.assert_allclose(known, [1.6239, 6.7117, 30.021, 192.90], rtol=4e-5)


def test_a_wide_row_is_on_the_curve() -> None:
    """The exact reduction of 10⁵ Gaussian weights, of another scale than 1, at a weak penalty."""
    m, l1_strength, scale = 100_000, 1e-6, 1.5
    u = np.sort(np.abs(np.random.default_rng(3).normal(size=m))) * scale / math.sqrt(m)
    sums = np.cumsum(u[::-1])[::-1], np.cumsum(u[::-1] ** 2)[::-1]

    def second(tau: float) -> float:
        first = int(np.searchsorted(u, tau))
        return float(sums[1][first] - 2 * tau * sums[0][first] + tau**2 * (m - first))

    scaled_threshold = 1.5
    time = symbolic.universal_curve().evaluate(scaled_threshold=scaled_threshold) / (
        l1_strength * math.sqrt(m)
    )

    def scalars(_: float, state: np.ndarray) -> list[float]:
        q, tau = state
        return [2 * (second(tau) - q), l1_strength * math.sqrt(q)]

    run = solve_ivp(scalars, (0, time), [1.0, 0.0], "LSODA", rtol=1e-9, atol=1e-14)
    q, tau = run.y[:, -1]
    living = (u[u > tau] - tau) / math.sqrt(q)
    here = {"scaled_threshold": scaled_threshold, "n_neurons": m}
    # The reduction starts at norm 1.5 and relaxes; λ√m = 3e-4; sampling gives 1/√m' = 1 %.
    rel = 4 / math.sqrt(living.size)
    assert living.size == pytest.approx(symbolic.nonzero_count().evaluate(**here), rel=rel)
    assert living.sum() == pytest.approx(symbolic.l1_norm().evaluate(**here), rel=rel)
    assert (living**4).sum() == pytest.approx(
        symbolic.fourth_power_sum().evaluate(**here), rel=2 * rel
    )


def test_the_speedup_is_a_slope() -> None:
    m, l1_strength, x, step = 1e4, 1e-3, 0.8, 1e-4
    logs = np.log(
        symbolic.nonzero_count().evaluate(scaled_threshold=[x - step, x + step], n_neurons=m)
    )
    times = symbolic.universal_curve().evaluate(scaled_threshold=[x - step, x + step]) / (
        l1_strength * m**0.5
    )
    slope = -(logs[1] - logs[0]) / (times[1] - times[0]) / l1_strength
    assert symbolic.speedup().evaluate(scaled_threshold=x, n_neurons=m) == pytest.approx(
        slope, rel=step
    )


def test_the_speedup_lies_between_one_and_two_norms() -> None:
    x = np.array([0.0, 0.01, 0.1, 1.0, 3.0, 10.0, 30.0])
    share = symbolic.speedup().evaluate(
        scaled_threshold=x, n_neurons=7
    ) / symbolic.l1_norm().evaluate(scaled_threshold=x, n_neurons=7)
    assert share[0] == pytest.approx(1, abs=4 * EPS)
    assert (np.diff(share) > 0).all()
    assert share[-1] == pytest.approx(2, rel=2.3e-3)
    assert share[-1] < 2


@pytest.mark.parametrize("fraction", [0.9, 0.3, 1e-3, 1e-12])
def test_the_time_to_a_fraction_scales(fraction: float) -> None:
    def time(m: float, l1_strength: float) -> float:
        asked = {"fraction": fraction, "n_neurons": m, "l1_strength": l1_strength}
        return float(symbolic.time_to_fraction().evaluate(**asked))

    one, other = time(100, 1e-3), time(40_000, 2e-5)
    assert one / other == pytest.approx(2e-5 * 200 / (1e-3 * 10), rel=4 * EPS)
    x = float(mpmath.sqrt(2) * mpmath.erfinv(1 - mpmath.mpf(fraction)))
    assert one == pytest.approx(
        symbolic.universal_curve().evaluate(scaled_threshold=x) / 1e-2, rel=1e-3
    )


def test_the_time_to_a_fraction_is_where_it_is_left() -> None:
    x = 1.7
    fraction = symbolic.nonzero_count().evaluate(scaled_threshold=x, n_neurons=1)
    time = symbolic.time_to_fraction().evaluate(fraction=fraction, n_neurons=1, l1_strength=1.0)
    assert time == pytest.approx(symbolic.universal_curve().evaluate(scaled_threshold=x), rel=1e-14)
    assert symbolic.time_to_fraction().evaluate(fraction=1.0, n_neurons=9, l1_strength=0.1) == 0.0


def test_the_squared_cv_increases_between_its_bounds() -> None:
    x = np.concatenate([[0.0], np.geomspace(1e-3, 1e3, 200)])
    squared_cv = symbolic.curve_squared_cv().evaluate(scaled_threshold=x)
    assert squared_cv[0] == pytest.approx(math.pi / 2 - 1, abs=EPS)
    assert (np.diff(squared_cv) > 0).all()
    assert (squared_cv < 1).all()
    # 1 − ρ = 2/x² − 18/x⁴ + …
    far = x > 30
    assert (1 - squared_cv[far]) * x[far] ** 2 == pytest.approx(2, abs=0.02)


def test_the_bounds_hold_on_the_curve_and_are_tight_at_the_start() -> None:
    m, l1_strength = 1e4, 1e-3
    x = np.array([0.0, 0.05, 0.5, 1.0, 2.0, 4.0, 8.0])
    time = symbolic.universal_curve().evaluate(scaled_threshold=x) / (l1_strength * math.sqrt(m))
    norm = symbolic.l1_norm().evaluate(scaled_threshold=x, n_neurons=m)
    here = {"time": time, "n_neurons": m, "l1_strength": l1_strength}
    lower, upper = (
        each().evaluate(**here) for each in (symbolic.l1_norm_lower, symbolic.l1_norm_upper)
    )
    assert lower[0] == pytest.approx(norm[0], rel=4 * EPS)
    assert upper[0] == pytest.approx(norm[0], rel=4 * EPS)
    assert (lower[1:] < norm[1:]).all()
    assert (norm[1:] < upper[1:]).all()
    # near the start ρ is close to π/2 − 1
    assert upper[1] / norm[1] - 1 < 0.1 * (norm[1] / lower[1] - 1)


def test_the_tails_are_off_by_their_next_terms() -> None:
    x = np.array([10.0, 20.0, 35.0])
    theta = symbolic.universal_curve().evaluate(scaled_threshold=x)
    norm = theta * symbolic.l1_norm().evaluate(scaled_threshold=x, n_neurons=1)
    count = theta**2 * symbolic.nonzero_count().evaluate(scaled_threshold=x, n_neurons=1)
    for true, statement, following in (
        (norm, symbolic.l1_norm_tail(), 90),
        (count, symbolic.nonzero_count_tail(), 190),
    ):
        error = (true - statement.evaluate(scaled_threshold=x)) * x**6
        assert error == pytest.approx(following, rel=0.1)
        assert (np.diff(np.abs(error - following)) < 0).all()


def test_the_threshold_grows_like_the_root_of_four_logarithms() -> None:
    x = np.array([10.0, 30.0])
    log_theta = np.log(symbolic.universal_curve().evaluate(scaled_threshold=x))
    assert 4 * log_theta - np.log(2 * math.pi * x**2) == pytest.approx(x**2, rel=1e-3)


def test_the_bands_of_the_published_laws() -> None:
    m, l1_strength = 1e6, 1e-4
    x = np.array([0.0, 0.7, 2.19, 3.0])
    time = symbolic.universal_curve().evaluate(scaled_threshold=x) / (l1_strength * math.sqrt(m))
    law = {"time": time, "n_neurons": m, "l1_strength": l1_strength}
    here = {"scaled_threshold": x, "n_neurons": m}
    for band, truth, published in (
        (symbolic.paper_l1_band(), symbolic.l1_norm(), symbolic.paper_l1_norm()),
        (symbolic.paper_count_band(), symbolic.nonzero_count(), symbolic.paper_nonzero_count()),
    ):
        ratio = truth.evaluate(**here) / published.evaluate(**law)
        np.testing.assert_allclose(band.evaluate(scaled_threshold=x), ratio, rtol=1e-12)
    grid = np.array([0.0, 0.5, 1.0, 1.5, 1.9971, 2.1, 2.1863, 2.3, 3.0, 5.0, 15.0, 25.0])
    norm = symbolic.paper_l1_band().evaluate(scaled_threshold=grid)
    count = symbolic.paper_count_band().evaluate(scaled_threshold=grid)
    assert norm.argmin() == count.argmin() == 0
    assert norm[0] == pytest.approx(math.sqrt(2 / math.pi))
    assert norm.argmax() == 4
    assert norm.max() == pytest.approx(1.219186, abs=1e-6)
    assert count[0] == 1
    assert count.argmax() == 6
    assert count.max() == pytest.approx(2.715956, abs=1e-6)
    assert (norm[-1], count[-1]) == (pytest.approx(1, abs=0.01), pytest.approx(2, abs=0.03))


def test_the_published_time_is_when_the_published_count_is_left() -> None:
    for count, m in itertools.product((1, 7.5, 100), (100, 10_000)):
        time = symbolic.paper_time_to_count().evaluate(count=count, n_neurons=m, l1_strength=0.02)
        back = symbolic.paper_nonzero_count().evaluate(time=time, n_neurons=m, l1_strength=0.02)
        assert back == pytest.approx(count, rel=1e-13)
