"""Training with sampled noise: its gradient, its streams, its limit, and what is refused."""

import itertools
import math
import re
from functools import cache
from typing import Any, ClassVar

import numpy as np
import pytest
from numpy.typing import NDArray

from polytheory import (
    Interrupted,
    TemperatureWarning,
    ToyModel,
    Trajectory,
    initial_encodings,
    train,
)
from polytheory.flow._optimizers import AdamW
from polytheory.flow.plain import integrate
from polytheory.flow.train import train as quietly
from polytheory.noise import Bipolar, Gaussian, Laplace, Noise, Symmetric, Uniform
from polytheory.theory.noise import sgd_temperature

Array = NDArray[np.float64]
SHARING = ("batch", "input")

MODEL = ToyModel(3, 4, l1_strength=0.02, noise=Bipolar(std=0.3))
START = initial_encodings(MODEL, rng=4)


def trained(encodings: Any = START, model: ToyModel = MODEL, **changes: Any) -> Trajectory:
    given: dict[str, Any] = {"learning_rate": 0.01, "steps": 5, "dtype": "float64", "rng": 1}
    return quietly(model, encodings, **({"optimizer": "sgd"} | given | changes))


# The gradient, at noise that is known


class Told(Gaussian):
    """Gaussian noise that remembers what was drawn last."""

    drawn: ClassVar[dict[str, Array]] = {}

    def sample(self, shape: int | tuple[int, ...], *, rng: Any) -> Array:
        self.drawn["last"] = super().sample(shape, rng=rng)
        return self.drawn["last"]


def loss_by_loops(W: Array, noise: Array, loss_l1: float) -> float:
    """Sum Σ_i ‖ReLU(W(W_i + ξ_i)) − e_i‖² + λ_loss‖W‖₁ term by term, in plain floats."""
    n, m = W.shape
    total = loss_l1 * sum(abs(w) for w in W.ravel().tolist())
    for i, j in itertools.product(range(n), repeat=2):
        xi = noise[i % len(noise)]  # one row: the same for all inputs
        output = sum(W[j, k] * (W[i, k] + xi[k]) for k in range(m))
        total += (max(output, 0.0) - (i == j)) ** 2
    return float(total)


def slope_by_differences(W: Array, noise: Array, loss_l1: float) -> Array:
    slope, h = np.empty_like(W), 1e-6
    for index in np.ndindex(*W.shape):
        shift = np.zeros_like(W)
        shift[index] = h
        ends = (loss_by_loops(W + side * shift, noise, loss_l1) for side in (1, -1))
        slope[index] = np.subtract(*ends) / (2 * h)
    return slope


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("shared", SHARING)
@pytest.mark.parametrize("strength", [0.0, 0.05])
def test_the_gradient_is_that_of_the_loss_with_the_noise_drawn(
    strength: float, shared: str, seed: int
) -> None:
    # σ so large that some diagonal outputs are switched off.
    model = ToyModel(3, 4, l1_strength=strength, noise=Told(std=0.6))
    W = initial_encodings(model, rng=seed)
    end = trained(W, model, learning_rate=1.0, steps=1, rng=seed, noise_shared_over=shared).final
    noise = Told.drawn["last"][0]
    assert noise.shape == {"batch": (1, 4), "input": (3, 4)}[shared]
    assert np.abs((W + noise) @ W.T).min() > 1e-5  # no kink of the ReLU within the difference
    # Rounding 1e-16 · loss / h.
    np.testing.assert_allclose(
        W - end, slope_by_differences(W, noise, 4 * strength), rtol=0, atol=1e-7
    )


def test_some_of_those_switch_an_output_off() -> None:
    off = 0
    for seed in range(5):
        W = initial_encodings(MODEL, rng=seed)
        trained(W, ToyModel(3, 4, noise=Told(std=0.6)), steps=1, rng=seed)
        off += np.count_nonzero(np.diag((W + Told.drawn["last"][0]) @ W.T) < 0)
    assert off > 0


def test_the_first_step_of_adamw_is_the_sign_of_that_gradient() -> None:
    model = ToyModel(3, 4, noise=Told(std=0.3))
    end = trained(START, model, optimizer="adamw", steps=1, weight_decay=0.0).final
    slope = slope_by_differences(START, Told.drawn["last"][0], 0.0)
    assert np.abs(slope).min() > 1e-3
    # ε = 1e-8 against |g|.
    np.testing.assert_allclose(end - START, -0.01 * np.sign(slope), rtol=1e-4, atol=0)


