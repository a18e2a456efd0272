"""Distributions of inputs in which several features may be active.

A distribution is a value; its method `sample` draws a batch of inputs, in which features are 1 or
0. The published inputs are the n basis vectors.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from polytheory import _checks
from polytheory._checks import FloatArray

__all__ = ["Bernoulli", "Inputs", "KHot"]

#: Larger batches would not fit in memory.
_MAX_BATCH_SIZE = 10**7


@dataclass(frozen=True, kw_only=True)
class Inputs(ABC):
    r"""A distribution of inputs in batches of `size`; base class of all of them.

    Every feature is active with the same probability π, see `activity`. The loss of a batch,

    .. math:: L = \frac{1}{\pi B}\sum_{b=1}^B \|\mathrm{ReLU}(W W^\top x_b) - x_b\|^2,

    gives each feature the same weight as the published loss, whose inputs are the n basis vectors
    (B = n, π = 1/n), so that λ has the same meaning.

    Parameters
    ----------
    size : int
        B, the number of inputs per batch, at least 1.
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
        """Return 1/(πB), the factor of the summed squared error of a batch of B inputs.

        For n inputs with one active feature each, as published, it is 1.
        """
        return 1.0 / (self.activity(n_features) * self.size)

    def sample(self, n_features: int, *, rng: Any) -> FloatArray:
        """Return one random batch.

        Parameters
        ----------
        n_features : int
            n, at least 1.
        rng : Generator, SeedSequence, int or None
            Passed to `numpy.random.default_rng`.

        Returns
        -------
        ndarray (size, n_features)
            One input per row, of zeros and ones.

        Raises
        ------
        TypeError, ValueError
            If the distribution does not allow this number of features, or `rng` is invalid.
        """
        n = _checks.integer("n_features", n_features, minimum=1)
        self.activity(n)  # raises if the distribution does not allow n features
        return self._draw(n, _checks.generator(rng))

    @abstractmethod
    def _draw(self, n: int, rng: np.random.Generator) -> FloatArray: ...


@dataclass(frozen=True, kw_only=True)
class Bernoulli(Inputs):
    """Inputs in which each feature is active with probability p, independently.

    As p → 0 the scaled loss becomes the published one.

    Parameters
    ----------
    probability : float
        p, positive and at most 1.
    size : int
        Number of inputs per batch, at least 1, including those without an active feature. It should
        be well above 1/p: features that are rare in a batch have few, large gradients.

    Raises
    ------
    TypeError, ValueError
        If p is not a number in [1e-25, 1], or the size is not a whole number of at least 1.

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

    def activity(self, n_features: int) -> float:  # noqa: ARG002  # independent of n
        """Return p."""
        return self.probability

    def _draw(self, n: int, rng: np.random.Generator) -> FloatArray:
        return (rng.random((self.size, n)) < self.probability).astype(np.float64)


@dataclass(frozen=True, kw_only=True)
class KHot(Inputs):
    """Inputs with k active features, all sets of k features equally likely.

    Parameters
    ----------
    active : int
        k, at least 1 and at most the number of features. With 1 the inputs are those of the paper,
        drawn at random instead of once each.
    size : int
        Number of inputs per batch, at least 1.

    Raises
    ------
    TypeError, ValueError
        If one of the two is not a whole number of at least 1.

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
        """Return k/n; raise ValueError if k > n."""
        if self.active > n_features:
            came = f"{n_features} with {self.active} of them active"
            raise _checks.refuse_value("n_features", came, f"at least {self.active}")
        return self.active / n_features

    def _draw(self, n: int, rng: np.random.Generator) -> FloatArray:
        # The places of the k smallest of n random numbers are a uniformly random set of k.
        order = rng.random((self.size, n)).argpartition(self.active - 1, axis=1)
        batch = np.zeros((self.size, n))
        np.put_along_axis(batch, order[:, : self.active], 1.0, axis=1)
        return batch
