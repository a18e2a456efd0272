"""How fast noise drives a simplex towards sparse rows (theory_noise 2)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from polytheory._checks import STRONGEST, FloatArray, unwrap
from polytheory.domain import Domain, Interval
from polytheory.theory.noise._gaussian import density
from polytheory.theory.noise.edgeworth import KURTOSIS
from polytheory.theory.noise.edgeworth._mean_absolute import SIXTH
from polytheory.theory.noise.simplex import BALANCED, FEATURES, equilibrium_norm, simplex_argument

__all__ = ["DRIFT", "drift_rate", "drift_rate_second_order"]

WIDTH = Interval(1, 1e15, integer=True)
POSITIVE_NORM = Interval(1.0 / STRONGEST, STRONGEST)


def _rooms(n_features: FloatArray, n_neurons: FloatArray, **_: FloatArray) -> Any:
    return n_features <= n_neurons + 1.0


#: n rows of a simplex span n − 1 dimensions.
ROOM = Domain(
    {"n_features": FEATURES, "n_neurons": WIDTH},
    where=_rooms,
    because="n_features ≤ n_neurons + 1",
    instead="More rows than that cannot all have the same negative overlap.",
)
DRIFT = Domain(
    {
        "n_features": FEATURES,
        "n_neurons": WIDTH,
        "std": BALANCED.intervals["std"],
        "excess_kurtosis": KURTOSIS,
        "sixth_cumulant": SIXTH,
        "squared_norm": POSITIVE_NORM,
    }
)


def norm_at(n_features: ArrayLike, std: ArrayLike, squared_norm: ArrayLike | None) -> ArrayLike:
    """Return the norm that was given, or that of the equilibrium."""
    if squared_norm is None:
        return np.asarray(equilibrium_norm(n_features, std=std))
    return squared_norm


def drift_rate(
    n_features: ArrayLike,
    *,
    std: ArrayLike,
    excess_kurtosis: ArrayLike,
    squared_norm: ArrayLike | None = None,
) -> Any:
    r"""Rate γ at which noise makes rows sparse, once they form a simplex.

    Rotations of the simplex cost nothing under Gaussian noise. To first order in κ a normalised row
    then drifts by :math:`\dot w_k = \gamma(w_k^3 - q w_k)`, projected on such rotations, with

    .. math:: \gamma = -\frac{\kappa\sigma\sqrt N}{12}\,\varphi(x^*), \qquad
              x^* = -\frac{\sqrt N}{(n-1)\sigma}

    Parameters
    ----------
    n_features : int or array
        n ≥ 2.
    std : float or array
        σ > 0.
    excess_kurtosis : float or array
        κ ≥ −2: −2 bipolar, −6/5 uniform, 0 Gaussian, 3 Laplace. A positive one flattens rows.
    squared_norm : float or array, optional
        N; by default that of `equilibrium_norm`, which needs σ ≤ `critical_std`.

    Returns
    -------
    float or ndarray
        In flow units; at most 0.0332 abs(κ)σ√N.

    Raises
    ------
    TypeError, ValueError
        Outside the domain.

    Notes
    -----
    Kind: leading order in κ (exactly so for the force projected on rotations); at m = 16…24 bipolar
    and uniform noise are some 10–40 % faster, Laplace noise some 20 % slower, and bounded noise
    with (n−1)σ < 1/2 slower. Source: ours, theory_noise 2.

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


def drift_rate_second_order(
    n_features: ArrayLike,
    n_neurons: ArrayLike,
    *,
    std: ArrayLike,
    excess_kurtosis: ArrayLike,
    sixth_cumulant: ArrayLike,
    squared_norm: ArrayLike | None = None,
) -> Any:
    r"""γ with its first correction in 1/m, for rows as random ones are at the start.

    .. math:: \gamma_2 = -\frac{\sigma\sqrt N}{12}\varphi(x)\Bigl[\kappa
              - \frac{\kappa_6(3-x^2)}{2m} + \frac{\kappa^2(x^4-10x^2+15)}{8m}\Bigr], \qquad x = x^*

    Parameters
    ----------
    n_features, n_neurons : int or array
        n ≥ 2 and m ≥ n − 1.
    std, excess_kurtosis, squared_norm
        As in `drift_rate`.
    sixth_cumulant : float or array
        κ₆ of ξ/σ: 16 bipolar, 48/7 uniform, 0 Gaussian, 30 Laplace.

    Returns
    -------
    float or ndarray
        In flow units.

    Raises
    ------
    TypeError, ValueError
        Outside the domain, or if n > m + 1.

    Notes
    -----
    Kind: leading order in 1/m, for the mean over random rows with :math:`\|w\|_4^4 = 3/m`. The
    series is asymptotic: it helps for bipolar and uniform noise and is worse than γ for Laplace
    noise at m ≲ 24. Source: ours, theory_noise 2.

    Examples
    --------
    >>> from polytheory.theory.noise import drift_rate_second_order
    >>> bipolar = {"excess_kurtosis": -2.0, "sixth_cumulant": 16.0}
    >>> round(drift_rate_second_order(8, 16, std=0.1, **bipolar), 6)
    0.003028
    """
    given = norm_at(n_features, std, squared_norm)
    ROOM.check(n_features=n_features, n_neurons=n_neurons)
    n, m, sigma, kappa, kappa6, N = DRIFT.check(
        n_features=n_features,
        n_neurons=n_neurons,
        std=std,
        excess_kurtosis=excess_kurtosis,
        sixth_cumulant=sixth_cumulant,
        squared_norm=given,
    )
    x = simplex_argument(n, sigma, N)
    # Where φ(x) is zero anyway, x⁴ would be infinite.
    square = np.minimum(np.square(x), 1e4)
    sixth = kappa6 * (3.0 - square) / (2.0 * m)
    fourth = np.square(kappa) * (square * square - 10.0 * square + 15.0) / (8.0 * m)
    return unwrap(-sigma * np.sqrt(N) / 12.0 * density(x) * (kappa - sixth + fourth))
