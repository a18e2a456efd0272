"""Inputs of the model other than the published basis vectors: features that occur together.

A distribution of inputs is a value; a batch is drawn from it with `sample`. Features are
1 or 0.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from polytheory import _checks
from polytheory._checks import FloatArray

__all__ = ["Bernoulli", "Inputs", "KHot"]

#: More inputs at a time would not fit into any memory.
_MAX_BATCH_SIZE = 10**7


@dataclass(frozen=True, kw_only=True)
class Inputs(ABC):
    r"""A distribution of inputs in batches of `size`; what all distributions share.

    Every feature is as often active as any other, with a probability `activity` π. The loss of a
    batch is scaled by it,

    .. math:: L = \frac{1}{\pi B}\sum_{b=1}^B \|\mathrm{ReLU}(W W^\top x_b) - x_b\|^2,

    so that each feature counts as much as in the published loss, whose inputs are the n basis
    vectors (B = n, π = 1/n), and one λ means the same for all of them.

    Parameters
    ----------
    size : int
        B, how many inputs a batch has, at least 1.
    """

    size: int

    def __post_init__(self) -> None:
        size = _checks.integer("size", self.size, minimum=1)
        if size > _MAX_BATCH_SIZE:
            raise _checks.refuse_value("size", _checks.shown(size), f"at most {_MAX_BATCH_SIZE:g}")
        object.__setattr__(self, "size", size)

    @abstractmethod
    def activity(self, n_features: int) -> float:
        """Return π, the probability that a given feature is active.

        Parameters
        ----------
        n_features : int

        Returns
        -------
        float
        """

    def scale(self, n_features: int) -> float:
        """Return 1/(πB), by which the summed squared error of a batch is multiplied.

        Parameters
        ----------
        n_features : int

        Returns
        -------
        float
            1 for as many inputs as features with one feature active in each, as published.
        """
        return 1.0 / (self.activity(n_features) * self.size)

    def sample(self, n_features: int, *, rng: Any) -> FloatArray:
        """Draw one batch.

        Parameters
        ----------
        n_features : int
            n, at least 1.
        rng : Generator, SeedSequence, int or None
            Passed to `numpy.random.default_rng`.

        Returns
        -------
        ndarray (size, n_features)
            One input a row, of zeros and ones.

        Raises
        ------
        TypeError, ValueError
            For a number of features that the distribution does not allow, or an unusable `rng`.
        """
        n = _checks.integer("n_features", n_features, minimum=1)
        self.activity(n)  # which refuses what the distribution does not allow
        return self._draw(n, _checks.generator(rng))

    @abstractmethod
    def _draw(self, n: int, rng: np.random.Generator) -> FloatArray: ...


@dataclass(frozen=True, kw_only=True)
class Bernoulli(Inputs):
    """Inputs in which every feature is active with probability p, independently of the others.

    As p → 0 the scaled loss becomes the published one.

    Parameters
    ----------
    probability : float
        p, positive and at most 1.
    size : int
        How many inputs a batch has, at least 1; inputs without an active feature count. Well above
        1/p: where a feature is seldom in a batch, the few gradients it has are large.

    Raises
    ------
    TypeError, ValueError
        If p is no number in [1e-25, 1], or the size no whole number of at least 1.

    Examples
    --------
    >>> from polytheory.inputs import Bernoulli
    >>> batch = Bernoulli(probability=0.5, size=2000).sample(10, rng=0)
    >>> batch.shape, round(float(batch.mean()), 2)
    ((2000, 10), 0.5)
    """

    probability: float

    def __post_init__(self) -> None:
        super().__post_init__()
        p = _checks.scalar("probability", self.probability, low=1 / _checks.MAX_STRENGTH, high=1.0)
        object.__setattr__(self, "probability", p)

    def activity(self, n_features: int) -> float:  # noqa: ARG002  # the same for any number
        """Return p."""
        return self.probability

    def _draw(self, n: int, rng: np.random.Generator) -> FloatArray:
        return (rng.random((self.size, n)) < self.probability).astype(np.float64)


@dataclass(frozen=True, kw_only=True)
class KHot(Inputs):
    """Inputs in which k features are active, every choice of them as likely as any other.

    Parameters
    ----------
    active : int
        k, at least 1 and at most the number of features. With 1 the inputs are those of the paper,
        drawn at random instead of once each.
    size : int
        How many inputs a batch has, at least 1.

    Raises
    ------
    TypeError, ValueError
        If one of the two is no whole number of at least 1.

    Examples
    --------
    >>> from polytheory.inputs import KHot
    >>> KHot(active=2, size=3).sample(5, rng=0).sum(axis=1).tolist()
    [2.0, 2.0, 2.0]
    """

    active: int

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "active", _checks.integer("active", self.active, minimum=1))

    def activity(self, n_features: int) -> float:
        """Return k/n; ValueError if there are fewer features than are to be active."""
        if self.active > n_features:
            came = f"{n_features} with {self.active} of them active"
            raise _checks.refuse_value("n_features", came, f"at least {self.active}")
        return self.active / n_features

    def _draw(self, n: int, rng: np.random.Generator) -> FloatArray:
        # The k smallest of n random numbers are at any k places equally often.
        order = rng.random((self.size, n)).argpartition(self.active - 1, axis=1)
        batch = np.zeros((self.size, n))
        np.put_along_axis(batch, order[:, : self.active], 1.0, axis=1)
        return batch
