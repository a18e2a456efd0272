"""End states of runs of the full model, per setting, as the count figures use them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytheory._checks import FloatArray
from polytheory.experiments import _settings as kinds
from polytheory.experiments._record import Record, Sheet, mean_and_error
from polytheory.sweeps import SweepTable
from polytheory.theory.collisions import expected_polysemantic

__all__ = ["Ends", "ends", "tasks"]

IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False, kw_only=True)
class Ends(Record):
    """The end states of up to N instances of each of P settings; arrays are read-only.

    Attributes
    ----------
    n_features, n_neurons : ndarray (P,) of int
        n and m.
    l1_strength : ndarray (P,)
        λ in flow units.
    n_instances : ndarray (P,) of int
        Number of instances; the largest is N. Where a setting has fewer, counts are −1.
    polysemantic : ndarray (P, N) of int
        Number of neurons that carry two features or more.
    surviving : ndarray (P, N) of int
        Number of features that a neuron carries.
    winners : ndarray (P, N) of int
        Number of features whose initially largest weight is the largest at the end.
    dead : ndarray (P, N) of int
        Number of features without non-zero weights.
    settled : ndarray (P, N) of bool
        Whether a run reached its limit.
    """

    n_features: IntArray
    n_neurons: IntArray
    l1_strength: FloatArray
    n_instances: IntArray
    polysemantic: IntArray
    surviving: IntArray
    winners: IntArray
    dead: IntArray
    settled: NDArray[np.bool_]

    def instances(self) -> str:
        """Return the number of instances for a caption, where it differs between settings."""
        if "n_instances" in self.settings:
            return ""
        low, high = int(self.n_instances.min()), int(self.n_instances.max())
        return f"{low} instances" if low == high else f"{low} to {high} instances"

    def not_settled(self) -> IntArray:
        """Return how many runs did not reach their limit, (P,)."""
        return np.asarray(self.n_instances - np.count_nonzero(self.settled, axis=-1))

    def count(self) -> tuple[FloatArray, FloatArray]:
        """Return the mean number of polysemantic neurons and its standard error, each (P,).

        The error is NaN for a single instance.
        """
        return _mean_and_error(self.polysemantic)

    def ratio(self) -> tuple[FloatArray, FloatArray]:
        """Return the mean count over that of exclusion, and its standard error, each (P,)."""
        mean, error = self.count()
        expected = self.expected("exclusion")
        return mean / expected, error / expected

    def expected(self, null_model: str) -> FloatArray:
        """Return the mean count under a null model of `expected_polysemantic`, (P,)."""
        n, m = self.n_features, self.n_neurons
        return np.asarray(expected_polysemantic(n, m, null_model=null_model))

    def fidelity(self) -> tuple[FloatArray, FloatArray]:
        """Return the mean share of features whose initially largest weight wins, and its error.

        The standard error is over instances, because the features of one are not independent.
        """
        return _mean_and_error(self.winners, self.n_features)

    def shared(self) -> tuple[FloatArray, FloatArray]:
        """Return the mean share of neurons that are polysemantic, and its standard error."""
        return _mean_and_error(self.polysemantic, self.n_neurons)

    def survivors(self) -> tuple[FloatArray, FloatArray]:
        """Return the mean share of features that survive, and its standard error."""
        return _mean_and_error(self.surviving, self.n_features)

    def crowding(self) -> FloatArray:
        """Return n/m, (P,)."""
        return self.n_features / self.n_neurons

    def scaled_l1(self) -> FloatArray:
        """Return λ√m, (P,), rounded so that equal strengths are equal in floats."""
        return np.asarray((self.l1_strength * np.sqrt(self.n_neurons)).round(9))


def _mean_and_error(counts: IntArray, of: Any = 1) -> tuple[FloatArray, FloatArray]:
    return mean_and_error(np.where(counts < 0, np.nan, counts) / np.reshape(of, (-1, 1)))


def tasks(cases: Iterable[tuple[int, int, float, int]], **options: Any) -> list[dict[str, Any]]:
    """Return the tasks of `count_task` for cases (n, m, λ, number of instances)."""
    return [
        {"n_features": n, "n_neurons": m, "l1_strength": lam, **options, "repeat": repeat}
        for n, m, lam, count in cases
        for repeat in range(count)
    ]


def ends(settings: kinds.Settings, table: SweepTable) -> Ends:
    """Return the table of `count_task` as a record."""
    sheet = Sheet(table)
    n = sheet.setting("n_features")[:, None]
    fidelity, alive = sheet.results("winner_fidelity", np.nan), sheet.results("alive")
    return Ends.of(
        settings,
        table,
        n_features=sheet.setting("n_features"),
        n_neurons=sheet.setting("n_neurons"),
        l1_strength=sheet.setting("l1_strength"),
        n_instances=sheet.count,
        polysemantic=sheet.results("polysemantic"),
        surviving=sheet.results("surviving"),
        winners=np.where(alive < 0, -1, np.nan_to_num(n * fidelity).round().astype(np.int64)),
        dead=np.where(alive < 0, -1, n - alive),
        settled=np.isin(sheet.results("outcome", "").astype(str), ("settled", "dead")),
    )
