"""One encoding under ℓ1: the theorems of the flow, to the accuracy that was asked for."""

import math
import tracemalloc
from dataclasses import FrozenInstanceError, fields
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from polytheory import RowTrajectory, initial_row, observables, row_flow
from polytheory.testing import rows, times
from polytheory.theory.fixed_points import carrier_amplitude, critical_l1, unstable_amplitude

Array = NDArray[np.float64]
EPS = np.finfo(float).eps
RTOL = 1e-9
SERIES = ["l1_norm", "squared_norm", "fourth_power_sum", "nonzero_count", "soft_threshold", "reach"]
FOREVER = 1e50

STRENGTHS = st.floats(0, 0.5, allow_subnormal=False)  # survival and collapse
CLOCK = times(max_time=30)
ROW = np.array([0.5, -0.4, 0.1, 0.0, 0.3])


def sensitivity(row: Array, strength: float, clock: Array) -> float:
    """Measure the largest change of a weight for a small relative change of λ or of the row."""
    small = 1e-6
    base = row_flow(row, l1_strength=strength, time=clock).weights()
    changes = [(1 + small, 1), (1 - small, 1), (1, 1 + small), (1, 1 - small)]
    moved = [row_flow(a * row, l1_strength=b * strength, time=clock).weights() for a, b in changes]
    return max(np.abs(w - base).max() for w in moved) / small


def allowed(row: Array, strength: float, clock: Array, rtol: float = RTOL) -> float:
    """Bound the error of the weights: ten steps' worth, times what the flow makes of an error.

    Every step errs by at most rtol. The norm forgets its errors and those of the slow time are
    mostly far below their bound: ten times rtol covers a run, see `test_errors_fall_with_rtol`.
    """
    return 10 * rtol * (1 + sensitivity(row, strength, clock))


def allowed_if_decided(row: Array, strength: float, clock: Array) -> float:
    """Return `allowed`; skip rows at the watershed of life and death, where any error decides."""
    slack = allowed(row, strength, clock)
    assume(slack < 1e5 * RTOL)
    return slack


def rounding(row: Array) -> float:
    """Bound the relative rounding of sums of m positive terms and of their fourth powers."""
    return 32 * (row.size + 4) * EPS


# The start


@given(row=rows(), strength=STRENGTHS)
def test_time_zero_returns_the_row(row: Array, strength: float) -> None:
    run = row_flow(row, l1_strength=strength, time=[0.0])
    np.testing.assert_allclose(run.weights()[0], row, rtol=rounding(row))
    assert run.l1_norm[0] == pytest.approx(observables.l1_norm(row), rel=rounding(row), abs=0)
    assert run.squared_norm[0] == pytest.approx(
        observables.squared_norm(row), rel=rounding(row), abs=0
    )
    assert run.fourth_power_sum[0] == pytest.approx(
        observables.fourth_power_sum(row), rel=rounding(row), abs=0
    )
    assert run.nonzero_count[0] == observables.nonzero_count(row)
    assert run.soft_threshold[0] == 0
    assert run.reach[0] == 1


# Without a penalty


@given(row=rows(), clock=times(max_time=300))
def test_without_a_penalty_the_norm_relaxes_logistically(row: Array, clock: Array) -> None:
    # N' = 2N(1 − N), so N(t) = 1/(1 + (1/N₀ − 1) e^{−2t}); relative errors at most double.
    run = row_flow(row, l1_strength=0.0, time=clock)
    expected = 1 / (1 + (1 / (row @ row) - 1) * np.exp(-2 * clock))
    np.testing.assert_allclose(run.squared_norm, expected, rtol=20 * RTOL)


@given(row=rows(), clock=CLOCK)
def test_without_a_penalty_the_row_keeps_its_direction(row: Array, clock: Array) -> None:
    run = row_flow(row, l1_strength=0.0, time=clock)
    assert (run.nonzero_count == np.count_nonzero(row)).all()
    assert (run.soft_threshold == 0).all()
    direction = run.weights() / np.sqrt(run.squared_norm)[:, None]
    expected = np.broadcast_to(row / np.linalg.norm(row), direction.shape)
    np.testing.assert_allclose(direction, expected, rtol=rounding(row), atol=1e-300)


