"""Share of false claims that one call of `assert_bound` or `assert_law` refutes, at size "fast".

Each claim is false in a small part of its domain, at a place drawn with the seed. Goal: at least
90 % of the claims on domains.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from _timing import parser, show

from polytheory import Domain, Interval, Kind, Law, observables
from polytheory.testing import assert_bound, assert_law, rows

Draw = np.random.Generator
Claim = Callable[[Draw], Callable[[str], object]]

UNIT, POSITIVE = Interval(0, 1), Interval(1e-3, 1e3, log=True)
COUNT = Interval(1, 20, integer=True)
LINE, SQUARE, CUBE = (Domain(dict.fromkeys(names, UNIT)) for names in ("x", "xy", "xyz"))
PLANE = Domain({"a": POSITIVE, "b": POSITIVE})
SIZES = Domain({"n": COUNT, "m": COUNT, "x": UNIT})
STEPS = Domain({"n": Interval(1, 400, integer=True)})


def above(observe: Callable[..., Any], on: Any) -> Callable[[str], object]:
    """Claim that what is observed is at most 0 (it is −0.5 or so where that is true)."""
    return lambda size: assert_bound(None, 0.0, observe, on=on, size=size)


def band(share: float, *names: str, on: Domain) -> Claim:
    """Off in a box of this share of the volume; nothing outside points to it."""

    def claim(draw: Draw) -> Callable[[str], object]:
        width = share ** (1 / len(names))
        low = {name: draw.uniform(0, 1 - width) for name in names}

        def observe(**case: float) -> float:
            inside = all(
                low[name] < scaled(case[name], on, name) < low[name] + width for name in low
            )
            return 0.1 if inside else -0.5

        return above(observe, on)

    return claim


def scaled(value: float, on: Domain, name: str) -> float:
    """Position of a value in its interval, from 0 to 1."""
    axis = on.intervals[name]
    low, high = axis.low, axis.high
    if axis.log:
        low, high, value = np.log([low, high, value])
    return float((value - low) / (high - low))


def peak(share: float, *names: str, on: Domain) -> Claim:
    """A smooth quantity that exceeds the bound around its maximum only."""

    def claim(draw: Draw) -> Callable[[str], object]:
        top = {name: draw.uniform(0, 1) for name in names}
        radius = {1: share / 2, 2: np.sqrt(share / np.pi), 3: np.cbrt(0.75 * share / np.pi)}
        limit = radius[len(names)] ** 2

        def observe(**case: float) -> float:
            gap = sum((scaled(case[name], on, name) - top[name]) ** 2 for name in names)
            return float(limit - gap)

        return above(observe, on)

    return claim


def corner(share: float, on: Domain) -> Claim:
    """Off near one of the corners."""

    def claim(draw: Draw) -> Callable[[str], object]:
        width = share ** (1 / len(on.intervals))
        end = {name: draw.integers(2) for name in on.intervals}

        def observe(**case: float) -> float:
            gaps = [abs(scaled(case[name], on, name) - end[name]) for name in end]
            return 0.1 if max(gaps) < width else -0.5

        return above(observe, on)

    return claim


def edge(share: float, on: Domain) -> Claim:
    """Off near one end of one parameter."""

    def claim(draw: Draw) -> Callable[[str], object]:
        name, end = draw.choice(list(on.intervals)), draw.integers(2)
        return above(
            lambda **case: 0.1 if abs(scaled(case[name], on, name) - end) < share else -0.5, on
        )

    return claim


def only(where: Callable[..., Any], on: Domain) -> Claim:
    """Off only for some whole numbers."""
    return lambda _: above(lambda **case: 0.1 if where(**case) else -0.5, on)


def factor(how: float, beyond: float) -> Claim:
    """An exact law that is a factor off where its argument is large."""

    def claim(_: Draw) -> Callable[[str], object]:
        law = Law(
            name="factor",
            kind=Kind.EXACT,
            domain=PLANE,
            predict=lambda a, b: a * b,
            observe=lambda a, b: a * b * (how if a > beyond else 1.0),
        )
        return lambda size: assert_law(law, size=size)

    return claim


def bound_law(low: Callable[..., float], high: Callable[..., float], see: Any, on: Domain) -> Claim:
    """A bound written as a law."""
    law = Law(
        name="bound",
        kind=Kind.BOUND,
        domain=on,
        predict=lambda **case: (low(**case), high(**case)),
        observe=see,
        tight=1e6,
    )
    return lambda _: lambda size: assert_law(law, size=size)


DOMAINS: dict[str, Claim] = {
    "band of 3 %, 1 parameter": band(0.03, "x", on=LINE),
    "band of 5 %, 1 of 3 parameters": band(0.05, "z", on=CUBE),
    "band of 4 %, log scale": band(0.04, "b", on=PLANE),
    "box of 5 %, 2 parameters": band(0.05, "x", "y", on=SQUARE),
    "peak of 1 %, 1 parameter": peak(0.01, "x", on=LINE),
    "peak of 2 %, 2 parameters": peak(0.02, "x", "y", on=SQUARE),
    "peak of 1 %, 2 parameters": peak(0.01, "x", "y", on=SQUARE),
    "peak of 2 %, 3 parameters": peak(0.02, "x", "y", "z", on=CUBE),
    "peak of 2 %, log scale": peak(0.02, "a", "b", on=PLANE),
    "corner of 3 %, 2 parameters": corner(0.03, on=SQUARE),
    "corner of 3 %, 3 parameters": corner(0.03, on=CUBE),
    "corner of 3 %, log scale": corner(0.03, on=PLANE),
    "edge of 3 %, 3 parameters": edge(0.03, on=CUBE),
    "edge of 3 %, log scale": edge(0.03, on=PLANE),
    "only n = m": only(lambda n, m, **_: n == m, SIZES),
    "only n = m + 1": only(lambda n, m, **_: n == m + 1, SIZES),
    "only n = 1": only(lambda n, **_: n == 1, SIZES),
    "only n from 180 to 195": only(lambda n: 180 <= n <= 195, STEPS),
    "factor 1.02 for a > 500": factor(1.02, 500.0),
    "factor 1.02 for a > 100": factor(1.02, 100.0),
    "a constant 0.5 % too small": bound_law(
        lambda **_: 0.0, lambda **_: 0.2488, lambda x, **_: x * (1 - x), SIZES
    ),
    "between, 2 % too narrow": bound_law(
        lambda a, b: 1.02 * 2 * np.sqrt(a * b),
        lambda a, b: 3 * max(a, b),
        lambda a, b: a + b,
        PLANE,
    ),
}


def l1(row: Any) -> float:
    return float(observables.l1_norm(row))


#: On a strategy: false only for some rows.
STRATEGIES: dict[str, Claim] = {
    "rows: nearly equal weights": lambda _: (
        lambda size: assert_bound(
            None,
            lambda row: 0.99 * np.sqrt(row.size) * float(np.linalg.norm(row)),
            l1,
            on=rows(size=size, min_neurons=3),
            size=size,
        )
    ),
    "rows: norm above 4.2": lambda _: (
        lambda size: assert_bound(
            None, 4.2, lambda row: float(np.linalg.norm(row)), on=rows(size=size), size=size
        )
    ),
    "rows: a sum above 7": lambda _: (
        lambda size: assert_bound(
            None, 7.0, lambda row: float(row.sum()), on=rows(size=size), size=size
        )
    ),
}


def refuted(claim: Claim, seed: int, size: str) -> bool:
    """Whether one call refutes the claim of this seed."""
    try:
        claim(np.random.default_rng(seed))(size)
    except AssertionError:
        return True
    return False


def shares(claims: dict[str, Claim], seeds: int, size: str) -> dict[str, float]:
    """Return the share of seeds for which each claim is refuted."""
    return {
        name: sum(refuted(claim, seed, size) for seed in range(seeds)) / seeds
        for name, claim in claims.items()
    }


def main() -> None:
    command = parser(__doc__)
    command.add_argument("--seeds", type=int, default=20)
    command.add_argument("--size", default="fast")
    a = command.parse_args()
    began = time.perf_counter()
    found = shares(DOMAINS, a.seeds, a.size)
    others = shares(STRATEGIES, a.seeds, a.size)
    means = {
        "mean of the domains": float(np.mean(list(found.values()))),
        "mean of the strategies": float(np.mean(list(others.values()))),
        "seconds": time.perf_counter() - began,
    }
    show(found | others | means, a.json)


if __name__ == "__main__":
    main()
