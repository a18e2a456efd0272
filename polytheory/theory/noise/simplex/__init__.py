"""Simplex to which noise drives the rows, its norm and the working window."""

from collections.abc import Callable
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike

from polytheory._checks import MAX_STRENGTH, FloatArray, Number, one_of, unwrap
from polytheory.claims import Domain, Interval, Kind, claim
from polytheory.theory.noise._gaussian import (
    density,
    distribution,
    rectified_mean,
    rectified_square,
)

__all__ = ["EQUILIBRIUM", "critical_std", "equilibrium_norm", "simplex_overlap", "working_window"]

#: A simplex needs two rows.
FEATURES = Interval(2, 1e15, integer=True)
ROWS = Domain({"n_features": FEATURES})
SIMPLEX = Domain({"n_features": FEATURES, "squared_norm": Interval(0.0, MAX_STRENGTH)})
#: (n − 1)σ at which the drift per σ has fallen to exp(−1/(2·0.4²)) = 4 % of its largest value.
_TOO_WEAK = 0.4
_BISECTIONS = 110


def _falling_root(speed: Callable[[FloatArray], Any], low: Any, high: Any) -> FloatArray:
    """Bisect, element by element, for where a falling function passes zero; all ends positive."""
    low, high = np.broadcast_arrays(np.log(low), np.log(high))
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        still = speed(np.exp(middle)) > 0.0
        low, high = np.where(still, middle, low), np.where(still, high, middle)
    return np.asarray(np.exp(0.5 * (low + high)))


@overload
def simplex_overlap(n_features: Number, *, squared_norm: Number = 1.0) -> float: ...
@overload
def simplex_overlap(n_features: ArrayLike, *, squared_norm: ArrayLike = 1.0) -> FloatArray: ...
@claim(
    Kind.BOUND,
    SIMPLEX,
    says="the mean of W_i·W_j, i ≠ j, is at least −N/(n − 1), N the mean of ‖W_i‖²",
    source="noise: Overlaps become negative",
)
def simplex_overlap(n_features: Any, *, squared_norm: Any = 1.0) -> Any:
    r"""Return the overlap of any two rows of a regular simplex: μ = −N/(n − 1).

    Noise pulls every overlap down; this is the least value that all can have:
    :math:`\|\sum_i W_i\|^2 \ge 0`, with equality for a simplex only. A simplex needs n ≤ m + 1.

    Parameters
    ----------
    n_features : int or array
        n: number of features (rows); whole, ≥ 2.
    squared_norm : float or array
        N: Σ_k w_k² of a row; ≥ 0.

    Returns
    -------
    float or ndarray

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside the domain.

    Notes
    -----
    Kind: bound. Source: derivations/noise, “Overlaps become negative”.

    The mean of W_i·W_j, i ≠ j, is at least −(mean N)/(n − 1), for any noise; for Gaussian
    noise and equal norms the simplex is the minimum of the loss, by Jensen.

    Examples
    --------
    >>> from polytheory.theory.noise import simplex_overlap
    >>> simplex_overlap(5)
    -0.25
    """
    n, N = SIMPLEX.check(n_features=n_features, squared_norm=squared_norm)
    return unwrap(-N / (n - 1.0))


def simplex_argument(n: FloatArray, std: FloatArray, N: FloatArray) -> FloatArray:
    """Return x* = μ/s = −√N/((n − 1)σ) at the simplex."""
    return np.asarray(-np.sqrt(N) / ((n - 1.0) * std))


def _narrowest(n: FloatArray) -> FloatArray:
    """Return ξ = −x* at the critical strength.

    With √N = (n−1)σξ the balance is σ²g(ξ) = 1; g decreases to its minimum, then increases.
    """

    def falls(xi: FloatArray) -> Any:
        pull = 1.5 * density(xi) - 2.0 * xi * distribution(-xi)
        return pull - 2.0 * (n - 1.0) * xi

    return _falling_root(falls, 1e-3 / (n - 1.0), 0.75 / (n - 1.0))


