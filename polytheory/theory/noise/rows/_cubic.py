r"""The cubic flow of one row, dw_k/dt = γ(w_k³ − q w_k), in closed form.

The squares u_k = w_k² of a unit row keep the form

.. math:: u_k = \frac{u_k(0)}{(1 - I u_k(0))\,E(I)}, \qquad t = -\frac1{2\gamma}\sum_l
          \ln(1 - I u_l(0)),

with E the normalisation. Below, v replaces I: :math:`I u_{\max} = 1 - e^{-v}`,
so that :math:`1 - I u_l = d_l + \rho_l e^{-v}` with ρ_l = u_l/u_max and d_l = 1 − ρ_l the gap to
the largest. All terms are then positive, and v ranges over the real line.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from polytheory import _checks
from polytheory._checks import MAX_STRENGTH, MAX_VALUE, FloatArray, Number, unwrap
from polytheory._roots import falling_root
from polytheory.claims import Domain, Interval, Kind, claim
from polytheory.reduction import RowShape

RATE, _FORWARD = Interval(-MAX_STRENGTH, MAX_STRENGTH), Interval(1.0 / MAX_STRENGTH, MAX_STRENGTH)
CUBIC = Domain({"time": Interval(0.0, MAX_VALUE), "rate": RATE})
TIME_TO_RATIO = Domain(
    {"inverse_participation_ratio": Interval(0.0, 1.0, open_high=True), "rate": _FORWARD}
)
WIDE = Domain({"n_neurons": Interval(8, 1e6, integer=True), "rate": _FORWARD})
_NEWTON = 200


class _Row(NamedTuple):
    """ln ρ and ln d of a row, −∞ for zeros; shape (..., m)."""

    log_ratio: FloatArray
    log_gap: FloatArray

    @classmethod
    def of(cls, row: FloatArray) -> _Row:
        size = np.abs(row) / np.abs(row).max(axis=-1, keepdims=True)
        with np.errstate(divide="ignore"):
            return cls(2.0 * np.log(size), np.log((1.0 - size) * (1.0 + size)))

    def _inverse_logs(self, v: FloatArray) -> FloatArray:
        """Return ln(d/ρ + e^{−v}), minus the logarithm of u up to its normalisation.

        As a difference of ln ρ and ln(d + ρ e^{−v}) it would be a rounding of v off, another one
        for each weight, which at large |v| would change their order.
        """
        return np.logaddexp(self.log_gap - self.log_ratio, -v[..., None])

    def clock(self, v: FloatArray) -> FloatArray:
        """Return 2γt at v: increasing and concave."""
        logs = np.logaddexp(self.log_gap, self.log_ratio - v[..., None])
        return np.asarray(-logs.sum(axis=-1))

    def slope(self, v: FloatArray) -> FloatArray:
        """Return the slope of the clock, from the number of non-zero weights to that of ties."""
        return np.asarray(np.exp(-v[..., None] - self._inverse_logs(v)).sum(axis=-1))

    def squares(self, v: FloatArray) -> FloatArray:
        """Return u at v."""
        logs = -self._inverse_logs(v)
        u = np.exp(logs - logs.max(axis=-1, keepdims=True))
        return np.asarray(u / u.sum(axis=-1, keepdims=True))


def _at(row: _Row, clock: FloatArray) -> FloatArray:
    """Invert the clock by Newton: tangents of a concave function approach from the left."""
    v = np.zeros(np.broadcast_shapes(clock.shape, row.log_gap.shape[:-1]))
    for _ in range(_NEWTON):
        step = (clock - row.clock(v)) / row.slope(v)
        v = v + step
        if np.all(np.abs(step) <= 4.0 * np.finfo(float).eps * np.maximum(np.abs(v), 1.0)):
            break
    return v


@claim(
    Kind.EXACT,
    CUBIC,
    says="w_k² = u_k/((1−Iu_k)E), t = −Σ ln(1−Iu_l)/(2γ) solves dw_k/dt = γ(w_k³ − q w_k)",
    source="noise: The drift",
    note="For any width and norm and at least one non-zero weight; w_k and q refer to w/‖w‖.",
)
def cubic_flow(time: ArrayLike, row: ArrayLike, *, rate: ArrayLike) -> FloatArray:
    r"""Return the weights of a row whose direction obeys dw_k/dt = γ(w_k³ − q w_k).

    Signs and the order of sizes are conserved. For γ > 0 only the largest weight survives; for γ <
    0, under noise of positive kurtosis, all non-zero weights become equal.

    Parameters
    ----------
    time : float or array (...)
        t: flow time, flow units; ≥ 0.
        It broadcasts against the leading axes of `row`.
    row : array (..., m)
        w: one row of W.
        Of any norm, which is conserved; w_k and q refer to w/‖w‖.
    rate : float or array (...)
        γ: drift rate, flow units.
        As returned by `drift_rate`.

    Returns
    -------
    ndarray (..., m)

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside the domain, or a row is all zero.

    Notes
    -----
    Kind: exact. Source: derivations/noise, “The drift”.

    As a model of rows under noise it is leading order in κ, for independent rows.

    Examples
    --------
    >>> from polytheory.theory.noise import cubic_flow
    >>> cubic_flow([0.0, 1e3], [0.8, -0.6], rate=0.01).round(4).tolist()
    [[0.8, -0.6], [1.0, -0.0001]]
    """
    t, gamma = CUBIC.check(time=time, rate=rate)
    weights = _checks.rows("row", row)
    _checks.broadcast(time=t, rate=gamma, row=weights[..., 0])
    start = _Row.of(weights)
    largest = np.abs(weights).max(axis=-1, keepdims=True)
    norm = largest * np.sqrt(np.square(weights / largest).sum(axis=-1, keepdims=True))
    u = start.squares(_at(start, np.asarray(2.0 * gamma * t)))
    return np.asarray(np.sign(weights) * np.sqrt(u) * norm)


def _spread(v: Any, log_goal: Any, odds: FloatArray) -> tuple[Any, Any, Any]:
    """Return ln(1 − Σu²) − `log_goal` at v, and two derivatives.

    With e = 1/(1 + e^v d/ρ) the squares other than the largest, over it, and s_p = Σe^p,
    1 − Σu² = 1 − (1 + s₂)/(1 + s₁)², and e' = −e(1 − e). Nothing cancels where little is left.
    """
    e = 1.0 / (1.0 + odds * np.exp(v)[..., None])
    square = e * e
    s1, s2 = e.sum(axis=-1), np.vecdot(e, e)
    s3, s4 = np.vecdot(e, square), np.vecdot(square, square)
    d1, d2 = s2 - s1, 2.0 * (s3 - s2)
    dd1, dd2 = d2 - d1, 2.0 * (3.0 * (s4 - s3) - d2)
    total, left = 1.0 + s1, s1 * (2.0 + s1) - s2
    rise = (2.0 * total * d1 - d2) / left
    bend = (2.0 * (d1 * d1 + total * dd1) - dd2) / left - rise * rise
    fall = d1 / total
    return (
        np.log(left) - 2.0 * np.log1p(s1) - log_goal,
        rise - 2.0 * fall,
        bend - 2.0 * (dd1 / total - fall * fall),
    )


def _scaled_time(weights: FloatArray, goal: FloatArray) -> Any:
    """Return γt at which the inverse participation ratio reaches `goal`: 0 at the start, or ∞."""
    size = -np.sort(-np.abs(weights), axis=-1)
    size = size[..., 1:] / size[..., :1]
    ratio, gap = np.square(size), (1.0 - size) * (1.0 + size)
    fourth = (1.0 + np.square(ratio).sum(axis=-1)) / np.square(1.0 + ratio.sum(axis=-1))
    winners = 1.0 + (gap == 0.0).sum(axis=-1)
    met = fourth >= goal
    never = (winners > 1.0) & (goal * winners >= 1.0) & ~met
    # There the others together are below a quarter of what may be left of them.
    smallest = np.where(gap > 0.0, gap, 1.0).min(axis=-1, initial=1.0)
    log_goal = np.log1p(-goal)
    last = np.log(8.0 * weights.shape[-1] / smallest) - log_goal
    with np.errstate(divide="ignore", over="ignore"):
        odds = gap / ratio
    v, moving = np.zeros(met.shape), ~(met | never)
    if np.any(moving):
        goals, odds = (
            np.broadcast_to(log_goal, v.shape),
            np.broadcast_to(odds, (*v.shape, odds.shape[-1])),
        )
        given = last[moving], 0.0, goals[moving]
        with np.errstate(over="ignore"):  # odds of weights that are nothing beside the largest
            v[moving] = falling_root(_spread, 0.0, *given, rows=odds[moving])
    clock = v - np.log(gap + ratio * np.exp(-v)[..., None]).sum(axis=-1)
    return np.where(never, np.inf, np.where(met, 0.0, clock / 2.0))


@overload
def time_to_inverse_participation_ratio(
    row: Sequence[Number], inverse_participation_ratio: Number, *, rate: Number
) -> float: ...
@overload
def time_to_inverse_participation_ratio(
    row: ArrayLike, inverse_participation_ratio: ArrayLike, *, rate: ArrayLike
) -> float | FloatArray: ...
@claim(
    Kind.EXACT,
    TIME_TO_RATIO,
    says="the same solution, inverted for the time at which ‖w‖₄⁴/‖w‖₂⁴ has a value",
    source="noise: The drift",
    rests_on="cubic_flow",
    note="For any width and norm and at least one non-zero weight. 0 if the row starts at or above "
    "the value, infinite if it never reaches it.",
)
def time_to_inverse_participation_ratio(
    row: Any, inverse_participation_ratio: Any, *, rate: Any
) -> Any:
    """Return the hitting time of a value of the inverse participation ratio under the cubic flow.

    Parameters
    ----------
    row : array (..., m)
        w: one row of W.
        Of any norm.
    inverse_participation_ratio : float or array (...)
        ‖w‖₄⁴/N²: 1 for a row with one weight, 1/k for k equal weights; in [0, 1).
        The value to reach.
    rate : float or array (...)
        γ: drift rate, flow units; > 0.

    Returns
    -------
    float or ndarray (...)
        In flow units; 0 if the row starts at or above the value, ``inf`` if it never reaches it,
        because k > 1 weights share the largest size and the inverse participation ratio tends to
        1/k.

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside the domain, or a row is all zero.

    Notes
    -----
    Kind: exact. Source: derivations/noise, “The drift”.

    Exact for the cubic flow of a single row.

    Examples
    --------
    >>> from polytheory.theory.noise import time_to_inverse_participation_ratio
    >>> round(time_to_inverse_participation_ratio([0.8, -0.6], 0.9, rate=0.01), 3)
    192.529
    """
    weights = _checks.rows("row", row)
    q, gamma = TIME_TO_RATIO.check(
        inverse_participation_ratio=inverse_participation_ratio, rate=rate
    )
    _checks.broadcast(inverse_participation_ratio=q, rate=gamma, row=weights[..., 0])
    return unwrap(_scaled_time(weights, q) / gamma)


def _typical_row(n_neurons: float) -> FloatArray:
    """Return m Gaussian sizes, each at the median of its rank, largest first."""
    rank = np.arange(1.0, n_neurons + 1.0)
    return np.asarray(-ndtri((rank - 0.3) / (n_neurons + 0.4) / 2.0))


@lru_cache(maxsize=1024)
def _half_time(n_neurons: float) -> float:
    return float(_scaled_time(_typical_row(n_neurons), np.asarray(0.5)))


@overload
def half_sparsity_time(n_neurons: Number, *, rate: Number) -> float: ...
@overload
def half_sparsity_time(n_neurons: ArrayLike, *, rate: ArrayLike) -> FloatArray: ...
@claim(
    Kind.LEADING_ORDER,
    WIDE,
    says="half of all random rows have Σ w_k⁴ ≥ 1/2 at the hitting time of the typical row",
    source="noise: The time to sparsity",
    rests_on="cubic_flow",
    note="Order in 1/ln m. The median over random rows, over it, falls from 1.27 at m = 8 to 1.",
)
def half_sparsity_time(n_neurons: Any, *, rate: Any) -> Any:
    r"""Return the typical hitting time of inverse participation ratio 1/2: γt ≈ 0.4 m/ln m.

    The hitting time of the row whose weights are the medians of Gaussian order statistics,
    :math:`Q^{-1}\bigl(\tfrac12\,\tfrac{k-0.3}{m+0.4}\bigr)`. Under ℓ1 the time is independent of m.

    Parameters
    ----------
    n_neurons : int or array
        m: number of neurons (columns); whole, in [8, 10⁶].
    rate : float or array
        γ: drift rate, flow units; > 0.

    Returns
    -------
    float or ndarray
        In flow units.

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside the domain.

    Notes
    -----
    Kind: leading order. Source: derivations/noise, “The time to sparsity”.

    Leading order in 1/ln m for the median over random rows, which is larger by 28 % at m = 8,
    16 % at 16, 7 % at 64, 3 % at 256 and 1 % at 4096. At m = 16, 80 % of the rows lie between 0.5
    and 1.8 times the median.

    Examples
    --------
    >>> from polytheory.theory.noise import half_sparsity_time
    >>> half_sparsity_time([16, 256], rate=1.0).round(2).tolist()
    [2.53, 18.88]
    """
    m, gamma = WIDE.check(n_neurons=n_neurons, rate=rate)
    return unwrap(_per_width(_half_time, m) / gamma)


def _per_width(scaled: Any, m: FloatArray) -> FloatArray:
    """Evaluate a function of one width once per distinct width."""
    widths, which = np.unique(m, return_inverse=True)
    return np.asarray([scaled(each) for each in widths])[which].reshape(m.shape)


def _excess(reach: float, shape: RowShape) -> tuple[float, float, float]:
    """Return ln(2 S₄/S₂²) at a reach, and two derivatives: S_p' = p S_{p−1}."""
    k, s1, s2, s3, s4 = shape.all_sums(reach)
    fourth, second = 4.0 * s3 / s4, 2.0 * s1 / s2
    bend = 12.0 * s2 / s4 - fourth * fourth - 2.0 * (2.0 * k / s2 - second * second)
    return math.log(2.0 * s4 / (s2 * s2)), fourth - 2.0 * second, bend


