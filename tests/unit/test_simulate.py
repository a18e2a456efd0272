"""The full flow: its symmetries, its special cases, how runs end, and what is refused."""

import re
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from polytheory import (
    Interrupted,
    ToyModel,
    Trajectory,
    carriers,
    initial_encodings,
    initial_row,
    observables,
    polysemantic_neurons,
    row_flow,
    simulate,
)
from polytheory.flow._engines import ENGINES, RungeKuttaLegendre
from polytheory.flow.trajectory import OUTCOMES
from polytheory.theory.fixed_points import carrier_amplitude

Array = NDArray[np.float64]
SERIES = ("nonzero_count", "l1_norm", "squared_norm", "fourth_power_sum", "loss")
each_engine = pytest.mark.parametrize("method", sorted(ENGINES))

MODEL = ToyModel(5, 9, l1_strength=0.05)
START = initial_encodings(MODEL, 3, rng=1)
#: Well before and well after these instances have settled, and on the way.
TIMES = [0.0, 0.5, 3.0, 20.0, 300.0]
#: Tolerances at which either engine is good to some 1e-5 a weight, and ten weights to `ERROR`.
TIGHT: dict[str, dict[str, Any]] = {"heun": {"rtol": 1e-3}, "rkl2": {"rtol": 1e-5}}
ERROR = 1e-4


def series(run: Trajectory) -> dict[str, Array]:
    return {name: getattr(run, name) for name in SERIES}


def assert_same(one: Trajectory, other: Trajectory, instance: Any = ...) -> None:
    """Compare, bit for bit, a run with an instance of another."""
    for name, values in series(other).items():
        np.testing.assert_array_equal(getattr(one, name), values[:, instance])
    np.testing.assert_array_equal(one.final, other.final[instance])
    np.testing.assert_array_equal(one.final_time, other.final_time[instance])
    np.testing.assert_array_equal(one.outcome, np.asarray(other.outcome)[instance])


def assert_equal_runs(one: Trajectory, other: Trajectory) -> None:
    for name, values in series(other).items():
        np.testing.assert_array_equal(getattr(one, name), values)
    np.testing.assert_array_equal(one.final, other.final)


# What is recorded


@each_engine
def test_the_series_start_with_the_observables_of_the_start(method: str) -> None:
    run = simulate(MODEL, START, time=[0.0], method=method)
    for name in SERIES[:-1]:
        expected = getattr(observables, name)(START)
        np.testing.assert_array_equal(getattr(run, name)[0], expected)
    np.testing.assert_array_equal(run.loss[0], MODEL.loss(START))


@each_engine
@pytest.mark.parametrize("until", [0.5, 3.0, 300.0])
def test_the_series_are_those_of_the_encodings_at_that_time(method: str, until: float) -> None:
    run = simulate(MODEL, START, time=[until], until=until, method=method)
    for name in SERIES[:-1]:
        expected = getattr(observables, name)(run.final)
        np.testing.assert_array_equal(getattr(run, name)[0], expected)
    np.testing.assert_array_equal(run.loss[0], MODEL.loss(run.final))


@each_engine
def test_to_stop_at_a_time_is_to_pass_it(method: str) -> None:
    through = simulate(MODEL, START, time=TIMES[1:], method=method)
    for index in (1, 2, 3, 4):
        stopped = simulate(
            MODEL, START, time=TIMES[1 : index + 1], until=TIMES[index], method=method
        )
        for name in SERIES:
            # The same steps; after settling the reduction adapts to the asked times (1e-9).
            np.testing.assert_allclose(
                getattr(stopped, name)[-1], getattr(through, name)[index - 1], rtol=1e-7, atol=1e-9
            )


