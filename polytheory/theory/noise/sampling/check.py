"""Checks of the diffusion by sampled noise, in gradients of the published loss."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from polytheory._checks import FloatArray
from polytheory.checking import Law, Observation, drawn, instead, judged, scaled
from polytheory.domain import Interval, whole
from polytheory.theory.noise import drift
from polytheory.theory.noise import sampling as closed
from polytheory.theory.noise.simplex.check import simplex

_DRAWN = 4000
_NORM = 0.95


def _gradients(n_features: int, n_neurons: int, std: float, seed: int) -> FloatArray:
    """Draw Gaussian noise for a batch; return the gradients of the weights on an unused neuron.

    The batch has each feature once. A row moves there by twice the noise of the neuron times the
    sum of its errors over the batch; what all rows have in common is removed.
    """
    W = np.pad(simplex(n_features, n_neurons - 1, _NORM, seed), ((0, 0), (0, 1)))
    noise = np.random.default_rng([seed, 1]).normal(scale=std, size=(_DRAWN, n_neurons))
    outputs = np.maximum((W[:, None, :] + noise) @ W.T, 0.0)  # (inputs, draws, outputs)
    errors = outputs - np.eye(n_features)[:, None, :]
    passes = outputs > 0.0
    gradient = 2.0 * noise[:, -1:] * (errors * passes).sum(axis=0)
    return np.asarray(gradient - gradient.mean(axis=-1, keepdims=True))


def _of_layer(scaled_std: float, **case: Any) -> dict[str, Any]:
    given = {name: value for name, value in case.items() if name != "seed"}
    std = scaled_std / (case["n_features"] - 1)
    return given | {"std": std, "squared_norm": _NORM, "excess_kurtosis": -2.0}


def _seen_temperature(
    n_features: int, n_neurons: int, scaled_std: float, learning_rate: float, seed: int
) -> Observation:
    """Return Θ = mD/γ, a step of η being a time of 4η, from the variance of the gradient."""
    std = scaled_std / (n_features - 1)
    square = np.square(_gradients(n_features, n_neurons, std, seed)).mean(axis=-1)
    gamma = drift.drift_rate(n_features, std=std, excess_kurtosis=-2.0, squared_norm=_NORM)
    factor = n_neurons * learning_rate / (8.0 * gamma)
    error = square.std(ddof=1) / np.sqrt(_DRAWN)
    source = f"standard error of {_DRAWN} draws"
    return Observation(factor * square.mean(), factor * error, source, sampled=True)


def _seen_learning_rate(temperature: float, **layer: Any) -> Observation:
    per_rate = _seen_temperature(**layer, learning_rate=1.0)
    rate = temperature / per_rate.value
    relative = per_rate.error / per_rate.value
    return Observation(rate, rate * relative, per_rate.source, sampled=True)


_cases = partial(
    drawn,
    n_features=whole(12, 24),
    n_neurons=whole(24, 40),
    scaled_std=Interval(0.8, 1.5),
)


def _law(form: Callable[..., Any], *, too_large: float, **how: Any) -> Law:
    """Return the law of a form, which must fail times that factor, or for noise of each input."""
    return judged(
        form,
        prepare=_of_layer,
        closed_form=None,
        not_compared="the statement is that of the drift; the variance is derived in the chapter",
        draws=2,
        why="layers in which 1/n is small, and a batch of all features under Gaussian noise; "
        "scaled_std is (n−1)σ",
        wrong=[
            scaled(too_large),
            scaled(0.6),
            instead("noise for each input", form, noise_shared_over="input"),
        ],
        **how,
    )


LAWS = (
    _law(
        closed.sgd_temperature,
        observe=_seen_temperature,
        cases=_cases(learning_rate=Interval(0.001, 0.1, log=True)),
        band=(0.75, 1.25),
        too_large=1.6,
    ),
    _law(
        closed.largest_learning_rate,
        observe=_seen_learning_rate,
        cases=_cases(temperature=Interval(0.05, 0.3, log=True)),
        band=(0.8, 1.35),
        too_large=1.7,
    ),
)
