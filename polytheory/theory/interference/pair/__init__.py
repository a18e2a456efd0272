"""Decay of overlaps: exact for two rows, to leading order for many."""

from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike

from polytheory._checks import MAX_VALUE, FloatArray, Number, unwrap
from polytheory.claims import Domain, Interval, Kind, claim

__all__ = ["OVERLAP", "PAIR", "cosine_decay", "overlap_decay", "pair_squared_norm"]

_TIME, _SQUARE = Interval(0.0, MAX_VALUE), Interval(1 / MAX_VALUE, MAX_VALUE)
PAIR = Domain(
    {
        "initial_cosine": Interval(-1.0, 1.0),
        "time": _TIME,
        "squared_norm": _SQUARE,
        "other_squared_norm": _SQUARE,
    }
)
OVERLAP = Domain({"initial_overlap": Interval(-MAX_VALUE, MAX_VALUE), "time": _TIME})


def _left(cosine: FloatArray, time: FloatArray, *squares: FloatArray) -> list[FloatArray]:
    """Return e/(e + (1 − e)N(1 − c²)) with e = exp(−2t) for each N, for a cosine c ≥ 0."""
    angle = (1.0 - cosine) * (1.0 + cosine)
    # Parallel rows stay parallel, also where exp(−2t) underflows.
    e = np.where(angle == 0.0, 1.0, np.exp(-2.0 * time))
    lost = np.expm1(-2.0 * time)
    return [e / (e - lost * square * angle) for square in squares]


@overload
def cosine_decay(
    initial_cosine: Number,
    time: Number,
    *,
    squared_norm: Number = 1.0,
    other_squared_norm: Number = 1.0,
) -> float: ...
@overload
def cosine_decay(
    initial_cosine: ArrayLike,
    time: ArrayLike,
    *,
    squared_norm: ArrayLike = 1.0,
    other_squared_norm: ArrayLike = 1.0,
) -> FloatArray: ...
@claim(
    Kind.EXACT,
    PAIR,
    says="two rows: solution of dc/dt = −c(1−c²)(N₁+N₂) for c > 0; c ≤ 0 is constant",
    source="interference: Two rows, solved",
)
def cosine_decay(
    initial_cosine: Any, time: Any, *, squared_norm: Any = 1.0, other_squared_norm: Any = 1.0
) -> Any:
    r"""Return the cosine between two rows without other interference at a later time.

    .. math:: c(t) = c\,\bigl[1 + (e^{2t}-1)(1-c^2)N_1\bigr]^{-1/2}
              \bigl[1 + (e^{2t}-1)(1-c^2)N_2\bigr]^{-1/2} \quad\text{if } c > 0

    A cosine c ≤ 0 does not change. A positive one obeys dc/dt = −c(1−c²)(N₁+N₂) and tends to
    exp(−2t) · c/[√(N₁N₂)(1−c²)] for every initial c < 1; parallel rows stay parallel.

    Parameters
    ----------
    initial_cosine : float or array
        c₀: cosine of two rows at time zero; in [−1, 1].
    time : float or array
        t: flow time, flow units; ≥ 0.
    squared_norm : float or array
        N: Σ_k w_k² of a row; > 0.
        Initial value of the first row; by default its mean at the paper's initialization.
    other_squared_norm : float or array
        N₂: Σ_k w_k² of the other row; > 0.
        Initial value; by default its mean at the paper's initialization.

    Returns
    -------
    float or ndarray

    Raises
    ------
    TypeError, ValueError
        If an argument is not a real number in its domain.

    Notes
    -----
    Kind: exact. Source: derivations/interference, “Two rows, solved”.

    For two features (n = 2) on any number of neurons without regularization. While all overlaps
    are positive, G = WWᵀ obeys dG/dt = 2G(1 − G).

    Examples
    --------
    >>> from polytheory.theory.interference import cosine_decay
    >>> round(cosine_decay(0.6, 1.0), 6)
    0.117901
    >>> cosine_decay(-0.6, 1.0)
    -0.6
    """
    norms = {"squared_norm": squared_norm, "other_squared_norm": other_squared_norm}
    c, t, first, second = PAIR.check(initial_cosine=initial_cosine, time=time, **norms)
    acute = np.maximum(c, 0.0)
    one, other = _left(acute, t, first, second)
    return unwrap(np.where(c > 0.0, acute * (np.sqrt(one) * np.sqrt(other)), c))


