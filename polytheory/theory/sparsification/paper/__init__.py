"""The two laws as the paper plots them (theory 2.5)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from polytheory._checks import LARGEST, unwrap
from polytheory.domain import Domain, Interval

__all__ = ["PAPER", "paper_l1_norm", "paper_nonzero_count", "paper_time_to_count"]

PAPER = Domain(
    {
        "time": Interval(0.0, LARGEST),
        "n_neurons": Interval(1, 1e15, integer=True),
        "l1_strength": Interval(0.0, LARGEST),
    }
)
PAPER_COUNT = Domain(
    {
        "count": Interval(1.0, 1e15),
        "n_neurons": Interval(1, 1e15, integer=True),
        "l1_strength": Interval(1 / LARGEST, LARGEST),
    },
    where=lambda count, n_neurons, **_: count <= n_neurons,
    because="where count is at most n_neurons",
)


def paper_l1_norm(time: ArrayLike, *, n_neurons: ArrayLike, l1_strength: ArrayLike) -> Any:
    r"""Return the ℓ1 norm as the paper plots it: ‖w‖₁ ≈ max(1/(1/√m + λt), 1).

    Parameters
    ----------
    time : float or array
        Flow time t ≥ 0.
    n_neurons : int or array
        m ≥ 1, a whole number.
    l1_strength : float or array
        λ ≥ 0 in flow units.

    Returns
    -------
    float or ndarray

    Raises
    ------
    TypeError, ValueError
        If an argument is not a real number in its range.

    Notes
    -----
    Kind: leading order. The exponent is right, the constant is not: for wide Gaussian rows
    (m → ∞, λ√m → 0) truth/law lies between 0.80 and 1.22. Source: arXiv 2312.03096, section 3.

    Examples
    --------
    >>> from polytheory.theory.sparsification import paper_l1_norm
    >>> paper_l1_norm(0.0, n_neurons=100, l1_strength=0.01)
    10.0
    """
    t, m, lam = PAPER.check(time=time, n_neurons=n_neurons, l1_strength=l1_strength)
    return unwrap(np.maximum(1.0 / (1.0 / np.sqrt(m) + lam * t), 1.0))


def paper_nonzero_count(time: ArrayLike, *, n_neurons: ArrayLike, l1_strength: ArrayLike) -> Any:
    r"""Return the number of living weights as the paper plots it: m' ≈ max(1/(1/√m + λt)², 1).

    Parameters
    ----------
    time : float or array
        Flow time t ≥ 0.
    n_neurons : int or array
        m ≥ 1, a whole number.
    l1_strength : float or array
        λ ≥ 0 in flow units.

    Returns
    -------
    float or ndarray

    Raises
    ------
    TypeError, ValueError
        If an argument is not a real number in its range.

    Notes
    -----
    Kind: leading order. The exponent is right, the constant is not: for wide Gaussian rows
    (m → ∞, λ√m → 0) truth/law lies between 1.0 and 2.72. Source: arXiv 2312.03096, section 3.

    Examples
    --------
    >>> from polytheory.theory.sparsification import paper_nonzero_count
    >>> round(paper_nonzero_count(1e3, n_neurons=10_000, l1_strength=1e-4), 3)
    82.645
    """
    return unwrap(
        np.asarray(paper_l1_norm(time, n_neurons=n_neurons, l1_strength=l1_strength)) ** 2
    )


def paper_time_to_count(count: ArrayLike, *, n_neurons: ArrayLike, l1_strength: ArrayLike) -> Any:
    """Time at which the paper's law has `count` weights left: (1/√m' − 1/√m)/λ.

    Parameters
    ----------
    count : float or array
        m', between 1 and m.
    n_neurons : int or array
        m ≥ 1, a whole number.
    l1_strength : float or array
        λ > 0 in flow units.

    Returns
    -------
    float or ndarray
        Flow time.

    Raises
    ------
    TypeError, ValueError
        Outside the domain.

    Notes
    -----
    Kind: leading order, as `paper_nonzero_count`, whose inverse it is. Source: arXiv 2312.03096,
    section 3.

    Examples
    --------
    >>> from polytheory.theory.sparsification import paper_time_to_count
    >>> round(paper_time_to_count(100, n_neurons=10_000, l1_strength=1e-4), 6)
    900.0
    """
    k, m, lam = PAPER_COUNT.check(count=count, n_neurons=n_neurons, l1_strength=l1_strength)
    return unwrap((1.0 / np.sqrt(k) - 1.0 / np.sqrt(m)) / lam)
