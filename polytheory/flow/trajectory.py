"""The result of a run of the full model, its outcomes, and the recorder of its series."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from polytheory._checks import FloatArray, freeze
from polytheory.flow.estimates import Estimated
from polytheory.model import ToyModel
from polytheory.observables import fourth_power_sum, l1_norm, nonzero_count, squared_norm

__all__ = ["OUTCOMES", "IncompleteError", "Interrupted", "Recorder", "Trajectory"]

SETTLED = "settled"
DEAD = "dead"
STATIONARY = "stationary, not sparse"
AT_REST = "at rest"
FADED = "faded"
TIME_LIMIT = "time limit"
RUNNING = "running"
INTERRUPTED = "interrupted"

#: The possible outcomes of an instance, with their meaning.
OUTCOMES = {
    SETTLED: "no neuron has two living weights of the same sign; the rest of the flow is exact",
    DEAD: "every feature has lost all its weights",
    STATIONARY: "nothing moves, but neurons are still shared by weights of the same sign",
    AT_REST: "under noise: nothing moves",
    FADED: "under noise: at rest with every encoding shorter than 1/2; the noise is too strong",
    TIME_LIMIT: "not settled at max_time",
    RUNNING: "not settled at the requested end",
    INTERRUPTED: "stopped by the user, or by the end of its process",
}


#: The observables recorded for each row.
MEASURES: dict[str, Callable[..., Any]] = {
    each.__name__: each for each in (nonzero_count, l1_norm, squared_norm, fourth_power_sum)
}


@dataclass(frozen=True, eq=False, kw_only=True)
class Trajectory(Estimated):
    """A run of the full model: series at the requested times, final encodings and outcome.

    All arrays are read-only; "..." is the batch shape of the initial encodings.

    Attributes
    ----------
    time : ndarray (T,)
        Flow times for `simulate`, training steps for `train`. inf is the end of a run to the limit
        (see `final_time`).
    nonzero_count : ndarray (T, ..., n_features), integer
        m', the number of living weights of each encoding.
    l1_norm, squared_norm, fourth_power_sum : ndarray (T, ..., n_features)
        ‖W_i‖₁, ‖W_i‖₂², ‖W_i‖₄⁴.
    loss : ndarray (T, ...)
        Published loss, in **loss units**.
    final : ndarray (..., n_features, n_neurons)
        Encodings at `final_time`.
    final_time : ndarray (...)
        The time of `final`, in the units of `time`; inf if `final` is the limit itself.
    outcome : str or ndarray (...) of str
        A key of `OUTCOMES` for each instance.
    finer : Trajectory or None
        With ``estimate_error=True`` the second run, from which the method `error` follows.
    certain : ndarray (..., n_features) of bool, or None
        With ``estimate_error=True``: whether it is certain on which neuron the largest final weight
        of each feature is, or that it is dead. False where the runs were interrupted.
    """

    series: ClassVar[tuple[str, ...]] = (*MEASURES, "loss", "final")
    by_feature: ClassVar[tuple[str, ...]] = ("l1_norm", "squared_norm", "fourth_power_sum")

    time: FloatArray
    nonzero_count: NDArray[np.int64]
    l1_norm: FloatArray
    squared_norm: FloatArray
    fourth_power_sum: FloatArray
    loss: FloatArray
    final: NDArray[Any]
    final_time: FloatArray
    outcome: Any
    certain: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        freeze(self)


#: Weights that are measured at once.
_BLOCK = 2**15


class Recorder:
    """The series of a run, recorded for one instance and one time per call.

    Parameters
    ----------
    model : ToyModel
    time : ndarray (T,)
    batch : tuple of int
        Batch shape of the encodings.
    """

    def __init__(self, model: ToyModel, time: FloatArray, batch: tuple[int, ...]) -> None:
        self.model, self.time = model, time
        rows = (time.size, *batch, model.n_features)
        # Entries that an interrupted run has not reached stay NaN (counts −1).
        self.series: dict[str, Any] = {name: np.full(rows, np.nan) for name in MEASURES}
        self.series["nonzero_count"] = np.full(rows, -1, dtype=np.int64)
        self.series["loss"] = np.full((time.size, *batch), np.nan)

    def record(self, when: int, instance: tuple[int, ...], encodings: NDArray[Any]) -> None:
        """Record the encodings (n_features, n_neurons) of one instance at ``time[when]``."""
        at = (when, *instance)
        count = max(1, _BLOCK // encodings.shape[-1])
        for start in range(0, len(encodings), count):  # some rows at a time, to save memory
            rows = slice(start, start + count)
            W = encodings[rows].astype(np.float64, copy=False)
            for name, measure in MEASURES.items():
                self.series[name][(*at, rows)] = measure(W)
        self.series["loss"][at] = self.model.loss(encodings.astype(np.float64, copy=False))

    def copy_from(self, other: Recorder, instance: tuple[int, ...]) -> None:
        """Copy the series of a run of one instance."""
        for name, series in other.series.items():
            self.series[name][(slice(None), *instance)] = series

    def trajectory(
        self,
        final: NDArray[Any],
        final_time: FloatArray,
        outcome: NDArray[np.str_],
        **estimate: Any,
    ) -> Trajectory:
        """Return the recorded series with the final encodings, times, outcomes and estimate."""
        return Trajectory(
            time=self.time,
            **self.series,
            final=final,
            final_time=final_time,
            outcome=str(outcome) if outcome.ndim == 0 else outcome,
            **estimate,
        )


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during a run; `trajectory` contains the results so far.

    Attributes
    ----------
    trajectory : Trajectory
        For times that were not reached, the series contain NaN (counts −1) and the outcome of the
        instance is "interrupted". With several processes, of the instances not finished nothing
        but the start is known. Where the finer run was not finished, `Trajectory.error` is NaN.
        After Ctrl-C in the second run of `row_flow`, its `RowTrajectory`, without an estimate.
    """

    def __init__(self, trajectory: Any) -> None:
        super().__init__("interrupted; the attribute trajectory contains the results so far")
        self.trajectory = trajectory


class IncompleteError(RuntimeError):
    """Processes of `simulate` have died; `trajectory` contains the other instances.

    Attributes
    ----------
    trajectory : Trajectory
        As that of `Interrupted`.
    missing : tuple of tuple of int
        The indices, in the batch, of the instances whose process has died.
    """

    def __init__(self, trajectory: Any, missing: dict[tuple[int, ...], str]) -> None:
        words = ", ".join(f"{list(index)} ({how})" for index, how in sorted(missing.items()))
        super().__init__(
            f"{len(missing)} of {trajectory.final_time.size} instances are missing, because their "
            f"process ended early: {words}; the attribute trajectory contains the others"
        )
        self.trajectory, self.missing = trajectory, tuple(sorted(missing))
