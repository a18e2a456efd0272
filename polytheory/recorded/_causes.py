"""The likely cause of a run that is off: alternatives are tried, and the one that fits is named.

An alternative fits if the run, read in that way, is within the tolerance of its method. Of several
the one is named that reproduces the record best.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import numpy as np

from polytheory._checks import FloatArray
from polytheory.flow.row import row_flow
from polytheory.notation import GRADIENT_FACTOR
from polytheory.recorded._compare import Comparison, compare, outside
from polytheory.recorded._methods import row_force, states
from polytheory.recorded._run import RecordedRun
from polytheory.recorded._tolerances import relative_gap

#: What is tried: a reading of the record, with the words for it.
Reading = tuple[str, RecordedRun]

#: Alternatives are compared on the beginning of a run, up to this many steps ...
_STEPS = 2000
#: ... and weights times steps, if all weights have to be followed.
_WORK = 2e7
#: A reading has to make the difference smaller by this factor.
_BETTER = 0.5
#: A larger difference is not the error of an adaptive solver at any usual tolerance.
_ADAPTIVE_ERROR = 0.02
_FACTORS = (1.0 / GRADIENT_FACTOR, 0.5, 2.0, GRADIENT_FACTOR)
_LEARNING_RATES = (0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)


def likely_cause(run: RecordedRun, found: Comparison) -> str | None:
    """Return in words why a run of one row is off, or None if nothing that is known fits."""
    if found.holds:
        return None
    if found.norm_fits:
        return _cause_of_count(run, found)
    part = _beginning(run, found)
    fits = []
    for words, reading in _readings(part, found):
        try:
            tried = compare(reading)
        except ValueError:  # a step too long or too short for this reading
            continue
        # The tolerance of a long step excuses much; a reading has to reproduce the record, too.
        left = float(relative_gap(reading.l1_norm, tried.allowed.own).max())
        wider = reading.rule.adaptive or reading.resolution > run.resolution
        if tried.holds and (wider or left <= _BETTER * float(found.gap.max())):
            fits.append((left, words))
    fits += _other_quantities(part)
    return min(fits)[1] if fits else None


def _beginning(run: RecordedRun, found: Comparison) -> RecordedRun:
    """Return the run up to where it is off, and as much longer as is quick to follow."""
    off = int(np.argmax(found.gap > found.allowed.relative)) + 1
    quick = int(np.searchsorted(run.time, _STEPS * (run.step or 0.1), side="right"))
    return _cut(run, max(off, quick))


def _cut(run: RecordedRun, count: int) -> RecordedRun:
    norm, alive = run.l1_norm[:count], run.nonzero_count[:count]
    return replace(run, time=run.time[:count], l1_norm=norm, nonzero_count=alive)


def _readings(run: RecordedRun, found: Comparison) -> Iterator[Reading]:
    yield from _other_units(run, found)
    yield from _shifted(run)
    yield from _steps_for_times(run)
    yield from _other_methods(run)
    yield from _other_step(run)
    yield from _adaptive(run, found)
    yield from _single_precision(run)


def _other_units(run: RecordedRun, found: Comparison) -> Iterator[Reading]:
    before = float(found.gap[: run.time.size].max())
    for strength in (1.0, *_FACTORS, 0.0):
        for clock in (1.0, *_FACTORS):
            lam, time = run.l1_strength * strength, run.time * clock
            if lam == run.l1_strength and clock == 1.0:
                continue
            flow = row_flow(run.initial_row, l1_strength=lam, time=time)
            if relative_gap(run.l1_norm, flow.l1_norm).max() > _BETTER * before:
                continue
            words = _unit_words(strength, clock)
            step = None if run.step is None else run.step * clock
            if step is not None and step <= 1.0:
                yield words, replace(run, l1_strength=lam, time=time, step=step)
            if clock != 1.0 or step is None:
                yield words, replace(run, l1_strength=lam, time=time)


def _unit_words(strength: float, clock: float) -> str:
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


def _shifted(run: RecordedRun) -> Iterator[Reading]:
    steps = {} if run.step is None else {"one step": run.step}
    if run.time.size > 1:
        steps["one record"] = float(np.diff(run.time).min())
    for words, by in steps.items():
        yield f"recorded {words} late: time + {by:g} fits", replace(run, time=run.time + by)
        if run.time[-1] > by:
            inside = run.time >= by
            early = replace(
                run,
                time=run.time[inside] - by,
                l1_norm=run.l1_norm[inside],
                nonzero_count=run.nonzero_count[inside],
            )
            yield f"recorded {words} early: time − {by:g} fits", early


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
                yield words.format(by), shorter


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
            yield (
                f"{what}; state method = {method!r}",
                replace(short, method=method, tolerance=None),
            )


def _affordable(run: RecordedRun) -> RecordedRun | None:
    """Return the beginning of a run that can be followed with all weights."""
    assert run.step is not None
    quick = _WORK * run.step / run.initial_row.size
    count = int(np.searchsorted(run.time, quick, side="right"))
    return _cut(run, count) if count > 2 else None


def _other_step(run: RecordedRun) -> Iterator[Reading]:
    """Yield forward Euler at the step at which its error, of first order, is that of the run."""
    if run.time.size < 2 or run.method not in ("exact", "euler"):
        return
    spacing = float(np.diff(run.time).min())
    # Times that are whole multiples of a step: so many steps from one time to the next.
    steps = {max(1, round(spacing / each)) for each in _estimates(run, spacing)}
    for count in sorted({max(1, each + by) for each in steps for by in (-1, 0, 1)}):
        step = spacing / count
        if step <= 1.0 and run.time[-1] / step <= 10 * _STEPS and step != run.step:
            words = f"forward Euler at a step of about {step:.3g}; state that step"
            yield words, replace(run, method="euler", step=step, tolerance=None)


def _estimates(run: RecordedRun, spacing: float) -> Iterator[float]:
    step = min(1.0, spacing, run.step or 1.0)
    for _ in range(3):
        if run.time[-1] / step > 10 * _STEPS:
            return
        trial = compare(replace(run, method="euler", step=step, tolerance=None))
        error = float(relative_gap(trial.allowed.own, trial.flow.l1_norm).max())
        if not 0.0 < error < np.inf:
            return
        step = min(step * float(trial.gap.max()) / error, 1.0)
        if step <= 0.0:
            return
        yield step


def _adaptive(run: RecordedRun, found: Comparison) -> Iterator[Reading]:
    if run.rule.fixed or found.gap.max() > _ADAPTIVE_ERROR:
        return
    for decade in range(-9, -2):
        rtol = 10.0**decade
        words = (
            f"an adaptive solver with rtol of about {rtol:.0e}; state its method and rtol, such as "
            f"method = 'rk45', rtol = {rtol:.0e}, or a tolerance"
        )
        reading = replace(run, method="rk45", rtol=rtol, atol=None, tolerance=None)
        with suppress(ValueError):  # too many evaluations
            if compare(reading).holds:
                yield words, reading
                return


def _single_precision(run: RecordedRun) -> Iterator[Reading]:
    if not bool((np.float32(run.initial_row) == run.initial_row).all()):
        return
    steps = float(run.time[-1]) / (run.step or 1.0)
    rounding = float(np.finfo(np.float32).eps) * (1.0 + steps**0.5)
    words = "computed in single precision (float32); use float64, or state tolerance = {:.0e}"
    yield words.format(rounding), replace(run, resolution=max(run.resolution, rounding))


def _other_quantities(run: RecordedRun) -> list[tuple[float, str]]:
    """Return what else the series could be, from the weights of the flow or of another one."""
    flow = row_flow(run.initial_row, l1_strength=run.l1_strength, time=run.time)
    signed = (flow.weights(k).sum() for k in range(run.time.size))
    quantities = {
        "l1_norm is the sum of w, not of |w|": np.array(list(signed)),
        "l1_norm is the mean of |w|, not the sum": flow.l1_norm / run.initial_row.size,
        "l1_norm is ‖w‖₂, not ‖w‖₁": np.sqrt(flow.squared_norm),
        "l1_norm is ‖w‖₂², not ‖w‖₁": flow.squared_norm,
        "the penalty has the wrong sign: −λ fits": _growing(run),
    }
    allowed = compare(run).allowed.relative
    fits = []
    for words, series in quantities.items():
        gap = relative_gap(run.l1_norm, np.abs(series))
        if (gap <= np.maximum(allowed, allowed[-1])).all():
            fits.append((float(gap.max()), words))
    return fits


def _growing(run: RecordedRun) -> FloatArray:
    """Return ‖w‖₁ under a penalty of the wrong sign, by the run's own steps."""
    how = {"method": "rk45", "step": None, "rtol": 1e-9, "atol": 1e-12}
    if run.rule.fixed:
        how = {"method": "euler", "step": run.step}
    if run.initial_row.size * run.time[-1] / (run.step or 0.1) > _WORK:
        return np.zeros_like(run.l1_norm)
    found = states(row_force, run.initial_row, l1_strength=-run.l1_strength, time=run.time, **how)  # type: ignore[arg-type]  # mixed values
    return np.array([np.abs(w).sum() for w in found])


def _cause_of_count(run: RecordedRun, found: Comparison) -> str | None:
    width = run.initial_row.size
    if (run.nonzero_count == width).all():
        return "nonzero_count counts weights that chatter around zero; count |w| > step × λ"
    for decade in range(-12, 0):
        threshold = 10.0**decade
        if outside(run, found.allowed.clock, threshold) == 0:
            return f"nonzero_count counts |w| > {threshold:.0e}, not |w| > 0"
    return None
