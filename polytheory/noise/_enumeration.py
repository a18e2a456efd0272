"""Exact sums over all signs of bipolar noise, by a meet-in-the-middle algorithm.

Each of the 2^m sums ±v_1 ± … ± v_m is x + y with x from the first half of the weights and y from
the second. For each x, the y above the kink are the end of a sorted list: 2^{m/2} look-ups and
cumulative sums replace 2^m terms.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from polytheory._checks import FloatArray
from polytheory.noise._unit import Request, UnitValues

Ranks = NDArray[np.intp]

#: Above this many neurons enumeration is refused: time and memory grow as 2^{m/2}.
MAX_NEURONS = 24
#: Sums closer to the kink than this lie on it; otherwise rounding would choose their side.
TIE_TOLERANCE = 1e-13
#: Largest number of look-ups in one array.
CHUNK_SIZE = 2**17


def enumeration(asked: Request) -> UnitValues:
    """Return the exact values for bipolar noise."""
    count, n_neurons = asked.rows.shape
    size = max(1, CHUNK_SIZE // (asked.depth.shape[-1] * 2 ** (n_neurons // 2)))
    parts = [_enumerate(*asked.of(slice(k, k + size))) for k in range(0, count, size)]
    return UnitValues(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def _enumerate(depth: FloatArray, rows: FloatArray, a: FloatArray, b: FloatArray) -> UnitValues:
    # Fewer look-ups in longer lists are faster.
    half = max(rows.shape[-1] // 2 - 1, 0)
    # Beyond the largest sum f'' = 0; usually this makes b zero and saves its sums.
    b = b * (depth <= np.abs(rows).sum(axis=-1, keepdims=True) + TIE_TOLERANCE)[:, None]
    outer, outer_order = _sums(rows[:, :half])
    inner, inner_order = _sums(rows[:, half:])
    y = outer[:, None, ::-1] - depth[:, :, None]  # decreases along the last axis, so −y increases
    below, upto = _ranks(inner, y)

    slope, curvature, f = _averages(inner, y, below, upto)
    outer_weights = (a @ slope + b @ curvature)[..., ::-1]
    inner_weights = _inner_weights(inner, y, below, upto, a, b)
    by_outer = _against_signs(outer_weights, outer_order, half)
    by_inner = _against_signs(inner_weights, inner_order, rows.shape[-1] - half)
    return UnitValues(
        f=f.mean(axis=-1),
        slope=slope.mean(axis=-1),
        curvature=curvature.mean(axis=-1),
        gradient=np.concatenate([by_outer, by_inner], axis=-1),
        error=np.full(len(rows), rows.shape[-1] * np.finfo(float).eps),
    )


@cache
def _signs(count: int) -> FloatArray:
    """Return all combinations of signs of `count` weights, (2^count, count)."""
    bits = np.arange(2**count)[:, None] >> np.arange(count)[None, :]
    signs = 1.0 - 2.0 * (bits & 1)
    signs.setflags(write=False)
    return np.asarray(signs)


def _sums(part: FloatArray) -> tuple[FloatArray, Ranks]:
    """Return all sums ±v_1 ± …, sorted, (R, S), and the row of `_signs` of each."""
    sums = part @ _signs(part.shape[-1]).T
    order = np.argsort(sums, axis=-1)
    return np.asarray(np.take_along_axis(sums, order, axis=-1)), order


def _against_signs(weights: FloatArray, order: Ranks, count: int) -> FloatArray:
    """Return the mean of weights (R, Q, S) of sorted sums times their signs: (R, Q, count)."""
    placed = np.empty_like(weights)
    np.put_along_axis(placed, order[:, None], weights, axis=-1)
    return np.asarray(placed @ _signs(count) / weights.shape[-1])


def _ranks(inner: FloatArray, y: FloatArray) -> tuple[Ranks, Ranks]:
    """Return the number of inner sums below each −y, and the number at or below it."""
    below, upto = np.empty((2, *y.shape), dtype=np.intp)
    for sums, distance, under, at_most in zip(inner, y, below, upto, strict=True):
        threshold = -distance.ravel()
        # Infinity follows the last sum and never ties.
        together = np.append(sums, np.inf)
        lower = sums.searchsorted(threshold - TIE_TOLERANCE)
        tied = together[lower] <= threshold + TIE_TOLERANCE
        under.flat = lower
        at_most.flat = sums.searchsorted(threshold + TIE_TOLERANCE) if tied.any() else lower
    return below, upto


def _averages(
    inner: FloatArray, y: FloatArray, below: Ranks, upto: Ranks
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return f', f'' and f averaged over the inner half, for each outer sum: (R, P, S)."""
    size = inner.shape[-1]
    tails = np.zeros((2, len(inner), size + 1))
    tails[0, :, :-1] = np.cumsum(inner[:, ::-1], axis=-1)[:, ::-1]
    tails[1, :, :-1] = np.cumsum(inner[:, ::-1] ** 2, axis=-1)[:, ::-1]
    tails /= size
    place = upto + ((size + 1) * np.arange(len(inner)))[:, None, None]
    first, second = (each.ravel().take(place) for each in tails)
    # f'/2 = y P + E₁ and f = (f'/2 + E₁) y + E₂, with P, E₁ and E₂ over the sums above −y.
    slope = upto * (-1.0 / size)
    slope += 1.0
    slope *= y
    slope += first
    f = first
    f += slope
    f *= y
    f += second
    slope *= 2.0
    # An atom on the kink counts half: the mean of the derivatives from both sides.
    curvature = np.asarray(2 - (below + upto) / size)
    return np.maximum(slope, 0.0, out=slope), curvature, np.maximum(f, 0.0, out=f)


def _inner_weights(
    inner: FloatArray, y: FloatArray, below: Ranks, upto: Ranks, a: FloatArray, b: FloatArray
) -> FloatArray:
    """Return a f' + b f'' averaged over the outer half, for each inner sum: (R, Q, S)."""
    rows, size = inner.shape
    row = ((size + 1) * np.arange(rows))[:, None, None]
    bins = rows * (size + 1)
    at_most = (upto + row).ravel()

    def running(ranks: Ranks, weights: FloatArray) -> FloatArray:
        """Return, for each inner sum, the total weight of the thresholds at or below it."""
        total = np.bincount(ranks, weights.ravel(), minlength=bins)
        return np.asarray(np.cumsum(total.reshape(rows, size + 1), axis=-1)[:, :-1])

    result = np.empty((rows, a.shape[1], size))
    for q in range(a.shape[1]):
        weight = np.broadcast_to(a[:, q, :, None], y.shape)
        result[:, q] = 2 * (running(at_most, weight * y) + inner * running(at_most, weight))
        if b[:, q].any():
            weight = np.broadcast_to(b[:, q, :, None], y.shape)
            result[:, q] += running((below + row).ravel(), weight) + running(at_most, weight)
    return np.asarray(result / y.shape[-1])
