"""Domains of the universal curve: many living weights and a weak penalty."""

from functools import lru_cache
from typing import Any

import numpy as np
from scipy.special import ndtri

from polytheory._checks import MAX_VALUE, FloatArray
from polytheory.domain import Domain, Interval
from polytheory.theory.sparsification.curve._errors import FOURTH_POWER, fourth_power_error
from polytheory.theory.sparsification.curve._tables import MAX_CLOCK, clock_at

__all__ = ["CURVE", "FOURTH_POWER_SUM", "FRACTION", "MIN_LIVING"]

#: Least number of living weights for which a finite row is close to the curve (10 % off at 10).
MIN_LIVING = 10
#: Largest λ√m: the relative error of the curve is of order λ√m.
MAX_STRENGTH = 0.1
#: λ = 0.1/√m and the time to 10 weights are inside, whatever their rounding.
_SLACK = 1.0 + 1e-12
#: Largest error of a fourth-power sum that is still returned, and the fewest weights that allow it.
MAX_ERROR = 0.25
MIN_FOR_FOURTH = FOURTH_POWER * (1.0 / MAX_ERROR - 1.0)


def _on_domain(time: FloatArray, n_neurons: FloatArray, l1_strength: FloatArray) -> Any:
    strength = l1_strength * np.sqrt(n_neurons)
    # By the largest θ instead of the count: m is often a single number, while times are many.
    last = _last_of(float(n_neurons)) if np.ndim(n_neurons) == 0 else _last_clock(n_neurons)
    return (strength <= MAX_STRENGTH * _SLACK) & (strength * time <= last)


def _last_clock(n_neurons: FloatArray) -> FloatArray:
    """Return the largest θ at which enough weights live, negative if there never are."""
    fewest = np.minimum(MIN_LIVING / n_neurons, 1.0)
    last = np.where(n_neurons >= MIN_LIVING, clock_at(-ndtri(fewest / 2.0)), -1.0)
    return np.minimum(last, MAX_CLOCK) * _SLACK


@lru_cache(maxsize=1024)
def _last_of(n_neurons: float) -> float:
    """Compute `_last_clock` once for each width: scalar calls mostly share it."""
    return float(_last_clock(np.asarray(n_neurons)))


def _enough_left(fraction: FloatArray, n_neurons: FloatArray, l1_strength: FloatArray) -> Any:
    weak = l1_strength * np.sqrt(n_neurons) <= MAX_STRENGTH * _SLACK
    return weak & (fraction * n_neurons >= MIN_LIVING * (1.0 - 1e-12))


_WIDTH = Interval(MIN_LIVING, 1e30, integer=True, log=True)
_BECAUSE = f"where l1_strength·√n_neurons ≤ {MAX_STRENGTH} and at least {MIN_LIVING} weights live"
_INSTEAD = (
    "Use mean_field for stronger ℓ1, row_flow or completion_distribution where fewer weights live."
)


def _fourth_power_in_range(time: FloatArray, n_neurons: FloatArray, l1_strength: FloatArray) -> Any:
    given = {"time": time, "n_neurons": n_neurons, "l1_strength": l1_strength}
    inside = np.asarray(_on_domain(**given))
    # Outside, the curve may not be defined; the time does not matter there.
    error = fourth_power_error(**given | {"time": np.where(inside, time, 0.0)})
    return inside & (error <= MAX_ERROR)


_TIME, _WEAK = Interval(0.0, MAX_VALUE), Interval(0.0, MAX_STRENGTH)
CURVE = Domain(
    {"time": _TIME, "n_neurons": _WIDTH, "l1_strength": _WEAK},
    where=_on_domain,
    because=_BECAUSE,
    instead=_INSTEAD,
)
#: ‖w‖₄⁴ is carried by the few largest weights, of which a finite row has fewer than the curve.
FOURTH_POWER_SUM = Domain(
    {
        "time": _TIME,
        "n_neurons": Interval(np.ceil(MIN_FOR_FOURTH), 1e30, integer=True, log=True),
        "l1_strength": _WEAK,
    },
    where=_fourth_power_in_range,
    because=(
        f"where l1_strength·√n_neurons ≤ {MAX_STRENGTH} and the stated error is at most"
        f" {MAX_ERROR:g} (at least {np.ceil(MIN_FOR_FOURTH):g} weights live)"
    ),
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
