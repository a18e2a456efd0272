"""Measures of each row by itself, computed in one pass over the matrix."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from polytheory._checks import Array, FloatArray
from polytheory.diagnosis._matrix import blocks
from polytheory.observables import carriers, winner_fidelity

#: Largest deviation of a unit norm: twice the rounding of weights in bfloat16, 2⁻⁹ of each.
_UNIT = 2.0**-8


@dataclass(frozen=True, eq=False)
class Rows:
    """Measures of all rows, arrays (n,); see `Diagnosis` for those of the same name."""

    carriers: NDArray[np.int64]
    carrier_signs: NDArray[np.int64]
    nonzero_count: NDArray[np.int64]
    participation_ratio: FloatArray
    largest: FloatArray  # max_k |W_ik|
    norm: FloatArray
    concentrated: NDArray[np.bool_]  # one weight has more than half of the squared norm
    tied: NDArray[np.bool_]  # several weights have the largest size


def measure_rows(W: Array, carrier_rule: str) -> Rows:
    """Return the measures of all rows of W (n, m)."""
    parts = [_measure(block, carrier_rule) for _, block in blocks(W)]
    return Rows(
        **{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Rows)}
    )


@dataclass(frozen=True, eq=False)
class Columns:
    """Measures of all columns, arrays (m,)."""

    largest: FloatArray
    norm: FloatArray

    def unit(self, row_norms: FloatArray) -> bool:
        """Return whether the columns have norm 1 and the (living) rows do not."""
        several = self.norm.size > 1 and row_norms.size > 1
        return several and _are_unit(self.norm) and not _are_unit(row_norms)


def _are_unit(norms: FloatArray) -> bool:
    return bool((np.abs(norms - 1.0) <= _UNIT).all())


def measure_columns(W: Array) -> Columns:
    """Return the measures of all columns of W (n, m)."""
    largest, square = np.zeros(W.shape[1]), np.zeros(W.shape[1])
    for _, block in blocks(W):
        largest = np.maximum(largest, np.maximum(block.max(axis=0), -block.min(axis=0)))
        square += np.einsum("ik,ik->k", block, block)
    return Columns(largest, np.sqrt(square))


def _measure(W: FloatArray, carrier_rule: str) -> Rows:
    owner = carriers(W, carrier_rule=carrier_rule)
    at_owner = np.take_along_axis(W, np.maximum(owner, 0)[:, None], axis=-1)[:, 0]
    size = np.abs(W)
    largest, second, fourth = relative_moments(size)
    return Rows(
        carriers=owner.astype(np.int64),
        carrier_signs=np.where(owner >= 0, np.sign(at_owner), 0.0).astype(np.int64),
        nonzero_count=np.count_nonzero(size, axis=-1).astype(np.int64),
        participation_ratio=second**2 / np.where(largest > 0, fourth, 1.0),
        largest=largest,
        norm=largest * np.sqrt(second),
        concentrated=(largest > 0) & (second < 2.0),
        tied=(largest > 0) & (np.count_nonzero(size == largest[:, None], axis=-1) > 1),
    )


def relative_moments(size: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return max, Σ(s/max)² and Σ(s/max)⁴ of rows of sizes s; the scaling avoids overflow."""
    largest = size.max(axis=-1)
    square = np.square(size / np.where(largest > 0, largest, 1.0)[:, None])
    return largest, square.sum(axis=-1), np.einsum("ik,ik->i", square, square)


def fidelity(initial: Array, final: Array) -> float:
    """Return `winner_fidelity` of matrices that may be too large to copy."""
    pairs = zip(blocks(initial), blocks(final), strict=True)
    kept = sum(winner_fidelity(before, after) * len(after) for (_, before), (_, after) in pairs)
    return float(kept) / len(final)