@pytest.mark.parametrize("size", [1e-50, 1e-20, 1e25])
def test_without_a_penalty_any_scale_relaxes_to_length_one(size: float) -> None:
    run = row_flow([size, -size], l1_strength=0.0, time=[FOREVER])
    assert run.squared_norm[0] == pytest.approx(1, abs=10 * RTOL)


def test_a_tiny_row_grows_exponentially() -> None:
    # N(50) = 2e-100 · e^100, far below 1; the error is one rtol of growth each unit of time.
    run = row_flow([1e-50, 1e-50], l1_strength=0.0, time=[50.0])
    assert run.squared_norm[0] == pytest.approx(2e-100 * math.exp(100), rel=200 * RTOL, abs=0)


# What never changes


@given(row=rows(), strength=STRENGTHS, clock=CLOCK)
def test_signs_never_change(row: Array, strength: float, clock: Array) -> None:
    w = row_flow(row, l1_strength=strength, time=clock).weights()
    assert (w * np.sign(row) >= 0).all()


@given(row=rows(), strength=STRENGTHS, clock=CLOCK)
def test_zero_weights_stay_zero(row: Array, strength: float, clock: Array) -> None:
    w = row_flow(row, l1_strength=strength, time=clock).weights()
    assert (w[:, row == 0] == 0).all()


@given(row=rows(), strength=STRENGTHS, clock=CLOCK)
def test_the_order_of_sizes_never_changes(row: Array, strength: float, clock: Array) -> None:
    w = np.abs(row_flow(row, l1_strength=strength, time=clock).weights())
    assert (np.diff(w[:, np.argsort(np.abs(row))], axis=-1) >= 0).all()


@given(row=rows(min_neurons=3), strength=STRENGTHS, clock=CLOCK)
def test_relative_gaps_of_living_weights_never_change(
    row: Array, strength: float, clock: Array
) -> None:
    u, w = np.abs(row), np.abs(row_flow(row, l1_strength=strength, time=clock).weights())
    for living in w:
        alive = living > 0
        if alive.any():
            # All gaps to the largest shrink or grow by one factor, taken from the widest of them.
            before, after = u.max() - u[alive], living.max() - living[alive]
            widest = before.argmax()
            # Each weight carries a rounding of its own, of the size of the largest.
            slack = 8 * EPS * (living.max() * before.max() + u.max() * after.max())
            np.testing.assert_allclose(
                after * before[widest], before * after[widest], rtol=rounding(row), atol=slack
            )


@given(row=rows(), strength=STRENGTHS, clock=CLOCK)
def test_the_dead_are_those_below_the_threshold(row: Array, strength: float, clock: Array) -> None:
    run = row_flow(row, l1_strength=strength, time=clock)
    u, w = np.abs(row), run.weights()
    for k, t in np.ndindex(row.size, clock.size):
        if w[t, k] == 0:
            assert u[k] <= run.soft_threshold[t] + 4 * EPS * u.max()
        else:
            assert u[k] >= run.soft_threshold[t] - 4 * EPS * u.max()


# What moves one way


@given(row=rows(), strength=STRENGTHS, clock=times(max_time=30, min_count=4))
def test_the_threshold_rises_and_the_living_fall(row: Array, strength: float, clock: Array) -> None:
    run = row_flow(row, l1_strength=strength, time=clock)
    assert (np.diff(run.reach) <= 4 * EPS).all()
    assert (np.diff(run.soft_threshold) >= -4 * EPS * np.abs(row).max()).all()
    assert (np.diff(run.nonzero_count) <= 0).all()


# The series and the weights


