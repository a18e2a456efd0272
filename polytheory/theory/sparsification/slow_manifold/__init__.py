r"""Hitting times of a given row to second order in λ.

In polar form λt = ∫ r dς with λ dr/dς = r²(1 − r²) − λ c r. Outside the first relaxation
r = 1 − λc/2 + λ²(c'/4 − 3c²/8) + …; within it, ς = O(λ), the row relaxes from ‖w(0)‖. Matched,

.. math:: \lambda t = \varsigma - \lambda\Big[\tfrac14\ln\tfrac{S_2(0)}{S_2(\tau)} + \tfrac{1-r}{r}
          - \ln\tfrac{1+r}{2r}\Big] + \lambda^2\Big[-\tfrac18(c-c_0) - \tfrac38\int k\,d\varsigma
          + c_0 B(r)\Big] + O(\lambda^3),

with r = ‖w(0)‖, c = S₁/√S₂, k the living weights, ∫c² dς = c − c₀ + ∫k dς, and
:math:`B(r) = \frac{1}{2(1+r)} - \frac{1-r}{2r^2} + \frac1r - 1 - 2\ln\frac{1+r}{2r}`.
"""

from collections.abc import Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike

from polytheory import _checks
from polytheory._checks import MAX_VALUE, FloatArray, Number, unwrap
from polytheory.claims import Domain, Interval, Kind, claim
from polytheory.reduction import RowShape

__all__ = ["COMPLETION_TIME", "HITTING_TIME", "completion_time", "hitting_time"]

_WITHOUT = "Without ℓ1 no weight dies."
_STRENGTH = Interval(1 / MAX_VALUE, MAX_VALUE)
COMPLETION_TIME = Domain({"l1_strength": _STRENGTH}, instead=_WITHOUT)
HITTING_TIME = Domain(
    {"soft_threshold": Interval(0.0, MAX_VALUE), "l1_strength": _STRENGTH}, instead=_WITHOUT
)
_MEANING = (
    "if it survives, to 1.5 times the terms in λ² and the rest of the relaxation (relative, at "
    "most 1/4), from t = 2 on"
)
#: Stated error over the sum of the sizes of the terms that are left out (1.3 at most was seen), its
#: largest value, and the first time at which it is claimed, when the norm has nearly relaxed.
_OVER_NEXT, _LARGEST_ERROR, _FIRST_TIME = 1.5, 0.25, 2.0


def _order(value: object) -> int:
    order = _checks.integer("order", value, minimum=0)
    if order > 2:
        raise _checks.refuse_value("order", str(order), "0, 1 or 2")
    return order


def _check_strength(shape: RowShape, lam: FloatArray) -> None:
    """Refuse λ at which the expansion fails: the next term would exceed the first."""
    r = shape.norm
    largest = min(r, 1.0) ** 3 / (shape.scalar_sums(1.0)[0] * shape.largest)
    words = f"at most min(‖w(0)‖, 1)³/‖w(0)‖₁ = {largest:.4g} for this row at order 1 or 2"
    _checks.require("l1_strength", lam, lam <= largest, words, "Use row_flow for stronger ℓ1.")


def _scaled_time(
    shape: RowShape, lam: Any, order: int, sigma: Any, first: Any, second: Any, living: Any
) -> Any:
    """Return λt at a state (ς since the start, S₁, S₂, ∫k dς), to the given order in λ."""
    r, (start_first, start_second) = shape.norm, shape.scalar_sums(1.0)
    log_term = np.log((1.0 + r) / (2.0 * r))
    result = sigma
    if order >= 1:
        _check_strength(shape, np.asarray(lam))
        lost = np.log(start_second / second)
        result = result - lam * (lost / 4.0 + (1.0 - r) / r - log_term)
    if order == 2:
        c0, c = start_first / np.sqrt(start_second), first / np.sqrt(second)
        inner = 1.0 / (2.0 * (1.0 + r)) - (1.0 - r) / (2.0 * r * r) + 1.0 / r - 1.0 - 2.0 * log_term
        result = result + lam**2 * ((c0 - c) / 8.0 - 3.0 / 8.0 * living + c0 * inner)
    return result


def _error(shape: RowShape, lam: Any, scaled: Any, first: Any, second: Any, living: Any) -> Any:
    """Return the stated relative error of λt at order 1.

    From the terms in λ², and what is left at t of the relaxation: λ∫(p − 1)dη beyond t.
    """
    r, (start_first, start_second) = shape.norm, shape.scalar_sums(1.0)
    c0, c = start_first / np.sqrt(start_second), first / np.sqrt(second)
    inner = 1.0 / (2.0 * (1.0 + r)) - (1.0 - r) / (2.0 * r * r) + 1.0 / r - 1.0
    inner = inner - 2.0 * np.log((1.0 + r) / (2.0 * r))
    sizes = (c0 - c) / 8.0 + 3.0 / 8.0 * living + c0 * abs(inner)
    with np.errstate(all="ignore"):  # no time at all: exact, or refused
        relaxing = abs(r**-2 - 1.0) * np.exp(-2.0 * np.maximum(scaled / lam, 0.0)) / 4.0
        error = _OVER_NEXT * (lam**2 * sizes + lam * relaxing) / scaled
        return np.where(scaled == 0.0, 0.0, error)


