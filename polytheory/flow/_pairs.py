"""Two runs of one instance side by side, the second finer, and which winners they make certain."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from polytheory._checks import Array, FloatArray
from polytheory.flow._engines import Engine
from polytheory.flow.estimates import SAFETY

__all__ = ["APART", "FINER", "follow_both", "winners"]

#: Factor between the tolerances. A quarter of the tolerance allows half of Heun's step √rtol; the
#: other steps are halved explicitly, and the order of the methods is two.
FINER = 4.0
#: A winner is certain if the runs were never further apart than this, in units of the length of
#: the row. If both runs fall on the wrong side of the same close competition, the wrong lead of the
#: first is four times that of the second or more, so that it decides earlier by ln 4 of the time in
#: which a lead grows by e, which sets weights apart by up to tanh(ln 4/4) = 1/3 of their size. The
#: smallest distance seen in a winner that both runs had wrong before they settled is 0.17.
APART = 0.1


class Run(Protocol):
    """The run of one instance. No step crosses `halt`."""

    engine: Engine
    lam: float
    halt: float

    def steps(self) -> Iterator[float]:
        """Integrate to the end; yield the time after each step."""


def follow_both(run: Run, fine: Run) -> NDArray[np.bool_]:
    """Integrate both to the end; return for which features no competition was within the error.

    The finer run halves each step of the first, whatever limits it: tolerance, stability, or a
    requested time. Once a run has settled, the largest weight of a row wins, so its lead must
    exceed the error then. The largest distance stands for that: the last may be small by chance.
    """
    fine_steps, before = fine.steps(), run.engine.time
    apart = np.zeros(len(run.engine.W))
    for now in run.steps():
        for fine.halt in (0.5 * (before + now), now):
            while fine.engine.time < fine.halt and next(fine_steps, None) is not None:
                pass
        if fine.engine.time == now:  # otherwise it has ended
            apart = np.maximum(apart, _distance(run.engine.W, fine.engine.W, run.lam))
        before = now
    fine.halt = math.inf
    for _ in fine_steps:
        pass
    return np.asarray((apart <= APART) & (_lead(run.engine.W) > SAFETY * apart))


def _distance(W: Array, other: Array, l1_strength: float) -> FloatArray:
    """Return the distance of each row, relative to its length.

    Without noise a row shorter than λ dies for certain, so there the unit is λ.
    """
    length = np.maximum(np.linalg.norm(W, axis=-1), np.linalg.norm(other, axis=-1))
    unit = np.maximum(length, max(l1_strength, float(np.finfo(np.float64).tiny)))
    return np.asarray(np.linalg.norm(W - other, axis=-1) / unit)


def _lead(W: Array) -> FloatArray:
    """Return the lead of the largest weight of each row, relative to it; inf for a dead row."""
    size = np.sort(np.abs(np.pad(W, ((0, 0), (1, 0)))), axis=-1)  # for one neuron: the lead over 0
    with np.errstate(invalid="ignore"):  # 0/0 in a dead row
        return np.where(size[:, -1] == 0, np.inf, 1.0 - size[:, -2] / size[:, -1])


def winners(encodings: Array) -> NDArray[np.int64]:
    """Return the neuron of the largest weight of each feature, −1 for a dead one."""
    size = np.abs(encodings)
    return np.where(size.any(axis=-1), size.argmax(axis=-1), -1)
