"""The methods that a run can be made with, run again to measure their error.

Each integrates w' = force(w) − λ sign(w), of one row or of whole encodings.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from scipy.integrate import DOP853, RK23, RK45

from polytheory import _checks
from polytheory._checks import FloatArray
from polytheory.model import soft_threshold
from polytheory.reduction import RowShape

__all__ = ["euler_row", "row_force", "states"]

Force = Callable[[FloatArray], FloatArray]

_ADAPTIVE = {"rk23": RK23, "rk45": RK45, "dop853": DOP853}
#: More weights times evaluations take more than about a minute.
_MAX_WORK = 5e9
_MAX_EVALUATIONS = 300_000


def row_force(w: FloatArray) -> FloatArray:
    """Return the force on one encoding without the penalty: (1 − ‖w‖²) w."""
    return np.asarray((1.0 - w @ w) * w)


def states(
    force: Force,
    start: FloatArray,
    *,
    l1_strength: float,
    time: FloatArray,
    method: str,
    step: float | None = None,
    rtol: float | None = None,
    atol: float | None = None,
) -> Iterator[FloatArray]:
    """Yield the weights at each time; with fixed steps at the nearest step."""
    if method in _ADAPTIVE:
        assert rtol is not None
        assert atol is not None
        yield from _adaptive(force, start, l1_strength, time, method, rtol, atol)
    else:
        assert step is not None
        yield from _fixed(force, start, l1_strength, time, method, step)


# --- fixed steps ----------------------------------------------------------------------------------


def _euler(force: Force, w: FloatArray, lam: float, h: float) -> FloatArray:
    after = _subgradient(force, w, lam, h)
    return np.where(w * after < 0, 0.0, after)


def _subgradient(force: Force, w: FloatArray, lam: float, h: float) -> FloatArray:
    return w + h * (force(w) - lam * np.sign(w))


def _proximal(force: Force, w: FloatArray, lam: float, h: float) -> FloatArray:
    return soft_threshold(w + h * force(w), h * lam)


def _rk4(force: Force, w: FloatArray, lam: float, h: float) -> FloatArray:
    def slope(w: FloatArray) -> FloatArray:
        return force(w) - lam * np.sign(w)

    first = slope(w)
    second = slope(w + 0.5 * h * first)
    third = slope(w + 0.5 * h * second)
    fourth = slope(w + h * third)
    return w + h / 6.0 * (first + 2.0 * second + 2.0 * third + fourth)


_STEPS = {"euler": _euler, "subgradient": _subgradient, "proximal": _proximal, "rk4": _rk4}


def steps_to(time: float, step: float) -> int:
    """Return the number of the step nearest to a time."""
    return max(math.ceil(time / step - 0.5), 0)


def _fixed(
    force: Force, start: FloatArray, lam: float, time: FloatArray, method: str, step: float
) -> Iterator[FloatArray]:
    advance, w, done = _STEPS[method], start.copy(), 0
    if start.size * steps_to(float(time[-1]), step) > _MAX_WORK:
        allowed = f"longer: {start.size} weights take too long to follow to t = {time[-1]:g}"
        hint = "Judge a part of the run, or state a tolerance."
        raise _checks.refuse_value("step", f"{step:g}", allowed, hint)
    with np.errstate(all="ignore"):
        for each in time.tolist():
            count = steps_to(each, step)
            for _ in range(count - done):
                w = advance(force, w, lam, step)
            done = max(count, done)
            if not np.isfinite(w).all():
                allowed = f"shorter: {method} diverges from this start"
                raise _checks.refuse_value("step", f"{step:g}", allowed)
            yield w


# --- adaptive steps -------------------------------------------------------------------------------


def _adaptive(
    force: Force,
    start: FloatArray,
    lam: float,
    time: FloatArray,
    method: str,
    rtol: float,
    atol: float,
) -> Iterator[FloatArray]:
    """Yield the weights of SciPy's solver, with signs that are frozen during a step.

    Between steps a weight that has crossed zero is set to zero. With sign(w) in each evaluation
    the solver would take many small steps around zero.
    """
    sign = np.sign(start)

    def slope(_: float, flat: FloatArray) -> FloatArray:
        w = flat.reshape(start.shape)
        pull = force(np.where(w * sign < 0, 0.0, w))
        push = np.where(sign != 0, lam * sign, np.clip(pull, -lam, lam))
        return np.asarray((pull - push).ravel())

    end = max(float(time[-1]), np.finfo(float).tiny)
    rtol = max(rtol, 100.0 * np.finfo(float).eps)  # SciPy's own limit
    solver = _ADAPTIVE[method](slope, 0.0, start.ravel(), end, rtol=rtol, atol=atol)
    index = 0
    while index < time.size and time[index] == 0.0:
        yield start
        index += 1
    while index < time.size:
        solver.step()
        if solver.status == "failed" or solver.nfev > _MAX_EVALUATIONS:
            allowed = f"larger: {method} needs more than {_MAX_EVALUATIONS:,} evaluations"
            hint = "Judge a part of the run, or state a tolerance."
            raise _checks.refuse_value("rtol", f"{rtol:g}", allowed, hint)
        if time[index] <= solver.t:
            inside = solver.dense_output()
            while index < time.size and time[index] <= solver.t:
                w = inside(time[index]).reshape(start.shape)
                yield np.where(w * sign < 0, 0.0, w)
                index += 1
        w = solver.y.reshape(start.shape)
        w = np.where(w * sign < 0, 0.0, w)
        sign = np.sign(w)
        solver.y = w.ravel()
        solver.f = slope(solver.t, solver.y)


# --- Euler's method of one row, reduced -----------------------------------------------------------


def euler_row(
    initial: FloatArray, l1_strength: float, time: FloatArray, step: float
) -> tuple[FloatArray, FloatArray]:
    """Run forward Euler in reduced form; return ‖w‖₁ and the reach.

    With x the largest weight and a the reach, every living weight is x (1 − d_k/a), and a step is
    w ← (1 + h(1 − N)) w − hλ for all of them.
    """
    shape = RowShape(np.abs(initial))
    x, a, now, index = shape.largest, 1.0, 0.0, 0
    l1, reach = np.zeros(time.size), np.zeros(time.size)
    while True:
        first, second = shape.scalar_sums(a)
        while index < time.size and time[index] <= now + 0.5 * step:
            l1[index], reach[index] = x * first / a, a
            index += 1
        if index == time.size:
            break
        growth = 1.0 + step * (1.0 - x * x * second / (a * a))
        magnification = x / a * growth
        x = x * growth - step * l1_strength
        a = x / magnification
        now += step
        if x <= 0.0 or a <= 0.0:
            break
    return l1, reach
