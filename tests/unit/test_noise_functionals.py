"""F, F', F'', their gradients and the expected loss: against enumeration, quadrature, sampling."""

import math
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import quad

from polytheory import ToyModel
from polytheory.noise import (
    Bipolar,
    Gaussian,
    Laplace,
    Noise,
    Symmetric,
    Uniform,
    averaging,
    expectation,
    expected_force,
    expected_loss,
    functionals,
)

NoiseClass = Callable[..., Noise]

Array = NDArray[np.float64]
EPS = np.finfo(float).eps
FIELDS = ("F", "slope", "curvature", "gradient", "slope_gradient")


def student(std: float) -> Symmetric:
    """Return Student's distribution with 3 degrees of freedom: heavy tails, no fourth moment."""
    return Symmetric(
        std=std,
        characteristic_function=lambda u: (1 + np.abs(u)) * np.exp(-np.abs(u)),
        characteristic_derivative=lambda u: -u * np.exp(-np.abs(u)),
        sample=lambda shape, *, rng: std / math.sqrt(3) * rng.standard_t(3, shape),
    )


DISTRIBUTIONS: list[NoiseClass] = [Gaussian, Bipolar, Uniform, Laplace]
SMOOTH: list[NoiseClass] = [Gaussian, Uniform, Laplace]


def random_row(m: int, seed: int, *, sparse: bool = False) -> Array:
    rng = np.random.default_rng(seed)
    w = rng.normal(size=m) / math.sqrt(m)
    return w * np.where(rng.random(m) < 0.7, 0.02, 1.0) if sparse else w


def enumerated(overlap: Array, row: Array, std: float) -> dict[str, Array]:
    """Average over all 2^m signs, one by one. An atom on the kink counts half."""
    noise = std * np.array(list(product([-1.0, 1.0], repeat=len(row))))
    y = overlap[:, None] + noise @ row
    above = (y > 1e-12) + 0.5 * (np.abs(y) <= 1e-12)
    ramp = np.maximum(y, 0)
    return {
        "F": np.mean(ramp**2, axis=1),
        "slope": 2 * ramp.mean(axis=1),
        "curvature": 2 * above.mean(axis=1),
        "gradient": 2 * ramp @ noise / len(noise),
        "slope_gradient": 2 * above @ noise / len(noise),
    }


# Bipolar noise against all signs


@pytest.mark.parametrize("m", [1, 2, 3, 6, 11])
def test_enumeration_against_all_signs(m: int) -> None:
    std, row = 0.7, random_row(m, m)
    reach = std * np.abs(row).sum()
    # Inside and beyond the reach, at its two ends, and with zero where z may have an atom.
    overlap = np.append(np.linspace(-1.3, 1.3, 7) * reach, [0.0, reach, -reach, std * row[0]])
    seen = functionals(overlap, row, Bipolar(std=std), method="enumeration")
    for name, expected in enumerated(overlap, row, std).items():
        np.testing.assert_allclose(getattr(seen, name), expected, rtol=0, atol=64 * EPS)


def test_enumeration_of_tied_and_missing_weights() -> None:
    std, overlap = 0.5, np.array([-1.0, -0.5, 0.0, 0.5, 0.25])
    for row in (np.ones(4), np.array([1.0, -1.0, 0.0, 0.0, 0.5]), np.eye(3)[1]):
        seen = functionals(overlap, row, Bipolar(std=std), method="enumeration")
        for name, expected in enumerated(overlap, row, std).items():
            np.testing.assert_allclose(getattr(seen, name), expected, rtol=0, atol=64 * EPS)


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("m", [3, 8, 14])
def test_quadrature_against_enumeration_and_its_own_estimate(m: int, sparse: bool) -> None:
    std, rng = 0.7, np.random.default_rng(m)
    rows = np.array([random_row(m, seed, sparse=sparse) for seed in range(12)])
    s = std * np.sqrt((rows**2).sum(axis=-1))
    overlap = s * rng.uniform(-2, 2, len(rows))
    distribution = Bipolar(std=std)
    exact = functionals(overlap, rows, distribution, method="enumeration")
    for cutoff in (32.0, 128.0, 512.0):
        seen = functionals(overlap, rows, distribution, method="characteristic", cutoff=cutoff)
        # An estimate and no bound: of other rows it is too small for some in a hundred.
        allowed = 3 * seen.error + 1e-12
        assert (np.abs(seen.F - exact.F) <= s**2 * allowed).all()
        assert (np.abs(seen.slope - exact.slope) <= s * allowed).all()
        off = np.abs(seen.gradient - exact.gradient).max(axis=-1)
        assert (off <= std * s * allowed).all()


