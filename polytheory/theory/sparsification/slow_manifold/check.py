"""Checks of hitting and completion times of a given row."""

from functools import partial
from importlib import import_module
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


# --- in closed form for two weights --------------------------------------------------------------


def _statement(room: str, name: str) -> Any:
    return getattr(import_module(f"polytheory.theory.sparsification.{room}.proof"), name)()


def _two_largest(l1_strength: float, **case: Any) -> dict[str, float]:
    given = _prepared(l1_strength=l1_strength, **case)
    second, largest = np.sort(given["initial_row"])[-2:]
    # A pair is shorter than the row, and λ is small for the row: scaled up, it stays small.
    scale = 1.0 / largest
    return {
        "largest": 1.0,
        "second": scale * second,
        "soft_threshold": scale * given["soft_threshold"],
        "l1_strength": l1_strength,
    }


def _hitting_of_two(
    largest: float, second: float, soft_threshold: float, l1_strength: float
) -> Any:
    row = np.array([largest, second])
    return closed.hitting_time(row, soft_threshold, l1_strength=l1_strength)


def _completion_of_two(largest: float, second: float, l1_strength: float) -> Any:
    return closed.completion_time(np.array([largest, second]), l1_strength=l1_strength)


_ROWS = {
    "n_neurons": whole(3, 200, log=True),
    "scale": Interval(0.6, 1.5),
    "l1_strength": Interval(1e-4, 1e-3, log=True),
}
_HOW: dict[str, Any] = {
    "observe": _observed,
    "evaluate_at": _two_largest,
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
        symbolic=partial(_statement, "slow_manifold", "hitting_time_of_two"),
        closed_form=_hitting_of_two,
        **_HOW,
    ),
    judged(
        closed.completion_time,
        prepare=_without_threshold,
        cases=drawn(**_ROWS),
        symbolic=partial(_statement, "completion", "completion_time_of_two"),
        closed_form=_completion_of_two,
        **_HOW,
    ),
)
