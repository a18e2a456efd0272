"""Sweeps: one task for each set of parameters of a grid, on any executor, stored in a file.

`sweep` computes what a store lacks, `load_sweep` reads a store, `count_task` is a ready-made task.
How to: docs/howto/sweeps.md.
"""

from polytheory.sweeps._table import (
    Failure,
    SweepInterrupted,
    SweepStatus,
    SweepStoppedError,
    SweepTable,
)
from polytheory.sweeps._tasks import checked_by, count_task
from polytheory.sweeps.file import DifferentSweepError, StoreError
from polytheory.sweeps.filling import load_sweep, sweep, sweep_status

__all__ = [
    "DifferentSweepError",
    "Failure",
    "StoreError",
    "SweepInterrupted",
    "SweepStatus",
    "SweepStoppedError",
    "SweepTable",
    "checked_by",
    "count_task",
    "load_sweep",
    "sweep",
    "sweep_status",
]
