"""Implicit steps for small models under noise, whose averaged force is costly.

Numerical differentiation formulas of order 1 to 5 (Shampine, Reichelt, SIAM J. Sci. Comput. 18
(1997) 1, section 2), solved by Newton's method with the Hessian of the averaged loss. A step takes
little more than one evaluation of the force, however stiff the flow; a stabilized explicit step
takes dozens. Reusing the convergence rate of earlier iterations halves their number against SciPy's
BDF.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from polytheory._checks import Array, FloatArray
from polytheory.flow._forces import Averaged
from polytheory.noise import Noise, expected_hessian
from polytheory.notation import GRADIENT_FACTOR

Field = Callable[[FloatArray], FloatArray]

MAX_ORDER = 5
#: Coefficients by order, from 0: κ, which trades stability for accuracy; the harmonic numbers; the
#: weight of the new slope; the error constant.
KAPPA = np.array([0.0, -0.1850, -1 / 9, -0.0823, -0.0415, 0.0])
HARMONIC = np.concatenate([[0.0], np.cumsum(1.0 / np.arange(1, MAX_ORDER + 1))])
WEIGHT = (1.0 - KAPPA) * HARMONIC
ERROR = KAPPA * HARMONIC + 1.0 / np.arange(1, MAX_ORDER + 2)

#: Bounds on the change of step size; a step that could grow by less than WORTH is kept.
GROWTH, SHRINK, SAFETY, WORTH = 10.0, 0.2, 0.9, 1.1
#: Newton's method stops at this fraction of the allowed error, and fails after this many steps.
NEWTON_PART, NEWTON_STEPS = 0.7, 4
#: Convergence rate assumed at first and the least one assumed, and the decay of a rate when it is
#: measured again. A new Jacobian keeps the rate of the last: it converges no slower.
NEW_RATE, LEAST_RATE, FORGET = 0.3, 0.05, 0.3
#: Relative change of step size that requires a new factorization; steps that a Jacobian is kept.
DRIFT, LASTS = 0.3, 10
#: Errors accumulate over the run: a step is allowed this fraction of the tolerance of a stabilized
#: one, but no less than the rounding error.
PART, FINEST = 1e-2, 1e-12
#: Largest frequency of the Hessian: with half of the default it takes two thirds of the time, and
#: steps and iterations are as many (n = 8, m = 16, bipolar noise).
HESSIAN_CUTOFF = 16.0


class Implicit:
    """Implicit steps of the averaged flow without ℓ1, by dense linear algebra in n m dimensions.

    The solver chooses its own step sizes; at the requested times the encodings are interpolated.

    Parameters
    ----------
    W : ndarray (n, m)
        Not changed.
    rtol, atol : float
    noise : Noise
    """

    def __init__(self, W: Array, rtol: float, atol: float, noise: Noise) -> None:
        self.W, self.time = W, 0.0
        shape, forces = W.shape, Averaged(noise, PART * rtol)

        def force(y: FloatArray) -> FloatArray:
            return np.asarray(forces(y.reshape(shape)).ravel())

        def jacobian(y: FloatArray) -> FloatArray:
            hessian = expected_hessian(y.reshape(shape), noise, cutoff=HESSIAN_CUTOFF)
            return hessian.reshape(y.size, y.size) / -GRADIENT_FACTOR

        start = W.astype(np.float64).ravel()
        absolute = PART * atol * float(np.sqrt(len(W)))
        self._solver = _Solver(force, jacobian, start, max(PART * rtol, FINEST), absolute)

    def advance(self, end: float) -> None:
        """Take one step, or the rest of the last one, not beyond `end`."""
        if self._solver.time <= self.time:
            self._solver.step()
        time = min(end, self._solver.time)
        W = self._solver.at(time).reshape(self.W.shape).astype(self.W.dtype, copy=False)
        self.W, self.time = W, time


class _Solver:
    """A solver of variable order and step size, on backward differences of vectors y."""

    def __init__(
        self, force: Field, jacobian: Field, y: FloatArray, rtol: float, atol: float
    ) -> None:
        self.time, self.y = 0.0, y
        self._force, self._jacobian, self._rtol, self._atol = force, jacobian, rtol, atol
        slope, allowed = force(y), self._allowed(y)
        # The error of the first step, of order 1, is about h²‖y''‖/2 ≈ h²‖y'‖: rates are O(1).
        speed = float(np.linalg.norm(slope))
        self._h = min(0.1, float(np.sqrt(allowed / max(speed, allowed))))
        self._order, self._since_change, self._rate = 1, 0, NEW_RATE
        self._differences = np.zeros((MAX_ORDER + 3, y.size))
        self._differences[0], self._differences[1] = y, self._h * slope
        self._last = self._differences[:2].copy(), self._h
        self._new_jacobian()

    def _allowed(self, y: FloatArray) -> float:
        return self._rtol * float(np.linalg.norm(y)) + self._atol + float(np.finfo(float).tiny)

    def _new_jacobian(self) -> None:
        self._matrix, self._age = self._jacobian(self.y), 0
        self._rate = min(NEW_RATE, max(LEAST_RATE, self._rate))
        self._factored: tuple[Any, float] | None = None

    def _rescale(self, factor: float) -> None:
        """Change the step size: evaluate the differences of the same polynomial at it."""
        k = self._order
        change = _differences_at(k, factor) @ _differences_at(k, 1.0)
        self._differences[: k + 1] = change.T @ self._differences[: k + 1]
        self._h *= factor
        self._since_change = 0

    def step(self) -> None:
        """Take one step, of the size and order chosen from the previous ones."""
        if self._age >= LASTS:
            self._new_jacobian()
        while True:
            k = self._order
            predicted = self._differences[: k + 1].sum(axis=0)
            allowed = self._allowed(predicted)
            change = self._newton(predicted, allowed)
            if change is None and self._age:
                self._new_jacobian()
                continue
            if change is None:
                self._rescale(0.5)
                continue
            ratio = float(ERROR[k] * np.linalg.norm(change)) / allowed
            if ratio <= 1.0:
                break
            self._rescale(max(SHRINK, SAFETY * ratio ** (-1.0 / (k + 1))))
        self._accept(predicted + change, change)
        if self._since_change > k:
            self._choose(allowed)

    def _newton(self, y: FloatArray, allowed: float) -> FloatArray | None:
        """Return the correction of the prediction y, or None without convergence."""
        from scipy.linalg.lapack import dgetrf, dgetrs  # takes a while to import

        k = self._order
        c = self._h / WEIGHT[k]
        known = HARMONIC[1 : k + 1] @ self._differences[1 : k + 1] / WEIGHT[k]
        if self._factored is None or abs(self._factored[1] / c - 1.0) > DRIFT:
            self._factored = dgetrf(np.eye(y.size) - c * self._matrix)[:2], c
        factors, old = self._factored
        change, before = np.zeros_like(y), None
        for _ in range(NEWTON_STEPS):
            slope = self._force(y + change)
            if not np.isfinite(slope).all():
                return None
            update = dgetrs(*factors, c * slope - known - change)[0]
            update *= 2.0 / (1.0 + c / old)  # compensates for the old step size in the factors
            size = float(np.linalg.norm(update)) / allowed
            if before is not None:
                if size > 0.9 * before:
                    return None
                self._rate = max(FORGET * self._rate, size / before)
            change += update
            if size * min(1.0, 1.5 * self._rate) <= NEWTON_PART:
                return change
            before = size
        return None

    def _accept(self, y: FloatArray, change: FloatArray) -> None:
        k, rows = self._order, self._differences
        self.y, self.time = y, self.time + self._h
        rows[k + 2] = change - rows[k + 1]
        rows[k + 1] = change
        for i in range(k, -1, -1):
            rows[i] += rows[i + 1]
        self._last = rows[: k + 1].copy(), self._h
        self._age += 1
        self._since_change += 1

    def _choose(self, allowed: float) -> None:
        """Choose the order, this one or a neighbour, that allows the longest step."""
        k, factors = self._order, {}
        for order in range(max(1, k - 1), min(MAX_ORDER, k + 1) + 1):
            size = float(ERROR[order] * np.linalg.norm(self._differences[order + 1])) / allowed
            factors[order] = max(size, 1e-30) ** (-1.0 / (order + 1))
        self._order = max(factors, key=factors.__getitem__)
        factor = min(GROWTH, SAFETY * factors[self._order])
        if not 1.0 <= factor < WORTH:
            self._rescale(factor)
        self._since_change = 0

    def at(self, time: float) -> FloatArray:
        """Interpolate in the last step."""
        rows, h = self._last
        k = np.arange(len(rows) - 1)
        weights = np.cumprod(((time - self.time) / h + k) / (1 + k))
        return np.asarray(rows[0] + weights @ rows[1:])


def _differences_at(order: int, factor: float) -> FloatArray:
    """Return the matrix between backward differences and values at multiples of `factor`."""
    i, j = np.arange(1, order + 1)[:, None], np.arange(1, order + 1)
    matrix = np.zeros((order + 1, order + 1))
    matrix[0] = 1.0
    matrix[1:, 1:] = (i - 1 - factor * j) / i
    return np.asarray(np.cumprod(matrix, axis=0))
