"""Settled encodings, whose later flow and limit are known exactly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytheory._checks import MIN_ROW_SIZE, FloatArray
from polytheory.flow.row import row_flow

__all__ = ["final_encodings", "is_settled", "later_encodings"]

#: In units of 1/λ: a gap to the largest weight grows like e^{λt}, so any two floats separate.
_MAX_LIFETIMES = 1e6
#: Weights whose limit is computed at once.
_BLOCK = 2**15
#: Slightly below the maximum 2/(3√3) of r − r³, so that the roots are well separated.
_MAX_PULL = 0.999 * 2.0 / 3.0**1.5


def is_settled(W: NDArray[Any]) -> bool:
    """Return whether no neuron of one instance (n, m) has two living weights of the same sign.

    Then every W_i·W_j ≤ 0, rows do not interact, zero weights stay zero and this remains so: each
    row follows its own reduction from then on.
    """
    return all(bool((np.count_nonzero(side, axis=0) <= 1).all()) for side in (W > 0, W < 0))


def later_encodings(
    W: NDArray[Any], *, l1_strength: float, time: FloatArray
) -> Iterator[FloatArray]:
    """Yield settled encodings (n, m) after each of `time`, by the exact reduction.

    Times may repeat: two that differ by rounding may be equal as distances from now.
    """
    W = W.astype(np.float64, copy=False)
    alive = np.abs(W).max(axis=-1) >= MIN_ROW_SIZE  # smaller rows are dead up to rounding
    after, place = np.unique(time, return_inverse=True)
    run = row_flow(W[alive], l1_strength=l1_strength, time=after) if alive.any() else None
    for when in place:
        later = np.zeros(W.shape)
        if run is not None:
            later[alive] = run.weights(when)
        yield later


def final_encodings(W: NDArray[Any], *, l1_strength: float) -> FloatArray:
    """Return the limit of settled encodings (n, m) of the flow with λ > 0.

    The largest weight of a row survives, with those that tie with it. With r the length of a row
    and c = ‖w‖₁/‖w‖₂, r' = r − r³ − λc and c only falls: a row above the smaller root of
    r − r³ = λc cannot die and comes to rest at the larger root of r − r³ = λ√k, k tied weights.
    All other rows are computed by the reduction.
    """
    final, count = np.empty(W.shape), max(1, _BLOCK // W.shape[-1])
    for start in range(0, len(W), count):  # rows are independent; this saves memory
        rows = slice(start, start + count)
        final[rows] = _final_rows(W[rows].astype(np.float64), l1_strength)
    return final


def _final_rows(W: FloatArray, lam: float) -> FloatArray:
    length = np.linalg.norm(W, axis=-1)
    ratio = np.abs(W).sum(axis=-1) / np.where(length == 0, 1.0, length)
    # r − r³ rises up to r = 1/√3: a row is past the smaller root if r is beyond that or grows.
    gains = (length >= 3**-0.5) | (length - length**3 > lam * ratio)
    safe = (length > 0) & gains & (lam * ratio < _MAX_PULL)
    size = np.abs(W)
    last = np.where(safe[:, None] & (size == size.max(axis=-1, keepdims=True)), np.sign(W), 0.0)
    ties = np.maximum(np.abs(last).sum(axis=-1), 1.0)
    resting = _larger_root(np.where(safe, lam * np.sqrt(ties), 0.0))
    final = last * (resting / np.sqrt(ties))[:, None]
    long = np.array([_MAX_LIFETIMES / lam])
    final[~safe] = next(later_encodings(W[~safe], l1_strength=lam, time=long))
    return np.asarray(final)


def _larger_root(pull: FloatArray) -> FloatArray:
    """Return the larger root of r − r³ = pull < 2/(3√3); Newton from r = 1 is monotone."""
    r = np.ones_like(pull)
    for _ in range(60):
        r = r - (r - r**3 - pull) / (1.0 - 3.0 * r**2)
    return r
