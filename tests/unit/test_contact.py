"""Rank sums against counting, and the displacement of two rows."""

from itertools import combinations

import numpy as np
import pytest

from polytheory import ToyModel, simulate
from polytheory.contact import Estimate, shared_probability, squared_displacement
from polytheory.flow.two_rows import follow_pairs


def counted(collisions: np.ndarray) -> Estimate:
    """Return the share of collisions per run, from (runs, pairs)."""
    per_run = collisions.mean(axis=-1)
    return Estimate(per_run.mean(), per_run.std() / np.sqrt(len(per_run)), len(per_run))


def collisions(W: np.ndarray) -> np.ndarray:
    """Return whether each pair of features ends on one neuron with opposite signs."""
    place = np.abs(W).argmax(axis=-1)
    sign = np.sign(np.take_along_axis(W, place[..., None], axis=-1)[..., 0])
    both = combinations(range(W.shape[1]), 2)
    return np.stack(
        [(place[:, i] == place[:, j]) & (sign[:, i] * sign[:, j] < 0) for i, j in both], axis=-1
    )


def agrees(one: Estimate, other: Estimate) -> bool:
    # Four standard errors: one false alarm in 16,000 draws of the seed.
    return abs(one.value - other.value) < 4.0 * np.hypot(one.standard_error, other.standard_error)


@pytest.mark.parametrize("m", [2, 8])
def test_rank_sums_agree_with_counting_two_rows(m: int) -> None:
    W = np.random.default_rng(1).normal(size=(40_000, 2, m)) / np.sqrt(m)
    site = follow_pairs(W, l1_strength=0.02, step=0.1).site
    direct = counted((site.sum(axis=-1, keepdims=True) == 0) & (site[:, :1] != 0))
    seen = shared_probability(2, m, l1_strength=0.02, samples=20_000, rng=2, step=0.1)
    assert agrees(seen, direct)
    # A wrong weight of one half of the sum would be noticed.
    assert seen.standard_error < 0.05 * seen.value
    assert not agrees(seen._replace(value=1.5 * seen.value), direct)


def test_rank_sums_agree_with_counting_among_more_rows() -> None:
    n, m, lam = 4, 6, 0.1
    W = np.random.default_rng(3).normal(size=(300, n, m)) / np.sqrt(m)
    direct = counted(collisions(simulate(ToyModel(n, m, l1_strength=lam), W, rtol=0.03).final))
    seen = shared_probability(n, m, l1_strength=lam, samples=300, rng=4)
    assert agrees(seen, direct)
    assert seen.standard_error < 0.3 * seen.value


def test_it_is_reproducible_and_counts_its_runs() -> None:
    one, other = (shared_probability(2, 4, l1_strength=0.1, samples=21, rng=5) for _ in range(2))
    assert one == other
    assert one.samples == 40  # 20 batches of two


def test_one_neuron_has_its_probability() -> None:
    # Two rows on one neuron: opposite signs in one of two starts, and of equal signs one row dies.
    seen = shared_probability(2, 1, l1_strength=1e-3, samples=4000, rng=6, step=0.1)
    assert abs(seen.value - 0.5) < 4.0 * seen.standard_error + 2e-3  # a weight below λ dies


def test_strong_regularization_leaves_no_pairs() -> None:
    seen = shared_probability(2, 16, l1_strength=1.0, samples=200, rng=7)
    assert abs(seen.value) <= 4.0 * seen.standard_error


def test_displacement_falls_with_the_strength() -> None:
    weak, strong = (
        squared_displacement(16, l1_strength=lam, samples=2000, rng=8, step=0.1)
        for lam in (0.005, 0.25)
    )
    assert strong.value + 4.0 * strong.standard_error < weak.value
    # Contact moves more than in the fast relaxation alone, where E j² is 1/(8π).
    assert weak.value - 4.0 * weak.standard_error > 1.0 / (8.0 * np.pi)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n_features": 1}, "n_features"),
        ({"n_features": 9}, "cannot hold more"),
        ({"n_neurons": 0}, "n_neurons"),
        ({"l1_strength": 0.0}, "l1_strength"),
        ({"l1_strength": np.nan}, "l1_strength"),
        ({"samples": 19}, "samples"),
        ({"rng": "seed"}, "rng"),
    ],
)
def test_bad_input_is_refused(change: dict, words: str) -> None:
    call = {"n_features": 2, "n_neurons": 4, "l1_strength": 0.1} | change
    with pytest.raises((TypeError, ValueError), match=words):
        shared_probability(**call)
    if "n_features" not in change:
        del call["n_features"]
        with pytest.raises((TypeError, ValueError), match=words):
            squared_displacement(**call)
