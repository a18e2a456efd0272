"""The flow of one encoding under ℓ1: by the exact reduction, and by plain integration."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polytheory import _checks
from polytheory._checks import FloatArray
from polytheory.flow.estimates import Estimated
from polytheory.flow.plain import METHODS, integrate
from polytheory.flow.trajectory import Interrupted
from polytheory.reduction import RowShape, evolve

__all__ = ["RowTrajectory", "plain_row_flow", "row_flow"]


#: What a run reports, with an error if that is estimated.
SERIES = ("l1_norm", "squared_norm", "fourth_power_sum", "nonzero_count", "soft_threshold", "reach")
#: Lowest tolerance, near which rounding takes over; factor between those of both runs of an
#: estimate, which here costs little (steps of order 4).
_FINEST, _FINER = 1e-13, 10.0


@dataclass(frozen=True, eq=False)
class RowTrajectory(Estimated):
    """The result of `row_flow`: read-only series of shape (T, ...) at the requested times.

    Attributes
    ----------
    time : ndarray (T,)
        Flow times.
    l1_norm : ndarray (T, ...)
        ‖w‖₁.
    squared_norm : ndarray (T, ...)
        N = ‖w‖₂².
    fourth_power_sum : ndarray (T, ...)
        ‖w‖₄⁴.
    nonzero_count : ndarray (T, ...), integer
        m', the number of living weights; 0 once the row has collapsed.
    soft_threshold : ndarray (T, ...)
        τ: the weights with |w_k(0)| ≤ τ have died. For a collapsed row, max_k|w_k(0)|.
    reach : ndarray (T, ...)
        1 − τ/max_k|w_k(0)|, stored because late in the flow τ equals the maximum up to rounding.
    initial_row : ndarray (..., m)
        As given, in float64.
    l1_strength : ndarray (...)
        λ in flow units.
    finer : RowTrajectory or None
        With ``estimate_error=True`` the second run, from which the method `error` follows.
    """

    series: ClassVar[tuple[str, ...]] = SERIES

    time: FloatArray
    l1_norm: FloatArray
    squared_norm: FloatArray
    fourth_power_sum: FloatArray
    nonzero_count: NDArray[np.int64]
    soft_threshold: FloatArray
    reach: FloatArray
    initial_row: FloatArray
    l1_strength: FloatArray

    def __post_init__(self) -> None:
        _checks.freeze(self)

    @property
    def collapsed(self) -> NDArray[np.bool_]:
        """Whether all weights of each row have died by the last time."""
        return np.asarray(self.nonzero_count[-1] == 0)

    def weights(self, when: int | None = None) -> FloatArray:
        """Return the signed weights, shape (T, ..., m), or (..., m) at the index `when`.

        They are computed at each call and take memory O(T · m) without `when`.
        """
        shape = self.l1_norm.shape[1:]
        row = np.broadcast_to(self.initial_row, (*shape, self.initial_row.shape[-1]))
        reach, l1_norm = (s if when is None else s[when] for s in (self.reach, self.l1_norm))
        u = np.abs(row)
        largest = u.max(axis=-1, keepdims=True)
        left = np.maximum(reach[..., None] - (largest - u) / largest, 0.0)
        # At the start no weight is dead: 1 − (largest − u)/largest would round small ones to zero.
        left = np.where(reach[..., None] == 1.0, u / largest, left)
        total = left.sum(axis=-1, keepdims=True)
        scale = l1_norm[..., None] / np.where(total == 0, 1.0, total)
        return np.asarray(np.sign(row) * left * scale + 0.0)  # + 0.0: no negative zeros


def row_flow(
    initial_row: ArrayLike,
    *,
    l1_strength: ArrayLike,
    time: ArrayLike,
    rtol: float = 1e-9,
    estimate_error: bool = False,
) -> RowTrajectory:
    r"""Compute the flow of one encoding, or a batch of them, under ℓ1 without interference.

    Solves :math:`\dot w = (1-\|w\|^2)w - \lambda\,\mathrm{sign}(w)` through its exact reduction to
    two scalars (see `polytheory.reduction`). A value does not depend on the other times.

    Parameters
    ----------
    initial_row : array (..., m)
        Initial weights; every row needs a non-zero one.
    l1_strength : float or array broadcasting with the batch shape
        λ ≥ 0 in flow units. Above the collapse threshold (2/(3√3) = 0.385 for a single weight,
        lower for a spread row) all weights die: ``nonzero_count`` is 0, and no error is raised.
    time : array (T,)
        Flow times, non-negative, strictly increasing.
    rtol : float
        Error allowed in one step of the two scalars, between 1e-13 and 1e-3.
    estimate_error : bool
        Whether to run a second time, at a tenth of `rtol`, which takes 2.5 times as long in all.
        See `RowTrajectory.error`. Which weight wins is exact: the largest at the start.

    Returns
    -------
    RowTrajectory

    Raises
    ------
    TypeError, ValueError
        If an argument is not real and finite, has the wrong shape or lies outside its range, or if
        a row is all zeros.
    Interrupted
        A `KeyboardInterrupt` at Ctrl-C in the second run; its ``trajectory`` is the first.

    Notes
    -----
    Kind: exact (up to `rtol`). Source: ours; the polar form in `reduction`.

    Examples
    --------
    >>> from polytheory import row_flow
    >>> run = row_flow([0.5, -0.4, 0.1], l1_strength=0.05, time=[0.0, 5.0, 100.0])
    >>> run.nonzero_count.tolist()
    [3, 2, 1]
    >>> run.weights()[-1].round(4).tolist()
    [0.974, 0.0, 0.0]
    """
    rows = _checks.rows("initial_row", initial_row).copy()
    lam = _checks.l1_strength(l1_strength)
    t = _checks.increasing_times(time)
    tolerance = _checks.scalar("rtol", rtol, low=_FINEST, high=1e-3)
    _checks.broadcast(initial_row=rows[..., 0], l1_strength=lam)
    run = _followed(rows, lam, t, tolerance)
    if not estimate_error:
        return run
    try:
        return replace(run, finer=_followed(rows, lam, t, tolerance / _FINER))
    except KeyboardInterrupt:
        raise Interrupted(run) from None


def _followed(rows: FloatArray, lam: FloatArray, time: FloatArray, rtol: float) -> RowTrajectory:
    """Follow each row at one tolerance."""
    batch = np.broadcast_shapes(rows.shape[:-1], lam.shape)
    rows_b = np.broadcast_to(rows, (*batch, rows.shape[-1]))
    lam_b = np.broadcast_to(lam, batch)
    series = np.empty((5, time.size, *batch))
    for index in np.ndindex(*batch):
        series[(..., *index)] = _one_row(np.abs(rows_b[index]), float(lam_b[index]), time, rtol)
    squared, l1, fourth, count, reach = series
    return RowTrajectory(
        time=time,
        l1_norm=l1,
        squared_norm=squared,
        fourth_power_sum=fourth,
        nonzero_count=count.astype(np.int64),
        soft_threshold=(1.0 - reach) * np.abs(rows).max(axis=-1),
        reach=reach,
        initial_row=rows,
        l1_strength=lam.copy(),
    )


def _one_row(sizes: FloatArray, lam: float, time: FloatArray, rtol: float) -> FloatArray:
    """Return (5, T): N, ‖w‖₁, ‖w‖₄⁴, m', reach."""
    shape = RowShape(sizes)
    r, sigma = evolve(shape, l1_strength=lam, time=time, rtol=rtol)
    dead = r == 0
    reach = np.where(dead, 0.0, shape.reach_at(sigma))
    sums = shape.power_sums(reach)
    second = np.where(dead, 1.0, sums.second)  # 0/0 otherwise
    count = np.where(reach == 1.0, np.count_nonzero(sizes / shape.largest), sums.living)
    return np.stack(
        [r**2, r * sums.first / np.sqrt(second), r**4 * sums.fourth / second**2, count, reach]
    )


