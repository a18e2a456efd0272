"""One row under ℓ1: the growth threshold, the reduction and the rates of the norms."""

from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike

from polytheory._checks import MAX_VALUE, FloatArray, Number, unwrap
from polytheory.claims import Domain, Interval, Kind, claim, whole

__all__ = [
    "GROWTH",
    "L1_SPEED",
    "REDUCED",
    "growth_threshold",
    "inverse_l1_speed",
    "l1_speed",
    "reduced_weight",
    "squared_cv",
    "squared_norm_speed",
]

_FROM_ZERO, _NORM = Interval(0.0, MAX_VALUE), Interval(1 / MAX_VALUE, MAX_VALUE)

GROWTH = Domain({"squared_norm": Interval(0.0, 1.0, open_high=True), "l1_strength": _FROM_ZERO})
REDUCED = Domain({"initial_weight": _FROM_ZERO, "soft_threshold": _FROM_ZERO, "q": _NORM})
_ROW = Domain({"nonzero_count": whole(1, 1e15), "l1_norm": _NORM, "squared_norm": _NORM})
L1_SPEED = Domain({**_ROW.intervals, "l1_strength": _FROM_ZERO})
_NORMS = Domain({"l1_norm": _NORM, "squared_norm": _NORM, "l1_strength": _FROM_ZERO})
_POSSIBLE = "every row has ‖w‖² ≤ ‖w‖₁² ≤ m'‖w‖²; no row has arguments that violate this"


@overload
def growth_threshold(squared_norm: Number, l1_strength: Number) -> float: ...
@overload
def growth_threshold(squared_norm: ArrayLike, l1_strength: ArrayLike) -> FloatArray: ...
@claim(
    Kind.EXACT,
    GROWTH,
    says="weights above λ/(1 − ‖w‖²) grow, those below shrink",
    source="sparsification: Which weights grow (arXiv 2312.03096, section 3)",
)
def growth_threshold(squared_norm: Any, l1_strength: Any) -> Any:
    """Return the size θ = λ/(1 − ‖w‖²) above which weights grow and below which they shrink.

    Parameters
    ----------
    squared_norm : float or array
        N: squared norm Σ_k w_k² of a row; in [0, 1).
        For N ≥ 1 every weight shrinks and there is no threshold.
    l1_strength : float or array
        λ: ℓ1 strength, flow units; ≥ 0.

    Returns
    -------
    float or ndarray

    Raises
    ------
    ValueError
        If an argument lies outside the domain.

    Notes
    -----
    Kind: exact. Source: derivations/sparsification, “Which weights grow” (arXiv 2312.03096, section
    3).

    Examples
    --------
    >>> from polytheory.theory.sparsification import growth_threshold
    >>> growth_threshold(0.75, 0.01)
    0.04
    """
    n, lam = GROWTH.check(squared_norm=squared_norm, l1_strength=l1_strength)
    return unwrap(lam / (1.0 - n))


@overload
def reduced_weight(initial_weight: Number, soft_threshold: Number, q: Number) -> float: ...
@overload
def reduced_weight(
    initial_weight: ArrayLike, soft_threshold: ArrayLike, q: ArrayLike
) -> FloatArray: ...
@claim(
    Kind.EXACT,
    REDUCED,
    name="soft_threshold_reduction",
    says="|w_k(t)| = (|w_k(0)| − τ)₊/√q,  q' = 2(S₂(τ) − q),  τ' = λ√q",
    source="sparsification: Two scalars instead of m",
)
def reduced_weight(initial_weight: Any, soft_threshold: Any, q: Any) -> Any:
    """Return the size of a weight in the exact reduction: |w_k(t)| = (|w_k(0)| − τ)₊ / √q.

    Parameters
    ----------
    initial_weight : float or array
        u_k: one weight at time zero; ≥ 0.
    soft_threshold : float or array
        τ: soft threshold, below which weights have died; ≥ 0.
        τ' = λ√q, τ(0) = 0.
    q : float or array
        q: scale S₂(τ)/N of the reduction; > 0.
        q' = 2(S₂(τ) − q), q(0) = 1.

    Returns
    -------
    float or ndarray

    Raises
    ------
    ValueError
        If an argument is negative, or q is not positive.

    Notes
    -----
    Kind: exact. Source: derivations/sparsification, “Two scalars instead of m”.

    Examples
    --------
    >>> from polytheory.theory.sparsification import reduced_weight
    >>> reduced_weight([0.5, 0.1], 0.25, 0.25).tolist()
    [0.5, 0.0]
    """
    u, tau, scale = REDUCED.check(initial_weight=initial_weight, soft_threshold=soft_threshold, q=q)
    return unwrap(np.maximum(u - tau, 0.0) / np.sqrt(scale))