@given(row=rows(), strength=STRENGTHS, clock=CLOCK)
def test_the_series_are_those_of_the_weights(row: Array, strength: float, clock: Array) -> None:
    run = row_flow(row, l1_strength=strength, time=clock)
    w, exact = run.weights(), {"rtol": rounding(row), "atol": 1e-300}
    np.testing.assert_allclose(run.l1_norm, observables.l1_norm(w), **exact)
    np.testing.assert_allclose(run.squared_norm, observables.squared_norm(w), **exact)
    np.testing.assert_allclose(run.fourth_power_sum, observables.fourth_power_sum(w), **exact)
    np.testing.assert_array_equal(run.nonzero_count, observables.nonzero_count(w))


def test_counts_agree_where_a_weight_is_lost_to_underflow() -> None:
    run = row_flow([2.0, 5e-324], l1_strength=0.0, time=[0.0])
    assert run.nonzero_count[0] == np.count_nonzero(run.weights()[0])


def slope(run: RowTrajectory, name: str) -> tuple[float, float]:
    """Differentiate a series at the middle of five times; return the slope and its error."""
    values, h = getattr(run, name), run.time[-1] - run.time[2]
    wide = (values[4] - values[0]) / (2 * h)
    narrow = (values[3] - values[1]) / h
    # Halving the step shows its error; the other part is the run's own error, over the step.
    return narrow, abs(narrow - wide) + 20 * 1e-13 * values[2] / h


@settings(max_examples=50)
@given(row=rows(), strength=STRENGTHS, time=st.floats(0.01, 20))
def test_the_norms_obey_their_equations(row: Array, strength: float, time: float) -> None:
    h = 1e-3
    clock = time + h * np.array([-1, -0.5, 0, 0.5, 1])
    run = row_flow(row, l1_strength=strength, time=clock, rtol=1e-13)
    assume(run.nonzero_count[0] == run.nonzero_count[-1] > 0)  # a death is a kink
    n, s, count = run.squared_norm[2], run.l1_norm[2], run.nonzero_count[2]
    speed, error = slope(run, "squared_norm")
    assert speed == pytest.approx(2 * n * (1 - n) - 2 * strength * s, rel=0, abs=error)
    speed, error = slope(run, "l1_norm")
    assert speed == pytest.approx((1 - n) * s - strength * count, rel=0, abs=error)


# Symmetries


