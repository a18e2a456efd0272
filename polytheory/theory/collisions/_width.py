"""Width of a layer with at most a given mean number of polysemantic neurons."""

from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike

from polytheory._checks import FloatArray, Number, one_of, unwrap
from polytheory.claims import Domain, Interval, Kind, claim, whole
from polytheory.theory.collisions._expected import NULL_MODELS, expected_polysemantic
from polytheory.theory.collisions._sites import MAX_SIZE


def _wide_enough(expected: FloatArray, n_features: FloatArray) -> Any:
    # By the largest mean among the null models, at the largest width.
    return (n_features == 1) | (n_features**2 <= 4.0 * MAX_SIZE * expected)


WIDTH = Domain(
    {"expected": Interval(0.0, MAX_SIZE), "n_features": whole(1, MAX_SIZE)},
    where=_wide_enough,
    because="such that n_features² ≤ 4·10¹⁵ · expected, or n_features = 1",
    instead="A width above 10¹⁵ may be needed: allow more polysemantic neurons.",
)


@overload
def width_for(*, expected: Number, n_features: Number, null_model: str = ...) -> float: ...
@overload
def width_for(
    *, expected: ArrayLike, n_features: ArrayLike, null_model: str = ...
) -> FloatArray: ...
@claim(
    Kind.EXACT,
    WIDTH,
    says="at most E polysemantic neurons on average: m = max(⌈n/2⌉, ⌈½ + n(n−1)/(4E)⌉)",
    source="collisions: Mean",
)
def width_for(*, expected: Any, n_features: Any, null_model: str = "exclusion") -> Any:
    r"""Return the smallest width with at most `expected` polysemantic neurons on average.

    .. math:: m = \max\Bigl(\Bigl\lceil\frac n2\Bigr\rceil,
              \Bigl\lceil\frac12 + \frac{n(n-1)}{4E}\Bigr\rceil\Bigr)

    for *exclusion*; it is found by bisection of `expected_polysemantic` under every null model, so
    the returned width satisfies the bound in floating point and the next smaller one does not.

    Parameters
    ----------
    expected : float or array
        E: expected number of polysemantic neurons; ≥ 0.
        The upper limit.
    n_features : int or array
        n: number of features (rows); whole, ≥ 1.
    null_model : {"exclusion", "independent", "paper"}
        Null model of the placement; see `expected_polysemantic`.

    Returns
    -------
    float or ndarray
        A whole number, at least n/2: narrower layers cannot hold n one-hot features, and the mean
        is not monotone there.

    Raises
    ------
    TypeError, ValueError
        For an unknown null model, a negative `expected`, or one so small that no width up to 10¹⁵
        suffices.

    Notes
    -----
    Kind: exact. Source: derivations/collisions, “Mean”.

    Exact for the chosen null model.

    Examples
    --------
    >>> from polytheory.theory.collisions import width_for
    >>> width_for(expected=1.0, n_features=64)
    1009.0
    """
    one_of("null_model", null_model, NULL_MODELS)
    most, n = np.broadcast_arrays(*WIDTH.check(expected=expected, n_features=n_features))
    # Invariant: `wide` suffices; all widths below `narrow` do not.
    narrow, wide = np.ceil(n / 2.0), np.full(n.shape, MAX_SIZE)
    while np.any(narrow < wide):
        middle = np.floor((narrow + wide) / 2.0)
        does = np.asarray(expected_polysemantic(n, middle, null_model=null_model)) <= most
        narrow, wide = np.where(does, narrow, middle + 1.0), np.where(does, middle, wide)
    return unwrap(wide)
