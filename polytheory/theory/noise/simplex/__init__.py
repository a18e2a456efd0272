"""Simplex to which noise drives the rows, its norm and the working window."""

from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from polytheory._checks import MAX_STRENGTH, FloatArray, Number, one_of, unwrap
from polytheory._roots import falling_root
from polytheory.claims import Domain, Interval, Kind, claim

__all__ = ["EQUILIBRIUM", "critical_std", "equilibrium_norm", "simplex_overlap", "working_window"]

#: A simplex needs two rows.
FEATURES = Interval(2, 1e15, integer=True)
ROWS = Domain({"n_features": FEATURES})
SIMPLEX = Domain({"n_features": FEATURES, "squared_norm": Interval(0.0, MAX_STRENGTH)})
#: (n − 1)σ at which the drift per σ has fallen to exp(−1/(2·0.4²)) = 4 % of its largest value.
_TOO_WEAK = 0.4
_DENSITY_AT_0 = 1.0 / np.sqrt(2.0 * np.pi)


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


def _slope(xi: Any, others: Any) -> tuple[Any, Any, Any]:
    """Return −g'(ξ)/(n − 1) and its two derivatives; convex for ξ² ≤ 5."""
    phi, tail = _DENSITY_AT_0 * np.exp(-0.5 * (xi * xi)), ndtr(-xi)
    value = 1.5 * phi - 2.0 * xi * (tail + others)
    return value, 0.5 * xi * phi - 2.0 * (tail + others), phi * (2.5 - 0.5 * xi * xi)


def _narrowest(n: FloatArray) -> Any:
    """Return ξ = −x* at the critical strength.

    With √N = (n−1)σξ the balance is σ²g(ξ) = 1; g decreases to its minimum, then increases.
    """
    others = n - 1.0
    # The first step from ξ = 0, where φ is largest: to the left of the root.
    start = 1.5 * _DENSITY_AT_0 / (2.0 * others + 1.0)
    return falling_root(_slope, 0.0, 0.75 / others, start, others)


def _inverse_square_std(xi: Any, others: Any) -> Any:
    """Return g(ξ), the 1/σ² at which a simplex with x* = −ξ is in balance."""
    # The cancellation in φ − ξΦ is nothing against the first term.
    tail = ndtr(-xi)
    first = _DENSITY_AT_0 * np.exp(-0.5 * (xi * xi)) - xi * tail
    return others * others * (xi * xi) + 0.5 * (1.0 + others * tail) - others * xi * first


def _linear_balance(xi: Any, others: Any, inverse_square_std: Any) -> tuple[Any, Any, Any]:
    """Return 1/σ² − g(ξ), concave, with two derivatives."""
    value = inverse_square_std - _inverse_square_std(xi, others)
    slope, bend, _ = _slope(xi, others)
    return value, others * slope, others * bend


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
    return unwrap(_critical(n))


def _critical(n: Any) -> Any:
    return 1.0 / np.sqrt(_inverse_square_std(_narrowest(n), n - 1.0))


def _below_critical(n_features: Any, std: Any, **_: Any) -> Any:
    return _one_root(n_features, std) or std <= _critical(n_features)


def _one_root(n: Any, std: Any) -> bool:
    """Return whether every std is at most 2/√(n+1): the balance at norm 0 is positive."""
    return bool(np.all(std * std * (n + 1.0) <= 4.0))


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
        The stable balanced norm. With "exact" and several hundred features there are two just
        below σ_c (from 0.97 σ_c on); it is the larger, to which rows shrink from norm 1.

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
        others, inverse = n - 1.0, 1.0 / sigma
        # Concave in ξ, and the larger of two roots is wanted: approached from the right.
        low = 0.0 if _one_root(n, sigma) else _narrowest(n)
        start = (1.0 + sigma) / others * inverse
        xi = falling_root(_linear_balance, low, 2.0 * start, start, others, inverse * inverse)
        return unwrap(np.square(others * sigma * xi))
    n, sigma = _ANY_STD.check(n_features=n_features, std=std)
    u = falling_root(_exact_balance, 0.0, 2.0 / sigma, 1.0 / sigma, n - 1.0, sigma * sigma)
    return unwrap(np.square(sigma * u))


def _exact_balance(u: Any, others: Any, variance: Any) -> tuple[Any, Any, Any]:
    """Return the growth rate of rows of norm uσ, including the ReLU on the diagonal, times 2u.

    With F = 2Φ(u) + φ(u)/u − σ²A(u) it is uF: A is convex, so uF is concave to the right of the
    largest root, and Newton's step from there passes over no root. Hence no second derivative.
    """
    phi, kept = _DENSITY_AT_0 * np.exp(-0.5 * (u * u)), ndtr(u)
    x = u / others
    phi_x, tail = _DENSITY_AT_0 * np.exp(-0.5 * (x * x)), ndtr(-x)
    first = phi_x - x * tail
    second = (1.0 + x * x) * tail - x * phi_x
    own = (1.0 + 2.0 * (u * u)) * kept + 2.0 * u * phi
    all_ = own + others * second - u * first
    rise = 4.0 * u * kept + 3.0 * phi - 3.0 * first + x * tail
    value = 2.0 * u * kept + phi - variance * u * all_
    return value, 2.0 * kept + u * phi - variance * (all_ + u * rise), 0.0


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
