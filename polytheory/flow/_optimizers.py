"""The update rules of the published runs."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np

from polytheory._checks import Array


class Optimizer(Protocol):
    """An update rule for the encodings."""

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
