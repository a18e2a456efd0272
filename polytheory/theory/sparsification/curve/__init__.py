"""Closed forms on the universal curve (theory 2.2–2.6): predictors of norms, speed and times."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from polytheory._checks import LARGEST, FloatArray, unwrap
from polytheory.domain import Domain, Interval
from polytheory.theory.sparsification.curve._moments import scaled_moments
from polytheory.theory.sparsification.curve._tables import (
    LARGEST_CLOCK,
    Quantity,
    clock_at,
    on_curve,
)

__all__ = [
    "CURVE",
    "FEWEST_LIVING",
    "FRACTION",
    "TAIL",
    "fourth_norm",
    "l1_norm",
    "l1_norm_bounds",
    "l1_norm_tail",
    "nonzero_count",
    "nonzero_count_tail",
    "speedup",
    "threshold",
    "time_to_fraction",
]

#: Living weights below which a finite row is no longer close to the curve (10 % off at 10).
FEWEST_LIVING = 10
#: Largest λ√m taken for small: the curve's own error is of relative order λ√m.
STRONGEST = 0.1


def _on_domain(time: FloatArray, n_neurons: FloatArray, l1_strength: FloatArray) -> Any:
    strength = l1_strength * np.sqrt(n_neurons)
    # Through the largest θ instead of the count itself: m is often one number, time is many.
    fewest = np.minimum(FEWEST_LIVING / n_neurons, 1.0)
    last = np.where(n_neurons >= FEWEST_LIVING, clock_at(-ndtri(fewest / 2.0)), -1.0)
    # A little slack, so that the time to the last fraction lies inside.
    last = np.minimum(last, LARGEST_CLOCK) * (1.0 + 1e-12)
    return (strength <= STRONGEST) & (strength * time <= last)


_BECAUSE = f"where l1_strength·√n_neurons ≤ {STRONGEST} and at least {FEWEST_LIVING} weights live"
_INSTEAD = "Use mean_field for stronger ℓ1, row_flow or completion_law where fewer weights live."

CURVE = Domain(
    {
        "time": Interval(0.0, LARGEST),
        "n_neurons": Interval(FEWEST_LIVING, 1e30, integer=True, log=True),
        "l1_strength": Interval(0.0, STRONGEST),
    },
    where=_on_domain,
    because=_BECAUSE,
    instead=_INSTEAD,
)

FRACTION = Domain(
    {
        "fraction": Interval(0.0, 1.0, open_low=True),
        "n_neurons": Interval(FEWEST_LIVING, 1e30, integer=True, log=True),
        "l1_strength": Interval(1 / LARGEST, STRONGEST),
    },
    where=lambda fraction, n_neurons, l1_strength: (
        (fraction * n_neurons >= FEWEST_LIVING * (1.0 - 1e-12))
        & (l1_strength * np.sqrt(n_neurons) <= STRONGEST)
    ),
    because=_BECAUSE,
    instead=_INSTEAD,
)

TAIL = Domain({"threshold": Interval(4.0, 30.0)})


def _evaluate(
    quantity: Quantity, time: ArrayLike, n_neurons: ArrayLike, l1_strength: ArrayLike
) -> tuple[FloatArray, FloatArray]:
    """Return the quantity on the curve, and m."""
    t, m, lam = CURVE.check(time=time, n_neurons=n_neurons, l1_strength=l1_strength)
    return on_curve(quantity, (lam * np.sqrt(m)) * t), m


def threshold(time: ArrayLike, *, n_neurons: ArrayLike, l1_strength: ArrayLike) -> Any:
    r"""Threshold x = τ√m/s below which weights have died, in standard deviations of the start.

    .. math:: \Theta(x) = \int_0^x \frac{dy}{\sqrt{G_2(y)}} = \lambda\sqrt m\,t

    Parameters
    ----------
    time : float or array
        Flow time t ≥ 0.
    n_neurons : int or array
        m, a whole number.
    l1_strength : float or array
        λ in flow units, with λ√m ≤ 0.1.

    Returns
    -------
    float or ndarray

    Raises
    ------
    TypeError, ValueError
        Outside the domain: λ√m above 0.1 (use `mean_field`), or fewer than 10 weights left (use
        `polytheory.row_flow` or `completion_law`).

    Notes
    -----
    Kind: leading order; exact for m → ∞, λ√m → 0, once the norm has relaxed (t ≫ 1), for Gaussian
    rows of any scale. Source: ours, theory 2.2.

    Examples
    --------
    >>> from polytheory.theory.sparsification import threshold
    >>> round(threshold(1.6239e4, n_neurons=10_000, l1_strength=1e-6), 4)
    1.0
    """
    return unwrap(_evaluate("threshold", time, n_neurons, l1_strength)[0])


def l1_norm(time: ArrayLike, *, n_neurons: ArrayLike, l1_strength: ArrayLike) -> Any:
    r"""Return ‖w‖₁ = √m G₁(x)/√G₂(x) on the universal curve, x the `threshold` at that time.

    Parameters
    ----------
    time : float or array
        Flow time t ≥ 0.
    n_neurons : int or array
        m, a whole number.
    l1_strength : float or array
        λ in flow units, with λ√m ≤ 0.1.

    Returns
    -------
    float or ndarray
        To 1e-12 relative.

    Raises
    ------
    TypeError, ValueError
        Outside the domain: λ√m above 0.1 (use `mean_field`), or fewer than 10 weights left (use
        `polytheory.row_flow` or `completion_law`).

    Notes
    -----
    Kind: leading order; exact for m → ∞, λ√m → 0, once the norm has relaxed (t ≫ 1), for Gaussian
    rows of any scale. Source: ours, theory 2.2.

    Examples
    --------
    >>> from polytheory.theory.sparsification import l1_norm
    >>> round(l1_norm(1e3, n_neurons=100_000, l1_strength=1e-5), 4)
    90.768
    """
    value, m = _evaluate("l1_norm", time, n_neurons, l1_strength)
    return unwrap(value * np.sqrt(m))


def nonzero_count(time: ArrayLike, *, n_neurons: ArrayLike, l1_strength: ArrayLike) -> Any:
    """Return m' = 2m Q(x), the living weights on the universal curve, x the `threshold`.

    Parameters
    ----------
    time : float or array
        Flow time t ≥ 0.
    n_neurons : int or array
        m, a whole number.
    l1_strength : float or array
        λ in flow units, with λ√m ≤ 0.1.

    Returns
    -------
    float or ndarray
        To 1e-12 relative; not rounded to a whole number.

    Raises
    ------
    TypeError, ValueError
        Outside the domain: λ√m above 0.1 (use `mean_field`), or fewer than 10 weights left (use
        `polytheory.row_flow` or `completion_law`).

    Notes
    -----
    Kind: leading order; exact for m → ∞, λ√m → 0, once the norm has relaxed (t ≫ 1), for Gaussian
    rows of any scale. A finite row scatters around it by about √m'. Source: ours, theory 2.2.

    Examples
    --------
    >>> from polytheory.theory.sparsification import nonzero_count
    >>> round(nonzero_count(1e3, n_neurons=100_000, l1_strength=1e-5), 1)
    14603.6
    """
    value, m = _evaluate("nonzero_count", time, n_neurons, l1_strength)
    return unwrap(np.minimum(value, 1.0) * m)  # rounding


def fourth_norm(time: ArrayLike, *, n_neurons: ArrayLike, l1_strength: ArrayLike) -> Any:
    """Return ‖w‖₄⁴ = G₄(x)/(m G₂(x)²) on the universal curve, x the `threshold`.

    Parameters
    ----------
    time : float or array
        Flow time t ≥ 0.
    n_neurons : int or array
        m, a whole number.
    l1_strength : float or array
        λ in flow units, with λ√m ≤ 0.1.

    Returns
    -------
    float or ndarray
        To 1e-12 relative.

    Raises
    ------
    TypeError, ValueError
        Outside the domain: λ√m above 0.1 (use `mean_field`), or fewer than 10 weights left (use
        `polytheory.row_flow` or `completion_law`).

    Notes
    -----
    Kind: leading order; exact for m → ∞, λ√m → 0, once the norm has relaxed (t ≫ 1), for Gaussian
    rows of any scale. Source: ours, theory 2.2.

    Examples
    --------
    >>> from polytheory.theory.sparsification import fourth_norm
    >>> round(fourth_norm(0.0, n_neurons=100, l1_strength=1e-5), 12)
    0.03
    """
    value, m = _evaluate("fourth_norm", time, n_neurons, l1_strength)
    return unwrap(value / m)


def l1_norm_bounds(
    time: ArrayLike, *, n_neurons: ArrayLike, l1_strength: ArrayLike
) -> tuple[Any, Any]:
    r"""Bounds on ‖w‖₁ along the universal curve, from π/2 − 1 ≤ ρ ≤ 1.

    .. math:: \frac{1}{1/L_0+\lambda t} \le \|w\|_1 \le \frac{1}{1/L_0+(\pi/2-1)\lambda t},
              \qquad L_0 = \sqrt{2m/\pi}

    Parameters
    ----------
    time : float or array
        Flow time t ≥ 0.
    n_neurons : int or array
        m, a whole number.
    l1_strength : float or array
        λ in flow units, with λ√m ≤ 0.1.

    Returns
    -------
    (lower, upper) : pair of float or ndarray

    Raises
    ------
    TypeError, ValueError
        Outside the domain of the curve.

    Notes
    -----
    Kind: bound, on the curve only. Random finite rows break it (at m = 1000 by −12 % to +4 % while
    10 weights live). Source: ours, theory 2.3.

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


