"""The published laws of the ℓ1 norm and of the number of living weights."""

from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike

from polytheory._checks import MAX_VALUE, FloatArray, Number, unwrap
from polytheory.claims import Domain, Interval, Kind, claim, whole

__all__ = ["PAPER", "PAPER_COUNT", "paper_l1_norm", "paper_nonzero_count", "paper_time_to_count"]

#: The least width and the largest λ√m for which the constants of the laws are claimed.
MIN_WIDTH, MAX_STRENGTH = 10, 0.1


def _weak(n_neurons: FloatArray, l1_strength: FloatArray, **_: FloatArray) -> Any:
    return l1_strength * np.sqrt(n_neurons) <= MAX_STRENGTH * (1.0 + 1e-12)  # slack for rounding


_WIDTH = whole(MIN_WIDTH, 1e15)
_WEAK = f"l1_strength·√n_neurons ≤ {MAX_STRENGTH}"
_INSTEAD = "Use row_flow for narrower rows and stronger ℓ1."

PAPER = Domain(
    {
        "time": Interval(0.0, MAX_VALUE),
        "n_neurons": _WIDTH,
        "l1_strength": Interval(0.0, MAX_STRENGTH),
    },
    where=_weak,
    because=f"where {_WEAK}",
    instead=_INSTEAD,
)
PAPER_COUNT = Domain(
    {
        "count": Interval(1.0, 1e15),
        "n_neurons": _WIDTH,
        "l1_strength": Interval(1 / MAX_VALUE, MAX_STRENGTH),
    },
    where=lambda count, **row: (count <= row["n_neurons"]) & _weak(**row),
    because=f"where count is at most n_neurons and {_WEAK}",
    instead=_INSTEAD,
)

_ROWS = "the mean over Gaussian rows of scale 1"
_SOURCE = "sparsification: The published laws (arXiv 2312.03096, section 3)"


@overload
def paper_l1_norm(time: Number, *, n_neurons: Number, l1_strength: Number) -> float: ...
@overload
def paper_l1_norm(
    time: ArrayLike, *, n_neurons: ArrayLike, l1_strength: ArrayLike
) -> FloatArray: ...
@claim(
    Kind.LEADING_ORDER,
    PAPER,
    says="‖w‖₁ ≈ max(1/(1/√m + λt), 1)",
    source=_SOURCE,
    note=f"{_ROWS} is 0.78 to 1.56 times as large",
)
def paper_l1_norm(time: Any, *, n_neurons: Any, l1_strength: Any) -> Any:
    r"""Return the ℓ1 norm by the published law ‖w‖₁ ≈ max(1/(1/√m + λt), 1).

    Parameters
    ----------
    time : float or array
        t: flow time, flow units; ≥ 0.
    n_neurons : int or array
        m: number of neurons (columns); whole, ≥ 10.
    l1_strength : float or array
        λ: ℓ1 strength, flow units; in [0, 0.1].

    Returns
    -------
    float or ndarray

    Raises
    ------
    TypeError, ValueError
        If an argument is not a real number in its domain: for narrower rows and stronger ℓ1 use
        `polytheory.row_flow`.

    Notes
    -----
    Kind: leading order. Source: derivations/sparsification, “The published laws” (arXiv 2312.03096,
    section 3).

    The exponent is correct, the constant is not: the mean over Gaussian rows of scale 1 is 0.78 to
    1.56 times as large, most where the law reaches 1 (before, 0.80 to 1.22 for m → ∞, λ√m → 0).

    Examples
    --------
    >>> from polytheory.theory.sparsification import paper_l1_norm
    >>> paper_l1_norm(0.0, n_neurons=100, l1_strength=0.01)
    10.0
    """
    t, m, lam = PAPER.check(time=time, n_neurons=n_neurons, l1_strength=l1_strength)
    return unwrap(np.maximum(1.0 / (1.0 / np.sqrt(m) + lam * t), 1.0))


