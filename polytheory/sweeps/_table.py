"""The results of a sweep: table, failures, status, and exceptions that carry a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytheory.sweeps._grid import Parameters


@dataclass(frozen=True)
class Failure:
    """A task that raised, or whose worker died.

    Attributes
    ----------
    parameters : dict
    error : str
        The exception on one line.
    traceback : str
        Empty if there is none.
    """

    parameters: Parameters
    error: str
    traceback: str


class SweepTable(dict[str, NDArray[Any]]):
    """Parameters and results of the finished tasks: one array per column, one row per task.

    It is a plain dict, so that ``pandas.DataFrame(table)`` works. Rows are in the order of the
    grid. Columns of numbers, bools and strings have NumPy dtypes; columns of arrays or with gaps
    have dtype object: ``np.stack(table["profile"])``.

    Attributes
    ----------
    failures : tuple of Failure
        The failed tasks, which have no row.
    waiting : int
        Number of tasks that were not run, which have no row.
    seed : numpy.random.SeedSequence or None
        The seed of the sweep; passed as `rng` it reproduces the results.
    """

    def __init__(
        self,
        columns: Mapping[str, NDArray[Any]],
        *,
        failures: tuple[Failure, ...] = (),
        waiting: int = 0,
        seed: np.random.SeedSequence | None = None,
    ) -> None:
        super().__init__(columns)
        self.failures = failures
        self.waiting = waiting
        self.seed = seed


@dataclass(frozen=True)
class SweepStatus:
    """The progress of a sweep.

    Attributes
    ----------
    task : str
        Module and name.
    entropy : int or tuple of int
        Entropy of the seed.
    done, failed, waiting : int
        Numbers of tasks.
    first_started, last_finished : str
        Times in UTC; empty if no task has started or finished.
    """

    task: str
    entropy: int | tuple[int, ...]
    done: int
    failed: int
    waiting: int
    first_started: str
    last_finished: str

    @property
    def total(self) -> int:
        """Number of tasks."""
        return self.done + self.failed + self.waiting

    def __str__(self) -> str:
        words = f"{self.total} tasks: {self.done} done, {self.failed} failed, {self.waiting} to do"
        return f"{words} ({self.task}, seed {self.entropy})"


class _Unfinished(BaseException):
    """Base of exceptions that end a sweep early; `table` loads the finished tasks."""

    def __init__(self, words: str, load: Callable[[], SweepTable]) -> None:
        super().__init__(words)
        self._load = load

    @property
    def table(self) -> SweepTable:
        """The table of the finished tasks."""
        return self._load()


class SweepInterrupted(_Unfinished, KeyboardInterrupt):
    """Ctrl-C during a sweep; `table` contains the finished tasks."""


class SweepStoppedError(_Unfinished, RuntimeError):
    """The executor accepts no more tasks; `table` contains the finished ones."""
