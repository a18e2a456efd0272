"""The second-order Runge–Kutta–Legendre step: explicit, stabilized, optionally projected.

With s stages it is stable up to h ρ = (s² + s − 2)/2, ρ the spectral radius of the Jacobian, and s
Euler steps up to 2 s. This saves most of the work when the flow is stiff and slow.
Coefficients: Meyer, Balsara, Aslam, J. Comput. Phys. 257 (2014) 594, equations 15 to 18.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import cache
from typing import cast

import numpy as np

from polytheory._checks import Array

#: With more stages, rounding errors grow noticeably in single precision.
MAX_STAGES = 151

#: ``stage(x, before, nu, mu, a)``: before ← ν before + μ x + a x', with x' = dx/dt at x.
Stage = Callable[[Array, Array, float, float, float], None]

#: Entries that are handled at once, so that temporary arrays are small and stay in the cache.
_BLOCK = 2**15


def pieces(size: int) -> Iterator[slice]:
    """Yield the slices of a long vector."""
    for start in range(0, size, _BLOCK):
        yield slice(start, start + _BLOCK)


def longest_step(stages: int, stiffness: float) -> float:
    """Return the largest stable step, for a spectral radius `stiffness`."""
    return (stages * stages + stages - 2) / (2.0 * stiffness)


def stages_for(step: float, stiffness: float) -> int:
    """Return the smallest number of stages, at least 3, that is stable and damps.

    At its limit of stability an even number does not damp at all. Below it by 1/3 in units of hρ,
    the factor of the stiffest mode is 0.72 at most: P_s(−1 + δ) ≈ J₀((s + ½)√(2δ)).
    """
    load = step * stiffness
    needed = max(math.ceil((math.sqrt(9.0 + 8.0 * load) - 1.0) / 2.0), 3)
    if needed % 2 == 0 and load > longest_step(needed, 1.0) - 1.0 / 3.0:
        needed += 1
    return min(needed, MAX_STAGES)


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
def blas(name: str, kind: str) -> Callable[..., Array]:
    """Return a BLAS routine for the type character of float32 or float64."""
    from scipy.linalg import get_blas_funcs  # takes a while to import

    return cast("Callable[..., Array]", get_blas_funcs(name, dtype=kind))


def combine(slope: Array, x: Array, before: Array, nu: float, mu: float, a: float) -> None:
    """Carry out a `Stage`, given x'."""
    axpy = blas("axpy", x.dtype.char)
    before *= nu
    axpy(x, before, a=mu)
    axpy(slope, before, a=a)


def projection(signs: Array) -> Callable[[Array], None]:
    """Return the function that sets to zero, in place, what has not the given sign.

    With an array of zeros, `np.maximum` takes a third of the time that it does with the number 0.
    """
    product, zeros = np.empty((2, min(signs.size, _BLOCK)), signs.dtype)
    zeros[:] = 0

    def project(x: Array) -> None:
        for piece in pieces(x.size):
            part, sign = x[piece], signs[piece]
            size = np.multiply(part, sign, out=product[: part.size])
            np.maximum(size, zeros[: part.size], out=size)
            np.multiply(size, sign, out=part)

    return project


def _leave(x: Array) -> None:
    """Leave x unchanged."""


def rkl_step(
    stage: Stage,
    x: Array,
    slope_at_x: Array,
    step: float,
    stages: int,
    signs: Array | None = None,
) -> Array:
    """Return x after one step; with `signs` every stage is projected to weights of these signs.

    Parameters
    ----------
    stage : callable
    x, slope_at_x : ndarray (k,)
        Contiguous, of one floating type; not changed.
    step : float
    stages : int
        At least 2.
    signs : ndarray (k,), optional
        1, −1, or 0 for what is held at zero; of the same type.

    Returns
    -------
    ndarray (k,)
    """
    axpy = blas("axpy", x.dtype.char)
    project = _leave if signs is None else projection(signs)
    first, later = _coefficients(stages)
    before: Array = x.copy()
    here: Array = axpy(slope_at_x, x.copy(), a=first * step)
    project(here)
    for mu, nu, mu_slope, gamma in later:
        stage(here, before, nu, mu, mu_slope * step)
        axpy(x, before, a=1.0 - mu - nu)
        axpy(slope_at_x, before, a=gamma * step)
        project(before)
        before, here = here, before
    return here


def defect(x: Array, slope_x: Array, y: Array, slope_y: Array, step: float) -> Array:
    """Return the error estimate of the RKC method for a second-order step from x to y.

    0.8 (x − y) + 0.4 h (x' + y'): zero for quadratics, h³x‴/15 for cubics.
    """
    error = slope_x + slope_y
    error *= 0.4 * step
    moved = x - y
    moved *= 0.8
    error += moved
    return np.asarray(error)
