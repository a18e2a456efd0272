"""Domains of the universal curve: many living weights and a weak penalty."""

from typing import Any

import numpy as np
from scipy.special import ndtri

from polytheory._checks import MAX_VALUE, FloatArray
from polytheory.domain import Domain, Interval
from polytheory.theory.sparsification.curve._tables import MAX_CLOCK, clock_at

__all__ = ["CURVE", "FRACTION", "MIN_LIVING"]

#: Least number of living weights for which a finite row is close to the curve (10 % off at 10).
MIN_LIVING = 10
#: Largest λ√m: the relative error of the curve is of order λ√m.
MAX_STRENGTH = 0.1


def _on_domain(time: FloatArray, n_neurons: FloatArray, l1_strength: FloatArray) -> Any:
    strength = l1_strength * np.sqrt(n_neurons)
    # By the largest θ instead of the count: m is often a single number, while times are many.
    fewest = np.minimum(MIN_LIVING / n_neurons, 1.0)
    last = np.where(n_neurons >= MIN_LIVING, clock_at(-ndtri(fewest / 2.0)), -1.0)
    # Slack, so that the time to the last fraction lies inside.
    last = np.minimum(last, MAX_CLOCK) * (1.0 + 1e-12)
    return (strength <= MAX_STRENGTH) & (strength * time <= last)


def _enough_left(fraction: FloatArray, n_neurons: FloatArray, l1_strength: FloatArray) -> Any:
    weak = l1_strength * np.sqrt(n_neurons) <= MAX_STRENGTH
    return weak & (fraction * n_neurons >= MIN_LIVING * (1.0 - 1e-12))


_WIDTH = Interval(MIN_LIVING, 1e30, integer=True, log=True)
_BECAUSE = f"where l1_strength·√n_neurons ≤ {MAX_STRENGTH} and at least {MIN_LIVING} weights live"
_INSTEAD = (
    "Use mean_field for stronger ℓ1, row_flow or completion_distribution where fewer weights live."
)

CURVE = Domain(
    {
        "time": Interval(0.0, MAX_VALUE),
        "n_neurons": _WIDTH,
        "l1_strength": Interval(0.0, MAX_STRENGTH),
    },
    where=_on_domain,
    because=_BECAUSE,
    instead=_INSTEAD,
)
FRACTION = Domain(
    {
        "fraction": Interval(0.0, 1.0, open_low=True),
        "n_neurons": _WIDTH,
        "l1_strength": Interval(1 / MAX_VALUE, MAX_STRENGTH),
    },
    where=_enough_left,
    because=_BECAUSE,
    instead=_INSTEAD,
)