def _refuse_inaccurate(name: str, given: Any, lam: Any, scaled: Any, error: Any) -> None:
    """Refuse times before the norm has relaxed, and a large stated error; NaN where exact."""
    words = f"beyond what dies while the norm relaxes (t < {_FIRST_TIME:g})"
    early = (scaled <= 0.0) | (scaled < _FIRST_TIME * lam)
    given, early = np.broadcast_arrays(given, early)
    _checks.require(name, given, ~early, words, "Use row_flow.")
    words = f"so small that the stated error is at most {_LARGEST_ERROR:g}"
    lam, large = np.broadcast_arrays(lam, error > _LARGEST_ERROR)
    _checks.require("l1_strength", lam, ~large, words, "Use row_flow for stronger ℓ1.")


def _living_integral(shape: RowShape, reach: FloatArray, sigma: FloatArray) -> FloatArray:
    """Return ∫ k dς from the start to a given reach (slow time ς there)."""
    spans = -np.diff(shape.slow_time) * np.arange(1.0, shape.slow_time.size)
    from_end = np.concatenate([[0.0], np.cumsum(spans)])
    node = np.maximum(np.searchsorted(shape.reach, reach, side="left") - 1, 0)
    living = np.maximum(node + 1, shape.ties)
    here = from_end[node] + living * (shape.slow_time[node] - sigma)
    return np.asarray(from_end[-1] - here)


@overload
def hitting_time(
    initial_row: ArrayLike, soft_threshold: Number, *, l1_strength: Number, order: int = 1
) -> float: ...
@overload
def hitting_time(
    initial_row: ArrayLike, soft_threshold: ArrayLike, *, l1_strength: ArrayLike, order: int = 1
) -> FloatArray: ...
@claim(
    Kind.LEADING_ORDER,
    HITTING_TIME,
    says="λt = ∫₀^τ ds/√S₂ − (λ/4) ln(S₂(0)/S₂(τ)) − λ[(1−r)/r − ln((1+r)/2r)] + O(λ²)",
    source="slow_manifold: The hitting time",
    error=lambda **given: _hitting(**given)[1],
    note=f"for a given row, τ up to its largest weight; {_MEANING}",
)
def hitting_time(initial_row: Any, soft_threshold: Any, *, l1_strength: Any, order: int = 1) -> Any:
    r"""Return the hitting time of the soft threshold τ, when the weights |w(0)| ≤ τ have died.

    .. math:: \lambda t = \int_0^\tau \frac{ds}{\sqrt{S_2(s)}}
              - \lambda\Big[\tfrac14\ln\tfrac{S_2(0)}{S_2(\tau)} + \tfrac{1-r}{r}
              - \ln\tfrac{1+r}{2r}\Big] + O(\lambda^2), \qquad r = \|w(0)\|_2

    Parameters
    ----------
    initial_row : array (m,)
        u: one row of W at time zero.
    soft_threshold : float or array
        τ: initial size below which weights have died; ≥ 0.
        At most the largest |w(0)|, where the time is infinite.
    l1_strength : float or array
        λ: ℓ1 strength, flow units; > 0.
        Broadcasts with `soft_threshold`; small against 1/‖w(0)‖₁.
    order : {0, 1, 2}
        Highest power of λ kept in λt.

    Returns
    -------
    float or ndarray
        Flow time; infinite at the largest weight.

    Raises
    ------
    TypeError, ValueError
        If `initial_row` is not one row, a threshold exceeds its largest weight, λ is not positive,
        `order` is not 0, 1 or 2, or the expansion fails (not at order 0): for λ above
        min(‖w(0)‖, 1)³/‖w(0)‖₁, where the stated error exceeds 1/4, or a threshold reached while
        the norm still relaxes (t < 2).

    Notes
    -----
    Kind: leading order. Source: derivations/slow_manifold, “The hitting time”.

    The error of λt is O(λ^(order+1)). Stated for a row that survives, at order 1 and from t = 2
    on: 1.5 times the sizes, added, of the terms in λ² and of λ(r⁻² − 1)e^(−2t)/4, the rest of the
    relaxation. It grows with decreasing r like r⁻³. `polytheory.row_flow` is exact at any λ.

    Examples
    --------
    >>> from polytheory.theory.sparsification import hitting_time
    >>> round(hitting_time([0.9, 0.3, 0.1], 0.1, l1_strength=0.01), 3)
    11.184
    """
    result, _ = _hitting(initial_row, soft_threshold, l1_strength, order)
    return unwrap(result)


