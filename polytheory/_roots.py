"""Roots of falling functions, element by element: third-order steps inside a bracket.

A curve returns its value, slope and second derivative. A step goes to the root of the parabola that
these three define, or to its vertex if it has no root, as where two roots merge. A second
derivative of 0 turns it into Newton's step. A step that leaves the bracket is replaced by its
middle, so the worst case is bisection.

`scipy.optimize.elementwise.find_root` does not use derivatives, is public from SciPy 1.15 only, and
takes 0.7 ms for one number.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from polytheory._checks import FloatArray

#: Takes x and its parameters; returns value, slope and second derivative.
Curve = Callable[..., tuple[Any, Any, Any]]

#: The last step, relative to x, by its order 2 or 3: it leaves about its square or third power,
#: below rounding. A halving is the last one at a few units in the last place.
_LAST_NEWTON, _LAST, _LAST_HALVING = 1e-9, 1e-6, 4.0 * np.finfo(float).eps
#: From this step on only middles, and the end: 1100 halvings pass from 1e-300 to any float.
_FREE, _MOST = 48, 1200
#: Numbers given to a curve at once, so that its temporaries fit in the cache.
_BLOCK = 1 << 13


def falling_root(
    curve: Curve, low: Any, high: Any, start: Any, *parameters: Any, rows: Any = None
) -> Any:
    """Return, element by element, where a function passes from positive to negative.

    Parameters
    ----------
    curve : callable
        ``curve(x, *parameters)``; is called with flat arrays of equal size or with single numbers.
    low, high : float or array
        The bracket. Without a root in it the result is the end beyond which it would lie. Where
        two roots may merge, the point between them is an end: a function that only touches zero
        has no sign to go by.
    start : float or array
        First x, within the bracket. Steps converge at once from the side where value and second
        derivative have the same sign.
    *parameters : float or array
    rows : array, optional
        A further parameter, with one more axis at the end than the others together.

    Returns
    -------
    float or ndarray
        To a few units in the last place of x, as far as the curve itself is that precise.

    Raises
    ------
    RuntimeError
        If the curve is not a number somewhere.
    """
    given, more = (low, high, start, *parameters), () if rows is None else (rows,)
    if all(np.ndim(each) == 0 for each in given):
        return _single(curve, float(low), float(high), float(start), *parameters, *more)
    together = np.broadcast_arrays(*given)
    flat = [each.ravel() for each in together]
    flat += [each.reshape(flat[0].size, each.shape[-1]) for each in more]
    if flat[0].size == 1:
        return np.reshape(_single(curve, *(each[0] for each in flat)), together[0].shape)
    return _each(curve, *flat).reshape(together[0].shape)


def _single(curve: Curve, low: float, high: float, x: float, *parameters: Any) -> Any:
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
        last = _LAST if bend else _LAST_NEWTON
        if not low <= following <= high or count >= _FREE:
            following, last = 0.5 * (low + high), _LAST_HALVING
        if abs(following - x) <= last * abs(following) or value == 0.0:
            return np.float64(following if value else x)
        x = float(following)
    raise RuntimeError(f"no root found near {x:g}")  # pragma: no cover - halvings end


def _each(
    curve: Curve, low: FloatArray, high: FloatArray, x: FloatArray, *parameters: FloatArray
) -> FloatArray:
    result, where = np.empty(x.size), np.arange(x.size)
    for count in range(_MOST):
        value, slope, bend = _in_blocks(curve, x, parameters)
        if np.isnan(value).any():
            raise _not_a_number(float(x[np.isnan(value)][0]))
        above = value > 0.0
        low, high = np.where(above, x, low), np.where(above, high, x)
        inside = slope * slope - 2.0 * value * bend
        with np.errstate(divide="ignore", invalid="ignore"):
            following = x + 2.0 * value / (np.sqrt(np.maximum(inside, 0.0)) - slope)
            following = np.where(inside < 0.0, x - slope / bend, following)
        free = (following >= low) & (following <= high) & (count < _FREE)
        following = np.where(free, following, 0.5 * (low + high))
        last = np.where(free, np.where(bend == 0.0, _LAST_NEWTON, _LAST), _LAST_HALVING)
        open_ = (np.abs(following - x) > last * np.abs(following)) & (value != 0.0)
        x = np.where(value == 0.0, x, following)
        left = np.count_nonzero(open_)
        if 2 * left <= x.size:  # most have arrived: go on with the others
            result[where] = x
            if left == 0:
                return result
            where, x, low, high = where[open_], x[open_], low[open_], high[open_]
            parameters = tuple(each[open_] for each in parameters)
    raise RuntimeError(f"no root found near {x[0]:g}")  # pragma: no cover - halvings end


def _in_blocks(curve: Curve, x: FloatArray, parameters: tuple[FloatArray, ...]) -> FloatArray:
    """Return value, slope and second derivative, (3, len(x))."""
    result = np.empty((3, x.size))
    size = 1 + _BLOCK // max(each[:1].size for each in (x, *parameters)) if x.size else 1
    for begin in range(0, x.size, size):
        block = slice(begin, begin + size)
        for row, each in zip(result, curve(x[block], *(p[block] for p in parameters)), strict=True):
            row[block] = each
    return result


def _not_a_number(x: float) -> RuntimeError:
    return RuntimeError(f"the function is not a number at {x:g}")
