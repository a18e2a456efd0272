"""Distributions of the noise: moments, characteristic functions and samples of each agree."""

import dataclasses
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from polytheory.noise import (
    Bipolar,
    Gaussian,
    Laplace,
    Noise,
    Symmetric,
    Uniform,
    check_consistency,
)

EPS = np.finfo(float).eps
DISTRIBUTIONS = [Gaussian, Bipolar, Uniform, Laplace]
HIGHEST = 10

# E (ξ/σ)^{2k}, by integrating each density by hand.
MOMENTS: dict[type[Noise], Callable[[int], Fraction]] = {
    Gaussian: lambda k: Fraction(math.factorial(2 * k), 2**k * math.factorial(k)),
    Bipolar: lambda _: Fraction(1),
    Uniform: lambda k: Fraction(3**k, 2 * k + 1),
    Laplace: lambda k: Fraction(math.factorial(2 * k), 2**k),
}


def cumulants_from_moments(moment: Callable[[int], Fraction]) -> list[Fraction]:
    """Turn even moments into even cumulants, by the recursion between the two."""
    kappa: dict[int, Fraction] = {}
    for order in range(2, HIGHEST + 1, 2):
        mixed = (
            math.comb(order - 1, k - 1) * kappa[k] * moment((order - k) // 2)
            for k in range(2, order, 2)
        )
        kappa[order] = moment(order // 2) - sum(mixed)
    return list(kappa.values())


def three_values(std: float = 0.2, **changes: Any) -> Symmetric:
    """Return the distribution of 0 with chance 1/2 and ±√2 σ else; every moment is known."""

    def draw(shape: Any, *, rng: Any) -> Any:
        return std * math.sqrt(2) * rng.choice([-1.0, 0.0, 0.0, 1.0], shape)

    parts = {
        "std": std,
        "characteristic_function": lambda u: 0.5 + 0.5 * np.cos(math.sqrt(2) * u),
        "sample": draw,
        "even_cumulants": (1.0, -1.0),
        "bound": math.sqrt(2) * std,
    }
    return Symmetric(**parts | changes)


# Moments


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_cumulants_are_those_of_the_moments(distribution: type[Noise]) -> None:
    expected = [float(each) for each in cumulants_from_moments(MOMENTS[distribution])]
    assert distribution(std=0.3).cumulants(HIGHEST) == pytest.approx(expected, rel=4 * EPS, abs=0)


def test_cumulants_known_by_name() -> None:
    assert Gaussian(std=2.0).excess_kurtosis == 0
    assert Bipolar(std=2.0).cumulants(6) == (1, -2, 16)
    assert Uniform(std=2.0).cumulants(6) == pytest.approx((1, -6 / 5, 48 / 7), rel=4 * EPS)
    assert Laplace(std=2.0).cumulants(6) == (1, 3, 30)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_no_distribution_has_less_kurtosis_than_signs(distribution: type[Noise]) -> None:
    assert distribution(std=1.0).excess_kurtosis >= Bipolar(std=1.0).excess_kurtosis == -2


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_the_highest_order_is_finite(distribution: type[Noise]) -> None:
    assert np.isfinite(distribution(std=1.0).cumulants(100)).all()


# Characteristic functions


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_the_characteristic_function_has_the_moments(distribution: type[Noise]) -> None:
    u, terms = 0.2, 12
    series = [
        (-1) ** k * float(MOMENTS[distribution](k) / math.factorial(2 * k)) * u ** (2 * k)
        for k in range(terms)
    ]
    # The next term is at most u^24 / 2^12 (Laplace), below rounding.
    assert distribution(std=0.3).characteristic_function(u) == pytest.approx(
        sum(series), rel=4 * EPS, abs=0
    )


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_characteristic_functions_are_even_bounded_and_one_at_zero(
    distribution: type[Noise],
) -> None:
    c = distribution(std=0.3).characteristic_function
    u = np.linspace(0, 60, 301)
    assert c(0.0) == 1
    np.testing.assert_array_equal(c(u), c(-u))
    assert (np.abs(c(u)) <= 1).all()
    assert (c(2 * u) >= 2 * c(u) ** 2 - 1 - 4 * EPS).all()


@pytest.mark.parametrize(
    "distribution", [*(each(std=0.3) for each in DISTRIBUTIONS), three_values()]
)
def test_the_derivative_by_differences_of_second_order(distribution: Noise) -> None:
    u = np.array([0.31, 1.3, 2.9])
    steps = 0.1 / 2 ** np.arange(4)
    c, exact = distribution.characteristic_function, distribution.characteristic_derivative(u)
    errors = [np.abs((c(u + h) - c(u - h)) / (2 * h) - exact).max() for h in steps]
    order = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert order == pytest.approx(2, abs=0.02)


def test_the_derivative_of_uniform_noise_where_the_formula_changes() -> None:
    u = np.array([0.0, 1e-8, 0.0577, 0.0578, -0.0577])
    y = math.sqrt(3) * u
    series = [(-1) ** k * 2 * k * y ** (2 * k - 1) / math.factorial(2 * k + 1) for k in range(1, 9)]
    seen = Uniform(std=1.0).characteristic_derivative(u)
    # cos(y) − sin(y)/y cancels to y²/3 near y = 0.1: eps·3/y² ≈ 300 eps relative.
    np.testing.assert_allclose(seen, math.sqrt(3) * np.sum(series, axis=0), rtol=600 * EPS)


# Samples


@pytest.mark.parametrize(
    "distribution", [*(each(std=0.3) for each in DISTRIBUTIONS), three_values()]
)
def test_the_parts_of_a_distribution_agree(distribution: Noise) -> None:
    check_consistency(distribution, rng=1)  # 5 standard errors: chance fails this once in 10⁵ seeds


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_samples_depend_on_the_seed_only(distribution: type[Noise]) -> None:
    noise = distribution(std=0.3)
    first = noise.sample((3, 4), rng=5)
    np.testing.assert_array_equal(first, noise.sample((3, 4), rng=np.random.default_rng(5)))
    assert first.shape == (3, 4)
    assert noise.sample(7, rng=5).shape == (7,)
    assert noise.sample((), rng=5).shape == ()
    assert (first != noise.sample((3, 4), rng=6)).any()


@pytest.mark.parametrize("distribution", [Bipolar, Uniform])
def test_samples_keep_to_the_bound_and_come_near_it(distribution: type[Noise]) -> None:
    noise = distribution(std=0.3)
    largest = np.abs(noise.sample(10_000, rng=0)).max()
    assert 0.999 * noise.bound < largest <= noise.bound


def test_unbounded_distributions_have_no_bound() -> None:
    assert Gaussian(std=1.0).bound == Laplace(std=1.0).bound == math.inf


# Values


def test_distributions_are_values() -> None:
    assert Gaussian(std=0.1) == Gaussian(std=0.1) != Bipolar(std=0.1)
    assert hash(Uniform(std=0.1)) == hash(Uniform(std=0.1))
    assert repr(Laplace(std=0.1)) == "Laplace(std=0.1)"
    with pytest.raises(dataclasses.FrozenInstanceError):
        Gaussian(std=0.1).std = 0.2  # type: ignore[misc]  # that is the point


# A distribution of the user's own


def test_differences_stand_in_for_a_missing_derivative() -> None:
    distribution, u = three_values(), np.linspace(-5, 5, 41)
    exact = -math.sqrt(0.5) * np.sin(math.sqrt(2) * u)
    np.testing.assert_allclose(distribution.characteristic_derivative(u), exact, rtol=0, atol=1e-11)


def test_moments_that_were_not_given_are_missed_where_asked_for() -> None:
    assert three_values().excess_kurtosis == -1
    unknown = three_values(even_cumulants=(1.0,))
    assert unknown.cumulants(2) == (1,)
    with pytest.raises(ValueError, match="order must be at most 2 for this distribution; got 4"):
        _ = unknown.excess_kurtosis


def inconsistent() -> dict[str, Noise]:
    signs, flat = Bipolar(std=0.2), Uniform(std=0.2)
    c, dc = signs.characteristic_function, signs.characteristic_derivative
    given = {"characteristic_function": c, "characteristic_derivative": dc}
    return {
        "another distribution": Symmetric(std=0.2, sample=flat.sample, **given),
        "another width": Symmetric(std=0.2, sample=Bipolar(std=0.202).sample, **given),
        "lopsided": Symmetric(
            std=0.2, sample=lambda shape, *, rng: 0.01 + signs.sample(shape, rng=rng), **given
        ),
        "another kurtosis": three_values(even_cumulants=(1.0, -1.1)),
        "beyond the bound": three_values(bound=0.21),
    }


@pytest.mark.parametrize("case", inconsistent())
def test_parts_that_do_not_belong_together_are_found(case: str) -> None:
    with pytest.raises(ValueError, match="noise must be"):
        check_consistency(inconsistent()[case], rng=0)


# How far a row of noise reaches


def test_bounded_noise_reaches_the_sum_of_its_weights() -> None:
    v = np.array([[0.6, -0.8], [0.0, 1.0]])
    np.testing.assert_allclose(Bipolar(std=0.2).reach(v), [1.4, 1.0], rtol=4 * EPS)
    np.testing.assert_allclose(Uniform(std=0.2).reach(v), math.sqrt(3) * np.array([1.4, 1.0]))


def test_laplace_noise_has_no_weight_beyond_its_reach() -> None:
    # One weight: P(ζ > x) = e^{−√2 x}/2.  Many: samples stay far inside.
    (reach,) = Laplace(std=1.0).reach(np.array([[1.0]]))
    assert math.exp(-math.sqrt(2) * reach) / 2 < EPS
    v = np.full((1, 64), 1 / 8)
    drawn = np.abs(Laplace(std=1.0).sample((100_000, 64), rng=0) @ v[0])
    assert drawn.max() < Laplace(std=1.0).reach(v)[0] < 12