@each_engine
def test_by_default_the_end_is_recorded(method: str) -> None:
    run = simulate(MODEL, START, method=method)
    assert run.time.tolist() == [np.inf]
    assert run.final_time.tolist() == [np.inf] * 3
    np.testing.assert_array_equal(run.l1_norm[0], observables.l1_norm(run.final))
    stopped = simulate(MODEL, START, until=2.0, method=method)
    assert stopped.time.tolist() == [2.0]
    assert stopped.final_time.tolist() == [2.0] * 3
    np.testing.assert_array_equal(stopped.l1_norm[0], observables.l1_norm(stopped.final))


@each_engine
def test_asking_for_more_times_changes_nothing_but_steps(method: str) -> None:
    few = simulate(MODEL, START, time=[3.0, 300.0], method=method, **TIGHT[method])
    many = simulate(MODEL, START, time=np.linspace(0, 300, 101), method=method, **TIGHT[method])
    np.testing.assert_allclose(many.l1_norm[[1, 100]], few.l1_norm, rtol=0, atol=ERROR)
    np.testing.assert_allclose(many.final, few.final, rtol=1e-12)
    np.testing.assert_array_equal(carriers(many.final), carriers(few.final))


def test_times_that_differ_by_rounding_may_follow_the_settling() -> None:
    # Their distances from the moment of settling may round to one number: in 1 of 5 such runs.
    for seed in range(24):
        rng = np.random.default_rng(seed)
        model = ToyModel(3, 3, l1_strength=rng.uniform(0.01, 0.1))
        W = rng.normal(0.0, 0.5, size=(3, 3))
        first = rng.uniform(100.0, 127.0)
        run = simulate(model, W, time=[first, second := np.nextafter(first, 128.0), 128.0])
        assert run.time[1] == second
        np.testing.assert_allclose(run.l1_norm[1], run.l1_norm[0], rtol=1e-12)


def test_results_are_read_only_and_fresh() -> None:
    asked, start = np.array(TIMES), START.copy()
    run = simulate(MODEL, start, time=asked)
    for name in (*SERIES, "time", "final", "final_time", "outcome"):
        assert not getattr(run, name).flags.writeable
        assert not np.shares_memory(getattr(run, name), asked)
        assert not np.shares_memory(getattr(run, name), start)
    assert asked.flags.writeable
    assert start.flags.writeable


def test_shapes_follow_the_batch() -> None:
    for batch in ((), (3,), (1, 3)):
        run = simulate(MODEL, START.reshape(*batch, 5, 9) if batch else START[0], time=TIMES)
        assert run.l1_norm.shape == run.nonzero_count.shape == (5, *batch, 5)
        assert run.loss.shape == (5, *batch)
        assert run.final.shape == (*batch, 5, 9)
        assert run.final_time.shape == np.shape(run.outcome) == batch
    assert isinstance(simulate(MODEL, START[0]).outcome, str)


@each_engine
@pytest.mark.parametrize("rtol", [1e-2, 1e-4])
def test_the_loss_falls_along_the_flow(method: str, rtol: float) -> None:
    run = simulate(MODEL, START, time=np.linspace(0, 150, 301), rtol=rtol, method=method)
    change = np.diff(run.loss, axis=0)
    # Rounding of a sum of some hundred terms; at the end nothing moves.
    assert change.max() < 1e-12
    assert (change[:20] < -1e-4).all()


def test_the_loss_falls_by_four_times_the_squared_speed() -> None:
    h, at = 1e-3, 0.7
    run = simulate(MODEL, START, time=[at - h, at, at + h], until=at + h, rtol=1e-7, atol=1e-12)
    W = simulate(MODEL, START, until=at, rtol=1e-7, atol=1e-12).final
    expected = -4.0 * np.square(MODEL.velocity(W)).sum(axis=(-2, -1))
    # No weight dies within 2h here; h² and the error of the run over 2h.
    found = (run.loss[2] - run.loss[0]) / (2 * h)
    np.testing.assert_allclose(found, expected, rtol=1e-3)


# Symmetries


