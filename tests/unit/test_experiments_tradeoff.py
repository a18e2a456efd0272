"""The records of cost, of training on co-occurring features, and of avoidance."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from polytheory import ToyModel, initial_encodings, polysemantic_neurons, simulate
from polytheory.experiments import FIGURES
from polytheory.experiments.avoidance.levers import LEVERS, packing_loss
from polytheory.experiments.avoidance.runs import Avoidance, draw_avoidance
from polytheory.experiments.tradeoff.cost import (
    Cost,
    draw_excess,
    draw_loss,
    draw_noise,
    settle_and_test,
)
from polytheory.experiments.tradeoff.training import CoOccurrence, draw_training, trained
from polytheory.inputs import Bernoulli
from polytheory.theory.tradeoff import one_hot_loss

COST: dict[str, Any] = {
    "n_features": 10,
    "n_neurons": (8, 16),
    "l1_strengths": (0.03, 0.08),
    "probabilities": (0.1, 0.4),
    "stds": (0.0, 0.2),
    "n_instances": 3,
    "n_inputs": 2000,
}
TRAINING: dict[str, Any] = {
    "sizes": [(8, 8)],
    "l1_strengths": [0.05],
    "ratios": [0.0, 2.0],
    "n_instances": 12,
}
AVOIDANCE: dict[str, Any] = {
    "n_features": 12,
    "n_neurons": 16,
    "l1_strengths": [0.05],
    "n_instances": 6,
    "n_inputs": 2000,
    "levers": [name for name, lever in LEVERS.items() if lever.noise is None],
}
NOISY = [name for name in LEVERS if name not in AVOIDANCE["levers"]]


def computed(name: str, settings: dict[str, Any], **changes: Any) -> Any:
    return FIGURES[name].compute("small", **settings | changes)


@pytest.fixture(scope="module")
def cost() -> Cost:
    return computed("tradeoff", COST, rng=1)


@pytest.fixture(scope="module")
def training() -> CoOccurrence:
    return computed("tradeoff-training", TRAINING, rng=1)


@pytest.fixture(scope="module")
def avoidance() -> Avoidance:
    return computed("avoidance", AVOIDANCE, rng=1)


# Cost


def test_sampled_losses_are_the_exact_ones_within_their_errors(cost: Cost) -> None:
    off = cost.deviations()
    assert off.shape == (4, 3, 2, 2)
    # 48 numbers, all but normal: the largest exceeds 4 once in 300 seeds.
    assert np.abs(off).max() < 4
    assert 0.6 < np.sqrt(np.square(off).mean()) < 1.4


def test_a_wrong_probability_would_be_seen(cost: Cost) -> None:
    other = replace(cost, exact=cost.exact * 1.1)
    assert np.abs(other.deviations()).max() > 4


def test_without_shared_neurons_nothing_is_in_excess() -> None:
    wide = computed("tradeoff", COST, n_features=2, n_neurons=(64,), rng=2)
    assert (wide.count == 0).all()
    np.testing.assert_allclose(wide.exact, np.broadcast_to(wide.apart(), wide.exact.shape))


def test_what_is_tested_is_the_settled_layer() -> None:
    parameters = {"n_features": 10, "n_neurons": 16, "l1_strength": 0.08, "n_inputs": 100}
    end = settle_and_test(
        parameters | {"probabilities": "0.1 0.4", "stds": "0.0"}, np.random.default_rng(3)
    )
    model = ToyModel(10, 16, l1_strength=0.08)
    W = simulate(model, initial_encodings(model, rng=np.random.default_rng(3))).final
    assert end["count"] == polysemantic_neurons(W)
    np.testing.assert_allclose(end["exact"], [one_hot_loss(W, probability=[0.1, 0.4])])


# Training on features together


def test_features_together_keep_apart(training: CoOccurrence) -> None:
    (alone, together), (error, _) = training.count()
    assert together < alone - 3 * error
    assert training.alone().tolist() == [alone, alone]
    assert (training.nonzero <= 12).all()  # sparse: 8 features, some with a rest


def test_single_features_in_random_order_follow_the_flow() -> None:
    # Small steps on basis vectors, all of them in each batch, are the flow: the same end.
    model = ToyModel(6, 10, l1_strength=0.05)
    W0 = initial_encodings(model, 4, rng=3)

    class Basis(Bernoulli):
        def _draw(self, n: int, rng: np.random.Generator) -> np.ndarray:  # noqa: ARG002
            return np.eye(n)

        def activity(self, n_features: int) -> float:
            return 1.0 / n_features

    W = trained(W0, Basis(probability=0.5, size=6), 0.05, 0.01, 5000, np.random.default_rng(0))
    end = simulate(model, W0).final
    np.testing.assert_allclose(W, end, rtol=0, atol=1e-3)


# Avoidance


def test_packing_loss_is_the_count_of_a_one_hot_state() -> None:
    W = np.zeros((5, 4))
    W[[0, 1], 0], W[2, 1], W[3, 2] = [0.9, -0.7], 1.0, -1.0
    # D of the two is 0.81/1.3 and 0.49/1.3, one of two together; and one feature is dead.
    assert packing_loss(W) == pytest.approx(1 + 1, rel=1e-14)


def test_packing_loss_knows_no_basis() -> None:
    rng = np.random.default_rng(0)
    W = rng.normal(size=(3, 5, 6))
    turn = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    np.testing.assert_allclose(packing_loss(W @ turn), packing_loss(W), rtol=1e-12)
    assert packing_loss(np.eye(4)) == 0


def test_each_lever_does_what_is_certain(avoidance: Avoidance) -> None:
    row = {name: at for at, name in enumerate(avoidance.levers)}
    assert [*row] == AVOIDANCE["levers"]
    count = avoidance.polysemantic
    assert (count[row["carriers"]] == 0).all()
    assert (count[row["no regularization"]] == 0).all()
    assert count[row["as published"]].sum() > count[row["four times as wide"]].sum()
    assert avoidance.n_neurons[row["four times as wide"]] == 64
    settled = [
        at for name, at in row.items() if LEVERS[name].regularized and not LEVERS[name].together
    ]
    assert np.isfinite(avoidance.time[settled]).all()
    np.testing.assert_allclose(avoidance.packing[settled], count[settled], atol=1e-9)
    assert np.isnan(np.delete(avoidance.time, settled, axis=0)).all()


def test_features_together_keep_most_apart(avoidance: Avoidance) -> None:
    # In six layers 12.8 neurons are shared by chance.
    row = {name: at for at, name in enumerate(avoidance.levers)}
    assert avoidance.polysemantic[row["as published"]].sum() >= 6
    assert avoidance.polysemantic[row["features together"]].sum() <= 2


def test_noise_leads_to_the_simplex_and_shares_nothing() -> None:
    small = {"n_features": 6, "n_neurons": 8, "n_instances": 2, "levers": NOISY}
    data = computed("avoidance", AVOIDANCE | small, rng=1)
    assert (data.polysemantic == 0).all()
    # One dimension less, to what rows differ in length at the end.
    np.testing.assert_allclose(data.packing, 1.0, atol=1e-3)
    assert data.holds().all()


def test_sampled_noise_shakes_the_simplex(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("polytheory.experiments.avoidance.runs._MAX_AVERAGED_WEIGHTS", 0)
    small = {"n_features": 6, "n_neurons": 8, "n_instances": 2, "levers": NOISY[:1]}
    data = computed("avoidance", AVOIDANCE | small, rng=1)
    assert (data.polysemantic == 0).all()
    assert (data.packing > 1.001).all()
    assert not data.holds().any()


def test_a_prediction_fails_if_it_is_far_off(avoidance: Avoidance) -> None:
    mean, error = avoidance.mean_packing_loss()
    near = replace(avoidance, predicted=mean + 2.9 * error)
    far = replace(avoidance, predicted=mean + 3.1 * error + 0.1)
    assert near.holds().all()
    assert not far.holds().any()


def test_a_simplex_is_predicted_to_lose_one_dimension() -> None:
    n = 5
    W = np.eye(n) - 1 / n
    for lever in LEVERS.values():
        if lever.noise is not None:
            assert lever.predict(n, 7) == pytest.approx(packing_loss(W), rel=1e-12)


def test_no_regularization_is_one_row_however_many_strengths() -> None:
    settings = {"l1_strengths": [0.05, 0.1], "levers": ["no regularization"]}
    data = computed("avoidance", AVOIDANCE | settings)
    assert data.l1_strength.tolist() == [0.0]


def test_batches_are_put_together_in_order() -> None:
    settings = {"levers": ["as published", "carriers"], "n_inputs": 50}
    few, many = (computed("avoidance", AVOIDANCE | settings, n_instances=n) for n in (8, 11))
    assert many.polysemantic.shape == (2, 11)
    np.testing.assert_array_equal(many.packing[:, :8], few.packing)
    assert len(np.unique(many.together[0])) > 8  # the second batch is not the first again


# All of them


def test_they_can_be_drawn(cost: Cost, training: CoOccurrence, avoidance: Avoidance) -> None:
    axes = [Figure().add_subplot() for _ in range(5)]
    draw_excess(cost, axes[0])
    draw_loss(cost, axes[1], probability=0.1)
    draw_noise(cost, axes[2])
    draw_training(training, axes[3])
    draw_avoidance(avoidance, axes[4])
    assert all(ax.get_xlabel() and ax.get_legend() is not None for ax in axes)
    assert axes[1].get_ylabel() == "loss at $p=0.1$"
    assert len(axes[4].get_yticklabels()) == len(AVOIDANCE["levers"])


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("tradeoff", {"probabilities": ()}, "^probabilities must be a list of at least one value"),
        ("tradeoff", {"probabilities": (0.0,)}, "^probabilities must be between"),
        ("tradeoff", {"l1_strengths": (0.0,)}, "^l1_strengths must be between"),
        ("tradeoff", {"l1_strengths": (0.4,)}, "^l1_strengths must be between"),
        ("tradeoff-training", {"sizes": ()}, "^sizes must be a list of at least one value"),
        ("tradeoff-training", {"sizes": [8]}, "^sizes must be a pair"),
        (
            "tradeoff-training",
            {"sizes": [(8, 0)]},
            r"^sizes \(second of a pair\) must be",
        ),
        ("tradeoff-training", {"ratios": (30.0,)}, "^ratios must be between 0 and 20"),
        ("tradeoff-training", {"n_instances": 1}, "^n_instances must be an integer of at"),
        ("avoidance", {"levers": ["luck"]}, "^levers must be one of 'as publ"),
        ("avoidance", {"levers": []}, "^levers must be a list of at least one value"),
        ("avoidance", {"n_features": 20}, "^kind must be one that has room"),
    ],
)
def test_what_they_refuse(name: str, settings: dict[str, Any], words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        FIGURES[name].compute("small", **settings)
