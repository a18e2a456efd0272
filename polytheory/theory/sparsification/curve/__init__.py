"""The universal curve: norms, count, rate and times of a wide Gaussian row under weak ℓ1."""

from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from polytheory._checks import FloatArray, Number, unwrap
from polytheory.claims import Kind, claim
from polytheory.theory.sparsification.curve._bounds import (
    TAIL,
    l1_norm_bounds,
    l1_norm_tail,
    nonzero_count_tail,
)
from polytheory.theory.sparsification.curve._domains import CURVE, FOURTH_POWER_SUM, FRACTION
from polytheory.theory.sparsification.curve._errors import (
    curve_error,
    fourth_power_error,
    time_error,
)
from polytheory.theory.sparsification.curve._mean_field import MEAN_FIELD, MeanField, mean_field
from polytheory.theory.sparsification.curve._tables import Quantity, clock_at, on_curve
from polytheory.theory.sparsification.curve.moments import scaled_moments

__all__ = [
    "CURVE",
    "FOURTH_POWER_SUM",
    "FRACTION",
    "MEAN_FIELD",
    "TAIL",
    "MeanField",
    "fourth_power_sum",
    "l1_norm",
    "l1_norm_bounds",
    "l1_norm_tail",
    "mean_field",
    "nonzero_count",
    "nonzero_count_tail",
    "scaled_threshold",
    "speedup",
    "time_to_fraction",
]

_SOURCE = "universal_curve: The curve"


def _note(error: str) -> str:
    return f"the mean over Gaussian rows of scale 1 is within {error} of it, Λ = λ√m"


def _evaluate(quantity: Quantity, time: Any, n_neurons: Any, l1_strength: Any) -> tuple[Any, Any]:
    """Return the quantity on the curve, and m."""
    t, m, lam = CURVE.check(time=time, n_neurons=n_neurons, l1_strength=l1_strength)
    return on_curve(quantity, (lam * np.sqrt(m)) * t), m


@overload
def scaled_threshold(time: Number, *, n_neurons: Number, l1_strength: Number) -> float: ...
@overload
def scaled_threshold(
    time: ArrayLike, *, n_neurons: ArrayLike, l1_strength: ArrayLike
) -> FloatArray: ...
@claim(
    Kind.LEADING_ORDER,
    CURVE,
    says="λ√m t = Θ(x) = ∫₀^x dy/√G₂(y), x = τ√m/s",
    source=_SOURCE,
    rests_on="universal_curve",
    note=_note("0.4/m' + 0.45Λ"),
    error=curve_error("scaled_threshold"),
)
def scaled_threshold(time: Any, *, n_neurons: Any, l1_strength: Any) -> Any:
    r"""Return the threshold x = τ√m/s in standard deviations of the initial weights.

    .. math:: \Theta(x) = \int_0^x \frac{dy}{\sqrt{G_2(y)}} = \lambda\sqrt m\,t

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
    float or ndarray

    Raises
    ------
    TypeError, ValueError
        If λ√m exceeds 0.1 (use `mean_field`) or fewer than 10 weights are left (use
        `polytheory.row_flow` or `completion_distribution`).

    Notes
    -----
    Kind: leading order. Source: derivations/universal_curve, “The curve”.

    The mean over Gaussian rows of scale 1 is within 0.4/m' + 0.45Λ (relative), Λ = λ√m.
    Another scale s shifts λt by λ[(1−s)/s − ln((1+s)/2s)] once the norm has relaxed.

    Examples
    --------
    >>> from polytheory.theory.sparsification import scaled_threshold
    >>> round(scaled_threshold(1.6239e4, n_neurons=10_000, l1_strength=1e-6), 4)
    1.0
    """
    return unwrap(_evaluate("scaled_threshold", time, n_neurons, l1_strength)[0])


