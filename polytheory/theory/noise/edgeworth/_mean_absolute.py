"""E|z|, the slope F′(0) that pulls overlaps down: a series and bounds."""

from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike

from polytheory._checks import MAX_STRENGTH, FloatArray, Number, one_of, unwrap
from polytheory.claims import Domain, Interval, Kind, claim

#: Largest |κ_z| of the expansion.
MAX_KURTOSIS = 0.5
_POSITIVE = Interval(1.0 / MAX_STRENGTH, MAX_STRENGTH)


def possible(N: FloatArray, q: FloatArray) -> Any:
    """Return whether a row can have these norms."""
    return q <= N * N * (1.0 + 1e-12)


def _possible_kurtosis(**row: FloatArray) -> Any:
    N, q, sixth, slack = (
        row["squared_norm"],
        row["fourth_power_sum"],
        row["sixth_power_sum"],
        1.0 + 1e-12,
    )
    between = (q * q <= N * sixth * slack) & (sixth <= q * N * slack)
    kurtosis = np.abs(row["excess_kurtosis"] * (q / N) / N)
    return (kurtosis <= MAX_KURTOSIS) & possible(N, q) & between


ROW_AND_NOISE = {
    "squared_norm": _POSITIVE,
    "fourth_power_sum": Interval(0.0, MAX_STRENGTH**2),
    "std": _POSITIVE,
    "excess_kurtosis": Interval(-2.0, 1e6),  # the minimum: E ξ⁴ ≥ (E ξ²)²
}
MEAN_ABSOLUTE = Domain(
    ROW_AND_NOISE
    | {"sixth_power_sum": Interval(0.0, MAX_STRENGTH**3), "sixth_cumulant": Interval(-1e6, 1e6)},
    where=_possible_kurtosis,
    because="norms of a row (q ≤ N², q²/N ≤ Σw⁶ ≤ qN) and |κ_z| ≤ 1/2",
    instead="Use E|z| itself, in polytheory.noise, for sparse rows.",
)
SIZES = Domain({"squared_norm": _POSITIVE, "std": _POSITIVE})


@overload
def edgeworth_mean_absolute(
    squared_norm: Number,
    fourth_power_sum: Number,
    sixth_power_sum: Number,
    *,
    std: Number,
    excess_kurtosis: Number,
    sixth_cumulant: Number,
) -> float: ...
@overload
def edgeworth_mean_absolute(
    squared_norm: ArrayLike,
    fourth_power_sum: ArrayLike,
    sixth_power_sum: ArrayLike,
    *,
    std: ArrayLike,
    excess_kurtosis: ArrayLike,
    sixth_cumulant: ArrayLike,
) -> FloatArray: ...
@claim(
    Kind.LEADING_ORDER,
    MEAN_ABSOLUTE,
    says="E|z| = √(2/π) s (1 − κ_z/24 + κ₆z/240 − 5κ_z²/384)",
    source="noise: How large the noise of a row is",
)
def edgeworth_mean_absolute(
    squared_norm: Any,
    fourth_power_sum: Any,
    sixth_power_sum: Any,
    *,
    std: Any,
    excess_kurtosis: Any,
    sixth_cumulant: Any,
) -> Any:
    r"""Return E|z| = F′(0) to second order: the slope that pulls overlaps down.

    .. math:: E|z| = \sqrt{\tfrac2\pi}\,s\Bigl(1 - \tfrac{\kappa_z}{24} + \tfrac{\kappa_{6z}}{240}
              - \tfrac{5\kappa_z^2}{384}\Bigr), \qquad \kappa_{6z} = \kappa_6\|w\|_6^6/\|w\|_2^6

    Parameters
    ----------
    squared_norm : float or array
        N: Σ_k w_k² of a row; > 0.
    fourth_power_sum : float or array
        ‖w‖₄⁴: Σ_k w_k⁴ of a row; ≥ 0.
    sixth_power_sum : float or array
        ‖w‖₆⁶: Σ_k w_k⁶ of a row; ≥ 0.
    std : float or array
        σ: standard deviation of the noise on a neuron; > 0.
    excess_kurtosis : float or array
        κ: excess kurtosis of the noise: −2 bipolar, −1.2 uniform, 3 Laplace; in [−2, 10⁶].
    sixth_cumulant : float or array
        κ₆: sixth cumulant of the noise over σ⁶: 16 bipolar, 48/7 uniform; in [−10⁶, 10⁶].
        30 Laplace, 0 Gaussian.

    Returns
    -------
    float or ndarray
        Of the size of s; bounds: `mean_absolute_bounds`.

    Raises
    ------
    ValueError
        If |κ_z| > 1/2, or no row has the given norms.

    Notes
    -----
    Kind: leading order. Source: derivations/noise, “How large the noise of a row is”.

    The remainder is of third order in 1/m. The series does not describe a few equal weights, where
    parity matters (bipolar, two weights: 0.707 s).

    Examples
    --------
    >>> from polytheory.theory.noise import edgeworth_mean_absolute
    >>> noise = {"std": 1.0, "excess_kurtosis": -2.0, "sixth_cumulant": 16.0}
    >>> round(edgeworth_mean_absolute(1.0, 0.1, 0.01, **noise), 5)
    0.80465
    """
    noise = {"std": std, "excess_kurtosis": excess_kurtosis, "sixth_cumulant": sixth_cumulant}
    N, q, sixth, sigma, kappa, kappa6 = MEAN_ABSOLUTE.check(
        squared_norm=squared_norm,
        fourth_power_sum=fourth_power_sum,
        sixth_power_sum=sixth_power_sum,
        **noise,
    )
    kurtosis = kappa * (q / N) / N
    sixth_of_z = kappa6 * (sixth / N) / N / N
    series = 1.0 - kurtosis / 24.0 + sixth_of_z / 240.0 - 5.0 * np.square(kurtosis) / 384.0
    return unwrap(np.sqrt(2.0 / np.pi) * sigma * np.sqrt(N) * series)