@overload
def paper_nonzero_count(time: Number, *, n_neurons: Number, l1_strength: Number) -> float: ...
@overload
def paper_nonzero_count(
    time: ArrayLike, *, n_neurons: ArrayLike, l1_strength: ArrayLike
) -> FloatArray: ...
@claim(
    Kind.LEADING_ORDER,
    PAPER,
    says="m' ≈ max(1/(1/√m + λt)², 1)",
    source=_SOURCE,
    note=f"{_ROWS} is 0.98 to 3.5 times as large",
)
def paper_nonzero_count(time: Any, *, n_neurons: Any, l1_strength: Any) -> Any:
    r"""Return the number of living weights by the published law m' ≈ max(1/(1/√m + λt)², 1).

    Parameters
    ----------
    time : float or array
        t: flow time, flow units; ≥ 0.
    n_neurons : int or array
        m: number of neurons (columns); whole, ≥ 10.
    l1_strength : float or array
        λ: ℓ1 strength, flow units; in [0, 0.1].

    Returns
    -------
    float or ndarray

    Raises
    ------
    TypeError, ValueError
        If an argument is not a real number in its domain: for narrower rows and stronger ℓ1 use
        `polytheory.row_flow`.

    Notes
    -----
    Kind: leading order. Source: derivations/sparsification, “The published laws” (arXiv 2312.03096,
    section 3).

    The exponent is correct, the constant is not: the mean over Gaussian rows of scale 1 is 0.98 to
    3.5 times as large, most where the law reaches 1 (before, 1.0 to 2.72 for m → ∞, λ√m → 0).

    Examples
    --------
    >>> from polytheory.theory.sparsification import paper_nonzero_count
    >>> round(paper_nonzero_count(1e3, n_neurons=10_000, l1_strength=1e-4), 3)
    82.645
    """
    return unwrap(
        np.asarray(paper_l1_norm(time, n_neurons=n_neurons, l1_strength=l1_strength)) ** 2
    )


@overload
def paper_time_to_count(count: Number, *, n_neurons: Number, l1_strength: Number) -> float: ...
@overload
def paper_time_to_count(
    count: ArrayLike, *, n_neurons: ArrayLike, l1_strength: ArrayLike
) -> FloatArray: ...
@claim(
    Kind.LEADING_ORDER,
    PAPER_COUNT,
    says="T ≈ (1/√m' − 1/√m)/λ",
    source=_SOURCE,
    note=f"for whole m' below m {_ROWS} is 1.4 to 2.6 times as long",
)
def paper_time_to_count(count: Any, *, n_neurons: Any, l1_strength: Any) -> Any:
    """Return the time to `count` living weights by the published law: (1/√m' − 1/√m)/λ.

    Parameters
    ----------
    count : float or array
        x: number of weights or neurons; ≥ 1.
        Here m′, the living weights; at most m.
    n_neurons : int or array
        m: number of neurons (columns); whole, ≥ 10.
    l1_strength : float or array
        λ: ℓ1 strength, flow units; in (0, 0.1].

    Returns
    -------
    float or ndarray
        Flow time.

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside the domain.

    Notes
    -----
    Kind: leading order. Source: derivations/sparsification, “The published laws” (arXiv 2312.03096,
    section 3).

    It is the inverse of `paper_nonzero_count`, and too short: the mean over Gaussian rows of scale
    1 is 1.4 to 2.6 times as long, for a whole count below m (between √2, for 1 ≪ m' ≪ m, and √(2π),
    for the first death).

    Examples
    --------
    >>> from polytheory.theory.sparsification import paper_time_to_count
    >>> round(paper_time_to_count(100, n_neurons=10_000, l1_strength=1e-4), 6)
    900.0
    """
    k, m, lam = PAPER_COUNT.check(count=count, n_neurons=n_neurons, l1_strength=l1_strength)
    return unwrap((1.0 / np.sqrt(k) - 1.0 / np.sqrt(m)) / lam)
