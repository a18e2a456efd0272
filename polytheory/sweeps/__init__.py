"""Sweeps: one task for every set of parameters of a grid, on any executor, into a store.

`sweep` computes what a store lacks, `load_sweep` reads it, `count_task` is a task that is ready.
How to: docs/howto/sweeps.md.
"""

from polytheory.sweeps._table import Failure as Failure
from polytheory.sweeps._table import SweepInterrupted as SweepInterrupted
from polytheory.sweeps._table import SweepStatus as SweepStatus
from polytheory.sweeps._table import SweepStoppedError as SweepStoppedError
from polytheory.sweeps._table import SweepTable as SweepTable
from polytheory.sweeps._tasks import checked_by as checked_by
from polytheory.sweeps._tasks import count_task as count_task
from polytheory.sweeps.file import StoreError as StoreError
from polytheory.sweeps.filling import load_sweep as load_sweep
from polytheory.sweeps.filling import sweep as sweep
from polytheory.sweeps.filling import sweep_status as sweep_status

__all__ = [
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
