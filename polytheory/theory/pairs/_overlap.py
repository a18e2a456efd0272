"""The distribution of one overlap among many rows in the fast phase."""

from functools import cache
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from polytheory._checks import MAX_VALUE, FloatArray, Number, unwrap
from polytheory.claims import Domain, Interval, Kind, claim, whole
from polytheory.theory.pairs._coincidence import MAX_CROWDING, density

FAST_PHASE = Domain(
    {
        "n_features": whole(2, 1e15),
        "n_neurons": whole(16, 1e15),
        "time": Interval(0.0, MAX_VALUE),
    },
    where=lambda n_features, n_neurons, **_: n_features - 2.0 <= MAX_CROWDING * np.sqrt(n_neurons),
    because="n_features − 2 ≤ 8 √n_neurons",
    instead="In more crowded layers the sums over rows do not average out: use simulate.",
)
#: −ln of the smallest distance to the end, relative to the whole way, that is followed.
_LATEST = 40.0
_POINTS, _HALVINGS, _STEPS = 60, 60, 12


def _mean_error(n_features: Any, n_neurons: Any, time: Any) -> Any:
    return (0.2 + 0.12 / np.maximum(time, 0.1)) / np.sqrt(n_neurons) + 0.0 * n_features


def _shift_error(n_features: Any, n_neurons: Any, time: Any) -> Any:
    return (1.0 + 0.6 / np.maximum(time, 0.1)) / np.sqrt(n_neurons) + 0.0 * n_features


def below_zero(shift: Any) -> Any:
    """Return −E(ξ + A)₋, what is left of the negative overlaps."""
    return density(shift) - shift * ndtr(-shift)


def shift_at(pushed: Any, crowding: Any) -> Any:
    """Return A = 2I − (1 − exp(−2xI))/x, of I and x."""
    x = np.maximum(crowding, 1e-300)
    taken = np.where(crowding > 0.0, -np.expm1(-2.0 * crowding * pushed) / x, 2.0 * pushed)
    return np.asarray(2.0 * pushed - taken)


def push_at(pushed: Any, crowding: Any) -> Any:
    """Return ⟨Γ₊⟩ = dI/dt = φ(A) + AΦ(A) − 2I."""
    shift = shift_at(pushed, crowding)
    return np.asarray(density(shift) + shift * ndtr(shift) - 2.0 * pushed)


@cache
def _points() -> tuple[FloatArray, FloatArray]:
    points, weights = np.polynomial.legendre.leggauss(_POINTS)
    return (points + 1.0) / 2.0, weights / 2.0


def _end(crowding: FloatArray) -> FloatArray:
    """Return I after infinite time by bisection for A: x·below_zero(A) = 1 − exp(−2xI)."""
    low, high = np.zeros_like(crowding), np.ones_like(crowding)  # A < 0.78 for x ≤ 8
    for _ in range(_HALVINGS):
        shift = (low + high) / 2.0
        left = below_zero(shift)
        up = crowding * left + np.expm1(-crowding * (shift + left)) > 0.0
        low, high = np.where(up, shift, low), np.where(up, high, shift)
    return np.asarray((low + below_zero(low)) / 2.0)


def _slowness(z: FloatArray, end: FloatArray, crowding: FloatArray) -> FloatArray:
    """Return dt/dz for I = I∞(1 − exp(−z)): (I∞ − I)/⟨Γ₊⟩, without cancellation near the end."""
    left = end * np.exp(-z)
    near = left < 1e-5
    middle = end - left / 2.0
    shift = shift_at(middle, crowding)
    rate = 2.0 - 2.0 * -np.expm1(-2.0 * crowding * middle) * ndtr(shift)
    push = push_at(np.where(near, 0.0, end - left), crowding)
    return np.asarray(np.where(near, 1.0 / rate, np.where(near, 1.0, left) / push))


def pushed_until(time: FloatArray, crowding: FloatArray) -> FloatArray:
    """Return I(t) = ∫₀ᵗ⟨Γ₊⟩, by Newton's method for t(I) = ∫ dI/⟨Γ₊⟩."""
    points, weights = _points()
    end = _end(crowding)
    z = np.minimum(2.0 * time, _LATEST)
    for _ in range(_STEPS):
        nodes = z[..., None] * points
        at = z * (_slowness(nodes, end[..., None], crowding[..., None]) @ weights)
        z = np.clip(z + (time - at) / _slowness(z, end, crowding), 0.0, _LATEST)
    return np.asarray(-end * np.expm1(-z))


def _followed(n_features: Any, n_neurons: Any, time: Any) -> tuple[FloatArray, FloatArray]:
    """Return I and A of given arguments."""
    given = FAST_PHASE.check(n_features=n_features, n_neurons=n_neurons, time=time)
    n, m, t = np.broadcast_arrays(*given)
    crowding = (n - 2.0) / np.sqrt(m)
    pushed = pushed_until(t, crowding)
    return pushed, shift_at(pushed, crowding)