@overload
def l1_norm(time: Number, *, n_neurons: Number, l1_strength: Number) -> float: ...
@overload
def l1_norm(time: ArrayLike, *, n_neurons: ArrayLike, l1_strength: ArrayLike) -> FloatArray: ...
@claim(
    Kind.LEADING_ORDER,
    CURVE,
    says="‖w‖₁ = √m G₁(x)/√G₂(x)",
    source=_SOURCE,
    note=_note("1.4/m' + 0.45Λ"),
    error=curve_error("l1_norm"),
)
def l1_norm(time: Any, *, n_neurons: Any, l1_strength: Any) -> Any:
    r"""Return ‖w‖₁ = √m G₁(x)/√G₂(x) on the universal curve, x the `scaled_threshold` at that time.

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
    float or ndarray
        To 1e-12 relative.

    Raises
    ------
    TypeError, ValueError
        If λ√m exceeds 0.1 (use `mean_field`) or fewer than 10 weights are left (use
        `polytheory.row_flow` or `completion_distribution`).

    Notes
    -----
    Kind: leading order. Source: derivations/universal_curve, “The curve”.

    The mean over Gaussian rows of scale 1 is within 1.4/m' + 0.45Λ (relative), Λ = λ√m. One row
    scatters about it by 0.6/√m'. Another scale s shifts λt by λ[(1−s)/s − ln((1+s)/2s)] once the
    norm has relaxed.

    Examples
    --------
    >>> from polytheory.theory.sparsification import l1_norm
    >>> round(l1_norm(1e3, n_neurons=100_000, l1_strength=1e-5), 4)
    90.768
    """
    value, m = _evaluate("l1_norm", time, n_neurons, l1_strength)
    return unwrap(value * np.sqrt(m))


@overload
def nonzero_count(time: Number, *, n_neurons: Number, l1_strength: Number) -> float: ...
@overload
def nonzero_count(
    time: ArrayLike, *, n_neurons: ArrayLike, l1_strength: ArrayLike
) -> FloatArray: ...
@claim(
    Kind.LEADING_ORDER,
    CURVE,
    says="m' = 2m Q(x)",
    source=_SOURCE,
    note=_note("1.1/m' + 0.35Λ"),
    error=curve_error("nonzero_count"),
)
def nonzero_count(time: Any, *, n_neurons: Any, l1_strength: Any) -> Any:
    """Return m' = 2m Q(x), the living weights on the universal curve, x the `scaled_threshold`.

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
    float or ndarray
        To 1e-12 relative; not rounded to a whole number.

    Raises
    ------
    TypeError, ValueError
        If λ√m exceeds 0.1 (use `mean_field`) or fewer than 10 weights are left (use
        `polytheory.row_flow` or `completion_distribution`).

    Notes
    -----
    Kind: leading order. Source: derivations/universal_curve, “The curve”.

    The mean over Gaussian rows of scale 1 is within 1.1/m' + 0.35Λ (relative), Λ = λ√m. One row
    scatters about it by 0.8/√m'. Another scale s shifts λt by λ[(1−s)/s − ln((1+s)/2s)] once the
    norm has relaxed.

    Examples
    --------
    >>> from polytheory.theory.sparsification import nonzero_count
    >>> round(nonzero_count(1e3, n_neurons=100_000, l1_strength=1e-5), 1)
    14603.6
    """
    value, m = _evaluate("nonzero_count", time, n_neurons, l1_strength)
    return unwrap(np.minimum(value, 1.0) * m)  # rounding


@overload
def fourth_power_sum(time: Number, *, n_neurons: Number, l1_strength: Number) -> float: ...
@overload
def fourth_power_sum(
    time: ArrayLike, *, n_neurons: ArrayLike, l1_strength: ArrayLike
) -> FloatArray: ...
@claim(
    Kind.LEADING_ORDER,
    FOURTH_POWER_SUM,
    says="‖w‖₄⁴ = G₄(x)/(m G₂(x)²)",
    source=_SOURCE,
    note=_note("11/(m' + 11) + 1.7Λ"),
    error=fourth_power_error,
)
def fourth_power_sum(time: Any, *, n_neurons: Any, l1_strength: Any) -> Any:
    """Return ‖w‖₄⁴ = G₄(x)/(m G₂(x)²) on the universal curve, x the `scaled_threshold`.

    Parameters
    ----------
    time : float or array
        t: flow time, flow units; ≥ 0.
    n_neurons : int or array
        m: number of neurons (columns); whole, ≥ 33.
    l1_strength : float or array
        λ: ℓ1 strength, flow units; in [0, 0.1].
        At most 0.1/√m.

    Returns
    -------
    float or ndarray
        To 1e-12 relative.

    Raises
    ------
    TypeError, ValueError
        If the stated error exceeds 1/4, which needs 33 living weights for λ√m → 0, or λ√m exceeds
        0.1 (use `mean_field`; for fewer weights `polytheory.row_flow`).

    Notes
    -----
    Kind: leading order. Source: derivations/universal_curve, “The curve”.

    The mean over Gaussian rows of scale 1 is within 11/(m' + 11) + 1.7Λ (relative), Λ = λ√m.
    Another scale s shifts λt by λ[(1−s)/s − ln((1+s)/2s)] once the norm has relaxed.

    Examples
    --------
    >>> from polytheory.theory.sparsification import fourth_power_sum
    >>> round(fourth_power_sum(0.0, n_neurons=100, l1_strength=1e-5), 12)
    0.03
    """
    given = {"time": time, "n_neurons": n_neurons, "l1_strength": l1_strength}
    FOURTH_POWER_SUM.check(**given)
    value, m = _evaluate("fourth_power_sum", **given)
    return unwrap(value / m)


