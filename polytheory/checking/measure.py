"""Measurements of the simulated flow: states and rates, each with its own error."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from polytheory._checks import FloatArray
from polytheory.checking.law import Observation
from polytheory.domain import Domain, Interval
from polytheory.flow.plain import integrate
from polytheory.flow.row import plain_row_flow
from polytheory.initial import initial_row
from polytheory.reduction import RowShape, time_of

__all__ = ["PLAIN_STEP", "SEED", "bisected", "drawn", "halved", "mean_of", "plain_rows"]
__all__ += ["random_rows", "rate", "rest", "time_of_threshold"]

PLAIN_STEP = 0.02

#: Interval of the seed from which a case draws its random numbers.
SEED = Interval(0, 2**32 - 1, integer=True, label="[0, 2³²)")


def drawn(like: Domain | None = None, /, **box: Interval) -> Domain:
    """Return the domain of these parameters and a seed, with the predicate of `like` if given."""
    return replace(like or Domain({}), intervals={**box, "seed": SEED})


def mean_of(samples: FloatArray, source: str = "standard error of the mean") -> Observation:
    """Return the mean of independent samples with its standard error."""
    error = samples.std(ddof=1) / np.sqrt(samples.size)
    return Observation(samples.mean(), error, source, sampled=True, degrees=samples.size - 1.0)


def halved(simulate: Callable[[float], FloatArray], step: float = PLAIN_STEP) -> Observation:
    """Simulate with `step` and half of it; the difference bounds the error of the second.

    For order p the error is the difference over 2^p − 1; for order 2 the bound is 3 times that.
    """
    coarse, fine = simulate(step), simulate(step / 2.0)
    error = np.full_like(fine, np.abs(fine - coarse).max() + 1e-13)
    return Observation(fine, error, "plain integrator, halved step: their largest difference")


def bisected(
    below: Callable[[float], Any], low: float, high: float, halvings: int = 60
) -> tuple[float, float]:
    """Bisect for the value up to which `below` holds; return the ends of the last interval."""
    for _ in range(halvings):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if below(middle) else (low, middle)
    return low, high


def random_rows(count: int, n_neurons: int, seed: int) -> FloatArray:
    """Draw rows, each from its own stream."""
    streams = np.random.SeedSequence(seed).spawn(count)
    return np.stack([initial_row(n_neurons, rng=stream) for stream in streams])


def plain_rows(row: FloatArray, l1_strength: float, times: list[float]) -> Observation:
    """Return the weights of a row at `times`, by the plain second-order integrator."""

    def simulate(step: float) -> FloatArray:
        return plain_row_flow(row, l1_strength=l1_strength, time=times, step=step)

    # Relaxation from ‖w‖ > 1 is faster than from below; stay inside the integrator's stable range.
    largest = 1.0 / max(2.0, 3.0 * float(row @ row) - 1.0)
    return halved(simulate, min(PLAIN_STEP, 0.5 * largest))


def rest(initial: FloatArray, l1_strength: float | FloatArray, time: float) -> FloatArray:
    """Return the state after a long time, by proximal Euler, whose fixed points are the flow's."""

    def force(w: FloatArray) -> FloatArray:
        return np.asarray((1.0 - np.square(w).sum(axis=-1, keepdims=True)) * w)

    times = np.array([0.5 * time, time])
    return integrate(force, initial, l1_strength=l1_strength, time=times, step=0.25, method="euler")


def rate(
    observable: Callable[[FloatArray], FloatArray | float], row: FloatArray, l1_strength: float
) -> Observation:
    """Return the time derivative of an observable, by one-sided differences of the plain flow.

    The steps are too short for a weight to die, so the observable is smooth.
    """
    smallest = np.abs(row[row != 0]).min()
    h = min(1e-3, 0.1 * smallest / (l1_strength + smallest))

    def slope(dt: float) -> FloatArray:
        states = plain_row_flow(row, l1_strength=l1_strength, time=[0, dt, 2 * dt], step=dt / 4)
        a, b, c = (np.asarray(observable(w)) for w in states)
        return np.asarray((4.0 * b - 3.0 * a - c) / (2.0 * dt))

    coarse, fine = slope(h), slope(h / 2.0)
    size = float(np.max(np.abs(observable(row))))
    error = np.abs(fine - coarse) + 1e-14 * size / h
    return Observation(
        fine, error, "second-order difference quotient, halved step, and its rounding"
    )


def time_of_threshold(row: FloatArray, l1_strength: float, soft_threshold: float) -> float:
    """Return the flow time at which the threshold passes a given value, to about 1e-10.

    The exact flow is followed once, in the slow time, which determines the threshold.
    """
    shape = RowShape(np.abs(row))
    sigma = float(shape.slow_time_at(np.asarray(1.0 - soft_threshold / shape.largest)))
    time = time_of(shape, sigma, l1_strength=l1_strength, rtol=1e-11)
    assert np.isfinite(time), "the row dies before the threshold is reached"
    return time