@overload
def mean_overlap(n_features: Number, n_neurons: Number, time: Number) -> float: ...
@overload
def mean_overlap(n_features: ArrayLike, n_neurons: ArrayLike, time: ArrayLike) -> FloatArray: ...
@claim(
    Kind.LEADING_ORDER,
    FAST_PHASE,
    says="fast phase, x = (n−2)/√m: ⟨√m cos(W_i, W_j)⟩ = A − 2I, A = 2I − (1 − exp(−2xI))/x, "
    "dI/dt = φ(A) + AΦ(A) − 2I",
    source="two_rows: One overlap among many",
    note="For m → ∞ at constant x. Relative error at most (0.2 + 0.12/t)/√m, measured.",
    error=_mean_error,
)
def mean_overlap(n_features: Any, n_neurons: Any, time: Any) -> Any:
    r"""Return the mean overlap of different rows in the fast phase, ⟨√m cos(W_i, W_j)⟩.

    .. math:: \langle\Gamma\rangle = -\frac{1-e^{-2xI}}x, \qquad
              \dot I = \varphi(A) + A\Phi(A) - 2I, \quad A = 2I + \langle\Gamma\rangle, \qquad
              x = \frac{n-2}{\sqrt m}

    Positive overlaps decay, negative ones are pushed up by `overlap_shift`, A. Without others
    (x = 0) half of the normal distribution is left, with the mean −1/√(2π); with many, the limit
    is −1/x.

    Parameters
    ----------
    n_features : int or array
        n: number of features (rows); whole, ≥ 2.
        At most 2 + 8√m.
    n_neurons : int or array
        m: number of neurons (columns); whole, ≥ 16.
    time : float or array
        t: flow time, flow units; ≥ 0.

    Returns
    -------
    float or ndarray
        In [−1/√(2π), 0]; about 1e-10 from the solution of these equations.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number or out of range, or n − 2 > 8√m.

    Notes
    -----
    Kind: leading order. Source: derivations/two_rows, “One overlap among many”.

    For initial weights N(0, 1/m) and no ℓ1. ‖Σ W_i‖² is n exp(−2xI). The norms, 1 + O(n/m), are
    divided out.

    Examples
    --------
    >>> from polytheory.theory.pairs import mean_overlap
    >>> [round(mean_overlap(n, 1024, 8.0), 4) for n in (2, 34, 66, 130)]
    [-0.3989, -0.3578, -0.3147, -0.2299]
    """
    pushed, shift = _followed(n_features, n_neurons, time)
    return unwrap(shift - 2.0 * pushed)


@overload
def overlap_shift(n_features: Number, n_neurons: Number, time: Number) -> float: ...
@overload
def overlap_shift(n_features: ArrayLike, n_neurons: ArrayLike, time: ArrayLike) -> FloatArray: ...
@claim(
    Kind.LEADING_ORDER,
    FAST_PHASE,
    says="fast phase: all negative Γ = √m cos(W_i, W_j) rise by the same A, P(Γ < g) = Φ(g − A) "
    "for g ≤ 0",
    source="two_rows: One overlap among many",
    rests_on="mean_overlap",
    note="For m → ∞ at constant x = (n−2)/√m. Relative error at most (1 + 0.6/t)/√m, measured.",
    error=_shift_error,
)
def overlap_shift(n_features: Any, n_neurons: Any, time: Any) -> Any:
    r"""Return by how much the other rows raise a negative overlap √m cos(W_i, W_j).

    .. math:: A(t) = 2x\int_0^t \langle\Gamma_+\rangle\,|\langle\Gamma\rangle|\,dt'
              \;\to\; \frac x{4\pi} + O(x^2), \qquad P(\Gamma < g) = \Phi(g - A), \quad g \le 0

    This is the distribution of one overlap: as t → ∞ positive overlaps vanish, so that an overlap
    Γ of the start ends at min(Γ + A, 0).

    Parameters
    ----------
    n_features : int or array
        n: number of features (rows); whole, ≥ 2.
        At most 2 + 8√m.
    n_neurons : int or array
        m: number of neurons (columns); whole, ≥ 16.
    time : float or array
        t: flow time, flow units; ≥ 0.

    Returns
    -------
    float or ndarray
        About 1e-10 from the solution of these equations.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number or out of range, or n − 2 > 8√m.

    Notes
    -----
    Kind: leading order. Source: derivations/two_rows, “One overlap among many”.

    The shift of the cosine itself is A/√m, of order n/m. Beside it there are random shifts, about
    √(n/m)/2 in units of Γ.

    Examples
    --------
    >>> from polytheory.theory.pairs import overlap_shift
    >>> round(overlap_shift(66, 1024, 8.0), 4), overlap_shift(2, 1024, 8.0)
    (0.1816, 0.0)
    """
    _, shift = _followed(n_features, n_neurons, time)
    return unwrap(shift)
