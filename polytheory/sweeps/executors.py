"""Executors of tasks: this process, a pool of processes, any concurrent.futures.Executor."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing import active_children, get_context
from typing import Any

from polytheory import _checks
from polytheory._processes import end_with_parent, one_thread_each, refuse_daemonic, undisturbed
from polytheory._workers import MAX_WORKERS

__all__ = ["SerialExecutor", "checked", "process_pool", "workers_of"]

#: Seconds to wait for a pool to drop cancelled tasks.
_SHUTDOWN_TIMEOUT = 2.0


class SerialExecutor(Executor):
    """An executor that runs each task in this process on submission."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run the task and return its finished future."""
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        future.set_result(fn(*args, **kwargs))  # KeyboardInterrupt propagates
        return future


def checked(executor: Any) -> Executor:
    """Return the executor; None stands for this process.

    Raises
    ------
    TypeError
        If it is anything else.
    """
    if executor is None:
        return SerialExecutor()
    if isinstance(executor, Executor):
        return executor
    allowed = "a concurrent.futures.Executor, or None for this process"
    hint = ""
    if hasattr(executor, "get_executor"):
        hint = "For a dask Client, pass client.get_executor()."
    elif isinstance(executor, type) and issubclass(executor, Executor):
        hint = f"Pass an instance: {executor.__name__}()."
    raise _checks.refuse_type("executor", executor, allowed, hint)


def workers_of(executor: Executor) -> int:
    """Return how many tasks an executor runs at once; 1 if unknown."""
    # The executors of Python and loky have this attribute; there is no public one.
    count = getattr(executor, "_max_workers", 1)
    return count if isinstance(count, int) and count > 0 else 1


@contextmanager
def process_pool(workers: int, tasks: int) -> Iterator[Executor]:
    """Open a process pool with one thread per worker, and no more workers than tasks.

    An exception terminates the workers. If the system has no room for them, a warning says so and
    this process runs the tasks.
    """
    refuse_daemonic(workers, "left out")
    count = min(workers, tasks, MAX_WORKERS if os.name == "nt" else workers)
    with ExitStack() as stack:
        try:
            pool: Executor = stack.enter_context(_started_pool(count))
        except (OSError, NotImplementedError) as problem:  # no room; no semaphores on this system
            words = f"could not be started ({problem}); this process runs the tasks"
            warnings.warn(f"workers: {words}", RuntimeWarning, stacklevel=3)
            pool = SerialExecutor()
        yield pool


@contextmanager
def _started_pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    # "spawn": a fork would inherit the threads of this process and their number.
    context, others = get_context("spawn"), active_children()
    with (
        one_thread_each(),
        ProcessPoolExecutor(workers, mp_context=context, initializer=end_with_parent) as pool,
    ):
        try:
            with undisturbed():  # inherited by the workers: only this process handles Ctrl-C
                for _ in range(workers):
                    pool.submit(os.getpid)
            yield pool
        except BaseException:
            # Some versions of Python print errors if a worker ends while the pool has cancelled
            # tasks. They are dropped in order, so this one is dropped last.
            with suppress(BrokenExecutor, RuntimeError, OSError):
                last = pool.submit(os.getpid)
                pool.shutdown(wait=False, cancel_futures=True)
                wait([last], timeout=_SHUTDOWN_TIMEOUT)
            for child in active_children():  # do not wait for running tasks
                if child not in others:
                    child.terminate()
            raise