def test_the_cutoff_is_raised_until_the_error_is_as_wanted() -> None:
    row, distribution = random_row(24, 3), Bipolar(std=0.7)
    errors = [
        functionals(-0.2, row, distribution, method="characteristic", rtol=rtol).error
        for rtol in (1e-3, 1e-5, 1e-7)
    ]
    assert all(seen <= rtol for seen, rtol in zip(errors, (1e-3, 1e-5, 1e-7), strict=True))
    assert errors[0] > errors[-1]


def test_the_estimate_says_when_a_kink_cannot_be_resolved() -> None:
    seen = functionals(-0.5, [1.0, 0.0], Bipolar(std=0.5), method="characteristic")
    assert 1e-5 < seen.error < 1e-2
    assert 0 < abs(seen.slope) <= 2 * 0.5 * seen.error  # F' = 0 there


def test_both_ways_agree_where_the_choice_changes() -> None:
    distribution = Bipolar(std=0.2)
    for m in (16, 17, 20):
        row = random_row(m, 0)
        auto = functionals(-0.1, row, distribution)
        exact = functionals(-0.1, row, distribution, method="enumeration")
        np.testing.assert_allclose(auto.F, exact.F, rtol=1e-6)
        np.testing.assert_allclose(auto.gradient, exact.gradient, rtol=0, atol=1e-8)


# Other distributions against integrals over one variable


def ramp_after_uniform(t: float, width: float) -> tuple[float, float, float]:
    """Return E ReLU(t + u)² and its derivatives in t, u uniform with standard deviation `width`."""
    h = math.sqrt(3) * width
    up, down = max(t + h, 0.0), max(t - h, 0.0)
    return (up**3 - down**3) / (6 * h), (up**2 - down**2) / (2 * h), (up - down) / h


def ramp_after_laplace(t: float, width: float) -> tuple[float, float, float]:
    b = width / math.sqrt(2)
    tail = math.exp(-abs(t) / b)
    if t < 0:
        return b**2 * tail, b * tail, tail
    return t**2 + 2 * b**2 - b**2 * tail, 2 * t + b * tail, 2 - tail


ONE_WEIGHT = [(Uniform, ramp_after_uniform), (Laplace, ramp_after_laplace)]


@pytest.mark.parametrize(("distribution", "ramp"), ONE_WEIGHT)
@pytest.mark.parametrize("weight", [1.0, -0.3])
def test_one_weight_in_closed_form(distribution: Any, ramp: Any, weight: float) -> None:
    std = 0.5
    for overlap in (-2.0, -0.3, 0.0, 0.1, 1.5):
        seen = functionals(overlap, [weight], distribution(std=std))
        width = std * abs(weight)
        for name, expected, unit in zip(
            FIELDS, ramp(overlap, width), (width**2, width, 1), strict=False
        ):
            assert abs(getattr(seen, name) - expected) <= unit * (seen.error + 1e-12)


@pytest.mark.parametrize(("distribution", "ramp"), ONE_WEIGHT)
@pytest.mark.parametrize("overlap", [-1.1, -0.2, 0.4])
def test_two_weights_by_quadrature(distribution: Any, ramp: Any, overlap: float) -> None:
    std, row = 0.5, (0.9, -0.6)
    noise = distribution(std=std)
    end = noise.bound if distribution is Uniform else 15.0
    b = std / math.sqrt(2)

    def density(x: float) -> float:
        return 1 / (2 * end) if distribution is Uniform else math.exp(-abs(x) / b) / (2 * b)

    h = math.sqrt(3) * std * abs(row[1]) if distribution is Uniform else 0.0
    kinks = [0.0, *((each - overlap) / row[0] for each in (h, -h, 0.0))]
    inside = sorted({x for x in kinks if abs(x) < end})

    def average(order: int, times_x: bool) -> float:
        def integrand(x: float) -> float:
            value = ramp(overlap + row[0] * x, std * abs(row[1]))[order]
            return float(value * density(x) * (x if times_x else 1.0))

        return float(quad(integrand, -end, end, points=inside, epsabs=1e-13, limit=300)[0])

    seen = functionals(overlap, row, noise)
    tolerance = seen.error + 1e-10  # quad's own share is below 1e-10
    assert abs(seen.F - average(0, False)) <= tolerance
    assert abs(seen.slope - average(1, False)) <= tolerance
    assert abs(seen.curvature - average(2, False)) <= tolerance + 1e-7  # not in the estimate
    # ∂F/∂w_1 = E[F'(μ + w_1 ξ_1; w_2) ξ_1], likewise for F'.
    assert abs(seen.gradient[0] - average(1, True)) <= tolerance
    assert abs(seen.slope_gradient[0] - average(2, True)) <= tolerance


