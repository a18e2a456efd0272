"""Functionals of noise with adjustable kurtosis, by enumeration.

A component is √(1−a) Gaussian + √a bipolar: its variance is 1, its excess kurtosis −2a² and its
sixth cumulant 16a³. Given the 2^m signs of the bipolar part, z is Gaussian, so every functional is
an exact finite mean of Gaussian ones.
"""

import itertools
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from polytheory._checks import FloatArray


class Moments(NamedTuple):
    """E ReLU(μ + z)², 2 E ReLU(μ + z), and the derivative of the first by the row."""

    second: FloatArray
    slope: FloatArray
    by_row: FloatArray


def cumulants(bipolar_share: float) -> dict[str, float]:
    """Return the cumulants of a component with the given bipolar share of the variance."""
    return {"excess_kurtosis": -2.0 * bipolar_share**2, "sixth_cumulant": 16.0 * bipolar_share**3}


def all_signs(n_neurons: int) -> FloatArray:
    """Return all 2^m sign vectors."""
    return np.array(list(itertools.product([-1.0, 1.0], repeat=n_neurons)))


def moments(overlaps: FloatArray, row: FloatArray, std: float, bipolar_share: float) -> Moments:
    """Return the functionals of one row at some overlaps (k,); the last has shape (k, m)."""
    bipolar = std * np.sqrt(bipolar_share) * all_signs(row.size)
    s = std * np.sqrt((1.0 - bipolar_share) * (row @ row))
    mean = overlaps[:, None] + bipolar @ row
    x = mean / s
    passes, density = ndtr(x), np.exp(-x * x / 2.0) / np.sqrt(2.0 * np.pi)
    first = mean * passes + s * density
    second = (mean**2 + s**2) * passes + mean * s * density
    shared = 2.0 * first @ bipolar / len(bipolar)
    own = 2.0 * (1.0 - bipolar_share) * std**2 * passes.mean(axis=1)[:, None] * row
    return Moments(second.mean(axis=1), 2.0 * first.mean(axis=1), shared + own)


def noise_gradient(W: FloatArray, std: float, bipolar_share: float) -> FloatArray:
    """Return the gradient of Σ_{i≠j} E ReLU(W_i·W_j + z_j)², which couples the rows."""
    gradient = np.zeros_like(W)
    gram = W @ W.T
    for j, row in enumerate(W):
        others = np.delete(np.arange(len(W)), j)
        seen = moments(gram[others, j], row, std, bipolar_share)
        gradient[j] += seen.slope @ W[others] + seen.by_row.sum(axis=0)
        gradient[others] += seen.slope[:, None] * row
    return gradient
