"""The task that is ready: what it counts is what the functions that it calls would say."""

from typing import Any

import numpy as np
import pytest

from polytheory import (
    ToyModel,
    initial_encodings,
    polysemantic_neurons,
    simulate,
    sweep,
    train,
    winner_fidelity,
)
from polytheory.noise import Bipolar
from polytheory.sweeps import count_task

SIZE = {"n_features": 8, "n_neurons": 8}


def test_it_counts_what_simulate_leaves() -> None:
    model = ToyModel(8, 8, l1_strength=0.05)
    W0 = initial_encodings(model, rng=np.random.default_rng(3))
    run = simulate(model, W0)
    end = count_task(SIZE | {"l1_strength": 0.05}, np.random.default_rng(3))
    assert end == {
        "polysemantic": polysemantic_neurons(run.final),
        "surviving": 8,
        "alive": 8,
        "winner_fidelity": winner_fidelity(W0, run.final),
        "outcome": "settled",
        "final_time": np.inf,
    }


def test_it_trains_with_noise_from_its_own_stream() -> None:
    parameters = SIZE | {
        "method": "train",
        "optimizer": "sgd",
        "learning_rate": 0.01,
        "steps": 50,
        "noise": "bipolar",
        "noise_std": 0.1,
        "l1_strength": 0.1,
        "initial": "non-negative",
        "carrier_rule": "share",
    }
    model = ToyModel(8, 8, l1_strength=0.1, noise=Bipolar(std=0.1))
    rng = np.random.default_rng(3)
    W0 = initial_encodings(model, rng=rng, kind="non-negative")
    run = train(model, W0, optimizer="sgd", learning_rate=0.01, steps=50, rng=rng)
    end = count_task(parameters, np.random.default_rng(3))
    assert end["winner_fidelity"] == winner_fidelity(W0, run.final)
    assert end["polysemantic"] == polysemantic_neurons(run.final, carrier_rule="share")
    assert (end["final_time"], end["outcome"]) == (50.0, run.outcome)


def test_features_that_die_do_not_survive() -> None:
    end = count_task(SIZE | {"l1_strength": 3.0}, np.random.default_rng(0))
    assert (end["surviving"], end["alive"], end["outcome"]) == (0, 0, "dead")


def test_repeats_are_different_instances() -> None:
    grid = SIZE | {"l1_strength": 0.05, "repeat": range(12)}
    table = sweep(grid, count_task, rng=0)
    assert len(set(table["winner_fidelity"].tolist())) > 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n_neuron": 3}, "a parameter of count_task must be one of .*; got 'n_neuron'"),
        ({"steps": 3}, "got 'steps'"),  # which belongs to train
        ({"method": "train", "learning_rate": 0.1}, "got none called steps"),
        ({"method": "guess"}, "method must be one of 'simulate', 'train'"),
        ({"noise": "bipolar"}, "noise and noise_std must be given together"),
        ({"noise": "pink", "noise_std": 0.1}, "noise must be one of 'bipolar'"),
        ({"initial": "dense"}, "initial must be one of"),
        ({"carrier_rule": "mine"}, "carrier_rule must be one of"),
        ({"n_features": 0}, "n_features must be an integer of at least 1"),
        ({"l1_strength": -1.0}, "l1_strength must be between 0"),
    ],
)
def test_what_it_does_not_know_is_refused_before_the_first_task(
    change: dict[str, Any], words: str
) -> None:
    good = {"n_features": 4, "n_neurons": 4}
    with pytest.raises(ValueError, match=words):
        sweep([good | dict.fromkeys(change, None) | good | change], count_task, rng=0)