def test_gaussian_noise_through_its_characteristic_function() -> None:
    row, overlap, distribution = random_row(9, 0), np.linspace(-5, 5, 11), Gaussian(std=0.7)
    closed = functionals(overlap, row, distribution)
    seen = functionals(overlap, row, distribution, method="characteristic")
    for name in FIELDS:
        np.testing.assert_allclose(getattr(seen, name), getattr(closed, name), rtol=0, atol=1e-13)


def test_a_user_distribution_without_bound_finds_its_reach() -> None:
    known, rows = Laplace(std=0.4), np.stack([random_row(5, 1), np.eye(5)[2]])
    unknown = Symmetric(
        std=0.4,
        characteristic_function=known.characteristic_function,
        characteristic_derivative=known.characteristic_derivative,
        sample=known.sample,
    )
    overlap = np.array([[-6.0], [-0.7], [0.3], [9.0]])
    one, other = functionals(overlap, rows, known), functionals(overlap, rows, unknown)
    for name in FIELDS:
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=0, atol=1e-8)


@pytest.mark.parametrize("overlap", [-0.3, -8.0])
def test_heavy_tails_are_estimated_honestly(overlap: float) -> None:
    distribution, b = student(0.4), 0.4 / math.sqrt(3)

    def integrand(x: float) -> float:  # with Student's density, ν = 3
        return 2 * (overlap + b * x) * 2 / (math.pi * math.sqrt(3) * (1 + x**2 / 3) ** 2)

    exact = quad(integrand, -overlap / b, math.inf, epsabs=1e-13)[0]
    seen = functionals(overlap, [1.0], distribution, rtol=1e-6)
    assert abs(seen.slope - exact) <= 0.4 * seen.error
    assert seen.error < 1e-3


# All distributions against samples


@pytest.mark.parametrize("distribution", [*DISTRIBUTIONS, student])
@pytest.mark.parametrize("overlap", [-0.4, 0.15])
def test_against_samples(distribution: NoiseClass, overlap: float) -> None:
    std, row = 0.5, random_row(6, 2)
    noise = distribution(std=std).sample((60_000, 6), rng=7)
    y = overlap + noise @ row
    ramp, above = np.maximum(y, 0), y > 0
    seen = functionals(overlap, row, distribution(std=std), rtol=1e-6)
    drawn = [
        (ramp**2, seen.F),
        (2 * ramp, seen.slope),
        (2.0 * above, seen.curvature),
        *zip((2 * ramp[:, None] * noise).T, seen.gradient, strict=True),
        *zip((2 * above[:, None] * noise).T, seen.slope_gradient, strict=True),
    ]
    if distribution is student:
        del drawn[0]  # without a fourth moment the mean of squares has no standard error
        del drawn[2:8]
    for values, exact in drawn:
        error = values.std() / math.sqrt(len(values))
        # 15 comparisons for each of ten cases at 4.5 standard errors: one seed in a thousand fails.
        assert abs(values.mean() - exact) <= 4.5 * error


# Identities


