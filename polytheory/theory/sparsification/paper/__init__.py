"""The published laws of the ℓ1 norm and of the number of living weights."""

from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike

from polytheory._checks import MAX_VALUE, FloatArray, Number, unwrap
from polytheory.claims import Domain, Interval, Kind, claim, whole

__all__ = ["PAPER", "PAPER_COUNT", "paper_l1_norm", "paper_nonzero_count", "paper_time_to_count"]

_WIDTH, _FROM_ZERO = whole(1, 1e15), Interval(0.0, MAX_VALUE)
_POSITIVE = Interval(1 / MAX_VALUE, MAX_VALUE)

PAPER = Domain({"time": _FROM_ZERO, "n_neurons": _WIDTH, "l1_strength": _FROM_ZERO})
PAPER_COUNT = Domain(
    {"count": Interval(1.0, 1e15), "n_neurons": _WIDTH, "l1_strength": _POSITIVE},
    where=lambda count, n_neurons, **_: count <= n_neurons,
    because="where count is at most n_neurons",
)

_WIDE = "for wide Gaussian rows under a weak ℓ1 (m → ∞, λ√m → 0), until the floor of 1"
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
    note=f"{_WIDE}: the exponent is correct, the constant off by up to a factor 1.25",
)
def paper_l1_norm(time: Any, *, n_neurons: Any, l1_strength: Any) -> Any:
    r"""Return the ℓ1 norm by the published law ‖w‖₁ ≈ max(1/(1/√m + λt), 1).

    Parameters
    ----------
    time : float or array
        t: flow time, flow units; ≥ 0.
    n_neurons : int or array
        m: number of neurons (columns); whole, ≥ 1.
    l1_strength : float or array
        λ: ℓ1 strength, flow units; ≥ 0.

    Returns
    -------
    float or ndarray

    Raises
    ------
    TypeError, ValueError
        If an argument is not a real number in its domain.

    Notes
    -----
    Kind: leading order. Source: derivations/sparsification, “The published laws” (arXiv 2312.03096,
    section 3).

    The exponent is correct, the constant is not: for wide Gaussian rows (m → ∞, λ√m → 0) truth/law
    lies between 0.80 and 1.22.

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
    note=f"{_WIDE}: the exponent is correct, the constant off by up to a factor 2.72",
)
def paper_nonzero_count(time: Any, *, n_neurons: Any, l1_strength: Any) -> Any:
    r"""Return the number of living weights by the published law m' ≈ max(1/(1/√m + λt)², 1).

    Parameters
    ----------
    time : float or array
        t: flow time, flow units; ≥ 0.
    n_neurons : int or array
        m: number of neurons (columns); whole, ≥ 1.
    l1_strength : float or array
        λ: ℓ1 strength, flow units; ≥ 0.

    Returns
    -------
    float or ndarray

    Raises
    ------
    TypeError, ValueError
        If an argument is not a real number in its domain.

    Notes
    -----
    Kind: leading order. Source: derivations/sparsification, “The published laws” (arXiv 2312.03096,
    section 3).

    The exponent is correct, the constant is not: for wide Gaussian rows (m → ∞, λ√m → 0) truth/law
    lies between 1.0 and 2.72.

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
    note=f"{_WIDE}: 1/√m + λT is too short by up to a factor 1.65",
    tested_in="tests/theory/test_sparsification.py",
)
def paper_time_to_count(count: Any, *, n_neurons: Any, l1_strength: Any) -> Any:
    """Return the time to `count` living weights by the published law: (1/√m' − 1/√m)/λ.

    Parameters
    ----------
    count : float or array
        x: number of weights or neurons; ≥ 1.
        Here m′, the living weights; at most m.
    n_neurons : int or array
        m: number of neurons (columns); whole, ≥ 1.
    l1_strength : float or array
        λ: ℓ1 strength, flow units; > 0.

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

    It is the inverse of `paper_nonzero_count`.

    Examples
    --------
    >>> from polytheory.theory.sparsification import paper_time_to_count
    >>> round(paper_time_to_count(100, n_neurons=10_000, l1_strength=1e-4), 6)
    900.0
    """
    k, m, lam = PAPER_COUNT.check(count=count, n_neurons=n_neurons, l1_strength=l1_strength)
    return unwrap((1.0 / np.sqrt(k) - 1.0 / np.sqrt(m)) / lam)
