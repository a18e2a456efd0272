"""Fixed points of a single carrier: the roots of x − x³ = λ."""

from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike

from polytheory._checks import FloatArray, Number, unwrap
from polytheory.claims import Domain, Interval, Kind, claim

__all__ = [
    "CARRIER",
    "EQUAL_WEIGHTS",
    "carrier_amplitude",
    "carrier_amplitude_expansion",
    "critical_l1",
    "unstable_amplitude",
]

_CRITICAL = 2.0 / (3.0 * np.sqrt(3.0))

CARRIER = Domain(
    {"l1_strength": Interval(0.0, _CRITICAL, label="[0, 2/(3√3)]")},
    instead="Above it no positive fixed point exists: every row collapses to zero.",
)
EQUAL_WEIGHTS = Domain({"n_equal": Interval(1, 1e15, integer=True)})


@overload
def carrier_amplitude(l1_strength: Number) -> float: ...
@overload
def carrier_amplitude(l1_strength: ArrayLike) -> FloatArray: ...
@claim(
    Kind.EXACT,
    CARRIER,
    says="x₊ = (2/√3) cos(⅓ arccos(−(3√3/2) λ)), stable",
    source="fixed_points: One weight",
    note="half-stable at the upper end, where x₊ = x₋",
)
def carrier_amplitude(l1_strength: Any) -> Any:
    r"""Return the stable size of a carrier: the larger positive root of x − x³ = λ.

    .. math:: x_+ = \tfrac{2}{\sqrt3}\cos\bigl(\tfrac13\arccos(-\tfrac{3\sqrt3}{2}\lambda)\bigr)

    Two opposite-sign carriers on one neuron do not interact, and both rest here.

    Parameters
    ----------
    l1_strength : float or array
        λ: ℓ1 strength, flow units; in [0, 2/(3√3)].
        The fixed point is half-stable at the upper end.

    Returns
    -------
    float or ndarray
        Between 1/√3 and 1.

    Raises
    ------
    ValueError
        If λ lies outside the interval: above it every row collapses to zero.

    Notes
    -----
    Kind: exact. Source: derivations/fixed_points, “One weight”.

    Examples
    --------
    >>> from polytheory.theory.fixed_points import carrier_amplitude
    >>> round(carrier_amplitude(0.1), 6)
    0.945649
    """
    (lam,) = CARRIER.check(l1_strength=l1_strength)
    size = 2.0 / np.sqrt(3.0) * np.cos(np.arccos(-np.minimum(lam / _CRITICAL, 1.0)) / 3.0)
    return unwrap(np.minimum(size, 1.0))  # rounding


@overload
def unstable_amplitude(l1_strength: Number) -> float: ...
@overload
def unstable_amplitude(l1_strength: ArrayLike) -> FloatArray: ...
@claim(
    Kind.EXACT,
    CARRIER,
    says="x₋ = (2/√3) sin(⅓ arcsin((3√3/2) λ)), unstable",
    source="fixed_points: One weight",
)
def unstable_amplitude(l1_strength: Any) -> Any:
    r"""Return the size below which a lone weight dies: the smaller positive root of x − x³ = λ.

    .. math:: x_- = \tfrac{2}{\sqrt3}\sin\bigl(\tfrac13\arcsin(\tfrac{3\sqrt3}{2}\lambda)\bigr)

    Parameters
    ----------
    l1_strength : float or array
        λ: ℓ1 strength, flow units; in [0, 2/(3√3)].

    Returns
    -------
    float or ndarray
        Between 0 and 1/√3; λ + λ³ + … for small λ.

    Raises
    ------
    ValueError
        If λ lies outside the interval: above it every row collapses to zero.

    Notes
    -----
    Kind: exact. Source: derivations/fixed_points, “One weight”.

    Examples
    --------
    >>> from polytheory.theory.fixed_points import unstable_amplitude
    >>> round(unstable_amplitude(0.1), 6)
    0.101031
    """
    (lam,) = CARRIER.check(l1_strength=l1_strength)
    return unwrap(2.0 / np.sqrt(3.0) * np.sin(np.arcsin(np.minimum(lam / _CRITICAL, 1.0)) / 3.0))


@overload
def critical_l1(n_equal: Number = 1) -> float: ...
@overload
def critical_l1(n_equal: ArrayLike) -> FloatArray: ...
@claim(
    Kind.EXACT,
    EQUAL_WEIGHTS,
    says="k equal weights have a fixed point iff λ ≤ 2/(3√3 √k)",
    source="fixed_points: The strongest penalty",
)
def critical_l1(n_equal: Any = 1) -> Any:
    r"""Return the strength above which a row of equal weights collapses: λ_c = 2/(3√3 √k).

    Parameters
    ----------
    n_equal : int or array
        k: number of equal weights; whole, ≥ 1.
        1 for a carrier.

    Returns
    -------
    float or ndarray
        In flow units.

    Raises
    ------
    ValueError
        If `n_equal` is not a whole number of at least 1.

    Notes
    -----
    Kind: exact. Source: derivations/fixed_points, “The strongest penalty”.

    k equal weights of size X/√k obey the equation of a carrier with λ√k in place of λ.

    Examples
    --------
    >>> from polytheory.theory.fixed_points import critical_l1
    >>> round(critical_l1(), 6)
    0.3849
    """
    (k,) = EQUAL_WEIGHTS.check(n_equal=n_equal)
    return unwrap(_CRITICAL / np.sqrt(k))


@overload
def carrier_amplitude_expansion(l1_strength: Number) -> float: ...
@overload
def carrier_amplitude_expansion(l1_strength: ArrayLike) -> FloatArray: ...
@claim(
    Kind.LEADING_ORDER, CARRIER, says="x₊ = 1 − λ/2 + O(λ²)", source="fixed_points: A weak penalty"
)
def carrier_amplitude_expansion(l1_strength: Any) -> Any:
    """Return the first-order size of a carrier: 1 − λ/2, with an error of −3λ²/8 + O(λ³).

    Parameters
    ----------
    l1_strength : float or array
        λ: ℓ1 strength, flow units; in [0, 2/(3√3)].

    Returns
    -------
    float or ndarray
        Above x₊, which it equals at λ = 0.

    Raises
    ------
    ValueError
        If λ lies outside the interval.

    Notes
    -----
    Kind: leading order. Source: derivations/fixed_points, “A weak penalty”.

    Examples
    --------
    >>> from polytheory.theory.fixed_points import carrier_amplitude_expansion
    >>> carrier_amplitude_expansion(0.1)
    0.95
    """
    (lam,) = CARRIER.check(l1_strength=l1_strength)
    return unwrap(1.0 - lam / 2.0)
