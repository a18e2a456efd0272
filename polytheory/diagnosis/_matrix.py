"""Checks and block-wise reading of matrices that may be too large to copy."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polytheory import _checks, _foreign
from polytheory._checks import Array, FloatArray
from polytheory._foreign import Names

#: Weights in a block: 32 MB in double precision, and some temporaries of that size.
BLOCK_SIZE = 2**22
_SHOWN = 10


def real_numbers(name: str, value: ArrayLike) -> Array:
    """Return `value` as an array of real numbers, without a copy if it is one already.

    Memory-mapped arrays stay on disk; integers and single precision keep their dtype.
    """
    array = _foreign.to_array(name, value)
    return array if array.dtype.kind in "iuf" else _checks.real_array(name, value)


def check_matrix(
    name: str, W: Array, features: Names | None = None, neurons: Names | None = None
) -> None:
    """Raise ValueError unless all weights of W (n, m) are finite and of reasonable size.

    The message names the rows and the first cell, by name where there are names.
    """
    bad = np.concatenate([start + _bad_rows(block) for start, block in blocks(W)])
    if bad.size:
        rows = ", ".join(map(str, bad[:_SHOWN])) + (", …" if bad.size > _SHOWN else "")
        word = "row" if bad.size == 1 else "rows"
        came = f"NaN, infinite or huge weights in {word} {rows} ({bad.size} of {len(W)}), first "
        came += _first_cell(W, int(bad[0]), features, neurons)
        allowed = f"finite and at most {_checks.MAX_VALUE:g} in size"
        raise _checks.refuse_value(name, came, allowed, "Rows and columns count from 0.")


def _first_cell(W: Array, i: int, features: Names | None, neurons: Names | None) -> str:
    with np.errstate(over="ignore"):
        row = np.asarray(W[i], dtype=np.float64)
    k = int(np.argmin(np.abs(row) <= _checks.MAX_VALUE))
    at = [("row", i, features), ("column", k, neurons)]
    named = [f"{axis} {j}" + (f" ({names[j]!r})" if names else "") for axis, j, names in at]
    return _checks.printable(f"{row[k]:g} in {', '.join(named)}")


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
