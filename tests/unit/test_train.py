"""The published optimizers: the gradient, each update rule, batches, records and refusals."""

import itertools
import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from polytheory import Interrupted, ToyModel, Trajectory, initial_encodings, train
from polytheory.flow._optimizers import AdamW

Array = NDArray[np.float64]
SERIES = ("nonzero_count", "l1_norm", "squared_norm", "fourth_power_sum", "loss")
RULES = ("adamw", "sgd")

MODEL = ToyModel(3, 5, l1_strength=0.01)
START = initial_encodings(MODEL, rng=1)


def trained(encodings: Any = START, model: ToyModel = MODEL, **changes: Any) -> Trajectory:
    given: dict[str, Any] = {"learning_rate": 0.01, "steps": 5, "dtype": "float64"}
    return train(model, encodings, **given | changes)


def gradient(model: ToyModel, W: Array) -> Array:
    """Return what a step of gradient descent subtracts, at learning rate 1."""
    return W - trained(W, model, optimizer="sgd", learning_rate=1.0, steps=1).final


# The gradient


@settings(max_examples=50)
@given(
    n=st.integers(1, 5),
    m=st.integers(1, 5),
    strength=st.sampled_from([0.0, 0.1, 1.0]),
    seed=st.integers(0, 10**6),
)
def test_the_gradient_is_minus_four_times_the_flow(
    n: int, m: int, strength: float, seed: int
) -> None:
    model = ToyModel(n, m, l1_strength=strength)
    W = initial_encodings(model, rng=seed)
    W[np.abs(W) < 0.1] = 0.0  # sign(0) = 0 in both
    force = model.smooth_force(W) + model.regularization(W)
    # Some ten products of numbers up to about 10.
    np.testing.assert_allclose(gradient(model, W), -4.0 * force, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("n", "m"), [(1, 1), (2, 2), (3, 2), (4, 6)])
@pytest.mark.parametrize("strength", [0.0, 0.1])
def test_the_gradient_is_that_of_the_loss(n: int, m: int, strength: float) -> None:
    model, h = ToyModel(n, m, l1_strength=strength), 1e-5
    W = initial_encodings(model, rng=n)
    assert np.abs(W).min() > h  # no kink of |W| within the difference
    numerical = np.empty_like(W)
    for index in np.ndindex(*W.shape):
        shift = np.zeros_like(W)
        shift[index] = h
        numerical[index] = (model.loss(W + shift) - model.loss(W - shift)) / (2 * h)
    # Rounding 1e-16 · loss / h and, at a ReLU(G)² that turns on in between, about h.
    np.testing.assert_allclose(gradient(model, W), numerical, rtol=0, atol=1e-4)


def test_one_weight_by_hand() -> None:
    # L = (w² − 1)² + λ_loss|w|, so at w = −2 with λ_loss = 4 · 0.25: L' = 4w(w² − 1) − 1 = −25.
    model = ToyModel(1, 1, l1_strength=0.25)
    step = trained([[-2.0]], model, optimizer="sgd", learning_rate=0.01, steps=1)
    assert step.final.item() == pytest.approx(-2.0 + 0.25, rel=1e-15, abs=0)


