"""The stabilized step: its order, its limit of stability, its error estimate, its projection."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.polynomial import Polynomial
from numpy.typing import NDArray
from scipy.special import eval_legendre

from polytheory.flow._rkl import (
    MAX_STAGES,
    combine,
    defect,
    longest_step,
    pieces,
    projection,
    rkl_step,
    stages_for,
)

Array = NDArray[np.float64]
Slope = Callable[[Array, Array], None]
EPS = np.finfo(float).eps
STAGES = (3, 4, 5, 9, 10, 21, 51, MAX_STAGES)


def step(slope: Slope, x: Array, at_x: Array, h: float, stages: int) -> Array:
    """Take a step within x ≥ 0."""

    def stage(values: Array, before: Array, nu: float, mu: float, a: float) -> None:
        out = np.empty_like(values)
        slope(values, out)
        combine(out, values, before, nu, mu, a)

    return rkl_step(stage, x, at_x, h, stages, np.ones_like(x))


def step_once(slope: Slope, x: Array, h: float, stages: int) -> Array:
    at_x = np.empty_like(x)
    slope(x, at_x)
    return step(slope, x, at_x, h, stages)


def decay(rest: float, rate: float) -> Slope:
    """Return x' = −rate (x − rest)."""

    def slope(x: Array, out: Array) -> None:
        np.multiply(rest - x, rate, out=out)

    return slope


def factor_in_theory(h_rate: float, stages: int) -> float:
    """Return R = 1 − b + b P_s(1 − 4 hρ/(s² + s − 2)), b = (s² + s − 2)/(2 s (s + 1))."""
    s = stages
    b = (s * s + s - 2) / (2 * s * (s + 1))
    return float(1 - b + b * eval_legendre(s, 1 - 4 * h_rate / (s * s + s - 2)))


def factor(h_rate: float, stages: int) -> float:
    """Return what a step does to a small departure from a rest state far from zero."""
    rest, departure = 2.0**20, 1.0
    y = step_once(decay(rest, 1.0), np.array([rest + departure]), h_rate, stages)
    return float(y[0] - rest)


# Stability


@pytest.mark.parametrize("stages", STAGES)
@pytest.mark.parametrize("part", [1e-3, 0.1, 0.5, 0.9, 1.0])
def test_on_a_linear_problem_the_factor_is_a_shifted_legendre_polynomial(
    stages: int, part: float
) -> None:
    x = np.array([0.3, 1.0, 70.0])
    h = part * longest_step(stages, 1.0)
    # Rounding grows like s² through the recurrence.
    expected = x * factor_in_theory(h, stages)
    np.testing.assert_allclose(
        step_once(decay(0.0, 1.0), x, h, stages), expected, rtol=0, atol=stages**2 * EPS * 70
    )


@pytest.mark.parametrize("stages", STAGES)
def test_steps_are_stable_up_to_the_declared_limit(stages: int) -> None:
    limit = longest_step(stages, 1.0)
    assert limit == (stages**2 + stages - 2) / 2  # Meyer, Balsara and Aslam, equation 17
    # Rounding of the rest state 2²⁰ in the departure, amplified like s².
    rounding = stages**2 * 2.0**20 * EPS
    for part in (0.1, 0.5, 0.9, 0.999, 1.0):
        assert abs(factor(part * limit, stages)) <= 1 + rounding


@pytest.mark.parametrize("stages", STAGES)
def test_steps_are_unstable_beyond_it(stages: int) -> None:
    # P_s leaves [−1, 1] at the limit, with slope s(s + 1)/2: a few units of hρ further |R| > 1.
    assert abs(factor(longest_step(stages, 1.0) + 4.0, stages)) > 1.2


@pytest.mark.parametrize("stages", STAGES)
def test_a_coupled_stiff_problem_relaxes_inside_the_limit_and_blows_up_outside(stages: int) -> None:
    rng = np.random.default_rng(0)
    Q = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    matrix, rest = Q @ np.diag([0.01, 0.3, 1, 3, 8, 10.0]) @ Q.T, np.full(6, 1e6)

    def slope(x: Array, out: Array) -> None:
        np.matmul(matrix, rest - x, out=out)

    def departure(h: float) -> float:
        x = rest + Q.sum(axis=1)
        for _ in range(40):
            x = step_once(slope, x, h, stages)
        return float(np.abs(x - rest).max())

    limit = longest_step(stages, 10.0)
    assert departure(0.99 * limit) < 2.5
    assert departure(limit + 0.4) > 1e3


def test_the_stages_are_the_fewest_that_damp() -> None:
    for load in np.geomspace(1e-3, longest_step(MAX_STAGES, 1.0), 400).tolist():
        stages = stages_for(load / 7.0, 7.0)
        assert longest_step(stages, 1.0) >= load * (1 - 4 * EPS)
        # Within the limit 1 − b + b P_s is 0.77 at most for s = 3, and falls to 0.7. (Modes that a
        # step resolves are not damped by it.)
        assert load < 1 or abs(factor_in_theory(load, stages)) < 0.78
        fewer = stages - 1
        if fewer >= 3:  # an even number may be stable, but not damp
            stable = longest_step(fewer, 1.0) >= load * (1 + 4 * EPS)
            assert not stable or factor_in_theory(load, fewer) > 0.71


def test_an_even_number_does_not_damp_at_its_limit() -> None:
    for stages in (4, 10, 50):
        assert factor_in_theory(longest_step(stages, 1.0), stages) == pytest.approx(1.0)
        assert stages_for(longest_step(stages, 1.0), 1.0) == stages + 1