@pytest.mark.parametrize("distribution", [*DISTRIBUTIONS, student])
def test_reflection_and_the_values_at_zero(distribution: NoiseClass) -> None:
    std, row = 0.5, random_row(7, 4)
    s2 = std**2 * (row**2).sum()
    mu = np.array([0.0, 0.05, 0.3, 1.0, 7.0])
    up, down = (
        functionals(mu, row, distribution(std=std)),
        functionals(-mu, row, distribution(std=std)),
    )
    np.testing.assert_allclose(up.F + down.F, mu**2 + s2, rtol=4 * EPS)
    np.testing.assert_allclose(up.slope - down.slope, 2 * mu, rtol=0, atol=8 * EPS * mu.max())
    np.testing.assert_allclose(up.curvature + down.curvature, 2.0, rtol=4 * EPS)
    np.testing.assert_allclose(
        up.gradient + down.gradient, np.tile(2 * std**2 * row, (5, 1)), rtol=0, atol=8 * EPS
    )
    assert up.F[0] == pytest.approx(s2 / 2, rel=1e-12, abs=0)


def mean_size(row: Array, distribution: Noise) -> float:
    noise = distribution.sample((200_000, len(row)), rng=11)
    return float(np.abs(noise @ row).mean())


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_the_slope_at_zero_is_the_mean_size(distribution: NoiseClass) -> None:
    row = random_row(5, 9)
    s = 0.5 * math.sqrt((row**2).sum())
    # Standard deviation of |z| is below s: 4.5 standard errors of 200 000 samples.
    sampled = mean_size(row, distribution(std=0.5))
    assert functionals(0.0, row, distribution(std=0.5)).slope == pytest.approx(
        sampled, rel=0, abs=0.01 * s
    )


def fitted_order(error: Callable[[float], float], steps: Array) -> float:
    return float(np.polyfit(np.log(steps), np.log([error(h) for h in steps]), 1)[0])


@pytest.mark.parametrize("distribution", SMOOTH)
@pytest.mark.parametrize(("of", "derivative"), [("F", "slope"), ("slope", "curvature")])
def test_each_is_the_derivative_of_the_last(
    distribution: NoiseClass, of: str, derivative: str
) -> None:
    row, noise, mu = random_row(6, 5), distribution(std=0.5), -0.11

    def error(h: float) -> float:
        up, down = (getattr(functionals(mu + x, row, noise, rtol=1e-12), of) for x in (h, -h))
        return abs((up - down) / (2 * h) - exact)

    exact = getattr(functionals(mu, row, noise, rtol=1e-12), derivative)
    assert fitted_order(error, 0.1 / 2.0 ** np.arange(3)) == pytest.approx(2, abs=0.15)


@pytest.mark.parametrize("distribution", SMOOTH)
@pytest.mark.parametrize(("of", "gradient"), [("F", "gradient"), ("slope", "slope_gradient")])
def test_the_gradients_by_differences(distribution: NoiseClass, of: str, gradient: str) -> None:
    row, noise, mu = random_row(6, 5), distribution(std=0.5), -0.11
    towards = np.random.default_rng(1).normal(size=6)

    def error(h: float) -> float:
        ends = (getattr(functionals(mu, row + x * towards, noise, rtol=1e-12), of) for x in (h, -h))
        up, down = ends
        return float(abs((up - down) / (2 * h) - exact))

    exact = getattr(functionals(mu, row, noise, rtol=1e-12), gradient) @ towards
    assert fitted_order(error, 0.04 / 2.0 ** np.arange(3)) == pytest.approx(2, abs=0.15)


def test_the_heat_equation_of_gaussian_noise() -> None:
    row, mu = random_row(6, 5), np.array([-0.4, 0.1, 0.3])
    norm = (row**2).sum()

    def error(h: float) -> float:
        up, down = (functionals(mu, row, Gaussian(std=math.sqrt(0.25 + x))).F for x in (h, -h))
        return float(np.abs((up - down) / (2 * h * norm) - curvature / 2).max())

    curvature = functionals(mu, row, Gaussian(std=0.5)).curvature
    assert fitted_order(error, 0.02 / 2.0 ** np.arange(4)) == pytest.approx(2, abs=0.05)


