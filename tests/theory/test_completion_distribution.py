"""The limit of λT*: against simulated spacings, exact small cases, and rows of weights."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
from numpy.polynomial.laguerre import laggauss
from numpy.polynomial.legendre import leggauss
from numpy.typing import NDArray
from scipy import stats
from scipy.integrate import quad

from polytheory.theory.sparsification import (
    CompletionDistribution,
    completion_distribution,
    completion_time,
)
from polytheory.theory.sparsification.completion import moment_generating

Array = NDArray[np.float64]
#: Probability that a true distribution is rejected for one choice of the seed.
FALSE_ALARM = 1e-4
#: The distribution claims 1e-8 for its cumulants: its transform has to be about as good.
TRANSFORM = 1e-7


@pytest.fixture(scope="module")
def distribution() -> CompletionDistribution:
    return completion_distribution()


def slow_time_between(count: int, mean: Any, variance: Any, gap: Any) -> Any:
    """Slow time in which `count` weights fall by `gap`, down to a mean of `mean`."""
    high, low = ((mean + up) / np.sqrt(variance) for up in (gap, 0.0))
    return (np.arcsinh(high) - np.arcsinh(low)) / math.sqrt(count)


def time_of_spacings(spacings: Array) -> Array:
    """λT* of rows whose j-th and (j + 1)-st largest weights differ by spacings[:, j − 1]."""
    total = np.zeros(len(spacings))
    first, second = spacings[:, 0].copy(), spacings[:, 0] ** 2
    for k, gap in enumerate(spacings.T[1:], start=2):
        mean = first / k
        total += slow_time_between(k, mean, second / k - mean**2, gap)
        second += 2 * first * gap + k * gap**2
        first += k * gap
    return total


# Against simulated spacings


@pytest.fixture(scope="module")
def drawn() -> Array:
    """10⁴ draws of λT* from 300 spacings E_j/j each.

    Beyond K spacings k weights have S₂ ≈ 2k and take (1/k)/√(2k) for the next one: ∫ = √(2/K). What
    is left out scatters by 0.7/K = 0.002 and is off by 0.4/K^1.5 = 1e-4 in the mean.
    """
    rng = np.random.default_rng(1)
    spacings = rng.exponential(size=(10_000, 300)) / np.arange(1, 301)
    return time_of_spacings(spacings) + math.sqrt(2 / 300)


def rejected(sample: Array, distribution: CompletionDistribution) -> bool:
    return stats.kstest(sample, lambda x: 1 - distribution.sf(x)).pvalue < FALSE_ALARM


def test_the_distribution_is_that_of_simulated_spacings(
    drawn: Array, distribution: CompletionDistribution
) -> None:
    assert not rejected(drawn, distribution)


@pytest.mark.parametrize("factor", [0.95, 1.05])
def test_five_percent_of_scale_are_told_apart(
    drawn: Array, distribution: CompletionDistribution, factor: float
) -> None:
    assert rejected(factor * drawn, distribution)


def test_equal_spacings_on_average_are_told_apart(distribution: CompletionDistribution) -> None:
    # E_j instead of E_j/j: the uniform distribution's spacings.
    spacings = np.random.default_rng(2).exponential(size=(1000, 300))
    assert rejected(time_of_spacings(spacings), distribution)


def test_mean_and_deviation_are_those_of_simulated_spacings(
    drawn: Array, distribution: CompletionDistribution
) -> None:
    # Four standard errors; that of the variance from the sample's fourth moment.
    n, centred = drawn.size, drawn - distribution.mean()
    assert abs(centred.mean()) < 4 * distribution.std() / math.sqrt(n)
    assert abs(np.mean(centred**2) - distribution.std() ** 2) < 4 * np.std(centred**2) / math.sqrt(
        n
    )


@pytest.mark.parametrize("p", [0.01, 0.1, 0.5, 0.9, 0.99])
def test_quantiles_are_those_of_simulated_spacings(
    drawn: Array, distribution: CompletionDistribution, p: float
) -> None:
    below = np.mean(drawn <= distribution.ppf(p))
    assert abs(below - p) < 4 * math.sqrt(p * (1 - p) / drawn.size)


# Against exact small cases: a Laplace row of m weights has spacings E_j/j


def test_the_mean_for_two_laplace_weights_is_asinh_1_over_root_2() -> None:
    h = 1e-3
    early, late = moment_generating([-h, h], last=2, rest=False).real
    # Central difference: h²/6 E T³ = 1e-6 at most.
    assert (late - early) / (2 * h) == pytest.approx(math.asinh(1) / math.sqrt(2), abs=1e-6)


@pytest.mark.parametrize("z", [-2.0, -0.5, 0.5, 1.0])
def test_the_transform_for_two_laplace_weights_is_an_integral(z: float) -> None:
    # u₁ − u₂ = E₁, u₂ = E₂/2, and b = E₁/(E₁ + E₂) is uniform: λT* = (asinh(1/b) − asinh 1)/√2.
    def weight(b: float) -> float:
        return math.exp(z * (math.asinh(1 / b) - math.asinh(1)) / math.sqrt(2))

    expected = quad(weight, 0, 1, epsabs=1e-12, limit=400)[0]
    found = moment_generating(z, last=2, rest=False)[0]
    assert found == pytest.approx(expected, rel=TRANSFORM)


@pytest.mark.parametrize("z", [-2.0, -0.5, 0.5])
def test_the_transform_for_three_laplace_weights_is_a_double_integral(z: float) -> None:
    # Of E₁ + E₂ + E₃ = 1 the first two have c ~ Beta(2, 1), the first alone bc with b uniform;
    # b = e^−x and c = e^−y/2 with x, y ~ Exp(1), for which there is Gauss's rule.
    nodes, weights = laggauss(40)
    b, c = (part.ravel() for part in np.meshgrid(np.exp(-nodes), np.exp(-nodes / 2)))
    spacings = np.stack([c * b, c * (1 - b) / 2, (1 - c) / 3], axis=1)
    chance = np.multiply.outer(weights, weights).ravel()
    expected = float(chance @ np.exp(z * time_of_spacings(spacings)))
    found = moment_generating(z, last=3, rest=False)[0]
    assert found == pytest.approx(expected, rel=TRANSFORM)


def test_the_transform_for_thirty_laplace_weights_is_that_of_drawn_rows() -> None:
    rows = np.random.default_rng(3).exponential(size=(5000, 30))
    seen = np.exp(-completion_time(rows, l1_strength=1.0, order=0))
    expected = moment_generating(-1.0, last=30, rest=False)[0].real
    assert abs(seen.mean() - expected) < 4 * seen.std() / math.sqrt(seen.size)


def test_what_is_left_out_beyond_the_last_spacing_falls_fast() -> None:
    # The cumulants of the rest are known to 1/K^2.5 in the mean: K^−3 or so is left.
    z = [-1.0, 0.5 + 1j]
    one, two, four = (moment_generating(z, last=last) for last in (16, 32, 128))
    order = np.log2(np.abs(one - four) / np.abs(two - four))
    assert (order > 2.5).all()
    # At that rate the 128 spacings that are used leave less than the 1e-8 that is claimed.
    assert (np.abs(two - four) / 4**order < 1e-8).all()


# Consistency


def moment(distribution: CompletionDistribution, power: int) -> float:
    """E (λT*)^p = ∫ p x^{p−1} P(λT* > x) dx, in panels of width 1/2 up to 9."""
    nodes, weights = leggauss(20)
    ends = np.linspace(0.2, 9.0, 19)  # nothing happens before 0.2
    width = np.diff(ends)[:, None] / 2
    x = ends[:-1, None] + width * (nodes + 1)
    body = float(np.sum(width * weights * power * x ** (power - 1) * distribution.sf(x)))
    far = quad(lambda y: power * y ** (power - 1) * distribution.sf(y), 9.0, 40.0, epsabs=1e-12)[0]
    return 0.2**power + body + far


def test_cumulants_are_those_of_the_survival_function(distribution: CompletionDistribution) -> None:
    # Survival is good to 1e-8; its error acts over a length of 9, weighted by up to 3x² = 243.
    first, second, third = (moment(distribution, p) for p in (1, 2, 3))
    variance = second - first**2
    skewness = (third - 3 * first * second + 2 * first**3) / variance**1.5
    assert distribution.mean() == pytest.approx(first, abs=1e-7)
    assert distribution.std() == pytest.approx(math.sqrt(variance), abs=1e-6)
    assert distribution.stats("s")[0] == pytest.approx(skewness, abs=1e-5)


def test_survival_falls_from_one_to_zero(distribution: CompletionDistribution) -> None:
    x = np.linspace(0.0, 12.0, 1201)
    survival = distribution.sf(x)
    assert (np.diff(survival) <= 1e-8).all()  # to its accuracy; strictly where it moves
    moving = (x > 0.5) & (x < 8)
    assert (np.diff(survival[moving]) < 0).all()
    assert distribution.sf(-1.0) == distribution.sf(0.0) == 1
    assert distribution.sf(100.0) == pytest.approx(0, abs=1e-50)


def test_density_is_the_slope_of_survival(distribution: CompletionDistribution) -> None:
    x, h = np.linspace(0.5, 12.0, 200), 1e-3
    x = x[np.abs(x - 9.0) > 2 * h]  # where the tail takes over, errors of 1e-8 would count h-fold
    slope = (distribution.sf(x - h) - distribution.sf(x + h)) / (2 * h)
    # h²/6 times a third derivative of up to 20; the two errors of 1e-8 do not vary over h.
    np.testing.assert_allclose(distribution.pdf(x), slope, atol=1e-5)


@pytest.mark.parametrize("p", [1e-5, 0.01, 0.3, 0.5, 0.9, 0.999, 1 - 1e-6, 1 - 1e-12])
def test_quantile_inverts_survival(distribution: CompletionDistribution, p: float) -> None:
    # Survival to 1e-8; in the closed tail, relative to the rounding of 1 − p.
    assert distribution.sf(distribution.ppf(p)) == pytest.approx(1 - p, rel=1e-3, abs=2e-8)


def test_the_median_halves_and_both_functions_add_up_to_one(
    distribution: CompletionDistribution,
) -> None:
    assert distribution.cdf(distribution.median()) == pytest.approx(0.5, abs=2e-8)
    x = np.linspace(0.0, 12.0, 25)
    np.testing.assert_array_equal(distribution.cdf(x), 1.0 - distribution.sf(x))
    assert distribution.std() ** 2 == pytest.approx(distribution.var(), rel=1e-15)


def test_what_is_drawn_has_the_distribution(distribution: CompletionDistribution) -> None:
    sample = distribution.rvs(size=(40, 100), random_state=8)
    assert sample.shape == (40, 100)
    assert not rejected(sample.ravel(), distribution)
    assert rejected(1.1 * sample.ravel(), distribution)
    np.testing.assert_array_equal(sample, distribution.rvs((40, 100), random_state=8))
    assert type(distribution.rvs(random_state=8)) is float


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"size": -1}, ValueError, "^size must be"),
        ({"size": (2, 1.5)}, TypeError, "^size must be"),
        ({"random_state": "seed"}, TypeError, "^random_state must be"),
    ],
)
def test_what_cannot_be_drawn(
    distribution: CompletionDistribution,
    arguments: dict[str, Any],
    error: type[Exception],
    words: str,
) -> None:
    with pytest.raises(error, match=words):
        distribution.rvs(**arguments)


def test_other_moments_are_refused(distribution: CompletionDistribution) -> None:
    with pytest.raises(ValueError, match=r"^moments must be one of 'm', 'v', 's'; got 'k'"):
        distribution.stats("mk")


def test_quantiles_increase(distribution: CompletionDistribution) -> None:
    p = np.concatenate([np.geomspace(1e-5, 0.5, 200), 1 - np.geomspace(0.499, 1e-12, 200)])
    assert (np.diff(distribution.ppf(p)) > 0).all()


@pytest.mark.parametrize("x", [5.0, 7.0])
def test_the_tail_is_exponential_with_the_stated_constant(
    distribution: CompletionDistribution, x: float
) -> None:
    # Next term exp(−2.05 x) relative, of a constant of order one; survival itself to 1e-8.
    slack = 10 * math.exp(-2.05 * x) + 2e-8 / distribution.sf(x)
    expected = distribution.tail_constant * math.exp(-math.sqrt(2) * x)
    assert distribution.sf(x) == pytest.approx(expected, rel=slack)
    assert distribution.pdf(x) == pytest.approx(math.sqrt(2) * expected, rel=10 * slack)


def test_the_tail_joins_on(distribution: CompletionDistribution) -> None:
    before, after = distribution.sf([9.0 - 1e-9, 9.0 + 1e-9])
    assert before == pytest.approx(after, abs=2e-8)


# Against rows of weights


def completion_times(rows: Array) -> Array:
    return np.asarray(completion_time(rows, l1_strength=1.0, order=0))


def test_laplace_rows_complete_by_the_distribution(distribution: CompletionDistribution) -> None:
    # At m = 10⁴ a row lacks √(2/m) = 0.014 of slow time: 0.01 in probability, where 300 rows
    # resolve 0.13 at this false-alarm rate.
    rng = np.random.default_rng(4)
    times = np.concatenate([completion_times(rng.exponential(size=(50, 10_000))) for _ in range(6)])
    assert not rejected(times, distribution)


def test_uniform_rows_do_not(distribution: CompletionDistribution) -> None:
    rows = np.random.default_rng(5).uniform(size=(300, 1000))
    assert rejected(completion_times(rows), distribution)


def test_gaussian_rows_approach_the_distribution_from_above(
    distribution: CompletionDistribution,
) -> None:
    # Stated: a mean of 1.80 to 1.84 for m = 10² … 10⁵, against 1.759 in the limit.
    times = completion_times(np.random.default_rng(6).normal(size=(6000, 300)))
    error = 4 * times.std() / math.sqrt(times.size)
    assert 1.80 - error < times.mean() < 1.84 + error
    assert times.mean() > distribution.mean()


# Arguments


@pytest.mark.parametrize("p", [0.0, 1e-7, 1.0, -0.1, 1.5, [0.5, 1.0]])
def test_probabilities_lie_strictly_between_zero_and_one(
    distribution: CompletionDistribution, p: Any
) -> None:
    with pytest.raises(ValueError, match=r"^q must be in \[1e-06, 1\); got"):
        distribution.ppf(p)


@pytest.mark.parametrize("method", ["sf", "pdf"])
@pytest.mark.parametrize(("x", "error"), [("late", TypeError), (math.nan, ValueError)])
def test_times_are_real_numbers(
    distribution: CompletionDistribution, method: str, x: Any, error: type[Exception]
) -> None:
    with pytest.raises(error, match=r"^x must be"):
        getattr(distribution, method)(x)


@pytest.mark.parametrize("method", ["sf", "pdf", "ppf"])
def test_floats_in_floats_out_and_arrays_keep_their_shape(
    distribution: CompletionDistribution, method: str
) -> None:
    call = getattr(distribution, method)
    assert type(call(0.5)) is float
    table = call(np.full((2, 3), 0.5))
    assert table.shape == (2, 3)
    np.testing.assert_allclose(table, call(0.5), atol=1e-12)


def test_the_distribution_is_computed_once() -> None:
    assert completion_distribution() is completion_distribution()


def test_every_method_is_defined_at_every_scale(distribution: CompletionDistribution) -> None:
    for method, x in itertools.product(("sf", "pdf"), (-1e300, 0.2, 9.0, 1e300)):
        assert math.isfinite(getattr(distribution, method)(x))


@pytest.mark.parametrize("late", [1e3, 1e9, 1.7e308])
def test_late_enough_every_row_has_completed(late: float) -> None:
    assert completion_distribution().sf(late) == completion_distribution().pdf(late) == 0
    assert completion_distribution().sf(-late) == 1
