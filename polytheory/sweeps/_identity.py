"""The identity of a sweep apart from its grid: a task and a seed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Identity:
    """Task and seed; sweeps that share them differ in their grids only.

    Attributes
    ----------
    task : str
        Module and name.
    entropy : int or tuple of int
    spawn_key : tuple of int
        Attributes of the `numpy.random.SeedSequence`.
    script : str
        Name of the script that defines the task; empty if a module does.
    """

    task: str
    entropy: int | tuple[int, ...]
    spawn_key: tuple[int, ...] = ()
    script: str = ""

    @classmethod
    def of(cls, task: str, seed: Any, script: str) -> Identity:
        """Return the identity of a sweep with the given `SeedSequence`."""
        several = isinstance(seed.entropy, Sequence | np.ndarray)
        entropy = tuple(map(int, seed.entropy)) if several else int(seed.entropy)
        return cls(task, entropy, tuple(map(int, seed.spawn_key)), script)

    def to_json(self) -> dict[str, str]:
        """Return the entries of the table ``about``."""
        return {name: json.dumps(value) for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, about: dict[str, str]) -> Identity:
        """Return the identity from the entries of the table ``about``."""
        values = {name: json.loads(value) for name, value in about.items()}
        given: Any = {n: tuple(v) if isinstance(v, list) else v for n, v in values.items()}
        return cls(**given)

    def seed(self) -> np.random.SeedSequence:
        """Return the seed of the sweep."""
        return np.random.SeedSequence(self.entropy, spawn_key=self.spawn_key)