@each_engine
def test_neurons_have_no_order_and_no_sign(method: str) -> None:
    rng = np.random.default_rng(0)
    order, signs = rng.permutation(9), rng.choice([-1.0, 1.0], 9)
    run = simulate(MODEL, START, time=TIMES, method=method, **TIGHT[method])
    turned = simulate(MODEL, START[..., order] * signs, time=TIMES, method=method, **TIGHT[method])
    # Rounding in another order moves the steps a little, within their error.
    for name in SERIES[1:]:
        np.testing.assert_allclose(getattr(turned, name), getattr(run, name), rtol=0, atol=ERROR)
    np.testing.assert_array_equal(turned.nonzero_count, run.nonzero_count)
    np.testing.assert_allclose(turned.final, run.final[..., order] * signs, rtol=1e-12)


@each_engine
def test_features_have_no_order(method: str) -> None:
    order = np.random.default_rng(0).permutation(5)
    run = simulate(MODEL, START, time=TIMES, method=method, **TIGHT[method])
    turned = simulate(MODEL, START[:, order], time=TIMES, method=method, **TIGHT[method])
    for name in SERIES[1:-1]:
        np.testing.assert_allclose(
            getattr(turned, name), getattr(run, name)[..., order], rtol=0, atol=ERROR
        )
    np.testing.assert_allclose(turned.loss, run.loss, rtol=0, atol=10 * ERROR)  # sums over rows
    np.testing.assert_allclose(turned.final, run.final[:, order], rtol=1e-12)


def test_features_do_have_a_sign() -> None:
    signs = np.array([1.0, -1.0, 1.0, 1.0, -1.0])[:, None]
    run = simulate(MODEL, START, time=TIMES, **TIGHT["rkl2"])
    turned = simulate(MODEL, START * signs, time=TIMES, **TIGHT["rkl2"])
    assert np.abs(turned.l1_norm - run.l1_norm).max() > 100 * ERROR


@each_engine
def test_a_batch_is_its_instances_bit_for_bit(method: str) -> None:
    together = simulate(MODEL, START, time=TIMES, method=method)
    for index in range(3):
        assert_same(simulate(MODEL, START[index], time=TIMES, method=method), together, index)
    folded = simulate(MODEL, START[None, 1:], time=TIMES, method=method)
    np.testing.assert_array_equal(folded.l1_norm[:, 0], together.l1_norm[:, 1:])
    np.testing.assert_array_equal(folded.final[0], together.final[1:])


@each_engine
def test_layout_and_permissions_do_not_matter(method: str) -> None:
    run = simulate(MODEL, START, time=TIMES, method=method)
    fortran = np.asfortranarray(START)
    fortran.setflags(write=False)
    strided = np.repeat(START, 2, axis=-1)[..., ::2]
    for same in (fortran, strided, START.tolist(), START.astype(">f8")):
        assert_equal_runs(simulate(MODEL, same, time=TIMES, method=method), run)
    np.testing.assert_array_equal(fortran, START)


def test_whole_numbers_and_short_floats_are_converted() -> None:
    model, whole = ToyModel(2, 3, l1_strength=0.1), [[1, 0, -2], [0, 1, 3]]
    expected = simulate(model, np.array(whole, dtype=float), time=TIMES)
    for kind in (np.int8, np.float16, np.float32):
        given = np.array(whole, dtype=kind)
        assert_equal_runs(simulate(model, given, time=TIMES), expected)
        assert given.tolist() == whole
    assert_equal_runs(simulate(model, whole, time=TIMES), expected)


@each_engine
def test_single_precision_is_close(method: str) -> None:
    times = [0.5, 3.0, 10.0]
    double = simulate(MODEL, START, time=times, until=10.0, method=method, rtol=1e-4)
    single = simulate(
        MODEL, START, time=times, until=10.0, method=method, rtol=1e-4, dtype="float32"
    )
    assert single.final.dtype == np.float32
    assert single.l1_norm.dtype == np.float64
    # Rounding 6e-8, over some hundred steps, grown e-fold a few times by competition.
    np.testing.assert_allclose(single.final, double.final, rtol=0, atol=1e-4)
    np.testing.assert_array_equal(
        carriers(simulate(MODEL, START, method=method, dtype="float32").final),
        carriers(simulate(MODEL, START, method=method).final),
    )


