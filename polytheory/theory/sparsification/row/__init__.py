"""One row under ℓ1 (theory 1.1–1.3): the growth threshold, the reduction, speeds of the norms."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from polytheory._checks import LARGEST, unwrap
from polytheory.domain import Domain, Interval

__all__ = [
    "GROWTH",
    "LIVING",
    "REDUCED",
    "growth_threshold",
    "inverse_l1_speed",
    "l1_speed",
    "reduced_weight",
    "spread",
    "squared_norm_speed",
]

_STRENGTH = Interval(0.0, LARGEST)
_SIZE = Interval(0.0, LARGEST)
_NORM = Interval(1 / LARGEST, LARGEST)
_COUNT = Interval(1, 1e15, integer=True)

GROWTH = Domain({"squared_norm": Interval(0.0, 1.0, open_high=True), "l1_strength": _STRENGTH})
REDUCED = Domain({"initial_weight": _SIZE, "threshold": _SIZE, "q": _NORM})
LIVING = Domain(
    {"nonzero_count": _COUNT, "l1_norm": _NORM, "squared_norm": _NORM, "l1_strength": _STRENGTH}
)


def growth_threshold(squared_norm: ArrayLike, l1_strength: ArrayLike) -> Any:
    """Size above which weights grow and below which they shrink: θ = λ/(1 − ‖w‖²).

    Parameters
    ----------
    squared_norm : float or array
        N in [0, 1); from N = 1 on every weight shrinks and there is no threshold.
    l1_strength : float or array
        λ ≥ 0 in flow units.

    Returns
    -------
    float or ndarray

    Raises
    ------
    ValueError
        Outside the domain.

    Notes
    -----
    Kind: exact. Source: arXiv 2312.03096, section 3; theory 1.1.

    Examples
    --------
    >>> from polytheory.theory.sparsification import growth_threshold
    >>> growth_threshold(0.75, 0.01)
    0.04
    """
    n, lam = GROWTH.check(squared_norm=squared_norm, l1_strength=l1_strength)
    return unwrap(lam / (1.0 - n))


def reduced_weight(initial_weight: ArrayLike, threshold: ArrayLike, q: ArrayLike) -> Any:
    """Size of a weight in the exact reduction: |w_k(t)| = (|w_k(0)| − τ)₊ / √q.

    Parameters
    ----------
    initial_weight : float or array
        |w_k(0)|.
    threshold : float or array
        τ(t), with τ' = λ√q, τ(0) = 0.
    q : float or array
        q(t), with q' = 2(S₂(τ) − q), q(0) = 1.

    Returns
    -------
    float or ndarray

    Raises
    ------
    ValueError
        If an argument is negative, or q is not positive.

    Notes
    -----
    Kind: exact. Source: ours, theory 1.2.

    Examples
    --------
    >>> from polytheory.theory.sparsification import reduced_weight
    >>> reduced_weight([0.5, 0.1], 0.25, 0.25).tolist()
    [0.5, 0.0]
    """
    u, tau, scale = REDUCED.check(initial_weight=initial_weight, threshold=threshold, q=q)
    return unwrap(np.maximum(u - tau, 0.0) / np.sqrt(scale))


def l1_speed(
    nonzero_count: ArrayLike, l1_norm: ArrayLike, squared_norm: ArrayLike, l1_strength: ArrayLike
) -> Any:
    """Rate of the ℓ1 norm: d‖w‖₁/dt = (1 − ‖w‖²)‖w‖₁ − λ m'.

    Parameters
    ----------
    nonzero_count, l1_norm, squared_norm : float or array
        m', ‖w‖₁ and N of the row.
    l1_strength : float or array
        λ ≥ 0 in flow units.

    Returns
    -------
    float or ndarray
        Per unit of flow time.

    Raises
    ------
    ValueError
        Outside the domain.

    Notes
    -----
    Kind: exact. Source: ours, theory 1.3.

    Examples
    --------
    >>> from polytheory.theory.sparsification import l1_speed
    >>> l1_speed(4, 2.0, 1.0, 0.01)
    -0.04
    """
    k, s, n, lam = LIVING.check(
        nonzero_count=nonzero_count,
        l1_norm=l1_norm,
        squared_norm=squared_norm,
        l1_strength=l1_strength,
    )
    return unwrap((1.0 - n) * s - lam * k)


def squared_norm_speed(l1_norm: ArrayLike, squared_norm: ArrayLike, l1_strength: ArrayLike) -> Any:
    """Rate of the squared norm: dN/dt = 2N(1 − N) − 2λ‖w‖₁.

    Parameters
    ----------
    l1_norm, squared_norm : float or array
        ‖w‖₁ and N of the row.
    l1_strength : float or array
        λ ≥ 0 in flow units.

    Returns
    -------
    float or ndarray
        Per unit of flow time.

    Raises
    ------
    ValueError
        Outside the domain.

    Notes
    -----
    Kind: exact. Source: ours; the length equation of the polar form.

    Examples
    --------
    >>> from polytheory.theory.sparsification import squared_norm_speed
    >>> squared_norm_speed(2.0, 1.0, 0.01)
    -0.04
    """
    s, n, lam = LIVING.check(l1_norm=l1_norm, squared_norm=squared_norm, l1_strength=l1_strength)
    return unwrap(2.0 * n * (1.0 - n) - 2.0 * lam * s)


def spread(nonzero_count: ArrayLike, l1_norm: ArrayLike, squared_norm: ArrayLike) -> Any:
    """Squared coefficient of variation of the living weights: ρ = m'N/‖w‖₁² − 1 ≥ 0.

    Parameters
    ----------
    nonzero_count, l1_norm, squared_norm : float or array
        m', ‖w‖₁ and N of the row. Norms that no row can have give a negative value.

    Returns
    -------
    float or ndarray

    Raises
    ------
    ValueError
        Outside the domain.

    Notes
    -----
    Kind: bound. Source: theory 1.3 (Cauchy–Schwarz).

    Examples
    --------
    >>> from polytheory.theory.sparsification import spread
    >>> spread(2, 4.0, 10.0)
    0.25
    """
    k, s, n = LIVING.check(nonzero_count=nonzero_count, l1_norm=l1_norm, squared_norm=squared_norm)
    return unwrap(k * n / s**2 - 1.0)


def inverse_l1_speed(
    nonzero_count: ArrayLike, l1_norm: ArrayLike, squared_norm: ArrayLike, l1_strength: ArrayLike
) -> Any:
    """Rate of 1/‖w‖₁ on the slow manifold: d(1/‖w‖₁)/dt = λρ/‖w‖² (1 + O(λ‖w‖₁)).

    Parameters
    ----------
    nonzero_count, l1_norm, squared_norm : float or array
        m', ‖w‖₁ and N of the row; ρ = m'N/‖w‖₁² − 1.
    l1_strength : float or array
        λ ≥ 0 in flow units.

    Returns
    -------
    float or ndarray
        Per unit of flow time.

    Raises
    ------
    ValueError
        Outside the domain.

    Notes
    -----
    Kind: leading order in λ‖w‖₁, once the norm has relaxed (t ≫ 1). Source: ours, theory 1.3. The
    paper's law for ‖w‖₁ is the case ρ/‖w‖² = 1. The next order is a relative −λ‖w‖₁/2.

    Examples
    --------
    >>> from polytheory.theory.sparsification import inverse_l1_speed
    >>> inverse_l1_speed(2, 4.0, 10.0, 0.1)
    0.0025
    """
    n, lam = LIVING.check(squared_norm=squared_norm, l1_strength=l1_strength)
    return unwrap(lam * np.asarray(spread(nonzero_count, l1_norm, squared_norm)) / n)
