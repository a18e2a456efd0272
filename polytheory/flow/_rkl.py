"""The second-order Runge–Kutta–Legendre step: explicit, stabilized, optionally projected.

With s stages it is stable up to h ρ = (s² + s − 2)/2, ρ the spectral radius of the Jacobian, and s
Euler steps up to 2 s. This saves most of the work when the flow is stiff and slow.
Coefficients: Meyer, Balsara, Aslam, J. Comput. Phys. 257 (2014) 594, equations 15 to 18.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import cast

import numpy as np

from polytheory._checks import Array

#: With more stages, rounding errors grow noticeably in single precision.
MAX_STAGES = 151

#: Writes dx/dt at x into the second argument.
Slope = Callable[[Array, Array], None]


def longest_step(stages: int, stiffness: float) -> float:
    """Return the largest stable step, for a spectral radius `stiffness`."""
    return (stages * stages + stages - 2) / (2.0 * stiffness)


def stages_for(step: float, stiffness: float) -> int:
    """Return the smallest odd number of stages that is stable (even numbers damp badly)."""
    needed = math.ceil((math.sqrt(9.0 + 8.0 * step * stiffness) - 1.0) / 2.0)
    return min(max(needed | 1, 3), MAX_STAGES)


@cache
def _coefficients(stages: int) -> tuple[float, tuple[tuple[float, float, float, float], ...]]:
    """Return μ̃₁ and, for each later stage, μ, ν, μ̃ and γ̃."""
    b = [1.0 / 3.0] * 3
    b += [(j * j + j - 2) / (2.0 * j * (j + 1)) for j in range(3, stages + 1)]
    w = 4.0 / (stages * stages + stages - 2)
    later = []
    for j in range(2, stages + 1):
        mu = (2 * j - 1) / j * b[j] / b[j - 1]
        nu = -(j - 1) / j * b[j] / b[j - 2]
        later.append((mu, nu, mu * w, -(1.0 - b[j - 1]) * mu * w))
    return b[1] * w, tuple(later)


@cache
def _axpy(kind: str) -> Callable[..., Array]:
    """Return the BLAS routine y ← y + a x, for float32 or float64."""
    from scipy.linalg import get_blas_funcs  # takes a while to import

    return cast("Callable[..., Array]", get_blas_funcs("axpy", dtype=kind))


def project(x: Array) -> None:
    """Set negative entries to zero, in place."""
    np.maximum(x, 0, out=x)


def _leave(x: Array) -> None:
    """Leave x unchanged."""


def rkl_step(
    slope: Slope,
    x: Array,
    slope_at_x: Array,
    step: float,
    stages: int,
    *,
    non_negative: bool = True,
) -> Array:
    """Return x after one step; with `non_negative` every stage is projected to x ≥ 0.

    Parameters
    ----------
    slope : callable
        ``slope(x, out)``.
    x, slope_at_x : ndarray (k,)
        Contiguous, of one floating type; not changed.
    step : float
    stages : int
        Odd, at least 3.
    non_negative : bool

    Returns
    -------
    ndarray (k,)
    """
    axpy = _axpy(x.dtype.char)
    keep = project if non_negative else _leave
    first, later = _coefficients(stages)
    before: Array = x.copy()
    here: Array = axpy(slope_at_x, x.copy(), a=first * step)
    keep(here)
    moved = np.empty_like(x)
    for mu, nu, mu_slope, gamma in later:
        slope(here, moved)
        before *= nu
        before = axpy(here, before, a=mu)
        before = axpy(x, before, a=1.0 - mu - nu)
        before = axpy(moved, before, a=mu_slope * step)
        before = axpy(slope_at_x, before, a=gamma * step)
        keep(before)
        before, here = here, before
    return here


def defect(x: Array, slope_x: Array, y: Array, slope_y: Array, step: float) -> Array:
    """Return the error estimate of the RKC method for a second-order step from x to y.

    0.8 (x − y) + 0.4 h (x' + y'): zero for quadratics, h³x‴/15 for cubics.
    """
    return np.asarray(0.8 * (x - y) + (0.4 * step) * (slope_x + slope_y))