@overload
def pair_squared_norm(
    initial_cosine: Number,
    time: Number,
    *,
    squared_norm: Number = 1.0,
    other_squared_norm: Number = 1.0,
) -> float: ...
@overload
def pair_squared_norm(
    initial_cosine: ArrayLike,
    time: ArrayLike,
    *,
    squared_norm: ArrayLike = 1.0,
    other_squared_norm: ArrayLike = 1.0,
) -> FloatArray: ...
@claim(
    Kind.EXACT,
    PAIR,
    says="two rows: N₁ is the entry 11 of G(t) = G(0)[e + (1−e)G(0)]⁻¹, e = exp(−2t), if G₁₂ > 0",
    source="interference: Two rows, solved",
)
def pair_squared_norm(
    initial_cosine: Any, time: Any, *, squared_norm: Any = 1.0, other_squared_norm: Any = 1.0
) -> Any:
    r"""Return the squared norm of the first of two rows without other interference.

    .. math:: N_1(t) = \frac{N_1}{e + (1-e)\bigl(N_1 + c^2 N_2\,r\bigr)}, \qquad
              r = \frac{e}{e + (1-e)(1-c^2)N_2}, \quad e = e^{-2t}

    for c > 0; for c ≤ 0 the row evolves as for c = 0. Exchange the norms for the second row.

    Parameters
    ----------
    initial_cosine : float or array
        c₀: cosine of two rows at time zero; in [−1, 1].
    time : float or array
        t: flow time, flow units; ≥ 0.
    squared_norm : float or array
        N: Σ_k w_k² of a row; > 0.
        Initial value of the first row; by default its mean at the paper's initialization.
    other_squared_norm : float or array
        N₂: Σ_k w_k² of the other row; > 0.
        Initial value; by default its mean at the paper's initialization.

    Returns
    -------
    float or ndarray
        Tends to 1; for parallel rows (c = 1), to N₁/(N₁ + N₂).

    Raises
    ------
    TypeError, ValueError
        If an argument is not a real number in its domain.

    Notes
    -----
    Kind: exact. Source: derivations/interference, “Two rows, solved”.

    For two features (n = 2) on any number of neurons without regularization. Parallel rows are two
    features of the same sign on one neuron; with regularization the smaller dies (the claim
    ``same_sign_collision``).

    Examples
    --------
    >>> from polytheory.theory.interference import pair_squared_norm
    >>> round(pair_squared_norm(1.0, 50.0, squared_norm=3.0), 6)
    0.75
    """
    norms = {"squared_norm": squared_norm, "other_squared_norm": other_squared_norm}
    c, t, first, second = PAIR.check(initial_cosine=initial_cosine, time=time, **norms)
    acute = np.maximum(c, 0.0)
    (left,) = _left(acute, t, second)
    shared = acute**2 * second * left
    return unwrap(first / (np.exp(-2.0 * t) - np.expm1(-2.0 * t) * (first + shared)))


@overload
def overlap_decay(initial_overlap: Number, time: Number) -> float: ...
@overload
def overlap_decay(initial_overlap: ArrayLike, time: ArrayLike) -> FloatArray: ...
@claim(
    Kind.LEADING_ORDER,
    OVERLAP,
    says="nearly orthonormal rows: positive overlaps decay like exp(−2t), others are constant",
    source="interference: Many rows",
    note="to O(ε²) at a fixed time, ε the size of all overlaps and of 1 − ‖W_i‖²",
)
def overlap_decay(initial_overlap: Any, time: Any) -> Any:
    r"""Return the overlap of two of many nearly orthonormal rows: × exp(−2t) if positive.

    .. math:: G_{ij}(t) \approx G_{ij}\,e^{-2t} \text{ if } G_{ij} > 0, \qquad
              G_{ij}(t) \approx G_{ij} \text{ otherwise}

    Parameters
    ----------
    initial_overlap : float or array
        G_ij(0): W_i·W_j at time zero.
    time : float or array
        t: flow time, flow units; ≥ 0.

    Returns
    -------
    float or ndarray

    Raises
    ------
    TypeError, ValueError
        If an argument is not a real number in its domain.

    Notes
    -----
    Kind: leading order. Source: derivations/interference, “Many rows”.

    Order in ε, the size of all G_ij and 1 − ‖W_i‖², for any number of rows without regularization:
    the error is O(ε²) and grows with t. At the paper's initialization ε = O(1/√m) and the relative
    error is O(√(n/m)): it needs n ≪ m. For two rows see `cosine_decay`.

    Examples
    --------
    >>> from polytheory.theory.interference import overlap_decay
    >>> [round(overlap_decay(g, 1.0), 6) for g in (0.1, -0.1)]
    [0.013534, -0.1]
    """
    g, t = OVERLAP.check(initial_overlap=initial_overlap, time=time)
    return unwrap(np.where(g > 0.0, np.exp(-2.0 * t), 1.0) * g)
