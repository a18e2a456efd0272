"""Recorded histories of whole encodings against the full flow.

Each interval between two records is judged by itself: the flow starts from the first and has to
reach the second. Over a whole run the competition between features amplifies every error, so a
faithful run may end elsewhere than the flow; over one interval it has to follow.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from polytheory import _checks
from polytheory._checks import FloatArray
from polytheory.flow.simulate import simulate
from polytheory.model import ToyModel
from polytheory.notation import GRADIENT_FACTOR
from polytheory.observables import carriers
from polytheory.recorded._causes import unit_words
from polytheory.recorded._methods import states
from polytheory.recorded._run import RecordedEncodings
from polytheory.recorded._tolerances import (
    ADAPTIVE_SAFETY_FACTOR,
    FIXED_SAFETY_FACTOR,
    MIN_TOLERANCE,
    nearby,
    repeated,
)

#: Tolerance of the flow to compare with, and of a second run that shows its error.
_RTOL, _COARSE_RTOL = 1e-6, 1e-5
#: A feature whose weights may be off by this much competes too closely to be judged.
_CLOSE = 0.1
#: Steps that are tried, and by how much such a guess has to make the difference smaller.
_STEPS = (0.5, 0.2, 0.1, 0.05, 0.02, 0.01)
_GUESSED = 0.01


@dataclass(frozen=True)
class History:
    """The judgement of a history of whole encodings, interval by interval.

    Attributes
    ----------
    weight_disagreement, weight_tolerance : float
        Difference of a weight at the end of an interval, largest in units of its tolerance, and
        that tolerance.
    worst_time, worst_feature : float, int
        Where that is.
    judged, close : int
        Features × intervals that were judged, and those in which a feature competes so closely
        that the error of the method itself moves a weight by more than 0.1.
    features_off : int
        Features that leave their tolerance in some interval.
    carriers_elsewhere : int
        Features that the flow from the first record leaves on another neuron at the end. Not part
        of the verdict: close competition amplifies every error.
    reason : str
        Where the tolerance comes from.
    """

    weight_disagreement: float
    weight_tolerance: float
    worst_time: float
    worst_feature: int
    judged: int
    close: int
    features_off: int
    carriers_elsewhere: int
    reason: str

    @property
    def decided(self) -> bool:
        """Whether at least half of the features × intervals could be judged."""
        return self.judged >= self.close

    @property
    def holds(self) -> bool:
        return self.decided and self.features_off == 0

    def lines(self) -> list[str]:
        """Return the lines of the report."""
        off, limit = self.weight_disagreement, self.weight_tolerance
        where = f"feature {self.worst_feature}, interval to t = {self.worst_time:.6g}"
        elsewhere = self.carriers_elsewhere
        total = self.judged + self.close
        return [
            f"    weights     off by {off:.2e}, allowed {limit:.2e}: {where}",
            f"    features    {self.features_off} off in some interval",
            f"    competition too close to judge in {self.close} of {total} features × intervals",
            f"    at the end  {elsewhere} features elsewhere than in the flow from the start",
            f"    tolerance   {self.reason}",
        ]


def judge_history(run: RecordedEncodings) -> History:
    """Judge a history (T, n, m) of one instance."""
    model = ToyModel(*run.W.shape[1:], l1_strength=run.l1_strength)
    exact, error = _flows(run, model)
    gap = _largest(run.W[1:] - exact)
    limit = _allowed(run, model, exact, error)
    close = limit > _CLOSE
    ratio = np.where(close, 0.0, gap / limit)
    when, feature = np.unravel_index(int(np.argmax(ratio)), ratio.shape)
    return History(
        weight_disagreement=float(gap[when, feature]),
        weight_tolerance=float(limit[when, feature]),
        worst_time=float(run.time[when + 1]),
        worst_feature=int(feature),
        judged=int((~close).sum()),
        close=int(close.sum()),
        features_off=int((ratio > 1.0).any(axis=0).sum()),
        carriers_elsewhere=_elsewhere(run, model),
        reason=_reason(run),
    )


def cause_of_history(run: RecordedEncodings, found: History) -> str | None:
    """Return in words why a history is off, or None if nothing that is known fits."""
    worst = int(np.searchsorted(run.time, found.worst_time)) - 1
    part = replace(run, time=run.time[worst : worst + 3], W=run.W[worst : worst + 3])
    off = found.weight_disagreement
    for method, step in _methods(run):
        with suppress(ValueError):  # the step is too short to be followed, or diverges
            if _reproduced(part, method, step) <= _GUESSED * off:
                return f"made by another method; state method = {method!r}, step = {step:g}"
    for words, reading in _readings(part):
        with suppress(ValueError):  # a step too long for this reading
            if judge_history(reading).holds:
                return words
    return None


def _methods(run: RecordedEncodings) -> Iterator[tuple[str, float]]:
    steps = (run.step,) if run.step is not None else ()
    for step in (*steps, *_STEPS):
        for method in ("euler", "proximal", "subgradient", "rk4"):
            yield method, step


def _reproduced(run: RecordedEncodings, method: str, step: float) -> float:
    """Return by how much a method misses the end of the first interval."""
    model = ToyModel(*run.W.shape[1:], l1_strength=run.l1_strength)
    how: Any = {"l1_strength": run.l1_strength, "method": method, "step": step}
    end = next(states(model.smooth_force, run.W[0], time=np.diff(run.time[:2]), **how))
    return float(np.abs(end - run.W[1]).max())


def _readings(run: RecordedEncodings) -> Iterator[tuple[str, RecordedEncodings]]:
    for factor in (1.0 / GRADIENT_FACTOR, 0.5, 2.0, GRADIENT_FACTOR):
        strength, time = run.l1_strength * factor, run.time * factor
        step = None if run.step is None else min(run.step * factor, 1.0)
        longer = replace(run, time=time, step=step)
        yield unit_words(factor, 1.0), replace(run, l1_strength=strength)
        yield unit_words(1.0, factor), longer
        words = unit_words(1.0 / factor, factor)
        yield words, replace(longer, l1_strength=run.l1_strength / factor)
    if bool((np.float32(run.W) == run.W).all()):
        rounding = float(np.finfo(np.float32).eps) * 100.0
        yield "single precision (float32)", replace(run, resolution=max(run.resolution, rounding))


def _intervals(run: RecordedEncodings) -> Iterator[tuple[FloatArray, float]]:
    """Yield the first record of each interval, and its length."""
    yield from zip(run.W[:-1], np.diff(run.time).tolist(), strict=True)


def _flows(run: RecordedEncodings, model: ToyModel) -> tuple[FloatArray, FloatArray]:
    """Return the flow at the end of each interval, from its start, and the error of each row."""
    found = [_flow(model, start, duration) for start, duration in _intervals(run)]
    exact, error = map(np.array, zip(*found, strict=True))
    return exact, error


def _flow(model: ToyModel, start: FloatArray, duration: float) -> tuple[FloatArray, FloatArray]:
    """Return the encodings after a time, and the error of each row.

    The error of the finer run is below the difference of the two, but chance may make that of one
    row small. In 24 intervals of 6 runs the error was at most 0.34 of this.
    """
    fine, coarse = (
        np.asarray(simulate(model, start, until=duration, rtol=rtol, atol=1e-3 * rtol).final)
        for rtol in (_RTOL, _COARSE_RTOL)
    )
    return fine, _with_most(_largest(fine - coarse))


def _largest(difference: FloatArray) -> FloatArray:
    """Return the largest weight of each row."""
    return np.asarray(np.abs(difference).max(axis=-1))


def _with_most(error: FloatArray) -> FloatArray:
    """Add to the error of each row, in the last axis, that of most rows."""
    return np.asarray(error + np.quantile(error, 0.9, axis=-1, keepdims=True))


def _allowed(
    run: RecordedEncodings, model: ToyModel, exact: FloatArray, error: FloatArray
) -> FloatArray:
    """Return by how much the weights of each row may be off at the end of each interval."""
    floor = error + MIN_TOLERANCE + run.resolution
    if run.tolerance is not None:
        return np.maximum(floor, run.tolerance)
    if run.rule.fixed:
        return np.asarray(FIXED_SAFETY_FACTOR * _of_fixed(run, model, exact) + floor)
    if run.rule.adaptive:
        assert run.rtol is not None
        return np.asarray(ADAPTIVE_SAFETY_FACTOR * _of_adaptive(run, model) + run.rtol + floor)
    return floor


def _of_fixed(run: RecordedEncodings, model: ToyModel, exact: FloatArray) -> FloatArray:
    """Return the error of each row with fixed steps, by interval."""
    force = model.smooth_force
    ends = [
        next(repeated(run, force, start, np.array([duration])))
        for start, duration in _intervals(run)
    ]
    return _largest(np.array(ends) - exact)


def _of_adaptive(run: RecordedEncodings, model: ToyModel) -> FloatArray:
    """Return the error of each row with adaptive steps, by interval.

    It is that of a run from the first record. One from each record would begin with short steps,
    where those of the recorded run may be longer than an interval. Another implementation has its
    steps elsewhere, so an error may fall into a neighbouring interval.
    """
    own = np.array(list(repeated(run, model.smooth_force, run.W[0], run.time - run.time[0])))
    exact, _ = _flows(replace(run, W=own), model)
    return _with_most(nearby(_largest(own[1:] - exact)))


def _reason(run: RecordedEncodings) -> str:
    flow = f"error of the flow at rtol {_RTOL:g}, measured"
    if run.tolerance is not None:
        return f"{run.tolerance:g} in each interval, as stated, or the {flow}"
    if run.rule.fixed:
        how = f"{run.method} at step {run.step:g}"
        return f"{FIXED_SAFETY_FACTOR:g} × the error of {how} in each interval, measured; {flow}"
    if run.rule.adaptive:
        how = f"{run.method} at rtol {run.rtol:g}"
        return f"{ADAPTIVE_SAFETY_FACTOR:g} × the error of {how} in each interval, measured; {flow}"
    return f"no step: rounding, and the {flow}"


def _elsewhere(run: RecordedEncodings, model: ToyModel) -> int:
    end = float(run.time[-1] - run.time[0])
    final = simulate(model, run.W[0], until=end, rtol=_RTOL, atol=1e-3 * _RTOL).final
    ours, theirs = (carriers(W, carrier_rule="share") for W in (final, run.W[-1]))
    return int((ours != theirs).sum())


def check_size(run: RecordedEncodings) -> None:
    """Raise if the encodings are more than the flow can follow in reasonable time."""
    _checks.within("W", run.W, 1e3)  # that of `simulate`
