"""Many configurations: what is missing in a store is computed, and entered as it comes."""

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
from polytheory.flow.progress import progress_bar
from polytheory.sweeps._driver import Driver
from polytheory.sweeps._grid import expand, keys
from polytheory.sweeps._identity import Identity
from polytheory.sweeps._table import SweepInterrupted, SweepStatus, SweepStoppedError, SweepTable
from polytheory.sweeps._worker import Task, name_of, one_thread, script_of
from polytheory.sweeps.executors import checked
from polytheory.sweeps.store import Store

__all__ = ["load_sweep", "sweep", "sweep_status"]

_log = logging.getLogger(__name__)

#: Tasks handed in and not yet back: enough for a thousand workers, few enough for any scheduler.
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
    """Run a task for every set of parameters of a grid, and lose nothing.

    The random stream of a task depends on the seed of the sweep and on the task's own parameters
    alone: the table is the same to the last bit for every executor, number of workers, order and
    restart.

    Parameters
    ----------
    grid : dict of lists, or list of dicts
        The lists are crossed, the last changing fastest; a value that is no list stands for itself.
        Names are those of Python variables, values are numbers, words, truth values or None.
        No set of parameters may come twice: number repetitions with a parameter of their own.
    task : callable
        A function of a module, ``task(parameters, rng)``: a dict of one value a parameter and a
        Generator in, a flat dict of scalars and small arrays out; `polytheory.sweeps.count_task` is
        one.
    executor : concurrent.futures.Executor, optional
        Of processes, of threads, of loky, of dask (``Client(...).get_executor()``), of mpi4py;
        without it tasks run here, one after the other. Shutting it down is left to the caller.
    store : str or Path, optional
        An SQLite file, made if it is not there, with a transaction for each finished task. What it
        holds already is not computed again. In memory by default. A second sweep that wants to
        write it at the same time is refused.
    rng : Generator, SeedSequence, int or None
        The seed. None takes that of the store, or fresh entropy. A Generator gives another one each
        time.
    retry_failed : bool
        Run again what failed before.
    extend : bool
        Add the tasks of this grid to a store that was made for another one. Without it a grid that
        differs from the store's is refused.
    max_pending : int
        Tasks handed to the executor at a time; not fewer than it has workers.
    progress : bool or None
        Whether to show a bar (None: on a terminal), one unit per task.
    notes : mapping from str to value, optional
        What the store is to keep about the sweep, as JSON. A store with other notes is refused.

    Returns
    -------
    SweepTable
        A dict from the names of parameters and results to arrays: a row a finished task of this
        grid, in its order. What failed is in its ``failures``, and logged as a warning.

    Raises
    ------
    TypeError, ValueError
        If an argument is unusable, the task cannot be imported by a worker, or the store belongs to
        another sweep.
    polytheory.sweeps.StoreError
        An `OSError`: the store cannot be written, or another sweep is writing it. No task is begun
        when less than 64 MiB of disk are free.
    SweepInterrupted
        A `KeyboardInterrupt` at Ctrl-C; its ``table`` holds what was computed. After SIGTERM it is
        a `SystemExit`. Either comes at once: running tasks are not waited for here.
    SweepStoppedError
        A `RuntimeError`: the executor takes no more tasks. What its dead workers may have been
        running is entered as failed, unless it broke before the first task.

    Notes
    -----
    A task is known by its name: that its code has changed is not noticed, so take a new store then.

    Workers run their linear algebra on one thread, if `threadpoolctl` is installed (with the extra
    ``dask``), as does this process meanwhile; otherwise set ``OMP_NUM_THREADS=1``.

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
    """Do as `sweep`, but leave the table in the store: it may be larger than memory."""
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
        As `sweep` returns it, of everything that is finished so far, in the order in which the
        tasks were entered.

    Raises
    ------
    FileNotFoundError
    ValueError
        If the file is not the store of a sweep, or of a newer version.
    polytheory.sweeps.StoreError
        An `OSError`: it cannot be read.

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
    """Return how far the sweep of a store is, also while it is running.

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
    """What a call of `sweep` asks for; refuses what can be refused before a store is touched."""

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
        """Open the store, with the tasks in it."""
        with Store.writing(path) as store:
            had = store.identity()
            identity = self._identity
            if self._fresh and had is not None:
                identity = replace(identity, entropy=had.entropy, spawn_key=had.spawn_key)
            store.prepare(identity, self.tasks, self.keys, extend=self._extend, notes=notes)
            yield store

    def drive(self, store: Store, *, retry_failed: bool, progress: bool | None) -> None:
        """Run what is missing; say why, if something of it still is."""
        numbers = store.to_do(retry_failed=retry_failed)
        if not numbers:
            return
        file = getattr(sys.modules[self.task.__module__], "__file__", None)
        changed = store.begin_run(commit_of(file))
        if changed:
            _log.warning("this store was begun with other versions: %s", ", ".join(changed))
        bar = progress_bar(len(numbers), show=progress, label="sweep", unit="task")
        with bar, one_thread():
            driver = Driver(store, self.executor, bar, max_pending=self._max_pending)
            driver.drive(numbers)
        if driver.interrupted:
            raise SweepInterrupted(f"interrupted: {_left(store)}", _loader(store))
        if driver.stopped:
            words = f"the executor takes no more tasks ({driver.stopped}): {_left(store)}"
            raise SweepStoppedError(words, _loader(store))


def _left(store: Store) -> str:
    status = store.status()
    words = f"{status.done} of {status.total} tasks are done"
    if store.in_memory:
        return words
    return f"{words} and in {store.path}; the same sweep again goes on"


def _loader(store: Store) -> Callable[[], SweepTable]:
    """Return what gives the table later: read then, unless the store is gone by that time."""
    if not store.in_memory:
        return partial(load_sweep, store.path)
    table = store.table()
    return lambda: table
