r"""The second derivatives of the expected loss, from the characteristic function.

They jump where an atom of the noise lies on the kink of the ReLU. The integral over frequencies is
faded out early, which smears the noise slightly. In units of s = σ‖w‖, with
f = F/s², x = μ/s, φ(t) = Π_k c(v_k t), v = w/‖w‖, and the Gaussian values as control variate,

.. math:: f = f_G + \frac2\pi\int_0^\infty \sin(xt)\,\frac{e^{-t^2/2}-\varphi(t)}{t^3}\,dt.

Derivatives in μ act on the sine, those in w on the difference e^{−t²/2} − φ(t).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from polytheory import _checks
from polytheory._checks import FloatArray
from polytheory.noise._characteristic import GAUSSIAN_REACH
from polytheory.noise._distributions import Gaussian, Noise
from polytheory.noise._functionals import checked_encodings
from polytheory.noise._symmetric import require_noise

#: Lower limit of the standard deviation of a row's noise, to divide by it.
MIN_STD = 1e-12
#: Overlaps and tails beyond this many standard deviations are not resolved.
MAX_REACH = 40.0
#: Replaces factors of φ smaller than this, to divide by them.
MIN_FACTOR = 1e-12
#: Step of the central difference for c″, to either side.
DIFFERENCE_STEP = 1e-5


class _Terms(NamedTuple):
    """Derivatives of G = aF + bF' at P overlaps of R rows."""

    slope: FloatArray  #: G', (R, P)
    curvature: FloatArray  #: G'', (R, P)
    slope_gradient: FloatArray  #: ∂G'/∂w, (R, P, m)
    hessian: FloatArray  #: Σ_p ∂²G/∂w∂w, (R, m, m)


def expected_hessian(encodings: ArrayLike, noise: Noise, *, cutoff: float = 32.0) -> FloatArray:
    r"""Return the second derivatives of the loss averaged over the noise.

    .. math:: H_{ik,jl} = \partial^2 L/\partial W_{ik}\,\partial W_{jl}

    Parameters
    ----------
    encodings : array (..., n_features, n_neurons)
        W.
    noise : Noise
        The distribution of each ξ_k.
    cutoff : float
        Largest frequency, in units of 1/(σ‖W_i‖), from 8 to 1e4: atoms of the noise are smeared
        over a width of about 10/cutoff in units of σ‖W_i‖.

    Returns
    -------
    ndarray (..., n_features, n_neurons, n_features, n_neurons)
        Symmetric, in **loss units**; the Jacobian of `expected_force` is −¼ of it.

    Raises
    ------
    TypeError, ValueError
        If `noise` is not a distribution, or a number is out of range.

    Notes
    -----
    Kind: exact for Gaussian noise; up to the smearing for other distributions. At a row of zeros
    the loss has no second derivatives: there the term E|z| is left out. Source: ours.

    Examples
    --------
    A single feature, L = (N−1)² + σ²N with N = w²:

    >>> from polytheory.noise import Gaussian, expected_hessian
    >>> round(float(expected_hessian([[1.0]], Gaussian(std=0.1))[0, 0, 0, 0]), 12)
    8.02
    """
    noise = require_noise(noise)
    cutoff = _checks.scalar("cutoff", cutoff, low=8.0, high=1e4)
    W = checked_encodings(encodings)
    each = [_hessian(one, noise, cutoff) for one in W.reshape(-1, *W.shape[-2:])]
    return np.stack(each).reshape(*W.shape, *W.shape[-2:])


def _hessian(W: FloatArray, noise: Noise, cutoff: float) -> FloatArray:
    n, m = W.shape
    diagonal, eye = np.arange(n), np.eye(m)
    # As in `expectation`: L = Σ_{i≠j} F_j(μ_ij) + Σ_i (N_i−1)² + σ²N_i − F_i(−N_i) − F_i'(−N_i).
    overlap = W @ W.T
    norm = overlap[diagonal, diagonal].copy()
    overlap[diagonal, diagonal] = -norm
    a, b = 1 - 2 * np.eye(n), -np.eye(n)
    seen = _terms(overlap, W, noise, a, b, cutoff)

    # Both derivatives in the same row. The overlap of rows j and i has the gradient W_i in W_j and
    # W_j in W_i; that of row j with itself, here −N, has the gradient −2W_j.
    inward = np.repeat(W[None], n, axis=0)
    inward[diagonal, diagonal] *= -2
    same = np.swapaxes(inward * seen.curvature[..., None], 1, 2) @ inward + seen.hessian
    mixed = np.swapaxes(inward, 1, 2) @ seen.slope_gradient
    same += mixed + np.swapaxes(mixed, 1, 2)
    other = ~np.eye(n, dtype=bool)
    pairs = (seen.curvature * other).T[..., None] * W
    same += np.swapaxes(pairs, 1, 2) @ W + 8 * W[:, :, None] * W[:, None, :]
    bare = 4 * (norm - 1) + 2 * noise.std**2 - 2 * seen.slope[diagonal, diagonal]
    same += bare[:, None, None] * eye

    # One derivative in W_i, through the overlap, one in W_j: [j, i, k, l] → [i, k, j, l].
    last = (seen.curvature[..., None] * W + seen.slope_gradient) * other[..., None]
    cross = W[:, None, :, None] * last[:, :, None, :]
    cross += (seen.slope * other)[..., None, None] * eye
    hessian = np.ascontiguousarray(cross.transpose(1, 2, 0, 3))
    hessian += cross.transpose(0, 3, 1, 2)
    hessian[diagonal, :, diagonal, :] += same
    return hessian


