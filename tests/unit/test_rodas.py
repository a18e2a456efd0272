"""The Rosenbrock step: its orders, its damping, and that a wrong coefficient shows."""

import cmath
import math
from collections.abc import Callable

import numpy as np
import pytest

from polytheory import _rodas
from polytheory._rodas import Pair, rodas_step

Jacobian = tuple[float, float, float, float]


def step(
    field: Callable[[float, float], Pair], state: Pair, h: float, jacobian: Jacobian
) -> tuple[Pair, Pair]:
    """Return the state after a step and the estimate of its error."""
    return rodas_step(field, state, field(*state), h, jacobian)


def spiral(x: float, y: float) -> Pair:
    """Return (r − r³) along the radius plus a unit turn: the solution is known."""
    s = 1 - x * x - y * y
    return s * x - y, s * y + x


def spiral_jacobian(x: float, y: float) -> Jacobian:
    return 1 - 3 * x * x - y * y, -2 * x * y - 1, -2 * x * y + 1, 1 - x * x - 3 * y * y


def spiral_at(time: float, radius: float) -> Pair:
    r = 1 / math.sqrt(1 + (radius**-2 - 1) * math.exp(-2 * time))
    return r * math.cos(time), r * math.sin(time)


def order(*, embedded: bool = False, jacobian_scale: float = 1.0) -> float:
    """Fit the order of convergence on the spiral from radius 0.4 over time 2."""
    sizes = 2.0 / 2 ** np.arange(3, 8)
    errors = []
    for h in sizes:
        state = (0.4, 0.0)
        for _ in range(round(2.0 / h)):
            a, b, c, d = (jacobian_scale * entry for entry in spiral_jacobian(*state))
            state, error = step(spiral, state, h, (a, b, c, d))
            if embedded:
                state = state[0] - error[0], state[1] - error[1]
        errors.append(math.dist(state, spiral_at(2.0, 0.4)))
    return float(np.polyfit(np.log(sizes), np.log(errors), 1)[0])


# The next order adds a few per cent of h, which moves a fitted slope by about 0.1 at these steps.
SLACK = 0.2


def test_the_step_has_order_four() -> None:
    assert order() == pytest.approx(4, abs=SLACK)


def test_the_embedded_step_has_order_three() -> None:
    assert order(embedded=True) == pytest.approx(3, abs=SLACK)


@pytest.mark.parametrize(
    ("table", "row", "column"), [("_A", 2, 0), ("_A", 4, 3), ("_C", 1, 0), ("_C", 5, 4)]
)
def test_a_coefficient_off_by_a_thousandth_lowers_the_order(
    monkeypatch: pytest.MonkeyPatch, table: str, row: int, column: int
) -> None:
    wrong = [list(coefficients) for coefficients in getattr(_rodas, table)]
    wrong[row][column] *= 1.001
    monkeypatch.setattr(_rodas, table, tuple(map(tuple, wrong)))
    assert order() < 3


def test_a_wrong_jacobian_lowers_the_order() -> None:
    assert order(jacobian_scale=0.9) < 3


def test_the_error_estimate_is_the_distance_to_the_embedded_result() -> None:
    # One step of h: the estimate falls like the local error of order 3, h⁴.
    sizes = 2.0 ** -np.arange(3, 8)
    start = (0.4, 0.3)
    estimates = [math.hypot(*step(spiral, start, h, spiral_jacobian(*start))[1]) for h in sizes]
    slope = np.polyfit(np.log(sizes), np.log(estimates), 1)[0]
    assert slope == pytest.approx(4, abs=SLACK)


def test_a_constant_field_is_followed_exactly() -> None:
    state, error = step(lambda _x, _y: (2.0, -3.0), (1.0, 1.0), 0.5, (0.0, 0.0, 0.0, 0.0))
    # The five stages sum to the step with coefficients of 16 digits and sizes up to 50.
    assert state == pytest.approx((2.0, -0.5), rel=1e-13, abs=0)
    assert error == pytest.approx((0.0, 0.0), abs=1e-13)


def growth(z: complex) -> complex:
    """Return the stability function R(z): one step of size 1 of x' = zx."""
    a, b = z.real, z.imag
    state, _ = step(lambda x, y: (a * x - b * y, b * x + a * y), (1.0, 0.0), 1.0, (a, -b, b, a))
    return complex(*state)


@pytest.mark.parametrize("angle", [0.0, 0.7, 1.5, math.pi])
def test_the_stability_function_agrees_with_exp_to_order_four(angle: float) -> None:
    sizes = 2.0 ** -np.arange(2, 6)
    errors = [abs(growth(z := cmath.rect(s, angle)) - cmath.exp(z)) for s in sizes]
    # The local error of order 4 is h⁵.
    assert np.polyfit(np.log(sizes), np.log(errors), 1)[0] == pytest.approx(5, abs=SLACK)


@pytest.mark.parametrize("frequency", np.geomspace(1e-2, 1e6, 25))
def test_oscillations_do_not_grow(frequency: float) -> None:
    # On the imaginary axis, and so (maximum principle) in the left half-plane: A-stable.
    assert abs(growth(1j * frequency)) <= 1 + 1e-14


@pytest.mark.parametrize("stiffness", [1e2, 1e4, 1e8])
def test_a_huge_step_damps_like_its_inverse(stiffness: float) -> None:
    # L-stable: R(−z) = O(1/z). The constant is of order one; without L-stability R is, too.
    assert abs(growth(-stiffness)) < 10 / stiffness


def test_a_huge_step_lands_on_the_slow_manifold() -> None:
    # x' = −k (x − y²), y' = −y, from off the manifold x = y². Although h ≫ 1/k, the local error h⁵
    # of the slow motion is all that is left.
    k, h = 1e8, 0.1
    (x, y), _ = step(lambda x, y: (-k * (x - y * y), -y), (2.0, 1.0), h, (-k, 2 * k, 0.0, -1))
    assert y == pytest.approx(math.exp(-h), abs=h**5)
    assert x == pytest.approx(math.exp(-2 * h), abs=h**5)