def plain_row_flow(
    initial_row: ArrayLike,
    *,
    l1_strength: float,
    time: ArrayLike,
    step: float,
    method: str = "strang",
) -> FloatArray:
    """Integrate all m weights of a row directly, as an independent check of the reduction.

    Parameters
    ----------
    initial_row : array (..., m)
        Initial weights.
    l1_strength : float
        λ in flow units.
    time : array (T,)
        Flow times, non-negative, strictly increasing; no step crosses one of them.
    step : float
        Largest step size, positive and at most 1/max(2, 3N(0) − 1): with a longer step the norm
        would overshoot.
    method : {"strang", "heun", "euler"}
        Strang splitting, Heun (both of order 2) or proximal Euler (order 1).

    Returns
    -------
    ndarray (T, ..., m)
        The weights; they take memory O(T · m).

    Raises
    ------
    TypeError, ValueError
        As `row_flow`; also for an unknown `method` and a `step` that would be unstable.

    Examples
    --------
    >>> from polytheory import plain_row_flow
    >>> w = plain_row_flow([0.5, -0.4, 0.1], l1_strength=0.05, time=[100.0], step=0.01)
    >>> w[-1].round(4).tolist()
    [0.974, 0.0, 0.0]
    """
    rows = _checks.rows("initial_row", initial_row)
    lam = _checks.scalar("l1_strength", l1_strength, high=_checks.MAX_STRENGTH)
    t = _checks.increasing_times(time)
    _checks.one_of("method", method, tuple(METHODS))
    stiffest = max(2.0, 3.0 * float(np.square(rows).sum(axis=-1).max()) - 1.0)
    h = _checks.scalar("step", step, low=0.0)
    if not 0.0 < h <= 1.0 / stiffest:
        allowed = f"positive and at most {1.0 / stiffest:.6g} for this row, to be stable"
        raise _checks.refuse_value("step", f"{h:g}", allowed)

    def force(w: FloatArray) -> FloatArray:
        return np.asarray((1.0 - np.square(w).sum(axis=-1, keepdims=True)) * w)

    return integrate(force, rows, l1_strength=lam, time=t, step=h, method=method)