def _inverse_square_std(n: FloatArray, xi: FloatArray) -> Any:
    """Return g(ξ), the 1/σ² at which a simplex with x* = −ξ is in balance."""
    others = n - 1.0
    spread = 0.5 * (1.0 + others * distribution(-xi))
    return np.square(others * xi) + spread - others * xi * rectified_mean(-xi)


@overload
def critical_std(n_features: Number) -> float: ...
@overload
def critical_std(n_features: ArrayLike) -> FloatArray: ...
@claim(
    Kind.EXACT,
    ROWS,
    says="features shrink above σ_c = [min_ξ g(ξ)]^(−1/2), a little above 2/√(n+1)",
    source="noise: The window",
)
def critical_std(n_features: Any) -> Any:
    r"""Return the noise above which no norm balances it and the features shrink.

    With :math:`\xi = \sqrt N/((n-1)\sigma)` the balance of `equilibrium_norm` reads
    :math:`\sigma^2 g(\xi) = 1`, so that

    .. math:: \sigma_c = \Bigl[\min_\xi g(\xi)\Bigr]^{-1/2} \gtrsim \frac{2}{\sqrt{n+1}},\qquad
              g = (n-1)^2\xi^2 + \tfrac12[1+(n-1)\Phi(-\xi)] - (n-1)\xi h_1(-\xi)

    Above it the rows shrink to a small norm at which the ReLU on the diagonal, neglected here,
    stops them; ``equilibrium_norm(..., diagonal="exact")`` gives it.

    Parameters
    ----------
    n_features : int or array
        n: number of features (rows); whole, ≥ 2.

    Returns
    -------
    float or ndarray
        σ_c, where the two balanced norms merge at a small, positive norm.

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside the domain.

    Notes
    -----
    Kind: exact. Source: derivations/noise, “The window”.

    Exact for the balance without the diagonal ReLU, itself an approximation near σ_c.

    Examples
    --------
    >>> from polytheory.theory.noise import critical_std
    >>> round(critical_std(8), 4)
    0.6794
    """
    (n,) = ROWS.check(n_features=n_features)
    return unwrap(1.0 / np.sqrt(_inverse_square_std(n, _narrowest(n))))


def _below_critical(n_features: FloatArray, std: FloatArray, **_: FloatArray) -> Any:
    return (std > 0.0) & (std <= np.asarray(critical_std(n_features)))


EQUILIBRIUM = Domain(
    {"n_features": FEATURES, "std": Interval(1.0 / MAX_STRENGTH, 1e6)},
    where=_below_critical,
    because="std ≤ critical_std(n_features)",
    instead=(
        "Beyond it the features shrink: equilibrium_norm(…, diagonal='exact') returns the norm."
    ),
)
_ANY_STD = Domain(EQUILIBRIUM.intervals)


