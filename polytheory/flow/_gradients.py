"""The gradient for one training step, with noise and inputs drawn for each step."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from polytheory._checks import Array
from polytheory.flow.batch import batch_gradient
from polytheory.notation import GRADIENT_FACTOR

#: Draws the random arrays of one instance for a number of steps from its stream: (steps, …).
Draw = Callable[[int, np.random.Generator], Array]

#: About this many values per instance are drawn in one call: few calls, little memory.
VALUES_PER_DRAW = 4096


class Gradient(Protocol):
    """The gradient of a block of instances (b, n, m) for one step, in loss units."""

    def write(self, W: Array, out: Array) -> None:
        """Write the gradient at `W` into `out`."""


class _Penalty:
    """λ_loss sign(W), with sign(0) = 0: |W_ik| is the only kink of the loss."""

    def __init__(self, like: Array, loss_l1: float) -> None:
        self.loss_l1, self._sign = loss_l1, np.empty_like(like)

    def add(self, W: Array, out: Array) -> None:
        np.sign(W, out=self._sign)
        self._sign *= self.loss_l1
        out += self._sign


class NoiseFreeGradient:
    """4 R W + λ_loss sign(W), R_ij = ReLU(G_ij) and R_ii = G_ii − 1, G = WWᵀ.

    The loss is ‖ReLU(G) − 1‖² + λ_loss‖W‖₁. Off the diagonal ReLU(G_ij)² is differentiable
    everywhere; on it G_ii > 0, unless the row is zero, and then it stays zero.
    """

    def __init__(self, like: Array, loss_l1: float) -> None:
        self._penalty = _Penalty(like, loss_l1)
        self._gram = np.empty((*like.shape[:-1], like.shape[-2]), like.dtype)

    def write(self, W: Array, out: Array) -> None:
        matrix = self._gram
        np.matmul(W, np.swapaxes(W, -1, -2), out=matrix)
        np.maximum(matrix, 0, out=matrix)
        np.einsum("...ii->...i", matrix)[...] -= 1  # a view of the diagonals
        np.matmul(matrix, W, out=out)
        out *= GRADIENT_FACTOR
        self._penalty.add(W, out)


class RandomBlocks:
    """Random arrays for a block of instances, one array per step from each instance's stream.

    The arrays of several steps are drawn at once. Their number depends on the shape alone, so the
    values depend neither on the other instances nor on the number of steps.

    Parameters
    ----------
    draw : callable
    streams : list of Generator
        One per instance.
    shape : tuple of int
        Shape of the array for one instance and step.
    dtype : dtype
    """

    def __init__(
        self,
        draw: Draw,
        streams: list[np.random.Generator],
        shape: tuple[int, int],
        dtype: np.dtype[Any],
    ) -> None:
        self._draw, self._streams = draw, streams
        steps = max(1, VALUES_PER_DRAW // math.prod(shape))
        self._block = np.empty((steps, len(streams), *shape), dtype)
        self._used = steps

    def next(self) -> Array:
        """Return the arrays for the next step, shape (instances, *shape)."""
        if self._used == len(self._block):
            for k, stream in enumerate(self._streams):
                self._block[:, k] = self._draw(len(self._block), stream)
            self._used = 0
        drawn: Array = self._block[self._used]
        self._used += 1
        return drawn


class NoisyGradient:
    """Dᵀ H + D W + λ_loss sign(W), H_i = W_i + ξ_i and D_ij = 2(ReLU(a_ij) − δ_ij 1{a_ii > 0}).

    The loss with this noise is Σ_i ‖ReLU(a_i) − e_i‖² + λ_loss‖W‖₁, a = H Wᵀ.
    """

    def __init__(self, like: Array, loss_l1: float, draws: RandomBlocks) -> None:
        self._penalty = _Penalty(like, loss_l1) if loss_l1 else None
        self._draws = draws
        self._hidden, self._encoded = np.empty_like(like), np.empty_like(like)
        self._outer = np.empty((*like.shape[:-1], like.shape[-2]), like.dtype)
        self._diagonal = np.einsum("...ii->...i", self._outer)  # a view
        self._active = np.empty(self._diagonal.shape, bool)

    def write(self, W: Array, out: Array) -> None:
        H, D, diagonal = self._hidden, self._outer, self._diagonal
        np.add(W, self._draws.next(), out=H)
        np.matmul(H, np.swapaxes(W, -1, -2), out=D)
        np.maximum(D, 0, out=D)
        np.greater(diagonal, 0, out=self._active)
        np.subtract(diagonal, self._active, out=diagonal)  # ReLU(a) > 0 where a > 0
        np.multiply(D, 2, out=D)
        np.matmul(D, W, out=out)
        np.matmul(np.swapaxes(D, -1, -2), H, out=self._encoded)
        np.add(out, self._encoded, out=out)
        if self._penalty is not None:
            self._penalty.add(W, out)


class BatchGradient:
    """The gradient on inputs drawn for each step instead of the n basis vectors.

    Parameters
    ----------
    like : ndarray (b, n, m)
    loss_l1, scale : float
        See `polytheory.inputs.Inputs.scale`.
    inputs, noise : RandomBlocks
        The batches (B, n), and the noise (1 or B, m) or None.
    """

    def __init__(
        self,
        like: Array,
        loss_l1: float,
        scale: float,
        inputs: RandomBlocks,
        noise: RandomBlocks | None,
    ) -> None:
        self._penalty = _Penalty(like, loss_l1)
        self._scale, self._inputs, self._noise = scale, inputs, noise

    def write(self, W: Array, out: Array) -> None:
        noise = None if self._noise is None else self._noise.next()
        out[...] = batch_gradient(W, self._inputs.next(), self._scale, noise)
        self._penalty.add(W, out)