# E|z|/s of one component and in the limit of many; rows lie in between.
_GAUSSIAN = np.sqrt(2.0 / np.pi)
_RATIOS = {
    "bipolar": (np.sqrt(0.5), 1.0),
    "uniform": (_GAUSSIAN, np.sqrt(0.75)),
    "laplace": (np.sqrt(0.5), _GAUSSIAN),
    "gaussian": (_GAUSSIAN, _GAUSSIAN),
}


@overload
def mean_absolute_bounds(
    squared_norm: Number, *, std: Number, distribution: str = "bipolar"
) -> tuple[float, float]: ...
@overload
def mean_absolute_bounds(
    squared_norm: ArrayLike, *, std: ArrayLike, distribution: str = "bipolar"
) -> tuple[FloatArray, FloatArray]: ...
@claim(
    Kind.BOUND,
    SIZES,
    says="bipolar noise: s/√2 ≤ E|z| ≤ s for every row",
    source="noise: How large the noise of a row is (Szarek 1976, Haagerup 1981)",
    note="One weight attains the upper bound, two equal weights the lower.",
)
def mean_absolute_bounds(squared_norm: Any, *, std: Any, distribution: str = "bipolar") -> Any:
    r"""Return bounds c s ≤ E|z| ≤ C s, z = w·ξ and s = σ‖w‖₂, that hold for every row.

    Bipolar: :math:`(1/\sqrt2, 1)`, Khintchine's inequality with its best constant; two equal
    weights and a single one attain them. Uniform: :math:`(\sqrt{2/\pi}, \sqrt3/2)`. Laplace:
    :math:`(1/\sqrt2, \sqrt{2/\pi})`. In the last two a single weight attains one end, and many
    equal weights tend to the other.

    Parameters
    ----------
    squared_norm : float or array
        N: Σ_k w_k² of a row; > 0.
    std : float or array
        σ: standard deviation of the noise on a neuron; > 0.
    distribution : {"bipolar", "uniform", "laplace", "gaussian"}
        The distribution of the components of ξ.

    Returns
    -------
    tuple of two floats or ndarrays
        The lower and the upper bound.

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside the domain, or for an unknown distribution.

    Notes
    -----
    Kind: bound. Source: derivations/noise, “How large the noise of a row is” (Szarek 1976, Haagerup
    1981).

    The references prove the bounds for bipolar noise. The others follow from the Schur order of the
    squared weights.

    Examples
    --------
    >>> from polytheory.theory.noise import mean_absolute_bounds
    >>> low, high = mean_absolute_bounds(1.0, std=0.1)
    >>> round(low, 6), round(high, 6)
    (0.070711, 0.1)
    """
    lower, upper = _RATIOS[one_of("distribution", distribution, tuple(_RATIOS))]
    N, sigma = SIZES.check(squared_norm=squared_norm, std=std)
    s = sigma * np.sqrt(N)
    return unwrap(lower * s), unwrap(upper * s)