@overload
def equilibrium_norm(n_features: Number, *, std: Number, diagonal: str = "linear") -> float: ...
@overload
def equilibrium_norm(
    n_features: ArrayLike, *, std: ArrayLike, diagonal: str = "linear"
) -> FloatArray: ...
@claim(
    Kind.EXACT,
    EQUILIBRIUM,
    says="1 − N − (σ²/2)(1 + (n−1)Φ(x*)) + σ√N h₁(x*) = 0, x* = −√N/((n−1)σ)",
    source="noise: Overlaps become negative",
    note="Exact without the ReLU on the diagonal.",
)
def equilibrium_norm(n_features: Any, *, std: Any, diagonal: str = "linear") -> Any:
    r"""Return the squared norm N* of the rows in the simplex to which noise drives them.

    .. math:: 1 - N - \tfrac{\sigma^2}2\bigl(1+(n-1)\Phi(x^*)\bigr) + \sigma\sqrt N\,h_1(x^*) = 0,
              \qquad x^* = -\frac{\sqrt N}{(n-1)\sigma}

    Parameters
    ----------
    n_features : int or array
        n: number of features (rows); whole, ≥ 2.
        The simplex needs n ≤ m + 1.
    std : float or array
        σ: standard deviation of the noise on a neuron; in (0, 10⁶].
    diagonal : {"linear", "exact"}
        Own output of a feature: "linear" neglects its ReLU, as in the formula above, and needs
        σ ≤ `critical_std`; "exact" includes it, for Gaussian noise.

    Returns
    -------
    float or ndarray
        The stable balanced norm.

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside the domain, such as σ above `critical_std`.

    Notes
    -----
    Kind: exact. Source: derivations/noise, “Overlaps become negative”.

    Exact for the minimum of the Gaussian loss over all simplices (with "linear", without the ReLU
    on the diagonal: 10⁻³ too large at √N/σ = 3, 5 % at 1.6); leading order in κ for other noise.

    Examples
    --------
    >>> from polytheory.theory.noise import equilibrium_norm
    >>> round(equilibrium_norm(16, std=0.3), 5)
    0.74953
    >>> round(equilibrium_norm(16, std=0.3, diagonal="exact"), 5)
    0.74852
    """
    if one_of("diagonal", diagonal, ("linear", "exact")) == "linear":
        n, sigma = EQUILIBRIUM.check(n_features=n_features, std=std)
        lowest = (n - 1.0) * sigma * _narrowest(n)
        # At the critical strength the two roots coincide.
        root = _falling_root(lambda r: _linear_growth(n, sigma, r), lowest, 2.0)
    else:
        n, sigma = _ANY_STD.check(n_features=n_features, std=std)
        root = _falling_root(lambda r: _exact_growth(n, sigma, r), 1e-30, 2.0)
    return unwrap(np.square(root))


def _linear_growth(n: FloatArray, sigma: FloatArray, root: FloatArray) -> Any:
    """Return the growth rate of rows of norm `root` at the simplex, d ln‖W_j‖/dt."""
    x = -root / ((n - 1.0) * sigma)
    own = 1.0 - np.square(root) - np.square(sigma) / 2.0
    others = np.square(sigma) / 2.0 * (n - 1.0) * distribution(x)
    return own - others + sigma * root * rectified_mean(x)


def _exact_growth(n: FloatArray, sigma: FloatArray, root: FloatArray) -> Any:
    """Compute the growth rate for Gaussian noise including the ReLU on the diagonal."""
    x, own = -root / ((n - 1.0) * sigma), root / sigma
    kept = distribution(own) + sigma / root * rectified_mean(own)
    lost = np.square(sigma) * rectified_square(own) + sigma * root * rectified_mean(own)
    others = np.square(sigma) * (n - 1.0) * rectified_square(x)
    return (kept - lost - others + sigma * root * rectified_mean(x)) / 2.0


@overload
def working_window(n_features: Number) -> tuple[float, float]: ...
@overload
def working_window(n_features: ArrayLike) -> tuple[FloatArray, FloatArray]: ...
@claim(
    Kind.EMPIRICAL,
    ROWS,
    says="noise makes rows sparse for 0.4/(n − 1) < σ < σ_c",
    source="noise: The window",
    rests_on="critical_std",
    note="The lower end is a convention in a gradual transition; the upper end is derived.",
)
def working_window(n_features: Any) -> Any:
    r"""Return the noise levels between which noise makes rows sparse: 0.4/(n − 1) and σ_c.

    Below, x* = −1/((n−1)σ) lies deep in the tail: the drift, proportional to σφ(x*), is
    exponentially slow, and zero for bounded noise. Above, the features shrink. The learning rate
    must also be small, see `largest_learning_rate`.

    Parameters
    ----------
    n_features : int or array
        n: number of features (rows); whole, ≥ 2.

    Returns
    -------
    tuple of two floats or ndarrays
        The lower and the upper end.

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside the domain.

    Notes
    -----
    Kind: empirical. Source: derivations/noise, “The window”.

    At the lower end φ(x*) is 4 % of φ(0): a convention in a gradual transition. The upper end is
    exact.

    Examples
    --------
    >>> from polytheory.theory.noise import working_window
    >>> low, high = working_window(8)
    >>> round(low, 3), round(high, 3)
    (0.057, 0.679)
    """
    (n,) = ROWS.check(n_features=n_features)
    return unwrap(_TOO_WEAK / (n - 1.0)), critical_std(n_features)