def speedup(time: ArrayLike, *, n_neurons: ArrayLike, l1_strength: ArrayLike) -> Any:
    r"""Local speed of sparsification in units of λ: (−d ln m'/dt)/λ = √m (φ/Q)(x) √G₂(x).

    Our definition: the authors use the word without one. It starts at 2φ(0)√m = 0.798√m and tends
    to 2‖w‖₁.

    Parameters
    ----------
    time : float or array
        Flow time t ≥ 0.
    n_neurons : int or array
        m, a whole number.
    l1_strength : float or array
        λ in flow units, with λ√m ≤ 0.1.

    Returns
    -------
    float or ndarray

    Raises
    ------
    TypeError, ValueError
        Outside the domain of the curve.

    Notes
    -----
    Kind: leading order, as the curve. Source: ours, theory 2.6.

    Examples
    --------
    >>> from polytheory.theory.sparsification import speedup
    >>> round(speedup(0.0, n_neurons=100, l1_strength=1e-4), 4)
    7.9788
    """
    x, m = _evaluate("threshold", time, n_neurons, l1_strength)
    scaled = scaled_moments(x)
    root_second = np.sqrt(np.sqrt(2.0 / np.pi) * scaled[2]) * np.exp(-x * x / 4.0)
    return unwrap(np.sqrt(m) * root_second / scaled[0])


