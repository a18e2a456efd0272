"""Checks of hitting and completion times of a given row."""

from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

from polytheory._checks import FloatArray
from polytheory.checking import (
    Observation,
    drawn,
    judged,
    time_of_threshold,
)
from polytheory.domain import Domain, Interval, whole
from polytheory.initial import initial_row
from polytheory.theory import sparsification as closed


def _prepared(
    n_neurons: int, scale: float, share: float, seed: int, threshold_fraction: float = 1.0
) -> dict[str, Any]:
    """Return a row and a threshold below its second largest weight, the last to die."""
    row = np.abs(initial_row(n_neurons, rng=seed, scale=scale))
    second = float(np.sort(row)[-2])
    largest = min(float(np.linalg.norm(row)), 1.0) ** 3 / float(row.sum())
    return {
        "initial_row": row,
        "l1_strength": share * largest,
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


def _two_largest(**case: Any) -> dict[str, float]:
    given = _prepared(**case)
    second, largest = np.sort(given["initial_row"])[-2:]
    # A pair is shorter than the row, and λ is small for the row: scaled up, it stays small.
    scale = 1.0 / largest
    return {
        "largest": 1.0,
        "second": scale * second,
        "soft_threshold": scale * given["soft_threshold"],
        "l1_strength": 1e-3 * given["l1_strength"],
    }


def _hitting_of_two(
    largest: float, second: float, soft_threshold: float, l1_strength: float
) -> Any:
    row = np.array([largest, second])
    return closed.hitting_time(row, soft_threshold, l1_strength=l1_strength)


def _completion_of_two(largest: float, second: float, l1_strength: float) -> Any:
    return closed.completion_time(np.array([largest, second]), l1_strength=l1_strength)


# λ as a share of the largest that is accepted at all, min(r, 1)³/‖w(0)‖₁; above an eighth the
# stated error may be refused, and a narrow row dies.
_ROWS = {
    "n_neurons": whole(3, 200, log=True),
    "scale": Interval(0.5, 3.0, log=True),
    "share": Interval(1e-3, 0.125, log=True),
}
_WIDE = _ROWS | {"n_neurons": whole(3, 10_000, log=True), "scale": Interval(0.3, 4.0, log=True)}
_FRACTION = Interval(0.2, 0.95)


def _outlasts(**case: FloatArray) -> bool:
    """Return whether the time is beyond 2 and the stated error at most 1/4."""
    try:
        numbers: dict[str, Any] = {name: float(value) for name, value in case.items()}
        numbers |= {name: int(case[name]) for name in ("n_neurons", "seed")}
        closed.hitting_time(**_prepared(**numbers))
    except ValueError:
        return False
    return True


_SAID = Domain({}, where=_outlasts, because="where t ≥ 2 and the stated error is at most 1/4")
_HOW: dict[str, Any] = {
    "observe": _observed,
    "evaluate_at": _two_largest,
    "draws": 6,
    "why": "rows that survive, with a share of λ of at most an eighth",
}

LAWS = (
    judged(
        closed.hitting_time,
        prepare=_prepared,
        cases=drawn(_SAID, **_ROWS, threshold_fraction=_FRACTION),
        full_cases=drawn(_SAID, **_WIDE, threshold_fraction=_FRACTION),
        symbolic=partial(_statement, "slow_manifold", "hitting_time_of_two"),
        closed_form=_hitting_of_two,
        **_HOW,
    ),
    judged(
        closed.completion_time,
        prepare=_without_threshold,
        cases=drawn(_SAID, **_ROWS),
        full_cases=drawn(_SAID, **_WIDE),
        symbolic=partial(_statement, "completion", "completion_time_of_two"),
        closed_form=_completion_of_two,
        **_HOW,
    ),
)
