"""The flow while no weight changes sign: smooth, in the sizes x = |W| ≥ 0.

With the signs s frozen, W = s∘x and x' = s∘f(s∘x) − λ, f the smooth force. Without noise there are
two forms of it: all weights in a dense array, or only the living ones in a list with the pairs that
share a neuron. With noise every weight takes part, and f is whatever force is given.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from polytheory._checks import Array


class Orthant(Protocol):
    """The flow with frozen signs, in a vector x of sizes."""

    def gather(self, W: Array) -> Array:
        """Return, for an array like W that agrees with the signs, s∘W as a vector."""

    def scatter(self, x: Array) -> Array:
        """Return W from its sizes."""

    def slope(self, x: Array, out: Array) -> None:
        """Write x' into `out`."""


def residual(gram: Array) -> Array:
    """Turn the Gram matrix, in place, into the matrix R of the smooth force −R W.

    R_ij = ReLU(G_ij) off the diagonal, R_ii = ‖W_i‖² − 1.
    """
    np.maximum(gram, 0, out=gram)
    gram.flat[:: len(gram) + 1] -= 1
    return gram


def frozen_signs(W: Array, force: Array, l1_strength: float) -> Array:
    """Return the sign that each weight may have during a step, 0 if it is held at zero.

    A zero weight revives if it is pushed harder than λ. One that is pushed half as hard could
    get there within the step, so it is left free, and the projection to x ≥ 0 holds it meanwhile.
    """
    zero = W == 0
    pushed = zero & (np.abs(force) > 0.5 * l1_strength)
    return np.where(pushed, np.sign(force), np.sign(W))


class _AllWeights:
    """Every weight takes part."""

    def __init__(self, signs: Array) -> None:
        self.signs = signs

    def gather(self, W: Array) -> Array:
        """Return, for an array like W that agrees with the signs, s∘W as a vector."""
        return np.ravel(W * self.signs)

    def scatter(self, x: Array) -> Array:
        """Return W from its sizes."""
        return x.reshape(self.signs.shape) * self.signs


class DenseOrthant(_AllWeights):
    """Every weight takes part; two matrix products an evaluation.

    Parameters
    ----------
    W, signs : ndarray (n, m)
    l1_strength : float
    """

    def __init__(self, W: Array, signs: Array, l1_strength: float) -> None:
        super().__init__(signs)
        self.l1_strength = W.dtype.type(l1_strength)
        self._W, self._force = np.empty_like(W), np.empty_like(W)
        self._gram = np.empty((len(W), len(W)), W.dtype)

    def slope(self, x: Array, out: Array) -> None:
        """Write x' into `out`."""
        W = np.multiply(x.reshape(self.signs.shape), self.signs, out=self._W)
        np.matmul(W, W.T, out=self._gram)
        np.matmul(residual(self._gram), W, out=self._force)
        moved = out.reshape(W.shape)
        np.multiply(self._force, self.signs, out=moved)
        np.subtract(-self.l1_strength, moved, out=moved)


class AveragedOrthant(_AllWeights):
    """Every weight takes part, under any smooth force.

    Parameters
    ----------
    force : callable
        Of W.
    signs : ndarray (n, m)
    l1_strength : float
    """

    def __init__(self, force: Callable[[Array], Array], signs: Array, l1_strength: float) -> None:
        super().__init__(signs)
        self.force, self.l1_strength = force, signs.dtype.type(l1_strength)

    def slope(self, x: Array, out: Array) -> None:
        """Write x' into `out`."""
        np.subtract(self.gather(self.force(self.scatter(x))), self.l1_strength, out=out)


class SparseOrthant:
    """Only weights that may move take part: one sum over pairs of weights on the same neuron.

    Parameters
    ----------
    signs : ndarray (n, m)
    l1_strength : float
    """

    def __init__(self, signs: Array, l1_strength: float) -> None:
        self.signs, self.l1_strength = signs, l1_strength
        self._neuron, self._feature = np.nonzero(signs.T)  # sorted by neuron
        self._sign = signs[self._feature, self._neuron].astype(np.float64)
        on_neuron = np.bincount(self._neuron, minlength=signs.shape[1])
        partners = on_neuron[self._neuron]
        self._starts = np.cumsum(partners) - partners
        first = (np.cumsum(on_neuron) - on_neuron)[self._neuron]
        left = np.repeat(np.arange(partners.size), partners)
        self._right = np.arange(left.size) + np.repeat(first - self._starts, partners)
        self._left = left
        self._cell = self._feature[left] * len(signs) + self._feature[self._right]

    @staticmethod
    def pairs(signs: Array) -> int:
        """Return how many pairs of weights (with repetition) share a neuron."""
        on_neuron = np.count_nonzero(signs, axis=0)
        return int(on_neuron @ on_neuron)

    def gather(self, W: Array) -> Array:
        """Return, for an array like W that agrees with the signs, s∘W of the free weights."""
        return W[self._feature, self._neuron] * self._sign

    def scatter(self, x: Array) -> Array:
        """Return W from the sizes of the free weights."""
        W = np.zeros_like(self.signs)
        W[self._feature, self._neuron] = x * self._sign
        return W

    def slope(self, x: Array, out: Array) -> None:
        """Write x' into `out`."""
        n, w = len(self.signs), x * self._sign
        right = w[self._right]
        gram = np.bincount(self._cell, weights=w[self._left] * right, minlength=n * n)
        residual(gram.reshape(n, n))
        force = np.add.reduceat(gram[self._cell] * right, self._starts)
        np.subtract(-self.l1_strength, force * self._sign, out=out)
