"""The root finder: order, roots that merge, ends of a bracket, and what an open step would do."""

import math
from typing import Any

import numpy as np
import pytest

from polytheory._roots import falling_root

Curve = tuple[Any, Any, Any]


def cosine(x: Any) -> Curve:
    return np.cos(x), -np.sin(x), -np.cos(x)


def steep(x: Any, a: Any = 1.0) -> Curve:
    """Return −arctan(a(x − 1)): Newton's step from |a(x − 1)| > 1.39 runs away."""
    y = a * (x - 1.0)
    return -np.arctan(y), -a / (1.0 + y * y), 0.0


def touching(x: Any) -> Curve:
    """A double root at 1/3, where the function only touches zero."""
    return -((x - 1.0 / 3.0) ** 2), -2.0 * (x - 1.0 / 3.0), -2.0


@pytest.mark.parametrize(("bent", "order"), [(False, 2), (True, 3)])
def test_the_order_of_a_step(bent: bool, order: int) -> None:
    """Errors of the arguments with which the curve is called, on the root ln 2 of 2 − eˣ."""
    seen = []

    def curve(x: float) -> Curve:
        seen.append(x)
        e = math.exp(x)
        return 2.0 - e, -e, -e if bent else 0.0

    assert falling_root(curve, 0.0, 3.0, 1.0) == pytest.approx(math.log(2.0), rel=4e-16)
    error = [abs(x - math.log(2.0)) for x in seen if abs(x - math.log(2.0)) > 1e-13]
    # The fit of the last two differences that rounding leaves: within a quarter of the order.
    found = np.log(error[-1] / error[-2]) / np.log(error[-2] / error[-3])
    assert found == pytest.approx(order, abs=0.3)
    assert len(seen) <= (6 if bent else 8)


def test_without_the_bracket_a_step_runs_away() -> None:
    # Negative control: the same steps without the safeguard leave every bound.
    x = 6.0
    for _ in range(6):
        value, slope, _ = steep(x)
        x -= value / slope
    assert abs(x) > 1e6
    assert falling_root(steep, -10.0, 10.0, 6.0) == pytest.approx(1.0, rel=1e-15)


def test_arrays_and_numbers_agree() -> None:
    a = np.geomspace(1e-3, 1e6, 200).reshape(10, 20)
    found = falling_root(steep, -3.0, 9.0, 8.0, a)
    assert found.shape == a.shape
    np.testing.assert_allclose(found, 1.0, rtol=1e-15)
    assert falling_root(steep, -3.0, 9.0, 8.0, 2.0) == found.flat[0]
    assert falling_root(steep, -3.0, 9.0, np.full(1, 8.0)).shape == (1,)
    assert falling_root(steep, np.zeros(0), 9.0, 8.0).shape == (0,)


def test_rows_of_parameters() -> None:
    rows = np.random.default_rng(0).uniform(1.0, 2.0, size=(7, 5))

    def curve(x: Any, row: Any) -> Curve:
        x = np.asarray(x)[..., None]
        return (row - x).sum(axis=-1), -5.0 + 0.0 * x[..., 0], 0.0

    found = falling_root(curve, np.zeros(7), 9.0, 0.0, rows=rows)
    np.testing.assert_allclose(found, rows.mean(axis=-1), rtol=1e-15)


def test_roots_that_merge() -> None:
    # The parabola has no root up to rounding; with its vertex as an end few steps are needed.
    seen = []

    def counted(x: Any) -> Curve:
        seen.append(x)
        return touching(x)

    assert falling_root(counted, 1.0 / 3.0, 1.0, 1.0) == pytest.approx(1.0 / 3.0, rel=1e-15)
    assert len(seen) <= 4
    found = falling_root(touching, np.full(2, 1.0 / 3.0), 1.0, 1.0)
    np.testing.assert_allclose(found, 1.0 / 3.0, rtol=1e-15)


@pytest.mark.parametrize("size", [(), (3,)])
def test_the_ends_of_the_bracket(size: tuple[int, ...]) -> None:
    low, high = np.zeros(size), np.full(size, math.pi / 2.0)
    # At an end, and beyond one: the result is the end.
    # A halving ends at 4 units in the last place, which leaves as much.
    assert np.all(abs(falling_root(cosine, low, high, 1.0) - math.pi / 2.0) <= 2e-15)
    assert np.all(abs(falling_root(cosine, low, high - 1.0, 0.3) - high + 1.0) <= 2e-15)
    assert np.all(abs(falling_root(cosine, low + 2.0, high + 1.0, 2.2) - 2.0) <= 4e-15)
    assert np.all(falling_root(cosine, low + 1.0, low + 1.0, 1.0) == 1.0)
    # The root at the start.
    assert np.all(falling_root(touching, low, low + 1.0, 1.0 / 3.0) == 1.0 / 3.0)


@pytest.mark.parametrize("size", [(), (3,)])
def test_what_is_not_a_number_is_refused(size: tuple[int, ...]) -> None:
    with pytest.raises(RuntimeError, match=r"not a number at 0\.5"):
        falling_root(lambda x: (x * math.nan, -1.0, 0.0), np.zeros(size), 1.0, 0.5)


@pytest.mark.parametrize("size", [(), (3,)])
def test_a_flat_function_is_halved(size: tuple[int, ...]) -> None:
    # Only the sign is known: as bisection, over 300 orders of magnitude.
    def sign(x: Any) -> Curve:
        return np.sign(1e-200 - x), 0.0 * x, 0.0

    found = falling_root(sign, np.zeros(size), 1.0, 0.5)
    np.testing.assert_allclose(found, 1e-200, rtol=1e-15)
