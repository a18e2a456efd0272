"""Search for a case of a domain that refutes a claim: even draws, special cases, and a climb."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import cycle, islice, product

import numpy as np

from polytheory.domain import Case, Domain, Interval

#: Shares of the cases at corners, with ties, and climbing; the others are even draws.
CORNERS, TIES, CLIMB = 0.2, 0.1, 0.3
#: Every so many even draws, one is moved to an end of one parameter.
EDGE = 5
#: Ratio of its ends from which every other draw in an interval is even in the logarithm.
WIDE = 1000.0
#: Distance from an end that is left out or infinite, as a share of the interval.
INSIDE = 2.0**-20
#: An end beyond this stands for infinity.
INFINITE = 1e14
#: First and smallest step of the climb, as shares of an interval.
STEP, LAST_STEP = 0.1, 1e-4

#: For each way to refute a claim (at either end of a bound) a score that grows towards it.
Scores = dict[str, float]
#: Judges a case: whether it refutes the claim, and the scores.
Judge = Callable[[Case], tuple[bool, Scores]]


class Found(Exception):  # noqa: N818 - no error
    """Ends the search at the case that refutes the claim."""

    def __init__(self, case: Case) -> None:
        self.case = case


class Search:
    """A search of a domain with a given number of cases, each judged once.

    Parameters
    ----------
    domain : Domain
    judge : callable
    count : int
    rng : Generator
    """

    def __init__(self, domain: Domain, judge: Judge, count: int, rng: np.random.Generator) -> None:
        self.domain, self.judge, self.left, self.rng = domain, judge, count, rng
        self.axes = {n: i for n, i in domain.intervals.items() if n != "seed"}
        self.seen: dict[tuple[float, ...], Scores] = {}

    def run(self) -> Case | None:
        """Return the first case found that refutes the claim, or None."""
        count, even = self.left, self._even()
        tries = iter(range(20 * count))  # some draws repeat, or are refused by the predicate
        try:
            for case in islice(self._corners(), math.ceil(CORNERS * count)):
                self._score(case)
            for case in islice(self._ties(), math.ceil(TIES * count)):
                self._score(case)
            while self.axes and self.left > CLIMB * count and next(tries, None) is not None:
                self._score(next(even))
            ways = list(dict.fromkeys(way for each in self.seen.values() for way in each))
            for others in reversed(range(len(ways))):
                self._climb(ways[others], until=self.left * others // (others + 1))
            while self.axes and self.left and next(tries, None) is not None:
                self._score(next(even))
        except Found as found:
            return found.case
        return None

    def _score(self, case: Case) -> Scores | None:
        """Judge a case, unless that was done before; None outside, or if no case is left."""
        key = tuple(case.values())
        if key in self.seen:
            return self.seen[key]
        seeds = self.domain.intervals.get("seed")
        whole = case if seeds is None else case | {"seed": seeds.sample(self.rng)}
        whole = {name: whole[name] for name in self.domain.intervals}
        inside = all(map(math.isfinite, whole.values())) and self.domain.contains(**whole)
        if not self.left or not inside:
            return None
        self.left -= 1
        refuted, self.seen[key] = self.judge(whole)
        if refuted:
            raise Found(whole)
        return self.seen[key]

    def _corners(self) -> Iterator[Case]:
        """Yield the corners: two opposite ones first."""
        corners = list(product((0.0, 1.0), repeat=min(len(self.axes), 10)))
        others = self.rng.permutation(len(corners)).tolist()
        for at in dict.fromkeys([0, len(corners) - 1, *others]):
            ends = [*corners[at], *self.rng.integers(2, size=max(len(self.axes) - 10, 0))]
            yield {n: value(i, end) for (n, i), end in zip(self.axes.items(), ends, strict=True)}

    def _ties(self) -> Iterator[Case]:
        """Yield draws in which parameters of a sort are equal, which is often special."""
        sorts = [[n for n, i in self.axes.items() if i.integer == sort] for sort in (True, False)]
        sorts = [names for names in sorts if len(names) > 1]
        for case, names in zip(self._even(), cycle(sorts), strict=False):
            x = case[names[int(self.rng.integers(len(names)))]]
            yield case | {n: x for n in names if self.axes[n].holds(float(x))}

    def _even(self) -> Iterator[Case]:
        """Yield evenly spread draws (a Kronecker sequence with a random start), some on edges."""
        d = len(self.axes)
        # Irrational numbers far from simple fractions; beyond their number, steps are random.
        steps = np.resize(np.sqrt([2.0, 3.0, 5.0, 7.0, 11.0, 13.0]), d)
        steps[6:] = self.rng.random(max(d - 6, 0))
        at, i = self.rng.random(d), 0
        while self.axes:
            at = (at + steps) % 1.0
            i += 1
            case = {
                n: value(axis, u, even_in_log=i % 2 == 0)
                for (n, axis), u in zip(self.axes.items(), at.tolist(), strict=True)
            }
            if d > 1 and i % EDGE == 0:
                name = list(case)[int(self.rng.integers(d))]
                case[name] = value(self.axes[name], float(self.rng.integers(2)))
            yield case

    def _climb(self, way: str, until: int) -> None:
        """Climb in one way, until this number of cases is left or no step is better.

        Each step is along one parameter, to the vertex of the parabola through three scores.
        """
        # A case that touches an end (score 0) is at the top of its hill.
        below = {key: each[way] for key, each in self.seen.items() if each.get(way, 0.0) != 0.0}
        if len(set(below.values())) < 2:
            return
        key, score = max(below.items(), key=lambda each: each[1])
        case = dict(zip(self.axes, key, strict=True))
        steps = dict.fromkeys(self.axes, STEP)
        while self.left > until and max(steps.values()) > LAST_STEP:
            for name, axis in self.axes.items():
                step, u = steps[name], position(axis, case[name])
                found = {u: score}
                for shift in _shifts(u, step):
                    found |= self._look(way, case, name, u + shift)
                if len(found) == 3:
                    found |= self._look(way, case, name, _vertex(found, 3 * step))
                best = max(found, key=lambda each: found[each])
                if found[best] > score:
                    score, case = found[best], case | {name: value(axis, best)}
                else:
                    steps[name] = step / 4

    def _look(self, way: str, case: Case, name: str, u: float) -> dict[float, float]:
        """Return the score with one parameter at another position, if there is one."""
        scores = self._score(case | {name: value(self.axes[name], u)})
        return {u: scores[way]} if scores and way in scores else {}


def _shifts(u: float, step: float) -> tuple[float, float]:
    """Return two steps from a position that stay inside."""
    if u < step:
        return step, 2 * step
    return (-step, -2 * step) if u > 1 - step else (step, -step)


def _vertex(scores: dict[float, float], reach: float) -> float:
    """Return where the parabola through three scores is largest, within reach of the best."""
    (a, fa), (b, fb), (c, fc) = sorted(scores.items())
    best = max(scores, key=lambda each: scores[each])
    left, right = (fb - fa) / (b - a), (fc - fb) / (c - b)
    bend = (right - left) / (c - a)
    vertex = (a + b) / 2 - left / (2 * bend) if bend < 0 else best + np.sign(fc - fa) * reach
    return float(np.clip(vertex, max(best - reach, 0.0), min(best + reach, 1.0)))


def value(axis: Interval, u: float, *, even_in_log: bool = False) -> float | int:
    """Return the value at position u, from 0 to 1, of an interval."""
    low, high = _ends(axis)
    if axis.integer:
        low = low if axis.first_integer is None else axis.first_integer
        high = high if axis.last_integer is None else axis.last_integer
    if axis.open_low or low == -np.inf:
        u = max(u, INSIDE)
    if axis.open_high or high == np.inf:
        u = min(u, 1.0 - INSIDE)
    if axis.log or (even_in_log and low > 0 and high > WIDE * low):
        x = low * (min(high, INFINITE * low) / low) ** u
    elif np.isfinite([low, high]).all():
        x = low + (high - low) * u
    elif np.isfinite(low):
        x = low + u / (1.0 - u)
    elif np.isfinite(high):
        x = high - (1.0 - u) / u
    else:
        x = math.tan(math.pi * (u - 0.5))
    x = min(max(x, low), high)
    return round(x) if axis.integer and math.isfinite(x) else float(x)


def position(axis: Interval, x: float) -> float:
    """Return the position of a value: the inverse of `value`."""
    low, high = _ends(axis)
    if axis.log:
        return math.log(x / low) / max(math.log(min(high / low, INFINITE)), 1e-300)
    if np.isfinite([low, high]).all():
        return (x - low) / max(high - low, 1e-300)
    if np.isfinite(low):
        return (x - low) / (1.0 + x - low)
    if np.isfinite(high):
        return 1.0 / (1.0 + high - x)
    return math.atan(x) / math.pi + 0.5


def _ends(axis: Interval) -> tuple[float, float]:
    low, high = axis.low, axis.high
    return low if low > -INFINITE else -np.inf, high if high < INFINITE else np.inf
