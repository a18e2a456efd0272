"""Moments of a standard normal variable behind a ReLU, without cancellation in the tail.

Functions of x = μ/s used by the formulas of the theory. `polytheory.noise` contains F itself.
"""

import numpy as np
from scipy.special import erfcx, ndtr

from polytheory._checks import FloatArray


def density(x: FloatArray) -> FloatArray:
    """Return φ(x)."""
    return np.asarray(np.exp(-np.square(x) / 2.0) / np.sqrt(2.0 * np.pi))


def distribution(x: FloatArray) -> FloatArray:
    """Return Φ(x)."""
    return np.asarray(ndtr(x))


def _mills(y: FloatArray) -> FloatArray:
    """Return Φ(−y)/φ(y) for y ≥ 0."""
    return np.asarray(np.sqrt(np.pi / 2.0) * erfcx(y / np.sqrt(2.0)))


def rectified_mean(x: FloatArray) -> FloatArray:
    """Return h₁(x) = E ReLU(x + Z) = xΦ(x) + φ(x) = x₊ + h₁(−|x|)."""
    y = np.minimum(np.abs(x), 40.0)  # beyond, φ is zero
    return np.asarray(np.maximum(x, 0.0) + density(x) * (1.0 - y * _mills(y)))


def rectified_square(x: FloatArray) -> FloatArray:
    """Return E ReLU(x + Z)² = (1 + x²)Φ(x) + xφ(x), whose values at ±x add up to 1 + x²."""
    y = np.minimum(np.abs(x), 40.0)
    tail = density(x) * ((1.0 + y * y) * _mills(y) - y)
    return np.where(x > 0.0, 1.0 + np.square(x) - tail, tail)
