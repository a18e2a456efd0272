"""Many independent pieces of work over processes, each with one thread for linear algebra."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from queue import SimpleQueue
from typing import TypeVar

__all__ = ["finished", "one_thread_each", "undisturbed"]

Task = TypeVar("Task")
Result = TypeVar("Result")

#: What tells the usual linear algebra libraries how many threads to start; read at import.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Have processes that are started inside use one thread each; then all is as before."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def undisturbed() -> Iterator[None]:
    """Do what has to be done after a Ctrl-C even if another one follows."""
    if threading.current_thread() is not threading.main_thread():
        yield  # where no signal arrives
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _die_silently() -> None:
    """Let Ctrl-C end a worker at once and without a traceback; the parent has its own."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def finished(
    work: Callable[[Task], Result], tasks: Sequence[Task], *, workers: int | None
) -> Generator[tuple[int, Result], None, None]:
    """Yield the number and the result of each task, as they are finished.

    Parameters
    ----------
    work : callable
        A function of a module, so that another process finds it.
    tasks : sequence
    workers : int, optional
        Fresh processes; without it everything is done here, in order. Closing the generator drops
        what has not begun and waits for what has.
    """
    if workers is None:
        for number, task in enumerate(tasks):
            yield number, work(task)
        return
    # "spawn": a fork would inherit the threads of this process and how many there are of them.
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_die_silently)
    # Not `as_completed`, which may be interrupted while it holds the locks of the futures.
    done: SimpleQueue[Future[Result]] = SimpleQueue()
    try:
        numbers: dict[Future[Result], int] = {}
        with one_thread_each():  # the processes start as tasks are handed in
            for number, task in enumerate(tasks):
                future = pool.submit(work, task)
                numbers[future] = number
                future.add_done_callback(done.put)
        for _ in tasks:
            future = done.get()
            yield numbers[future], future.result()
    finally:
        with undisturbed():
            pool.shutdown(cancel_futures=True)
