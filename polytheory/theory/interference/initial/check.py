"""Checks of the initial forces, by sampling."""

from functools import partial
from typing import Any

import numpy as np

from polytheory._checks import FloatArray
from polytheory.checking import Observation, drawn, judged, mean_of
from polytheory.domain import Interval, whole
from polytheory.model import ToyModel
from polytheory.theory.interference import initial as closed

#: Weights drawn per case, in some hundredths of a second.
_DRAWN = 400_000


def _draw(n_features: int, n_neurons: int, seed: int) -> FloatArray:
    """Draw as many independent initial encodings as the budget allows."""
    samples = max(_DRAWN // (n_features * n_neurons), 100)
    rng = np.random.default_rng(seed)
    return np.asarray(rng.normal(size=(samples, n_features, n_neurons)) / np.sqrt(n_neurons))


def _push(
    n_features: int, n_neurons: int, squared_norm: float, seed: int
) -> tuple[FloatArray, FloatArray]:
    """Return row 0, of the given norm, and minus the interference on it, for many draws."""
    W = _draw(n_features, n_neurons, seed)
    row = W[:, 0, :]
    row *= np.sqrt(squared_norm / np.square(row).sum(axis=-1, keepdims=True))
    return row, -ToyModel(n_features, n_neurons).interference(W)[:, 0, :]


def _seen_interference(**case: Any) -> Observation:
    row, push = _push(**case)
    return mean_of((row * push).sum(axis=-1))


def _seen_square(**case: Any) -> Observation:
    _, push = _push(**case)
    return mean_of(np.square(push).sum(axis=-1))


def _seen_benefit(n_neurons: int, seed: int) -> Observation:
    """Measure the root mean square of the force relative to the length of the row."""
    W = _draw(1, n_neurons, seed)
    force = np.square(ToyModel(1, n_neurons).feature_benefit(W)).sum(axis=(-2, -1))
    square = mean_of(force / np.square(W).sum(axis=(-2, -1)))
    root = np.sqrt(square.value)
    source = "standard error of the mean square"
    error = square.error / (2.0 * root)
    return Observation(root, error, source, sampled=True, degrees=square.degrees)


def _seen_regularization(n_neurons: int, l1_strength: float, seed: int) -> Observation:
    W = _draw(1, n_neurons, seed)
    force = ToyModel(1, n_neurons, l1_strength=l1_strength).regularization(W)
    return mean_of(-(W * force).sum(axis=(-2, -1)))


def _seen_norm_speed(n_features: int, n_neurons: int, l1_strength: float, seed: int) -> Observation:
    W = _draw(n_features, n_neurons, seed)
    velocity = ToyModel(n_features, n_neurons, l1_strength=l1_strength).velocity(W)
    return mean_of(2.0 * (W * velocity).sum(axis=-1).mean(axis=-1))


_FEATURES, _WIDTH, _STRENGTH = whole(1, 40), whole(1, 200, log=True), Interval(0.0, 0.1)
_GIVEN_ROW = drawn(n_features=_FEATURES, n_neurons=_WIDTH, squared_norm=Interval(0.25, 4.0))

_by_sampling = partial(
    judged,
    why="larger layers leave too few draws, and it is linear in N and λ",
)

LAWS = (
    _by_sampling(
        closed.initial_feature_benefit,
        observe=_seen_benefit,
        cases=drawn(n_neurons=_WIDTH),
        why="larger layers leave too few draws",
    ),
    _by_sampling(closed.initial_interference, observe=_seen_interference, cases=_GIVEN_ROW),
    _by_sampling(
        closed.initial_interference_square,
        observe=_seen_square,
        cases=_GIVEN_ROW,
        power=0.08,
        limited_by="the draws that fit into a tenth of a second: squares have long tails",
    ),
    _by_sampling(
        closed.initial_regularization,
        observe=_seen_regularization,
        cases=drawn(n_neurons=_WIDTH, l1_strength=_STRENGTH),
    ),
    _by_sampling(
        closed.initial_norm_speed,
        observe=_seen_norm_speed,
        cases=drawn(n_features=_FEATURES, n_neurons=_WIDTH, l1_strength=_STRENGTH),
    ),
)
