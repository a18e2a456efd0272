"""Bounds on the ℓ1 norm on the universal curve, and the tails of the curve."""

from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike

from polytheory._checks import FloatArray, Number, unwrap
from polytheory.claims import Domain, Interval, Kind, claim
from polytheory.theory.sparsification.curve._domains import CURVE

__all__ = ["TAIL", "l1_norm_bounds", "l1_norm_tail", "nonzero_count_tail"]

TAIL = Domain({"scaled_threshold": Interval(4.0, 30.0)})
_TAILS = "universal_curve: The end of the curve"


@overload
def l1_norm_bounds(
    time: Number, *, n_neurons: Number, l1_strength: Number
) -> tuple[float, float]: ...
@overload
def l1_norm_bounds(
    time: ArrayLike, *, n_neurons: ArrayLike, l1_strength: ArrayLike
) -> tuple[FloatArray, FloatArray]: ...
@claim(
    Kind.BOUND,
    CURVE,
    says="1/(1/L₀ + λt) ≤ ‖w‖₁ ≤ 1/(1/L₀ + (π/2 − 1)λt), L₀ = √(2m/π), on the curve",
    source="universal_curve: The squared coefficient of variation increases",
    note="on the curve only: random finite rows violate it",
)
def l1_norm_bounds(time: Any, *, n_neurons: Any, l1_strength: Any) -> tuple[Any, Any]:
    r"""Return bounds on ‖w‖₁ along the universal curve, from π/2 − 1 ≤ ρ ≤ 1.

    .. math:: \frac{1}{1/L_0+\lambda t} \le \|w\|_1 \le \frac{1}{1/L_0+(\pi/2-1)\lambda t},
              \qquad L_0 = \sqrt{2m/\pi}

    Parameters
    ----------
    time : float or array
        t: flow time, flow units; ≥ 0.
    n_neurons : int or array
        m: number of neurons (columns); whole, ≥ 10.
    l1_strength : float or array
        λ: ℓ1 strength, flow units; in [0, 0.1].
        At most 0.1/√m.

    Returns
    -------
    (lower, upper) : pair of float or ndarray

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside the domain of the curve.

    Notes
    -----
    Kind: bound. Source: derivations/universal_curve, “The squared coefficient of variation
    increases”.

    On the curve only. Random finite rows violate it (at m = 1000 by −12 % to +4 % while 10 weights
    live).

    Examples
    --------
    >>> from polytheory.theory.sparsification import l1_norm_bounds
    >>> [round(b, 3) for b in l1_norm_bounds(1e3, n_neurons=100_000, l1_strength=1e-5)]
    [71.616, 103.399]
    """
    t, m, lam = CURVE.check(time=time, n_neurons=n_neurons, l1_strength=l1_strength)
    start = np.sqrt(np.pi / (2.0 * m))
    lower, upper = (1.0 / (start + rho * lam * t) for rho in (1.0, np.pi / 2.0 - 1.0))
    return unwrap(lower), unwrap(upper)


@overload
def l1_norm_tail(scaled_threshold: Number) -> float: ...
@overload
def l1_norm_tail(scaled_threshold: ArrayLike) -> FloatArray: ...
@claim(
    Kind.LEADING_ORDER,
    TAIL,
    says="‖w‖₁·λt = 1 + 2/x² − 6/x⁴ + O(x⁻⁶)",
    source=_TAILS,
    note="on the curve, to its next term: within 90/x⁶",
    error=lambda scaled_threshold: 90.0 / np.asarray(scaled_threshold) ** 6,
)
def l1_norm_tail(scaled_threshold: Any) -> Any:
    """Return ‖w‖₁·λt late on the curve: 1 + 2/x² − 6/x⁴ + O(x⁻⁶), x² ≈ 4 ln(λ√m t).

    Parameters
    ----------
    scaled_threshold : float or array
        τ√m/s: τ in units of s/√m; in [4, 30].
        x, as returned by the function `scaled_threshold`.

    Returns
    -------
    float or ndarray
        Above 1, and falling to 1.

    Raises
    ------
    ValueError
        If `scaled_threshold` lies outside the domain.

    Notes
    -----
    Kind: leading order. Source: derivations/universal_curve, “The end of the curve”.

    The next term is 90/x⁶.

    Examples
    --------
    >>> from polytheory.theory.sparsification import l1_norm_tail
    >>> l1_norm_tail(10.0)
    1.0194
    """
    (x,) = TAIL.check(scaled_threshold=scaled_threshold)
    return unwrap(1.0 + 2.0 / x**2 - 6.0 / x**4)


@overload
def nonzero_count_tail(scaled_threshold: Number) -> float: ...
@overload
def nonzero_count_tail(scaled_threshold: ArrayLike) -> FloatArray: ...
@claim(
    Kind.LEADING_ORDER,
    TAIL,
    says="m'·(λt)² = 2 + 6/x² − 6/x⁴ + O(x⁻⁶)",
    source=_TAILS,
    note="on the curve, to its next term: within 95/x⁶ of its value",
    error=lambda scaled_threshold: 95.0 / np.asarray(scaled_threshold) ** 6,
)
def nonzero_count_tail(scaled_threshold: Any) -> Any:
    """Return m'·(λt)² late on the curve: 2 + 6/x² − 6/x⁴ + O(x⁻⁶), x² ≈ 4 ln(λ√m t).

    Parameters
    ----------
    scaled_threshold : float or array
        τ√m/s: τ in units of s/√m; in [4, 30].
        x, as returned by the function `scaled_threshold`.

    Returns
    -------
    float or ndarray

    Raises
    ------
    ValueError
        If `scaled_threshold` lies outside the domain.

    Notes
    -----
    Kind: leading order. Source: derivations/universal_curve, “The end of the curve”.

    The next term is 190/x⁶.

    Examples
    --------
    >>> from polytheory.theory.sparsification import nonzero_count_tail
    >>> nonzero_count_tail(10.0)
    2.0594
    """
    (x,) = TAIL.check(scaled_threshold=scaled_threshold)
    return unwrap(2.0 + 6.0 / x**2 - 6.0 / x**4)
