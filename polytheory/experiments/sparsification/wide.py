"""What the figures of wide rows share: their domain, and how one row is followed."""

from __future__ import annotations

from typing import Any

import numpy as np

from polytheory._checks import FloatArray
from polytheory.experiments._settings import STRENGTH, whole
from polytheory.flow.row import row_flow
from polytheory.initial import initial_row
from polytheory.theory.sparsification import CURVE

__all__ = ["FEWEST", "HOLLOW", "N_TIMES", "START", "WIDE", "checked", "follow", "scaled_times"]

#: A row counts as wide on the curve while so many weights live; later it is left to itself.
FEWEST = 10
#: A run starts at θ = λ√m t = 0.01, where 1 % of the weights have died.
START = 0.01
#: Settings of one wide row, and of the points of a curve.
WIDE = {"n_neurons": whole("number of weights m", FEWEST, "m = {}"), "l1_strength": STRENGTH}
N_TIMES = whole("points of a curve, evenly in the logarithm of time", 2)
#: How measured points are drawn where there are many of them.
HOLLOW: Any = {"markerfacecolor": "none", "elinewidth": 0.9, "capsize": 0}


def checked(n_neurons: int, l1_strength: float) -> dict[str, Any]:
    """Return m and λ as parameters of a task if the universal curve holds at the start."""
    CURVE.check(time=0.0, n_neurons=n_neurons, l1_strength=l1_strength)
    return {"n_neurons": n_neurons, "l1_strength": l1_strength}


def scaled_times(last: float, n_times: int) -> FloatArray:
    """Return θ = λ√m t from the start to `last`, geometric."""
    return np.geomspace(START, last, n_times)


def follow(parameters: Any, rng: np.random.Generator) -> dict[str, FloatArray]:
    """Return m' and ‖w‖₁ of one N(0, 1/m) row at each time: a task of `polytheory.sweep`.

    It takes ``n_neurons``, ``l1_strength``, ``last`` and ``n_times`` of `scaled_times`, and
    ``repeat``.
    """
    m, lam, last, n_times, _ = parameters.values()
    times = scaled_times(last, n_times) / (lam * np.sqrt(m))
    run = row_flow(initial_row(m, rng=rng), l1_strength=lam, times=times)
    return {
        "nonzero_count": np.asarray(run.nonzero_count, dtype=np.float64),
        "l1_norm": np.asarray(run.l1_norm),
    }