@given(row=rows(), strength=STRENGTHS, clock=CLOCK, seed=st.integers(0, 99))
def test_renaming_and_flipping_neurons_does_the_same_to_the_run(
    row: Array, strength: float, clock: Array, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    order, signs = rng.permutation(row.size), rng.choice([-1.0, 1.0], row.size)
    run = row_flow(row, l1_strength=strength, time=clock)
    other = row_flow((signs * row)[order], l1_strength=strength, time=clock)
    for name in SERIES:  # they depend on the sorted sizes only
        np.testing.assert_array_equal(getattr(other, name), getattr(run, name))
    expected = (signs * run.weights())[:, order]
    np.testing.assert_allclose(other.weights(), expected, rtol=rounding(row))


@given(row=rows(), strength=STRENGTHS, clock=CLOCK, dead=st.integers(1, 3))
def test_dead_neurons_change_nothing(row: Array, strength: float, clock: Array, dead: int) -> None:
    run = row_flow(row, l1_strength=strength, time=clock)
    other = row_flow(np.append(row, np.zeros(dead)), l1_strength=strength, time=clock)
    for name in SERIES:
        np.testing.assert_array_equal(getattr(other, name), getattr(run, name))


# One flow, however it is asked for


@settings(max_examples=50)
@given(row=rows(), strength=STRENGTHS, first=st.floats(0, 20), second=st.floats(1e-3, 20))
def test_a_restarted_run_continues(
    row: Array, strength: float, first: float, second: float
) -> None:
    clock = np.array([first, first + second])
    halfway, end = row_flow(row, l1_strength=strength, time=clock).weights()
    sizes = np.abs(halfway)
    assume(sizes.max() > 1e-45)  # smaller rows are refused
    resumed = row_flow(halfway, l1_strength=strength, time=[second]).weights()[-1]
    # Rounding the row on the way moves its narrowest gap relatively more than its weights.
    gaps = (sizes.max() - sizes[sizes < sizes.max()]) / sizes.max()
    lost = EPS / gaps.min() if gaps.size else EPS
    np.testing.assert_allclose(
        resumed, end, rtol=0, atol=2 * allowed_if_decided(row, strength, clock) + 4 * lost
    )


@settings(max_examples=50)
@given(row=rows(), strength=STRENGTHS, clock=times(max_time=30, min_count=2))
def test_asking_for_more_times_changes_nothing(row: Array, strength: float, clock: Array) -> None:
    together = row_flow(row, l1_strength=strength, time=clock).weights()
    alone = [row_flow(row, l1_strength=strength, time=[t]).weights()[0] for t in clock]
    np.testing.assert_array_equal(together, alone)


@settings(max_examples=50)
@given(
    batch=st.lists(rows(min_neurons=4, max_neurons=4), min_size=1, max_size=3),
    strengths=st.lists(STRENGTHS, min_size=1, max_size=3),
    clock=CLOCK,
)
def test_a_batch_equals_a_loop(batch: list[Array], strengths: list[float], clock: Array) -> None:
    run = row_flow(batch, l1_strength=np.array(strengths)[:, None], time=clock)
    assert run.weights().shape == (clock.size, len(strengths), len(batch), 4)
    for i, strength in enumerate(strengths):
        for j, row in enumerate(batch):
            one = row_flow(row, l1_strength=strength, time=clock)
            for name in SERIES:
                np.testing.assert_array_equal(getattr(run, name)[:, i, j], getattr(one, name))
            np.testing.assert_array_equal(run.weights()[:, i, j], one.weights())
            assert run.collapsed[i, j] == one.collapsed


@pytest.mark.parametrize(
    ("row_shape", "strength_shape", "batch"),
    [((), (), ()), ((2,), (), (2,)), ((), (3,), (3,)), ((2, 1), (3,), (2, 3)), ((1,), (1,), (1,))],
)
def test_rows_and_strengths_broadcast(
    row_shape: tuple[int, ...], strength_shape: tuple[int, ...], batch: tuple[int, ...]
) -> None:
    run = row_flow(
        np.broadcast_to(ROW, (*row_shape, 5)),
        l1_strength=np.full(strength_shape, 0.1),
        time=[1.0, 2.0],
    )
    assert {getattr(run, name).shape for name in SERIES} == {(2, *batch)}
    assert run.weights().shape == (2, *batch, 5)
    assert run.collapsed.shape == batch


# How it ends


@settings(max_examples=50)
@given(row=rows(), strength=st.floats(1e-3, 0.3))
def test_the_largest_wins(row: Array, strength: float) -> None:
    largest = np.abs(row) == np.abs(row).max()
    root_ties = math.sqrt(np.count_nonzero(largest))
    assume(strength * root_ties < 0.38)  # a distance from the critical strength of such a tie
    run = row_flow(row, l1_strength=strength, time=[FOREVER])
    assume(not run.collapsed)
    # k equal carriers of size X/√k obey the equation of one, with λ√k in place of λ.
    size = carrier_amplitude(strength * root_ties) / root_ties
    expected = np.where(largest, size * np.sign(row), 0.0)
    # Earlier errors are forgotten at rest, those of the last steps relax at a rate above 0.1.
    np.testing.assert_allclose(run.weights()[0], expected, rtol=0, atol=100 * RTOL)


@given(strength=st.floats(1e-6, 0.38), above=st.floats(1e-5, 2))
def test_a_lone_weight_above_the_unstable_point_becomes_a_carrier(
    strength: float, above: float
) -> None:
    start = unstable_amplitude(strength) * (1 + above)
    run = row_flow([start], l1_strength=strength, time=[FOREVER])
    assert run.weights()[0, 0] == pytest.approx(carrier_amplitude(strength), abs=100 * RTOL)


@given(strength=st.floats(1e-6, 0.38), below=st.floats(1e-5, 0.99))
def test_a_lone_weight_below_the_unstable_point_dies(strength: float, below: float) -> None:
    start = unstable_amplitude(strength) * (1 - below)
    run = row_flow([-start], l1_strength=strength, time=[FOREVER])
    assert run.collapsed


@given(row=rows(), excess=st.floats(1e-3, 100))
def test_above_the_critical_strength_every_row_collapses(row: Array, excess: float) -> None:
    # r' ≤ r − r³ − λ < 0 for every length r.
    strength = critical_l1() * (1 + excess)
    run = row_flow(row, l1_strength=strength, time=[0.0, FOREVER])
    assert run.collapsed
    assert (run.weights()[-1] == 0).all()
    for name in ("l1_norm", "squared_norm", "fourth_power_sum", "nonzero_count", "reach"):
        assert getattr(run, name)[-1] == 0
    assert run.soft_threshold[-1] == np.abs(row).max()
    assert (run.weights()[0] != 0).any()


@given(row=rows(), strength=st.floats(1e-3, 0.4), share=st.floats(0.01, 1))
def test_a_row_without_a_weight_above_lambda_collapses(
    row: Array, strength: float, share: float
) -> None:
    # The largest weight has w' = (1 − N)w − λ < 0 while w ≤ λ.
    row = row / np.abs(row).max() * share * strength
    assert row_flow(row, l1_strength=strength, time=[FOREVER]).collapsed


@pytest.mark.parametrize("count", [2, 3, 5])
@pytest.mark.parametrize(("factor", "dies"), [(0.999, False), (1.001, True)])
def test_equal_weights_collapse_above_their_own_critical_strength(
    count: int, factor: float, dies: bool
) -> None:
    run = row_flow(np.ones(count), l1_strength=factor * critical_l1(count), time=[FOREVER])
    assert run.collapsed == dies


def test_at_the_critical_strength_a_weight_comes_to_rest_algebraically() -> None:
    # With x = w − 1/√3: x' = −√3 x² − x³, so x ≈ 1/(√3 t), with a correction of order ln(t)/t.
    t = np.array([1e3, 1e4])
    run = row_flow([1.0], l1_strength=critical_l1(), time=t)
    left = (np.sqrt(run.squared_norm) - 1 / math.sqrt(3)) * math.sqrt(3) * t
    assert (np.abs(left - 1) < np.log(t) / t).all()


def test_at_the_critical_strength_a_smaller_weight_dies() -> None:
    run = row_flow([0.999 / math.sqrt(3)], l1_strength=critical_l1(), time=[FOREVER])
    assert run.collapsed


def test_two_equal_winners_both_stay() -> None:
    run = row_flow([0.5, -0.5, 0.4], l1_strength=0.1, time=[FOREVER])
    w = run.weights()[0]
    assert run.nonzero_count[0] == 2
    assert w[0] == -w[1] > 0


@pytest.mark.parametrize("gap", [1e-9, 1e-15, EPS])
def test_a_near_tie_is_decided_late_but_is_decided(gap: float) -> None:
    # The relative gap grows like e^{λ√2 t/√N}: ln(1/gap) of that, and only one is left.
    strength = 0.1
    n = carrier_amplitude(strength * math.sqrt(2)) ** 2
    decided = math.log(1 / gap) * math.sqrt(n) / (strength * math.sqrt(2))
    run = row_flow([1 - gap, 1.0, 0.5], l1_strength=strength, time=[0.8 * decided, 1.4 * decided])
    assert run.nonzero_count.tolist() == [2, 1]
    assert run.weights()[-1, 1] > 0


def test_at_rest_nothing_moves_for_ever() -> None:
    run = row_flow(ROW, l1_strength=0.1, time=[1e4, 1e8, 1e20, FOREVER])
    np.testing.assert_allclose(run.weights(), run.weights()[[0] * 4], rtol=0, atol=100 * RTOL)


def test_a_tiny_row_dies_at_once() -> None:
    # w' = −λ: dead at t = 1e-40/λ.
    run = row_flow([1e-40, -1e-40], l1_strength=0.1, time=[9e-40, 1.1e-39])
    assert run.nonzero_count.tolist() == [2, 0]
    assert run.l1_norm[0] == pytest.approx(2e-41, rel=1e-6, abs=0)


# Accuracy and cost


def test_errors_fall_with_rtol() -> None:
    tolerances = 10.0 ** -np.arange(4, 11)
    clock = np.linspace(0.5, 20, 30)

    def weights(rtol: float) -> Array:
        return row_flow(row, l1_strength=strength, time=clock, rtol=rtol).weights()

    for seed, strength in enumerate([0.02, 0.05, 0.1]):
        row = initial_row(20, rng=seed)
        best = weights(1e-13)
        errors = np.array([np.abs(weights(rtol) - best).max() for rtol in tolerances])
        assert (errors < allowed(row, strength, clock, 1.0) * tolerances).all()
        # In proportion; which steps jump over a death is chance and leaves a scatter.
        assert np.polyfit(np.log(tolerances), np.log(errors), 1)[0] == pytest.approx(1, abs=0.2)


def test_memory_is_that_of_the_row_not_of_all_times() -> None:
    row, clock = initial_row(20_000, rng=0), np.linspace(0, 5, 400)
    tracemalloc.start()
    try:
        row_flow(row, l1_strength=1e-3, time=clock)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # Some twenty arrays of length m, instead of 400.
    assert peak < row.size * clock.size * 8 / 15


# What goes in and what comes out


@pytest.mark.parametrize(
    "name", [field.name for field in fields(RowTrajectory) if field.name != "finer"]
)
def test_results_are_read_only(name: str) -> None:
    run = row_flow([ROW, ROW], l1_strength=[0.1, 0.2], time=[0.0, 1.0])
    with pytest.raises(ValueError, match="read-only"):
        getattr(run, name)[0] = 0
    with pytest.raises(FrozenInstanceError):
        setattr(run, name, None)


def test_results_do_not_share_memory_with_the_arguments() -> None:
    row, strength, clock = ROW.copy(), np.array([0.1]), np.array([0.0, 1.0])
    run = row_flow(row, l1_strength=strength, time=clock)
    before = run.weights()
    for argument in (row, strength, clock):
        assert argument.flags.writeable
        argument[...] = 7.0
    np.testing.assert_array_equal(run.weights(), before)
    assert run.time.tolist() == [0.0, 1.0]
    assert run.l1_strength.tolist() == [0.1]


def test_arguments_may_be_read_only_and_stay_as_they_are() -> None:
    arguments: dict[str, Any] = {
        "initial_row": np.stack([ROW, ROW[::-1]], axis=0),
        "l1_strength": np.array([0.1, 0.2]),
        "time": np.array([0.0, 1.0]),
    }
    before = {name: value.copy() for name, value in arguments.items()}
    for value in arguments.values():
        value.setflags(write=False)
    row_flow(**arguments)
    for name, value in arguments.items():
        np.testing.assert_array_equal(value, before[name])


@pytest.mark.parametrize(
    "row",
    [
        [2, -1, 0],
        np.array([2, -1, 0], dtype=np.int8),
        np.array([2, -1, 0], dtype=np.float32),
        np.array([0.0, -1.0, 2.0])[::-1],
        np.asfortranarray([[2.0, -1.0, 0.0]] * 2)[1],
    ],
    ids=["list", "int8", "float32", "reversed", "Fortran"],
)
def test_any_real_dtype_and_layout_is_accepted(row: Any) -> None:
    run = row_flow(row, l1_strength=0.1, time=[0, 1])
    expected = row_flow([2.0, -1.0, 0.0], l1_strength=0.1, time=[0.0, 1.0])
    np.testing.assert_array_equal(run.weights(), expected.weights())


def test_the_result_knows_its_arguments() -> None:
    run = row_flow(ROW, l1_strength=0.1, time=[0, 1])
    np.testing.assert_array_equal(run.initial_row, ROW)
    np.testing.assert_array_equal(run.time, [0, 1])
    assert run.l1_strength == 0.1
