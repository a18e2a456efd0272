"""Roots of falling functions, element by element: third-order steps inside a bracket.

A curve returns its value, slope and second derivative. A step goes to the root of the parabola that
these three define, or to its vertex if it has no root, as where two roots merge. A second
derivative of 0 turns it into Newton's step. A step that leaves the bracket is replaced by its
middle, so the worst case is bisection.

`scipy.optimize.elementwise.find_root` does not use derivatives, is public from SciPy 1.15 only, and
takes about a millisecond for one number.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from polytheory._checks import FloatArray

#: Takes x and its parameters; returns value, slope and second derivative.
Curve = Callable[..., tuple[Any, Any, Any]]

#: A step below this, relative to x, is the last.
_TOLERANCE = 4.0 * np.finfo(float).eps
#: From this step on only middles, and the end: 1100 halvings pass from 1e-300 to any float.
_FREE, _MOST = 48, 1200
#: Values evaluated together, so that their temporaries fit in the cache.
_BLOCK = 1 << 12


def falling_root(curve: Curve, low: Any, high: Any, start: Any, *parameters: Any) -> Any:
    """Return, element by element, where a function passes from positive to negative.

    Parameters
    ----------
    curve : callable
        ``curve(x, *parameters)``; is called with flat arrays of equal size or with single numbers.
    low, high : float or array
        The bracket. Without a root in it the result is the end beyond which it would lie.
    start : float or array
        First x, within the bracket. Steps converge at once from the side where value and second
        derivative have the same sign.
    *parameters : float or array

    Returns
    -------
    float or ndarray
        To a few units in the last place of x, as far as the curve itself is that precise.

    Raises
    ------
    RuntimeError
        If the curve is not a number somewhere.
    """
    given = (low, high, start, *parameters)
    if all(np.ndim(each) == 0 for each in given):
        return _single(curve, float(low), float(high), float(start), parameters)
    together = np.broadcast_arrays(*given)
    flat = [each.ravel() for each in together]
    root = np.empty(flat[0].size)
    for begin in range(0, root.size, _BLOCK):
        block = slice(begin, begin + _BLOCK)
        root[block] = _each(curve, *(each[block] for each in flat))
    return root.reshape(together[0].shape)


def _single(curve: Curve, low: float, high: float, x: float, parameters: tuple[Any, ...]) -> Any:
    """Take the steps of `_each` in plain numbers, on which arrays would be mostly overhead."""
    for count in range(_MOST):
        value, slope, bend = curve(x, *parameters)
        if value > 0.0:
            low = x
        elif value <= 0.0:
            high = x
        else:
            raise _not_a_number(x)
        inside = slope * slope - 2.0 * value * bend
        if inside < 0.0:
            following = x - slope / bend
        else:
            divisor = math.sqrt(inside) - slope
            following = x + 2.0 * value / divisor if divisor > 0.0 else math.nan
        if not low <= following <= high or count >= _FREE:
            following = 0.5 * (low + high)
        if abs(following - x) <= _TOLERANCE * abs(following) or value == 0.0:
            return np.float64(following if value else x)
        x = float(following)
    raise RuntimeError(f"no root found near {x:g}")  # pragma: no cover - halvings end


def _each(
    curve: Curve, low: FloatArray, high: FloatArray, x: FloatArray, *parameters: FloatArray
) -> FloatArray:
    result, where = np.empty(x.size), np.arange(x.size)
    for count in range(_MOST):
        value, slope, bend = curve(x, *parameters)
        above = value > 0.0
        if np.isnan(value).any():
            raise _not_a_number(float(x[np.isnan(value)][0]))
        low, high = np.where(above, x, low), np.where(above, high, x)
        inside = slope * slope - 2.0 * value * bend
        with np.errstate(divide="ignore", invalid="ignore"):
            following = x + 2.0 * value / (np.sqrt(np.maximum(inside, 0.0)) - slope)
            following = np.where(inside < 0.0, x - slope / bend, following)
        inside_bracket = (following >= low) & (following <= high) & (count < _FREE)
        following = np.where(inside_bracket, following, 0.5 * (low + high))
        following = np.where(value == 0.0, x, following)
        open_ = np.abs(following - x) > _TOLERANCE * np.abs(following)
        x = following
        left = np.count_nonzero(open_)
        if 2 * left <= x.size:  # most have arrived: go on with the others
            result[where] = x
            if left == 0:
                return result
            where, x, low, high = where[open_], x[open_], low[open_], high[open_]
            parameters = tuple(each[open_] for each in parameters)
    raise RuntimeError(f"no root found near {x[0]:g}")  # pragma: no cover - halvings end


def _not_a_number(x: float) -> RuntimeError:
    return RuntimeError(f"the function is not a number at {x:g}")
