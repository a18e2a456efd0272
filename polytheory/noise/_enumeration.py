"""Exact sums over all signs of bipolar noise, by a meet-in-the-middle algorithm.

Each of the 2^m sums ±v_1 ± … ± v_m is x + y with x from the first half of the weights and y from
the second. For each x, the y above the kink are the end of a sorted list: 2^{m/2} look-ups and
cumulative sums replace 2^m terms.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

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


class _Half(NamedTuple):
    """All sums ±v_1 ± … of one half of the weights of each row, in increasing order."""

    sums: FloatArray  #: (R, S)
    order: Ranks  #: place of each sum among all those of `_signs`, row after row, (R, S)
    signs: FloatArray  #: (S, number of weights)

    def against_signs(self, weights: FloatArray) -> FloatArray:
        """Return the mean of weights (R, Q, S) of the sums times their signs."""
        rows, size = self.sums.shape
        means = np.empty((*weights.shape[:2], self.signs.shape[-1]))
        for q in range(weights.shape[1]):
            placed = np.empty(rows * size)
            placed[self.order] = weights[:, q]
            means[:, q] = placed.reshape(rows, size) @ self.signs
        means /= size
        return means


def enumeration(asked: Request, *, force_only: bool = False) -> UnitValues:
    """Return the exact values for bipolar noise.

    With `force_only` f is NaN, and f'' within the reach of the noise if all b there are zero.
    """
    count, n_neurons = asked.rows.shape
    size = max(1, CHUNK_SIZE // (asked.depth.shape[-1] * 2 ** (n_neurons // 2)))
    if count <= size:
        return _enumerate(asked, force_only)
    parts = [_enumerate(asked.of(slice(k, k + size)), force_only) for k in range(0, count, size)]
    return UnitValues(*(np.concatenate(each) for each in zip(*parts, strict=True)))


def _enumerate(asked: Request, force_only: bool) -> UnitValues:
    depth, rows, a, b = asked
    # Fewer look-ups in longer lists are faster.
    split = max(rows.shape[-1] // 2 - 1, 0)
    outer, inner = _half(rows[:, :split]), _half(rows[:, split:])
    # Beyond the largest sum f'' = 0; usually this makes b zero and saves its sums.
    beyond = depth > np.abs(rows).sum(axis=-1, keepdims=True) + TIE_TOLERANCE
    b = b * ~beyond[:, None]
    # Above the kink are the inner sums beyond d − x, or d + x: −x is an outer sum, too.
    threshold = depth[:, :, None] + outer.sums[:, None]
    rank = _ranks(inner.sums, threshold)
    place = _places(rank, inner.sums)
    f, slope = _averages(inner.sums, threshold, rank, place, force_only)
    slope *= 2.0 / inner.sums.shape[-1]
    outer_weights, inner_weights = a @ slope, _slope_weights(inner.sums, threshold, place, a)
    curvature = np.where(beyond, 0.0, np.nan)
    smooth = not b.any()
    if not (smooth and force_only):
        below, upto = _tied_ranks(inner.sums, threshold, rank)
        # An atom on the kink counts half: the mean of the derivatives from both sides.
        both = 2 - (below + upto) / inner.sums.shape[-1]
        curvature = both.mean(axis=-1)
        if not smooth:
            outer_weights += b @ both
            for each in (below, upto):
                inner_weights += _curvature_weights(inner.sums, each, b)
    return UnitValues(
        f=f,
        slope=np.maximum(slope.mean(axis=-1), 0.0),
        curvature=curvature,
        gradient=np.concatenate(
            [-outer.against_signs(outer_weights), inner.against_signs(inner_weights)], axis=-1
        ),
        error=np.full(len(rows), rows.shape[-1] * np.finfo(float).eps),
    )


@cache
def _signs(count: int) -> FloatArray:
    """Return all combinations of signs of `count` weights, (2^count, count)."""
    bits = np.arange(2**count)[:, None] >> np.arange(count)[None, :]
    signs = 1.0 - 2.0 * (bits & 1)
    signs.setflags(write=False)
    return np.asarray(signs)


def _half(part: FloatArray) -> _Half:
    signs = _signs(part.shape[-1])
    sums = part @ signs.T
    order = sums.argsort(axis=-1) + _offsets(*sums.shape)
    return _Half(sums.take(order), order, signs)


def _offsets(rows: int, size: int) -> Ranks:
    """Return the place of the first of `size` elements of each row, (R, 1)."""
    return np.asarray(size * np.arange(rows)[:, None])


def _ranks(inner: FloatArray, threshold: FloatArray) -> Ranks:
    """Return the number of inner sums below each threshold."""
    rank = np.empty(threshold.shape, dtype=np.intp)
    for row, sums in enumerate(inner):
        rank[row] = sums.searchsorted(threshold[row])
    return rank


def _places(rank: Ranks, inner: FloatArray) -> Ranks:
    """Return the places of ranks in a list of one more than the inner sums, row after row."""
    rows, size = inner.shape
    return np.asarray(rank + _offsets(rows, size + 1)[..., None])


def _tied_ranks(inner: FloatArray, threshold: FloatArray, rank: Ranks) -> tuple[Ranks, Ranks]:
    """Return the number of inner sums below each threshold, and the number at or below it."""
    rows, size = inner.shape
    apart = np.full((rows, size + 2), np.inf)  # infinities on either side never tie
    apart[:, 1:-1] = inner
    place = rank + _offsets(rows, size + 2)[..., None]
    tied = apart.take(place + 1) <= threshold + TIE_TOLERANCE
    tied |= np.abs(apart.take(place) - threshold) <= TIE_TOLERANCE
    if not tied.any():
        return rank, rank
    return _ranks(inner, threshold - TIE_TOLERANCE), _ranks(inner, threshold + TIE_TOLERANCE)


def _averages(
    inner: FloatArray, threshold: FloatArray, rank: Ranks, place: Ranks, force_only: bool
) -> tuple[FloatArray, FloatArray]:
    """Return f, (R, P), and T f'/2 averaged over the inner half, for each outer sum, (R, P, S)."""
    size = inner.shape[-1]
    # The sums above the threshold θ add up to E₁, their squares to E₂, and there are P of them:
    # T f'/2 = E₁ − θP and T f = E₂ − θ(E₁ + T f'/2).
    E1 = _tails(inner).take(place)
    slope = np.subtract(rank, size, dtype=np.float64)
    slope *= threshold
    slope += E1
    if force_only:
        return np.full(place.shape[:2], np.nan), slope
    squares = np.zeros((len(inner), size + 1))
    np.cumsum(inner[:, ::-1] ** 2, axis=-1, out=squares[:, -2::-1])
    f = squares.take(place) - threshold * (E1 + slope)
    return np.maximum(f, 0.0).mean(axis=-1) / size, slope


