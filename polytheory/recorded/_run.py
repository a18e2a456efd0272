"""Recorded runs as values, checked when they are made."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import numpy as np

from polytheory import _checks
from polytheory._checks import FloatArray
from polytheory._defaults import RECORDED_METHODS
from polytheory.recorded._format import METHODS, Method

_MAX_STEPS = 10_000_000
#: Absolute over relative tolerance of an adaptive solver, if only the second is stated.
_ATOL_OVER_RTOL = 1e-3
#: Rounding of a sum in units of the precision: NumPy adds in pairs, about log₂(m)/2 of them.
_SUM_OVER_EPS = 4.0

Run = TypeVar("Run", bound="Statement")


@dataclass(frozen=True, eq=False, kw_only=True)
class Statement:
    """How a run was made, as the file or its reader states it."""

    method: str | None = None
    rtol: float | None = None
    atol: float | None = None
    tolerance: float | None = None

    @property
    def rule(self) -> Method:
        """The entry of the table of methods."""
        return METHODS[str(self.method)]


@dataclass(frozen=True, eq=False)
class RecordedRun(Statement):
    """The arrays of a recorded run of one encoding, or of a batch of them, checked.

    Attributes
    ----------
    time : ndarray (T,)
        Flow times.
    l1_norm, nonzero_count : ndarray (T,) or (T, B)
        Σ|w| and the number of living weights.
    initial_row : ndarray (m,) or (B, m)
        The weights at time zero.
    l1_strength : float
        λ in flow units.
    step : float, optional
        The step of a method with fixed steps.
    resolution : float
        Rounding of the stored numbers: the precision of the coarsest type among the arrays.
    method : str, optional
        How the run was made; by default "euler" with a step, and "exact" without.
    rtol, atol : float, optional
        Tolerances of an adaptive method.
    tolerance : float, optional
        Relative error of the norm to allow, instead of that of the method.
    """

    time: FloatArray
    l1_norm: FloatArray
    nonzero_count: FloatArray
    initial_row: FloatArray
    l1_strength: float
    step: float | None = None
    resolution: float = 0.0

    def __post_init__(self) -> None:
        stored = (self.time, self.l1_norm, self.initial_row, self.l1_strength)
        rounding = max(self.resolution, *map(_rounding, stored))
        time = _checks.increasing_times(_array("time", self.time, 1))
        initial = _checks.real_array("initial_row", self.initial_row)
        if initial.ndim not in (1, 2):
            allowed = "of shape (m,), or (B, m) for a batch"
            raise _checks.refuse_value("initial_row", f"shape {initial.shape}", allowed)
        initial = _checks.rows("initial_row", initial)
        series = {
            name: _series(name, getattr(self, name), time.size, initial)
            for name in ("l1_norm", "nonzero_count")
        }
        count, width = series["nonzero_count"], initial.shape[-1]
        possible = (count == np.floor(count)) & (count <= width)
        words = f"whole and at most {width}, the row's length"
        _checks.require("nonzero_count", count, possible, words)
        checked = {"time": time, "initial_row": initial, "resolution": rounding, **series}
        _set(self, checked | _statement(self, self.step, float(time[-1])))

    @property
    def batch(self) -> list[RecordedRun]:
        """The runs of a batch, or the only one."""
        if self.initial_row.ndim == 1:
            return [self]
        return [
            replace(self, initial_row=row, l1_norm=norm, nonzero_count=count)
            for row, norm, count in zip(
                self.initial_row, self.l1_norm.T, self.nonzero_count.T, strict=True
            )
        ]


@dataclass(frozen=True, eq=False)
class RecordedEncodings(Statement):
    """A recorded history of whole encodings, checked; the first record is the start.

    Attributes
    ----------
    time : ndarray (T,)
        Flow times, at least two.
    W : ndarray (T, n, m) or (T, B, n, m)
        The encodings at these times.
    l1_strength, step, resolution, method, rtol, atol, tolerance
        As in `RecordedRun`; `tolerance` is the error of a weight in one interval.
    """

    time: FloatArray
    W: FloatArray
    l1_strength: float
    step: float | None = None
    resolution: float = 0.0

    def __post_init__(self) -> None:
        rounding = max(self.resolution, *map(_rounding, (self.time, self.W, self.l1_strength)))
        time = _checks.increasing_times(_array("time", self.time, 1))
        W = _checks.real_array("W", self.W)
        if time.size < 2:
            raise _checks.refuse_value("time", "one time", "two or more times, for encodings")
        if W.ndim not in (3, 4) or W.shape[0] != time.size or W.size == 0:
            allowed = f"of shape (T, n, m) or (T, B, n, m) with T = {time.size}, as long as time"
            raise _checks.refuse_value("W", f"shape {W.shape}", allowed)
        _checks.within("W", W, _checks.MAX_VALUE)
        if not W[0].any(axis=(-2, -1)).all():
            hint = "From there nothing moves. Were the weights stored as whole numbers?"
            raise _checks.refuse_value("W", "only zeros at the first time", "weights", hint)
        checked = {"time": time, "W": W, "resolution": rounding}
        _set(self, checked | _statement(self, self.step, float(time[-1] - time[0])))

    @property
    def batch(self) -> list[RecordedEncodings]:
        """The runs of a batch, or the only one."""
        if self.W.ndim == 3:
            return [self]
        return [replace(self, W=self.W[:, index]) for index in range(self.W.shape[1])]


def stated(run: Run, **statement: Any) -> Run:
    """Return the run with what is stated about it; None leaves what the run says."""
    given = {name: value for name, value in statement.items() if value is not None}
    if "method" not in given and run.method == "exact" and given:
        given["method"] = None  # that of a run without a step; a step or rtol makes it another
    run = replace(run, **given) if given else run
    for name, used in (("step", "fixed"), ("rtol", "adaptive"), ("atol", "adaptive")):
        if name in given and not getattr(run.rule, used):
            came = f"{getattr(run, name):g}, with method {run.method!r}, which has none"
            others = ", ".join(name for name, each in METHODS.items() if getattr(each, used))
            raise _checks.refuse_value(
                name, came, f"given only with a method that uses it: {others}"
            )
    return run


def _set(run: Any, values: dict[str, Any]) -> None:
    for name, value in values.items():
        object.__setattr__(run, name, value)
    for each in fields(run):
        value = getattr(run, each.name)
        if isinstance(value, np.ndarray):
            value = value.view()  # the caller's array stays writable
            value.setflags(write=False)
            object.__setattr__(run, each.name, value)


def _array(name: str, value: Any, ndim: int) -> FloatArray:
    array = _checks.real_array(name, value)
    if array.ndim != ndim:
        words = "a single number" if ndim == 0 else "one-dimensional"
        raise _checks.refuse_value(name, f"shape {array.shape}", words)
    return array.copy()


def _series(name: str, value: Any, size: int, initial: FloatArray) -> FloatArray:
    """Return a series of one row, or of a batch, with the shape that its start asks for."""
    if initial.ndim == 1:
        hint = "A batch, also of one, has initial_row of shape (B, m)."
        array = _checks.real_array(name, value)
        if array.ndim != 1:
            words = "one-dimensional, as initial_row is"
            raise _checks.refuse_value(name, f"shape {array.shape}", words, hint)
        if array.size != size:
            allowed = f"as long as time ({size})"
            raise _checks.refuse_value(name, f"{array.size} values", allowed)
    else:
        array, shape = _checks.real_array(name, value), (size, initial.shape[0])
        if array.shape != shape:
            hint = "Transpose it?" if array.shape == shape[::-1] else ""
            words = f"of shape (T, B) = {shape}, for the times and rows given"
            raise _checks.refuse_value(name, f"shape {array.shape}", words, hint)
    _checks.require(name, array, array >= 0, "non-negative")
    return array.copy()


def _rounding(stored: Any) -> float:
    """Return the rounding of a number of this type, and of a sum that was computed in it."""
    dtype = getattr(stored, "dtype", np.dtype(np.float64))
    return _SUM_OVER_EPS * float(np.finfo(dtype).eps) if dtype.kind == "f" else 0.0


def _statement(run: Any, step: Any, end: float) -> dict[str, Any]:
    """Return the checked statement of the method, with its defaults."""
    strength = float(_checks.l1_strength(_array("l1_strength", run.l1_strength, 0)))
    found: dict[str, Any] = {"l1_strength": strength, "step": _step(step, end)}
    for name in ("rtol", "atol", "tolerance"):
        value = getattr(run, name)
        if value is not None:
            value = _checks.scalar(name, value, low=1e-16, high=1.0)
        found[name] = value
    method = run.method
    if method is None:
        if found["rtol"] is not None or found["atol"] is not None:
            adaptive = ", ".join(name for name, each in METHODS.items() if each.adaptive)
            raise _checks.refuse_value("method", "none, with rtol", f"given: {adaptive}")
        method = "exact" if found["step"] is None else "euler"
    if isinstance(method, np.ndarray) and method.ndim == 0 and method.dtype.kind == "U":
        method = str(method)
    method = _checks.one_of("method", method, RECORDED_METHODS)
    needs = METHODS[method].needs
    if needs and found[needs] is None and found["tolerance"] is None:
        allowed = f"given for method {method!r}, or a tolerance"
        raise _checks.refuse_value(needs, "none", allowed)
    if found["rtol"] is not None and found["atol"] is None:
        found["atol"] = found["rtol"] * _ATOL_OVER_RTOL
    return found | {"method": method}


def _step(value: Any, end: float) -> float | None:
    if value is None:
        return None
    step = float(_array("step", value, 0))
    if not 0.0 < step <= 1.0:
        raise _checks.refuse_value("step", f"{step:g}", "positive and at most 1: Euler is unstable")
    if end / step > _MAX_STEPS:
        allowed = f"at least time[-1]/{_MAX_STEPS:,} = {end / _MAX_STEPS:.3g}"
        raise _checks.refuse_value("step", f"{step:g}", allowed, "Judge a part of the run.")
    return step