@overload
def l1_speed(
    nonzero_count: Number, l1_norm: Number, squared_norm: Number, l1_strength: Number
) -> float: ...
@overload
def l1_speed(
    nonzero_count: ArrayLike, l1_norm: ArrayLike, squared_norm: ArrayLike, l1_strength: ArrayLike
) -> FloatArray: ...
@claim(
    Kind.EXACT,
    L1_SPEED,
    says="d‖w‖₁/dt = (1 − ‖w‖²)‖w‖₁ − λm'",
    source="sparsification: Norms",
    note=_POSSIBLE,
)
def l1_speed(nonzero_count: Any, l1_norm: Any, squared_norm: Any, l1_strength: Any) -> Any:
    """Return the rate of the ℓ1 norm: d‖w‖₁/dt = (1 − ‖w‖²)‖w‖₁ − λ m'.

    Parameters
    ----------
    nonzero_count : int or array
        m′: number of living weights; whole, ≥ 1.
    l1_norm : float or array
        ‖w‖₁: ℓ1 norm Σ_k |w_k| of a row; > 0.
    squared_norm : float or array
        N: squared norm Σ_k w_k² of a row; > 0.
    l1_strength : float or array
        λ: ℓ1 strength, flow units; ≥ 0.

    Returns
    -------
    float or ndarray
        Per unit of flow time.

    Raises
    ------
    ValueError
        If an argument lies outside the domain.

    Notes
    -----
    Kind: exact. Source: derivations/sparsification, “Norms”.

    Examples
    --------
    >>> from polytheory.theory.sparsification import l1_speed
    >>> l1_speed(4, 2.0, 1.0, 0.01)
    -0.04
    """
    row = {"nonzero_count": nonzero_count, "l1_norm": l1_norm, "squared_norm": squared_norm}
    k, s, n, lam = L1_SPEED.check(**row, l1_strength=l1_strength)
    return unwrap((1.0 - n) * s - lam * k)


@overload
def squared_norm_speed(l1_norm: Number, squared_norm: Number, l1_strength: Number) -> float: ...
@overload
def squared_norm_speed(
    l1_norm: ArrayLike, squared_norm: ArrayLike, l1_strength: ArrayLike
) -> FloatArray: ...
@claim(
    Kind.EXACT,
    _NORMS,
    says="dN/dt = 2N(1 − N) − 2λ‖w‖₁",
    source="sparsification: Norms",
    note="every row has N ≤ ‖w‖₁²; no row has arguments that violate this",
)
def squared_norm_speed(l1_norm: Any, squared_norm: Any, l1_strength: Any) -> Any:
    """Return the rate of the squared norm: dN/dt = 2N(1 − N) − 2λ‖w‖₁.

    Parameters
    ----------
    l1_norm : float or array
        ‖w‖₁: ℓ1 norm Σ_k |w_k| of a row; > 0.
    squared_norm : float or array
        N: squared norm Σ_k w_k² of a row; > 0.
    l1_strength : float or array
        λ: ℓ1 strength, flow units; ≥ 0.

    Returns
    -------
    float or ndarray
        Per unit of flow time.

    Raises
    ------
    ValueError
        If an argument lies outside the domain.

    Notes
    -----
    Kind: exact. Source: derivations/sparsification, “Norms”.

    It is the radial equation of the polar form.

    Examples
    --------
    >>> from polytheory.theory.sparsification import squared_norm_speed
    >>> squared_norm_speed(2.0, 1.0, 0.01)
    -0.04
    """
    s, n, lam = _NORMS.check(l1_norm=l1_norm, squared_norm=squared_norm, l1_strength=l1_strength)
    return unwrap(2.0 * n * (1.0 - n) - 2.0 * lam * s)


