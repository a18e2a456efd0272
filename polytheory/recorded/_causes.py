"""The likely cause of a run that is off: alternatives are tried, and the one that fits is named.

An alternative fits if the run, read in that way, is within the tolerance of its method and nearer
to what that method records. Of several the one is named that reproduces the record best. Only the
beginning of a run is tried, a little further than where it is first off.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from polytheory._checks import FloatArray
from polytheory.flow.row import row_flow
from polytheory.notation import GRADIENT_FACTOR
from polytheory.recorded._compare import Comparison, compare, outside
from polytheory.recorded._methods import row_force, states
from polytheory.recorded._run import RecordedRun
from polytheory.recorded._tolerances import CHATTER_OVER_ATOL, own_norm, relative_gap


@dataclass(frozen=True)
class Reading:
    """Another way to read a record: in words, as a run, and how much nearer it has to be."""

    words: str
    run: RecordedRun
    better: float = 0.1


#: Alternatives are compared on the beginning of a run, up to this many steps ...
_STEPS = 500
#: ... and weights times steps, if all weights have to be followed.
_WORK = 5e6
#: ... and on so many records of it.
_RECORDS = 12
#: Records after the first that is off: one by itself fits many readings.
_MORE = 4
#: Of readings in other units those are tried that bring the flow nearer by this factor.
_NEARER = 0.5
#: A step that is guessed has to make the difference smaller by this factor: two numbers that can be
#: chosen, method and step, fit much.
_GUESSED = 0.01
#: A larger difference is not the error of an adaptive solver at any usual tolerance.
_ADAPTIVE_ERROR = 0.02
#: A reading that makes it smaller by this factor is taken at once.
_SAME = 1e-4
_FACTORS = (1.0 / GRADIENT_FACTOR, 0.5, 2.0, GRADIENT_FACTOR)
_LEARNING_RATES = (0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)


def likely_cause(run: RecordedRun, found: Comparison) -> str | None:
    """Return in words why a run of one row is off, or None if nothing that is known fits."""
    if found.holds:
        return None
    if found.norm_fits:
        return _cause_of_count(run, found)
    spacing = float(np.diff(run.time).min()) if run.time.size > 1 else 0.0
    part = compare(_beginning(run, found))
    off = float(part.gap.max())
    fits = []
    for reading in _readings(part, spacing):
        with suppress(ValueError):  # a step too long or too short for this reading
            words, left = _fit(reading, part)
            if words and left <= _SAME * off:
                return words
            if words:
                fits.append((left, words))
    fits += _other_quantities(part)
    return min(fits)[1] if fits else None


def _fit(reading: Reading, part: Comparison) -> tuple[str | None, float]:
    """Return words if a reading fits, and the difference from what its method would record."""
    same = _same_flow(reading.run, part.run)
    tried = compare(reading.run, part.flow if same else None)
    left = float(relative_gap(reading.run.l1_norm, tried.allowed.own).max())
    # The tolerance of a long step excuses much; a reading has to reproduce the record, too.
    if not tried.norm_fits or left > reading.better * float(part.gap.max()):
        return None, left
    count = "" if tried.holds else _cause_of_count(reading.run, tried)
    return None if count is None else "; ".join(filter(None, (reading.words, count))), left


def _same_flow(one: RecordedRun, other: RecordedRun) -> bool:
    return one.l1_strength == other.l1_strength and np.array_equal(one.time, other.time)


def _beginning(run: RecordedRun, found: Comparison) -> RecordedRun:
    """Return a few records: up to where the run is off, and as far as is quick to follow."""
    off = int(np.argmax(found.gap > found.allowed.relative)) + 1
    quick = int(np.searchsorted(run.time, _STEPS * (run.step or 0.1), side="right"))
    last = min(max(off + _MORE, quick), run.time.size) - 1
    few = np.linspace(0, last, min(last + 1, _RECORDS)).round().astype(int)
    return _chosen(run, np.union1d(few, off - 1))


def _chosen(run: RecordedRun, which: Any) -> RecordedRun:
    """Return the run with some of its records."""
    norm, alive = run.l1_norm[which], run.nonzero_count[which]
    return replace(run, time=run.time[which], l1_norm=norm, nonzero_count=alive)


def _readings(part: Comparison, spacing: float) -> Iterator[Reading]:
    run = part.run
    yield from _other_units(part)
    yield from _shifted(run, spacing)
    yield from _steps_for_times(run)
    yield from _other_methods(run)
    yield from _other_step(part, spacing)
    yield from _adaptive(part)
    yield from _single_precision(run)


def _other_units(part: Comparison) -> Iterator[Reading]:
    run, before = part.run, float(part.gap.max())
    rtol = min(max(0.01 * before, 1e-9), 1e-4)  # enough to see a difference of half as much
    for strength in (1.0, *_FACTORS, 0.0):
        for clock in (1.0, *_FACTORS):
            lam, time = run.l1_strength * strength, run.time * clock
            if lam == run.l1_strength and clock == 1.0:
                continue
            flow = row_flow(run.initial_row, l1_strength=lam, time=time, rtol=rtol)
            if relative_gap(run.l1_norm, flow.l1_norm).max() > _NEARER * before:
                continue
            words = unit_words(strength, clock)
            step = None if run.step is None else run.step * clock
            if step is not None and step <= 1.0:
                yield Reading(words, replace(run, l1_strength=lam, time=time, step=step))
            if clock != 1.0 or step is None:
                yield Reading(words, replace(run, l1_strength=lam, time=time))


def unit_words(strength: float, clock: float) -> str:
    """Return words for a reading in which λ and time are multiplied by factors."""
    parts = []
    if strength == 0.0:
        parts.append("no ℓ1 penalty was applied: λ = 0 fits")
    elif strength == 1.0 / GRADIENT_FACTOR:
        parts.append("l1_strength is in loss units, 4 times those of the flow: λ/4 fits")
    elif strength != 1.0:
        parts.append(f"l1_strength is in other units: {strength:g} λ fits")
    if clock == GRADIENT_FACTOR:
        parts.append("time is learning rate × steps of the published loss: 4 × time fits")
    elif clock != 1.0:
        parts.append(f"time is in other units: {clock:g} × time fits")
    return "; ".join(parts)


def _shifted(run: RecordedRun, spacing: float) -> Iterator[Reading]:
    shifts = {run.step or 0.0: "one step"}
    shifts.setdefault(spacing, "one record")
    for by, words in shifts.items():
        if by > 0.0:
            late = f"recorded {words} late: time + {by:g} fits"
            yield Reading(late, replace(run, time=run.time + by))
        if 0.0 < by < run.time[-1]:
            kept = _chosen(run, run.time >= by)
            early = f"recorded {words} early: time − {by:g} fits"
            yield Reading(early, replace(kept, time=kept.time - by))


def _steps_for_times(run: RecordedRun) -> Iterator[Reading]:
    words = "time counts steps: the learning rate (step) was forgotten: {:g} × time fits"
    whole = bool((run.time == np.floor(run.time)).all())
    rates = (run.step,) if run.step is not None else _LEARNING_RATES if whole else ()
    for rate in rates:
        for factor in (1.0, GRADIENT_FACTOR):
            by = rate * factor
            if by < 1.0:
                method = run.method if run.rule.fixed else "euler"
                shorter = replace(run, time=run.time * by, step=by, method=method)
                yield Reading(words.format(by), shorter)


def _other_methods(run: RecordedRun) -> Iterator[Reading]:
    if run.step is None:
        return
    words = {
        "euler": "forward Euler with clipping",
        "subgradient": "subgradient without clipping: dead weights chatter by up to step × λ = "
        f"{run.step * run.l1_strength:.3g} around zero",
        "rk4": "the Runge–Kutta method of order 4",
    }
    for method, what in words.items():
        short = _affordable(run) if method != "euler" else run
        if method != run.method and short is not None:
            said = f"{what}; state method = {method!r}"
            yield Reading(said, replace(short, method=method, tolerance=None))


def _affordable(run: RecordedRun) -> RecordedRun | None:
    """Return the beginning of a run that can be followed with all weights."""
    assert run.step is not None
    quick = _WORK * run.step / run.initial_row.size
    count = int(np.searchsorted(run.time, quick, side="right"))
    return _chosen(run, slice(count)) if count > 2 else None


def _other_step(part: Comparison, spacing: float) -> Iterator[Reading]:
    """Yield Euler's method at the steps at which its error, of first order, is that of the run."""
    run = part.run
    if not spacing or run.rule.adaptive:
        return
    names = {"euler": "forward Euler", "subgradient": "subgradient Euler without clipping"}
    for method, name in names.items():
        likely = None
        with suppress(ValueError):  # it diverges from this start
            likely = _estimate(part, min(1.0, spacing, run.step or 1.0), method)
        for step in _near(likely, spacing) if likely else ():
            words = f"{name} at a step of about {step:.3g}; state method = {method!r} and that step"
            if step != run.step:
                reading = replace(run, method=method, step=step, tolerance=None)
                yield Reading(words, reading, _GUESSED)


