"""Exact sums over all signs of bipolar noise, by meeting in the middle.

The 2^m sums ±v_1 ± … ± v_m are all x + y with x from the first half of the weights and y from the
second. For each x, the y above the kink are the last ones of a sorted list: 2^{m/2} look-ups and
running sums replace 2^m terms.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polytheory._checks import FloatArray
from polytheory.noise._unit import Unit

Ranks = NDArray[np.intp]

#: Above this many neurons enumeration is refused: time and memory grow as 2^{m/2}.
MOST_NEURONS = 24
#: Sums that differ by less are one sum: rounding would decide on which side of the kink they lie.
TIE = 1e-13
#: Look-ups at a time.
CHUNK = 2**17


def enumeration(depth: FloatArray, rows: FloatArray, a: FloatArray, b: FloatArray) -> Unit:
    """Evaluate for bipolar noise, exactly."""
    size = max(1, CHUNK // (depth.shape[-1] * 2 ** (rows.shape[-1] // 2)))
    given = (depth, rows, a, b)
    parts = [_enumerate(*(each[k : k + size] for each in given)) for k in range(0, len(rows), size)]
    return Unit(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def _enumerate(depth: FloatArray, rows: FloatArray, a: FloatArray, b: FloatArray) -> Unit:
    half = rows.shape[-1] // 2
    # Beyond the largest sum the slope is zero and stays so; mostly that leaves nothing of b.
    b = b * (depth <= np.abs(rows).sum(axis=-1, keepdims=True) + TIE)[:, None]
    outer, outer_signs = _sums(rows[:, :half])
    inner, inner_signs = _sums(rows[:, half:])
    inner, inner_signs = inner[:, ::-1], inner_signs[:, ::-1]
    y = outer[:, None, :] - depth[:, :, None]  # falls along the last axis, so −y rises
    below, upto = _ranks(inner, -y)

    slope, curvature, f = _averages(inner, y, below, upto)
    first = (a @ slope + b @ curvature) @ outer_signs / outer.shape[-1]
    second = _inner_weights(inner, y, below, upto, a, b) @ inner_signs / inner.shape[-1]
    return Unit(
        f=f.mean(axis=-1),
        slope=slope.mean(axis=-1),
        curvature=curvature.mean(axis=-1),
        gradient=np.concatenate([first, second], axis=-1),
        error=np.full(len(rows), rows.shape[-1] * np.finfo(float).eps),
    )


def _sums(part: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return all sums ±v_1 ± …, the largest first, (R, S), and their signs, (R, S, number)."""
    count = part.shape[-1]
    bits = np.arange(2**count)[:, None] >> np.arange(count)[None, :]
    signs = 1.0 - 2.0 * (bits & 1)
    sums = part @ signs.T
    order = np.argsort(-sums, axis=-1)
    return np.asarray(np.take_along_axis(sums, order, axis=-1)), np.asarray(signs[order])


def _ranks(inner: FloatArray, threshold: FloatArray) -> tuple[Ranks, Ranks]:
    """Return how many inner sums lie below each threshold, without and with those at it."""
    # Rows moved apart make one sorted list, so that one search serves all.
    edge = float(inner[:, -1].max()) + 1.0
    shift = 3 * edge * np.arange(len(inner))
    together = np.append((inner + shift[:, None]).ravel(), np.inf)
    wanted = np.clip(threshold, -edge, edge) + shift[:, None, None]
    before = (inner.shape[-1] * np.arange(len(inner)))[:, None, None]
    tie = TIE * (1 + shift[-1])
    below = np.searchsorted(together, wanted - tie)
    ties = together[below] <= wanted + tie
    upto = np.searchsorted(together, wanted + tie) if ties.any() else below
    return below - before, upto - before


def _averages(
    inner: FloatArray, y: FloatArray, below: Ranks, upto: Ranks
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return f', f'' and f averaged over the inner half, for each outer sum: (R, P, S)."""
    size = inner.shape[-1]
    tails = np.zeros((2, len(inner), size + 1))
    tails[0, :, :-1] = np.cumsum(inner[:, ::-1], axis=-1)[:, ::-1]
    tails[1, :, :-1] = np.cumsum(inner[:, ::-1] ** 2, axis=-1)[:, ::-1]
    place = upto + ((size + 1) * np.arange(len(inner)))[:, None, None]
    first, second = (each.ravel().take(place) / size for each in tails)
    above = 1 - upto / size
    half_slope = y * above + first
    f = (half_slope + first) * y + second
    # An atom on the kink counts half: the mean of the derivatives from both sides.
    curvature = np.asarray(2 - (below + upto) / size)
    return np.maximum(2 * half_slope, 0.0), curvature, np.maximum(f, 0.0)


def _inner_weights(
    inner: FloatArray, y: FloatArray, below: Ranks, upto: Ranks, a: FloatArray, b: FloatArray
) -> FloatArray:
    """Return a f' + b f'' averaged over the outer half, for each inner sum: (R, Q, S)."""
    rows, size = inner.shape
    row = ((size + 1) * np.arange(rows))[:, None, None]

    def running(ranks: Ranks, weights: FloatArray) -> FloatArray:
        """Sum, for each inner sum, the weights of the thresholds at or below it."""
        total = np.bincount((ranks + row).ravel(), weights.ravel(), minlength=rows * (size + 1))
        return np.asarray(np.cumsum(total.reshape(rows, size + 1), axis=-1)[:, :-1])

    result = np.empty((rows, a.shape[1], size))
    for q in range(a.shape[1]):
        weight = np.broadcast_to(a[:, q, :, None], y.shape)
        result[:, q] = 2 * (running(upto, weight * y) + inner * running(upto, weight))
        weight = np.broadcast_to(b[:, q, :, None], y.shape)
        if weight.any():
            result[:, q] += running(below, weight) + running(upto, weight)
    return np.asarray(result / y.shape[-1])
