"""Judgement of recorded runs: of one encoding against the exact reduction, or of whole encodings.

A recorded run is an ``.npz`` file (never unpickled) or a table in ``.csv``. The how-to "Judge a
recorded run" has the two tables: the arrays of the format, and the methods with their tolerances.

The error of the stated method is computed, not guessed. A step of Euler's method maps all living
weights by the same affine function, so the reduction holds for it too, and its run costs two
scalars per step; other methods are run again with all weights.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

from polytheory import _checks
from polytheory.recorded._causes import likely_cause
from polytheory.recorded._compare import compare
from polytheory.recorded._encodings import History, cause_of_history, check_size, judge_history
from polytheory.recorded._format import ARRAYS, METHODS, Method
from polytheory.recorded._published import against_curve, against_paper
from polytheory.recorded._read import load_recorded
from polytheory.recorded._run import RecordedEncodings, RecordedRun, stated
from polytheory.recorded._verdict import RecordedVerdict

__all__ = [
    "ARRAYS",
    "METHODS",
    "History",
    "Method",
    "RecordedEncodings",
    "RecordedRun",
    "RecordedVerdict",
    "judge_recorded",
    "load_recorded",
]


def judge_recorded(
    run: RecordedRun | RecordedEncodings | str | Path,
    *,
    method: str | None = None,
    step: float | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    tolerance: float | None = None,
) -> RecordedVerdict:
    """Judge a recorded run, or a batch of them, against the flow.

    Runs of one encoding are compared with the exact reduction, histories of whole encodings with
    the full flow. If a run fails, known mistakes are tried, and the one that explains it is named
    as the likely cause; the verdict stays.

    Parameters
    ----------
    run : RecordedRun, RecordedEncodings, str or Path
        The run, or the file that holds it (see `load_recorded`).
    method : str, optional
        How the run was made, instead of what the file says: a key of `METHODS`.
    step : float, optional
        The step of a method with fixed steps, at most 1.
    rtol, atol : float, optional
        The tolerances of an adaptive method; `atol` is rtol/1000 by default.
    tolerance : float, optional
        Relative error of ‖w‖₁ to allow, instead of that of the method; for whole encodings, the
        error of a weight in one interval.

    Returns
    -------
    RecordedVerdict

    Raises
    ------
    ValueError, TypeError
        As `load_recorded`; also if a method is unknown, or lacks its step or rtol, or if the step
        is so long that the method diverges.

    Examples
    --------
    >>> import numpy as np
    >>> from polytheory import judge_recorded, row_flow
    >>> from polytheory.recorded import RecordedRun
    >>> run = row_flow([0.5, -0.4, 0.1], l1_strength=0.05, time=[0.0, 5.0, 100.0])
    >>> rounded = RecordedRun(
    ...     run.time, run.l1_norm.round(6), run.nonzero_count, run.initial_row, 0.05
    ... )
    >>> judge_recorded(rounded).holds, judge_recorded(rounded, tolerance=1e-5).holds
    (False, True)
    """
    if not isinstance(run, (RecordedRun, RecordedEncodings, str, Path)):
        raise _checks.refuse_type("run", run, "a RecordedRun or the path of an .npz or .csv file")
    loaded = load_recorded(run) if isinstance(run, (str, Path)) else run
    said = {"method": method, "step": step, "rtol": rtol, "atol": atol, "tolerance": tolerance}
    if isinstance(loaded, RecordedEncodings):
        return _judge_encodings(stated(loaded, **said))
    return _judge_rows(stated(loaded, **said))


def _judge_rows(run: RecordedRun) -> RecordedVerdict:
    verdicts = [_judge_row(each) for each in run.batch]
    paper_l1, paper_count = against_paper(run)
    curve_l1, curve_count, follows = against_curve(run)
    return replace(
        _together(verdicts) if run.initial_row.ndim == 2 else verdicts[0],
        paper_l1_ratio=paper_l1,
        paper_count_ratio=paper_count,
        curve_l1_ratio=curve_l1,
        curve_count_ratio=curve_count,
        follows_curve=follows,
    )


def _judge_row(run: RecordedRun) -> RecordedVerdict:
    found = compare(run)
    worst = found.worst
    return RecordedVerdict(
        holds=found.holds,
        l1_disagreement=float(found.gap[worst]),
        l1_tolerance=float(found.allowed.relative[worst]),
        l1_worst_time=float(run.time[worst]),
        count_disagreement=found.outside,
        clock_tolerance=float(found.allowed.clock.max()),
        reason=found.allowed.reason,
        method=str(run.method),
        likely_cause=likely_cause(run, found),
    )


def _judge_encodings(run: RecordedEncodings) -> RecordedVerdict:
    check_size(run)
    verdicts = []
    for each in run.batch:
        history = judge_history(each)
        failed = history.decided and not history.holds
        verdicts.append(
            RecordedVerdict(
                holds=history.holds,
                l1_disagreement=0.0,
                l1_tolerance=0.0,
                l1_worst_time=0.0,
                count_disagreement=0,
                clock_tolerance=0.0,
                reason=history.reason,
                method=str(run.method),
                likely_cause=cause_of_history(each, history) if failed else None,
                history=history,
            )
        )
    return _together(verdicts) if run.W.ndim == 4 else verdicts[0]


def _together(runs: list[RecordedVerdict]) -> RecordedVerdict:
    """Return the verdict on a batch: the numbers of its worst run, and the most frequent cause."""

    def badness(each: RecordedVerdict) -> tuple[bool, float, int]:
        off, limit = each.l1_disagreement, each.l1_tolerance
        if each.history:
            off, limit = each.history.weight_disagreement, each.history.weight_tolerance
        return not each.holds, off / limit, each.count_disagreement

    causes = Counter(each.likely_cause for each in runs if each.likely_cause)
    return replace(
        max(runs, key=badness),
        holds=all(each.holds for each in runs),
        likely_cause=causes.most_common(1)[0][0] if causes else None,
        runs=tuple(runs),
    )
