"""Judgement of recorded runs of one encoding against the exact reduction.

A recorded run is an ``.npz`` file (never unpickled) with the arrays

- ``time`` (T,): flow times, strictly increasing;
- ``l1_norm`` (T,), ``nonzero_count`` (T,): Σ|w| and the number of living weights;
- ``initial_row`` (m,): the weights at time zero;
- ``l1_strength`` (): λ in flow units;
- ``step`` (), only if the run was made by forward Euler: its error is part of the tolerance.

The error of Euler's method is computed: a step maps all living weights by the same affine function,
so the reduction holds for Euler too, and its run costs two scalars per step.
"""

from __future__ import annotations

import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from polytheory import _checks
from polytheory._checks import FloatArray
from polytheory._files import UNREADABLE
from polytheory.flow.row import row_flow
from polytheory.reduction import RowShape
from polytheory.theory import sparsification

__all__ = ["RecordedRun", "RecordedVerdict", "judge_recorded", "load_recorded"]

_NEEDED = ("time", "l1_norm", "nonzero_count", "initial_row", "l1_strength")

#: Tolerance of an Euler run in units of Euler's own error: two implementations differ in when they
#: drop a weight that has just crossed zero.
_EULER_SAFETY_FACTOR = 2.0
#: Relative error of the reduction itself, and of sums stored in double precision.
_MIN_TOLERANCE = 1e-8
_MAX_STEPS = 10_000_000


@dataclass(frozen=True, eq=False)
class RecordedRun:
    """The arrays of a recorded run, checked."""

    time: FloatArray
    l1_norm: FloatArray
    nonzero_count: FloatArray
    initial_row: FloatArray
    l1_strength: float
    step: float | None
    resolution: float = 0.0  # rounding of the stored norms, if they were in single precision


