"""Sum of fourth powers of rows: at the start, its initial rate and its final value."""

from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike

from polytheory._checks import FloatArray, Number, one_of, unwrap
from polytheory.claims import Domain, Kind, claim
from polytheory.theory.noise.drift import POSITIVE_NORM, WIDTH
from polytheory.theory.noise.rows._cubic import (
    RATE,
    WIDE,
    cubic_flow,
    equivalent_l1,
    half_sparsity_time,
    time_to_inverse_participation_ratio,
)
from polytheory.theory.noise.simplex import FEATURES

__all__ = [
    "RANDOM_ROWS",
    "WIDE",
    "cubic_flow",
    "equivalent_l1",
    "fourth_power_sum_of_random_rows",
    "half_sparsity_time",
    "initial_inverse_participation_ratio_slope",
    "plateau_fourth_power_sum",
    "time_to_inverse_participation_ratio",
]

RANDOM_ROWS = Domain({"n_neurons": WIDTH, "squared_norm": POSITIVE_NORM})
STARTING_ROWS = Domain({"n_neurons": WIDTH, "rate": RATE})
PLATEAU = Domain({"n_features": FEATURES, "squared_norm": POSITIVE_NORM})
_SAMPLED = "The expectation is exact and is compared with samples."


@overload
def fourth_power_sum_of_random_rows(n_neurons: Number, *, squared_norm: Number = 1.0) -> float: ...
@overload
def fourth_power_sum_of_random_rows(
    n_neurons: ArrayLike, *, squared_norm: ArrayLike = 1.0
) -> FloatArray: ...
@claim(
    Kind.STATISTICAL,
    RANDOM_ROWS,
    says="rows without a preferred basis: E‖w‖₄⁴ = 3N²/(m + 2)",
    source="noise: Gaussian noise prefers no basis",
    note=_SAMPLED,
)
@claim(
    Kind.STATISTICAL,
    RANDOM_ROWS,
    name="gaussian_noise_in_the_flow",
    says="Gaussian noise makes no row sparse: E‖w‖₄⁴/N² = 3/(m + 2) at all times",
    source="noise: Gaussian noise prefers no basis",
    rests_on="fourth_power_sum_of_random_rows",
    note="An exact consequence of L(WO) = L(W), compared with samples.",
)
def fourth_power_sum_of_random_rows(n_neurons: Any, *, squared_norm: Any = 1.0) -> Any:
    r"""Return the mean sum of fourth powers 3N²/(m + 2) of rows without a preferred basis.

    Gaussian noise has no preferred basis, so the mean keeps this value; under other noise it is the
    initial value of the drift.

    Parameters
    ----------
    n_neurons : int or array
        m: number of neurons (columns); whole, ≥ 1.
    squared_norm : float or array
        N: Σ_k w_k² of a row; > 0.

    Returns
    -------
    float or ndarray

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside the domain.

    Notes
    -----
    Kind: statistical. Source: derivations/noise, “Gaussian noise prefers no basis”. As
    `gaussian_noise_in_the_flow`: statistical; derivations/noise, “Gaussian noise prefers no basis”.

    Exact, for rows of norm √N whose direction is uniform.

    Examples
    --------
    >>> from polytheory.theory.noise import fourth_power_sum_of_random_rows
    >>> fourth_power_sum_of_random_rows(4)
    0.5
    """
    m, N = RANDOM_ROWS.check(n_neurons=n_neurons, squared_norm=squared_norm)
    return unwrap(3.0 * np.square(N) / (m + 2.0))


