"""Many configurations: what is missing in a store is computed, and entered as it comes."""

from __future__ import annotations

import logging
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, wait
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np

from polytheory import _checks
from polytheory._provenance import commit_of
from polytheory.flow._progress import progress_bar
from polytheory.sweeps._executors import Here, checked, workers_of
from polytheory.sweeps._grid import expand
from polytheory.sweeps._signals import Ear
from polytheory.sweeps._store import Finished, Identity, Store, StoreError, now
from polytheory.sweeps._table import SweepInterrupted, SweepStatus, SweepStoppedError, SweepTable
from polytheory.sweeps._worker import (
    Missing,
    Task,
    limited_threads,
    name_of,
    process_name,
    run,
    told,
)

__all__ = ["load_sweep", "sweep", "sweep_status"]

_log = logging.getLogger(__name__)

#: Tasks handed in and not yet back: enough for a thousand workers, few enough for any scheduler.
PENDING = 1000
#: Below this many bytes of free disk no new task is begun; what is running still finds room.
RESERVE = 2**26
#: Seconds that an executor which broke has to give back what it had.
PATIENCE = 5.0


def sweep(
    grid: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    task: Task,
    *,
    executor: Executor | None = None,
    store: str | Path | None = None,
    rng: Any = None,
    retry_failed: bool = False,
    extend: bool = False,
    max_pending: int = PENDING,
    progress: bool | None = None,
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
    progress : bool, optional
        Whether to show a bar, one unit a task; on a terminal by default.

    Returns
    -------
    SweepTable
        A dict from the names of parameters and results to arrays, a row a finished task, in the
        order of the grid; what failed is in its ``failures``, and logged as a warning.

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
        running is entered as failed.

    Notes
    -----
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
    given: Any = {"executor": executor, "store": store, "rng": rng, "extend": extend}
    with _Sweep.opened(grid, task, **given) as one:
        one.drive(retry_failed=retry_failed, max_pending=max_pending, progress=progress)
        table = one.store.table()
    if table.failures:
        status, first = one.status, table.failures[0].error
        _log.warning("%d of %d tasks failed; the first: %s", status.failed, status.total, first)
    return table


def fill(grid: Any, task: Task, *, retry_failed: bool, progress: bool | None, **given: Any) -> None:
    """Do as `sweep`, but leave the table in the store: it may be larger than memory."""
    with _Sweep.opened(grid, task, **given) as one:
        one.drive(retry_failed=retry_failed, max_pending=PENDING, progress=progress)


def load_sweep(path: str | Path) -> SweepTable:
    """Return the table of a store, also while a sweep is writing it.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    SweepTable
        As `sweep` returns it: of what is finished so far.

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


def _identity(name: str, rng: Any, had: Identity | None) -> Identity:
    """Return task and seed; without `rng` the seed is the store's, or fresh."""
    if rng is None and had is not None:
        return Identity(name, had.entropy, had.spawn_key)
    if isinstance(rng, np.random.SeedSequence):
        seed: Any = rng
    elif isinstance(rng, np.random.Generator):
        (seed,) = (each.bit_generator.seed_seq for each in _checks.streams(rng, 1))
    else:
        seed = _checks.generator(rng).bit_generator.seed_seq
    several = isinstance(seed.entropy, Sequence | np.ndarray)
    entropy = tuple(int(word) for word in seed.entropy) if several else int(seed.entropy)
    return Identity(name, entropy, tuple(int(word) for word in seed.spawn_key))


class _Sweep:
    """One call of `sweep`: tasks go out to the executor, ends come back into the store."""

    def __init__(self, store: Store, identity: Identity, executor: Executor, file: Any) -> None:
        self.store = store
        self.status = store.status()
        self._identity = identity
        self._executor = executor
        self._file = file
        self._driver = process_name()
        self._pending: dict[Future[Any], int] = {}
        self._broken = ""

    @classmethod
    @contextmanager
    def opened(
        cls,
        grid: Any,
        task: Any,
        *,
        executor: Any,
        store: Any,
        rng: Any,
        extend: bool,
    ) -> Iterator[_Sweep]:
        """Check everything that can be checked before anything is computed, and open the store."""
        name, runner, tasks = name_of(task), checked(executor), expand(grid)
        check = getattr(task, "check", None)
        if check is not None:
            for each in tasks:
                check(each)
        with Store.writing(store) as opened:
            identity = _identity(name, rng, opened.identity())
            opened.prepare(identity, tasks, extend=extend)
            yield cls(
                opened, identity, runner, getattr(sys.modules[task.__module__], "__file__", None)
            )

    def drive(self, *, retry_failed: bool, max_pending: int, progress: bool | None) -> None:
        """Run what is missing."""
        room = _checks.integer("max_pending", max_pending, minimum=1)
        numbers = self.store.to_do(retry_failed=retry_failed)
        if not numbers:
            return
        changed = self.store.begin_run(commit_of(self._file))
        if changed:
            _log.warning("this store was begun with other versions: %s", ", ".join(changed))
        done: SimpleQueue[Future[Any] | None] = SimpleQueue()
        show = sys.stderr.isatty() if progress is None else progress
        bar = progress_bar(len(numbers), show=show, label="sweep", unit="task")
        with bar, limited_threads(), Ear(done) as ear:
            try:
                self._exchange(iter(numbers), room, done, ear, bar)
            finally:
                if self._broken:  # what it had handed out comes back, as errors or as results
                    wait(self._pending, timeout=PATIENCE)
                for future in self._pending:
                    future.cancel()
                self._drain(done, bar)
                self.status = self.store.status()
        self._conclude(ear)

    def _exchange(
        self,
        numbers: Iterator[int],
        room: int,
        done: SimpleQueue[Future[Any] | None],
        ear: Ear,
        bar: Any,
    ) -> None:
        """Hand tasks in and take ends back until there are none, or something says stop."""
        if isinstance(self._executor, Here):
            room = 1  # each is finished before the next is handed in
        while not self._broken:
            while len(self._pending) < room and not ear.heard:
                number = next(numbers, None)
                if number is None or not self._handed_in(number, done, ear):
                    break
            if not self._pending:
                return
            future = done.get()
            if future is None:
                return
            self._take(future, bar)

    def _handed_in(self, number: int, done: SimpleQueue[Any], ear: Ear) -> bool:
        self._refuse_a_full_disk()
        arguments = (self._identity.task, self._identity, self.store.parameters(number))
        try:
            if isinstance(self._executor, Here):
                with ear.inline():
                    future = self._executor.submit(run, *arguments, self._driver)
            else:
                future = self._executor.submit(run, *arguments, self._driver)
        except KeyboardInterrupt:
            if not ear.heard:  # a handler of somebody else
                raise
            return False
        except (BrokenExecutor, RuntimeError) as problem:
            self._broken = told(problem)[0]
            return False
        self._pending[future] = number
        future.add_done_callback(done.put)
        return True

    def _refuse_a_full_disk(self) -> None:
        """Stop while what is running can still be entered."""
        if self.store.in_memory:
            return
        free = shutil.disk_usage(Path(self.store.path).resolve().parent).free
        if free < RESERVE:
            words = f"only {free >> 20} MiB are free on its disk. Make room, run the sweep again."
            raise StoreError(f"store {self.store.path}: {words}")

    def _take(self, future: Future[Any], bar: Any) -> None:
        """Enter how a task ended."""
        number = self._pending.pop(future, None)
        if number is None:
            return
        problem = CancelledError("cancelled") if future.cancelled() else future.exception()
        if problem is None:
            end = future.result()
            if isinstance(end, Missing):
                allowed = "a function that the workers can import"
                came = f"{self._identity.task}; there: {end.words}"
                hint = "Put it into a module that is installed where the workers run."
                raise _checks.refuse_value("task", came, allowed, hint)
            self.store.finish(number, end)
            bar.update()
        elif isinstance(problem, BrokenExecutor):
            self._break({future: number} | self._pending, problem)
        elif isinstance(problem, CancelledError):
            self._broken = self._broken or "it cancelled a task"
        elif not isinstance(problem, KeyboardInterrupt):  # that task is left to be done
            self.store.finish(number, Finished("", now(), {}, *told(problem)))
            bar.update()

    def _break(self, unfinished: Mapping[Future[Any], int], problem: BaseException) -> None:
        """Enter what dead workers may have been running: what was handed in first."""
        error, _ = told(problem)
        for number in sorted(unfinished.values())[: workers_of(self._executor)]:
            words = f"a worker died while this task may have been running ({error})"
            self.store.finish(number, Finished("", now(), {}, words))
        self._pending.clear()
        self._broken = error

    def _drain(self, done: SimpleQueue[Future[Any] | None], bar: Any) -> None:
        """Enter what was finished but not yet taken."""
        while not done.empty():
            future = done.get()
            if future is not None and not future.cancelled():
                self._take(future, bar)

    def _conclude(self, ear: Ear) -> None:
        """Say why the sweep stopped before its end, if it did."""
        left = f"{self.status.done} of {self.status.total} tasks are done"
        if not self.store.in_memory:
            left += f" and in {self.store.path}; the same sweep again goes on"
        if ear.heard == signal.SIGTERM:
            raise SystemExit(128 + signal.SIGTERM)
        load: Callable[[], SweepTable] = partial(load_sweep, self.store.path)
        if self.store.in_memory:  # which goes when it is closed
            table = self.store.table()
            load = lambda: table  # noqa: E731
        if ear.heard:
            raise SweepInterrupted(f"interrupted: {left}", load)
        if self._broken:
            words = f"the executor takes no more tasks ({self._broken}): {left}"
            raise SweepStoppedError(words, load)
