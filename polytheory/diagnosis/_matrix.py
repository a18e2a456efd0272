"""Checks and block-wise reading of matrices that may be too large to copy."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polytheory import _checks
from polytheory._checks import Array, FloatArray

#: Weights in a block: 32 MB in double precision, and some temporaries of that size.
BLOCK_SIZE = 2**22
_SHOWN = 10


def real_numbers(name: str, value: ArrayLike) -> Array:
    """Return `value` as an array of real numbers, without a copy if it is one already.

    Memory-mapped arrays stay on disk; integers and single precision keep their dtype.
    """
    if not isinstance(value, np.ma.MaskedArray):
        try:
            array = np.asarray(value)
        except (ValueError, TypeError):
            array = np.empty(0, object)  # real_array raises the error below
        if array.dtype.kind in "iuf":
            return array
    return _checks.real_array(name, value)


def check_matrix(name: str, W: Array) -> None:
    """Raise ValueError unless all weights of W (n, m) are finite and of reasonable size."""
    bad = np.concatenate([start + _bad_rows(block) for start, block in blocks(W)])
    if bad.size:
        rows = ", ".join(map(str, bad[:_SHOWN])) + (", …" if bad.size > _SHOWN else "")
        word = "row" if bad.size == 1 else "rows"
        came = f"NaN, infinite or huge weights in {word} {rows} ({bad.size} of {len(W)})"
        allowed = f"finite and at most {_checks.MAX_VALUE:g} in size"
        raise _checks.refuse_value(name, came, allowed, "Rows count from 0.")


def _bad_rows(block: FloatArray) -> NDArray[np.intp]:
    high, low = block.max(axis=-1), block.min(axis=-1)  # both propagate NaN
    return np.flatnonzero(~((high <= _checks.MAX_VALUE) & (low >= -_checks.MAX_VALUE)))


def blocks(W: Array) -> Iterator[tuple[int, FloatArray]]:
    """Yield the index of the first row of each block, and the block in double precision."""
    for rows in row_slices(W, BLOCK_SIZE):
        with np.errstate(over="ignore"):  # wider floats become infinite, which is refused
            yield rows.start, np.asarray(W[rows], dtype=np.float64)


def row_slices(W: Array, size: int) -> list[slice]:
    """Return slices of about `size` weights that cover the rows of W."""
    step = max(1, size // W.shape[-1])
    return [slice(i, min(i + step, len(W))) for i in range(0, len(W), step)]
