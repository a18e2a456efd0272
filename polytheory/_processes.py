"""Process pools: how many processes, one thread for each, and no interruption by Ctrl-C."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import current_process, parent_process

from polytheory import _checks

#: Environment variables with the number of threads of linear algebra libraries; read at import.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def usable_processors() -> int:
    """Return how many processors this process may use, which can be fewer than there are."""
    count = getattr(os, "process_cpu_count", None)  # from Python 3.13
    if count is not None:
        return count() or 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def refuse_daemonic(workers: int, allowed: str) -> None:
    """Raise if this process is daemonic: no number of `workers` but the allowed one is possible."""
    if current_process().daemon:
        allowed = f"{allowed} in a daemonic process, which must not start others"
        raise _checks.refuse_value("workers", str(workers), allowed)


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Make processes started in this context use one thread each."""
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
    """Ignore Ctrl-C in this context, so that clean-up after a first one can finish."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals arrive in the main thread only
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def end_with_parent() -> None:
    """End this process when its parent process ends."""
    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
