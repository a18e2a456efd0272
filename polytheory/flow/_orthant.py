"""The flow within one orthant, where no weight changes sign: smooth in the sizes x = |W| ≥ 0.

With the signs s frozen, W = s∘x and x' = s∘f(s∘x) − λ, f the smooth force. Without noise there are
two forms: a dense array of all weights, or a list of the living ones with the pairs that share a
neuron. With noise the array is dense and f is an argument.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from polytheory._checks import Array


class Orthant(Protocol):
    """The flow with frozen signs, in a vector x of sizes."""

    def gather(self, W: Array) -> Array:
        """Return s∘W as a vector, for an array W of weights or forces."""

    def scatter(self, x: Array) -> Array:
        """Return W from its sizes."""

    def slope(self, x: Array, out: Array) -> None:
        """Write x' into `out`."""


def residual(gram: Array) -> Array:
    """Overwrite the Gram matrix with the matrix R of the smooth force −R W, and return it.

    R_ij = ReLU(G_ij) off the diagonal, R_ii = ‖W_i‖² − 1.
    """
    np.maximum(gram, 0, out=gram)
    gram.flat[:: len(gram) + 1] -= 1
    return gram


def frozen_signs(W: Array, force: Array, l1_strength: float) -> Array:
    """Return the sign that each weight may have during a step; 0 holds it at zero.

    A zero weight revives if the force on it exceeds λ. A force above λ/2 could reach λ within the
    step, so such a weight is left free; the projection to x ≥ 0 keeps it at zero until then.
    """
    zero = W == 0
    pushed = zero & (np.abs(force) > 0.5 * l1_strength)
    return np.where(pushed, np.sign(force), np.sign(W))


class _AllWeights:
    """Common part of the dense forms: x contains every weight."""

    def __init__(self, signs: Array) -> None:
        self.signs = signs

    def gather(self, W: Array) -> Array:
        """Return s∘W as a vector, for an array W of weights or forces."""
        return np.ravel(W * self.signs)

    def scatter(self, x: Array) -> Array:
        """Return W from its sizes."""
        return x.reshape(self.signs.shape) * self.signs


class DenseOrthant(_AllWeights):
    """The noise-free flow of all weights; two matrix products per evaluation.

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
    """The flow of all weights under a given smooth force.

    Parameters
    ----------
    force : callable
        ``force(W)``.
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
    """The noise-free flow of the free weights: a sum over pairs of weights on the same neuron.

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
        """Return the number of ordered pairs of weights on the same neuron, self-pairs included."""
        on_neuron = np.count_nonzero(signs, axis=0)
        return int(on_neuron @ on_neuron)

    def gather(self, W: Array) -> Array:
        """Return s∘W of the free weights, for an array W of weights or forces."""
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