@pytest.mark.parametrize("atol", [0.0, 1e-6])
def test_single_precision_bears_a_tolerance_below_its_rounding(atol: float) -> None:
    run = simulate(MODEL, START, rtol=1e-10, atol=atol, dtype="float32")
    np.testing.assert_allclose(run.final, simulate(MODEL, START, **TIGHT["rkl2"]).final, atol=1e-6)


# Special cases with an answer


@each_engine
def test_one_feature_follows_the_reduction(method: str) -> None:
    row = initial_row(12, rng=0)
    run = simulate(ToyModel(1, 12, l1_strength=0.05), row[None], time=TIMES, method=method)
    truth = row_flow(row, l1_strength=0.05, time=TIMES)
    np.testing.assert_array_equal(run.nonzero_count[..., 0], truth.nonzero_count)
    for name in ("l1_norm", "squared_norm", "fourth_power_sum"):
        # `row_flow` keeps its own tolerance, and here starts a second time at t = 0.
        np.testing.assert_allclose(getattr(run, name)[..., 0], getattr(truth, name), rtol=1e-7)
    winner = np.zeros(12)
    at = np.abs(row).argmax()
    winner[at] = np.sign(row[at]) * carrier_amplitude(0.05)
    np.testing.assert_allclose(run.final[0], winner, rtol=1e-12)


@each_engine
def test_opposite_signs_on_one_neuron_never_feel_each_other(method: str) -> None:
    model = ToyModel(2, 1, l1_strength=0.1)
    run = simulate(model, [[0.5], [-0.3]], time=TIMES, method=method)
    alone = row_flow([[0.5], [-0.3]], l1_strength=0.1, time=TIMES)
    np.testing.assert_allclose(run.l1_norm, alone.l1_norm, rtol=1e-7)
    np.testing.assert_allclose(run.final[:, 0], [1, -1] * np.array(carrier_amplitude(0.1)))
    assert run.outcome == "settled"
    assert polysemantic_neurons(run.final) == 1


@each_engine
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_equal_signs_on_one_neuron_share_one_length(method: str, sign: float) -> None:
    # x' = (1 − x² − y²) x − λ, and the same for y: one encoding with two weights.
    model = ToyModel(2, 1, l1_strength=0.1)
    W0 = sign * np.array([[0.5], [0.3]])
    run = simulate(model, W0, time=TIMES, method=method, **TIGHT[method])
    truth = row_flow(W0[:, 0], l1_strength=0.1, time=TIMES)
    np.testing.assert_allclose(run.l1_norm, np.abs(truth.weights()), rtol=0, atol=ERROR)
    np.testing.assert_allclose(run.final, [[sign * carrier_amplitude(0.1)], [0.0]], rtol=1e-12)
    assert polysemantic_neurons(run.final) == 0


@each_engine
def test_equal_signs_of_one_size_stay_tied(method: str) -> None:
    # An unstable tie: rounding grows like exp(λt), here e³, and the engine must add no more. A
    # matrix product need not round equal rows equally: 1e-16 in each of some hundred stages.
    model = ToyModel(2, 1, l1_strength=0.1)
    run = simulate(model, [[0.5], [0.5]], method=method, until=30.0, **TIGHT[method])
    end = run.final[:, 0]
    assert end[0] == pytest.approx(end[1], rel=0, abs=1e-12)
    r = np.sqrt(2) * end[0]  # 2x² = r²
    assert r - r**3 == pytest.approx(0.1 * np.sqrt(2), rel=1e-4, abs=0)


#: Row 0 is pushed by −(W_0·W_1) W_1 = −0.5 (0.8, 0.4) on its second and third neuron.
PUSHING = np.array([[1.0, 0.0, 0.0], [0.5, 0.8, 0.4]])
#: With many idle neurons beside them, few weights live: the sparse form of the force.
widened = pytest.mark.parametrize("idle", [0, 40])


