"""Decay of overlaps: exact for two rows, to leading order for many."""

from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike

from polytheory._checks import MAX_VALUE, FloatArray, Number, unwrap
from polytheory.claims import Domain, Interval, Kind, claim, whole

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
#: Largest relative error that `overlap_decay` claims.
_MAX_ERROR = 0.5


def _grown(time: Any, n_features: Any, largest_overlap: Any) -> Any:
    """Return ε(exp(A) − 1) with A = nε(3t/2 + min(t, 4/5)): the stated error in absolute terms."""
    exponent = n_features * largest_overlap * (1.5 * time + np.minimum(time, 0.8))
    return largest_overlap * np.expm1(np.minimum(exponent, 700.0))  # beyond, it is far above 1/2


def _error(initial_overlap: Any, time: Any, n_features: Any, largest_overlap: Any) -> Any:
    grown = _grown(time, n_features, largest_overlap)
    return np.where(grown > 0.0, grown / np.maximum(np.abs(initial_overlap), 1 / MAX_VALUE), 0.0)


def _small(initial_overlap: Any, time: Any, n_features: Any, largest_overlap: Any) -> Any:
    size, grown = np.abs(initial_overlap), _grown(time, n_features, largest_overlap)
    near = n_features * largest_overlap <= 0.25
    return near & (size <= largest_overlap) & (grown <= _MAX_ERROR * size)


OVERLAP = Domain(
    {
        "initial_overlap": Interval(-MAX_VALUE, MAX_VALUE),
        "time": _TIME,
        "n_features": whole(2, 1e15),
        "largest_overlap": Interval(0.0, 1.0),
    },
    where=_small,
    because="|G_ij| ≤ ε, nε ≤ 1/4 and an error of at most 1/2, ε = largest_overlap",
    instead="Other rows may change it more: use simulate, or cosine_decay for two rows.",
)


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
def overlap_decay(
    initial_overlap: Number, time: Number, *, n_features: Number, largest_overlap: Number
) -> float: ...
@overload
def overlap_decay(
    initial_overlap: ArrayLike,
    time: ArrayLike,
    *,
    n_features: ArrayLike,
    largest_overlap: ArrayLike,
) -> FloatArray: ...
@claim(
    Kind.LEADING_ORDER,
    OVERLAP,
    says="nearly orthonormal rows: positive overlaps decay like exp(−2t), others are constant",
    source="interference: Many rows",
    note="Relative error at most (ε/|G_ij|)(exp A − 1), A = nε(3t/2 + min(t, 4/5)), where ε bounds "
    "all overlaps and all 1 − ‖W_i‖².",
    error=_error,
)
def overlap_decay(initial_overlap: Any, time: Any, *, n_features: Any, largest_overlap: Any) -> Any:
    r"""Return the overlap of two of many nearly orthonormal rows: × exp(−2t) if positive.

    .. math:: G_{ij}(t) \approx G_{ij}\,e^{-2t} \text{ if } G_{ij} > 0, \qquad
              G_{ij}(t) \approx G_{ij} \text{ otherwise}

    with a relative error of at most :math:`(\varepsilon/|G_{ij}|)(e^A - 1)`,
    :math:`A = n\varepsilon(\tfrac32t + \min(t, \tfrac45))`.

    Parameters
    ----------
    initial_overlap : float or array
        G_ij(0): W_i·W_j at time zero.
        At most ε in size.
    time : float or array
        t: flow time, flow units; ≥ 0.
    n_features : int or array
        n: number of features (rows); whole, ≥ 2.
    largest_overlap : float or array
        ε: bound on |W_i·W_j| and |1 − ‖W_i‖²|; in [0, 1].
        Over all rows, at time zero; at most 1/(4n).

    Returns
    -------
    float or ndarray

    Raises
    ------
    TypeError, ValueError
        If an argument is not a real number in its domain, or the error is above one half.

    Notes
    -----
    Kind: leading order. Source: derivations/interference, “Many rows”.

    For any number of rows without regularization. The bound of the error is for the worst signs:
    ``polytheory.law("overlap_decay").error`` returns it. At the paper's initialization ε is
    O(√(ln n/m)) and the typical relative error O(√(n/m)) at random, and O(n/√m) for all overlaps
    alike (`polytheory.theory.pairs.overlap_shift`): it needs n ≪ √m, and the worst case, which is
    claimed here, nε ≪ 1. For two rows see `cosine_decay`.

    Examples
    --------
    >>> from polytheory.theory.interference import overlap_decay
    >>> few = {"n_features": 4, "largest_overlap": 0.02}
    >>> [round(overlap_decay(g, 1.0, **few), 6) for g in (0.02, -0.02)]
    [0.002707, -0.02]
    """
    rows = {"n_features": n_features, "largest_overlap": largest_overlap}
    given = OVERLAP.check(initial_overlap=initial_overlap, time=time, **rows)
    g, t, *_ = np.broadcast_arrays(*given)
    return unwrap(first_order(g, t))


def first_order(initial_overlap: Any, time: Any) -> Any:
    """Return the overlap to first order, without its domain: the form that SymPy proves."""
    return np.where(initial_overlap > 0.0, np.exp(-2.0 * time), 1.0) * initial_overlap
