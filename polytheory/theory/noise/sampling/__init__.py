"""Diffusion of the basis by sampled noise, which keeps rows dense at large learning rates."""

from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike

from polytheory._checks import FloatArray, Number, one_of, unwrap
from polytheory.claims import Domain, Interval, Kind, claim
from polytheory.theory.noise._gaussian import distribution, rectified_mean, rectified_square
from polytheory.theory.noise.drift import DRIFT, SIMPLEX_FITS, drift_rate, norm_at
from polytheory.theory.noise.simplex import simplex_argument

__all__ = ["largest_learning_rate", "sgd_temperature"]

_RATE = Interval(1e-12, 1e12)
SPARSE = Domain(
    {"excess_kurtosis": Interval(-2.0, 0.0, open_high=True)},
    instead="Only noise of negative excess kurtosis makes rows sparse.",
)
_INTERVALS = {**DRIFT.intervals, **SIMPLEX_FITS.intervals, **SPARSE.intervals}
TEMPERATURE = Domain(
    _INTERVALS | {"learning_rate": _RATE}, where=SIMPLEX_FITS.where, because=SIMPLEX_FITS.because
)
LEARNING_RATE = Domain(
    _INTERVALS | {"temperature": _RATE}, where=SIMPLEX_FITS.where, because=SIMPLEX_FITS.because
)


def _gradient_variance(
    n: FloatArray, sigma: FloatArray, N: FloatArray, noise_shared_over: str
) -> FloatArray:
    """Return V of `sgd_temperature`, the variance of a gradient component over σ²."""
    s, x = sigma * np.sqrt(N), simplex_argument(n, sigma, N)
    passes, first, others = distribution(x), rectified_mean(x), n - 1.0
    # What is not linear in the noise has covariances of order 1/n² in two rows.
    bent = others * others / n * (rectified_square(x) - np.square(first) - np.square(passes))
    if noise_shared_over == "batch":
        return np.asarray(4.0 * np.square(s) * (np.square(others * passes + 1.0) + others * bent))
    linear = others * np.square(passes) + 1.0 - np.square(1.0 - passes) / n
    own = others / n * np.square(1.0 - N + s * first)
    return np.asarray(4.0 * (np.square(s) * (linear + bent) + own))


@overload
def sgd_temperature(
    n_features: Number,
    n_neurons: Number,
    *,
    std: Number,
    excess_kurtosis: Number,
    learning_rate: Number,
    squared_norm: Number | None = None,
    noise_shared_over: str = "batch",
) -> float: ...
@overload
def sgd_temperature(
    n_features: ArrayLike,
    n_neurons: ArrayLike,
    *,
    std: ArrayLike,
    excess_kurtosis: ArrayLike,
    learning_rate: ArrayLike,
    squared_norm: ArrayLike | None = None,
    noise_shared_over: str = "batch",
) -> FloatArray: ...
@claim(
    Kind.LEADING_ORDER,
    TEMPERATURE,
    says="Θ = mD/γ, D = ησ²V/8; V = 4s²[((n−1)Φ + 1)² + (n−1)³u/n] if a batch shares its noise",
    source="noise: The temperature of sampled noise",
    rests_on="drift_rate",
)
def sgd_temperature(
    n_features: Any,
    n_neurons: Any,
    *,
    std: Any,
    excess_kurtosis: Any,
    learning_rate: Any,
    squared_norm: Any = None,
    noise_shared_over: str = "batch",
) -> Any:
    r"""Return Θ = mD/γ, the ratio of diffusion of the basis by sampled noise to the mean drift.

    A sampled noise vector moves the rows also out of the space that they span. The gradient has
    variance σ²V per step and component, so the basis diffuses with :math:`D = \eta\sigma^2V/8`,
    against the drift γ of the kurtosis. Above Θ near 0.3 rows do not become sparse.

    .. math:: V = 4s^2\Bigl[((n-1)\Phi+1)^2 + \frac{(n-1)^3}n\,u\Bigr] \text{ (batch)}, \quad
              V = 4s^2\Bigl[(n-1)\Phi^2 + 1 - \frac{(1-\Phi)^2}n + \frac{(n-1)^2}n\,u\Bigr]
              + \frac{4(n-1)}n(1-N+sh_1)^2 \text{ (input)},

    with :math:`u = (1+x^2)\Phi + x\varphi - h_1^2 - \Phi^2`, :math:`s = \sigma\sqrt N` and
    :math:`\Phi`, :math:`\varphi`, :math:`h_1` at :math:`x = x^*`.

    Parameters
    ----------
    n_features : int or array
        n: number of features (rows); whole, ≥ 2.
    n_neurons : int or array
        m: number of neurons (columns); whole, ≥ 1.
        At least n − 1.
    std : float or array
        σ: standard deviation of the noise on a neuron; in (0, 10⁶].
    excess_kurtosis : float or array
        κ: excess kurtosis of the noise: −2 bipolar, −1.2 uniform, 3 Laplace; in [−2, 0).
        For κ ≥ 0 rows do not become sparse.
    learning_rate : float or array
        η: learning rate of gradient descent; in [10⁻¹², 10¹²].
        In units of the published training.
    squared_norm : float or array, optional
        N: Σ_k w_k² of a row; > 0.
        By default that of `equilibrium_norm`, which needs σ ≤ `critical_std`.
    noise_shared_over : {"batch", "input"}
        One noise vector per step, as published, or one per input.

    Returns
    -------
    float or ndarray

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside the domain, or n > m + 1.

    Notes
    -----
    Kind: leading order. Source: derivations/noise, “The temperature of sampled noise”.

    Leading order in κ. For Gaussian noise V is 0.45/n² (batch) or 0.3/n² (input) too large at most.

    Examples
    --------
    >>> from polytheory.theory.noise import sgd_temperature
    >>> round(sgd_temperature(8, 16, std=0.15, excess_kurtosis=-2.0, learning_rate=0.02), 3)
    0.087
    """
    one_of("noise_shared_over", noise_shared_over, ("batch", "input"))
    layer = {"n_features": n_features, "n_neurons": n_neurons}
    noise = {"std": std, "excess_kurtosis": excess_kurtosis, "learning_rate": learning_rate}
    given = norm_at(n_features, std, squared_norm)
    SIMPLEX_FITS.check(**layer)
    SPARSE.check(excess_kurtosis=excess_kurtosis)
    n, m, sigma, kappa, eta, N = TEMPERATURE.check(**layer, **noise, squared_norm=given)
    gamma = np.asarray(drift_rate(n, std=sigma, excess_kurtosis=kappa, squared_norm=N))
    heated = m * np.square(sigma) * _gradient_variance(n, sigma, N, noise_shared_over) / 8.0
    # Where the drift underflows the temperature is infinite.
    with np.errstate(divide="ignore", over="ignore"):
        return unwrap(eta * np.asarray(heated / gamma))