def _hitting(initial_row: Any, soft_threshold: Any, l1_strength: Any, order: int = 1) -> Any:
    """Return the hitting times and the stated error at order 1."""
    row = _checks.rows("initial_row", initial_row)
    if row.ndim != 1:
        raise _checks.refuse_value("initial_row", f"shape {row.shape}", "one row of shape (m,)")
    shape = RowShape(np.abs(row))
    tau = _checks.real_array("soft_threshold", soft_threshold)
    allowed = (tau >= 0) & (tau <= shape.largest)
    words = f"between 0 and the largest weight, {shape.largest:.17g}"
    _checks.require("soft_threshold", tau, allowed, words)
    tau, lam = HITTING_TIME.check(soft_threshold=tau, l1_strength=l1_strength)
    power = _order(order)
    last = tau == shape.largest
    reach = 1.0 - np.where(last, 0.0, tau) / shape.largest
    sums, sigma = shape.power_sums(reach), shape.slow_time_at(reach)
    state = sigma - shape.start, reach * sums.first, reach**2 * sums.second
    living = _living_integral(shape, reach, sigma)
    scaled = _scaled_time(shape, lam, power, *state, living)
    known = last | (tau == 0)
    error = np.where(known, 0.0, _error(shape, lam, scaled, *state[1:], living))
    if power > 0:
        _refuse_inaccurate("soft_threshold", tau, lam, np.where(known, np.inf, scaled), error)
    return np.where(last, np.inf, np.where(tau == 0, 0.0, scaled / lam)), error


@overload
def completion_time(
    initial_row: Sequence[Number], *, l1_strength: Number, order: int = 1
) -> float: ...
@overload
def completion_time(
    initial_row: ArrayLike, *, l1_strength: ArrayLike, order: int = 1
) -> float | FloatArray: ...
@claim(
    Kind.LEADING_ORDER,
    COMPLETION_TIME,
    says="T* = hitting time of the second largest weight",
    source="slow_manifold: Two weights",
    error=lambda **given: _completion(**given, order=1)[1],
    note=f"for a given row; {_MEANING}",
)
def completion_time(initial_row: Any, *, l1_strength: Any, order: int = 1) -> Any:
    """Return T*, when one weight is left: `hitting_time` at the second largest weight.

    Parameters
    ----------
    initial_row : array (..., m)
        u: one row of W at time zero.
        Leading axes are a batch.
    l1_strength : float or array
        λ: ℓ1 strength, flow units; > 0.
        Broadcasts with the batch.
    order : {0, 1, 2}
        Highest power of λ kept in λT*.

    Returns
    -------
    float or ndarray (...)
        Flow time; 0 for a row with one non-zero weight, infinite if the largest is tied.

    Raises
    ------
    TypeError, ValueError
        As `hitting_time`.

    Notes
    -----
    Kind: leading order. Source: derivations/slow_manifold, “Two weights”.

    λT* is independent of the scale of the row (at order 0) and of the order and signs of its
    weights. Whether the row survives is another question: see `survival_probability`.

    Examples
    --------
    >>> from polytheory.theory.sparsification import completion_time
    >>> round(completion_time([0.9, 0.3, 0.1], l1_strength=0.01), 2)
    39.48
    >>> completion_time([0.5, -0.5, 0.1], l1_strength=0.01)
    inf
    """
    result, _ = _completion(initial_row, l1_strength, order)
    return unwrap(result)


def _completion(initial_row: Any, l1_strength: Any, order: int) -> Any:
    """Return the completion times and the stated error at order 1."""
    rows = _checks.rows("initial_row", initial_row)
    (lam,), power = COMPLETION_TIME.check(l1_strength=l1_strength), _order(order)
    together = _checks.broadcast(initial_row=rows[..., 0], l1_strength=lam)
    batch = together["l1_strength"].shape
    rows_b, lam_b = np.broadcast_to(rows, (*batch, rows.shape[-1])), np.broadcast_to(lam, batch)
    both = np.empty((2, *batch))
    for index in np.ndindex(*batch):
        shape = RowShape(np.abs(rows_b[index]))
        both[(slice(None), *index)] = _one_completion(shape, lam_b[index], power)
    return both


def _one_completion(shape: RowShape, lam: Any, order: int) -> tuple[float, float]:
    if shape.reach.size == 2:  # one non-zero weight
        return 0.0, 0.0
    if shape.ties > 1:
        return np.inf, 0.0
    first, second = shape.scalar_sums(float(shape.reach[1]))
    spans = -np.diff(shape.slow_time)
    living = float(spans @ np.arange(1.0, spans.size + 1.0))
    scaled = float(_scaled_time(shape, lam, order, -shape.start, first, second, living))
    if order > 0 and scaled <= 0.0:
        came = "one whose other weights all die while the norm relaxes (t ≲ 1)"
        raise _checks.refuse_value("initial_row", came, "one that outlasts it", "Use row_flow.")
    error = float(_error(shape, lam, scaled, first, second, living))
    if order > 0:
        _refuse_inaccurate("initial_row", scaled / lam, lam, np.asarray(scaled), np.asarray(error))
    return scaled / float(lam), error
