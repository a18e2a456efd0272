"""Closed forms that solve an equation, against mpmath with 80 digits: corners and random points.

The equations are written here as in the docstrings. A relative error is compared with rounding of
the arguments: 1e-15 times 1 plus the condition of the result in σ.
"""

from collections.abc import Callable
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from scipy.special import ndtr

from polytheory.theory.noise import (
    critical_std,
    cubic_flow,
    equilibrium_norm,
    time_to_inverse_participation_ratio,
)

FEATURES = (2, 3, 8, 300, 12345, 10**15)
DIGITS = 80


def linear(r: Any, n: int, s: Any) -> Any:
    x = -r / ((n - 1) * s)
    h = mp.npdf(x) + x * mp.ncdf(x)
    return 1 - r * r - s * s / 2 * (1 + (n - 1) * mp.ncdf(x)) + s * r * h


def exact(r: Any, n: int, s: Any) -> Any:
    x, u = -r / ((n - 1) * s), r / s
    first = {y: mp.npdf(y) + y * mp.ncdf(y) for y in (x, u)}
    second = {y: (1 + y * y) * mp.ncdf(y) + y * mp.npdf(y) for y in (x, u)}
    own = mp.ncdf(u) + first[u] / u - s * s * second[u] - s * r * first[u]
    return own - s * s * (n - 1) * second[x] + s * r * first[x]


def stds(n: int) -> list[float]:
    """Weak noise, the window, both sides of 2/√(n+1), and near the merging of the roots."""
    critical = critical_std(n)
    drawn = np.random.default_rng(n).uniform(0.1, 0.95, size=2)
    return [1e-25, 1e-9, *(critical * drawn), critical * (1.0 - 1e-6)]


@pytest.mark.parametrize("n", FEATURES)
@pytest.mark.parametrize(("balance", "diagonal"), [(linear, "linear"), (exact, "exact")])
def test_the_norm(n: int, balance: Callable[..., Any], diagonal: str) -> None:
    more = [1.5 * critical_std(n), 1e6] if diagonal == "exact" else []
    asked = [*stds(n), *more]
    norms = equilibrium_norm(n, std=np.array(asked), diagonal=diagonal)
    with mp.workdps(DIGITS):
        for std, norm in zip(asked, norms, strict=True):
            assert equilibrium_norm(n, std=std, diagonal=diagonal) == pytest.approx(norm, rel=1e-13)
            s, near, tiny = mp.mpf(std), mp.sqrt(mp.mpf(float(norm))), mp.mpf("1e-20")

            def solved(s: Any, near: Any = near, tiny: Any = tiny) -> Any:
                return mp.findroot(lambda r: balance(r, n, s), (near, near * (1 + tiny))) ** 2

            truth = solved(s)
            condition = abs(solved(s * (1 + tiny)) / truth - 1) / tiny
            assert abs(norm / truth - 1) <= 1e-15 * (1 + condition), (std, norm)


@pytest.mark.parametrize("n", FEATURES)
def test_the_critical_strength(n: int) -> None:
    with mp.workdps(DIGITS):
        # 1/√(max over r of …): where the balance and its slope in r vanish together.
        others = n - 1

        def g(xi: Any) -> Any:
            h = mp.npdf(xi) - xi * mp.ncdf(-xi)
            return (others * xi) ** 2 + (1 + others * mp.ncdf(-xi)) / 2 - others * xi * h

        xi = mp.findroot(
            lambda y: 1.5 * mp.npdf(y) - 2 * y * (mp.ncdf(-y) + others), mp.mpf("0.3") / others
        )
        assert abs(critical_std(n) * mp.sqrt(g(xi)) - 1) <= 1e-15


def test_of_three_norms_the_largest() -> None:
    # Signs of the balance on a fine grid show all roots; three of them just below σ_c for many n.
    u = np.geomspace(1e-3, 1e3, 4001)
    counts = set()
    for n in (8, 1000, 100_000):
        for part in (0.97, 0.985, 0.999):
            std = part * critical_std(n)
            ends = np.flatnonzero(np.diff(np.sign(in_floats(u, n, std))))
            counts.add(ends.size)
            root = np.sqrt(equilibrium_norm(n, std=std, diagonal="exact")) / std
            assert u[ends[-1]] <= root <= u[ends[-1] + 1]
    assert counts == {1, 3}


def in_floats(u: Any, n: int, s: float) -> Any:
    """Return `exact` at r = us."""
    x = -u / (n - 1)
    (pu, px), (cu, cx) = (np.exp(-y * y / 2) / np.sqrt(2 * np.pi) for y in (u, x)), ndtr((u, x))
    own = cu + (pu + u * cu) / u - s * s * ((1 + u * u) * cu + u * pu + u * (pu + u * cu))
    return own - s * s * ((n - 1) * ((1 + x * x) * cx + x * px) - u * (px + x * cx))


@pytest.mark.parametrize("goal", [1.0 / 3.0 + 1e-9, 0.5, 0.9, 1.0 - 1e-12])
@pytest.mark.parametrize("m", [3, 40])
def test_the_time_to_a_ratio(m: int, goal: float) -> None:
    row = np.sort(np.abs(np.random.default_rng(m).normal(size=m)))
    row[-2:] = 1.0 + np.array([0.0, 1e-3])  # nearly tied: the two largest part late
    row[:-2] *= 0.9 / row[:-2].max()
    time = time_to_inverse_participation_ratio(row, goal, rate=1.0)
    with mp.workdps(DIGITS):
        squares = [mp.mpf(float(w)) ** 2 for w in row]
        total = mp.fsum(squares)
        squares = [u / total for u in squares]

        def ratio(I: Any) -> Any:
            grown = [u / (1 - I * u) for u in squares]
            return mp.fsum(u * u for u in grown) / mp.fsum(grown) ** 2

        if ratio(mp.mpf(0)) >= goal:
            assert time == 0.0
            return
        top = max(squares)
        v = mp.findroot(
            lambda v: mp.log((1 - ratio((1 - mp.exp(-v)) / top)) / (1 - mp.mpf(goal))),
            (mp.mpf("1e-30"), mp.mpf(60)),
            solver="anderson",
        )
        I = (1 - mp.exp(-v)) / top
        truth = -mp.fsum(mp.log(1 - I * u) for u in squares) / 2
        # ln(1 − ρ) of a gap of 1e-3 has a rounding of 1e-13; so has a goal near the start.
        assert abs(time / truth - 1) <= 1e-12


def test_rows_that_are_tied_or_there() -> None:
    rows = np.array([[1.0, 1.0, 0.1], [1.0, 0.1, 0.0], [1.0, 0.0, 0.0], [2.0, 1.0, 1.0]])
    found = time_to_inverse_participation_ratio(rows, 0.7, rate=1.0)
    assert found[0] == np.inf  # two share the largest size: the ratio tends to 1/2
    assert found[1] == found[2] == 0.0
    assert 0.0 < found[3] < np.inf
    reached = cubic_flow(found[3], rows[3], rate=1.0)
    assert (reached**4).sum() / (reached**2).sum() ** 2 == pytest.approx(0.7, rel=1e-14)
    assert time_to_inverse_participation_ratio([1.0], 0.5, rate=1.0) == 0.0
    # Weights whose squares are at the end of the floats change nothing.
    tiny = [2.0, 1.0, 1.0, 1e-153, 1e-154, 1e-170, 1e-300]
    assert time_to_inverse_participation_ratio(tiny, 0.7, rate=1.0) == pytest.approx(found[3])
