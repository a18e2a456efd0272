"""The comparison of one recorded run with the exact flow."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from polytheory._checks import FloatArray
from polytheory.flow.row import RowTrajectory, row_flow
from polytheory.recorded._run import RecordedRun
from polytheory.recorded._tolerances import Tolerance, relative_gap, tolerance_of


@dataclass(frozen=True, eq=False)
class Comparison:
    """A run of one row beside the flow, and what it may be off by."""

    run: RecordedRun
    flow: RowTrajectory
    allowed: Tolerance
    gap: FloatArray

    @cached_property
    def outside(self) -> int:
        """By how many weights m' leaves the flow's range."""
        return outside(self.run, self.allowed.clock)

    @property
    def worst(self) -> int:
        """The index of the largest gap in units of its tolerance."""
        return int(np.argmax(self.gap / self.allowed.relative))

    @property
    def norm_fits(self) -> bool:
        return bool((self.gap <= self.allowed.relative).all())

    @property
    def holds(self) -> bool:
        return self.norm_fits and self.outside == 0


def compare(run: RecordedRun, flow: RowTrajectory | None = None) -> Comparison:
    """Compare a run of one row with the exact flow, which is computed unless it is given."""
    if flow is None:
        flow = row_flow(run.initial_row, l1_strength=run.l1_strength, time=run.time)
    allowed = tolerance_of(run, flow)
    return Comparison(run, flow, allowed, relative_gap(run.l1_norm, flow.l1_norm))


def outside(run: RecordedRun, clock: FloatArray, threshold: float = 0.0) -> int:
    """Return by how many weights m' leaves the flow's range, one clock error early to late.

    With a threshold, the weights above it are counted.
    """
    early = np.maximum(run.time - clock, 0.0)
    late = run.time + clock
    instants, where = np.unique(np.concatenate([early, late]), return_inverse=True)
    flow = row_flow(run.initial_row, l1_strength=run.l1_strength, time=instants)
    counts = flow.nonzero_count
    if threshold > 0:
        each = range(flow.time.size)
        counts = np.array([np.count_nonzero(np.abs(flow.weights(k)) > threshold) for k in each])
    most, least = np.split(counts[where], 2)
    if threshold > 0:  # weights grow at first
        most, least = np.maximum(most, least), np.minimum(most, least)
    # Each time is judged alone, because a run may be at either end of its own step.
    above, below = run.nonzero_count - most, least - run.nonzero_count
    return int(np.max(np.maximum(np.maximum(above, below), 0)))