@dataclass(frozen=True)
class RecordedVerdict:
    """Comparison of a recorded run with the flow, the paper's laws and the universal curve.

    Attributes
    ----------
    holds : bool
        Whether the run follows the flow within the tolerances.
    l1_disagreement, l1_tolerance : float
        Relative difference of ‖w‖₁, largest in units of its tolerance, and that tolerance.
    l1_worst_time : float
        The time of that difference.
    count_disagreement : int
        Largest number of weights by which m' leaves the flow's range within the clock error.
    clock_tolerance : float
        Flow time by which deaths may be early or late.
    reason : str
        Where the tolerances come from.
    paper_l1_ratio, paper_count_ratio : (float, float) or None
        Smallest and largest recorded/law for the paper's two laws; None if the row is narrower, or
        ℓ1 stronger, than they are claimed for.
    curve_l1_ratio, curve_count_ratio : (float, float) or None
        The same for the universal curve, on its domain (t ≥ 5, λ√m ≤ 0.1, at least 10 weights on
        the curve); None if no time of the run lies there.
    follows_curve : bool or None
        Whether both stay within the scatter of a finite Gaussian row, 5 × 0.8/√m', and the bias
        1/m'. Not part of `holds`: a row need not be Gaussian.
    """

    holds: bool
    l1_disagreement: float
    l1_tolerance: float
    l1_worst_time: float
    count_disagreement: int
    clock_tolerance: float
    reason: str
    paper_l1_ratio: tuple[float, float] | None
    paper_count_ratio: tuple[float, float] | None
    curve_l1_ratio: tuple[float, float] | None
    curve_count_ratio: tuple[float, float] | None
    follows_curve: bool | None

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data, ready for `json.dumps`."""
        return asdict(self)

    def __str__(self) -> str:
        clock = f"±{self.clock_tolerance:.3g}"
        allowed = f"allowed {self.l1_tolerance:.2e} (relative), at t = {self.l1_worst_time:.6g}"
        lines: tuple[str, ...] = (
            f"{'HOLDS' if self.holds else 'FAILS':8} recorded run against the exact reduction",
            f"    ℓ1 norm     off by {self.l1_disagreement:.2e}, {allowed}",
            f"    count       {self.count_disagreement} outside the flow's range within {clock}",
            f"    tolerance   {self.reason}",
        )
        if self.paper_l1_ratio and self.paper_count_ratio:
            (low1, high1), (low2, high2) = self.paper_l1_ratio, self.paper_count_ratio
            lines += (
                f"    paper's law ‖w‖₁: recorded/law between {low1:.3f} and {high1:.3f}",
                f"    paper's law m': recorded/law between {low2:.3f} and {high2:.3f}",
            )
        if self.curve_l1_ratio and self.curve_count_ratio:
            (low1, high1), (low2, high2) = self.curve_l1_ratio, self.curve_count_ratio
            word = "followed" if self.follows_curve else "not followed: no Gaussian row?"
            lines += (
                f"    our curve   ‖w‖₁: recorded/curve between {low1:.3f} and {high1:.3f}",
                f"    our curve   m': recorded/curve between {low2:.3f} and {high2:.3f}; {word}",
            )
        return "\n".join(lines)


def _array(name: str, value: FloatArray, ndim: int) -> FloatArray:
    array = _checks.real_array(name, value)
    if array.ndim != ndim:
        words = "a single number" if ndim == 0 else "one-dimensional"
        raise _checks.refuse_value(name, f"shape {array.shape}", words)
    return array


def load_recorded(path: str | Path) -> RecordedRun:
    """Read and check a recorded run.

    Parameters
    ----------
    path : str or Path
        An ``.npz`` file with the arrays listed in `polytheory.recorded`.

    Returns
    -------
    RecordedRun

    Raises
    ------
    ValueError
        If the file cannot be read, holds a pickled object, or lacks an array, or if the arrays do
        not fit together.
    """
    data = _read(Path(path))
    missing = [name for name in _NEEDED if name not in data]
    if missing:
        came, allowed = f"no {', '.join(missing)}", f"one with the arrays {', '.join(_NEEDED)}"
        raise _checks.refuse_value("recorded file", came, allowed)
    time = _checks.increasing_times(_array("time", data["time"], 1), "time")
    run = RecordedRun(
        time=time,
        l1_norm=_array("l1_norm", data["l1_norm"], 1),
        nonzero_count=_array("nonzero_count", data["nonzero_count"], 1),
        initial_row=_checks.rows("initial_row", _array("initial_row", data["initial_row"], 1)),
        l1_strength=float(_checks.l1_strength(_array("l1_strength", data["l1_strength"], 0))),
        step=_step(data, float(time[-1])),
        resolution=_resolution(data["l1_norm"]),
    )
    for name in ("l1_norm", "nonzero_count"):
        series = getattr(run, name)
        if series.shape != time.shape:
            allowed = f"as long as time ({time.size})"
            raise _checks.refuse_value(name, f"{series.size} values", allowed)
        _checks.require(name, series, series >= 0, "non-negative")
    count, width = run.nonzero_count, run.initial_row.size
    possible = (count == np.floor(count)) & (count <= width)
    words = f"whole and at most {width}, the row's length"
    _checks.require("nonzero_count", count, possible, words)
    return run


def _resolution(stored: Any) -> float:
    return float(np.finfo(stored.dtype).eps) if stored.dtype.kind == "f" else 0.0


def _step(data: dict[str, Any], end: float) -> float | None:
    if "step" not in data:
        return None
    step = float(_array("step", data["step"], 0))
    if not 0.0 < step <= 1.0:
        raise _checks.refuse_value("step", f"{step:g}", "positive and at most 1: Euler is unstable")
    if end / step > _MAX_STEPS:
        allowed = f"at least time[-1]/{_MAX_STEPS:,} = {end / _MAX_STEPS:.3g}"
        raise _checks.refuse_value("step", f"{step:g}", allowed, "Judge a part of the run.")
    return step


def _read(path: Path) -> dict[str, Any]:
    what = "an .npz file of plain arrays"
    if not path.exists():
        raise _checks.refuse_value("recorded file", f"{path}, which does not exist", what)
    if not zipfile.is_zipfile(path):
        raise _checks.refuse_value("recorded file", f"{path}, not a complete .npz file", what)
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except UNREADABLE as problem:
        came = f"{path}, of which an array cannot be read ({problem})"
        hint = "Pickled objects are never loaded; store numeric arrays."
        raise _checks.refuse_value("recorded file", came, what, hint) from None


def judge_recorded(run: RecordedRun | str | Path) -> RecordedVerdict:
    """Judge a recorded run of one encoding against the exact reduction.

    Parameters
    ----------
    run : RecordedRun, str or Path
        The run, or the ``.npz`` file that holds it (see `polytheory.recorded`).

    Returns
    -------
    RecordedVerdict

    Raises
    ------
    ValueError
        As `load_recorded`.
    """
    if not isinstance(run, (RecordedRun, str, Path)):
        raise _checks.refuse_type("run", run, "a RecordedRun or the path of an .npz file")
    run = run if isinstance(run, RecordedRun) else load_recorded(run)
    flow = row_flow(run.initial_row, l1_strength=run.l1_strength, time=run.time)
    clock, relative, reason = _tolerances(run, flow.l1_norm)
    gap = np.abs(run.l1_norm - flow.l1_norm) / np.where(flow.l1_norm > 0, flow.l1_norm, 1.0)
    worst = int(np.argmax(gap / relative))
    outside = _outside(run, clock)
    paper_l1, paper_count = _against_paper(run)
    curve_l1, curve_count, follows = _against_curve(run)
    return RecordedVerdict(
        holds=bool((gap <= relative).all() and outside == 0),
        l1_disagreement=float(gap[worst]),
        l1_tolerance=float(relative[worst]),
        l1_worst_time=float(run.time[worst]),
        count_disagreement=outside,
        clock_tolerance=float(clock.max()),
        reason=reason,
        paper_l1_ratio=paper_l1,
        paper_count_ratio=paper_count,
        curve_l1_ratio=curve_l1,
        curve_count_ratio=curve_count,
        follows_curve=follows,
    )


#: Time by which a norm that did not start at 1 has relaxed to within e⁻¹⁰.
_RELAXATION_TIME = 5.0

Range = tuple[float, float]


def _against_paper(run: RecordedRun) -> tuple[Range | None, Range | None]:
    """Compare with the paper's two laws, for a row for which they are claimed."""
    given = {"n_neurons": run.initial_row.size, "l1_strength": run.l1_strength}
    if not sparsification.PAPER.contains(time=0.0, **given):
        return None, None
    laws = (sparsification.paper_l1_norm, sparsification.paper_nonzero_count)
    l1, count = (law(run.time, **given) for law in laws)
    return _range(run.l1_norm / l1), _range(run.nonzero_count / count)


