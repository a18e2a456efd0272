"""The numbers of a diagnosis, from which its text and its plain data are derived."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from polytheory._checks import FloatArray, freeze, printable
from polytheory._foreign import Names
from polytheory.diagnosis._chance import Chance
from polytheory.diagnosis._sharing import SharedNeuron


@dataclass(frozen=True, eq=False)
class Finding:
    """The numbers of a diagnosis; the subclass `Diagnosis` adds the text."""

    n_features: int
    n_neurons: int
    carrier_rule: str
    carriers: NDArray[np.int64]
    carrier_signs: NDArray[np.int64]
    shared: tuple[SharedNeuron, ...]
    nonzero_count: NDArray[np.int64]
    participation_ratio: FloatArray
    dimensionality: FloatArray
    concentrated: int
    ties: int
    largest_weights: tuple[float, float]
    necessary: int
    chance: Chance | None
    l1_strength: float | None
    measured: tuple[float, float] | None
    few_body: tuple[float, float] | None
    flow: Chance | None
    winner_fidelity: float | None
    dead_neurons: NDArray[np.int64]
    unit_columns: bool
    feature_names: Names | None = None
    neuron_names: Names | None = None

    def __post_init__(self) -> None:
        freeze(self)

    def feature(self, i: int) -> str:
        """The name of feature i, else its number; control characters are escaped."""
        return printable(self.feature_names[i]) if self.feature_names else str(i)

    def neuron(self, k: int) -> str:
        """The name of neuron k, else its number; control characters are escaped."""
        return printable(self.neuron_names[k]) if self.neuron_names else str(k)

    @property
    def polysemantic_neurons(self) -> int:
        """Number of neurons that carry two or more features."""
        return len(self.shared)

    @property
    def opposite_pairs(self) -> int:
        """Number of pairs of features on one neuron with opposite signs."""
        return sum(each.opposite_pairs for each in self.shared)

    @property
    def same_pairs(self) -> int:
        """Number of pairs of features on one neuron with the same sign."""
        return sum(each.same_pairs for each in self.shared)

    @property
    def most(self) -> int:
        """The largest number of features on one neuron."""
        return max((each.features for each in self.shared), default=int(self.carried > 0))

    @property
    def carried(self) -> int:
        """Number of features that a neuron carries."""
        return int(np.count_nonzero(self.carriers >= 0))

    @property
    def n_living(self) -> int:
        """Number of features with a non-zero weight."""
        return int(np.count_nonzero(self.nonzero_count))

    @property
    def dead(self) -> NDArray[np.int64]:
        """Features whose weights are all zero."""
        return np.flatnonzero(self.nonzero_count == 0)

    @property
    def distributed(self) -> NDArray[np.int64]:
        """Living features that no neuron carries."""
        return np.flatnonzero((self.nonzero_count > 0) & (self.carriers < 0))

    @property
    def carrier_picture(self) -> bool:
        """Whether at least half of the living features are concentrated on one neuron."""
        return self.n_living > 0 and 2 * self.concentrated >= self.n_living