def test_a_row_of_zeros_has_no_noise() -> None:
    for distribution in DISTRIBUTIONS:
        seen = functionals([-0.3, 0.0, 0.3], np.zeros(3), distribution(std=0.5))
        assert seen.F.tolist() == [0, 0, 0.3**2]
        assert seen.slope.tolist() == [0, 0, 0.6]
        assert seen.curvature.tolist() == [0, 1, 2]
        assert not seen.gradient.any()


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
@pytest.mark.parametrize("size", [1e-20, 1e20])
def test_only_ratios_matter(distribution: NoiseClass, size: float) -> None:
    row, mu = random_row(5, 1), np.array([-0.3, 0.0, 0.2])
    plain, scaled = (
        functionals(mu, row, distribution(std=0.5)),
        functionals(mu * size, row * size, distribution(std=0.5)),
    )
    np.testing.assert_allclose(scaled.F / size**2, plain.F, rtol=1e-12)
    np.testing.assert_allclose(scaled.gradient / size, plain.gradient, rtol=0, atol=1e-12)


def test_shapes_broadcast_and_floats_come_back() -> None:
    distribution, rows = Bipolar(std=0.3), np.random.default_rng(0).normal(size=(4, 6))
    seen = functionals(np.zeros((3, 1)), rows, distribution)
    assert np.shape(seen.F) == np.shape(seen.error) == (3, 4)
    assert seen.gradient.shape == seen.slope_gradient.shape == (3, 4, 6)
    one = functionals(0.1, rows[2], distribution)
    assert isinstance(one.F, float)
    assert isinstance(one.error, float)
    assert one.gradient.shape == (6,)


# The expected loss and force


def loss_of(W: Array, noise: Array) -> Array:
    """Return the published loss for each noise vector, shared by the inputs."""
    output = np.maximum((W + noise[:, None, :]) @ W.T, 0)
    return np.asarray(((output - np.eye(len(W))) ** 2).sum(axis=(-2, -1)))


@pytest.mark.parametrize("std", [0.05, 0.3, 1.5])
@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (4, 2)])
def test_bipolar_loss_over_all_signs(shape: tuple[int, int], std: float) -> None:
    W = np.random.default_rng(3).normal(size=shape) / math.sqrt(shape[1])
    noise = std * np.array(list(product([-1.0, 1.0], repeat=shape[1])))
    expected = loss_of(W, noise).mean()
    assert expected_loss(W, Bipolar(std=std)) == pytest.approx(expected, rel=64 * EPS, abs=0)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
@pytest.mark.parametrize("std", [0.1, 0.6])
def test_loss_of_samples(distribution: NoiseClass, std: float) -> None:
    W = np.random.default_rng(4).normal(size=(4, 6)) / math.sqrt(6)
    drawn = loss_of(W, distribution(std=std).sample((40_000, 6), rng=5))
    error = drawn.std() / 200
    assert abs(expected_loss(W, distribution(std=std)) - drawn.mean()) <= 4.5 * error


@pytest.mark.parametrize("distribution", SMOOTH)
@pytest.mark.parametrize("std", [0.1, 0.6])
def test_the_force_is_minus_a_quarter_of_the_gradient(distribution: NoiseClass, std: float) -> None:
    rng, noise = np.random.default_rng(6), distribution(std=std)
    W, towards = rng.normal(size=(2, 4, 7)) / math.sqrt(7)

    def error(h: float) -> float:
        up, down = (expected_loss(W + x * towards, noise, rtol=1e-12) for x in (h, -h))
        return float(abs((up - down) / (2 * h) + 4 * (force * towards).sum()))

    force = expected_force(W, noise, rtol=1e-12)
    assert fitted_order(error, 0.02 / 2.0 ** np.arange(4)) == pytest.approx(2, abs=0.2)


@pytest.mark.parametrize("method", ["enumeration", "characteristic"])
@pytest.mark.parametrize("std", [0.1, 0.6])
def test_the_force_of_bipolar_noise(method: str, std: float) -> None:
    # Between kinks the loss is a polynomial of degree 4, and five points differentiate it.
    # Rounding of the loss over h is 1e-10. A kink nearby costs the quadrature more.
    rng, distribution, h = np.random.default_rng(6), Bipolar(std=std), 2.0**-18
    W, towards = rng.normal(size=(2, 3, 5)) / math.sqrt(5)
    loss = [expected_loss(W + k * h * towards, distribution) for k in (1, -1, 2, -2)]
    slope = (8 * (loss[0] - loss[1]) - (loss[2] - loss[3])) / (12 * h)
    seen = expectation(
        W, distribution, method=method, cutoff=None if method == "enumeration" else 4000.0
    )
    tolerance = 1e-8 if method == "enumeration" else 1e-5
    assert -4 * (seen.force * towards).sum() == pytest.approx(slope, rel=0, abs=tolerance)


