"""Plain fixed-step integrators of w' = force(w) − λ sign(w), for any smooth force.

The readable reference: no reduction, no adaptivity, memory of the state and a copy or two. Zero
weights follow the set-valued sign: the proximal step keeps them at zero while the force on them is
at most λ and revives them otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from polytheory import _checks
from polytheory._checks import FloatArray
from polytheory.model import soft_threshold

__all__ = ["METHODS", "ORDERS", "integrate"]

Force = Callable[[FloatArray], FloatArray]
Strength = float | FloatArray


def _proximal_euler(force: Force, w: FloatArray, lam: Strength, h: float) -> FloatArray:
    """Step the force explicitly, the sign implicitly: w ← prox(w + h f(w))."""
    return soft_threshold(w + h * force(w), h * lam)


def _strang(force: Force, w: FloatArray, lam: Strength, h: float) -> FloatArray:
    """Half a step of the sign (exact), one of the force (Heun), half a step of the sign."""
    w = soft_threshold(w, 0.5 * h * lam)
    slope = force(w)
    w = w + 0.5 * h * (slope + force(w + h * slope))
    return soft_threshold(w, 0.5 * h * lam)


def _moved(w: FloatArray, force: FloatArray, lam: Strength, h: float) -> FloatArray:
    """Solve w' = force − λ sign(w) over a step, for a constant force.

    That is prox(w + h force), but for a weight pushed through zero: λ acts on it first one way,
    then the other, and a step that counted it one way only would lose an order there.
    """
    speed = np.abs(force)
    left = h - np.abs(w) / np.maximum(speed + lam, np.finfo(w.dtype).tiny)  # of the step, at zero
    through = (w * force < 0) & (speed > lam) & (left > 0)
    return np.where(
        through, np.sign(force) * (speed - lam) * left, soft_threshold(w + h * force, h * lam)
    )


def _heun(force: Force, w: FloatArray, lam: Strength, h: float) -> FloatArray:
    """Average the force over the step, exact in the sign.

    Unlike `_strang` it never shows a zero weight that is pushed between λ/2 and λ as alive.
    """
    slope = force(w)
    ahead = _moved(w, slope, lam, h)
    return _moved(w, 0.5 * (slope + force(ahead)), lam, h)


METHODS = {"strang": _strang, "heun": _heun, "euler": _proximal_euler}

#: Longer runs would take hours; they are a mistake in units more often than meant.
_MAX_STEPS = 1e8

#: Declared order of convergence in the step, deaths included; the tests fit it. A weight that the
#: force pushes through zero, which only interference does, costs "strang" an order, and not "heun".
ORDERS = {"strang": 2, "heun": 2, "euler": 1}


def integrate(
    force: Force,
    initial: FloatArray,
    *,
    l1_strength: Strength,
    time: FloatArray,
    step: float,
    method: str,
) -> FloatArray:
    """Return the state at `time`, shape (T, *initial.shape), landing on each of them."""
    advance = METHODS[method]
    w, now = np.array(initial, dtype=np.float64), 0.0
    states = np.empty((time.size, *w.shape))
    if float(time[-1]) / step > _MAX_STEPS:
        allowed = f"at least {time[-1] / _MAX_STEPS:.3g} for times up to {time[-1]:g}"
        raise _checks.refuse_value("step", f"{step:g}", allowed, "Use row_flow for long times.")
    for index, target in enumerate(time.tolist()):
        count = math.ceil((target - now) / step)
        for _ in range(count):
            w = advance(force, w, l1_strength, (target - now) / count)
        now = target
        states[index] = w
    return states