def _near(likely: float, spacing: float) -> list[float]:
    """Return steps near a likely one that are round, or of which the records are a multiple."""
    decade = 10.0 ** math.floor(math.log10(likely))
    round_ones = [f * decade for f in (0.5, 1.0, 2.0, 2.5, 5.0, 10.0, 20.0)]
    near = [each for each in round_ones if likely / 2.5 <= each <= 2.5 * likely]
    return [each for each in (*near, spacing / max(1, round(spacing / likely))) if each <= 1.0]


def _estimate(part: Comparison, step: float, method: str) -> float | None:
    """Return the step at which the error of a method is as large as the difference of the run."""
    run, off = part.run, float(part.gap.max())
    shortest = float(run.time[-1]) / (10 * _STEPS)
    if method == "subgradient":
        shortest = max(shortest, run.initial_row.size * float(run.time[-1]) / _WORK)
    for _ in range(4):
        trial = replace(run, method=method, step=step, tolerance=None)
        error = float(relative_gap(own_norm(trial), part.flow.l1_norm).max())
        if not 0.0 < error < np.inf:
            return None
        step = min(max(step * off / error, shortest), 1.0)
    return step


def _adaptive(part: Comparison) -> Iterator[Reading]:
    run = part.run
    if run.rule.fixed or part.gap.max() > _ADAPTIVE_ERROR:
        return
    for decade in range(-9, -2):
        rtol = 10.0**decade
        words = (
            f"an adaptive solver with rtol of about {rtol:.0e}; state its method and rtol, such as "
            f"method = 'rk45', rtol = {rtol:.0e}, or a tolerance"
        )
        reading = replace(run, method="rk45", rtol=rtol, atol=None, tolerance=None)
        with suppress(ValueError):  # too many evaluations
            if compare(reading, part.flow).holds:
                yield Reading(words, reading, math.inf)
                return