def time_to_fraction(fraction: ArrayLike, *, n_neurons: ArrayLike, l1_strength: ArrayLike) -> Any:
    r"""Flow time after which a fraction of the weights is left: Θ(Q⁻¹(f/2))/(λ√m).

    Between two settings the ratio of times is exactly (λ₂√m₂)/(λ₁√m₁), whatever the fraction.

    Parameters
    ----------
    fraction : float or array
        f in (0, 1], with at least 10 weights left.
    n_neurons : int or array
        m, a whole number.
    l1_strength : float or array
        λ > 0 in flow units, with λ√m ≤ 0.1.

    Returns
    -------
    float or ndarray

    Raises
    ------
    TypeError, ValueError
        Outside the domain.

    Notes
    -----
    Kind: leading order, as the curve; the scaling is exact on it. Source: ours, theory 2.6.

    Examples
    --------
    >>> from polytheory.theory.sparsification import time_to_fraction
    >>> round(time_to_fraction(0.5, n_neurons=10_000, l1_strength=1e-5), 3)
    915.894
    """
    f, m, lam = FRACTION.check(fraction=fraction, n_neurons=n_neurons, l1_strength=l1_strength)
    return unwrap(clock_at(np.maximum(-ndtri(f / 2.0), 0.0)) / (lam * np.sqrt(m)))


def l1_norm_tail(threshold: ArrayLike) -> Any:
    """‖w‖₁·λt late on the curve: 1 + 2/x² − 6/x⁴ + O(x⁻⁶), with x² ≈ 4 ln(λ√m t).

    Parameters
    ----------
    threshold : float or array
        x, between 4 and 30 (the function `threshold`).

    Returns
    -------
    float or ndarray

    Raises
    ------
    ValueError
        Outside the domain.

    Notes
    -----
    Kind: leading order; the next term is 90/x⁶. Source: ours, theory 2.4.

    Examples
    --------
    >>> from polytheory.theory.sparsification import l1_norm_tail
    >>> l1_norm_tail(10.0)
    1.0194
    """
    (x,) = TAIL.check(threshold=threshold)
    return unwrap(1.0 + 2.0 / x**2 - 6.0 / x**4)


def nonzero_count_tail(threshold: ArrayLike) -> Any:
    """m'·(λt)² late on the curve: 2 + 6/x² − 6/x⁴ + O(x⁻⁶), with x² ≈ 4 ln(λ√m t).

    Parameters
    ----------
    threshold : float or array
        x, between 4 and 30 (the function `threshold`).

    Returns
    -------
    float or ndarray

    Raises
    ------
    ValueError
        Outside the domain.

    Notes
    -----
    Kind: leading order; the next term is 190/x⁶. Source: ours, theory 2.4.

    Examples
    --------
    >>> from polytheory.theory.sparsification import nonzero_count_tail
    >>> nonzero_count_tail(10.0)
    2.0594
    """
    (x,) = TAIL.check(threshold=threshold)
    return unwrap(2.0 + 6.0 / x**2 - 6.0 / x**4)
