"""Rates at which noise makes the rows of a simplex sparse and opens collisions."""

from collections.abc import Callable
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike

from polytheory._checks import FloatArray, Number, one_of, unwrap
from polytheory.claims import Domain, Kind, claim, whole
from polytheory.theory.noise._gaussian import density, rectified_mean
from polytheory.theory.noise.edgeworth import MEAN_ABSOLUTE
from polytheory.theory.noise.simplex import (
    EQUILIBRIUM,
    FEATURES,
    equilibrium_norm,
    simplex_argument,
)

__all__ = ["DRIFT", "ESCAPE", "drift_rate", "drift_rate_second_order", "escape_rate"]

WIDTH = whole(1, 1e15)
POSITIVE_NORM = MEAN_ABSOLUTE.intervals["squared_norm"]

DRIFT = Domain(
    {
        "n_features": FEATURES,
        "std": EQUILIBRIUM.intervals["std"],
        "excess_kurtosis": MEAN_ABSOLUTE.intervals["excess_kurtosis"],
        "squared_norm": POSITIVE_NORM,
    }
)
#: n rows of a simplex span n − 1 dimensions.
SIMPLEX_FITS = Domain(
    {"n_features": FEATURES, "n_neurons": WIDTH},
    where=lambda n_features, n_neurons, **_: n_features <= n_neurons + 1.0,
    because="n_features ≤ n_neurons + 1",
    instead="Use n ≤ m + 1: more rows cannot all have the same negative overlap.",
)
SECOND_ORDER = Domain(
    {
        **DRIFT.intervals,
        "n_neurons": WIDTH,
        "sixth_cumulant": MEAN_ABSOLUTE.intervals["sixth_cumulant"],
    },
    where=SIMPLEX_FITS.where,
    because=SIMPLEX_FITS.because,
)
ESCAPE = Domain({"std": DRIFT.intervals["std"], "squared_norm": POSITIVE_NORM})


def norm_at(n_features: ArrayLike, std: ArrayLike, squared_norm: ArrayLike | None) -> ArrayLike:
    """Return the given norm, or that of the equilibrium."""
    return equilibrium_norm(n_features, std=std) if squared_norm is None else squared_norm


@overload
def drift_rate(
    n_features: Number, *, std: Number, excess_kurtosis: Number, squared_norm: Number | None = None
) -> float: ...
@overload
def drift_rate(
    n_features: ArrayLike,
    *,
    std: ArrayLike,
    excess_kurtosis: ArrayLike,
    squared_norm: ArrayLike | None = None,
) -> FloatArray: ...
@claim(
    Kind.LEADING_ORDER,
    DRIFT,
    says="on the simplex dw_k/dt = γ(w_k³ − q w_k), γ = −κσ√N φ(x*)/12",
    source="noise: The drift",
    note="To first order in κ, for the force projected on rotations of the simplex.",
)
def drift_rate(n_features: Any, *, std: Any, excess_kurtosis: Any, squared_norm: Any = None) -> Any:
    r"""Return the rate γ at which noise makes the rows of a simplex sparse.

    Rotations of the simplex do not change the loss under Gaussian noise. To first order in κ a
    normalised row drifts by :math:`\dot w_k = \gamma(w_k^3 - q w_k)`, projected on rotations, with

    .. math:: \gamma = -\frac{\kappa\sigma\sqrt N}{12}\,\varphi(x^*), \qquad
              x^* = -\frac{\sqrt N}{(n-1)\sigma}

    Parameters
    ----------
    n_features : int or array
        n: number of features (rows); whole, ≥ 2.
    std : float or array
        σ: standard deviation of the noise on a neuron; in (0, 10⁶].
    excess_kurtosis : float or array
        κ: excess kurtosis of the noise: −2 bipolar, −1.2 uniform, 3 Laplace; in [−2, 10⁶].
        A positive κ flattens rows.
    squared_norm : float or array, optional
        N: Σ_k w_k² of a row; > 0.
        By default that of `equilibrium_norm`, which needs σ ≤ `critical_std`.

    Returns
    -------
    float or ndarray
        In flow units; at most 0.0332 abs(κ)σ√N.

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside the domain.

    Notes
    -----
    Kind: leading order. Source: derivations/noise, “The drift”.

    First order in κ, for the force projected on rotations. At m = 16…24 bipolar and uniform noise
    are 10–40 % faster, Laplace noise 20 % slower, and bounded noise with (n−1)σ < 1/2 slower.

    Examples
    --------
    >>> from polytheory.theory.noise import drift_rate
    >>> round(drift_rate(8, std=0.1, excess_kurtosis=-2.0), 6)
    0.002402
    """
    given = norm_at(n_features, std, squared_norm)
    n, sigma, kappa, N = DRIFT.check(
        n_features=n_features, std=std, excess_kurtosis=excess_kurtosis, squared_norm=given
    )
    x = simplex_argument(n, sigma, N)
    return unwrap(-kappa * sigma * np.sqrt(N) / 12.0 * density(x))


