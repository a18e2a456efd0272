"""Checks of the diffusion by sampled noise, in gradients of the published loss."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from polytheory._checks import FloatArray
from polytheory.checking import Observation, drawn, instead, judged, mean_of
from polytheory.domain import Interval, whole
from polytheory.theory.noise import drift
from polytheory.theory.noise import sampling as closed
from polytheory.theory.noise.simplex.check import simplex

_DRAWN = 40_000
_NORM = 0.95
#: Powers of a standard normal variable and their means.
_MOMENTS = ((2, 1.0), (3, 0.0), (4, 3.0))


def _variances(n_features: int, n_neurons: int, std: float, sharing: str, seed: int) -> Observation:
    """Return the variance of the gradients on an unused neuron, from draws of Gaussian noise.

    The batch has each feature once. A row moves there by twice the noise of that neuron, whose
    square has the mean σ², times the sum of its errors over the batch; what all rows have in common
    is removed.
    """
    W = simplex(n_features, n_neurons - 1, _NORM, seed)
    noise = np.random.default_rng([seed, 1]).normal(scale=std, size=(_DRAWN, n_neurons - 1))
    z = noise @ W.T
    outputs = np.maximum((W @ W.T)[:, None, :] + z, 0.0)  # (inputs, draws, outputs)
    errors = (outputs - np.eye(n_features)[:, None, :]) * (outputs > 0.0)
    if sharing == "batch":
        errors = errors.sum(axis=0, keepdims=True)
    errors -= errors.mean(axis=-1, keepdims=True)
    square = 4.0 * std**2 * np.square(errors).sum(axis=0).mean(axis=-1)
    return _mean_given(square, z / (std * np.sqrt(_NORM)))


def _mean_given(samples: FloatArray, z: FloatArray) -> Observation:
    """Return the mean of samples less what the known moments of standard normal z explain."""
    known = np.stack([np.ones(len(z)), *((z**p).mean(axis=-1) - q for p, q in _MOMENTS)], axis=-1)
    fitted = np.linalg.lstsq(known, samples, rcond=None)[0]
    return mean_of(samples - known[:, 1:] @ fitted[1:])


def _of_layer(scaled_std: float, **case: Any) -> dict[str, Any]:
    given = {name: value for name, value in case.items() if name != "seed"}
    std = scaled_std / (case["n_features"] - 1)
    return given | {"std": std, "squared_norm": _NORM, "excess_kurtosis": -2.0}


def _of_layer_per_input(**case: Any) -> dict[str, Any]:
    return _of_layer(**case) | {"noise_shared_over": "input"}


def _seen_temperature(
    n_features: int,
    n_neurons: int,
    scaled_std: float,
    learning_rate: float,
    seed: int,
    sharing: str = "batch",
) -> Observation:
    """Return Θ = mD/γ, a step of η being a time of 4η, from the variance of the gradient."""
    std = scaled_std / (n_features - 1)
    seen = _variances(n_features, n_neurons, std, sharing, seed)
    gamma = drift.drift_rate(n_features, std=std, excess_kurtosis=-2.0, squared_norm=_NORM)
    factor = n_neurons * learning_rate / (8.0 * gamma)
    return _scaled(seen, factor * seen.value, factor * seen.error)


def _scaled(seen: Observation, value: Any, error: Any) -> Observation:
    source = f"standard error of {_DRAWN} draws"
    return Observation(value, error, source, sampled=True, degrees=seen.degrees)


def _seen_learning_rate(temperature: float, **layer: Any) -> Observation:
    per_rate = _seen_temperature(**layer, learning_rate=1.0, sharing="input")
    rate = temperature / per_rate.value
    return _scaled(per_rate, rate, rate * per_rate.error / per_rate.value)


def _for_the_batch(**given: Any) -> Any:
    """Take the noise for that of a batch."""
    return closed.largest_learning_rate(**given | {"noise_shared_over": "batch"})


def _error(share: float) -> Callable[..., Any]:
    """Return the relative error of V for Gaussian noise, of order 1/n²."""
    return lambda n_features, **_: share / n_features**2


_cases = partial(
    drawn,
    n_features=whole(6, 7),
    n_neurons=whole(12, 24),
    scaled_std=Interval(0.9, 1.3),
)
_sampled = partial(
    judged,
    closed_form=None,
    not_compared="the statement is that of the drift; the variance is derived in the chapter",
    draws=2,
)
_LAYERS = "small layers, in which 1/n² is seen, and a batch of all features under Gaussian noise"

LAWS = (
    _sampled(
        closed.sgd_temperature,
        observe=_seen_temperature,
        prepare=_of_layer,
        cases=_cases(learning_rate=Interval(0.001, 0.1, log=True)),
        why=f"{_LAYERS} that all inputs share; scaled_std is (n−1)σ",
        error=_error(0.45),
        wrong=[
            instead("noise for each input", closed.sgd_temperature, noise_shared_over="input"),
        ],
    ),
    _sampled(
        closed.largest_learning_rate,
        observe=_seen_learning_rate,
        prepare=_of_layer_per_input,
        cases=_cases(temperature=Interval(0.05, 0.3, log=True)),
        why=f"{_LAYERS}, one for each input; scaled_std is (n−1)σ",
        error=_error(0.3),
        wrong=[_for_the_batch],
    ),
)
