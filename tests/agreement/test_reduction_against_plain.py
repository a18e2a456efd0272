"""The two-scalar reduction against integrators in all m dimensions that know nothing of it."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from polytheory import ToyModel, initial_row, plain_row_flow, row_flow
from polytheory.flow.plain import ORDERS, integrate
from polytheory.testing import rows
from polytheory.theory.sparsification import reduced_weight

Array = NDArray[np.float64]
Reduction = Callable[[Array, float, Array], Array]

METHODS = sorted(ORDERS)
STRENGTHS = st.floats(0, 0.5, allow_subnormal=False)  # survival and collapse
#: The reduction's own error at rtol = 1e-12 and the rounding of the plain integrators.
FLOOR = 1e-10


def exact(row: Array, strength: float, clock: Array) -> Array:
    return row_flow(row, l1_strength=strength, time=clock, rtol=1e-12).weights()


def stepped(
    force: Callable[[Array], Array], start: Array, strength: float, clock: Array, h: float, by: str
) -> Array:
    """Return the weights at the times, with steps of h by a method."""
    return integrate(force, start, l1_strength=strength, time=clock, step=h, method=by)


def grid(end: float) -> Array:
    return np.linspace(0, end, 33)


def plain_step(row: Array, clock: Array) -> float:
    """Return a stable step that divides the spacing of the times: halving it halves every step."""
    spacing = clock[1]
    return float(spacing / math.ceil(4 * spacing * max(2.0, 3 * (row @ row) - 1)))


def refined(integrator: Callable[[float], Array], step: float, method: str) -> tuple[Array, float]:
    """Return the run at a quarter of the step, and its error C hᵖ as seen in both halvings.

    One halving would not do: where the first two powers of h in the error have opposite signs, the
    difference of two runs may vanish by chance. For the same reason all times are taken together.
    """
    coarse, middle, fine = (integrator(step / 2**k) for k in range(3))
    gain = 2 ** ORDERS[method]
    changes = np.abs(middle - coarse).max() / gain, np.abs(fine - middle).max()
    return fine, float(max(changes)) / (gain - 1)


def plain(row: Array, strength: float, clock: Array, method: str) -> tuple[Array, float]:
    return refined(
        lambda h: plain_row_flow(row, l1_strength=strength, time=clock, step=h, method=method),
        plain_step(row, clock),
        method,
    )


def agree(found: Array, error: float, predicted: Array) -> bool:
    """Say whether a prediction lies within the error of what was found, given with a margin."""
    return bool(np.abs(found - predicted).max() <= 3 * error + FLOOR)


def is_small(error: float, found: Array) -> bool:
    """Say whether hᵖ can be the law of an error; at the watershed of life and death it is not."""
    return error < 0.02 * float(np.abs(found).max())


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=50)
@given(
    row=rows(max_neurons=8, largest=1.0),  # longer rows need shorter steps
    strength=STRENGTHS,
    end=st.floats(1, 15),
)
def test_the_reduction_lies_within_the_plain_error(
    method: str, row: Array, strength: float, end: float
) -> None:
    found, error = plain(row, strength, grid(end), method)
    assume(is_small(error, found))
    assert agree(found, error, exact(row, strength, grid(end)))


# Orders of convergence

RANDOM_ROWS = [  # seed, m, λ: between two and thirty weights die before t = 10
    (0, 4, 0.05),
    (1, 8, 0.1),
    (2, 16, 0.05),
    (3, 32, 0.05),
    (4, 8, 0.2),
    (5, 16, 0.02),
]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("seed", "m", "strength"), RANDOM_ROWS)
def test_plain_methods_converge_at_their_declared_order(
    method: str, seed: int, m: int, strength: float
) -> None:
    row, clock = initial_row(m, rng=seed), np.linspace(0, 10, 21)
    truth = row_flow(row, l1_strength=strength, time=clock, rtol=1e-12)
    assert truth.nonzero_count[-1] < m - 1  # there are deaths to step over
    steps = 0.1 / 2 ** np.arange(6)
    errors = []
    for h in steps:
        w = plain_row_flow(row, l1_strength=strength, time=clock, step=h, method=method)
        errors.append(np.sqrt(np.square(w - truth.weights()).mean()))
    order = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    # The next power of h = 0.1 … 0.003 and the chance position of deaths in a step, averaged.
    assert order == pytest.approx(ORDERS[method], abs=0.1)


def test_that_fit_rejects_a_wrong_strength() -> None:
    # Against a λ off by 1e-4 the errors level off instead of falling.
    row, clock = initial_row(8, rng=1), np.linspace(0, 10, 21)
    wrong = exact(row, 0.1 * 1.0001, clock)
    steps = 0.1 / 2 ** np.arange(6)
    errors = [
        np.sqrt(np.square(plain_row_flow(row, l1_strength=0.1, time=clock, step=h) - wrong).mean())
        for h in steps
    ]
    assert np.polyfit(np.log(steps), np.log(errors), 1)[0] < 1.5


# Weights pushed through zero: no row does that to itself, in the full model interference does

STARTS = np.linspace(0.3, 0.7, 7)  # chance positions of zero in a step, averaged


def pushed_through(start: Array, time: float, strength: float) -> Array:
    """Solve w' = −1 − w − λ sign(w) from w > 0: down to zero, then on from there."""
    above, below = 1 + strength, 1 - strength
    at_zero = np.log1p(start / above)
    return -below * -np.expm1(at_zero - time)


