"""How far the mean over finite Gaussian rows is from the universal curve, as a relative error.

Two causes add up. With m' living weights the sums of a row scatter, and the mean of a function
of them is off by a/m'. At strength Λ = λ√m the norm is 1 − Λκ/2 instead of 1, and the clock is
ahead by (Λ/4) ln(1/G₂): off by bΛ. Each b is the largest first-order effect on the curve, rounded
up by a tenth or more for the second order; each a is measured, for m from 11 to 10³⁰ and for
exponential rows, the limit m → ∞.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from polytheory.theory.sparsification.curve._tables import on_curve

__all__ = ["FOURTH_POWER", "curve_error", "fourth_power_error", "time_error"]

#: a and b of each observable.
FEW_AND_STRENGTH = {
    "scaled_threshold": (0.4, 0.45),
    "l1_norm": (1.4, 0.45),
    "nonzero_count": (1.1, 0.35),
    "speedup": (1.3, 0.45),
    "time_to_fraction": (0.6, 0.5),
}
#: The error of ‖w‖₄⁴ at few weights is a/(m' + a): the prediction is 6/m' late, a row's at most 1.
FOURTH_POWER, _FOURTH_STRENGTH = 11.0, 1.7


def _living(time: Any, n_neurons: Any, l1_strength: Any) -> Any:
    clock = np.asarray(l1_strength) * np.sqrt(n_neurons) * time
    return n_neurons * on_curve("nonzero_count", clock)


def _error(name: str, *, time: Any, n_neurons: Any, l1_strength: Any) -> Any:
    few, strength = FEW_AND_STRENGTH[name]
    living = _living(time, n_neurons, l1_strength)
    return few / living + strength * np.asarray(l1_strength) * np.sqrt(n_neurons)


def curve_error(name: str) -> Callable[..., Any]:
    """Return the error function of an observable in time."""
    return partial(_error, name)


def time_error(*, fraction: Any, n_neurons: Any, l1_strength: Any) -> Any:
    """Return the relative error of the time to a fraction."""
    few, strength = FEW_AND_STRENGTH["time_to_fraction"]
    strength = strength * np.asarray(l1_strength) * np.sqrt(n_neurons)
    return few / (np.asarray(fraction) * n_neurons) + strength


def fourth_power_error(*, time: Any, n_neurons: Any, l1_strength: Any) -> Any:
    """Return the relative error of ‖w‖₄⁴."""
    few = FOURTH_POWER / (_living(time, n_neurons, l1_strength) + FOURTH_POWER)
    return few + _FOURTH_STRENGTH * np.asarray(l1_strength) * np.sqrt(n_neurons)
