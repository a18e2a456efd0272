"""The driver of a sweep: submits tasks to an executor and records their results in a store."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, wait
from contextlib import nullcontext, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from polytheory import _checks
from polytheory.sweeps._signals import SignalWatcher
from polytheory.sweeps._worker import MissingTask, described_error, process_name, run_task
from polytheory.sweeps.executors import SerialExecutor, workers_of
from polytheory.sweeps.file import StoreError
from polytheory.sweeps.store import Finished, Store, utc_now

#: With less free disk space no new task is submitted; running tasks still have room.
MIN_FREE_BYTES = 2**26
#: Seconds to wait for the pending futures of a broken executor.
BROKEN_POOL_TIMEOUT = 5.0
#: Seconds between polls of the queue: on some systems Ctrl-C does not wake a waiting thread.
POLL_SECONDS = 0.5
#: Run by a worker before any task: a worker that cannot unpickle a task may fail silently.
WORKER_IMPORT = "import polytheory.sweeps._worker"


class Driver:
    """One run of a sweep.

    Parameters
    ----------
    store : Store
        Open, and already containing the tasks.
    executor : Executor
    bar : progress bar
    max_pending : int
        Largest number of tasks submitted and not finished.

    Attributes
    ----------
    interrupted : bool
        Whether Ctrl-C ended the run.
    stopped : str
        Why the executor accepts no more tasks; empty if it does.
    """

    def __init__(self, store: Store, executor: Executor, bar: Any, *, max_pending: int) -> None:
        identity = store.identity()
        assert identity is not None
        self.interrupted = False
        self.stopped = ""
        self._store, self._identity, self._bar = store, identity, bar
        self._executor, self._serial = executor, isinstance(executor, SerialExecutor)
        self._max_pending = 1 if self._serial else max_pending
        self._process = process_name()
        self._done: SimpleQueue[Future[Any] | None] = SimpleQueue()
        self._signals = SignalWatcher(self._done)
        self._pending: dict[Future[Any], int] = {}
        self._disk_error = ""

    def drive(self, numbers: Sequence[int]) -> None:
        """Run the tasks of these numbers.

        Raises
        ------
        StoreError
            If the store can no longer be written.
        ValueError
            If a worker cannot import the task.
        SystemExit
            After SIGTERM.
        """
        with self._signals:
            try:
                if self._can_work():
                    self._run_tasks(iter(numbers))
            finally:
                if self.stopped:  # pending tasks still return results or errors
                    wait(self._pending, timeout=BROKEN_POOL_TIMEOUT)
                for future in self._pending:
                    future.cancel()
                self._record_finished()
        if self._signals.received == signal.SIGTERM:
            raise SystemExit(128 + signal.SIGTERM)
        self.interrupted = self._signals.received is not None
        if self._disk_error and not self.interrupted:
            raise StoreError(self._disk_error)

    def _can_work(self) -> bool:
        """Return whether a worker of the executor can import polytheory."""
        if self._serial:
            return True
        try:
            first = self._executor.submit(exec, WORKER_IMPORT)
        except (BrokenExecutor, RuntimeError, OSError) as problem:  # the last: no room
            self.stopped, _ = described_error(problem)
            return False
        first.add_done_callback(self._done.put)
        if self._next() is None:
            return False
        objection = CancelledError() if first.cancelled() else first.exception()
        if isinstance(objection, ImportError):
            self._refuse_task(described_error(objection)[0])
        if objection is not None:
            why, _ = described_error(objection)
            guard = "In a script, is the call below if __name__ == '__main__'?"
            self.stopped = f"its workers could not start: {why} {guard}"
            return False
        return True

    def _run_tasks(self, numbers: Iterator[int]) -> None:
        """Submit tasks and record their results."""
        while True:
            while self._has_room():
                number = next(numbers, None)
                if number is None or not self._submitted(number):
                    break
            if not self._pending or self.stopped:
                return
            future = self._next()
            if future is None:
                return
            self._record_result(future)

    def _has_room(self) -> bool:
        """Return whether another task may be submitted."""
        if (
            len(self._pending) >= self._max_pending
            or self.stopped
            or self._signals.received is not None
        ):
            return False
        return not self._disk_is_full()

    def _disk_is_full(self) -> bool:
        """Return whether the disk has too little space for more tasks, and set the error."""
        if not self._disk_error and not self._store.in_memory:
            free = shutil.disk_usage(Path(self._store.path).parent).free
            if free < MIN_FREE_BYTES:
                words = f"only {free >> 20} MiB are free on its disk."
                self._disk_error = (
                    f"store {self._store.path}: {words} Make room and run the sweep again."
                )
        return bool(self._disk_error)

    def _submitted(self, number: int) -> bool:
        """Submit a task; return whether it was accepted and not interrupted at once."""
        parameters = self._store.parameters(number)
        arguments = (self._identity.task, self._identity, parameters, self._process)
        try:
            with self._signals.inline() if self._serial else nullcontext():
                future = self._executor.submit(run_task, *arguments)
        except KeyboardInterrupt:
            if self._signals.received is None:  # raised by another handler
                raise
            return False
        except (BrokenExecutor, RuntimeError, OSError) as problem:  # the last: no room
            self.stopped, _ = described_error(problem)
            return False
        if self._serial and self._signals.received is not None:
            return False  # the task caught Ctrl-C: its result may be incomplete
        self._pending[future] = number
        future.add_done_callback(self._done.put)
        return True

    def _next(self) -> Future[Any] | None:
        """Return a future that is done, or None after a signal to stop."""
        while True:
            with suppress(Empty):
                return self._done.get(timeout=POLL_SECONDS)

    def _record_result(self, future: Future[Any]) -> None:
        """Record the result or the error of a task."""
        number = self._pending.pop(future, None)
        if number is None:
            return
        problem = CancelledError("cancelled") if future.cancelled() else future.exception()
        if problem is None:
            end = future.result()
            if isinstance(end, MissingTask):
                self._refuse_task(end.words)
            self._record(number, end)
        elif isinstance(problem, BrokenExecutor):
            self._record_broken_pool([number, *self._pending.values()], problem)
        elif isinstance(problem, CancelledError | KeyboardInterrupt):  # the task stays waiting
            self.stopped = self.stopped or "it cancelled a task"
        else:
            self._record(number, Finished(None, utc_now(), {}, *described_error(problem)))

    def _record(self, number: int, end: Finished) -> None:
        self._store.finish(number, end)
        self._bar.update()

    def _record_broken_pool(self, unfinished: list[int], problem: BaseException) -> None:
        """Record as failed the tasks that dead workers may have been running, the oldest ones."""
        self.stopped, _ = described_error(problem)
        self._pending.clear()
        if self._signals.received is not None:
            return  # the same Ctrl-C ended the workers
        for number in sorted(unfinished)[: workers_of(self._executor)]:
            words = f"a worker died while this task may have been running ({self.stopped})"
            self._record(number, Finished(None, utc_now(), {}, words))

    def _record_finished(self) -> None:
        """Record the tasks that are finished and still in the queue."""
        while not self._done.empty():
            future = self._done.get()
            if future is not None and not future.cancelled():
                self._record_result(future)

    def _refuse_task(self, words: str) -> None:
        allowed = "a function that the workers can import"
        hint = "Put it into a module that is installed where the workers run, with polytheory."
        came = f"{self._identity.task}; a worker raised {words}"
        raise _checks.refuse_value("task", came, allowed, hint)
