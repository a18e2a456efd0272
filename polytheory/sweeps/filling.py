"""The functions `sweep`, `load_sweep` and `sweep_status`: fill a store and read it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from polytheory import _checks
from polytheory._provenance import commit_of
from polytheory._threads import one_thread
from polytheory.flow.progress import progress_bar
from polytheory.sweeps._driver import Driver
from polytheory.sweeps._grid import expand, keys
from polytheory.sweeps._identity import Identity
from polytheory.sweeps._table import SweepInterrupted, SweepStatus, SweepStoppedError, SweepTable
from polytheory.sweeps._worker import Task, name_of, script_of
from polytheory.sweeps.executors import checked
from polytheory.sweeps.store import Store

__all__ = ["load_sweep", "sweep", "sweep_status"]

_log = logging.getLogger(__name__)

#: Pending tasks: enough for a thousand workers, few enough for any scheduler.
_MAX_PENDING = 1000


def sweep(
    grid: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    task: Task,
    *,
    executor: Executor | None = None,
    store: str | Path | None = None,
    rng: Any = None,
    retry_failed: bool = False,
    extend: bool = False,
    max_pending: int = _MAX_PENDING,
    progress: bool | None = None,
    notes: Mapping[str, Any] | None = None,
) -> SweepTable:
    """Run a task for every set of parameters of a grid; store each result as it is computed.

    The random stream of a task depends only on the seed of the sweep and on the task's parameters:
    the table is the same to the last bit for every executor, number of workers, order and restart.

    Parameters
    ----------
    grid : dict of lists, or list of dicts
        The Cartesian product of the lists, the last changing fastest; a single value may replace a
        list. Names are Python identifiers; values are numbers, strings, bools or None. No set of
        parameters may occur twice: number repetitions with a parameter of their own.
    task : callable
        A function defined in a module, ``task(parameters, rng)``. It is called with a dict of one
        value per parameter and a Generator, and returns a flat dict of scalars and small arrays;
        for example `polytheory.sweeps.count_task`.
    executor : concurrent.futures.Executor, optional
        A pool of processes or threads, or an executor of loky, dask
        (``Client(...).get_executor()``) or mpi4py; the caller shuts it down. By default tasks run
        in this process, one after another.
    store : str or Path, optional
        An SQLite file, created if it does not exist, with one transaction per finished task. Tasks
        that it contains already are not computed again. A second sweep that opens it for writing at
        the same time is refused. By default results are kept in memory.
    rng : Generator, SeedSequence, int or None
        The seed. None uses that of the store, or fresh entropy. A Generator gives a new seed at
        each call.
    retry_failed : bool
        Run the failed tasks again.
    extend : bool
        Add the tasks of this grid to the store. Without it a grid that differs from the store's is
        refused.
    max_pending : int
        Largest number of tasks submitted and not finished; at least the number of workers.
    progress : bool or None
        Whether to show a progress bar (None: on a terminal), one unit per task.
    notes : mapping from str to value, optional
        Notes to store with the sweep, as JSON. A store with other notes is refused.

    Returns
    -------
    SweepTable
        A dict from the names of parameters and results to arrays, one row per finished task of this
        grid, in its order. Failed tasks are in its ``failures`` and logged as a warning.

    Raises
    ------
    TypeError, ValueError
        If an argument is invalid, a worker cannot import the task, or the store contains another
        sweep.
    polytheory.sweeps.StoreError
        An `OSError`: the store cannot be written, or another sweep is writing it. No task is
        started when less than 64 MiB of disk space are free.
    SweepInterrupted
        A `KeyboardInterrupt` at Ctrl-C; its ``table`` contains the finished tasks. SIGTERM raises
        `SystemExit`. Neither waits for running tasks.
    SweepStoppedError
        A `RuntimeError`: the executor accepts no more tasks. Tasks that its dead workers may have
        been running are recorded as failed, unless it broke before the first task.

    Notes
    -----
    A task is identified by its name; changes of its code are not detected and need a new store.

    Workers run their linear algebra on one thread, and so does this process during the sweep; the
    environment variable ``POLYTHEORY_THREADS`` sets another number, for all of them alike.

    Examples
    --------
    >>> from polytheory import sweep
    >>> from polytheory.sweeps import count_task
    >>> grid = {"n_features": [4, 8], "n_neurons": 8, "l1_strength": 0.05, "repeat": range(5)}
    >>> table = sweep(grid, count_task, rng=0)
    >>> table["polysemantic"].shape, sorted(set(table["outcome"].tolist()))
    ((10,), ['settled'])
    """
    asked = _Request(grid, task, executor, rng=rng, extend=extend, max_pending=max_pending)
    with asked.opened(store, notes) as opened:
        asked.drive(opened, retry_failed=retry_failed, progress=progress)
        table = opened.table(asked.keys)
    if table.failures:
        first = table.failures[0].error
        count, total = len(table.failures), len(asked.keys)
        _log.warning("%d of %d tasks failed; the first: %s", count, total, first)
    return table


def fill(
    grid: Any, task: Task, store: Any, *, executor: Executor | None, retry_failed: bool, **same: Any
) -> None:
    """Run `sweep` without loading the table, which may be larger than memory."""
    asked = _Request(grid, task, executor, max_pending=_MAX_PENDING, **same)
    with asked.opened(store) as opened:
        asked.drive(opened, retry_failed=retry_failed, progress=None)


def load_sweep(path: str | Path) -> SweepTable:
    """Return the table of a store, also while a sweep is writing it.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    SweepTable
        The table of all tasks finished so far, in the order in which they were added.

    Raises
    ------
    FileNotFoundError
    ValueError
        If the file is not the store of a sweep, or was written by a newer version.
    polytheory.sweeps.StoreError
        An `OSError`: the store cannot be read.

    Examples
    --------
    >>> import tempfile
    >>> from polytheory import load_sweep, sweep
    >>> from polytheory.sweeps import count_task
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     grid = {"n_features": 4, "n_neurons": [4, 8], "l1_strength": 0.05}
    ...     _ = sweep(grid, count_task, store=f"{folder}/runs.sqlite", rng=0)
    ...     table = load_sweep(f"{folder}/runs.sqlite")
    >>> table["n_neurons"].tolist()
    [4, 8]
    """
    with Store.reading(path) as store:
        return store.table()


def sweep_status(path: str | Path) -> SweepStatus:
    """Return the progress of the sweep of a store, also while it is running.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    SweepStatus

    Raises
    ------
    FileNotFoundError, ValueError, StoreError
        As `load_sweep`.
    """
    with Store.reading(path) as store:
        return store.status()


class _Request:
    """The arguments of a call of `sweep`, checked before the store is opened."""

    def __init__(
        self, grid: Any, task: Any, executor: Any, *, rng: Any, extend: bool, max_pending: Any
    ) -> None:
        self.task, self._extend, name = task, extend, name_of(task)
        self._max_pending = _checks.integer("max_pending", max_pending, minimum=1)
        self.tasks, self.executor = expand(grid), checked(executor)
        self.keys = list(keys(self.tasks))
        self._fresh, self._identity = (
            rng is None,
            Identity.of(name, _checks.seed_sequence(rng), script_of(task)),
        )
        check = getattr(task, "check", None)
        if check is not None:
            for each in self.tasks:
                check(each)

    @contextmanager
    def opened(self, path: Any, notes: Mapping[str, Any] | None = None) -> Iterator[Store]:
        """Open the store and add the tasks to it."""
        with Store.writing(path) as store:
            had = store.identity()
            identity = self._identity
            if self._fresh and had is not None:
                identity = replace(identity, entropy=had.entropy, spawn_key=had.spawn_key)
            store.prepare(identity, self.tasks, self.keys, extend=self._extend, notes=notes)
            yield store

    def drive(self, store: Store, *, retry_failed: bool, progress: bool | None) -> None:
        """Run the missing tasks; raise if some remain."""
        numbers = store.to_do(retry_failed=retry_failed)
        if not numbers:
            return
        file = getattr(sys.modules[self.task.__module__], "__file__", None)
        changed = store.begin_run(commit_of(file))
        if changed:
            _log.warning("this store was started with other versions: %s", ", ".join(changed))
        bar = progress_bar(len(numbers), show=progress, label="sweep", unit="task")
        with bar, one_thread():
            driver = Driver(store, self.executor, bar, max_pending=self._max_pending)
            driver.drive(numbers)
        if driver.interrupted:
            raise SweepInterrupted(f"interrupted: {_left(store)}", _loader(store))
        if driver.stopped:
            words = f"the executor accepts no more tasks ({driver.stopped}): {_left(store)}"
            raise SweepStoppedError(words, _loader(store))


def _left(store: Store) -> str:
    status = store.status()
    words = f"{status.done} of {status.total} tasks are done"
    if store.in_memory:
        return words
    return f"{words} and in {store.path}; run the same sweep again to continue"


def _loader(store: Store) -> Callable[[], SweepTable]:
    """Return a function that loads the table later; a store in memory is read now."""
    if not store.in_memory:
        return partial(load_sweep, store.path)
    table = store.table()
    return lambda: table
