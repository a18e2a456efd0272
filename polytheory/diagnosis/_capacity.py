"""Feature dimensionality (capacity): the share of a dimension that each feature has to itself."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from polytheory import _checks
from polytheory._checks import Array, FloatArray
from polytheory.diagnosis._matrix import blocks, check_matrix, real_numbers, row_slices
from polytheory.diagnosis._rows import relative_moments

#: Largest number of weights and of rows in a block of a product: 128 MB in single precision.
_PAIR, _ROWS = 2**25, 1024
#: Above this n/m, the m × m matrix of neurons is cheaper than pairs of features.
_MANY = 8


def feature_dimensionality(encodings: ArrayLike) -> FloatArray:
    r"""Return the dimensionality of each feature, also called its capacity.

    .. math:: D_i = \frac{\|W_i\|^2}{\sum_j (\hat W_i\cdot W_j)^2}
                  = \frac{(W_i\cdot W_i)^2}{\sum_j (W_i\cdot W_j)^2},
              \qquad \hat W_i = W_i/\|W_i\|

    This share of a dimension is invariant under rotations of the neurons: it needs no privileged
    basis.

    Parameters
    ----------
    encodings : array (n_features, n_neurons)
        Read in blocks; may be memory-mapped. Arrays in single or half precision are multiplied in
        single precision if n ≤ 8m; the relative error is then about 10⁻⁶.

    Returns
    -------
    ndarray (n_features,)
        Between 0 and 1; 1 for a row orthogonal to all others, 1/2 for each of two rows on a line,
        0 for a row of zeros, or one shorter than 1e-150 times the longest (by definition). The sum
        is at most the rank of W.

    Raises
    ------
    TypeError, ValueError
        If the encodings are not a matrix of finite real numbers.

    Notes
    -----
    Kind: definition. Source: Elhage et al. 2022, "Toy Models of Superposition", feature
    dimensionality; Scherlis et al. 2022, "Polysemanticity and Capacity in Neural Networks",
    capacity. Bound on the sum: (W_i·W_i)² = (W_iᵀ M^½ M^{−½} W_i)² ≤ (W_iᵀ M W_i)(W_iᵀ M⁺ W_i)
    with M = WᵀW, and Σ_i W_iᵀ M⁺ W_i is the rank.

    Examples
    --------
    >>> from polytheory.diagnosis import feature_dimensionality
    >>> feature_dimensionality([[1.0, 0.0], [-2.0, 0.0], [0.0, 3.0]]).round(6).tolist()
    [0.2, 0.8, 1.0]
    """
    W = real_numbers("encodings", encodings)
    if W.ndim != 2 or W.size == 0:
        raise _checks.refuse_value(
            "encodings", _checks.shown(W), "of shape (n_features, n_neurons)"
        )
    check_matrix("encodings", W)
    return capacity(W, np.concatenate([_norms(block) for _, block in blocks(W)]))


#: In units of the longest row; squares of smaller norms underflow.
MIN_RELATIVE_NORM = 1e-150


def capacity(W: Array, norm: FloatArray) -> FloatArray:
    """Return D (n,) of a checked matrix, given the norms of its rows."""
    unit = norm.max() or 1.0  # in units of the longest row, squares do not overflow
    alive = norm > MIN_RELATIVE_NORM * unit
    length = np.where(alive, norm / unit, 1.0)
    total = (_by_rows if len(W) <= _MANY * W.shape[1] else _by_neurons)(W, unit, length)
    share = length**2 / np.where(total > 0, total, 1.0)
    return np.where(alive, np.minimum(share, 1.0), 0.0)


def _norms(block: FloatArray) -> FloatArray:
    largest, second, _ = relative_moments(np.abs(block))
    return largest * np.sqrt(second)


def _by_rows(W: Array, unit: float, length: FloatArray) -> FloatArray:
    """Return Σ_j (Ŵ_i·Ŵ_j)²‖W_j‖² from the cosines of pairs of blocks, each pair computed once.

    Unit rows keep their relative accuracy in single precision, where products of W itself would
    lose small rows beside large ones.
    """
    single = W.dtype.kind == "f" and W.dtype.itemsize <= 4
    rows = row_slices(W, min(_PAIR, _ROWS * W.shape[1]))
    total = np.zeros(len(W))

    def unit_rows(at: slice) -> Array:
        out = np.empty((at.stop - at.start, W.shape[1]), np.float32 if single else np.float64)
        np.divide(W[at], unit * length[at, None], out=out, casting="same_kind")
        return out

    for i, mine in enumerate(rows):
        left = unit_rows(mine)
        total[mine] += np.square(left @ left.T, dtype=np.float64) @ length[mine] ** 2
        for theirs in rows[i + 1 :]:
            squared = np.square(left @ unit_rows(theirs).T, dtype=np.float64)
            total[mine] += squared @ length[theirs] ** 2
            total[theirs] += length[mine] ** 2 @ squared
    return total


def _by_neurons(W: Array, unit: float, length: FloatArray) -> FloatArray:
    """Return the same sums as Ŵ_iᵀ(WᵀW)Ŵ_i, with 2nm² instead of n²m products."""
    gram = np.zeros((W.shape[1], W.shape[1]))
    for _, block in blocks(W):
        scaled = block / unit
        gram += scaled.T @ scaled
    parts = []
    for start, block in blocks(W):
        row = block / (unit * length[start : start + len(block), None])
        parts.append(np.einsum("ik,ik->i", row @ gram, row))
    return np.concatenate(parts)
