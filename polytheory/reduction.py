r"""The exact reduction of one encoding under ℓ1 to two scalars, in polar form.

The row :math:`\dot w = (1-\|w\|^2) w - \lambda\,\mathrm{sign}\,w` keeps the shape of its start:
:math:`|w_k(t)| \propto (u_k-\tau)_+` with :math:`u_k=|w_k(0)|` and a rising threshold τ. So its
*direction* moves along a curve that is known in advance, and only two scalars evolve: the length
r = ‖w‖ and the position ς on the curve, the slow time,

.. math:: \dot r = r(1-r^2) - \lambda\,c(\varsigma), \qquad \dot\varsigma = \lambda/r,
          \qquad c = \|w\|_1/\|w\|_2, \qquad d\varsigma = d\tau/\sqrt{S_2(\tau)},

with :math:`S_p(\tau)=\sum_k (u_k-\tau)_+^p`. While k weights live, dc/dς = c² − k, which a
hyperbolic tangent solves. Unlike in the variables (q, τ) there is no cancellation: the threshold
does not depend on the small difference 1 − ‖w‖² = O(λ‖w‖₁).

Sizes are measured from the *top*: d_k = (u_max − u_k)/u_max are the gaps to the largest weight, and
the **reach** a = (u_max − τ)/u_max falls from 1 to 0; weight k lives while d_k < a. All sums then
have positive terms only. ς is counted from completion: it is 0 when only the largest weight (or the
tied largest) is left, negative before.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from polytheory._checks import FloatArray
from polytheory._rodas import Pair, rodas_step

#: Limit on the number of steps; a difficult row takes some thousands.
_MAX_TRIES = 1_000_000
#: Steps of Newton's method for the time of an event: each squares the error of less than 1.
_NEWTON_STEPS = 6

__all__ = ["PowerSums", "RowShape", "evolve", "time_of"]


class PowerSums(NamedTuple):
    """Σ (1 − d_k/a)₊^p for p = 0, 1, 2, 4: power sums of the weights relative to the largest."""

    living: NDArray[np.int64]
    first: FloatArray
    second: FloatArray
    fourth: FloatArray


class RowShape:
    """The curve of the direction of one row, determined by the sizes of its initial weights.

    Nodes i = 0 … K are the deaths of weights, in order of reach: ``reach[i]`` is d_i; the last node
    is the start, a = 1. Between nodes i and i + 1, i + 1 weights live.

    Parameters
    ----------
    sizes : ndarray (m,)
        |w_k(0)|, at least one positive; zeros are ignored.
    """

    def __init__(self, sizes: FloatArray) -> None:
        sizes = sizes[sizes > 0] if sizes.min() == 0 else sizes
        self.largest = float(sizes.max())
        # One block for all tables: many large arrays cost more to allocate than to fill.
        block = np.zeros((8, sizes.size + 1))
        tables: list[FloatArray] = list(block)
        self.reach, self._remaining, self._living, self._gap = tables[:4]
        self._first, self._second, self._third, self._fourth = tables[4:]
        self._living, self._gap = self._living[1:], self._gap[1:]
        self.reach[-1] = 1.0
        gaps = self.reach[:-1]
        np.subtract(self.largest, sizes, out=gaps)
        gaps /= self.largest
        gaps.sort()
        #: number of weights of the largest size
        self.ties = int(np.searchsorted(self.reach, 0.0, side="right"))
        self._living[:] = np.arange(1.0, sizes.size + 1.0)
        gap = np.subtract(self.reach[1:], self.reach[:-1], out=self._gap)
        _add_up(self._first, gap, self._living)
        _add_up(self._second, gap, self._first[1:] + self._first[:-1])
        some = slice(self.ties, None)
        first, root_second = self._first[some], np.sqrt(self._second[some])
        low, high = (first[:-1], root_second[:-1]), (first[1:], root_second[1:])
        between = _time_between(self._living[some], gap[some], low, high)
        np.cumsum(between, out=self._remaining[self.ties + 1 :])

    @property
    def slow_time(self) -> FloatArray:
        """The slow times of the nodes (≤ 0, decreasing)."""
        return -self._remaining

    @property
    def start(self) -> float:
        """The slow time of the initial row (≤ 0)."""
        return -float(self._remaining[-1])

    @cached_property
    def norm(self) -> float:
        """‖w(0)‖."""
        return self.largest * math.sqrt(self._second[-1])

    @cached_property
    def _tables(self) -> tuple[memoryview, memoryview, memoryview]:
        # Indexing a memoryview returns a Python float, several times faster than an array does.
        return _floats(self._remaining), _floats(self._first), _floats(self._second)

    @cached_property
    def ratio(self) -> Callable[[float], tuple[float, int]]:
        """The function of slow time ς that returns c = ‖w‖₁/‖w‖₂ and the number of living weights.

        It is called thousands of times, so it has the tables as local names.
        """
        remaining, first, second = self._tables
        at_completion = math.sqrt(self.ties), self.ties

        def ratio(sigma: float) -> tuple[float, int]:
            if sigma >= 0.0:
                return at_completion
            living = bisect_left(remaining, -sigma)
            node, root = living - 1, math.sqrt(living)
            c = first[node] / math.sqrt(second[node])
            t = math.tanh(root * (-remaining[node] - sigma))
            return (c + root * t) / (1.0 + c * t / root), living

        return ratio

    def _before_completion(self, node: NDArray[np.int64]) -> NDArray[np.int64]:
        # A row of equal weights has only one such node, the start.
        return np.clip(node, self.ties, max(self.ties, self.reach.size - 2))

    def _next(self, node: NDArray[np.int64]) -> FloatArray:
        return self.reach[np.minimum(node + 1, self.reach.size - 1)]

    def reach_at(self, sigma: FloatArray) -> FloatArray:
        """Return the reach a > 0 at slow times ς (any shape)."""
        node = np.searchsorted(self._remaining, -sigma, side="left") - 1
        node = self._before_completion(node)
        root = np.sqrt(node + 1.0)
        angle = root * np.maximum(-self._remaining[node] - sigma, 0.0)
        first, scaled = self._first[node], root * np.sqrt(self._second[node])
        rise = 2.0 * first * np.sinh(angle / 2.0) ** 2 + scaled * np.sinh(angle)
        inside = np.minimum(self.reach[node] + rise / (node + 1.0), self._next(node))
        # After completion S₂ = ties · a², so a falls exponentially.
        ended = self.reach[self.ties] * np.exp(-math.sqrt(self.ties) * np.maximum(sigma, 0.0))
        moved = np.where(sigma >= 0.0, np.maximum(ended, np.finfo(float).tiny), inside)
        return np.where(sigma <= self.start, 1.0, moved)

    def scalar_sums(self, reach: float) -> tuple[float, float]:
        """Return Σ (a − d_k)₊ and Σ (a − d_k)₊² at one reach, as plain floats."""
        node = max(bisect_left(self._reach_view, reach) - 1, 0)
        k, x = node + 1, reach - self._reach_view[node]
        first = self._tables[1][node]
        second = self._tables[2][node]
        return first + x * k, second + x * (2.0 * first + x * k)

    def all_sums(self, reach: float) -> tuple[float, float, float, float, float]:
        """Return Σ (a − d_k)₊^p at one reach for p = 0 … 4, as plain floats."""
        first, second = self.scalar_sums(reach)
        node = max(bisect_left(self._reach_view, reach) - 1, 0)
        k, x = node + 1.0, reach - self._reach_view[node]
        s1, s2, s3, s4 = (float(s[node]) for s in (self._first, self._second, *self._higher))
        third = s3 + x * (3.0 * s2 + x * (3.0 * s1 + x * k))
        fourth = s4 + x * (4.0 * s3 + x * (6.0 * s2 + x * (4.0 * s1 + x * k)))
        return k, first, second, third, fourth

    @cached_property
    def _reach_view(self) -> memoryview:
        return _floats(self.reach)

    def slow_time_at(self, reach: FloatArray) -> FloatArray:
        """Return the slow time ς at a given reach in (0, 1]; the inverse of `reach_at`."""
        node = np.searchsorted(self.reach, reach, side="left") - 1
        node = self._before_completion(node)
        k = np.asarray(node + 1.0)
        x = np.maximum(reach - self.reach[node], 0.0)
        first, second = self._first[node], self._second[node]
        here = first + x * k, np.sqrt(second + x * (2.0 * first + x * k))
        since = _time_between(k, x, (first, np.sqrt(second)), here)
        before = -self._remaining[node] - since
        ended = np.minimum(reach / self.reach[self.ties], 1.0)
        return np.where(ended < 1.0, -np.log(ended) / math.sqrt(self.ties), before)

    @cached_property
    def _higher(self) -> tuple[FloatArray, FloatArray]:
        k, x = self._living, self._gap
        first, second, third = self._first[:-1], self._second[:-1], self._third[:-1]
        _add_up(self._third, x, k, 3.0 * first, 3.0 * second)
        _add_up(self._fourth, x, k, 4.0 * first, 6.0 * second, 4.0 * third)
        return self._third, self._fourth

    def power_sums(self, reach: FloatArray) -> PowerSums:
        """Return the power sums at a given reach (any shape); all are 0 at reach 0."""
        alive = reach > 0
        a = np.where(alive, reach, 1.0)
        node = np.maximum(np.searchsorted(self.reach, a, side="left") - 1, 0)
        k, x = (node + 1) * alive, 1.0 - self.reach[node] / a
        s1, s2, s3, s4 = (s[node] for s in (self._first, self._second, *self._higher))
        # Divide by one factor a at a time: a^p may underflow where the quotient does not.
        s1, s2, s3, s4 = s1 / a, s2 / a / a, s3 / a / a / a, s4 / a / a / a / a
        return PowerSums(
            living=k,
            first=alive * (s1 + x * k),
            second=alive * (s2 + x * (2.0 * s1 + x * k)),
            fourth=alive * (s4 + x * (4.0 * s3 + x * (6.0 * s2 + x * (4.0 * s1 + x * k)))),
        )


def _time_between(
    living: FloatArray,
    gap: FloatArray,
    low: tuple[FloatArray, FloatArray],
    high: tuple[FloatArray, FloatArray],
) -> FloatArray:
    """Return ∫ da/√S₂ over a gap with k living weights, (1/√k) ln of the growth of √(k S₂) + S₁.

    `low` and `high` are (S₁, √S₂) at its ends. With log1p of the relative growth there is no
    cancellation, however small the gap.
    """
    root = np.sqrt(living)
    growth = low[0] + high[0]
    growth *= root
    growth /= low[1] + high[1]
    growth += living
    growth *= gap
    scale = root * low[1]
    scale += low[0]
    growth /= scale
    return np.asarray(np.log1p(growth) / root)


def _floats(array: FloatArray) -> memoryview:
    return memoryview(cast(bytes, array))  # Python 3.11 has no type for the buffer protocol


def _add_up(total: FloatArray, x: FloatArray, *coefficients: FloatArray) -> None:
    """Write, after a 0, the running sums of x · (polynomial of x, the highest power first)."""
    increments = total[1:]
    for coefficient in coefficients:
        increments += coefficient
        increments *= x
    np.cumsum(increments, out=increments)


class _Step(NamedTuple):
    """An accepted step: when it begins, its size, (r, ς) before and after."""

    time: float
    size: float
    start: Pair
    end: Pair
    field: Callable[[float, float], Pair]
    slope: Pair  #: `field` at the start
    jacobian: tuple[float, float, float, float]

    def after(self, part: float) -> Pair:
        """Return (r, ς) after a part of the time `size`.

        It is a shorter step from the same start: a polynomial would not follow the kinks of c.
        """
        if part <= 1e-17 * self.size:  # nothing changes by more than a rounding error
            return self.start
        (r, sigma), _ = rodas_step(self.field, self.start, self.slope, part, self.jacobian)
        low, high = self.start[1], self.end[1]
        return r if r > 0.0 else min(self.start[0], self.end[0]), min(max(sigma, low), high)


def _steps(shape: RowShape, lam: float, rtol: float) -> Iterator[_Step]:
    """Yield steps until the row has collapsed, and without end if it never does.

    The error of a step is below `rtol`, relative in r and relative in c (an error δς changes c by
    at most a factor 1 + √k δς).
    """
    ratio = shape.ratio

    def field(r: float, sigma: float) -> Pair:
        return r - r * r * r - lam * ratio(sigma)[0], lam / r

    r, sigma, now = shape.norm, shape.start, 0.0
    speed, drift = field(r, sigma)
    h = 0.01 * r / (abs(speed) + r * drift + r + r**3)
    tries = 0
    while True:
        c, living = ratio(sigma)
        speed = r * (1.0 - r * r) - lam * c
        # It dies within the rounding error of the time (and is not at rest up to rounding).
        if r <= -speed * math.ulp(now) and -speed > 1e-14 * (r + lam * c):
            return
        # Once one weight is left (or the tied largest), c is constant and r independent of ς.
        root, coupling = 0.0, 0.0
        if sigma < 0.0:
            root, coupling = math.sqrt(living), -lam * (c * c - living)
        jacobian = (1.0 - 3.0 * r * r, coupling, -lam / (r * r), 0.0)
        slope, growth = (speed, lam / r), 5.0
        while True:
            tries += 1
            if tries > _MAX_TRIES:
                raise RuntimeError(f"no progress at t = {now:g}, ‖w‖ = {r:g}, λ = {lam:g}")
            (r_new, sigma_new), (dr, dsigma) = rodas_step(field, (r, sigma), slope, h, jacobian)
            error = (abs(dr) / r + abs(dsigma) * root) / rtol
            # With a loose tolerance a step may go beyond the death of the row.
            possible = r_new > 0.0 and sigma_new >= sigma
            if error <= 1.0 and possible:
                break
            h *= max(0.2, 0.9 * error**-0.25) if possible else 0.5
            growth = 1.0  # a kink of c may be near
        yield _Step(now, h, (r, sigma), (r_new, sigma_new), field, slope, jacobian)
        now, r, sigma = now + h, r_new, sigma_new
        h *= min(growth, 0.9 * max(error, 1e-6) ** -0.25)


def evolve(
    shape: RowShape, *, l1_strength: float, time: FloatArray, rtol: float
) -> tuple[FloatArray, FloatArray]:
    """Return (r, ς) at each of `time`; r = 0 once the row has collapsed.

    The steps, and so the values, do not depend on the other times.
    """
    series = np.zeros((2, time.size))
    asked, index, sigma = time.tolist(), 0, shape.start
    for step in _steps(shape, l1_strength, rtol):
        while index < time.size and asked[index] <= step.time + step.size:
            series[:, index] = step.after(asked[index] - step.time)
            index += 1
        sigma = step.end[1]
        if index == time.size:
            break
    series[1, index:] = sigma
    return series[0], series[1]


def time_of(shape: RowShape, sigma: float, *, l1_strength: float, rtol: float) -> float:
    """Return the flow time at which the slow time is `sigma`; infinite if the row dies before."""
    if sigma <= shape.start:
        return 0.0
    for step in _steps(shape, l1_strength, rtol):
        if step.end[1] >= sigma:
            break
    else:
        return math.inf
    part = 0.0
    for _ in range(_NEWTON_STEPS):
        r, reached = step.after(part)
        part += (sigma - reached) * r / l1_strength  # dς/dt = λ/r
        part = min(max(part, 0.0), step.size)
    return step.time + part