@lru_cache(maxsize=1024)
def _l1_half_time(n_neurons: float) -> float:
    """Return λt at which the typical row has the ratio 1/2 under ℓ1, on its slow manifold."""
    shape = RowShape(_typical_row(n_neurons))
    # From the death of the second largest weight to the start.
    reach = falling_root(partial(_excess, shape=shape), shape.reach[1], 1.0, 1.0)
    return float(shape.slow_time_at(reach) - shape.start)


@overload
def equivalent_l1(n_neurons: Number, *, rate: Number) -> float: ...
@overload
def equivalent_l1(n_neurons: ArrayLike, *, rate: ArrayLike) -> FloatArray: ...
@claim(
    Kind.LEADING_ORDER,
    WIDE,
    says="λ = γ · (λt under ℓ1)/(γt under noise) at Σ w_k⁴ = 1/2, 1 to 2.4 times γ ln m/m",
    source="noise: The time to sparsity",
    rests_on="cubic_flow",
)
def equivalent_l1(n_neurons: Any, *, rate: Any) -> Any:
    r"""Return the ℓ1 strength that makes rows half sparse in the same time as noise of drift γ.

    γ times the ratio of the typical hitting times of inverse participation ratio 1/2:
    :math:`\lambda t` on the slow manifold of ℓ1 (near 0.7 for m ≥ 64) over :math:`\gamma t` of
    `half_sparsity_time`. In units of :math:`\gamma\ln m/m`: 1 at m = 8, 2 at 1000 and 2.4 at 10⁶.

    Parameters
    ----------
    n_neurons : int or array
        m: number of neurons (columns); whole, in [8, 10⁶].
    rate : float or array
        γ: drift rate, flow units; > 0.

    Returns
    -------
    float or ndarray
        λ in flow units; the coefficient in the loss is 4 times as large.

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside the domain.

    Notes
    -----
    Kind: leading order. Source: derivations/noise, “The time to sparsity”.

    Leading order in 1/ln m. Only these two times are equal: the mechanisms differ in their initial
    rates (equal ones need λ = 7.5 γ m^{-3/2}), in their ends (noise exponentially, ℓ1 in finite
    time) and in the number of polysemantic neurons.

    Examples
    --------
    >>> from polytheory.theory.noise import equivalent_l1
    >>> round(equivalent_l1(16, rate=0.0024), 6)
    0.000461
    """
    m, gamma = WIDE.check(n_neurons=n_neurons, rate=rate)
    ratio = _per_width(lambda each: _l1_half_time(each) / _half_time(each), m)
    return unwrap(gamma * ratio)
