"""Who runs the tasks: this process, or anything with the interface of concurrent.futures."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager, suppress
from multiprocessing import active_children, get_context, parent_process
from typing import Any

from polytheory import _checks
from polytheory._processes import one_thread_each, undisturbed

__all__ = ["SerialExecutor", "checked", "process_pool", "workers_of"]


#: Seconds for a pool to let go of what was cancelled.
_SHUTDOWN_TIMEOUT = 2.0


class SerialExecutor(Executor):
    """Runs a task in this process as soon as it is handed in."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Return the future of a task that is finished."""
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        future.set_result(fn(*args, **kwargs))  # Ctrl-C goes through
        return future


def checked(executor: Any) -> Executor:
    """Return an executor, this process by default.

    Raises
    ------
    TypeError
        For anything else.
    """
    if executor is None:
        return SerialExecutor()
    if isinstance(executor, Executor):
        return executor
    allowed = "a concurrent.futures.Executor, or None for this process"
    hint = ""
    if hasattr(executor, "get_executor"):
        hint = "Of a dask Client, pass client.get_executor()."
    elif isinstance(executor, type) and issubclass(executor, Executor):
        hint = f"Make one: {executor.__name__}()."
    raise _checks.refuse_type("executor", executor, allowed, hint)


def workers_of(executor: Executor) -> int:
    """Return how many tasks an executor runs at once, as far as it says so."""
    # Python's own and loky's executors call it so; there is no public name.
    count = getattr(executor, "_max_workers", 1)
    return count if isinstance(count, int) and count > 0 else 1


def _end_with_parent() -> None:
    """Make sure that a worker does not outlive the process that it works for."""
    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def process_pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Open Python's pool of fresh processes, with one thread each; on an error they are ended."""
    # "spawn": a fork would inherit the threads of this process and how many there are of them.
    context, others = get_context("spawn"), active_children()
    with (
        one_thread_each(),
        ProcessPoolExecutor(workers, mp_context=context, initializer=_end_with_parent) as pool,
    ):
        try:
            with undisturbed():  # which they inherit: Ctrl-C is for this process
                for _ in range(workers):
                    pool.submit(os.getpid)
            yield pool
        except BaseException:
            # Some versions of Python complain of a worker that ends while the pool still holds
            # cancelled tasks: it lets go of them in order, and of this one last.
            with suppress(BrokenExecutor, RuntimeError):
                last = pool.submit(os.getpid)
                pool.shutdown(wait=False, cancel_futures=True)
                wait([last], timeout=_SHUTDOWN_TIMEOUT)
            for child in active_children():  # what they are at need not be waited for
                if child not in others:
                    child.terminate()
            raise