@pytest.mark.parametrize("distribution", [*DISTRIBUTIONS, student])
def test_without_noise_it_is_the_plain_model(distribution: NoiseClass) -> None:
    model, W = ToyModel(4, 6), np.random.default_rng(8).normal(size=(4, 6)) / math.sqrt(6)
    loss, force = model.loss(W), model.smooth_force(W)
    off = []
    for std in (1e-3, 1e-4):
        seen = expectation(W, distribution(std=std))
        off.append([abs(seen.loss - loss), np.abs(seen.force - force).max()])
    # Overlaps are of order 0.1: only σ² is left, but for heavy tails, which reach further.
    ratio = np.array(off[0]) / off[1]
    assert ratio == pytest.approx(100.0, rel=0.05, abs=0)
    assert max(off[1]) < 1e-6


def test_a_rotation_of_the_neurons_is_nothing_to_gaussian_noise() -> None:
    rng = np.random.default_rng(9)
    W = rng.normal(size=(5, 8)) / math.sqrt(8)
    rotation = np.linalg.qr(rng.normal(size=(8, 8)))[0]
    plain, turned = (expectation(X, Gaussian(std=0.3)) for X in (W, W @ rotation))
    assert turned.loss == pytest.approx(plain.loss, rel=32 * EPS, abs=0)
    np.testing.assert_allclose(turned.force, plain.force @ rotation, rtol=0, atol=64 * EPS)
    for distribution in (Bipolar, Uniform, Laplace):
        noise = distribution(std=0.3)
        assert abs(expected_loss(W @ rotation, noise) - expected_loss(W, noise)) > 1e-4


def test_a_batch_is_its_members() -> None:
    W = np.random.default_rng(1).normal(size=(2, 3, 4, 6)) / 2
    for distribution in (*(each(std=0.3) for each in DISTRIBUTIONS), student(0.3)):
        seen = expectation(W, distribution, rtol=1e-9)
        assert np.shape(seen.loss) == np.shape(seen.error) == (2, 3)
        alone = expectation(W[1, 2], distribution, rtol=1e-9)
        assert seen.loss[1, 2] == pytest.approx(alone.loss, rel=1e-8, abs=0)
        np.testing.assert_allclose(seen.force[1, 2], alone.force, rtol=0, atol=1e-8)


def test_noise_turns_a_silent_feature_away_from_the_others() -> None:
    W = np.array([[0.9, 0.1, 0.0], [0.0, 0.0, 0.0]])
    for distribution in DISTRIBUTIONS:
        seen = expectation(W, distribution(std=0.1))
        alone = expected_loss(W[:1], distribution(std=0.1))
        # The silent row misses its own feature entirely.
        cross = functionals(0.0, W[0], distribution(std=0.1))
        assert seen.loss == pytest.approx(alone + 1 + cross.F, rel=8 * EPS, abs=0)
        # Of the two overlaps only the one that sees the first row's noise has a slope, E|z|.
        np.testing.assert_allclose(seen.force[1], -cross.slope / 4 * W[0], rtol=1e-6)


def test_the_size_of_the_paper_and_beyond() -> None:
    # An independent sum over the pairs, through the public functionals.
    rng = np.random.default_rng(2)
    W = rng.normal(size=(6, 40)) / math.sqrt(40)
    distribution = Bipolar(std=0.2)
    mu = W @ W.T
    F = functionals(mu.T, W[None, :, :], distribution)
    total = F.F.sum() - np.trace(F.slope) + 6
    assert expected_loss(W, distribution, rtol=1e-9) == pytest.approx(total, rel=1e-8, abs=0)


@pytest.mark.parametrize("distribution", [Bipolar, Gaussian, Uniform])
def test_the_average_without_checks_is_the_expectation(distribution: NoiseClass) -> None:
    W, noise = np.random.default_rng(0).normal(size=(2, 3, 4)), distribution(std=0.2)
    W[1] *= 0.1  # within the reach of the noise
    free, checked = averaging(noise, rtol=1e-4)(W), expectation(W, noise, rtol=1e-4)
    for name in ("force", "reconstruction", "error"):
        np.testing.assert_array_equal(getattr(free, name), getattr(checked, name))
