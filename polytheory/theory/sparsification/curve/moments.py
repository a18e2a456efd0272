r"""Truncated moments of the standard normal distribution, G_p(x) = E(|g| − x)₊^p for p = 0 … 4.

The closed forms in Q and φ cancel for p ≥ 2 at large x, so the moments are integrated:
:math:`G_p(x) = 2\varphi(x) I_p(x)` with :math:`I_p(x) = \int_0^\infty y^p e^{-xy-y^2/2}\,dy`, in
which nothing cancels and nothing underflows.
"""

import numpy as np
from numpy.polynomial.legendre import leggauss
from numpy.typing import ArrayLike
from scipy.special import erfc, erfcx

from polytheory._checks import FloatArray

__all__ = ["moments", "scaled_moments"]

_NODES, _WEIGHTS = leggauss(56)
_NODES = (_NODES + 1.0) / 2.0
_POWERS = _NODES ** np.arange(1, 5)[:, None] * (_WEIGHTS / 2.0)


def scaled_moments(x: ArrayLike) -> FloatArray:
    """Return I_p(x) for p = 0 … 4, shape (5, *x.shape): Gauss–Legendre, cut at exponent −50."""
    x = np.asarray(x, dtype=np.float64)
    width = 100.0 / (x + np.sqrt(x * x + 100.0))  # the root of x Y + Y²/2 = 50, uncancelled
    result = np.empty((5, *x.shape))
    result[0] = np.sqrt(np.pi / 2.0) * erfcx(x / np.sqrt(2.0))
    y = width[..., None] * _NODES
    kernel = np.exp(-y * (x[..., None] + y / 2.0))
    for power in range(1, 5):
        result[power] = kernel @ _POWERS[power - 1] * width ** (power + 1)
    return result


def moments(x: ArrayLike) -> FloatArray:
    """Return G_p(x) for p = 0 … 4, shape (5, *x.shape); 0 where it underflows."""
    x = np.asarray(x, dtype=np.float64)
    result = scaled_moments(x) * (np.sqrt(2.0 / np.pi) * np.exp(-x * x / 2.0))
    result[0] = erfc(x / np.sqrt(2.0))
    return np.asarray(result)