def _terms(
    overlap: FloatArray, rows: FloatArray, noise: Noise, a: FloatArray, b: FloatArray, cutoff: float
) -> _Terms:
    """Return the derivatives of aF + bF'; overlap, a and b are (R, P)."""
    s = noise.std * np.sqrt(np.square(rows).sum(axis=-1, keepdims=True))
    b = np.where(s > MIN_STD, b, 0.0)
    s = np.maximum(s, MIN_STD)
    x = np.clip(overlap / s, -MAX_REACH, MAX_REACH)
    plain = _gaussian(x, s, rows, noise.std, a, b)
    plain = plain._replace(slope=plain.slope + 2 * a * (np.maximum(overlap, 0) - s * x.clip(0)))
    if isinstance(noise, Gaussian):
        return plain
    v = rows * (noise.std / s)
    reach = np.clip(noise.reach(v), GAUSSIAN_REACH, MAX_REACH)
    inside = np.abs(x) <= reach[:, None]
    rest = _rest(np.where(inside, x, 0.0), v, reach, noise, a * inside, b * inside / s, cutoff)
    return _Terms(
        plain.slope + s * rest.slope,
        plain.curvature + rest.curvature,
        plain.slope_gradient + noise.std * rest.slope_gradient,
        plain.hessian + noise.std**2 * rest.hessian,
    )


def _gaussian(
    x: FloatArray, s: FloatArray, rows: FloatArray, std: float, a: FloatArray, b: FloatArray
) -> _Terms:
    """Return the derivatives for Gaussian noise, by the heat equation ∂F/∂(s²) = F''/2."""
    density = np.exp(-0.5 * x**2) / np.sqrt(2 * np.pi)
    second = 2 * ndtr(x)
    first = s * (x * second + 2 * density)
    third = 2 * density / s
    fourth = -x / s * third
    fifth = (x**2 - 1) / s**2 * third
    round_part = np.asarray((a * second + b * third).sum(axis=-1))
    along = np.asarray((a * fourth + b * fifth).sum(axis=-1))
    hessian = std**2 * round_part[:, None, None] * np.eye(rows.shape[-1])
    hessian += std**4 * along[:, None, None] * rows[:, :, None] * rows[:, None, :]
    return _Terms(
        a * first + b * second,
        a * second + b * third,
        std**2 * (a * third + b * fourth)[..., None] * rows[:, None, :],
        hessian,
    )


def _rest(
    x: FloatArray,
    v: FloatArray,
    reach: FloatArray,
    noise: Noise,
    a: FloatArray,
    b: FloatArray,
    cutoff: float,
) -> _Terms:
    """Return the difference from Gaussian noise, in units of s: derivatives of a f + b f'."""
    step = 2 * np.pi / (np.abs(x).max(axis=-1) + reach)  # as in `characteristic`
    count = int(np.ceil(cutoff / step.min()))
    t = step[:, None] * np.arange(1, count + 1)  # (R, K)
    fade = np.exp(-36 * (np.arange(1, count + 1) / count) ** 8) * (2 / np.pi * step)[:, None]
    damped = fade * np.exp(-0.5 * t**2)
    phi, ratio, second_ratio = _factors(t[..., None] * v[:, None, :], noise)
    phi *= fade

    phase = x[..., None] * t[:, None]
    sine, cosine = np.sin(phase), np.cos(phase)
    a, b = a[..., None], b[..., None] * t[:, None]
    wave, slope_wave = a * sine + b * cosine, a * cosine - b * sine  # (R, P, K)
    difference = damped - phi
    # ∂/∂v_k of the difference: −t² v_k e^{−t²/2} − t φ c'/c.
    gradient = -(t**2 * damped)[..., None] * v[:, None, :] - (t * phi)[..., None] * ratio
    total = wave.sum(axis=1) / t**3
    smooth, rough = total * t**2 * damped, total * t**2 * phi
    hessian = (smooth * t**2).sum(axis=-1)[:, None, None] * v[:, :, None] * v[:, None, :]
    hessian -= np.swapaxes(ratio * rough[..., None], 1, 2) @ ratio
    k = np.arange(v.shape[-1])
    hessian[:, k, k] -= smooth.sum(axis=-1)[:, None]
    hessian[:, k, k] -= (rough[:, None] @ (second_ratio - ratio**2))[:, 0]
    return _Terms(
        (slope_wave @ (difference / t**2)[..., None])[..., 0],
        -(wave @ (difference / t)[..., None])[..., 0],
        (slope_wave / (t**2)[:, None]) @ gradient,
        hessian,
    )


def _factors(u: FloatArray, noise: Noise) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return φ = Π_k c(u_k), (R, K), and c'/c and c''/c, (R, K, m)."""
    c = np.array(noise.characteristic_function(u), dtype=np.float64)
    tiny: NDArray[np.bool_] = np.abs(c) < MIN_FACTOR
    c[tiny] = MIN_FACTOR
    after = noise.characteristic_derivative(u + DIFFERENCE_STEP)
    second = (after - noise.characteristic_derivative(u - DIFFERENCE_STEP)) / (2 * DIFFERENCE_STEP)
    return c.prod(axis=-1), noise.characteristic_derivative(u) / c, second / c
