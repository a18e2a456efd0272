"""How runs under ℓ1, noise or both end, setting by setting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polytheory import _checks
from polytheory._checks import FloatArray
from polytheory.experiments._store import Seed, freeze
from polytheory.theory.collisions import expected_polysemantic

__all__ = ["MECHANISMS", "RESULTS", "Counts"]

#: What makes rows sparse.
MECHANISMS = ("l1", "noise", "both")
#: What is entered for each instance.
RESULTS = ("published", "share", "partial", "carried", "winners")


@dataclass(frozen=True, eq=False)
class Counts:
    """The ends of up to N instances of each of P settings; arrays are read-only.

    Results are NaN for instances that were not run. Settings of the same sizes start from the same
    encodings.

    Attributes
    ----------
    mechanisms : tuple of str
        Of each of the P settings: "l1", "noise" or "both".
    n_features, n_neurons : ndarray (P,) of int
        n and m.
    l1_strength : ndarray (P,)
        λ in flow units; 0 under noise alone.
    std : ndarray (P,)
        σ of the noise; 0 under ℓ1 alone.
    distribution : str
        Of the noise.
    learning_rate : ndarray (P,)
        Of gradient descent with sampled noise; 0 where the flow is followed, averaged over noise.
    end : ndarray (P,)
        Flow time at which a run with noise ends; inf where it goes to its limit.
    n_instances : ndarray (P,) of int
        How many were asked for; the largest is N.
    noise_shared_over : str
        "input" or "batch", for sampled noise.
    published, share : ndarray (P, N)
        Polysemantic neurons by the published rule (0.8 ≤ |W_ik| ≤ 1.2 twice) and by the rule
        without a threshold (more than half of ‖W_i‖² twice).
    partial : ndarray (P, N)
        Neurons on which two features or more have above a quarter of their squared norm each.
    carried : ndarray (P, N)
        Features with more than half of their squared norm on one neuron.
    winners : ndarray (P, N)
        Features whose initially largest weight is the largest in the end.
    seed : Seed
    """

    mechanisms: tuple[str, ...]
    n_features: NDArray[np.int64]
    n_neurons: NDArray[np.int64]
    l1_strength: FloatArray
    std: FloatArray
    distribution: str
    learning_rate: FloatArray
    end: FloatArray
    n_instances: NDArray[np.int64]
    noise_shared_over: str
    published: FloatArray
    share: FloatArray
    partial: FloatArray
    carried: FloatArray
    winners: FloatArray
    seed: Seed

    def __post_init__(self) -> None:
        freeze(self)

    def done(self) -> NDArray[np.int64]:
        """Return how many instances of each setting were run, shape (P,)."""
        return np.asarray(np.count_nonzero(~np.isnan(self.published), axis=-1))

    def mean(self, result: str) -> tuple[FloatArray, FloatArray]:
        """Return the mean of a result over instances and its standard error, each (P,).

        Parameters
        ----------
        result : {"published", "share", "partial", "carried", "winners"}

        Returns
        -------
        mean, error : ndarray (P,)
            NaN where no instance was run. The error is at least what one count in all instances
            would make, 1 over their number: none seen does not mean none.
        """
        _checks.one_of("result", result, RESULTS)
        values: FloatArray = getattr(self, result)
        done = self.done()
        run = ~np.isnan(values)
        with np.errstate(invalid="ignore", divide="ignore"):  # NaN, as announced
            mean = np.where(run, values, 0.0).sum(axis=-1) / done
            squares = np.where(run, np.square(values - mean[:, None]), 0.0).sum(axis=-1)
            error = np.sqrt(squares / np.maximum(done - 1, 1) / done)
            return mean, np.maximum(error, 1.0 / done)

    def ratio(self, result: str) -> tuple[FloatArray, FloatArray]:
        """Return a mean count in units of what exclusion expects, and its error, each (P,)."""
        mean, error = self.mean(result)
        expected = self.expected()
        return mean / expected, error / expected

    def fidelity(self) -> tuple[FloatArray, FloatArray]:
        """Return the share of features whose initially largest weight wins, and its error."""
        mean, error = self.mean("winners")
        return mean / self.n_features, error / self.n_features

    def expected(self) -> FloatArray:
        """Return the number of polysemantic neurons by signed-site exclusion, (P,)."""
        return np.asarray(expected_polysemantic(self.n_features, self.n_neurons))
