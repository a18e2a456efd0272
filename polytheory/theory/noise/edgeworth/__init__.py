"""Functionals F and F′ of noise to first order in its excess kurtosis."""

from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike

from polytheory._checks import MAX_STRENGTH, FloatArray, Number, unwrap
from polytheory.claims import Domain, Interval, Kind, claim
from polytheory.theory.noise._gaussian import density, rectified_mean, rectified_square
from polytheory.theory.noise.edgeworth._mean_absolute import (
    MAX_KURTOSIS,
    MEAN_ABSOLUTE,
    ROW_AND_NOISE,
    edgeworth_mean_absolute,
    mean_absolute_bounds,
    possible,
)

__all__ = [
    "EDGEWORTH",
    "MEAN_ABSOLUTE",
    "edgeworth_mean_absolute",
    "edgeworth_second_moment",
    "edgeworth_slope",
    "mean_absolute_bounds",
]

#: Largest correction relative to F.
_MAX_SHARE = 0.25


def _parts(
    overlap: Any, squared_norm: Any, fourth_power_sum: Any, std: Any, excess_kurtosis: Any
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return s, x = μ/s and κ_z = κq/N²."""
    s = std * np.sqrt(squared_norm)
    return s, overlap / s, excess_kurtosis * (fourth_power_sum / squared_norm) / squared_norm


def _in_range(**row: FloatArray) -> Any:
    s, x, kurtosis = _parts(**row)
    small = np.abs(kurtosis) <= MAX_KURTOSIS
    share = np.abs(kurtosis * x) * density(x) / 12.0 <= _MAX_SHARE * rectified_square(x)
    # Deep in the negative tail both sides underflow; the ratio is κ_z x⁴/24 there.
    deep = (x >= -30.0) | (kurtosis == 0.0)
    return small & share & deep & possible(row["squared_norm"], row["fourth_power_sum"]) & (s > 0.0)


EDGEWORTH = Domain(
    {"overlap": Interval(-MAX_STRENGTH, MAX_STRENGTH)} | ROW_AND_NOISE,
    where=_in_range,
    because="fourth_power_sum ≤ squared_norm², |κ_z| ≤ 1/2 and a correction of F of at most 1/4",
    instead="Use F itself, in polytheory.noise, for sparse rows and deep tails.",
)


@overload
def edgeworth_second_moment(
    overlap: Number,
    squared_norm: Number,
    fourth_power_sum: Number,
    *,
    std: Number,
    excess_kurtosis: Number,
) -> float: ...
@overload
def edgeworth_second_moment(
    overlap: ArrayLike,
    squared_norm: ArrayLike,
    fourth_power_sum: ArrayLike,
    *,
    std: ArrayLike,
    excess_kurtosis: ArrayLike,
) -> FloatArray: ...
@claim(
    Kind.LEADING_ORDER,
    EDGEWORTH,
    says="F = F_G − (κ_z/12) s μ φ(μ/s), κ_z = κ‖w‖₄⁴/‖w‖₂⁴, s = σ‖w‖₂",
    source="noise: Kurtosis selects the basis of the neurons",
)
def edgeworth_second_moment(
    overlap: Any, squared_norm: Any, fourth_power_sum: Any, *, std: Any, excess_kurtosis: Any
) -> Any:
    r"""Return F(μ) = E ReLU(μ + z)², z = w·ξ, to first order in the kurtosis.

    .. math:: F = s^2\bigl[(1+x^2)\Phi(x) + x\varphi(x)\bigr]
              - \tfrac{\kappa_z}{12}\,s\mu\varphi(x), \qquad
              s = \sigma\|w\|_2,\; x = \mu/s,\; \kappa_z = \kappa\|w\|_4^4/\|w\|_2^4

    It is exact for Gaussian noise (κ = 0). For μ < 0 and negative kurtosis F decreases as the row
    becomes sparse: such noise can make rows sparse.

    Parameters
    ----------
    overlap : float or array
        μ: W_i·W_j.
    squared_norm : float or array
        N: Σ_k w_k² of a row; > 0.
    fourth_power_sum : float or array
        ‖w‖₄⁴: Σ_k w_k⁴ of a row; ≥ 0.
    std : float or array
        σ: standard deviation of the noise on a neuron; > 0.
    excess_kurtosis : float or array
        κ: excess kurtosis of the noise: −2 bipolar, −1.2 uniform, 3 Laplace; in [−2, 10⁶].

    Returns
    -------
    float or ndarray
        In units of the loss.

    Raises
    ------
    ValueError
        If |κ_z| > 1/2, or the correction exceeds a quarter of the Gaussian value (for negative x,
        beyond about |x| = (6/|κ_z|)^¼).

    Notes
    -----
    Kind: leading order. Source: derivations/noise, “Kurtosis selects the basis of the neurons”.

    The relative error is of order κ_z² and κ₆: for Gaussian-like rows and bounded noise a few per
    cent at the edge of the domain and O(1/m²) inside.

    Examples
    --------
    >>> from polytheory.theory.noise import edgeworth_second_moment
    >>> round(edgeworth_second_moment(-0.1, 1.0, 0.2, std=0.1, excess_kurtosis=-2.0), 8)
    0.00067274
    """
    row = {"overlap": overlap, "squared_norm": squared_norm, "fourth_power_sum": fourth_power_sum}
    given = EDGEWORTH.check(**row, std=std, excess_kurtosis=excess_kurtosis)
    s, x, kurtosis = _parts(*given)
    return unwrap(s * s * (rectified_square(x) - kurtosis / 12.0 * x * density(x)))


@overload
def edgeworth_slope(
    overlap: Number,
    squared_norm: Number,
    fourth_power_sum: Number,
    *,
    std: Number,
    excess_kurtosis: Number,
) -> float: ...
@overload
def edgeworth_slope(
    overlap: ArrayLike,
    squared_norm: ArrayLike,
    fourth_power_sum: ArrayLike,
    *,
    std: ArrayLike,
    excess_kurtosis: ArrayLike,
) -> FloatArray: ...
@claim(
    Kind.LEADING_ORDER,
    EDGEWORTH,
    says="F′ = 2s h₁(x) + (κ_z/12) s (x² − 1) φ(x), x = μ/s",
    source="noise: Kurtosis selects the basis of the neurons",
)
def edgeworth_slope(
    overlap: Any, squared_norm: Any, fourth_power_sum: Any, *, std: Any, excess_kurtosis: Any
) -> Any:
    r"""Return F′(μ) = 2 E ReLU(μ + z) to first order in the kurtosis.

    .. math:: F' = 2s\,h_1(x) + \tfrac{\kappa_z}{12}\,s(x^2-1)\varphi(x),
              \qquad h_1 = x\Phi + \varphi

    Parameters
    ----------
    overlap : float or array
        μ: W_i·W_j.
    squared_norm : float or array
        N: Σ_k w_k² of a row; > 0.
    fourth_power_sum : float or array
        ‖w‖₄⁴: Σ_k w_k⁴ of a row; ≥ 0.
    std : float or array
        σ: standard deviation of the noise on a neuron; > 0.
    excess_kurtosis : float or array
        κ: excess kurtosis of the noise: −2 bipolar, −1.2 uniform, 3 Laplace; in [−2, 10⁶].

    Returns
    -------
    float or ndarray
        Tends to 2μ for μ ≫ s and to 0 for μ ≪ −s.

    Raises
    ------
    ValueError
        If an argument lies outside the domain of `edgeworth_second_moment`.

    Notes
    -----
    Kind: leading order. Source: derivations/noise, “Kurtosis selects the basis of the neurons”.

    Examples
    --------
    >>> from polytheory.theory.noise import edgeworth_slope
    >>> round(edgeworth_slope(0.0, 1.0, 0.2, std=0.1, excess_kurtosis=-2.0), 6)
    0.081118
    """
    row = {"overlap": overlap, "squared_norm": squared_norm, "fourth_power_sum": fourth_power_sum}
    given = EDGEWORTH.check(**row, std=std, excess_kurtosis=excess_kurtosis)
    s, x, kurtosis = _parts(*given)
    correction = kurtosis / 12.0 * (np.square(x) - 1.0) * density(x)
    return unwrap(s * (2.0 * rectified_mean(x) + correction))
