"""The published loss, its gradient, and the two optimizers that the published runs used."""

from __future__ import annotations

import math
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from polytheory import _checks
from polytheory._checks import FloatArray
from polytheory.flow.trajectory import Recorder
from polytheory.notation import GRADIENT_FACTOR

__all__ = ["DIVERGED", "AdamW", "Optimizer", "Sgd", "Training"]

Array = NDArray[Any]

#: A weight beyond this is not on its way to anything; its gradient squared is still a float32.
DIVERGED = 1e4


class Optimizer(Protocol):
    """A rule for the next encodings."""

    learning_rate: float

    def move(self, W: Array, gradient: Array, moved: Array) -> None:
        """Write the encodings after one step into `moved`; may overwrite `gradient`."""


class Sgd:
    """Gradient descent: W ← W − η g."""

    def __init__(self, learning_rate: float) -> None:
        self.learning_rate = learning_rate

    def move(self, W: Array, gradient: Array, moved: Array) -> None:
        np.multiply(gradient, self.learning_rate, out=gradient)
        np.subtract(W, gradient, out=moved)


class AdamW:
    """Adam with decoupled weight decay ω, operation by operation as in PyTorch.

    a ← β₁a + (1−β₁)g, v ← β₂v + (1−β₂)g², W ← (1−ηω)W − η a/(1−β₁ᵏ) / (√v/√(1−β₂ᵏ) + ε) in step k.
    """

    beta1, beta2, epsilon = 0.9, 0.999, 1e-8

    def __init__(self, like: Array, learning_rate: float, weight_decay: float) -> None:
        self.learning_rate, self.weight_decay, self.steps = learning_rate, weight_decay, 0
        self._mean, self._square = np.zeros_like(like), np.zeros_like(like)
        self._spare = np.empty_like(like)

    def move(self, W: Array, gradient: Array, moved: Array) -> None:
        self.steps += 1
        mean, square, spare = self._mean, self._square, self._spare
        np.square(gradient, out=spare)
        spare *= 1.0 - self.beta2
        square *= self.beta2
        square += spare
        np.subtract(gradient, mean, out=spare)
        spare *= 1.0 - self.beta1
        mean += spare

        np.sqrt(square, out=spare)
        spare /= math.sqrt(1.0 - self.beta2**self.steps)
        spare += self.epsilon
        np.divide(mean, spare, out=spare)
        spare *= self.learning_rate / (1.0 - self.beta1**self.steps)
        np.multiply(W, 1.0 - self.learning_rate * self.weight_decay, out=moved)
        moved -= spare


class Training:
    """A few instances (b, n, m), stepped together without allocating.

    Attributes
    ----------
    state : (ndarray, int)
        Encodings, and how many steps led to them; replaced as one, so that the two fit together
        whenever a run is interrupted.
    """

    def __init__(self, W: Array, loss_l1: float, optimizer: Optimizer) -> None:
        self.state = W, 0
        self.loss_l1, self.optimizer = loss_l1, optimizer
        self._other, self._gradient, self._scratch = (np.empty_like(W) for _ in range(3))
        self._gram = np.empty((*W.shape[:-1], W.shape[-2]), W.dtype)

    def follow(
        self,
        asked: FloatArray,
        steps: int,
        recorder: Recorder,
        instances: list[tuple[int, ...]],
        bar: Any,
    ) -> None:
        """Take all steps, and record at those asked for."""
        for when, stop in enumerate([*asked.tolist(), steps]):
            while self.state[1] < stop:
                self.step()
                bar.update(len(instances))
            if when < asked.size:
                for instance, W in zip(instances, self.state[0], strict=True):
                    recorder.record(when=when, instance=instance, encodings=W)

    def step(self) -> None:
        """Take one step."""
        (W, taken), other = self.state, self._other
        self._write_gradient(W)
        self.optimizer.move(W, self._gradient, other)
        np.abs(other, out=self._scratch)
        if not self._scratch.max() <= DIVERGED:  # NaN neither
            came = f"{self.optimizer.learning_rate:g}: one leaves that range at step {taken + 1}"
            allowed = f"so small that weights stay within ±{DIVERGED:g}"
            raise _checks.refuse_value("learning_rate", came, allowed, "Lower it.")
        self.state, self._other = (other, taken + 1), W

    def _write_gradient(self, W: Array) -> None:
        """Write 4 R W + λ_loss sign(W), R_ij = ReLU(G_ij) and R_ii = G_ii − 1, G = WWᵀ.

        The loss is ‖ReLU(G) − 1‖² + λ_loss‖W‖₁. ReLU(G_ij)² has a derivative at G_ij = 0 and
        G_ii > 0 unless the row is zero and stays so: only |W_ik| has a kink, and sign(0) = 0.
        """
        matrix, gradient, sign = self._gram, self._gradient, self._scratch
        np.matmul(W, np.swapaxes(W, -1, -2), out=matrix)
        np.maximum(matrix, 0, out=matrix)
        np.einsum("...ii->...i", matrix)[...] -= 1  # a view of the diagonals
        np.matmul(matrix, W, out=gradient)
        gradient *= GRADIENT_FACTOR
        np.sign(W, out=sign)
        sign *= self.loss_l1
        gradient += sign