@each_engine
@widened
def test_a_zero_weight_revives_if_it_is_pushed_harder_than_lambda(method: str, idle: int) -> None:
    model, t = ToyModel(2, 3 + idle, l1_strength=0.3), 1e-3
    end = simulate(model, np.pad(PUSHING, ((0, 0), (0, idle))), until=t, method=method).final
    # At the speed 0.4 − λ, to first order in t; pushed by 0.2, it is held.
    assert end[0, 1] == pytest.approx(-0.1 * t, rel=0.02, abs=0)
    assert not end[0, 2:].any()


@each_engine
@widened
@pytest.mark.parametrize("lam", [0.41, 0.6, 1.0])
def test_a_zero_weight_that_is_pushed_less_stays_exactly_zero(
    method: str, idle: int, lam: float
) -> None:
    # Between λ/2 and λ an engine has to decide; the push only falls.
    model, times = ToyModel(2, 3 + idle, l1_strength=lam), np.linspace(0, 1, 21)
    W0 = np.pad(PUSHING, ((0, 0), (0, idle)))
    run = simulate(model, W0, time=times, until=1.0, method=method)
    assert (run.nonzero_count[:, 0] <= 1).all()


@each_engine
@widened
def test_a_weight_may_pass_through_zero(method: str, idle: int) -> None:
    # Down at 0.4 + λ until zero, on at 0.4 − λ from there.
    model, t, h = ToyModel(2, 3 + idle, l1_strength=0.3), 2e-3, 1e-3
    W0 = np.pad(PUSHING, ((0, 0), (0, idle)))
    W0[0, 1] = 0.7 * h
    end = simulate(model, W0, until=t, method=method).final
    assert end[0, 1] == pytest.approx(-0.1 * (t - h), rel=0.05, abs=0)


@each_engine
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_positive_start_does_not_overflow(method: str, dtype: str) -> None:
    model = ToyModel(64, 64, l1_strength=0.05)
    W0 = np.abs(initial_encodings(model, rng=0))  # its Gram matrix has an eigenvalue of 40
    run = simulate(model, W0, time=[0.1, 1.0, 5.0], until=5.0, method=method, dtype=dtype)
    assert np.isfinite(run.final).all()
    assert (np.diff(run.loss, axis=0) < 0).all()
    assert run.loss[0] < model.loss(W0)


@each_engine
def test_the_largest_weights_allowed_come_down_at_once(method: str) -> None:
    run = simulate(ToyModel(3, 4), np.full((3, 4), 1e3), until=1.0, method=method)
    assert np.abs(run.final).max() < 1.0


# How a run ends


def outcome(model: ToyModel, W0: Any, method: str, **how: Any) -> tuple[Any, float]:
    run = simulate(model, W0, method=method, **how)
    assert run.outcome in OUTCOMES
    return run.outcome, float(run.final_time)


@each_engine
def test_every_outcome(method: str) -> None:
    start = START[0]
    assert outcome(MODEL, start, method) == ("settled", np.inf)
    assert outcome(MODEL, start, method, until=400.0) == ("settled", 400.0)
    assert outcome(MODEL, start, method, until=1.0) == ("running", 1.0)
    assert outcome(MODEL, start, method, until=0.0) == ("running", 0.0)
    assert outcome(MODEL, start, method, max_time=1.0) == ("time limit", 1.0)
    strong = ToyModel(5, 9, l1_strength=1.0)
    assert outcome(strong, start, method) == ("dead", np.inf)
    assert outcome(strong, start, method, until=50.0) == ("dead", 50.0)
    assert outcome(MODEL, np.zeros((5, 9)), method) == ("dead", np.inf)


