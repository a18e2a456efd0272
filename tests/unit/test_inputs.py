"""Distributions of inputs: frequencies by standard errors, scale, and what they refuse."""

from collections.abc import Callable
from dataclasses import FrozenInstanceError
from itertools import combinations
from math import comb
from typing import Any

import numpy as np
import pytest

from polytheory.inputs import Bernoulli, Inputs, KHot

DISTRIBUTIONS = [Bernoulli(probability=0.3, size=50), KHot(active=2, size=50)]


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_a_batch_is_of_zeros_and_ones_and_reproducible(distribution: Inputs) -> None:
    batch = distribution.sample(7, rng=3)
    assert batch.shape == (50, 7)
    assert batch.dtype == np.float64
    assert set(np.unique(batch)) == {0.0, 1.0}
    np.testing.assert_array_equal(batch, distribution.sample(7, rng=3))
    assert (batch != distribution.sample(7, rng=4)).any()
    rng = np.random.default_rng(3)
    np.testing.assert_array_equal(batch, distribution.sample(7, rng=rng))
    assert (batch != distribution.sample(7, rng=rng)).any()


@pytest.mark.parametrize("p", [0.02, 0.3, 1.0])
def test_features_are_independent_and_as_frequent_as_asked(p: float) -> None:
    size = 100_000
    batch = Bernoulli(probability=p, size=size).sample(3, rng=1)
    # Four standard errors of a frequency, of single features and of pairs.
    assert np.abs(batch.mean(axis=0) - p).max() <= 4 * np.sqrt(p * (1 - p) / size)
    both = batch.T @ batch / size
    error = np.sqrt(p**2 * (1 - p**2) / size)
    assert np.abs(both[np.triu_indices(3, 1)] - p**2).max() <= 4 * error


@pytest.mark.parametrize("active", [1, 2, 4])
def test_every_choice_of_k_features_is_as_likely(active: int) -> None:
    size, n = 40_000, 4
    batch = KHot(active=active, size=size).sample(n, rng=2)
    assert (batch.sum(axis=1) == active).all()
    share = 1 / comb(n, active)
    for choice in combinations(range(n), active):
        seen = batch[:, list(choice)].all(axis=1).mean()
        assert abs(seen - share) <= 4 * np.sqrt(share * (1 - share) / size)


def test_the_scale_makes_features_count_as_in_the_published_loss() -> None:
    # n one-hot inputs, each feature once: the published sum over i has the scale 1.
    assert KHot(active=1, size=10).scale(10) == 1
    for distribution in DISTRIBUTIONS:
        # In a batch each feature is active πB times; scaled, once.
        assert distribution.scale(10) * distribution.activity(
            10
        ) * distribution.size == pytest.approx(1, rel=1e-15)
    assert Bernoulli(probability=0.25, size=8).activity(3) == 0.25
    assert KHot(active=3, size=8).activity(12) == 0.25


@pytest.mark.parametrize(
    "make", [lambda: Bernoulli(probability=0.5, size=1), lambda: DISTRIBUTIONS[1]]
)
def test_distributions_are_values(make: Callable[[], Inputs]) -> None:
    assert make() == make()
    with pytest.raises(FrozenInstanceError):
        make().size = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: Bernoulli(probability=0.0, size=2), ValueError, "^probability must be between"),
        (lambda: Bernoulli(probability=1.1, size=2), ValueError, "^probability must be between"),
        (lambda: Bernoulli(probability=[0.1], size=2), ValueError, "^probability must be a single"),  # type: ignore[arg-type]
        (lambda: Bernoulli(probability=0.5, size=0), ValueError, "^size must be an integer of at"),
        (lambda: Bernoulli(probability=0.5, size=2.0), TypeError, "^size must be an integer"),  # type: ignore[arg-type]
        (lambda: KHot(active=0, size=2), ValueError, "^active must be an integer of at least 1"),
        (lambda: KHot(active=True, size=2), TypeError, "^active must be an integer"),
        (lambda: KHot(active=3, size=2).sample(2, rng=0), ValueError, "^n_features must be at le"),
        (lambda: DISTRIBUTIONS[0].sample(0, rng=0), ValueError, "^n_features must be an integer"),
        (lambda: DISTRIBUTIONS[0].sample(2, rng="no"), TypeError, "^rng must be"),
    ],
)
def test_what_is_refused(call: Callable[[], Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


def test_randomness_has_to_be_named() -> None:
    with pytest.raises(TypeError, match="rng"):
        DISTRIBUTIONS[0].sample(2)  # type: ignore[call-arg]
