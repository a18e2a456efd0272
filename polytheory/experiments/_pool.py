"""Many independent pieces of work over processes, each with one thread for linear algebra."""

from __future__ import annotations

import signal
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from queue import SimpleQueue
from typing import TypeVar

from polytheory._processes import one_thread_each, undisturbed

__all__ = ["finished"]

Task = TypeVar("Task")
Result = TypeVar("Result")


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
