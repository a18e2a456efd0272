"""Noise strengths, learning rates and durations for runs under noise."""

from __future__ import annotations

from typing import Any

import numpy as np

from polytheory._checks import FloatArray
from polytheory.flow.train import train
from polytheory.model import ToyModel
from polytheory.notation import training_steps
from polytheory.theory import noise as theory

__all__ = ["cool_rate", "long_time", "middle_of_window", "sampled"]

#: Largest learning rate: a step of 0.2 in flow time.
MAX_LEARNING_RATE = 0.05
#: Smallest width for which theory gives a half-sparsity time.
MIN_NEURONS = 8


def middle_of_window(n_features: int) -> float:
    """Return the geometric mean of the ends of `working_window`."""
    low, high = theory.working_window(n_features)
    return float(np.sqrt(low * high))


def long_time(
    n_features: int, n_neurons: int, *, std: float, excess_kurtosis: float, patience: float
) -> float:
    """Return `patience` half-sparsity times."""
    rate = theory.drift_rate(n_features, std=std, excess_kurtosis=excess_kurtosis)
    return float(patience * theory.half_sparsity_time(max(n_neurons, MIN_NEURONS), rate=rate))


def cool_rate(
    n_features: int,
    n_neurons: int,
    *,
    std: float,
    excess_kurtosis: float,
    temperature: float,
    noise_shared_over: str = "input",
) -> float:
    """Return a learning rate at which sampled noise hardly perturbs the encodings."""
    limit = theory.largest_learning_rate(
        n_features,
        n_neurons,
        std=std,
        excess_kurtosis=excess_kurtosis,
        temperature=temperature,
        noise_shared_over=noise_shared_over,
    )
    return float(min(limit, MAX_LEARNING_RATE))


def sampled(
    model: ToyModel,
    start: FloatArray,
    *,
    learning_rate: float,
    time: float,
    noise_shared_over: str = "input",
    rng: Any,
) -> FloatArray:
    """Return the encodings after gradient descent with sampled noise up to a flow time."""
    steps = int(np.ceil(training_steps(learning_rate=learning_rate, time=time)))
    run = train(
        model,
        start,
        optimizer="sgd",
        learning_rate=learning_rate,
        steps=steps,
        noise_shared_over=noise_shared_over,
        rng=rng,
    )
    return np.asarray(run.final, dtype=np.float64)