# Its mean


def mean_gradients(model: ToyModel, shared: str) -> Array:
    """Return the mean gradient at START of 50 instances, over 4096 steps each."""
    rate, steps = 1e-12, 4096  # so small that weights stay where they are, to 1e-8
    W0 = np.repeat(START[None], 50, axis=0)
    given: dict[str, Any] = {"learning_rate": rate, "steps": steps, "noise_shared_over": shared}
    return (W0 - trained(W0, model, **given).final) / (rate * steps)


def scores(samples: Array, expected: Array) -> Array:
    """Return by how many standard errors the means differ."""
    error = samples.std(axis=0, ddof=1) / math.sqrt(len(samples))
    return (samples.mean(axis=0) - expected) / error


DISTRIBUTIONS: list[Noise] = [Bipolar(std=0.3), Gaussian(std=0.3), Laplace(std=0.3)]
#: Student's t with 49 degrees of freedom passes 5.5 once in 7e5; there are 72 weights below.
FAR = 5.5


@pytest.mark.parametrize("distribution", DISTRIBUTIONS, ids=repr)
@pytest.mark.parametrize("shared", SHARING)
def test_the_mean_gradient_is_minus_four_times_the_expected_flow(
    shared: str, distribution: Noise
) -> None:
    model = ToyModel(3, 4, noise=distribution)
    sampled = mean_gradients(model, shared)
    assert np.abs(scores(sampled, -4 * model.smooth_force(START))).max() < FAR
    for other in (None, Uniform(std=0.3), Bipolar(std=0.25)):
        wrong = ToyModel(3, 4, noise=other)
        assert np.abs(scores(sampled, -4 * wrong.smooth_force(START))).max() > FAR


def test_a_vector_for_each_input_scatters_less() -> None:
    # n − 1 times 2, roughly, in the variance: n² terms against n.
    shared, each = (mean_gradients(MODEL, name).var(axis=0).sum() for name in SHARING)
    assert shared > 1.1 * each


# Its limit of small learning rates

END, REPEATS = 2.0, 1000
LOUD = ToyModel(3, 4, noise=Bipolar(std=0.3))


@cache
def flow_end(distribution: Noise | None) -> Array:
    model = ToyModel(3, 4, noise=distribution)
    given: dict[str, Any] = {"time": np.array([END]), "step": 0.05, "method": "heun"}
    return integrate(model.smooth_force, START, l1_strength=0.0, **given)[0]


@cache
def descent_ends(rate: float, shared: str) -> Array:
    W0 = np.repeat(START[None], REPEATS, axis=0)
    steps = round(END / (4 * rate))
    given: dict[str, Any] = {"learning_rate": rate, "steps": steps, "noise_shared_over": shared}
    return trained(W0, LOUD, **given).final


def excess(rate: float, shared: str, end: Array) -> Array:
    """Return by how much Σ W⁴ exceeds what it is at the end of a flow, for each repeat."""
    return np.sum(descent_ends(rate, shared) ** 4, axis=(1, 2)) - np.sum(end**4)


@pytest.mark.parametrize("shared", SHARING)
def test_gradient_descent_tends_to_the_expected_flow(shared: str) -> None:
    coarse, fine = 0.05, 0.0125

    def extrapolated(end: Array) -> float:
        """Remove the error of order η; what is left, in standard errors."""
        a, b = excess(coarse, shared, end), excess(fine, shared, end)
        error = math.hypot(a.std() / 3, 4 * b.std() / 3) / math.sqrt(REPEATS)
        return float((4 * b.mean() - a.mean()) / 3 / error)

    # Chance alone passes 4 once in 16 000; the error of Heun's method is 1e-4, a tenth of one.
    assert abs(extrapolated(flow_end(LOUD.noise))) < 4
    assert abs(extrapolated(flow_end(None))) > 10
    assert abs(extrapolated(flow_end(Bipolar(std=0.25)))) > 8
    # There is something to extrapolate.
    biased = excess(coarse, shared, flow_end(LOUD.noise))
    assert biased.mean() > 4 * biased.std() / math.sqrt(REPEATS)