@overload
def drift_rate_second_order(
    n_features: Number,
    n_neurons: Number,
    *,
    std: Number,
    excess_kurtosis: Number,
    sixth_cumulant: Number,
    squared_norm: Number | None = None,
) -> float: ...
@overload
def drift_rate_second_order(
    n_features: ArrayLike,
    n_neurons: ArrayLike,
    *,
    std: ArrayLike,
    excess_kurtosis: ArrayLike,
    sixth_cumulant: ArrayLike,
    squared_norm: ArrayLike | None = None,
) -> FloatArray: ...
@claim(
    Kind.LEADING_ORDER,
    SECOND_ORDER,
    says="γ₂ = −(σ√N/12) φ(x*) [κ − κ₆(3 − x*²)/(2m) + κ²(x*⁴ − 10x*² + 15)/(8m)]",
    source="noise: The drift to second order",
    note="To order 1/m, for random rows.",
)
def drift_rate_second_order(
    n_features: Any,
    n_neurons: Any,
    *,
    std: Any,
    excess_kurtosis: Any,
    sixth_cumulant: Any,
    squared_norm: Any = None,
) -> Any:
    r"""Return γ with its first correction in 1/m, for random rows.

    .. math:: \gamma_2 = -\frac{\sigma\sqrt N}{12}\varphi(x)\Bigl[\kappa
              - \frac{\kappa_6(3-x^2)}{2m} + \frac{\kappa^2(x^4-10x^2+15)}{8m}\Bigr], \qquad x = x^*

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
        κ: excess kurtosis of the noise: −2 bipolar, −1.2 uniform, 3 Laplace; in [−2, 10⁶].
    sixth_cumulant : float or array
        κ₆: sixth cumulant of the noise over σ⁶: 16 bipolar, 48/7 uniform; in [−10⁶, 10⁶].
        0 Gaussian, 30 Laplace.
    squared_norm : float or array, optional
        N: Σ_k w_k² of a row; > 0.
        By default that of `equilibrium_norm`, which needs σ ≤ `critical_std`.

    Returns
    -------
    float or ndarray
        In flow units.

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside the domain, or n > m + 1.

    Notes
    -----
    Kind: leading order. Source: derivations/noise, “The drift to second order”.

    First order in 1/m, for the mean over random rows with :math:`\|w\|_4^4 = 3/m`. The series
    is asymptotic: it helps for bipolar and uniform noise and is worse than γ for Laplace noise at
    m ≲ 24.

    Examples
    --------
    >>> from polytheory.theory.noise import drift_rate_second_order
    >>> bipolar = {"excess_kurtosis": -2.0, "sixth_cumulant": 16.0}
    >>> round(drift_rate_second_order(8, 16, std=0.1, **bipolar), 6)
    0.003028
    """
    layer = {"n_features": n_features, "n_neurons": n_neurons}
    noise = {"std": std, "excess_kurtosis": excess_kurtosis, "sixth_cumulant": sixth_cumulant}
    given = norm_at(n_features, std, squared_norm)
    SIMPLEX_FITS.check(**layer)
    n, m, sigma, kappa, kappa6, N = SECOND_ORDER.check(**layer, **noise, squared_norm=given)
    x = simplex_argument(n, sigma, N)
    # Where φ(x) underflows, x⁴ would overflow.
    square = np.minimum(np.square(x), 1e4)
    sixth = kappa6 * (3.0 - square) / (2.0 * m)
    fourth = np.square(kappa) * (square * square - 10.0 * square + 15.0) / (8.0 * m)
    return unwrap(-sigma * np.sqrt(N) / 12.0 * density(x) * (kappa - sixth + fourth))


