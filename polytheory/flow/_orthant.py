"""The flow within one orthant, where no weight changes sign: smooth in the free weights.

With the signs s frozen, W' = f(W) − λ s, f the smooth force, for the weights with s = ±1; those
with s = 0 are held at zero. Without noise there are two forms: a dense array of all weights, or a
list of the free ones with the pairs that share a neuron. With noise the array is dense and f is an
argument.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from polytheory._checks import Array
from polytheory.flow._rkl import blas, combine, pieces


class Orthant(Protocol):
    """The flow with frozen signs, in a vector x of weights."""

    @property
    def signs(self) -> Array:
        """s, for each entry of x."""

    def gather(self, W: Array) -> Array:
        """Return the vector of an array W of weights or forces; it may share memory."""

    def scatter(self, x: Array) -> Array:
        """Return W from its vector; it may share memory."""

    def stage(self, x: Array, before: Array, nu: float, mu: float, a: float) -> None:
        """Overwrite `before` with ν before + μ x + a x'; held weights get any value."""


def residual(gram: Array) -> Array:
    """Overwrite the Gram matrix with the matrix R of the smooth force −R W, and return it.

    R_ij = ReLU(G_ij) off the diagonal, R_ii = ‖W_i‖² − 1.
    """
    np.maximum(gram, np.zeros(len(gram), gram.dtype), out=gram)  # three times faster than with 0
    gram.flat[:: len(gram) + 1] -= 1
    return gram


def frozen_signs(W: Array, force: Array, l1_strength: float) -> Array:
    """Return the sign that each weight may have during a step; 0 holds it at zero.

    A zero weight revives if the force on it exceeds λ. A force above λ/2 could reach λ within the
    step, so such a weight is left free; the projection to x ≥ 0 keeps it at zero until then.
    """
    signs = np.empty(W.shape, W.dtype)
    w, f, s = W.ravel(), force.ravel(), signs.ravel()
    for piece in pieces(w.size):
        np.sign(w[piece], out=s[piece])
        pushed = np.flatnonzero((w[piece] == 0) & (np.abs(f[piece]) > 0.5 * l1_strength))
        s[piece][pushed] = np.sign(f[piece][pushed])
    return signs


class _AllWeights:
    """Common part of the dense forms: x contains every weight."""

    def __init__(self, signs: Array, l1_strength: float) -> None:
        self.shape, self.signs, self.l1_strength = signs.shape, signs.ravel(), l1_strength

    def gather(self, W: Array) -> Array:
        """Return the vector of an array W of weights or forces, a view."""
        return W.ravel()

    def scatter(self, x: Array) -> Array:
        """Return W from its vector, a view."""
        return x.reshape(self.shape)


class DenseOrthant(_AllWeights):
    """The noise-free flow of all weights: a stage is two symmetric matrix products.

    With q = a/μ, ν B + μ W + a W' = ν B − μ (q R − 1) W − a λ s, and q R = ReLU(q WWᵀ) off the
    diagonal. BLAS applies the factors, and computes and reads one triangle only.

    Parameters
    ----------
    signs : ndarray (n, m)
    l1_strength : float
    """

    def __init__(self, signs: Array, l1_strength: float) -> None:
        super().__init__(signs, l1_strength)
        n, kind = len(signs), signs.dtype
        self._gram = np.zeros((n, n), kind, order="F")
        self._diagonal = self._gram.ravel(order="K")[:: n + 1]
        self._zeros = np.zeros(n, kind)
        self._axpy, self._syrk, self._symm = (
            blas(name, kind.char) for name in ("axpy", "syrk", "symm")
        )

    def stage(self, x: Array, before: Array, nu: float, mu: float, a: float) -> None:
        """Overwrite `before` with ν before + μ x + a x'; held weights get any value."""
        # BLAS takes arrays by columns: those of the transposes.
        W, B, gram = x.reshape(self.shape).T, before.reshape(self.shape).T, self._gram
        self._syrk(a / mu, W, c=gram, trans=1, overwrite_c=1)
        np.maximum(gram.T, self._zeros, out=gram.T)
        self._diagonal -= 1.0 + a / mu
        self._symm(-mu, gram, W, beta=nu, c=B, side=1, overwrite_c=1)
        self._axpy(self.signs, before, a=-a * self.l1_strength)


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
        super().__init__(signs, l1_strength)
        self.force = force
        self._pull = signs.dtype.type(l1_strength) * self.signs

    def stage(self, x: Array, before: Array, nu: float, mu: float, a: float) -> None:
        """Overwrite `before` with ν before + μ x + a x'; held weights get any value."""
        slope = self.gather(self.force(self.scatter(x))) - self._pull
        combine(slope, x, before, nu, mu, a)


class SparseOrthant:
    """The noise-free flow of the free weights: a sum over pairs of weights on the same neuron.

    Parameters
    ----------
    signs : ndarray (n, m)
    l1_strength : float
    """

    def __init__(self, signs: Array, l1_strength: float) -> None:
        self._like = signs
        self._neuron, self._feature = np.nonzero(signs.T)  # sorted by neuron
        self.signs = signs[self._feature, self._neuron].astype(np.float64)
        self._pull = l1_strength * self.signs
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
        """Return the free weights, or the forces on them, in double precision."""
        return W[self._feature, self._neuron].astype(np.float64)

    def scatter(self, x: Array) -> Array:
        """Return W from its free weights."""
        W = np.zeros_like(self._like)
        W[self._feature, self._neuron] = x
        return W

    def stage(self, x: Array, before: Array, nu: float, mu: float, a: float) -> None:
        """Overwrite `before` with ν before + μ x + a x'; held weights get any value."""
        n, right = len(self._like), x[self._right]
        gram = np.bincount(self._cell, weights=x[self._left] * right, minlength=n * n)
        residual(gram.reshape(n, n))
        force = np.add.reduceat(gram[self._cell] * right, self._starts)
        combine(-force - self._pull, x, before, nu, mu, a)