def _single_precision(run: RecordedRun) -> Iterator[Reading]:
    if not bool((np.float32(run.initial_row) == run.initial_row).all()):
        return
    steps = float(run.time[-1]) / (run.step or 1.0)
    rounding = float(np.finfo(np.float32).eps) * (1.0 + steps**0.5)
    words = "computed in single precision (float32); use float64, or state tolerance = {:.0e}"
    reading = replace(run, resolution=max(run.resolution, rounding))
    yield Reading(words.format(rounding), reading, math.inf)


def _other_quantities(part: Comparison) -> list[tuple[float, str]]:
    """Return what else the series could be, from the weights of the flow or of another one."""
    run, flow = part.run, part.flow
    signed = (flow.weights(k).sum() for k in range(run.time.size))
    quantities = {
        "l1_norm is the sum of w, not of |w|": np.array(list(signed)),
        "l1_norm is the mean of |w|, not the sum": flow.l1_norm / run.initial_row.size,
        "l1_norm is ‖w‖₂, not ‖w‖₁": np.sqrt(flow.squared_norm),
        "l1_norm is ‖w‖₂², not ‖w‖₁": flow.squared_norm,
        "the penalty has the wrong sign: −λ fits": _growing(run),
    }
    allowed = part.allowed.relative
    fits = []
    for words, series in quantities.items():
        gap = relative_gap(run.l1_norm, np.abs(series))
        if (gap <= np.maximum(allowed, allowed[-1])).all():
            fits.append((float(gap.max()), words))
    return fits


def _growing(run: RecordedRun) -> FloatArray:
    """Return ‖w‖₁ under a penalty of the wrong sign, by the run's own steps."""
    how: dict[str, Any] = {"method": "rk45", "rtol": 1e-9, "atol": 1e-12}
    if run.rule.fixed:
        how = {"method": "euler", "step": run.step}
    if run.initial_row.size * run.time[-1] / (run.step or 0.1) > _WORK:
        return np.zeros_like(run.l1_norm)
    how["l1_strength"] = -run.l1_strength
    try:
        found = list(states(row_force, run.initial_row, time=run.time, **how))
    except ValueError:  # it diverges from this start
        return np.zeros_like(run.l1_norm)
    return np.array([np.abs(w).sum() for w in found])


def _cause_of_count(run: RecordedRun, found: Comparison) -> str | None:
    """Return why the counts are off where the norm fits, or None."""
    if (run.nonzero_count >= found.flow.nonzero_count).all():
        above = "step × λ" if run.rule.fixed else f"{CHATTER_OVER_ATOL:g} × atol of the solver"
        return f"nonzero_count counts dead weights that stay near zero; count |w| > {above}"
    for decade in range(-12, 0):
        threshold = 10.0**decade
        if outside(run, found.allowed.clock, threshold) == 0:
            return f"nonzero_count counts |w| > {threshold:.0e}, not |w| > 0"
    return None
