"""Plain fixed-step integrators of w' = force(w) − λ sign(w), for any smooth force.

The readable reference: no reduction, no adaptivity, memory for the state and a copy or two. Zero
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
    """Return w after a step explicit in the force, implicit in the sign: prox(w + h f(w))."""
    return soft_threshold(w + h * force(w), h * lam)


def _strang(force: Force, w: FloatArray, lam: Strength, h: float) -> FloatArray:
    """Return w after half a step of the sign (exact), one of the force (Heun), half of the sign."""
    w = soft_threshold(w, 0.5 * h * lam)
    slope = force(w)
    w = w + 0.5 * h * (slope + force(w + h * slope))
    return soft_threshold(w, 0.5 * h * lam)


def _moved(w: FloatArray, force: FloatArray, lam: Strength, h: float) -> FloatArray:
    """Return the solution of w' = force − λ sign(w) after a step, for a constant force.

    It is prox(w + h force), except for a weight pushed through zero, where λ reverses its sign;
    ignoring the reversal would cost an order of convergence.
    """
    speed = np.abs(force)
    # The part of the step that is left when the weight reaches zero.
    left = h - np.abs(w) / np.maximum(speed + lam, np.finfo(w.dtype).tiny)
    through = (w * force < 0) & (speed > lam) & (left > 0)
    return np.where(
        through, np.sign(force) * (speed - lam) * left, soft_threshold(w + h * force, h * lam)
    )


def _heun(force: Force, w: FloatArray, lam: Strength, h: float) -> FloatArray:
    """Return w after a Heun step of the force, exact in the sign.

    Unlike `_strang`, it never makes a zero weight nonzero under a force between λ/2 and λ.
    """
    slope = force(w)
    ahead = _moved(w, slope, lam, h)
    return _moved(w, 0.5 * (slope + force(ahead)), lam, h)


METHODS = {"strang": _strang, "heun": _heun, "euler": _proximal_euler}

#: More steps would take hours and usually follow from a mistake in units.
_MAX_STEPS = 1e8

#: Order of convergence in the step size, also when weights die; the tests fit it. A weight that
#: interference pushes through zero costs "strang" an order, but not "heun".
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
    """Return the state at each of `time`, shape (T, *initial.shape); steps end on these times."""
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