@overload
def speedup(time: Number, *, n_neurons: Number, l1_strength: Number) -> float: ...
@overload
def speedup(time: ArrayLike, *, n_neurons: ArrayLike, l1_strength: ArrayLike) -> FloatArray: ...
@claim(
    Kind.LEADING_ORDER,
    CURVE,
    says="(−d ln m'/dt)/λ = √m (φ/Q)(x) √G₂(x), from 0.798√m to 2‖w‖₁",
    source="universal_curve: The speedup (arXiv 2312.03096 does not define the term)",
    note=_note("1.3/m' + 0.45Λ") + "; there it is the rate of the mean count",
    error=curve_error("speedup"),
)
def speedup(time: Any, *, n_neurons: Any, l1_strength: Any) -> Any:
    r"""Return the local rate of sparsification (−d ln m'/dt)/λ = √m (φ/Q)(x) √G₂(x).

    arXiv 2312.03096 uses the term without a definition; this one is ours. It starts at
    2φ(0)√m = 0.798√m and tends to 2‖w‖₁.

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
    float or ndarray

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside the domain of the curve.

    Notes
    -----
    Kind: leading order. Source: derivations/universal_curve, “The speedup” (arXiv 2312.03096 does
    not define the term).

    The rate of the mean count over Gaussian rows of scale 1 is within 1.3/m' + 0.45Λ (relative),
    Λ = λ√m.

    Examples
    --------
    >>> from polytheory.theory.sparsification import speedup
    >>> round(speedup(0.0, n_neurons=100, l1_strength=1e-4), 4)
    7.9788
    """
    x, m = _evaluate("scaled_threshold", time, n_neurons, l1_strength)
    scaled = scaled_moments(x)
    root_second = np.sqrt(np.sqrt(2.0 / np.pi) * scaled[2]) * np.exp(-x * x / 4.0)
    return unwrap(np.sqrt(m) * root_second / scaled[0])


@overload
def time_to_fraction(fraction: Number, *, n_neurons: Number, l1_strength: Number) -> float: ...
@overload
def time_to_fraction(
    fraction: ArrayLike, *, n_neurons: ArrayLike, l1_strength: ArrayLike
) -> FloatArray: ...
@claim(
    Kind.LEADING_ORDER,
    FRACTION,
    says="T(f) = Θ(Q⁻¹(f/2))/(λ√m); ratios of times are exactly (λ₂√m₂)/(λ₁√m₁)",
    source="universal_curve: The speedup",
    note=_note("0.6/m' + 0.5Λ") + ", m' = fm; the time of a row is interpolated between deaths",
    error=time_error,
)
def time_to_fraction(fraction: Any, *, n_neurons: Any, l1_strength: Any) -> Any:
    r"""Return the flow time at which a fraction of the weights is left: Θ(Q⁻¹(f/2))/(λ√m).

    Between two settings the ratio of times is exactly (λ₂√m₂)/(λ₁√m₁) for every fraction.

    Parameters
    ----------
    fraction : float or array
        f: fraction of the weights that live; in (0, 1].
        At least 10 weights must be left.
    n_neurons : int or array
        m: number of neurons (columns); whole, ≥ 10.
    l1_strength : float or array
        λ: ℓ1 strength, flow units; in (0, 0.1].
        At most 0.1/√m.

    Returns
    -------
    float or ndarray

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside the domain.

    Notes
    -----
    Kind: leading order. Source: derivations/universal_curve, “The speedup”.

    The mean time of Gaussian rows of scale 1 is within 0.6/m' + 0.5Λ (relative), m' = fm, Λ = λ√m.
    On the curve the scaling is exact.

    Examples
    --------
    >>> from polytheory.theory.sparsification import time_to_fraction
    >>> round(time_to_fraction(0.5, n_neurons=10_000, l1_strength=1e-5), 3)
    915.894
    """
    f, m, lam = FRACTION.check(fraction=fraction, n_neurons=n_neurons, l1_strength=l1_strength)
    return unwrap(clock_at(np.maximum(-ndtri(f / 2.0), 0.0)) / (lam * np.sqrt(m)))