#: F′(−d) = 2E ReLU(z − d), d ≥ 0, of z = s ξ with one ξ of unit variance.
_SLOPES: dict[str, Callable[[FloatArray, FloatArray], Any]] = {
    "bipolar": lambda s, d: np.maximum(s - d, 0.0),
    "uniform": lambda s, d: np.square(np.maximum(np.sqrt(3.0) * s - d, 0.0)) / (np.sqrt(12.0) * s),
    "laplace": lambda s, d: s / np.sqrt(2.0) * np.exp(-np.sqrt(2.0) * d / s),
    "gaussian": lambda s, d: 2.0 * s * rectified_mean(-d / s),
}


@overload
def escape_rate(
    *, std: Number, squared_norm: Number = 1.0, distribution: str = "bipolar"
) -> float: ...
@overload
def escape_rate(
    *, std: ArrayLike, squared_norm: ArrayLike = 1.0, distribution: str = "bipolar"
) -> FloatArray: ...
@claim(
    Kind.EXACT,
    ESCAPE,
    says="opposite-sign collisions open at the rate F′(0) − F′(−N) ≈ E|z|",
    source="noise: Opposite-sign collisions escape",
    note="For Gaussian noise, and for bounded noise that cannot reach −N (bipolar: σ ≤ √N); "
    "otherwise leading order in σ/√N.",
)
def escape_rate(*, std: Any, squared_norm: Any = 1.0, distribution: str = "bipolar") -> Any:
    r"""Return the rate at which noise opens an opposite-sign collision, F′(0) − F′(−N) ≈ E|z|.

    Under ℓ1 two features of opposite sign rest on one neuron. Under noise the other rows, whose sum
    is :math:`-(W_j + W_{j'})` on a simplex, exert a force :math:`\tfrac12F'(0)(W_j + W_{j'})` on
    each of the two, so the angle between :math:`W_j` and :math:`-W_{j'}` grows exponentially in any
    direction that no other feature uses. For σ ≪ √N the rate
    is σ√N (bipolar), (√3/2)σ√N (uniform), √(2/π) σ√N (Gaussian), σ√(N/2) (Laplace).

    Parameters
    ----------
    std : float or array
        σ: standard deviation of the noise on a neuron; in (0, 10⁶].
    squared_norm : float or array
        N: Σ_k w_k² of a row; > 0.
        The same for both features, each on one neuron only.
    distribution : {"bipolar", "uniform", "laplace", "gaussian"}
        The distribution of the components of ξ.

    Returns
    -------
    float or ndarray
        In flow units. At least 15 times `drift_rate` for bipolar noise: collisions open before rows
        become sparse.

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside the domain, or `distribution` names none of `polytheory.noise`.

    Notes
    -----
    Kind: exact. Source: derivations/noise, “Opposite-sign collisions escape”.

    Exact for the angle of n/2 ≥ 2 such pairs on separate neurons with a free neuron, if the noise
    is Gaussian or cannot reach −N (bipolar: σ ≤ √N, uniform: √3 σ ≤ √N). Otherwise noise acts
    differently along and across a row, and the form is leading order in σ/√N. Where other rows are
    dense it is leading order in 1/n.

    Examples
    --------
    >>> from polytheory.theory.noise import escape_rate
    >>> escape_rate(std=0.1)
    0.1
    """
    slope = _SLOPES[one_of("distribution", distribution, tuple(_SLOPES))]
    sigma, N = ESCAPE.check(std=std, squared_norm=squared_norm)
    s = sigma * np.sqrt(N)
    return unwrap(slope(s, np.zeros_like(N)) - slope(s, N))