def _tails(inner: FloatArray) -> FloatArray:
    """Return the sums of the last T, T − 1, … 0 inner sums, (R, T + 1)."""
    # For each sum the list contains its negative: the first k sums and the last k cancel.
    size = inner.shape[-1]
    tails = np.zeros((len(inner), size + 1))
    half = tails[:, size // 2 : size]
    np.cumsum(inner[:, : size // 2 - 1 : -1], axis=-1, out=half[:, ::-1])
    tails[:, 1 : size // 2 + 1] = half[:, ::-1]
    return tails


def _slope_weights(
    inner: FloatArray, threshold: FloatArray, place: Ranks, a: FloatArray
) -> FloatArray:
    """Return a f' averaged over the outer half, for each inner sum, (R, Q, T)."""
    # For each inner sum, the weights and weighted thresholds at or below it: real and imaginary.
    total = np.empty((len(inner), a.shape[1], inner.shape[-1] + 1), dtype=np.complex128)
    turned = _rows_last(place)
    _add_up(total.real, turned, a, np.ones((1, 1, 1)))
    _add_up(total.imag, turned, a, threshold)
    below = total.cumsum(axis=-1)[..., :-1]
    return np.asarray((inner[:, None] * below.real - below.imag) * (2.0 / threshold.shape[-1]))


def _curvature_weights(inner: FloatArray, rank: Ranks, b: FloatArray) -> FloatArray:
    """Return half of b f'' averaged over the outer half, for each inner sum, (R, Q, T)."""
    total = np.empty((len(inner), b.shape[1], inner.shape[-1] + 1))
    _add_up(total, _rows_last(_places(rank, inner)), b, np.ones((1, 1, 1)))
    return np.asarray(total.cumsum(axis=-1)[..., :-1] / rank.shape[-1])


def _rows_last(place: Ranks) -> Ranks:
    """Return places in the order (P, S, R): equal ones rarely follow each other.

    Otherwise their additions would wait for each other.
    """
    return np.ascontiguousarray(place.transpose(1, 2, 0))


def _add_up(total: FloatArray, turned: Ranks, weights: FloatArray, values: FloatArray) -> None:
    """Set the totals (R, Q, T + 1) by place of weights (R, Q, P) times values (R, P, S)."""
    each = np.empty(turned.shape)
    for q in range(weights.shape[1]):
        np.multiply(weights[:, q].T[:, None], values.transpose(1, 2, 0), out=each)
        counted = np.bincount(turned.ravel(), each.ravel(), total[:, q].size)
        total[:, q] = counted.reshape(total[:, q].shape)