@overload
def initial_inverse_participation_ratio_slope(n_neurons: Number, *, rate: Number) -> float: ...
@overload
def initial_inverse_participation_ratio_slope(
    n_neurons: ArrayLike, *, rate: ArrayLike
) -> FloatArray: ...
@claim(
    Kind.STATISTICAL,
    STARTING_ROWS,
    says="random rows: E dq/dt = 24(m−1)γ/[(m+2)(m+4)(m+6)]",
    source="noise: The drift",
    note=_SAMPLED,
)
def initial_inverse_participation_ratio_slope(n_neurons: Any, *, rate: Any) -> Any:
    r"""Return the mean initial rate of the inverse participation ratio under the cubic flow.

    .. math:: E\,\dot q = 4\gamma\,E\bigl[\|w\|_6^6 - q^2\bigr]
              = \frac{24(m-1)}{(m+2)(m+4)(m+6)}\,\gamma

    Parameters
    ----------
    n_neurons : int or array
        m: number of neurons (columns); whole, ≥ 1.
    rate : float or array
        γ: drift rate, flow units.
        As returned by `drift_rate`; it may be negative.

    Returns
    -------
    float or ndarray
        In flow units.

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside the domain.

    Notes
    -----
    Kind: statistical. Source: derivations/noise, “The drift”.

    Exact for uncoupled rows. Rows of a simplex rotate together, which multiplies the rate by about
    1 − (n−1)/(2m) (leading order; at n = 8 the factor is 10–14 % smaller).

    Examples
    --------
    >>> from polytheory.theory.noise import initial_inverse_participation_ratio_slope
    >>> round(initial_inverse_participation_ratio_slope(16, rate=0.0024), 6)
    0.000109
    """
    m, gamma = STARTING_ROWS.check(n_neurons=n_neurons, rate=rate)
    return unwrap(gamma * 24.0 * ((m - 1.0) / (m + 2.0)) / (m + 4.0) / (m + 6.0))


@overload
def plateau_fourth_power_sum(
    n_features: Number, *, squared_norm: Number = 1.0, shape: str = "dense row"
) -> float: ...
@overload
def plateau_fourth_power_sum(
    n_features: ArrayLike, *, squared_norm: ArrayLike = 1.0, shape: str = "dense row"
) -> FloatArray: ...
@claim(
    Kind.EXACT,
    PLATEAU,
    says="n−1 sparse rows and a dense one: the mean of ‖w‖₄⁴ is 0.79 N² for n = 8",
    source="noise: The plateau below 1",
)
def plateau_fourth_power_sum(
    n_features: Any, *, squared_norm: Any = 1.0, shape: str = "dense row"
) -> Any:
    r"""Return the mean sum of fourth powers in a sparse simplex: why it does not reach N².

    A simplex cannot be one-hot. Either n − 1 neurons carry one feature each and the last feature is
    spread over all of them ("dense row"),

    .. math:: \bar q = \frac1n\Bigl[(n-1)(\alpha+\beta)^4 + (n-1)(n-2)\beta^4 + \frac1{n-1}\Bigr],
              \quad \alpha = \sqrt{\tfrac n{n-1}},\;
              \beta = \frac1{n-1}\Bigl(\tfrac1{\sqrt{n-1}} - \alpha\Bigr),

    or each of n features has its own neuron and small weights on the others ("symmetric"),
    :math:`W = \alpha(1-J/n)`, :math:`\bar q = (\tfrac{n-1}n)^2 + \tfrac1{n^2(n-1)}`.

    Parameters
    ----------
    n_features : int or array
        n: number of features (rows); whole, ≥ 2.
    squared_norm : float or array
        N: Σ_k w_k² of a row; > 0.
        The result is proportional to N².
    shape : {"dense row", "symmetric"}
        Runs with bipolar noise end at the first.

    Returns
    -------
    float or ndarray

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside the domain.

    Notes
    -----
    Kind: exact. Source: derivations/noise, “The plateau below 1”.

    Exact for the two simplices; that a run ends at one of them is empirical.

    Examples
    --------
    >>> from polytheory.theory.noise import plateau_fourth_power_sum
    >>> (
    ...     round(plateau_fourth_power_sum(8), 4),
    ...     round(plateau_fourth_power_sum(8, shape="symmetric"), 4),
    ... )
    (0.794, 0.7679)
    """
    one_of("shape", shape, ("dense row", "symmetric"))
    n, N = PLATEAU.check(n_features=n_features, squared_norm=squared_norm)
    others = n - 1.0
    if shape == "symmetric":
        mean = np.square(others / n) + 1.0 / (n * n * others)
    else:
        alpha = np.sqrt(n / others)
        beta = (1.0 / np.sqrt(others) - alpha) / others
        sparse = (alpha + beta) ** 4 + (n - 2.0) * beta**4
        mean = (others * sparse + 1.0 / others) / n
    return unwrap(np.square(N) * mean)
