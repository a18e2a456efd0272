"""Training on inputs in which features are active together."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from polytheory import ToyModel, Trajectory, initial_encodings, train
from polytheory.flow.batch import batch_gradient
from polytheory.inputs import Bernoulli, Inputs, KHot
from polytheory.noise import Bipolar

Array = NDArray[np.float64]

MODEL = ToyModel(3, 4, l1_strength=0.02)
START = initial_encodings(MODEL, rng=4)
TOGETHER = Bernoulli(probability=0.4, size=5)
#: Student's t with 49 degrees of freedom passes 5.5 once in 7e5.
FAR = 5.5


def trained(encodings: Any = START, model: ToyModel = MODEL, **changes: Any) -> Trajectory:
    given: dict[str, Any] = {"learning_rate": 0.01, "steps": 5, "dtype": "float64", "rng": 1}
    return train(model, encodings, **({"optimizer": "sgd", "inputs": TOGETHER} | given | changes))


def mean_gradient(model: ToyModel, **changes: Any) -> tuple[Array, Array]:
    """Return the mean gradient at START over 2000 steps of 50 instances, and its error."""
    rate, steps = 1e-12, 2000  # so small that weights stay where they are, to 1e-8
    W0 = np.repeat(START[None], 50, axis=0)
    each = (W0 - trained(W0, model, learning_rate=rate, steps=steps, **changes).final) / rate
    each /= steps
    return each.mean(axis=0), each.std(axis=0, ddof=1) / math.sqrt(len(each))


def all_inputs(distribution: Inputs) -> tuple[Array, Array]:
    """Return the 2³ inputs and their probabilities."""
    x = np.array(list(itertools.product([0.0, 1.0], repeat=3)))
    active = x.sum(axis=1)
    if isinstance(distribution, Bernoulli):
        return x, distribution.probability**active * (1 - distribution.probability) ** (3 - active)
    assert isinstance(distribution, KHot)
    chosen = active == distribution.active
    return x, chosen / chosen.sum()


@pytest.mark.parametrize(
    "distribution", [TOGETHER, KHot(active=2, size=4), KHot(active=1, size=2)], ids=repr
)
def test_the_mean_gradient_is_that_of_all_inputs_weighted(distribution: Inputs) -> None:
    seen, error = mean_gradient(MODEL, inputs=distribution)
    x, chances = all_inputs(distribution)
    parts = [batch_gradient(START, one[None], 1.0) for one in x]
    exact = np.tensordot(chances, parts, 1) / distribution.activity(3) + 4 * 0.02 * np.sign(START)
    assert np.abs((seen - exact) / error).max() < FAR
    assert np.abs((seen - 1.05 * exact) / error).max() > FAR


def test_single_features_are_the_published_loss_on_average() -> None:
    model = ToyModel(3, 4)
    seen, error = mean_gradient(model, inputs=KHot(active=1, size=3))
    assert np.abs((seen + 4 * model.smooth_force(START)) / error).max() < FAR


@pytest.mark.parametrize("shared", ["batch", "input"])
def test_noise_comes_on_top(shared: str) -> None:
    model = ToyModel(3, 4, noise=Bipolar(std=0.3))
    seen, error = mean_gradient(model, inputs=KHot(active=1, size=3), noise_shared_over=shared)
    assert np.abs((seen + 4 * model.smooth_force(START)) / error).max() < FAR
    without = ToyModel(3, 4).smooth_force(START)
    assert np.abs((seen + 4 * without) / error).max() > FAR


def test_streams_are_the_instances_own_and_repeat() -> None:
    W0 = initial_encodings(MODEL, 4, rng=0)
    run = trained(W0, steps=700, time=[3, 700])
    np.testing.assert_array_equal(trained(W0[:2], steps=700).final, run.final[:2])
    np.testing.assert_array_equal(trained(W0, steps=3).fourth_power_sum[0], run.fourth_power_sum[0])
    twice = trained([START, START]).final
    assert (twice[0] != twice[1]).any()


def test_inputs_do_not_move_the_noise() -> None:
    model = ToyModel(3, 4, noise=Bipolar(std=0.3))
    with_them, without = (
        trained(model=model, steps=3, inputs=each).final for each in (_Basis(size=3), None)
    )
    np.testing.assert_allclose(with_them, without, rtol=1e-12)


class _Basis(KHot):
    """The n basis vectors, in order."""

    def __init__(self, *, size: int, active: int = 1) -> None:
        super().__init__(size=size, active=active)

    def _draw(self, n: int, rng: np.random.Generator) -> Array:  # noqa: ARG002
        return np.tile(np.eye(n), (self.size // n, 1))


@pytest.mark.parametrize(
    ("changes", "name", "error", "word"),
    [
        ({"inputs": 0.3}, "inputs", TypeError, "Bernoulli"),
        ({"inputs": KHot(active=4, size=2)}, "n_features", ValueError, "at least 4"),
        ({"rng": None}, "rng", TypeError, "given for inputs"),
        ({"model": "x"}, "model", TypeError, "a ToyModel"),
        ({"noise_shared_over": "batch"}, "noise_shared_over", ValueError, "without noise"),
    ],
)
def test_bad_input_is_refused_by_name(
    changes: dict[str, Any], name: str, error: type[Exception], word: str
) -> None:
    with pytest.raises(error, match=rf"^{name} must be .*{word}"):
        trained(**changes)
