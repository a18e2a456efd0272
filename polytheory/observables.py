"""What is measured on rows of weights: arrays (..., m) in, arrays (...) out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from polytheory import _checks
from polytheory._checks import FloatArray, unwrap

__all__ = ["fourth_norm", "l1_norm", "nonzero_count", "spread", "squared_norm"]


def _weights(weights: ArrayLike) -> FloatArray:
    w = _checks.real_array("weights", weights)
    if w.ndim == 0 or w.shape[-1] == 0:
        raise _checks.refuse_value("weights", _checks.shown(w), "of shape (..., m) with m ≥ 1")
    limit = _checks.LARGEST
    _checks.require("weights", w, np.abs(w) <= limit, f"at most {limit:g} in size")
    return w


def nonzero_count(weights: ArrayLike) -> Any:
    """Count the non-zero weights of each row: m'.

    Examples
    --------
    >>> from polytheory.observables import nonzero_count
    >>> nonzero_count([[0.0, 1.0, -0.5], [0.0, 0.0, 2.0]]).tolist()
    [2, 1]
    """
    count = np.count_nonzero(_weights(weights), axis=-1)
    return int(count) if np.ndim(count) == 0 else count


def l1_norm(weights: ArrayLike) -> Any:
    """Return ‖w‖₁ = Σ_k |w_k| of each row.

    Examples
    --------
    >>> from polytheory.observables import l1_norm
    >>> l1_norm([3.0, -4.0])
    7.0
    """
    return unwrap(np.abs(_weights(weights)).sum(axis=-1))


def squared_norm(weights: ArrayLike) -> Any:
    """Return N = Σ_k w_k² of each row.

    Examples
    --------
    >>> from polytheory.observables import squared_norm
    >>> squared_norm([3.0, -4.0])
    25.0
    """
    return unwrap(np.square(_weights(weights)).sum(axis=-1))


def fourth_norm(weights: ArrayLike) -> Any:
    """Return ‖w‖₄⁴ = Σ_k w_k⁴ of each row.

    Examples
    --------
    >>> from polytheory.observables import fourth_norm
    >>> fourth_norm([1.0, -2.0])
    17.0
    """
    return unwrap(np.square(np.square(_weights(weights))).sum(axis=-1))


def spread(weights: ArrayLike) -> Any:
    """Return ρ = m' N / ‖w‖₁² − 1, the squared coefficient of variation of the living |w_k|.

    Computed from the deviations from the mean, so that it is never negative by rounding; it is zero
    for equal weights and for a row without weights.

    Examples
    --------
    >>> from polytheory.observables import spread
    >>> round(spread([1.0, -3.0, 0.0]), 12)
    0.25
    """
    w = np.abs(_weights(weights))
    alive = w > 0
    largest = w.max(axis=-1, keepdims=True)
    w = w / np.where(largest == 0, 1.0, largest)
    count = np.maximum(alive.sum(axis=-1), 1)
    mean = w.sum(axis=-1) / count
    variance = np.where(alive, np.square(w - mean[..., None]), 0.0).sum(axis=-1) / count
    return unwrap(variance / np.where(mean == 0, 1.0, mean) ** 2)