def _against_curve(run: RecordedRun) -> tuple[Range | None, Range | None, bool | None]:
    """Compare with the universal curve inside its domain."""
    given = {"n_neurons": float(run.initial_row.size), "l1_strength": run.l1_strength}
    claims = sparsification.CURVE.contains
    inside = np.array(
        [t >= _RELAXATION_TIME and claims(time=float(t), **given) for t in run.time], bool
    )
    if not inside.any():
        return None, None, None
    curves = (sparsification.l1_norm, sparsification.nonzero_count)
    l1, count = (law(run.time[inside], **given) for law in curves)
    l1_ratio, count_ratio = run.l1_norm[inside] / l1, run.nonzero_count[inside] / count
    allowed = 5.0 * 0.8 / np.sqrt(count) + 1.0 / count + run.l1_strength * l1
    off = np.maximum(np.abs(l1_ratio - 1.0), np.abs(count_ratio - 1.0))
    return _range(l1_ratio), _range(count_ratio), bool((off <= allowed).all())


def _range(ratio: FloatArray) -> tuple[float, float]:
    return float(ratio.min()), float(ratio.max())


def _tolerances(run: RecordedRun, exact: FloatArray) -> tuple[FloatArray, FloatArray, str]:
    """Return, at each time, the clock error and the relative error of ‖w‖₁ to allow."""
    floor = _MIN_TOLERANCE + run.resolution
    if run.step is None:
        return 1e-6 * (1.0 + run.time), np.full(run.time.shape, floor), "no step: rounding only"
    euler, lag = euler_run(run, run.step)
    off = np.abs(euler - exact) / np.where(exact > 0, exact, 1.0)
    reason = f"{_EULER_SAFETY_FACTOR:g} × the error of forward Euler at step {run.step:g}, computed"
    # The start is given, not computed.
    relative = np.where(run.time > 0, _EULER_SAFETY_FACTOR * _nearby(off), 0.0) + floor
    return run.step + _EULER_SAFETY_FACTOR * _nearby(np.abs(lag)), relative, reason


