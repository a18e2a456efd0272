"""What a recorded run may be off by, from the error of the method that it was made with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from polytheory import _checks
from polytheory._checks import FloatArray
from polytheory.flow.row import RowTrajectory
from polytheory.recorded._methods import Force, euler_row, row_force, states
from polytheory.recorded._run import RecordedEncodings, RecordedRun
from polytheory.reduction import RowShape

#: Tolerance of fixed steps in units of the method's own error: two implementations differ in when
#: they drop a weight that has just crossed zero.
FIXED_SAFETY_FACTOR = 2.0
#: Of adaptive steps: implementations also differ in first step, norm and interpolation.
ADAPTIVE_SAFETY_FACTOR = 4.0
#: Relative error of the reduction itself, and of sums stored in double precision.
MIN_TOLERANCE = 1e-8
#: An adaptive solver without clipping leaves a weight that has died within this many atol of zero:
#: at most 492 in 38 runs of SciPy's three solvers (40 and 400 weights, λ = 1e-2 and 1e-3, rtol from
#: 1e-6 to 1e-3, atol from 1e-7 to 1e-5).
CHATTER_OVER_ATOL = 500.0
_NAMES = {
    "euler": "forward Euler",
    "proximal": "proximal Euler",
    "subgradient": "subgradient Euler without clipping",
    "rk4": "the Runge–Kutta method of order 4",
}


@dataclass(frozen=True, eq=False)
class Tolerance:
    """What is allowed at each time, why, and what the method itself would record."""

    relative: FloatArray  # of ‖w‖₁
    clock: FloatArray  # by which deaths may be early or late
    reason: str
    own: FloatArray  # ‖w‖₁ of the stated method


def tolerance_of(run: RecordedRun, flow: RowTrajectory) -> Tolerance:
    """Return the tolerance of a run of one row; `flow` is the exact one."""
    floor = np.full(run.time.shape, MIN_TOLERANCE + run.resolution)
    if run.tolerance is not None:
        relative = np.maximum(floor, run.tolerance)
        late = (run.step or 0.0) + _delay(run, flow, relative)
        return Tolerance(relative, late, f"{run.tolerance:g}, as stated", flow.l1_norm)
    if run.rule.adaptive:
        return _of_adaptive(run, flow, floor)
    if run.rule.fixed:
        return _of_fixed(run, flow, floor)
    reason = "no step: rounding only"
    return Tolerance(floor, 1e-6 * (1.0 + run.time), reason, flow.l1_norm)


def relative_gap(norm: FloatArray, exact: FloatArray) -> FloatArray:
    """Return the relative difference of a norm, absolute where all weights have died."""
    return np.asarray(np.abs(norm - exact) / np.where(exact > 0, exact, 1.0))


def _of_fixed(run: RecordedRun, flow: RowTrajectory, floor: FloatArray) -> Tolerance:
    assert run.step is not None
    reduced = run.method in ("euler", "proximal")
    own, reach = _reduced(run) if reduced else (own_norm(run), None)
    reason = (
        f"{FIXED_SAFETY_FACTOR:g} × the error of {_NAMES[str(run.method)]} at step {run.step:g}"
    )
    reason += ", computed" if reduced else ", measured"
    # The start is given, not computed.
    error = np.where(run.time > 0, nearby(relative_gap(own, flow.l1_norm)), 0.0)
    relative = FIXED_SAFETY_FACTOR * error + floor
    if reach is None:  # a weight within one step of zero may count as dead
        late = run.step + _delay(run, flow, relative)
    else:
        late = FIXED_SAFETY_FACTOR * nearby(np.abs(_lag(run, flow, reach)))
    return Tolerance(relative, run.step + late, reason, own)


def _of_adaptive(run: RecordedRun, flow: RowTrajectory, floor: FloatArray) -> Tolerance:
    assert run.rtol is not None
    assert run.atol is not None
    own = own_norm(run)
    # Chance may make the error small at some times.
    error = np.maximum.accumulate(nearby(relative_gap(own, flow.l1_norm)))
    dead = run.initial_row.size - flow.nonzero_count
    left = CHATTER_OVER_ATOL * run.atol * dead / np.where(flow.l1_norm > 0, flow.l1_norm, 1.0)
    error = np.where(run.time > 0, ADAPTIVE_SAFETY_FACTOR * error + run.rtol + left, 0.0)
    reason = f"{ADAPTIVE_SAFETY_FACTOR:g} × the error of {run.method} at rtol {run.rtol:g}"
    clock = 1e-6 * (1.0 + run.time) + _delay(run, flow, error)
    if run.l1_strength > 0:
        clock += CHATTER_OVER_ATOL * run.atol / run.l1_strength
    return Tolerance(error + floor, clock, f"{reason}, atol {run.atol:g}, measured", own)


def own_norm(run: RecordedRun) -> FloatArray:
    """Return ‖w‖₁ of the stated method, run again.

    Euler's method runs in reduced form, others with all weights. A proximal step of one row is
    Euler's: no weight is revived.
    """
    if run.method in ("euler", "proximal"):
        return _reduced(run)[0]
    found = repeated(run, row_force, run.initial_row, run.time)
    return np.array([np.abs(w).sum() for w in found])


def repeated(
    run: RecordedRun | RecordedEncodings, force: Force, start: FloatArray, time: FloatArray
) -> Iterator[FloatArray]:
    """Yield the weights of the stated method at these times."""
    return states(
        force,
        start,
        l1_strength=run.l1_strength,
        time=time,
        method=str(run.method),
        step=run.step,
        rtol=run.rtol,
        atol=run.atol,
    )


def _reduced(run: RecordedRun) -> tuple[FloatArray, FloatArray]:
    """Return ‖w‖₁ and the reach of Euler's method."""
    assert run.step is not None
    with np.errstate(all="ignore"):
        own, reach = euler_row(run.initial_row, run.l1_strength, run.time, run.step)
    if not np.isfinite(own).all():
        allowed = "shorter: Euler's method diverges from this start"
        raise _checks.refuse_value("step", f"{run.step:g}", allowed)
    return own, reach


def _delay(run: RecordedRun, flow: RowTrajectory, relative: FloatArray) -> FloatArray:
    """Return how early or late deaths are for a relative error of the weights.

    An error ε of the mean weight is an error of ε⟨w⟩/λ in the time at which it dies, and an error
    of the clock itself is one of εt.
    """
    living = flow.l1_norm / np.maximum(flow.nonzero_count, 1)
    decay = living / run.l1_strength if run.l1_strength > 0 else 0.0 * living
    return np.asarray(relative * (1.0 + run.time + decay))


def nearby(error: FloatArray) -> FloatArray:
    """Return the maximum of each value and its neighbours in time, the first axis.

    An error may pass through zero at one time; its neighbours show its size.
    """
    padded = np.concatenate([error[:1], error, error[-1:]])
    return np.asarray(np.maximum.reduce([padded[:-2], error, padded[2:]]))


def _lag(run: RecordedRun, flow: RowTrajectory, reach: FloatArray) -> FloatArray:
    """Return the lag in flow time, from that in slow time: dt ≈ dσ/λ on the slow manifold."""
    shape = RowShape(np.abs(run.initial_row))
    tiny = np.finfo(float).tiny
    ours, exact = (shape.slow_time_at(np.maximum(each, tiny)) for each in (reach, flow.reach))
    both_alive = (reach > 0) & (flow.reach > 0) & (run.l1_strength > 0)
    return np.where(both_alive, (ours - exact) / max(run.l1_strength, tiny), 0.0)
