"""Integrators for one instance of the full model: Runge–Kutta–Legendre and Heun steps."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np

from polytheory._checks import Array
from polytheory.flow._forces import Averaged, Forces, NoiseFree
from polytheory.flow._implicit import Implicit
from polytheory.flow._orthant import Orthant, frozen_signs
from polytheory.flow._rkl import (
    MAX_STAGES,
    combine,
    defect,
    longest_step,
    pieces,
    rkl_step,
    stages_for,
)
from polytheory.flow.plain import METHODS
from polytheory.noise import Noise

#: Length of the first step, before any error estimate; the fastest initial rates are O(1).
FIRST_STEP = 0.05
#: Up to this many weights, implicit steps to t = 1000 at the default tolerance take no longer, and
#: the error of the loss is ten times smaller. Seconds for `FreeRungeKuttaLegendre` and `Implicit`,
#: n = 16: with bipolar noise 0.7 and 0.3 for m = 16, 4.5 and 5.4 for m = 32; with Gaussian noise
#: 0.02 and 0.02 for m = 16, 0.02 and 0.08 for m = 32.
MAX_IMPLICIT_WEIGHTS = 256
#: Bounds on the change of step size: growth over the previous step, shrinkage of a refused one.
GROWTH, SHRINK, SAFETY = 2.5, 0.2, 0.9


class Engine(Protocol):
    """The state of one instance: encodings (n, m) at a flow time."""

    W: Array
    time: float

    def advance(self, end: float) -> None:
        """Take one step of adaptive size, not beyond `end`."""


class _Attempt(NamedTuple):
    """The end of a step: free weights, encodings, force, stiffness; the step's error."""

    y: Array
    W: Array
    force: Array
    stiffness: float
    error: float


def _factor(ratio: float, most: float) -> float:
    """Return the factor by which to change a step with `ratio` times the allowed error."""
    if not math.isfinite(ratio):
        return SHRINK
    return min(most, max(SHRINK, SAFETY * float(max(ratio, 1e-9) ** (-1.0 / 3.0))))


class RungeKuttaLegendre:
    """Runge–Kutta–Legendre steps with frozen signs and error control.

    Within a step the weights keep their signs: a weight that would cross zero stops there, and a
    zero weight revives under a strong enough force. A stage costs two matrix products while most
    weights live, later one sum over the pairs that share a neuron, and with noise one average.

    Parameters
    ----------
    W : ndarray (n, m)
        Not changed.
    l1_strength, rtol, atol : float
    noise : Noise, optional
    """

    def __init__(
        self, W: Array, l1_strength: float, rtol: float, atol: float, noise: Noise | None = None
    ) -> None:
        self.W, self.time = W, 0.0
        self.l1_strength, self.rtol, self.atol = l1_strength, rtol, atol
        self._step = FIRST_STEP
        self._forces = forces(noise, rtol)
        self._force, self._stiffness = self._forces.evaluate(W)

    def advance(self, end: float) -> None:
        """Take one step, as long as the tolerance allows, not beyond `end`."""
        signs = frozen_signs(self.W, self._force, self.l1_strength)
        if not signs.any():
            self.time = end  # nothing can move
            return
        space = self._forces.orthant(signs, self.l1_strength)
        x = space.gather(self.W)
        slope_x = self._slope(x, space.gather(self._force), space.signs)
        allowed = self._allowed(x)

        def attempt(step: float) -> _Attempt:
            return self._attempt(space, x, slope_x, step)

        h, after = self._accepted(attempt, allowed, end)
        self.W, self._force, self._stiffness = after.W, after.force, after.stiffness
        at, through = self._carried_through(space, x, slope_x, after, h)
        if at.size:
            after.y[at] = through
            self.W = space.scatter(after.y)
        if np.linalg.norm(through) > 0.1 * allowed:  # otherwise the force is still accurate enough
            self._force, self._stiffness = self._forces.evaluate(self.W)

    def _slope(self, x: Array, force: Array, signs: Array) -> Array:
        """Return f − λ s, or 0 for what is held at zero; overwrite `force` to save memory."""
        for piece in pieces(x.size):
            part, sign = force[piece], signs[piece]
            part += sign * x.dtype.type(-self.l1_strength)
            part[np.flatnonzero((x[piece] == 0) & (part * sign <= 0))] = 0
        return force

    def _accepted(
        self, attempt: Callable[[float], _Attempt], allowed: float, end: float
    ) -> tuple[float, _Attempt]:
        """Return an accepted step and its end; advance the time and propose the next step."""
        step = min(self._step, longest_step(MAX_STAGES, self._stiffness))
        while True:
            h = min(step, end - self.time)
            with np.errstate(over="ignore", invalid="ignore"):  # a step that overflows is refused
                after = attempt(h)
            ratio = after.error / allowed
            if ratio <= 1.0:  # False for NaN
                break
            step = h * _factor(ratio, 1.0)
        self.time = end if h == end - self.time else self.time + h
        # The error of a step cut short by `end` is no reason to shorten the next.
        proposed = h * _factor(ratio, GROWTH)
        self._step = proposed if h == step else max(step, proposed)
        return h, after

    def _allowed(self, x: Array) -> float:
        """Return the error allowed in a step."""
        limits = np.finfo(self.W.dtype)
        # No step size can reduce the rounding error.
        rtol = max(self.rtol, 10.0 * float(limits.eps))
        allowed = rtol * float(np.linalg.norm(x)) + self.atol * math.sqrt(len(self.W))
        return allowed + float(limits.tiny)

    def _attempt(self, space: Orthant, x: Array, slope_x: Array, step: float) -> _Attempt:
        """Take a step and estimate its error."""
        stages = stages_for(step, self._stiffness)
        y = rkl_step(space.stage, x, slope_x, step, stages, space.signs)
        W = space.scatter(y)
        force, stiffness = self._forces.evaluate(W)
        error = self._error(x, slope_x, y, space.gather(force), space.signs, step)
        return _Attempt(y, W, force, stiffness, error)

    def _error(
        self, x: Array, slope_x: Array, y: Array, force: Array, signs: Array, step: float
    ) -> float:
        """Return the norm of the error estimate over the weights that live before and after."""
        total = 0.0
        for at in pieces(x.size):
            slope_y = signs[at] * x.dtype.type(-self.l1_strength)
            slope_y += force[at]
            error = defect(x[at], slope_x[at], y[at], slope_y, step)
            error *= x[at] != 0
            error *= y[at] != 0
            total += float(error @ error)
        return math.sqrt(total)

    def _carried_through(
        self, space: Orthant, x: Array, slope_x: Array, after: _Attempt, step: float
    ) -> tuple[Array, Array]:
        """Return which weights a step carried through zero, and where they are at its end.

        Interference may push a weight through zero. For the rest of the step it then moves on at
        the speed |force| − λ.
        """
        died = after.y == 0
        died &= x != 0
        at = np.flatnonzero(died)
        force = space.signs[at] * space.gather(after.force)[at]
        at, speed = at[-force > self.l1_strength], -force[-force > self.l1_strength]
        sign, speed = space.signs[at], speed - self.l1_strength
        size = sign * x[at]
        when = size / np.maximum(-sign * slope_x[at], size / step)
        return at, -sign * (step - when) * speed