def test_stages_are_capped() -> None:
    assert stages_for(1e9, 1.0) == MAX_STAGES
    assert stages_for(0.0, 1.0) == 3


# Order

START = np.array([0.2, 0.6, 0.7, 0.1])


def infection(x: Array, out: Array) -> None:
    """Two pairs of x' = −x y, y' = x y."""
    out[:2] = -x[:2] * x[2:]
    out[2:] = -out[:2]


def infected(time: float) -> Array:
    total = START[:2] + START[2:]
    odds = START[2:] / START[:2] * np.exp(total * time)
    return np.concatenate([total / (1 + odds), total * odds / (1 + odds)])


def fitted_order(stages: int, spoiled: float = 0.0) -> float:
    counts = 8 * 2 ** np.arange(5)
    errors = []
    for count in counts:
        x, at_x = START, np.empty(4)
        for _ in range(count):
            infection(x, at_x)
            x = step(infection, x, at_x * (1 + spoiled / count), 4.0 / count, stages)
        errors.append(np.abs(x - infected(4.0)).max())
    return float(-np.polyfit(np.log(counts), np.log(errors), 1)[0])


@pytest.mark.parametrize("stages", [3, 5, 9, 21])
def test_the_order_is_two(stages: int) -> None:
    # The next power of h = 0.5 … 0.03.
    assert fitted_order(stages) == pytest.approx(2.0, abs=0.1)


def test_that_fit_sees_a_first_order_mistake() -> None:
    # A slope at the start that is off by O(h).
    assert fitted_order(5, spoiled=0.5) < 1.5


@pytest.mark.parametrize("stages", STAGES)
def test_a_straight_line_is_exact(stages: int) -> None:
    def slope(_: Array, out: Array) -> None:
        out[:] = [2.0, -1.0, 0.0]

    y = step_once(slope, np.array([1.0, 3.0, 5.0]), 0.75, stages)
    np.testing.assert_allclose(y, [2.5, 2.25, 5.0], rtol=stages**2 * EPS)


# The error estimate


@pytest.mark.parametrize("h", [1e-2, 0.7, 3.0])
def test_the_defect_of_a_cubic_is_its_third_derivative(h: float) -> None:
    for coefficients in ([1.0, -2.0, 3.0, 0.0], [0.0, 0.0, 0.0, 1.0], [4.0, 1.0, -2.0, -5.0]):
        x = Polynomial(coefficients)
        slope = x.deriv()
        ends = [np.array([f(t)]) for t in (0.0, h) for f in (x, slope)]
        expected = h**3 * 6 * coefficients[3] / 15
        size = sum(abs(c) * max(h, 1) ** k for k, c in enumerate(coefficients))
        assert defect(*ends, h)[0] == pytest.approx(expected, rel=0, abs=8 * EPS * size)


def test_the_defect_has_the_size_of_the_local_error() -> None:
    # Both are O(h³); the factor is that of the method, between a third and three times.
    for h in (0.2, 0.1, 0.05):
        y = step_once(infection, START, h, 5)
        slopes = np.empty(4), np.empty(4)
        infection(START, slopes[0])
        infection(y, slopes[1])
        estimate = np.linalg.norm(defect(START, slopes[0], y, slopes[1], h))
        assert 1 / 3 < estimate / np.linalg.norm(y - infected(h)) < 3


# Projection


def test_what_has_not_the_sign_is_set_to_zero_in_place() -> None:
    x = np.array([-1.0, 0.0, 2.0, -3.0, 4.0, 5.0, -6.0])
    projection(np.array([1.0, 1.0, 1.0, -1.0, -1.0, 0.0, 0.0]))(x)
    assert x.tolist() == [0.0, 0.0, 2.0, -3.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize("length", [0, 1, 2**15 - 1, 2**15, 2**15 + 1, 3 * 2**15])
def test_pieces_cover_a_vector_once(length: int) -> None:
    x = np.arange(float(length)) - 9.0
    assert sum(x[piece].size for piece in pieces(length)) == length
    expected = np.maximum(x, 0.0)
    projection(np.ones(length))(x)
    np.testing.assert_array_equal(x, expected)


@pytest.mark.parametrize("stages", STAGES)
def test_what_would_cross_zero_stops_there(stages: int) -> None:
    def slope(_: Array, out: Array) -> None:
        out[:] = -1.0

    y = step_once(slope, np.array([0.5, 0.0, 2.0]), 1.0, stages)
    np.testing.assert_allclose(y, [0.0, 0.0, 1.0], rtol=stages**2 * EPS)
    assert (y[:2] == 0).all()


@pytest.mark.parametrize("stages", STAGES)
def test_held_weights_stay_exactly_zero(stages: int) -> None:
    # The engine passes 0 for the slope of a weight that is held; every stage sees the true one.
    def slope(x: Array, out: Array) -> None:
        out[:] = -0.3 - x

    y = step(slope, np.zeros(2), np.zeros(2), 2.0, stages)
    assert (y == 0).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_type_is_kept_and_the_input_left_alone(dtype: type) -> None:
    x = START.astype(dtype)
    at_x = np.empty_like(x)
    infection(x, at_x)
    before = x.copy(), at_x.copy()
    x.setflags(write=False)
    at_x.setflags(write=False)
    y = step(infection, x, at_x, 0.1, 5)
    assert y.dtype == dtype
    assert not np.shares_memory(y, x)
    np.testing.assert_array_equal((x, at_x), before)
