"""Tail probabilities of sampled observations, and the distance at which they reach a level."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import bdtr, bdtrc, pdtr, pdtrc, stdtr, stdtrit

from polytheory._checks import FloatArray
from polytheory.checking.observation import Observation

__all__ = ["allowed_distance", "p_values", "without_event"]


def p_values(predicted: FloatArray, seen: Observation) -> FloatArray:
    """Return the two-sided p-value of each element, if the prediction is true.

    A mean is compared by Student's distribution; a proportion and a count by their exact binomial
    and Poisson tails, whose smaller one is doubled. The prediction may be off by the bias, which
    is granted in the direction of the observation: p-values are then too large, never too small.
    A mean with standard error 0 has no p-value (NaN): it is no evidence.

    Parameters
    ----------
    predicted : ndarray
        In the units of ``seen.value``.
    seen : Observation
        A sampled observation.

    Returns
    -------
    ndarray
        Of the shape of the observation.
    """
    nearest = np.clip(seen.value, predicted - seen.bias, predicted + seen.bias)
    if seen.trials is None and seen.exposure is None:
        gap = np.abs(seen.value - nearest)
        error = np.broadcast_to(seen.error, gap.shape)
        z = np.divide(gap, error, out=np.full(gap.shape, np.nan), where=error > 0)
        return np.asarray(2.0 * stdtr(_degrees(seen), -z))
    low, high = _tails(nearest, seen)
    return np.asarray(np.minimum(2.0 * np.minimum(low, high), 1.0))


def allowed_distance(predicted: FloatArray, seen: Observation, level: float) -> FloatArray:
    """Return how far each observed value may be from its prediction at a level of significance.

    It is the distance on the side of the observation, so that it is exceeded exactly if the p-value
    is below `level`. Infinite for a mean with standard error 0.
    """
    if seen.trials is None and seen.exposure is None:
        z = -stdtrit(_degrees(seen), level / 2.0)
        error = np.broadcast_to(seen.error, seen.value.shape)
        return np.asarray(np.where(error > 0, z * error + seen.bias, np.inf))
    units = seen.trials if seen.trials is not None else seen.exposure
    assert units is not None
    rate = np.broadcast_to(predicted, seen.value.shape)
    return np.abs(_last_accepted(rate, seen, level) / units - rate)


def without_event(seen: Observation) -> FloatArray:
    """Return which elements are proportions or counts in which no event, or no other, was seen."""
    none = seen.value == 0
    return np.asarray(none | (seen.value == 1) if seen.trials is not None else none)


def _degrees(seen: Observation) -> float:
    return min(seen.degrees, 1e15)  # beyond it, Student's distribution is the Gaussian


def _tails(rate: FloatArray, seen: Observation) -> tuple[Any, Any]:
    """Return P(at most as many events) and P(at least as many)."""
    if seen.trials is not None:
        n, p = seen.trials.astype(np.int64), np.clip(rate, 0.0, 1.0)
        k = np.rint(seen.value * n)
        return bdtr(k, n, p), np.where(k > 0, bdtrc(np.maximum(k - 1.0, 0.0), n, p), 1.0)
    assert seen.exposure is not None
    mean, k = np.maximum(rate, 0.0) * seen.exposure, np.rint(seen.value * seen.exposure)
    return pdtr(k, mean), np.where(k > 0, pdtrc(np.maximum(k - 1.0, 0.0), mean), 1.0)


def _last_accepted(rate: FloatArray, seen: Observation, level: float) -> FloatArray:
    """Return the last number of events whose p-value is not below the level.

    It is searched on the side of the observation, away from the mean.
    """
    units = seen.trials if seen.trials is not None else seen.exposure
    assert units is not None
    most = np.inf if seen.trials is None else units
    make = Observation.count if seen.trials is None else Observation.proportion
    mean = rate * units
    inside = np.clip(np.rint(mean), 0.0, most)
    above = np.ceil(mean + 40.0 * np.sqrt(mean + 1.0) + 40.0 + seen.bias * units)
    outside = np.where(seen.value >= rate, np.minimum(above, most + 1.0), -1.0)
    while (np.abs(outside - inside) > 1.0).any():
        middle = np.clip(np.floor((inside + outside) / 2.0), 0.0, most)
        accepted = p_values(rate, make(middle, units, seen.bias)) >= level
        open_ = np.abs(outside - inside) > 1.0
        inside = np.where(open_ & accepted, middle, inside)
        outside = np.where(open_ & ~accepted, middle, outside)
    return inside
