"""Records, the data of figures, and how they are built from the table of a sweep."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polytheory import _checks
from polytheory._checks import FloatArray
from polytheory.experiments._settings import Settings
from polytheory.sweeps import SweepTable

__all__ = ["Record", "Sheet", "joined", "mean_and_error", "numbers"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Record:
    """The data of a figure; arrays are read-only.

    Attributes
    ----------
    settings : Settings
        The settings of the computation.
    seed : numpy.random.SeedSequence
        Passed as `rng` it reproduces the data.
    """

    settings: Settings
    seed: np.random.SeedSequence | None

    def __post_init__(self) -> None:
        _checks.freeze(self)

    @classmethod
    def of(cls, settings: Settings, table: SweepTable, **columns: Any) -> Self:
        """Return the record of a table, with the seed of its sweep."""
        return cls(settings=settings, seed=table.seed, **columns)

    def instances(self) -> str:
        """Return the number of instances for a caption, if the settings do not give it."""
        return ""


class Sheet:
    """The table of a sweep, arranged as P settings with up to N repetitions each.

    Parameters
    ----------
    table : SweepTable
        With a parameter ``repeat`` that counts from 0 within each setting.
    """

    def __init__(self, table: SweepTable) -> None:
        self._table = table
        self._first = np.flatnonzero(table["repeat"] == 0)
        #: Number of repetitions, (P,).
        self.count = np.diff(self._first, append=len(table["repeat"]))

    def setting(self, name: str) -> NDArray[Any]:
        """Return a parameter, or a result that does not depend on the repetition, (P,)."""
        return self._table[name][self._first]

    def results(self, name: str, missing: Any = -1) -> NDArray[Any]:
        """Return a result, (P, N, …); `missing` where a setting has fewer than N repetitions."""
        values = np.stack(list(self._table[name]))
        row = np.repeat(np.arange(self.count.size), self.count)
        shape = (self.count.size, int(self.count.max()), *values.shape[1:])
        sheet = np.full(shape, missing).astype(values.dtype)
        sheet[row, self._table["repeat"]] = values
        return sheet


def mean_and_error(values: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return the mean over the last axis and its standard error, ignoring NaN.

    The mean is NaN without any value, the error with fewer than two.
    """
    given = np.asarray(values, dtype=np.float64)
    count = np.count_nonzero(~np.isnan(given), axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):  # NaN, as documented
        mean = np.nansum(given, axis=-1) / count
        squares = np.nansum(np.square(given - mean[..., None]), axis=-1)
        return mean, np.sqrt(squares / (count - 1) / count)


def joined(values: Iterable[Any]) -> str:
    """Return a list as one parameter of a task, to be read with `numbers` or ``split``."""
    return " ".join(map(str, values))


def numbers(text: Any) -> FloatArray:
    """Return the numbers of a parameter made by `joined`, bit for bit."""
    return np.array([float(part) for part in text.split()])
