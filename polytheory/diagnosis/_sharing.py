"""The neurons that carry several features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class SharedNeuron:
    """A neuron that carries two or more features.

    Attributes
    ----------
    neuron : int
    positive, negative : tuple of int
        The features it carries with positive and with negative weight.
    """

    neuron: int
    positive: tuple[int, ...]
    negative: tuple[int, ...]

    @property
    def features(self) -> int:
        """Number of features that it carries."""
        return len(self.positive) + len(self.negative)

    @property
    def opposite_pairs(self) -> int:
        """Number of pairs of features of opposite sign."""
        return len(self.positive) * len(self.negative)

    @property
    def same_pairs(self) -> int:
        """Number of pairs of features of the same sign."""
        p, q = len(self.positive), len(self.negative)
        return (p * (p - 1) + q * (q - 1)) // 2

    def __str__(self) -> str:
        signed = [f"+{i}" for i in self.positive] + [f"−{i}" for i in self.negative]
        return f"{self.neuron}: {' '.join(signed)}"


def shared_neurons(
    carriers: NDArray[np.int64], signs: NDArray[np.int64]
) -> tuple[SharedNeuron, ...]:
    """Return the neurons that carry two or more features, in ascending order."""
    at: dict[int, list[int]] = {}
    for feature in np.flatnonzero(carriers >= 0).tolist():
        at.setdefault(int(carriers[feature]), []).append(feature)
    return tuple(
        SharedNeuron(
            neuron,
            tuple(i for i in features if signs[i] > 0),
            tuple(i for i in features if signs[i] < 0),
        )
        for neuron, features in sorted(at.items())
        if len(features) > 1
    )


def least_shared(carried: int, n_neurons: int, most_on_one: int) -> int:
    """Return how many neurons must be shared if none carries more than `most_on_one` features.

    With one feature on each of m neurons, k − m features are left, and a shared neuron carries at
    most c − 1 of them. For c = 2 this is `theory.collisions.necessary_polysemantic`.
    """
    surplus = max(carried - n_neurons, 0)
    return -(-surplus // max(most_on_one - 1, 1))
