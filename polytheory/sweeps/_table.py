"""What a sweep gives back: a table of results, what failed, and how far it is."""

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
        Empty where none came back.
    """

    parameters: Parameters
    error: str
    traceback: str


class SweepTable(dict[str, NDArray[Any]]):
    """Parameters and results of the finished tasks: an array a column, a row a task.

    A plain dict besides, so that ``pandas.DataFrame(table)`` works. Rows come in the order of the
    grid. Columns of numbers, truth values and words have their NumPy types; arrays, and columns
    with gaps, are arrays of objects: ``np.stack(table["profile"])``.

    Attributes
    ----------
    failures : tuple of Failure
        What is not in the table because it failed.
    waiting : int
        How many tasks are not in the table because they were not run.
    seed : numpy.random.SeedSequence or None
        That of the sweep: passed as `rng` it gives the same numbers again.
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
    """How far a sweep is.

    Attributes
    ----------
    task : str
        Module and name.
    entropy : int or tuple of int
        Of the seed.
    done, failed, waiting : int
        Numbers of tasks.
    first_started, last_finished : str
        Times in UTC, empty if there is none.
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
    """What an exception that ends a sweep too soon can tell: `table`, what was finished until then.

    It is read from the store when it is asked for.
    """

    def __init__(self, words: str, load: Callable[[], SweepTable]) -> None:
        super().__init__(words)
        self._load = load

    @property
    def table(self) -> SweepTable:
        """What was finished."""
        return self._load()


class SweepInterrupted(_Unfinished, KeyboardInterrupt):
    """Ctrl-C during a sweep; its `table` is what was finished."""


class SweepStoppedError(_Unfinished, RuntimeError):
    """The executor takes no more tasks; its `table` is what was finished."""
