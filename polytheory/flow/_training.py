"""The training loop, with records at the requested steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from polytheory import _checks
from polytheory._checks import Array, FloatArray
from polytheory.flow._gradients import Gradient
from polytheory.flow._optimizers import Optimizer
from polytheory.flow.trajectory import Recorder

#: A weight beyond this diverges; the square of its gradient still fits in a float32.
MAX_WEIGHT = 1e4


class Training:
    """A block of instances (b, n, m), trained together without allocating memory.

    Parameters
    ----------
    W : ndarray (b, n, m)
        Initial encodings; overwritten.
    gradient : Gradient
    optimizer : Optimizer
    check_every : int
        Steps between two checks of the weights; they are also checked before a record and at the
        end.

    Attributes
    ----------
    state : (ndarray, int)
        Encodings and number of steps taken; replaced together, so that they agree whenever a run is
        interrupted.
    """

    def __init__(
        self, W: Array, gradient: Gradient, optimizer: Optimizer, check_every: int
    ) -> None:
        self.state = W, 0
        self.gradient, self.optimizer, self.check_every = gradient, optimizer, check_every
        self._other, self._slope = np.empty_like(W), np.empty_like(W)

    def follow(
        self,
        asked: FloatArray,
        steps: int,
        recorder: Recorder,
        instances: list[tuple[int, ...]],
        bar: Any,
    ) -> None:
        """Take all steps and record the requested ones."""
        for when, stop in enumerate([*asked.tolist(), steps]):
            while self.state[1] < stop:
                self.step()
                bar.update(len(instances))
                if self.state[1] % self.check_every == 0:
                    self.check()
            self.check()
            if when < asked.size:
                for instance, W in zip(instances, self.state[0], strict=True):
                    recorder.record(when=when, instance=instance, encodings=W)

    def step(self) -> None:
        """Take one step."""
        (W, taken), other = self.state, self._other
        self.gradient.write(W, self._slope)
        self.optimizer.move(W, self._slope, other)
        self.state, self._other = (other, taken + 1), W

    def check(self) -> None:
        """Refuse the learning rate if a weight has diverged."""
        W, taken = self.state
        if not (W.max() <= MAX_WEIGHT and W.min() >= -MAX_WEIGHT):  # also true for NaN
            came = f"{self.optimizer.learning_rate:g}: one leaves that range by step {taken}"
            allowed = f"so small that weights stay within ±{MAX_WEIGHT:g}"
            raise _checks.refuse_value("learning_rate", came, allowed, "Lower it.")
