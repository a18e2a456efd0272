"""Number of polysemantic neurons: features on neurons as balls in boxes.

Two null models. *Exclusion*: interference forbids two features of the same sign on one neuron, so
n features occupy n different signed sites (neuron, sign) out of 2m, all choices equally likely.
*Independent*: each feature takes any of the 2m sites, independently of the others.

Under any null model the sum of all encodings gives the number.
"""

from typing import Any, overload

from numpy.typing import ArrayLike

from polytheory._checks import MAX_STRENGTH, FloatArray, Number, unwrap
from polytheory.claims import Domain, Interval, Kind, claim, whole
from polytheory.theory.collisions._distribution import (
    MAX_INDEPENDENT_FEATURES,
    no_collision_probability,
    poisson_distance_bound,
    polysemantic_pmf,
)
from polytheory.theory.collisions._expected import (
    expected_polysemantic,
    expected_polysemantic_bounds,
    necessary_polysemantic,
    pair_probability,
    polysemantic_variance,
)
from polytheory.theory.collisions._few_body import (
    FEW,
    FEW_ERROR,
    TWO_ROWS,
    pair_probability_in_the_flow,
    three_body_slope,
)
from polytheory.theory.collisions._measured import MEASURED, SURVIVED, measured_ratio
from polytheory.theory.collisions._sites import FEATURES, MAX_SIZE, SITES
from polytheory.theory.collisions._width import WIDTH, width_for

__all__ = [
    "FEATURES",
    "FEW",
    "FEW_ERROR",
    "MAX_INDEPENDENT_FEATURES",
    "MEASURED",
    "ONE_HOT",
    "SITES",
    "SURVIVED",
    "TWO_ROWS",
    "WIDTH",
    "expected_polysemantic",
    "expected_polysemantic_bounds",
    "measured_ratio",
    "necessary_polysemantic",
    "no_collision_probability",
    "pair_probability",
    "pair_probability_in_the_flow",
    "poisson_distance_bound",
    "polysemantic_from_overlap",
    "polysemantic_pmf",
    "polysemantic_variance",
    "three_body_slope",
    "width_for",
]


def _not_too_long(squared_norm_of_sum: Any, n_living: Any, amplitude: Any) -> Any:
    # Slack for the rounding of encodings in single precision.
    return squared_norm_of_sum <= n_living * amplitude**2 * (1.0 + 1e-6)


ONE_HOT = Domain(
    {
        "squared_norm_of_sum": Interval(0.0, MAX_SIZE),
        "n_living": whole(0, MAX_SIZE),
        "amplitude": Interval(1.0 / MAX_STRENGTH, 1.0, label="(0, 1]"),
    },
    where=_not_too_long,
    because="such that squared_norm_of_sum ≤ n_living · amplitude²",
    instead="In a longer sum features of one sign share a neuron, and it does not give the count.",
)


@overload
def polysemantic_from_overlap(
    squared_norm_of_sum: Number, n_living: Number, *, amplitude: Number
) -> float: ...
@overload
def polysemantic_from_overlap(
    squared_norm_of_sum: ArrayLike, n_living: ArrayLike, *, amplitude: ArrayLike
) -> FloatArray: ...
@claim(
    Kind.EXACT,
    ONE_HOT,
    says="one-hot rows, no two of one sign on a neuron: X = (n − ‖Σ W_i‖²/x₊²)/2",
    source="collisions: The count is an overlap",
    note="n counts the living rows. It fails where features of one sign share a neuron: a result "
    "that is not whole shows it, a sum within the domain does not exclude it.",
)
def polysemantic_from_overlap(squared_norm_of_sum: Any, n_living: Any, *, amplitude: Any) -> Any:
    r"""Return the number of polysemantic neurons of a one-hot state from the sum of its rows.

    .. math:: X = \frac12\Bigl(n - \frac1{x_+^2}\Bigl\|\sum_i W_i\Bigr\|^2\Bigr)
              = -\frac1{x_+^2}\sum_{i<j} W_i\cdot W_j

    Parameters
    ----------
    squared_norm_of_sum : float or array
        ‖Σ_i W_i‖²: over all encodings; ≥ 0.
        At most n x₊².
    n_living : int or array
        n_living: number of living features; whole, ≥ 0.
        Rows that have died are not counted.
    amplitude : float or array
        x₊: size of a carrier; in (0, 1].
        `carrier_amplitude` at the end of the flow.

    Returns
    -------
    float or ndarray
        A whole number up to the rounding of the encodings, for the states described below.

    Raises
    ------
    TypeError, ValueError
        If an argument is not a number or out of range, or ‖Σ_i W_i‖² exceeds n x₊².

    Notes
    -----
    Kind: exact. Source: derivations/collisions, “The count is an overlap”.

    It holds where every living row has one weight, of size x₊, and no neuron has two of one sign.
    In any state of such rows it is the number of pairs that share a neuron with opposite signs
    minus the number that share one with equal signs. Crowded layers (n > 2m) do not end in such a
    state. A result that is not whole, up to rounding, shows a state of another kind.

    Examples
    --------
    Three features on two neurons, two of them on the first:

    >>> import numpy as np
    >>> from polytheory.theory.collisions import polysemantic_from_overlap
    >>> W = 0.9 * np.array([[1, 0], [-1, 0], [0, 1]])
    >>> total = np.square(W.sum(axis=0)).sum()
    >>> round(polysemantic_from_overlap(total, 3, amplitude=0.9), 12)
    1.0
    """
    square, n, x = ONE_HOT.check(
        squared_norm_of_sum=squared_norm_of_sum, n_living=n_living, amplitude=amplitude
    )
    return unwrap((n - square / x**2) / 2.0)