@each_engine
def test_nothing_settles_without_regularization(method: str) -> None:
    model = ToyModel(4, 6)
    run = simulate(model, initial_encodings(model, rng=0), method=method, rtol=1e-3)
    assert run.outcome == "stationary, not sparse"
    assert np.abs(model.velocity(run.final)).max() < 1e-5
    assert run.loss[0] < 1e-8  # n ≤ 2m: every input can be told apart
    assert run.nonzero_count.min() == 6


@each_engine
def test_more_features_than_signed_neurons_may_come_to_rest_without_settling(method: str) -> None:
    # Not always: where a feature dies of crowding the others settle. Here the slowest motion dies
    # out at a rate of 0.047, and long steps must not keep the fast ones from dying out, too.
    model = ToyModel(5, 2, l1_strength=0.05)
    W0 = initial_encodings(model, 3, rng=0)[2]
    run = simulate(model, W0, time=[1.0, 300.0], method=method)
    assert (run.outcome, run.final_time) == ("stationary, not sparse", np.inf)
    assert (run.nonzero_count[-1] > 0).all()
    # At rest within 1e-5 of motion while the time doubled.
    assert np.abs(model.velocity(run.final)).max() < 1e-5
    np.testing.assert_allclose(run.l1_norm[1], observables.l1_norm(run.final), atol=1e-4)
    assert outcome(model, W0, method, until=1e4) == ("stationary, not sparse", 1e4)


def test_a_run_may_be_waited_for_longer_than_the_default() -> None:
    slow = ToyModel(2, 1, l1_strength=0.1)
    almost_tied = [[0.5], [0.5 - 1e-7]]  # the gap grows like exp(λt)
    assert simulate(slow, almost_tied, max_time=50.0).outcome == "time limit"
    assert simulate(slow, almost_tied).outcome == "settled"
    assert simulate(slow, almost_tied, time=[1e5]).outcome == "settled"


@pytest.mark.parametrize(("n", "m"), [(4, 3), (5, 3), (6, 4), (8, 4)])
def test_with_fewer_neurons_than_features_sharing_is_necessary(n: int, m: int) -> None:
    model = ToyModel(n, m, l1_strength=0.02)
    run = simulate(model, initial_encodings(model, 8, rng=3))
    assert set(run.outcome) == {"settled"}
    owner = carriers(run.final)
    occupancy = (owner[..., None] == np.arange(m)).sum(axis=-2)
    assert occupancy.max() == 2  # one feature a sign
    # A feature may die of crowding; what is necessary is necessary for those that live.
    living = run.final.any(axis=-1).sum(axis=-1)
    assert (occupancy.sum(axis=-1) == living).all()  # every one of them has its carrier
    assert (polysemantic_neurons(run.final) >= living - m).all()
    assert (polysemantic_neurons(run.final) > 0).all()


def test_with_enough_neurons_sharing_is_incidental() -> None:
    model = ToyModel(4, 8, l1_strength=0.02)
    shared = polysemantic_neurons(simulate(model, initial_encodings(model, 12, rng=0)).final)
    assert shared.min() == 0
    assert shared.max() > 0


def test_rows_too_small_to_live_are_no_trouble() -> None:
    run = simulate(ToyModel(2, 2, l1_strength=0.1), [[1e-60, 0.0], [0.0, 0.9]], time=TIMES)
    assert run.nonzero_count[:, 0].tolist() == [1, 0, 0, 0, 0]
    tiny = simulate(ToyModel(1, 2), [[1e-200, -1e-200]], until=5.0, atol=0.0)
    assert (tiny.final * [1, -1] > 1e-200).all()  # its norm is no float: no accuracy is promised


def test_any_strength_has_an_end() -> None:
    for lam in (1e-8, 1e3, 1e25):
        run = simulate(ToyModel(2, 2, l1_strength=lam), [[1.0, 0.0], [0.0, -0.5]])
        assert run.outcome == ("settled" if lam < 1 else "dead")


# Ctrl-C