def order_through_zero(method: str, strength: float) -> float:
    steps, errors = 0.1 / 2 ** np.arange(6), []
    for h in steps:
        w = stepped(lambda w: -1 - w, STARTS, strength, np.array([1.0]), h, method)
        errors.append(np.abs(w[0] - pushed_through(STARTS, 1.0, 0.2)).mean())
    return float(np.polyfit(np.log(steps), np.log(errors), 1)[0])


@pytest.mark.parametrize(("method", "order"), [("heun", 2), ("strang", 1), ("euler", 1)])
def test_only_heun_keeps_its_order_where_a_weight_passes_through_zero(
    method: str, order: int
) -> None:
    assert order_through_zero(method, 0.2) == pytest.approx(order, abs=0.2)


def test_the_order_through_zero_is_not_that_of_another_strength() -> None:
    assert order_through_zero("heun", 0.2002) < 1.5


@pytest.mark.parametrize("strength", [0.0, 0.3])
def test_heun_solves_a_constant_force_exactly(strength: float) -> None:
    # From each w: on; to rest at zero; from rest; through zero; held at zero.
    start = np.array([0.5, 0.1, 0.0, 0.4, 0.0, -0.4])
    push = np.array([1.0, -0.2, -2.0, -2.0, 0.1, 2.0])
    through = -(2 - strength) * (1 - 0.4 / (2 + strength))
    away = {0.0: [-0.1, 0.1], 0.3: [0.0, 0.0]}[strength]
    expected = [1.5 - strength, away[0], -2 + strength, through, away[1], -through]
    for step in (1.0, 0.25, 1e-2):
        w = stepped(lambda _: push, start, strength, np.array([1.0]), step, "heun")
        np.testing.assert_allclose(w[0], expected, rtol=0, atol=1e-13)


# The full model


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=30)
@given(row=rows(max_neurons=8, largest=1.0), strength=STRENGTHS, end=st.floats(1, 15))
def test_one_feature_of_the_full_model_is_the_reduction(
    method: str, row: Array, strength: float, end: float
) -> None:
    model, clock = ToyModel(1, row.size, l1_strength=strength), grid(end)

    def run(step: float) -> Array:
        return stepped(model.smooth_force, row[None], strength, clock, step, method)[:, 0]

    found, error = refined(run, plain_step(row, clock), method)
    assume(is_small(error, found))
    assert agree(found, error, exact(row, strength, clock))


@settings(max_examples=50)
@given(row=rows(), strength=STRENGTHS, time=st.floats(0.01, 10))
def test_the_reduction_moves_at_the_models_velocity(
    row: Array, strength: float, time: float
) -> None:
    h = 1e-3
    clock = time + h * np.array([-1, -0.5, 0, 0.5, 1])
    run = row_flow(row, l1_strength=strength, time=clock, rtol=1e-13)
    w = run.weights()
    wide, narrow = (w[4] - w[0]) / (2 * h), (w[3] - w[1]) / h
    velocity = ToyModel(1, row.size, l1_strength=strength).velocity(w[2][None])[0]
    # Halving shows the error of the difference; the rest is the run's own error over the step.
    # A death in between is a kink of its own size, and a weight that dies is left out.
    error = np.abs(narrow - wide).max() + 20 * 1e-13 * (1 + np.abs(w[2]).max()) / h
    lasting = (w[0] == 0) | (w[4] != 0)
    assert (np.abs(narrow - velocity)[lasting] <= error).all()


# Negative control, and a third witness


def naive_reduction(rate: float) -> Reduction:
    """Integrate (q, τ) as they are derived, the threshold rising `rate` times as fast."""

    def run(row: Array, strength: float, clock: Array) -> Array:
        u = np.abs(row)

        def field(_: float, state: Array) -> list[float]:
            q, tau = state
            second = np.square(np.maximum(u - tau, 0)).sum()
            return [2 * (second - q), rate * strength * math.sqrt(q)]

        found = solve_ivp(
            field, (0, clock[-1]), [1.0, 0.0], t_eval=clock, rtol=1e-10, atol=1e-13, max_step=0.05
        )
        q, tau = found.y
        return np.sign(row) * reduced_weight(u, tau[:, None], q[:, None])

    return run


@pytest.mark.parametrize(("seed", "m", "strength"), RANDOM_ROWS)
def test_the_comparison_accepts_the_reduction_as_it_is_written(
    seed: int, m: int, strength: float
) -> None:
    row, clock = initial_row(m, rng=seed), grid(10.0)
    assert agree(*plain(row, strength, clock, "strang"), naive_reduction(1.0)(row, strength, clock))


@pytest.mark.parametrize("rate", [0.99, 1.01])
@pytest.mark.parametrize(("seed", "m", "strength"), RANDOM_ROWS)
def test_the_comparison_rejects_a_threshold_off_by_one_percent(
    rate: float, seed: int, m: int, strength: float
) -> None:
    row, clock = initial_row(m, rng=seed), grid(10.0)
    wrong = naive_reduction(rate)(row, strength, clock)
    assert not agree(*plain(row, strength, clock, "strang"), wrong)