@overload
def largest_learning_rate(
    n_features: Number,
    n_neurons: Number,
    *,
    std: Number,
    excess_kurtosis: Number,
    temperature: Number = 0.3,
    squared_norm: Number | None = None,
    noise_shared_over: str = "batch",
) -> float: ...
@overload
def largest_learning_rate(
    n_features: ArrayLike,
    n_neurons: ArrayLike,
    *,
    std: ArrayLike,
    excess_kurtosis: ArrayLike,
    temperature: ArrayLike = 0.3,
    squared_norm: ArrayLike | None = None,
    noise_shared_over: str = "batch",
) -> FloatArray: ...
@claim(
    Kind.LEADING_ORDER,
    LEARNING_RATE,
    says="at η = 8γΘ/(mσ²V) diffusion is Θ times the drift; rows become sparse up to Θ near 0.3",
    source="noise: The temperature of sampled noise",
    rests_on="drift_rate",
    note="The formula is judged, that of sgd_temperature; the default of Θ is a measured "
    "convention. 0.3 is too large for wide layers: at m = 4n more "
    "than a third of the rows stayed dense at 0.1.",
)
def largest_learning_rate(
    n_features: Any,
    n_neurons: Any,
    *,
    std: Any,
    excess_kurtosis: Any,
    temperature: Any = 0.3,
    squared_norm: Any = None,
    noise_shared_over: str = "batch",
) -> Any:
    r"""Return the learning rate at which the temperature Θ has a value: above, rows stay dense.

    .. math:: \eta = \frac{8\gamma\Theta}{m\sigma^2V}

    Parameters
    ----------
    n_features : int or array
        n: number of features (rows); whole, ≥ 2.
    n_neurons : int or array
        m: number of neurons (columns); whole, ≥ 1.
        At least n − 1.
    std : float or array
        σ: standard deviation of the noise on a neuron; in (0, 10⁶].
    excess_kurtosis : float or array
        κ: excess kurtosis of the noise: −2 bipolar, −1.2 uniform, 3 Laplace; in [−2, 0).
        For κ ≥ 0 rows do not become sparse.
    temperature : float or array
        Θ: ratio of diffusion to drift; in [10⁻¹², 10¹²].
        The upper limit. In runs, rows stay sparse up to 0.1–0.2 and are dense at 0.8.
    squared_norm : float or array, optional
        N: Σ_k w_k² of a row; > 0.
        By default that of `equilibrium_norm`, which needs σ ≤ `critical_std`.
    noise_shared_over : {"batch", "input"}
        As in `sgd_temperature`.

    Returns
    -------
    float or ndarray
        In units of the published training; 0 where the drift itself is too slow for a float.

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside the domain, or n > m + 1.

    Notes
    -----
    Kind: leading order. Source: derivations/noise, “The temperature of sampled noise”.

    The default of Θ is empirical; the formula is that of `sgd_temperature`.

    Examples
    --------
    >>> from polytheory.theory.noise import largest_learning_rate
    >>> round(largest_learning_rate(8, 16, std=0.15, excess_kurtosis=-2.0), 4)
    0.0693
    """
    *_, theta = LEARNING_RATE.check(
        n_features=n_features, n_neurons=n_neurons, temperature=temperature
    )
    noise = {"std": std, "excess_kurtosis": excess_kurtosis, "squared_norm": squared_norm}
    per_learning_rate = sgd_temperature(
        n_features, n_neurons, **noise, learning_rate=1.0, noise_shared_over=noise_shared_over
    )
    return unwrap(theta / np.asarray(per_learning_rate))
