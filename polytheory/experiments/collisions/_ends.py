"""How runs of the full model end, setting by setting: the record of every figure of collisions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polytheory._checks import FloatArray
from polytheory.experiments._store import Seed, freeze
from polytheory.theory.collisions import expected_polysemantic

__all__ = ["MISSING", "Ends"]

IntArray = NDArray[np.int64]

#: Stands for an instance that has not been run.
MISSING = -1


@dataclass(frozen=True, eq=False)
class Ends:
    """The ends of up to N instances of each of P settings; arrays are read-only.

    Counts are −1 for instances that were not run.

    Attributes
    ----------
    n_features, n_neurons : ndarray (P,) of int
        n and m.
    l1_strength : ndarray (P,)
        λ in flow units.
    n_instances : ndarray (P,) of int
        How many instances were asked for; the largest is N.
    polysemantic : ndarray (P, N) of int
        Polysemantic neurons by the published rule.
    winners : ndarray (P, N) of int
        Features whose initially largest weight is the largest in the end.
    dead : ndarray (P, N) of int
        Features that have lost all their weights.
    settled : ndarray (P, N) of bool
        Whether a run reached its limit.
    dtype : str
        Of the encodings while they were stepped.
    rtol : float
        Of `simulate`.
    seed : Seed
    """

    n_features: IntArray
    n_neurons: IntArray
    l1_strength: FloatArray
    n_instances: IntArray
    polysemantic: IntArray
    winners: IntArray
    dead: IntArray
    settled: NDArray[np.bool_]
    dtype: str
    rtol: float
    seed: Seed

    def __post_init__(self) -> None:
        freeze(self)

    def done(self) -> IntArray:
        """Return how many instances of each setting were run, shape (P,)."""
        return np.asarray(np.count_nonzero(self.polysemantic != MISSING, axis=-1))

    def not_settled(self) -> IntArray:
        """Return how many of them did not reach their limit, shape (P,)."""
        return np.asarray(self.done() - np.count_nonzero(self.settled, axis=-1))

    def count(self) -> tuple[FloatArray, FloatArray]:
        """Return the mean number of polysemantic neurons and its standard error, each (P,).

        NaN where too few instances were run: none for the mean, one for the error.
        """
        return self._mean(self.polysemantic.astype(np.float64))

    def fidelity(self) -> tuple[FloatArray, FloatArray]:
        """Return the mean share of features whose initially largest weight wins, and its error.

        The standard error is that over instances, because the features of one are not independent;
        NaN as in `count`.
        """
        return self._mean(self.winners / self.n_features[:, None])

    def ratio(self) -> tuple[FloatArray, FloatArray]:
        """Return the mean count over what exclusion expects, and its standard error, each (P,)."""
        mean, error = self.count()
        expected = self.expected("exclusion")
        return mean / expected, error / expected

    def expected(self, null_model: str) -> FloatArray:
        """Return the number of polysemantic neurons that a null model expects, (P,)."""
        return np.asarray(
            expected_polysemantic(self.n_features, self.n_neurons, null_model=null_model)
        )

    def _mean(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        run, done = self.polysemantic != MISSING, self.done()
        with np.errstate(invalid="ignore", divide="ignore"):  # NaN, as announced
            mean = np.where(run, values, 0.0).sum(axis=-1) / done
            squares = np.where(run, np.square(values - mean[:, None]), 0.0).sum(axis=-1)
            return mean, np.sqrt(squares / (done - 1) / done)