@each_engine
def test_an_interrupted_run_hands_over_what_it_has(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines: list[Any] = []
    base = ENGINES[method]

    class Interrupting(base):  # type: ignore[misc,valid-type]
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            engines.append(self)

        def advance(self, end: float) -> None:
            if len(engines) == 2 and self.time >= 0.5:
                raise KeyboardInterrupt
            super().advance(end)

    whole = simulate(MODEL, START, time=TIMES, method=method)
    monkeypatch.setitem(ENGINES, method, Interrupting)
    with pytest.raises(KeyboardInterrupt) as stopped:
        simulate(MODEL, START, time=TIMES, method=method)
    assert isinstance(stopped.value, Interrupted)
    run = stopped.value.trajectory
    assert run.outcome.tolist() == ["settled", "interrupted", "interrupted"]
    assert set(run.outcome) <= set(OUTCOMES)
    for name in SERIES:
        found, expected = getattr(run, name), getattr(whole, name)
        np.testing.assert_array_equal(found[:, 0], expected[:, 0])
        np.testing.assert_array_equal(found[:2, 1], expected[:2, 1])  # at 0 and 0.5
        for missing in (found[2:, 1], found[:, 2]):
            assert (missing == -1).all() if name == "nonzero_count" else np.isnan(missing).all()
    np.testing.assert_array_equal(run.final[0], whole.final[0])
    # The second instance got as far as 0.5, the third nowhere.
    assert run.final_time.tolist() == [np.inf, 0.5, 0.0]
    reached = simulate(MODEL, START[1], time=TIMES[:2], until=0.5, method=method)
    np.testing.assert_array_equal(run.final[1], reached.final)
    np.testing.assert_array_equal(run.final[2], START[2])


def test_other_errors_are_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise MemoryError

    monkeypatch.setattr(RungeKuttaLegendre, "advance", broken)
    with pytest.raises(MemoryError):
        simulate(MODEL, START)


# Progress


def test_progress_is_shown_when_asked_and_changes_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    silent = simulate(MODEL, START, time=TIMES)
    assert capsys.readouterr() == ("", "")
    shown = simulate(MODEL, START, time=TIMES, progress=True)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "simulate" in captured.err
    assert "3/3" in captured.err
    assert_equal_runs(shown, silent)


# What is refused


def refused(**changes: Any) -> Any:
    given = {"model": MODEL, "encodings": START} | changes
    return simulate(given.pop("model"), given.pop("encodings"), **given)


BAD: list[tuple[dict[str, Any], str, type[Exception], str]] = [
    # arguments, the one that is named, the error, a word on what is allowed
    ({"model": START}, "model", TypeError, "ToyModel"),
    ({"model": ToyModel}, "model", TypeError, "ToyModel"),
    ({"model": ToyModel(5, 9, l1_strength=1e30)}, "l1_strength", ValueError, "between 0 and"),
    ({"model": ToyModel(5, 9, l1_strength=1e-9)}, "l1_strength", ValueError, "Stop it by max_time"),
    ({"model": ToyModel(5, 9, l1_strength=1e-9), "until": 1e9}, "l1_strength", ValueError, "until"),
    ({"encodings": START[0, 0]}, "encodings", ValueError, "n_features, n_neurons"),
    ({"encodings": 1.0}, "encodings", ValueError, "n_features, n_neurons"),
    ({"encodings": np.swapaxes(START, 1, 2)}, "encodings", ValueError, "Transpose"),
    ({"encodings": START[:, :4]}, "encodings", ValueError, r"5, 9"),
    ({"encodings": START[..., :8]}, "encodings", ValueError, r"5, 9"),
    ({"encodings": START[:0]}, "encodings", ValueError, "at least one instance"),
    (
        {"encodings": np.where(START > 1, np.nan, START) * [np.nan] * 9},
        "encodings",
        ValueError,
        "finite",
    ),
    ({"encodings": np.full((5, 9), np.inf)}, "encodings", ValueError, "finite"),
    ({"encodings": START + 0j}, "encodings", TypeError, "real numbers"),
    ({"encodings": START > 0}, "encodings", TypeError, "real numbers"),
    ({"encodings": START.astype(str)}, "encodings", TypeError, "real numbers"),
    ({"encodings": None}, "encodings", TypeError, "real numbers"),
    ({"encodings": [[1.0], [1.0, 2.0]]}, "encodings", ValueError, "rectangular"),
    ({"encodings": np.full((5, 9), 1001.0)}, "encodings", ValueError, "at most 1000"),
    ({"encodings": np.ma.masked_greater(START, 0.5)}, "encodings", TypeError, "mask"),
    ({"method": "euler"}, "method", ValueError, "'rkl2', 'heun'"),
    ({"method": None}, "method", TypeError, "'rkl2', 'heun'"),
    ({"until": "dead"}, "until", ValueError, "'settled'"),
    ({"until": None}, "until", TypeError, "real numbers"),
    ({"until": True}, "until", TypeError, "real numbers"),
    ({"until": -1.0}, "until", ValueError, "between 0"),
    ({"until": np.nan}, "until", ValueError, "finite"),
    ({"until": np.inf}, "until", ValueError, "finite"),
    ({"until": [1.0, 2.0]}, "until", ValueError, "single number"),
    ({"until": 5.0, "max_time": 9.0}, "max_time", ValueError, "left out"),
    ({"max_time": -1.0}, "max_time", ValueError, "between 0"),
    ({"max_time": np.inf}, "max_time", ValueError, "finite"),
    ({"max_time": "long"}, "max_time", TypeError, "real numbers"),
    ({"time": [1.0, 0.5]}, "time", ValueError, "increasing"),
    ({"time": [1.0, 1.0]}, "time", ValueError, "increasing"),
    ({"time": [-1.0, 1.0]}, "time", ValueError, "non-negative"),
    ({"time": [0.0, np.nan]}, "time", ValueError, "finite"),
    ({"time": [0.0, np.inf]}, "time", ValueError, "finite"),
    ({"time": []}, "time", ValueError, "non-empty"),
    ({"time": 1.0}, "time", ValueError, "one-dimensional"),
    ({"time": [1.0, 6.0], "until": 5.0}, "time", ValueError, "at most until = 5"),
    ({"time": [1.0, 6.0], "max_time": 5.0}, "time", ValueError, "at most max_time = 5"),
    ({"rtol": 0.0}, "rtol", ValueError, "between 1e-10 and 0.1"),
    ({"rtol": 0.2}, "rtol", ValueError, "between 1e-10 and 0.1"),
    ({"rtol": np.nan}, "rtol", ValueError, "finite"),
    ({"rtol": [0.01]}, "rtol", ValueError, "single number"),
    ({"atol": -1e-9}, "atol", ValueError, "between 0 and 0.1"),
    ({"atol": 1.0}, "atol", ValueError, "between 0 and 0.1"),
    ({"dtype": "float16"}, "dtype", ValueError, "'float64' or 'float32'"),
    ({"dtype": int}, "dtype", ValueError, "'float64' or 'float32'"),
    ({"dtype": complex}, "dtype", ValueError, "'float64' or 'float32'"),
    ({"dtype": "double precision"}, "dtype", TypeError, "'float64' or 'float32'"),
]


@pytest.mark.parametrize(("changes", "name", "error", "allowed"), BAD)
def test_a_refusal_names_the_argument_and_what_is_allowed(
    changes: dict[str, Any], name: str, error: type[Exception], allowed: str
) -> None:
    with pytest.raises(error, match=allowed) as refusal:
        refused(**changes)
    assert re.match(rf"{name}\b.* must be ", str(refusal.value))


def test_what_those_calls_change_was_allowed_before() -> None:
    assert refused().outcome.tolist() == ["settled"] * 3


def test_everything_with_a_default_is_keyword_only() -> None:
    with pytest.raises(TypeError, match="positional"):
        simulate(MODEL, START, TIMES)  # type: ignore[misc]
