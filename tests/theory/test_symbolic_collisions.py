"""Collisions in SymPy by hand, and the count that is an overlap."""

from itertools import combinations
from typing import Any

import numpy as np
import pytest

from polytheory import ToyModel, initial_encodings, polysemantic_neurons, simulate, symbolic
from polytheory.theory.collisions import polysemantic_from_overlap
from polytheory.theory.collisions.proof_exclusion import _counts
from polytheory.theory.fixed_points import carrier_amplitude


def test_the_enumeration_is_one() -> None:
    # Two features on two neurons: of the six pairs of sites two are on one neuron.
    assert sorted(_counts(2, 2)) == [0, 0, 0, 0, 1, 1]
    assert len(_counts(3, 3)) == len(list(combinations(range(6), 3)))


def test_where_nobody_can_be_alone() -> None:
    chance = symbolic.no_collision_probability()
    assert chance.evaluate(n_features=[3, 4], n_neurons=2).tolist() == [0, 0]


# The count is an overlap: states by hand and by chance, and those in which it is not.


def read_off(W: Any, amplitude: float) -> Any:
    total = np.square(np.sum(W, axis=-2)).sum(axis=-1)
    return polysemantic_from_overlap(total, np.any(W, axis=-1).sum(axis=-1), amplitude=amplitude)


@pytest.mark.parametrize("seed", range(20))
def test_any_one_hot_state_without_equal_signs_on_a_neuron(seed: int) -> None:
    rng = np.random.default_rng(seed)
    m, dead, size = int(rng.integers(1, 30)), int(rng.integers(5)), rng.uniform(0.81, 1.0)
    sites = rng.choice(2 * m, size=rng.integers(1, 2 * m + 1), replace=False)
    W = np.zeros((sites.size + dead, m))
    W[np.arange(sites.size), sites % m] = np.where(sites < m, size, -size)
    seen = read_off(rng.permutation(W), size)
    assert seen == pytest.approx(polysemantic_neurons(W), abs=1e-9)
    assert seen == pytest.approx(-np.triu(W @ W.T, 1).sum() / size**2, abs=1e-9)


def test_equal_signs_on_a_neuron_make_it_false() -> None:
    W = [[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]]
    assert polysemantic_neurons(W) == 3
    assert read_off(W, 1.0) == 1.0  # two pairs of opposite signs less one of equal signs
    with pytest.raises(ValueError, match="features of one sign share a neuron"):
        read_off(W[:2], 1.0)


@pytest.mark.parametrize("l1_strength", [0.01, 0.03])
def test_a_crowded_layer_does_not_end_so(l1_strength: float) -> None:
    model = ToyModel(18, 7, l1_strength=l1_strength)
    run = simulate(model, initial_encodings(model, 4, rng=1))
    assert (run.outcome == "stationary, not sparse").all()
    seen = read_off(run.final, carrier_amplitude(l1_strength))
    assert (np.abs(seen - polysemantic_neurons(run.final)) > 1.0).all()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((0.0, 2, 0.0), r"amplitude must be in \(0, 1\]"),
        ((0.0, 2, 1.1), r"amplitude must be in \(0, 1\]"),
        ((-1.0, 2, 0.9), "squared_norm_of_sum must be"),
        ((0.0, 2.5, 0.9), "n_living must be .* whole"),
    ],
)
def test_what_is_no_state_is_refused(given: tuple[float, float, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        polysemantic_from_overlap(*given[:2], amplitude=given[2])


def test_it_takes_numbers_and_arrays() -> None:
    assert type(polysemantic_from_overlap(0, 2, amplitude=1)) is float
    assert polysemantic_from_overlap([0, 1], [[2], [3]], amplitude=1).tolist() == [
        [1.0, 0.5],
        [1.5, 1.0],
    ]