@overload
def squared_cv(nonzero_count: Number, l1_norm: Number, squared_norm: Number) -> float: ...
@overload
def squared_cv(
    nonzero_count: ArrayLike, l1_norm: ArrayLike, squared_norm: ArrayLike
) -> FloatArray: ...
@claim(
    Kind.BOUND,
    _ROW,
    says="ρ = m'‖w‖²/‖w‖₁² − 1 ≥ 0 for every row",
    source="sparsification: What drives sparsification",
    note=_POSSIBLE,
)
def squared_cv(nonzero_count: Any, l1_norm: Any, squared_norm: Any) -> Any:
    """Return the squared coefficient of variation ρ = m'N/‖w‖₁² − 1 of the living weights.

    Parameters
    ----------
    nonzero_count : int or array
        m′: number of living weights; whole, ≥ 1.
    l1_norm : float or array
        ‖w‖₁: ℓ1 norm Σ_k |w_k| of a row; > 0.
    squared_norm : float or array
        N: squared norm Σ_k w_k² of a row; > 0.

    Returns
    -------
    float or ndarray
        Negative for norms that no row can have.

    Raises
    ------
    ValueError
        If an argument lies outside the domain.

    Notes
    -----
    Kind: bound. Source: derivations/sparsification, “What drives sparsification”.

    The bound is Cauchy's inequality.

    Examples
    --------
    >>> from polytheory.theory.sparsification import squared_cv
    >>> squared_cv(2, 4.0, 10.0)
    0.25
    """
    k, s, n = _ROW.check(nonzero_count=nonzero_count, l1_norm=l1_norm, squared_norm=squared_norm)
    return unwrap(k * n / s**2 - 1.0)


@overload
def inverse_l1_speed(
    nonzero_count: Number, l1_norm: Number, squared_norm: Number, l1_strength: Number
) -> float: ...
@overload
def inverse_l1_speed(
    nonzero_count: ArrayLike, l1_norm: ArrayLike, squared_norm: ArrayLike, l1_strength: ArrayLike
) -> FloatArray: ...
@claim(
    Kind.LEADING_ORDER,
    L1_SPEED,
    says="d(1/‖w‖₁)/dt = λρ/‖w‖² (1 + O(λ‖w‖₁)) once the norm has relaxed",
    source="sparsification: What drives sparsification",
    note=_POSSIBLE,
)
def inverse_l1_speed(nonzero_count: Any, l1_norm: Any, squared_norm: Any, l1_strength: Any) -> Any:
    """Return d(1/‖w‖₁)/dt = λρ/‖w‖² (1 + O(λ‖w‖₁)) on the slow manifold.

    Parameters
    ----------
    nonzero_count : int or array
        m′: number of living weights; whole, ≥ 1.
    l1_norm : float or array
        ‖w‖₁: ℓ1 norm Σ_k |w_k| of a row; > 0.
    squared_norm : float or array
        N: squared norm Σ_k w_k² of a row; > 0.
    l1_strength : float or array
        λ: ℓ1 strength, flow units; ≥ 0.

    Returns
    -------
    float or ndarray
        Per unit of flow time.

    Raises
    ------
    ValueError
        If an argument lies outside the domain.

    Notes
    -----
    Kind: leading order. Source: derivations/sparsification, “What drives sparsification”.

    The small parameter is λ‖w‖₁, once the norm has relaxed (t ≫ 1); the next order is a relative
    −λ‖w‖₁/2. The paper's law for ‖w‖₁ is the case ρ/‖w‖² = 1.

    Examples
    --------
    >>> from polytheory.theory.sparsification import inverse_l1_speed
    >>> inverse_l1_speed(2, 4.0, 10.0, 0.1)
    0.0025
    """
    n, lam = L1_SPEED.check(squared_norm=squared_norm, l1_strength=l1_strength)
    return unwrap(lam * np.asarray(squared_cv(nonzero_count, l1_norm, squared_norm)) / n)