@pytest.mark.parametrize("shared", SHARING)
def test_it_scatters_about_the_flow_by_the_root_of_the_learning_rate(shared: str) -> None:
    rates, end = np.array([0.05, 0.0125]), flow_end(LOUD.noise)
    apart = [np.sqrt(np.mean((descent_ends(rate, shared) - end) ** 2)) for rate in rates]
    # Three per cent of sampling error, and ten of the next power of √η, at the larger rate.
    assert np.diff(np.log(apart)) / np.diff(np.log(rates)) == pytest.approx(0.5, abs=0.1)


def test_gaussian_noise_has_no_preferred_basis() -> None:
    rotation = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))[0]
    sparse = np.eye(3, 4) + 0.1

    def grams(distribution: Noise, W: Array, seed: int) -> Array:
        starts, model = np.repeat(W[None], 400, axis=0), ToyModel(3, 4, noise=distribution)
        ends = trained(starts, model, learning_rate=0.05, steps=40, rng=seed).final
        return (ends @ ends.swapaxes(-1, -2))[:, *np.triu_indices(3)]

    def farthest(distribution: Noise) -> float:
        here, there = grams(distribution, sparse, 1), grams(distribution, sparse @ rotation, 2)
        error = np.sqrt((here.var(axis=0) + there.var(axis=0)) / 400)
        return float(np.abs((here.mean(axis=0) - there.mean(axis=0)) / error).max())

    # Six entries: chance passes 4 once in 2600.
    assert farthest(Gaussian(std=0.4)) < 4
    assert farthest(Bipolar(std=0.4)) > 6


