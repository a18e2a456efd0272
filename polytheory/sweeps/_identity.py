"""What a sweep is besides its grid: a task and a seed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Identity:
    """What makes two sweeps the same but for their grids.

    Attributes
    ----------
    task : str
        Module and name.
    entropy : int or tuple of int
    spawn_key : tuple of int
        Of the `numpy.random.SeedSequence`.
    script : str
        Which one, if the task is not of a module.
    """

    task: str
    entropy: int | tuple[int, ...]
    spawn_key: tuple[int, ...] = ()
    script: str = ""

    @classmethod
    def of(cls, task: str, seed: Any, script: str) -> Identity:
        """Return the identity of a sweep with that `SeedSequence`."""
        several = isinstance(seed.entropy, Sequence | np.ndarray)
        entropy = tuple(map(int, seed.entropy)) if several else int(seed.entropy)
        return cls(task, entropy, tuple(map(int, seed.spawn_key)), script)

    def to_json(self) -> dict[str, str]:
        """Return what the table ``about`` holds."""
        return {name: json.dumps(value) for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, about: dict[str, str]) -> Identity:
        """Return the identity that a store holds."""
        values = {name: json.loads(value) for name, value in about.items()}
        given: Any = {n: tuple(v) if isinstance(v, list) else v for n, v in values.items()}
        return cls(**given)

    def seed(self) -> np.random.SeedSequence:
        """Return the seed of the sweep."""
        return np.random.SeedSequence(self.entropy, spawn_key=self.spawn_key)