@pytest.mark.parametrize("optimizer", RULES)
def test_a_row_of_zeros_and_a_perfect_encoding_stay(optimizer: str) -> None:
    still = {"adamw": {"weight_decay": 0.0}, "sgd": {}}[optimizer]
    W0 = [[1.0, 0.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    end = trained(W0, ToyModel(3, 3), optimizer=optimizer, steps=20, **still)
    np.testing.assert_array_equal(end.final, W0)


def test_small_steps_of_gradient_descent_lower_the_loss() -> None:
    run = trained(optimizer="sgd", learning_rate=1e-3, steps=300, time=np.arange(301))
    # Down to where weights dither about zero, by 2 η λ_loss each.
    assert (np.diff(run.loss[:100]) < 0).all()
    assert run.loss[-1] < run.loss[100]


# AdamW


def loss_gradient_by_loops(W: list[list[float]], loss_l1: float) -> list[list[float]]:
    """Differentiate Σ_ij (ReLU(W_i·W_j) − δ_ij)² + λ_loss ‖W‖₁ term by term, in plain floats."""
    n, m = len(W), len(W[0])
    out = [[loss_l1 * ((w > 0) - (w < 0)) for w in row] for row in W]
    for i, j in itertools.product(range(n), repeat=2):
        overlap = sum(a * b for a, b in zip(W[i], W[j], strict=True))
        if overlap > 0:
            outer = 2.0 * (overlap - (i == j))
            for k in range(m):  # the overlap depends on both rows
                out[i][k] += outer * W[j][k]
                out[j][k] += outer * W[i][k]
    return out


def adamw_by_hand(
    W: list[list[float]], loss_l1: float, rate: float, decay: float, steps: int
) -> list[list[float]]:
    """Follow the algorithm of Loshchilov and Hutter, weight by weight."""
    cells = list(itertools.product(range(len(W)), range(len(W[0]))))
    W = [list(row) for row in W]
    first, second = dict.fromkeys(cells, 0.0), dict.fromkeys(cells, 0.0)
    for step in range(1, steps + 1):
        slope = loss_gradient_by_loops(W, loss_l1)
        for i, k in cells:
            g = slope[i][k]
            first[i, k] = 0.9 * first[i, k] + 0.1 * g
            second[i, k] = 0.999 * second[i, k] + 0.001 * g * g
            unbiased = first[i, k] / (1 - 0.9**step), second[i, k] / (1 - 0.999**step)
            W[i][k] *= 1 - rate * decay
            W[i][k] -= rate * unbiased[0] / (math.sqrt(unbiased[1]) + 1e-8)
    return W


TINY = [[0.7, -0.4], [0.2, 0.9]]


@pytest.mark.parametrize("decay", [0.0, 0.01, 0.5])
@pytest.mark.parametrize("steps", [1, 2, 3, 30])
def test_adamw_by_hand(decay: float, steps: int) -> None:
    model = ToyModel(2, 2, l1_strength=0.05)
    run = trained(TINY, model, learning_rate=0.1, weight_decay=decay, steps=steps)
    expected = adamw_by_hand(TINY, 0.2, 0.1, decay, steps)
    # Rounding, amplified a little by each further step.
    np.testing.assert_allclose(run.final, expected, rtol=0, atol=1e-14 * steps)


def test_the_hand_calculation_sees_each_constant(monkeypatch: pytest.MonkeyPatch) -> None:
    model = ToyModel(2, 2, l1_strength=0.05)
    expected = np.array(adamw_by_hand(TINY, 0.2, 0.1, 0.01, 3))
    for name, wrong in (("beta1", 0.91), ("beta2", 0.9991), ("epsilon", 1e-7)):
        with monkeypatch.context() as patch:
            patch.setattr(AdamW, name, wrong)
            run = trained(TINY, model, learning_rate=0.1, steps=3)
        assert np.abs(run.final - expected).max() > 1e-9, name


def test_the_first_step_of_adamw_is_the_sign_of_the_gradient() -> None:
    step = trained(learning_rate=1e-3, weight_decay=0.0, steps=1).final - START
    slope = np.array(loss_gradient_by_loops(START.tolist(), 0.04))
    assert np.abs(slope).min() > 1e-3
    # ε = 1e-8 against |g|.
    np.testing.assert_allclose(step, -1e-3 * np.sign(slope), rtol=1e-5, atol=0)


def test_weight_decay_alone() -> None:
    W0 = np.array([[1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])  # the gradient is zero here
    step = trained(W0, ToyModel(2, 3), learning_rate=0.1, weight_decay=0.2, steps=1)
    np.testing.assert_array_equal(step.final, 0.98 * W0)


def test_the_default_weight_decay_is_the_published_one() -> None:
    np.testing.assert_array_equal(trained().final, trained(weight_decay=0.01).final)
    assert (trained().final != trained(weight_decay=0.0).final).any()


# Symmetries, batches, types


@pytest.mark.parametrize("optimizer", RULES)
@settings(max_examples=20)
@given(seed=st.integers(0, 10**6))
def test_neurons_and_features_may_be_permuted_and_neurons_flipped(
    optimizer: str, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    rows, columns, signs = rng.permutation(3), rng.permutation(5), rng.choice([-1.0, 1.0], 5)

    def changed(W: Array) -> Array:
        return W[rows][:, columns] * signs

    plain, moved = trained(optimizer=optimizer), trained(changed(START), optimizer=optimizer)
    # Five steps; sums in another order.
    np.testing.assert_allclose(moved.final, changed(plain.final), rtol=0, atol=1e-13)


@pytest.mark.parametrize("optimizer", RULES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("together", [1, 4, 100])
def test_a_batch_is_its_instances_run_separately(
    optimizer: str, dtype: str, together: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = ToyModel(6, 9, l1_strength=0.01)
    monkeypatch.setattr("polytheory.flow.train._BLOCK_SIZE", together * 54)
    W0 = initial_encodings(model, 6, rng=0).reshape(2, 3, 6, 9)
    given: dict[str, Any] = {"optimizer": optimizer, "dtype": dtype, "time": [0, 20], "steps": 40}
    run = trained(W0, model, **given)
    assert run.final.dtype == dtype
    assert run.outcome.tolist() == [["running"] * 3] * 2
    for index in np.ndindex(2, 3):
        single = trained(W0[index], model, **given)
        assert single.outcome == "running"
        np.testing.assert_array_equal(run.final[index], single.final)
        for name in SERIES:
            together_, alone = getattr(run, name)[:, *index], getattr(single, name)
            np.testing.assert_array_equal(together_, alone)


@pytest.mark.parametrize("optimizer", RULES)
def test_single_precision_is_double_precision_rounded(optimizer: str) -> None:
    single, double = (trained(optimizer=optimizer, dtype=kind) for kind in (np.float32, float))
    # A few dozen roundings of numbers of order one.
    np.testing.assert_allclose(single.final, double.final, rtol=0, atol=30 * 6e-8)
    assert (single.final != double.final).any()


def test_single_precision_is_the_default() -> None:
    assert train(MODEL, START, learning_rate=0.01, steps=1).final.dtype == np.float32


@pytest.mark.parametrize(
    "encodings",
    [
        [[1, 0, 0], [0, 2, 0]],
        np.array([[1, 0, 0], [0, 2, 0]], dtype=np.int8),
        np.array([[1, 0, 0], [0, 2, 0]], dtype=np.float32),
        np.asfortranarray([[1.0, 0.0, 0.0], [0.0, 2.0, 0.0]]),
        np.array([[0.0, 0.0, 1.0], [0.0, 2.0, 0.0]])[:, ::-1],
    ],
    ids=["list", "int8", "float32", "Fortran", "reversed"],
)
@pytest.mark.parametrize("optimizer", RULES)
def test_any_real_type_and_layout_is_accepted_and_not_changed(
    encodings: Any, optimizer: str
) -> None:
    model, before = ToyModel(2, 3, l1_strength=0.01), np.array(encodings)
    if isinstance(encodings, np.ndarray):
        encodings.setflags(write=False)
    expected = trained([[1.0, 0.0, 0.0], [0.0, 2.0, 0.0]], model, optimizer=optimizer)
    np.testing.assert_array_equal(
        trained(encodings, model, optimizer=optimizer).final, expected.final
    )
    np.testing.assert_array_equal(encodings, before)


# What is recorded


@pytest.mark.parametrize("optimizer", RULES)
def test_series_are_those_of_shorter_runs(optimizer: str) -> None:
    run = trained(optimizer=optimizer, steps=9, time=[0, 3, 4, 9])
    np.testing.assert_array_equal(run.time, [0, 3, 4, 9])
    for index, steps in enumerate([0, 3, 4, 9]):
        shorter = trained(optimizer=optimizer, steps=steps)
        assert shorter.final_time == steps
        np.testing.assert_array_equal(shorter.time, [steps])
        assert run.loss[index] == shorter.loss[0] == MODEL.loss(shorter.final)
        for name in SERIES:
            np.testing.assert_array_equal(getattr(run, name)[index], getattr(shorter, name)[0])
    np.testing.assert_array_equal(run.final, trained(optimizer=optimizer, steps=9).final)


def test_no_step_changes_nothing() -> None:
    run = trained(steps=0)
    np.testing.assert_array_equal(run.final, START)
    assert not np.shares_memory(run.final, START)
    assert run.nonzero_count.shape == (1, 3)


def test_the_steps_after_the_last_record_are_taken() -> None:
    run = trained(steps=9, time=[2])
    assert run.loss.shape == (1,)
    np.testing.assert_array_equal(run.final, trained(steps=9).final)


def test_the_initial_encodings_are_drawn_from_rng() -> None:
    run = train(MODEL, learning_rate=0.01, steps=3, rng=7)
    drawn = train(MODEL, initial_encodings(MODEL, rng=7), learning_rate=0.01, steps=3)
    np.testing.assert_array_equal(run.final, drawn.final)
    assert run.final.shape == (3, 5)


def test_the_bar_counts_steps_of_instances(capsys: pytest.CaptureFixture[str]) -> None:
    trained(initial_encodings(MODEL, 4, rng=0), progress=True)
    assert "20/20" in capsys.readouterr().err
    trained()
    assert capsys.readouterr().err == ""


# Ctrl-C


def interrupted(**changes: Any) -> Trajectory:
    with pytest.raises(Interrupted) as caught:
        trained(initial_encodings(MODEL, 5, rng=0), steps=10, time=[0, 4, 10], **changes)
    found = caught.value.trajectory
    assert isinstance(found, Trajectory)
    return found


def test_an_interrupted_run_gives_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("polytheory.flow.train._BLOCK_SIZE", 2 * 15)  # instances 0, 1 | 2, 3 | 4
    steps_taken = itertools.count(1)
    move = AdamW.move

    def stop_in_the_second_block(self: AdamW, W: Array, gradient: Array, moved: Array) -> None:
        move(self, W, gradient, moved)
        if next(steps_taken) == 10 + 7:  # in the middle of a step: six are complete
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(AdamW, "move", stop_in_the_second_block)
        found = interrupted()
    W0 = initial_encodings(MODEL, 5, rng=0)
    assert found.outcome.tolist() == ["running"] * 2 + ["interrupted"] * 3
    assert found.final_time.tolist() == [10, 10, 6, 6, 0]
    for index, steps in enumerate([10, 10, 6, 6, 0]):
        np.testing.assert_array_equal(found.final[index], trained(W0[index], steps=steps).final)
    np.testing.assert_array_equal(found.final[4], W0[4])
    assert (~np.isnan(found.loss)).tolist() == [[True] * 4 + [False]] * 2 + [
        [True] * 2 + [False] * 3
    ]
    assert (found.nonzero_count[2, 2:] == -1).all()


# What is refused


def diverging(W0: Array, rate: float) -> int:
    """Return the step of gradient descent (λ = 0) at which a weight passes 1e4."""
    W, model = W0, ToyModel(*W0.shape)
    for step in itertools.count(1):
        W = W + 4 * rate * model.smooth_force(W)
        if np.abs(W).max() > 1e4:
            return step
    raise AssertionError


@pytest.mark.parametrize("rate", [0.6, 1.0, 3.0, 100.0])
def test_divergence_names_the_learning_rate_and_the_step(rate: float) -> None:
    W0 = initial_encodings(ToyModel(4, 6), rng=0)
    words = rf"^learning_rate must .*{re.escape(f'{rate:g}')}: .* step {diverging(W0, rate)}\."
    for dtype in ("float32", "float64"):
        with pytest.raises(ValueError, match=words):
            trained(W0, ToyModel(4, 6), optimizer="sgd", learning_rate=rate, steps=500, dtype=dtype)


def test_a_diverging_instance_of_a_batch_is_found() -> None:
    W0 = np.stack([np.eye(3, 5), 30.0 * np.ones((3, 5))])
    with pytest.raises(ValueError, match="learning_rate"):
        trained(W0, optimizer="sgd", learning_rate=0.1)


@pytest.mark.parametrize("rate", [0.01, 1.0, 100.0])
def test_adamw_never_diverges(rate: float) -> None:
    # By Cauchy and Schwarz |a|/√v < 7.3 whatever the gradients were, and here they pull back.
    run = trained(1e3 * np.ones((3, 5)), learning_rate=rate, steps=200, dtype="float32")
    assert np.abs(run.final).max() < 1e3 + 10 * rate


@settings(max_examples=60)
@given(
    optimizer=st.sampled_from(RULES),
    rate=st.floats(1e-12, 100),
    size=st.floats(0, 1e3),
    strength=st.sampled_from([0.0, 1e-3, 1.0, 1e10]),
    dtype=st.sampled_from(["float32", "float64"]),
)
def test_a_run_ends_finite_or_refused(
    optimizer: str, rate: float, size: float, strength: float, dtype: str
) -> None:
    model = ToyModel(3, 5, l1_strength=strength)
    W0 = np.clip(size * START, -1e3, 1e3)
    refusal, run = "", None
    try:
        run = trained(W0, model, optimizer=optimizer, learning_rate=rate, steps=10, dtype=dtype)
    except ValueError as error:
        refusal = str(error)
    if run is None:
        assert refusal.startswith("learning_rate must be so small")
    else:
        assert np.isfinite(run.final).all()
        assert np.isfinite(run.loss).all()


BAD: list[tuple[dict[str, Any], str, type[Exception], str]] = [
    # what is changed, the argument that is named, the error, a word on what is allowed
    ({"model": (3, 5)}, "model", TypeError, "a ToyModel"),
    ({"model": ToyModel(3, 5, l1_strength=1e20)}, "l1_strength", ValueError, r"1e\+10"),
    ({"optimizer": "adam"}, "optimizer", ValueError, "'adamw', 'sgd'"),
    ({"optimizer": None}, "optimizer", TypeError, "'adamw', 'sgd'"),
    ({"learning_rate": 0.0}, "learning_rate", ValueError, "between"),
    ({"learning_rate": 101.0}, "learning_rate", ValueError, "between"),
    ({"learning_rate": -0.1}, "learning_rate", ValueError, "between"),
    ({"learning_rate": np.nan}, "learning_rate", ValueError, "finite"),
    ({"learning_rate": np.inf}, "learning_rate", ValueError, "finite"),
    ({"learning_rate": [0.1, 0.2]}, "learning_rate", ValueError, "single number"),
    ({"learning_rate": "0.1"}, "learning_rate", TypeError, "real"),
    ({"steps": -1}, "steps", ValueError, "at least 0"),
    ({"steps": 10.0}, "steps", TypeError, "integer"),
    ({"steps": True}, "steps", TypeError, "integer"),
    ({"steps": 10**400}, "steps", ValueError, "at most"),
    ({"steps": 10**10}, "steps", ValueError, "at most"),
    ({"weight_decay": -0.1}, "weight_decay", ValueError, "between"),
    ({"weight_decay": np.nan}, "weight_decay", ValueError, "finite"),
    ({"weight_decay": 101.0}, "weight_decay", ValueError, "between 0 and 100"),
    ({"optimizer": "sgd", "weight_decay": 0.01}, "weight_decay", ValueError, "left out"),
    ({"optimizer": "sgd", "weight_decay": 0.0}, "weight_decay", ValueError, "left out"),
    ({"time": 3}, "time", ValueError, "sequence"),
    ({"time": []}, "time", ValueError, "sequence"),
    ({"time": [0, 6]}, "time", ValueError, "whole training steps from 0 to 5"),
    ({"time": [-1, 2]}, "time", ValueError, "whole training steps"),
    ({"time": [0.5]}, "time", ValueError, "whole training steps"),
    ({"time": [np.inf]}, "time", ValueError, "finite"),
    ({"time": [1, 1]}, "time", ValueError, "strictly increasing"),
    ({"time": [[0, 1]]}, "time", ValueError, "one-dimensional"),
    ({"encodings": None}, "encodings", TypeError, "rng"),
    ({"rng": 0}, "rng", ValueError, "left out"),
    ({"encodings": None, "rng": "seed"}, "rng", TypeError, "Generator"),
    ({"encodings": START[0]}, "encodings", ValueError, "shape"),
    ({"encodings": START.T}, "encodings", ValueError, "Transpose"),
    ({"encodings": np.empty((0, 3, 5))}, "encodings", ValueError, "at least one instance"),
    ({"encodings": np.full((3, 5), np.nan)}, "encodings", ValueError, "finite"),
    ({"encodings": np.full((3, 5), 2e3)}, "encodings", ValueError, "at most 1000"),
    ({"encodings": START * 1j}, "encodings", TypeError, "real"),
    ({"encodings": START > 0}, "encodings", TypeError, "real"),
    ({"encodings": "abc"}, "encodings", TypeError, "real"),
    ({"dtype": "float16"}, "dtype", ValueError, "float32"),
    ({"dtype": "complex64"}, "dtype", ValueError, "float32"),
    ({"dtype": "nonsense"}, "dtype", TypeError, "float32"),
]


@pytest.mark.parametrize(("changes", "name", "error", "word"), BAD)
def test_bad_input_is_refused_by_name(
    changes: dict[str, Any], name: str, error: type[Exception], word: str
) -> None:
    with pytest.raises(error, match=rf"^{name} must be .*{word}"):
        trained(**changes)
