"""The Hessian of the expected loss: against differences of the force, and its invariants."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from polytheory.noise import (
    Bipolar,
    Gaussian,
    Laplace,
    Noise,
    Symmetric,
    Uniform,
    expected_force,
    expected_hessian,
)

Array = NDArray[np.float64]
#: Step of the differences of the force: an error of 1e-10 times its third derivatives, and 1e-11
#: from rounding.
STEP = 1e-5


def encodings(n: int, m: int, seed: int, size: float = 1.0) -> Array:
    W = np.random.default_rng(seed).normal(size=(n, m))
    return np.asarray(size * W / np.linalg.norm(W, axis=-1, keepdims=True))


def matrix(hessian: Array) -> Array:
    return hessian.reshape(hessian.shape[0] * hessian.shape[1], -1)


def differences(W: Array, distribution: Noise, step: float = STEP) -> Array:
    """Return the Hessian by central differences of the exact gradient."""
    rows = []
    for k in range(W.size):
        moved = np.zeros(W.size)
        moved[k] = step
        moved = moved.reshape(W.shape)
        ahead, behind = (expected_force(W + s * moved, distribution, rtol=1e-12) for s in (1, -1))
        rows.append(-4 * (ahead - behind).ravel() / (2 * step))
    return np.array(rows)


# Gaussian noise: closed form. Wide noise makes the terms of the diagonal, at −N, count.
@pytest.mark.parametrize("std", [0.1, 0.7])
@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (4, 6), (5, 2)])
def test_gaussian_noise_against_differences(shape: tuple[int, int], std: float) -> None:
    W, distribution = encodings(*shape, seed=1, size=0.9), Gaussian(std=std)
    seen = matrix(expected_hessian(W, distribution))
    np.testing.assert_allclose(seen, differences(W, distribution), rtol=0, atol=1e-7)


# c of one weight falls as 1/u (uniform) or 1/u² (Laplace): their product over six as the end of the
# integral, beyond 32.
@pytest.mark.parametrize("distribution", [Uniform(std=0.1), Laplace(std=0.1), Uniform(std=0.5)])
def test_smooth_noise_against_differences(distribution: Noise) -> None:
    W = encodings(4, 6, seed=2)
    seen = matrix(expected_hessian(W, distribution))
    np.testing.assert_allclose(seen, differences(W, distribution), rtol=0, atol=1e-5)


def test_bipolar_noise_against_differences_wider_than_its_atoms() -> None:
    # Differences over ±0.003, an overlap ±0.03 s, see through the steps of 2^16 atoms.
    W, distribution = encodings(4, 16, seed=3), Bipolar(std=0.1)
    seen = matrix(expected_hessian(W, distribution))
    wide = differences(W, distribution, 3e-3)
    gaussian = matrix(expected_hessian(W, Gaussian(std=0.1)))  # which would not do
    off = [np.abs(each - wide).max() for each in (seen, gaussian)]
    assert off[0] < 0.003 < 0.008 < off[1]


@pytest.mark.parametrize("distribution", [Gaussian(std=0.2), Bipolar(std=0.2), Laplace(std=0.2)])
def test_symmetric_and_unchanged_by_names_and_signs_of_neurons(distribution: Noise) -> None:
    W = encodings(4, 5, seed=4)
    seen = expected_hessian(W, distribution)
    np.testing.assert_allclose(matrix(seen), matrix(seen).T, rtol=0, atol=1e-13)
    order, signs = np.array([2, 0, 4, 1, 3]), np.array([1.0, -1, -1, 1, -1])
    moved = expected_hessian((W * signs)[:, order], distribution)
    expected = (seen * signs[:, None, None] * signs)[:, order][..., order]
    np.testing.assert_allclose(moved, expected, rtol=0, atol=1e-12)


def test_rotations_cost_nothing_where_gaussian_noise_is_at_rest() -> None:
    # d/dε of the gradient along the orbit W exp(εA): H(WA) = gradient · A, zero at rest; and the
    # loss is a minimum there.
    rng, distribution = np.random.default_rng(0), Gaussian(std=0.3)
    turn = rng.normal(size=(5, 5))
    turn -= turn.T
    W = encodings(3, 5, seed=5)
    along = np.einsum("ikjl,jl->ik", expected_hessian(W, distribution), W @ turn)
    np.testing.assert_allclose(
        along, -4 * expected_force(W, distribution) @ turn, rtol=0, atol=1e-12
    )
    for _ in range(400):
        W = W + 0.5 * expected_force(W, distribution)
    for _ in range(4):
        hessian, force = (
            matrix(expected_hessian(W, distribution)),
            expected_force(W, distribution).ravel(),
        )
        W = W + np.linalg.lstsq(hessian, 4 * force, rcond=1e-6)[0].reshape(W.shape)
    assert np.abs(expected_force(W, distribution)).max() < 1e-12
    values = np.linalg.eigvalsh(matrix(expected_hessian(W, distribution)))
    assert np.linalg.matrix_rank(W, tol=1e-6) == 2  # a regular triangle
    orbit = 10 - 3  # rotations of 5 neurons, less those of the 3 at right angles to the triangle
    assert np.abs(values[:orbit]).max() < 1e-10 * values[-1]
    assert values[orbit] > 0.01


def test_an_opposite_pair_is_left_at_the_mean_size_of_its_noise() -> None:
    # ±e₁ with a third row at right angles: pushed by F'(0) = 2E|z| on each side of ¼L.
    distribution = Gaussian(std=0.2)
    W = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]])
    outward = np.array([[0.0, 1.0], [0.0, 1.0], [0.0, 0.0]])  # the pair bends away from −e₂
    curvature = np.einsum("ik,ikjl,jl->", outward, expected_hessian(W, distribution), outward)
    loss_at = [
        -4 * (expected_force(W + e * outward, distribution) * outward).sum() for e in (1e-5, -1e-5)
    ]
    assert curvature == pytest.approx((loss_at[0] - loss_at[1]) / 2e-5, rel=1e-7, abs=0)


def test_batches_zero_rows_and_distributions_of_a_user() -> None:
    distribution = Symmetric(
        std=0.2,
        characteristic_function=lambda u: np.exp(-0.5 * np.square(u)),
        characteristic_derivative=lambda u: -u * np.exp(-0.5 * np.square(u)),
        sample=lambda shape, *, rng: 0.2 * rng.normal(size=shape),
    )
    W = np.stack([encodings(3, 4, seed=6), encodings(3, 4, seed=7)])
    seen = expected_hessian(W, distribution)
    assert seen.shape == (2, 3, 4, 3, 4)
    np.testing.assert_allclose(seen, expected_hessian(W, Gaussian(std=0.2)), rtol=0, atol=1e-8)
    # No weights: the curvature of N² − 2N + (1 + (n−1)/2) σ²N, the ½ from the ReLU.
    nothing = matrix(expected_hessian(np.zeros((3, 4)), Bipolar(std=0.5)))
    np.testing.assert_allclose(nothing, (-4 + 2 * 0.25 - 0.25 + 2 * 0.25) * np.eye(12), atol=1e-9)


def test_a_factor_that_vanishes_is_no_harm() -> None:
    # cos(t v) = 0 at points of the trapezoid rule for weights that are fractions of the period.
    distribution = Bipolar(std=0.1)
    W = np.array([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0]])
    near = expected_hessian(W + 1e-9, distribution)
    np.testing.assert_allclose(expected_hessian(W, distribution), near, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("W", "distribution", "cutoff", "message"),
    [
        (np.ones(3), Gaussian(std=0.1), 32.0, "n_features, n_neurons"),
        ([[1.0, np.nan]], Gaussian(std=0.1), 32.0, "encodings"),
        (np.eye(2), Gaussian(std=0.1), 1.0, "cutoff"),
        (np.eye(2), 0.1, 32.0, "noise"),
    ],
)
def test_bad_input(W: Any, distribution: Any, cutoff: float, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        expected_hessian(W, distribution, cutoff=cutoff)
