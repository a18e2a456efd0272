"""Width of a layer with at most a given mean number of polysemantic neurons."""

import math
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike

from polytheory._checks import FloatArray, Number, one_of, refuse_value, unwrap
from polytheory._roots import falling_root
from polytheory.claims import Domain, Interval, Kind, claim, whole
from polytheory.theory.collisions._expected import NULL_MODELS, mean
from polytheory.theory.collisions._sites import MAX_SIZE


def _wide_enough(expected: FloatArray, n_features: FloatArray) -> Any:
    # By the largest mean among the null models, at the largest width.
    return (n_features == 1) | (n_features**2 <= 4.0 * MAX_SIZE * expected)


_FINITE = "at least the mean number of polysemantic neurons at 10¹⁵ neurons"
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

    for *exclusion*. Under every null model the mean of `expected_polysemantic` in floating point is
    at most `expected` at the returned width, and above it at the next smaller one.

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
    narrow, wide = np.ceil(n / 2.0), np.full(n.shape, MAX_SIZE)
    middle, step = _estimate(null_model, most, n, narrow), 1.0
    # Invariant: `wide` suffices; all widths below `narrow` do not. The estimate is nearly always
    # within one of the result; the steps away from it double, up to the middle.
    while np.any(narrow < wide):
        does = mean(null_model, n, middle) <= most
        narrow, wide = np.where(does, narrow, middle + 1.0), np.where(does, middle, wide)
        half = np.floor((narrow + wide) / 2.0)
        middle = np.where(
            does, np.maximum(wide - step, half), np.minimum(narrow + step - 1.0, half)
        )
        step *= 2.0
    # The estimate n²/4m of the paper is positive for a single feature.
    short = mean(null_model, n, wide) > most
    if np.any(short):
        raise refuse_value("expected", f"{most[short][0]:g}", _FINITE, WIDTH.instead)
    return unwrap(wide)


def _estimate(null_model: str, most: FloatArray, n: FloatArray, narrow: FloatArray) -> FloatArray:
    """Return the width at which the mean is `most`, rounded up."""
    pairs = n * n if null_model == "paper" else n * (n - 1.0)
    width = pairs / (4.0 * np.maximum(most, 1e-250)) + (null_model == "exclusion") * 0.5
    width = np.clip(width, narrow, MAX_SIZE)
    if null_model == "independent":
        # A layer of n/2 neurons may suffice, as for n = 1; then the root sought is that width.
        pair, ends = np.maximum(n, 2.0), np.log(narrow)
        limit = mean(null_model, pair, narrow)
        wide_enough = (n == 1.0) | (limit <= most)
        start = np.where(wide_enough, ends, np.log(width))
        goal = np.where(wide_enough, limit, most)
        width = np.exp(falling_root(_log_mean, ends, math.log(MAX_SIZE), start, pair, goal))
    return np.asarray(np.clip(np.ceil(width), narrow, MAX_SIZE))


def _log_mean(log_width: Any, n: Any, goal: Any) -> tuple[Any, Any, Any]:
    """Return ln(mean/goal) of independent features at ln m, and about its slope.

    The slope is that of m(1 − e^{−l/2})² with l = (n − 2)/m, for many features and for two.
    """
    m = np.exp(log_width)
    load = np.maximum((n - 2.0) / m, 1e-9)
    return np.log(mean("independent", n, m) / goal), 1.0 - load / np.expm1(0.5 * load), 0.0
