"""What the noise does on the way: it opens collisions, and as sampled noise it heats the basis."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from polytheory._checks import FloatArray, one_of, unwrap
from polytheory.domain import Domain, Interval
from polytheory.theory.noise._gaussian import (
    distribution,
    rectified_mean,
    rectified_square,
)
from polytheory.theory.noise.drift import DRIFT, POSITIVE_NORM, ROOM, drift_rate, norm_at
from polytheory.theory.noise.simplex import simplex_argument

__all__ = ["ESCAPE", "escape_rate", "largest_learning_rate", "sgd_temperature"]

_RATE = Interval(1e-12, 1e12)
_KURTOSIS = Interval(-2.0, 0.0, open_high=True)
ESCAPE = Domain({"std": DRIFT.intervals["std"], "squared_norm": POSITIVE_NORM})
SAMPLED = Domain(
    dict(DRIFT.intervals)
    | {"learning_rate": _RATE, "excess_kurtosis": _KURTOSIS, "temperature": _RATE},
    instead="Only noise of negative excess kurtosis makes rows sparse.",
)
_SHARING = ("batch", "input")
_LAWS = ("bipolar", "uniform", "laplace", "gaussian")


def _slope(law: str, s: FloatArray, depth: FloatArray) -> FloatArray:
    """F′(−depth) = 2E ReLU(z − depth), depth ≥ 0, of z = s ξ with one ξ of unit variance."""
    if law == "bipolar":
        return np.asarray(np.maximum(s - depth, 0.0))
    if law == "uniform":
        widest = np.sqrt(3.0) * s
        return np.asarray(np.square(np.maximum(widest - depth, 0.0)) / (2.0 * widest))
    if law == "laplace":
        scale = s / np.sqrt(2.0)
        return np.asarray(scale * np.exp(-depth / scale))
    return 2.0 * s * rectified_mean(-depth / s)


def escape_rate(*, std: ArrayLike, squared_norm: ArrayLike = 1.0, law: str = "bipolar") -> Any:
    r"""Rate at which noise opens an opposite-sign collision: F′(0) − F′(−N), nearly E|z|.

    Two features of opposite sign on one neuron rest there under ℓ1. Under noise the others, whose
    sum is :math:`-(W_j + W_{j'})` on a simplex, push the pair apart with
    :math:`\tfrac12F'(0)(W_j + W_{j'})` on each, so the angle between :math:`W_j` and
    :math:`-W_{j'}` grows exponentially, in any direction no other feature uses. For σ ≪ √N the rate
    is σ√N (bipolar), (√3/2)σ√N (uniform), √(2/π) σ√N (Gaussian), σ√(N/2) (Laplace).

    Parameters
    ----------
    std : float or array
        σ > 0.
    squared_norm : float or array
        N of both features, each on one neuron only.
    law : {"bipolar", "uniform", "laplace", "gaussian"}
        The law of the components of ξ.

    Returns
    -------
    float or ndarray
        In flow units. At least 15 times the rate `drift_rate` gives for bipolar noise: collisions
        are resolved before rows get sparse.

    Raises
    ------
    TypeError, ValueError
        Outside the domain, or for a law that is not in the list.

    Notes
    -----
    Kind: exact, for n/2 ≥ 2 such pairs on neurons of their own and a free one, and for the angle,
    if the noise is Gaussian or cannot reach −N (bipolar: σ ≤ √N, uniform: √3 σ ≤ √N); otherwise
    noise does not act alike along a row and across, and the form is leading order in σ/√N. Where
    other rows are dense it is leading order in 1/n. Source: ours, theory_noise 4.

    Examples
    --------
    >>> from polytheory.theory.noise import escape_rate
    >>> escape_rate(std=0.1)
    0.1
    """
    one_of("law", law, _LAWS)
    sigma, N = ESCAPE.check(std=std, squared_norm=squared_norm)
    s = sigma * np.sqrt(N)
    return unwrap(_slope(law, s, np.zeros_like(N)) - _slope(law, s, N))


def _gradient_variance(
    n: FloatArray, sigma: FloatArray, N: FloatArray, noise_shared_over: str
) -> FloatArray:
    """V of `sgd_temperature`: what multiplies σ² in the variance of a gradient component."""
    s, x = sigma * np.sqrt(N), simplex_argument(n, sigma, N)
    mean = rectified_mean(x)
    others = (n - 1.0) * (rectified_square(x) - np.square(mean))
    if noise_shared_over == "batch":
        others = (n - 1.0) * (others + 2.0 * distribution(x))
    return np.asarray(4.0 * np.square(s) * (others + 1.0))


def sgd_temperature(
    n_features: ArrayLike,
    n_neurons: ArrayLike,
    *,
    std: ArrayLike,
    excess_kurtosis: ArrayLike,
    learning_rate: ArrayLike,
    squared_norm: ArrayLike | None = None,
    noise_shared_over: str = "batch",
) -> Any:
    r"""Ratio Θ = mD/γ of what sampled noise does to the basis and what the mean drift does.

    A sampled noise vector shakes the rows also across the space they span. Per step and component
    the gradient has the variance σ²V, so the basis diffuses with :math:`D = \eta\sigma^2V/8` while
    the kurtosis drives it with γ. From Θ near 0.3 on rows do not get sparse.

    .. math:: V = 4\bigl[(n-1)^2v + 2(n-1)s^2\Phi(x) + s^2\bigr] \text{ (batch)}, \quad
              V = 4\bigl[(n-1)v + s^2\bigr] \text{ (input)}, \quad
              v = s^2\bigl[(1+x^2)\Phi + x\varphi - h_1^2\bigr],\; x = x^*

    Parameters
    ----------
    n_features, n_neurons : int or array
        n ≥ 2 and m ≥ n − 1.
    std, squared_norm
        As in `drift_rate`.
    excess_kurtosis : float or array
        κ in [−2, 0): with another sign there is nothing to be sparse.
    learning_rate : float or array
        η, of the published training.
    noise_shared_over : {"batch", "input"}
        One noise vector for all inputs of a step, as published, or one for each input.

    Returns
    -------
    float or ndarray

    Raises
    ------
    TypeError, ValueError
        Outside the domain, or if n > m + 1.

    Notes
    -----
    Kind: leading order in 1/n and κ. Source: ours, theory_noise 3.

    Examples
    --------
    >>> from polytheory.theory.noise import sgd_temperature
    >>> round(sgd_temperature(8, 16, std=0.15, excess_kurtosis=-2.0, learning_rate=0.02), 3)
    0.09
    """
    (eta,) = SAMPLED.check(learning_rate=learning_rate)
    heat = _heat(n_features, n_neurons, std, excess_kurtosis, squared_norm, noise_shared_over)
    return unwrap(eta * heat)


def _heat(
    n_features: ArrayLike,
    n_neurons: ArrayLike,
    std: ArrayLike,
    excess_kurtosis: ArrayLike,
    squared_norm: ArrayLike | None,
    noise_shared_over: str,
) -> FloatArray:
    """Θ per unit of the learning rate."""
    one_of("noise_shared_over", noise_shared_over, _SHARING)
    given = norm_at(n_features, std, squared_norm)
    ROOM.check(n_features=n_features, n_neurons=n_neurons)
    n, m, sigma, kappa, N = SAMPLED.check(
        n_features=n_features,
        n_neurons=n_neurons,
        std=std,
        excess_kurtosis=excess_kurtosis,
        squared_norm=given,
    )
    gamma = np.asarray(drift_rate(n, std=sigma, excess_kurtosis=kappa, squared_norm=N))
    heated = m * np.square(sigma) * _gradient_variance(n, sigma, N, noise_shared_over) / 8.0
    # Where the drift underflows the temperature is beyond any bound.
    with np.errstate(divide="ignore", over="ignore"):
        return np.asarray(heated / gamma)


def largest_learning_rate(
    n_features: ArrayLike,
    n_neurons: ArrayLike,
    *,
    std: ArrayLike,
    excess_kurtosis: ArrayLike,
    temperature: ArrayLike = 0.3,
    squared_norm: ArrayLike | None = None,
    noise_shared_over: str = "batch",
) -> Any:
    r"""Learning rate at which the temperature Θ reaches a value: above it, rows stay dense.

    .. math:: \eta = \frac{8\gamma\Theta}{m\sigma^2V}

    Parameters
    ----------
    n_features, n_neurons, std, excess_kurtosis, squared_norm, noise_shared_over
        As in `sgd_temperature`.
    temperature : float or array
        Θ to be kept below. In runs, sparse rows are hardly hurt up to 0.1–0.2 and gone at 0.8.

    Returns
    -------
    float or ndarray
        In units of the published training; 0 where the drift itself is too slow for a float.

    Raises
    ------
    TypeError, ValueError
        Outside the domain, or if n > m + 1.

    Notes
    -----
    Kind: empirical in the default of Θ, otherwise as `sgd_temperature`.
    Source: ours, theory_noise 3.

    Examples
    --------
    >>> from polytheory.theory.noise import largest_learning_rate
    >>> round(largest_learning_rate(8, 16, std=0.15, excess_kurtosis=-2.0), 4)
    0.0665
    """
    (theta,) = SAMPLED.check(temperature=temperature)
    heat = _heat(n_features, n_neurons, std, excess_kurtosis, squared_norm, noise_shared_over)
    return unwrap(theta / heat)