def _nearby(error: FloatArray) -> FloatArray:
    """Return the maximum of each value and its neighbours.

    An error may pass through zero at one time; its neighbours show its size.
    """
    padded = np.pad(error, 1, mode="edge")
    return np.asarray(np.maximum.reduce([padded[:-2], error, padded[2:]]))


def _outside(run: RecordedRun, clock: FloatArray) -> int:
    """Return by how many weights m' leaves the flow's range, one clock error early to late."""
    early = np.maximum(run.time - clock, 0.0)
    late = run.time + clock
    instants, where = np.unique(np.concatenate([early, late]), return_inverse=True)
    counts = row_flow(run.initial_row, l1_strength=run.l1_strength, time=instants).nonzero_count
    most, least = np.split(counts[where], 2)
    # Each time is judged alone, because a run may be at either end of its own step.
    above, below = run.nonzero_count - most, least - run.nonzero_count
    return int(np.max(np.maximum(np.maximum(above, below), 0)))


def euler_run(run: RecordedRun, step: float) -> tuple[FloatArray, FloatArray]:
    """Run forward Euler in reduced form; return ‖w‖₁ and its lag behind the flow's clock.

    With x the largest weight and a the reach, every living weight is x (1 − d_k/a), and a step is
    w ← (1 + h(1 − N)) w − hλ for all of them.
    """
    shape = RowShape(np.abs(run.initial_row))
    lam = run.l1_strength
    x, a, now, index = shape.largest, 1.0, 0.0, 0
    l1, reach = np.zeros(run.time.size), np.zeros(run.time.size)
    while True:
        first, second = shape.scalar_sums(a)
        while index < run.time.size and run.time[index] <= now + 0.5 * step:
            l1[index], reach[index] = x * first / a, a
            index += 1
        if index == run.time.size:
            break
        growth = 1.0 + step * (1.0 - x * x * second / (a * a))
        magnification = x / a * growth
        x = x * growth - step * lam
        a = x / magnification
        now += step
        if x <= 0.0 or a <= 0.0:
            break
    return l1, _lag(run, shape, reach)


def _lag(run: RecordedRun, shape: RowShape, reach: FloatArray) -> FloatArray:
    """Return the lag in flow time, from that in slow time: dt ≈ dσ/λ on the slow manifold."""
    flow = row_flow(run.initial_row, l1_strength=run.l1_strength, time=run.time)
    tiny = np.finfo(float).tiny
    ours, exact = (shape.slow_time_at(np.maximum(each, tiny)) for each in (reach, flow.reach))
    both_alive = (reach > 0) & (flow.reach > 0) & (run.l1_strength > 0)
    return np.where(both_alive, (ours - exact) / max(run.l1_strength, tiny), 0.0)
