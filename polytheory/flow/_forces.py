"""The smooth force of the flow and a bound on its stiffness, with and without noise.

Let a be the arguments of the ReLU, y = ReLU(a), and P the mask a > 0. The second variation of
¼L = ¼ E‖y − 1‖², ½ E‖P∘a'‖² + Σ E(y − 1)_ij P_ij V_i·V_j, is at most
(2‖G‖ + ½nσ² + ‖E y − 1‖)‖V‖² away from the kinks of the ReLU. Power iteration underestimates norms.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from polytheory._checks import Array
from polytheory.flow._orthant import AveragedOrthant, DenseOrthant, Orthant, SparseOrthant, residual
from polytheory.noise import Noise, averaging

#: Cost of a pair of living weights, in entries of the dense arrays.
PAIR_COST = 2
SAFETY_FACTOR = 1.05  # for the error of power iteration
#: Power iterations from a vector of ones, and from that of the last evaluation. Stopping where the
#: estimate hardly grows is not safe: from ones it was seen to pause at 0.6 of the eigenvalue.
FIRST_ITERATIONS, ITERATIONS = 8, 3
#: Only a step that will be refused leads to weights beyond this.
MAX_WEIGHT = 1e6
#: Tolerance of the averages: relative to that of a step, and its upper limit.
QUADRATURE, LOOSEST_QUADRATURE = 1e-3, 1e-6


class Forces(Protocol):
    """The smooth force on one instance (n, m)."""

    def evaluate(self, W: Array) -> tuple[Array, float]:
        """Return the force and a bound on the spectral radius of its Jacobian."""

    def __call__(self, W: Array) -> Array:
        """Return the force."""

    def orthant(self, signs: Array, l1_strength: float) -> Orthant:
        """Return the flow with frozen signs, in its cheapest form."""


class _Stiffness:
    """Power iteration for the two norms, started from the vectors of the last evaluation."""

    def __init__(self) -> None:
        self._gram_vector: Array | None = None
        self._residual_vector: Array | None = None

    def bound(self, gram: Array, matrix: Array, shake: float) -> float:
        """Return the bound, given the Gram matrix, the symmetrized E y − 1 and ½nσ²."""
        top_gram, self._gram_vector = _largest_eigenvalue(gram, self._gram_vector)
        top, self._residual_vector = _largest_eigenvalue(matrix, self._residual_vector)
        return max(SAFETY_FACTOR * (2.0 * top_gram + top + shake), 1.0)


def _largest_eigenvalue(matrix: Array, before: Array | None) -> tuple[float, Array]:
    """Return an estimate of the largest |eigenvalue| of a symmetric matrix and its eigenvector.

    `before` is the vector of a matrix not far from this one, or None at the start.
    """
    start = np.ones(len(matrix), matrix.dtype) if before is None else before
    vector, size = start, 0.0
    for _ in range(FIRST_ITERATIONS if before is None else ITERATIONS):
        image = matrix @ vector
        size = float(np.linalg.norm(image))
        if not size > 0.0:  # the guess is in the null space
            return float(np.abs(matrix).sum(axis=-1).max()), start
        vector = image / size
    return size, vector


class NoiseFree:
    """−R W, with R_ij = ReLU(W_i·W_j) and R_ii = ‖W_i‖² − 1."""

    def __init__(self) -> None:
        self._stiffness = _Stiffness()

    def evaluate(self, W: Array) -> tuple[Array, float]:
        """Return the force and a bound on the spectral radius of its Jacobian."""
        gram = W @ W.T
        matrix = residual(gram.copy())
        force = matrix @ W
        return np.negative(force, out=force), self._stiffness.bound(gram, matrix, 0.0)

    def __call__(self, W: Array) -> Array:
        """Return the force."""
        return np.asarray(-(residual(W @ W.T) @ W))

    def orthant(self, signs: Array, l1_strength: float) -> Orthant:
        """Return the dense form, or the sparse one if few weights live."""
        if PAIR_COST * SparseOrthant.pairs(signs) < signs.size:
            return SparseOrthant(signs, l1_strength)
        return DenseOrthant(signs, l1_strength)


class Averaged:
    """The force averaged over the noise on the hidden layer.

    Parameters
    ----------
    noise : Noise
    rtol : float
        Tolerance of the steps, from which that of the averages follows.
    """

    def __init__(self, noise: Noise, rtol: float) -> None:
        self.noise = noise
        accuracy = max(1e-14, min(QUADRATURE * rtol, LOOSEST_QUADRATURE))
        self._average = averaging(noise, rtol=accuracy)
        self._stiffness = _Stiffness()

    def evaluate(self, W: Array) -> tuple[Array, float]:
        """Return the force and a bound on the spectral radius of its Jacobian."""
        if not np.abs(W).max() <= MAX_WEIGHT:  # also true for NaN
            return np.full_like(W, np.nan), 1.0
        exact = W.astype(np.float64, copy=False)
        seen = self._average(exact)
        error = seen.reconstruction - np.eye(len(W))
        bound = self._stiffness.bound(
            exact @ exact.T, 0.5 * (error + error.T), 0.5 * len(W) * self.noise.std**2
        )
        return seen.force.astype(W.dtype, copy=False), bound

    def __call__(self, W: Array) -> Array:
        """Return the force."""
        if not np.abs(W).max() <= MAX_WEIGHT:
            return np.full_like(W, np.nan)
        return self._average(W.astype(np.float64, copy=False)).force.astype(W.dtype, copy=False)

    def orthant(self, signs: Array, l1_strength: float) -> Orthant:
        """Return the dense form: the noise moves dead weights, too."""
        return AveragedOrthant(self, signs, l1_strength)
