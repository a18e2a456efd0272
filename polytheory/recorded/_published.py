"""Recorded runs beside the paper's two laws and the universal curve."""

from __future__ import annotations

import numpy as np

from polytheory._checks import FloatArray
from polytheory.recorded._run import RecordedRun
from polytheory.theory import sparsification

#: Time by which a norm that did not start at 1 has relaxed to within e⁻¹⁰.
_RELAXATION_TIME = 5.0

Range = tuple[float, float]


def against_paper(run: RecordedRun) -> tuple[Range | None, Range | None]:
    """Compare the mean over a batch with the paper's two laws, where they are claimed."""
    given = {"n_neurons": run.initial_row.shape[-1], "l1_strength": run.l1_strength}
    if not sparsification.PAPER.contains(time=0.0, **given):
        return None, None
    laws = (sparsification.paper_l1_norm, sparsification.paper_nonzero_count)
    l1, count = (law(run.time, **given) for law in laws)
    return _range(_mean(run.l1_norm) / l1), _range(_mean(run.nonzero_count) / count)


def against_curve(run: RecordedRun) -> tuple[Range | None, Range | None, bool | None]:
    """Compare the mean over a batch with the universal curve, inside its domain."""
    given = {"n_neurons": float(run.initial_row.shape[-1]), "l1_strength": run.l1_strength}
    claims = sparsification.CURVE.contains
    inside = np.array(
        [t >= _RELAXATION_TIME and claims(time=float(t), **given) for t in run.time], bool
    )
    if not inside.any():
        return None, None, None
    curves = (sparsification.l1_norm, sparsification.nonzero_count)
    l1, count = (law(run.time[inside], **given) for law in curves)
    l1_ratio = _mean(run.l1_norm)[inside] / l1
    count_ratio = _mean(run.nonzero_count)[inside] / count
    rows = run.l1_norm.size / run.time.size  # the scatter of the mean is smaller
    allowed = 5.0 * 0.8 / np.sqrt(rows * count) + 1.0 / count + run.l1_strength * l1
    off = np.maximum(np.abs(l1_ratio - 1.0), np.abs(count_ratio - 1.0))
    return _range(l1_ratio), _range(count_ratio), bool((off <= allowed).all())


def _mean(series: FloatArray) -> FloatArray:
    """Return the mean over a batch."""
    return np.asarray(series if series.ndim == 1 else series.mean(axis=1))


def _range(ratio: FloatArray) -> tuple[float, float]:
    return float(ratio.min()), float(ratio.max())
