"""Checks of hitting and completion times of a given row."""

from typing import Any

import numpy as np

from polytheory.checking import OFF_BY_A_THOUSANDTH, Observation, drawn, judged, time_of_threshold
from polytheory.domain import Interval, whole
from polytheory.initial import initial_row
from polytheory.theory import sparsification as closed


def _prepared(
    n_neurons: int, scale: float, l1_strength: float, seed: int, threshold_fraction: float = 1.0
) -> dict[str, Any]:
    """Return a row and a threshold below its second largest weight, the last to die."""
    row = np.abs(initial_row(n_neurons, rng=seed, scale=scale))
    second = float(np.sort(row)[-2])
    return {
        "initial_row": row,
        "l1_strength": l1_strength,
        "soft_threshold": threshold_fraction * second,
    }


def _observed(**case: Any) -> Observation:
    value = time_of_threshold(*_prepared(**case).values())
    return Observation(value, 1e-10 * value, "root of the exact flow")


def _without_threshold(**case: Any) -> dict[str, Any]:
    given = _prepared(**case)
    del given["soft_threshold"]
    return given


_ROWS = {
    "n_neurons": whole(3, 200, log=True),
    "scale": Interval(0.6, 1.5),
    "l1_strength": Interval(1e-4, 1e-3, log=True),
}
_HOW: dict[str, Any] = {
    "observe": _observed,
    "closed_form": None,
    "draws": 6,
    "why": "the order is measured at small λ, in rows of norm of order 1",
    "small": "l1_strength",
    "order": 2.0,
    "wrong": OFF_BY_A_THOUSANDTH,
}

LAWS = (
    judged(
        closed.hitting_time,
        prepare=_prepared,
        cases=drawn(**_ROWS, threshold_fraction=Interval(0.2, 0.95)),
        **_HOW,
    ),
    judged(closed.completion_time, prepare=_without_threshold, cases=drawn(**_ROWS), **_HOW),
)