# Streams


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
@pytest.mark.parametrize("shared", SHARING)
@pytest.mark.parametrize("together", [1, 4, 100])
def test_a_batch_is_its_instances_however_it_is_split(
    optimizer: str, shared: str, together: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("polytheory.flow.train._BLOCK_SIZE", together * START.size)
    W0 = initial_encodings(MODEL, 6, rng=0)
    given: dict[str, Any] = {"optimizer": optimizer, "noise_shared_over": shared, "steps": 400}
    run = trained(W0.reshape(2, 3, 3, 4), time=[0, 20], **given)
    monkeypatch.undo()
    for count in (1, 4):  # instance k is the same however many there are
        fewer = trained(W0[:count], time=[0, 20], **given)
        np.testing.assert_array_equal(run.final.reshape(6, 3, 4)[:count], fewer.final)
        np.testing.assert_array_equal(run.loss.reshape(2, 6)[:, :count], fewer.loss)


def test_instances_have_streams_of_their_own_and_repeat() -> None:
    twice = trained([START, START]).final
    assert (twice[0] != twice[1]).all()
    np.testing.assert_array_equal(trained().final, twice[0])
    assert (trained(rng=2).final != twice[0]).all()
    source = np.random.default_rng(1)
    np.testing.assert_array_equal(trained(rng=source).final, twice[0])
    assert (trained(rng=source).final != twice[0]).all()  # it counts what it spawned


def awkward(shape: tuple[int, ...], *, rng: np.random.Generator) -> Array:
    """Draw all sizes, then all signs: what comes first depends on how much is drawn."""
    return 0.3 * np.sqrt(0.5) * rng.exponential(size=shape) * rng.choice([-1.0, 1.0], shape)


LAPLACE_BY_HAND = Symmetric(
    std=0.3, characteristic_function=Laplace(std=0.3).characteristic_function, sample=awkward
)


@pytest.mark.parametrize(
    "distribution",
    [Bipolar(std=0.3), Uniform(std=0.3), LAPLACE_BY_HAND],
    ids=lambda each: type(each).__name__,
)
@pytest.mark.parametrize("shared", SHARING)
def test_a_step_sees_the_same_noise_whatever_follows_or_is_recorded(
    shared: str, distribution: Noise
) -> None:
    model = ToyModel(3, 4, noise=distribution)
    run = trained(START, model, steps=1100, time=[3, 700, 1100], noise_shared_over=shared)
    for index, steps in enumerate([3, 700, 1100]):
        shorter = trained(START, model, steps=steps, noise_shared_over=shared)
        np.testing.assert_array_equal(shorter.fourth_power_sum[0], run.fourth_power_sum[index])
    np.testing.assert_array_equal(shorter.final, run.final)


def test_noise_does_not_repeat_the_initial_encodings() -> None:
    # One seed for both is what people write.
    model = ToyModel(3, 4, noise=Told(std=0.5))
    W = initial_encodings(model, rng=7)
    trained(W, model, rng=7)
    assert not np.isin(np.round(Told.drawn["last"], 12), np.round(W, 12)).any()


@pytest.mark.parametrize("shared", SHARING)
def test_the_initial_encodings_are_drawn_before_the_noise(shared: str) -> None:
    source = np.random.default_rng(7)
    W0 = initial_encodings(MODEL, rng=source)
    run = trained(W0, rng=source, noise_shared_over=shared)
    drawn = trained(None, rng=7, noise_shared_over=shared)
    np.testing.assert_array_equal(drawn.final, run.final)
    assert drawn.final.shape == (3, 4)


def test_sharing_over_the_batch_is_the_default() -> None:
    np.testing.assert_array_equal(trained().final, trained(noise_shared_over="batch").final)
    assert (trained().final != trained(noise_shared_over="input").final).all()


def test_single_precision_is_double_precision_rounded() -> None:
    single, double = (trained(dtype=kind) for kind in (np.float32, float))
    assert single.final.dtype == np.float32
    # A few dozen roundings of numbers of order one.
    np.testing.assert_allclose(single.final, double.final, rtol=0, atol=50 * 6e-8)


@pytest.mark.parametrize(("n", "m"), [(1, 1), (1, 3), (5, 2), (70, 70)])
@pytest.mark.parametrize("shared", SHARING)
def test_any_size_may_be_trained(n: int, m: int, shared: str) -> None:
    model = ToyModel(n, m, noise=Gaussian(std=0.1))
    run = trained(initial_encodings(model, rng=0), model, noise_shared_over=shared, steps=70)
    assert np.isfinite(run.final).all()


# What is recorded


def test_the_loss_of_a_run_is_the_expected_one() -> None:
    run = trained(steps=9, time=[4, 9])
    np.testing.assert_array_equal(run.loss[1], MODEL.loss(run.final))
    np.testing.assert_array_equal(run.loss[0], trained(steps=4).loss[0])
    assert run.outcome == "running"


def test_an_interrupted_run_gives_what_it_has(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = itertools.count(1)
    move = AdamW.move

    def stop_in_a_step(self: AdamW, W: Array, gradient: Array, moved: Array) -> None:
        move(self, W, gradient, moved)
        if next(taken) == 7:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(AdamW, "move", stop_in_a_step)
        with pytest.raises(Interrupted) as caught:
            trained(optimizer="adamw", steps=10)
    found = caught.value.trajectory
    assert (found.outcome, float(found.final_time)) == ("interrupted", 6.0)
    np.testing.assert_array_equal(found.final, trained(optimizer="adamw", steps=6).final)


# Divergence


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("steps", [9, 64, 1000])
def test_divergence_is_refused_and_names_the_learning_rate(steps: int, dtype: str) -> None:
    with pytest.raises(ValueError, match=r"^learning_rate must be so small .* got 3: .* Lower it"):
        trained(learning_rate=3.0, steps=steps, dtype=dtype)


def test_a_diverging_instance_of_a_batch_is_found_before_it_is_recorded() -> None:
    W0 = np.stack([START, 100 * START])
    with pytest.raises(ValueError, match=r"learning_rate .* by step 5\."):
        trained(W0, steps=1000, time=[5], learning_rate=0.05)


def test_an_interrupted_run_that_diverged_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Impatient(Told):
        def sample(self, shape: int | tuple[int, ...], *, rng: Any) -> Array:
            if self.drawn.pop("second", None) is not None:
                raise KeyboardInterrupt
            self.drawn["second"] = np.zeros(1)
            return super().sample(shape, rng=rng)

    monkeypatch.setattr("polytheory.flow._gradients.VALUES_PER_DRAW", 40)  # ten steps at a time
    model = ToyModel(3, 4, noise=Impatient(std=0.3))
    with pytest.raises(ValueError, match=r"learning_rate .* by step 10\."):
        trained(START, model, learning_rate=3.0, steps=1000)


# Refusals

QUIET = ToyModel(3, 4)

BAD: list[tuple[dict[str, Any], str, type[Exception], str]] = [
    # what is changed, the argument that is named, the error, a word on what is allowed
    ({"rng": None}, "rng", TypeError, "given for a model with noise.*Pass rng=0"),
    ({"rng": "seed"}, "rng", TypeError, "Generator"),
    ({"rng": True}, "rng", TypeError, "Generator"),
    ({"rng": None, "encodings": None}, "encodings", TypeError, "rng"),
    ({"noise_shared_over": "all"}, "noise_shared_over", ValueError, "'batch', 'input'"),
    ({"noise_shared_over": 1}, "noise_shared_over", TypeError, "'batch', 'input'"),
    (
        {"model": QUIET, "rng": None, "noise_shared_over": "batch"},
        "noise_shared_over",
        ValueError,
        "left out for a model without noise",
    ),
    ({"model": QUIET}, "rng", ValueError, "left out"),
]


@pytest.mark.parametrize(("changes", "name", "error", "word"), BAD)
def test_bad_input_is_refused_by_name(
    changes: dict[str, Any], name: str, error: type[Exception], word: str
) -> None:
    with pytest.raises(error, match=rf"^{name} must be .*{word}"):
        trained(**changes)


def test_a_sampler_that_fails_is_named() -> None:
    distribution = Symmetric(
        std=0.3,
        characteristic_function=Gaussian(std=0.3).characteristic_function,
        sample=lambda shape, *, rng: rng.normal(0.0, 0.3, shape[:2]),  # good enough for (2, 3)
    )
    with pytest.raises(ValueError, match=r"^sample must be"):
        trained(START, ToyModel(3, 4, noise=distribution))


# The warning

SLOW: dict[str, Any] = {"steps": 1, "rng": 0, "optimizer": "sgd"}
HOT = ToyModel(8, 32, noise=Bipolar(std=0.2))


def test_a_learning_rate_above_the_temperature_limit_is_warned_of() -> None:
    # In runs of this size rows got sparse at Θ = 0.1, and hardly at 0.4.
    heat = sgd_temperature(8, 32, std=0.2, excess_kurtosis=-2.0, learning_rate=1.0)
    train(HOT, learning_rate=0.29 / heat, **SLOW)
    words = r"learning_rate 0\.0173 is above the temperature limit 0\.012 .*for each batch.*'input'"
    assert 0.0115 < 0.3 / heat < 0.0125
    with pytest.warns(TemperatureWarning, match=words) as caught:
        train(HOT, learning_rate=0.0173, **SLOW)
    assert caught[0].filename == __file__


def test_the_limit_depends_on_how_noise_is_shared() -> None:
    train(HOT, learning_rate=0.0173, noise_shared_over="input", **SLOW)
    with pytest.warns(TemperatureWarning, match=r"for each input.*Use more steps at a lower rate"):
        train(HOT, learning_rate=0.2, noise_shared_over="input", **SLOW)


def noisy(distribution: Noise, n: int = 8, m: int = 32, **changes: Any) -> ToyModel:
    return ToyModel(n, m, noise=distribution, **changes)


@pytest.mark.parametrize(
    "model",
    [
        pytest.param(noisy(Gaussian(std=0.2)), id="no drift to compare with"),
        pytest.param(noisy(Laplace(std=0.2)), id="a drift to dense rows"),
        pytest.param(noisy(LAPLACE_BY_HAND), id="unknown kurtosis"),
        pytest.param(noisy(Bipolar(std=0.2), n=1), id="one feature"),
        pytest.param(noisy(Bipolar(std=0.2), m=6), id="too few neurons"),
        pytest.param(noisy(Bipolar(std=0.9)), id="beyond the critical noise"),
        pytest.param(noisy(Bipolar(std=0.2), l1_strength=0.01), id="with another mechanism"),
    ],
)
def test_there_is_no_warning_where_theory_is_silent(model: ToyModel) -> None:
    train(model, learning_rate=0.1, **SLOW)


def test_there_is_no_warning_for_adamw_or_from_within_the_package() -> None:
    train(HOT, learning_rate=0.1, steps=1, rng=0)
    quietly(HOT, learning_rate=0.1, **SLOW)


def test_wrong_arguments_are_refused_as_without_the_warning() -> None:
    for wrong in ({"learning_rate": "x"}, {"learning_rate": 0.1, "noise_shared_over": 3}):
        with pytest.raises(TypeError, match=f"^{re.escape(list(wrong)[-1])} must be"):
            train(HOT, **SLOW, **wrong)
    with pytest.raises(TypeError, match="learning_rate"):
        train(HOT, **SLOW)
    with pytest.raises(TypeError, match=r"^model must be"):
        train(3, learning_rate=0.1, **SLOW)  # type: ignore[arg-type]