class FreeRungeKuttaLegendre(RungeKuttaLegendre):
    """Runge–Kutta–Legendre steps in the signed weights, for a flow without ℓ1."""

    def advance(self, end: float) -> None:
        """Take one step, as long as the tolerance allows, not beyond `end`."""
        x, slope_x = self.W.ravel(), self._force.ravel()

        def stage(values: Array, before: Array, nu: float, mu: float, a: float) -> None:
            slope = self._forces(values.reshape(self.W.shape)).ravel()
            combine(slope, values, before, nu, mu, a)

        def attempt(step: float) -> _Attempt:
            stages = stages_for(step, self._stiffness)
            y = rkl_step(stage, x, slope_x, step, stages)
            W = y.reshape(self.W.shape)
            force, stiffness = self._forces.evaluate(W)
            error = defect(x, slope_x, y, force.ravel(), step)
            return _Attempt(y, W, force, stiffness, float(np.linalg.norm(error)))

        _, after = self._accepted(attempt, self._allowed(x), end)
        self.W, self._force, self._stiffness = after.W, after.force, after.stiffness


class Heun:
    """Reference method: Heun steps on dense arrays, exact in the sign.

    The error is of order h²; h is √rtol, or the largest stable step if that is smaller.

    Parameters
    ----------
    W : ndarray (n, m)
        Not changed.
    l1_strength, rtol : float
    noise : Noise, optional
    """

    def __init__(
        self, W: Array, l1_strength: float, rtol: float, _atol: float, noise: Noise | None = None
    ) -> None:
        self.W, self.time = W, 0.0
        self.l1_strength, self.rtol = l1_strength, rtol
        self._forces = forces(noise, rtol)
        self._shake = 0.0 if noise is None else 0.25 * len(W) * noise.std**2

    def advance(self, end: float) -> None:
        """Take one step, not beyond `end`."""
        gram_norm = float(np.abs(self.W @ self.W.T).sum(axis=-1).max())
        stable = 0.5 / max(1.0, gram_norm + self._shake)
        h = min(math.sqrt(self.rtol), stable, end - self.time)
        number = self.W.dtype.type  # a float64 scalar would promote float32 arrays
        self.W = METHODS["heun"](self._forces, self.W, number(self.l1_strength), number(h))
        self.time = end if h == end - self.time else self.time + h


def forces(noise: Noise | None, rtol: float) -> Forces:
    """Return the smooth force of the flow, averaged over the noise if there is any."""
    return NoiseFree() if noise is None else Averaged(noise, rtol)


#: The engines, by the value of `simulate`'s argument `method`.
ENGINES: dict[str, type[RungeKuttaLegendre] | type[Heun]] = {
    "rkl2": RungeKuttaLegendre,
    "heun": Heun,
}


def engine(
    method: str, W: Array, l1_strength: float, rtol: float, atol: float, noise: Noise | None
) -> Engine:
    """Return an engine for one instance (n, m)."""
    if method != "rkl2" or noise is None or l1_strength != 0:
        return ENGINES[method](W, l1_strength, rtol, atol, noise)
    if W.size <= MAX_IMPLICIT_WEIGHTS:
        return Implicit(W, rtol, atol, noise)
    return FreeRungeKuttaLegendre(W, l1_strength, rtol, atol, noise)
