"""Tasks go out to an executor, ends come back into a store, until all are done or told to stop."""

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
from polytheory.sweeps._signals import Ear
from polytheory.sweeps._worker import Missing, process_name, run, told
from polytheory.sweeps.executors import Here, workers_of
from polytheory.sweeps.file import StoreError
from polytheory.sweeps.store import Finished, Store, now

#: Below this many bytes of free disk no new task is begun; what is running still finds room.
MIN_FREE_BYTES = 2**26
#: Seconds that an executor which broke has to give back what it had.
BROKEN_POOL_TIMEOUT = 5.0
#: Seconds between two looks at a queue: some systems do not wake a waiting thread for Ctrl-C.
POLL_SECONDS = 0.5
#: What a worker has to be able to do before it gets a task: a worker that cannot even read what it
#: is handed may never say so.
WORKER_IMPORT = "import polytheory.sweeps._worker"


class Driver:
    """Drives one sweep, once.

    Parameters
    ----------
    store : Store
        Open, with its tasks in it.
    executor : Executor
    bar : progress bar
    room : int
        Tasks handed in at a time.

    Attributes
    ----------
    interrupted : bool
        Whether Ctrl-C ended it.
    stopped : str
        Why the executor takes no more tasks, if it does not.
    """

    def __init__(self, store: Store, executor: Executor, bar: Any, *, room: int) -> None:
        identity = store.identity()
        assert identity is not None
        self.interrupted = False
        self.stopped = ""
        self._store, self._identity, self._bar = store, identity, bar
        self._executor, self._here = executor, isinstance(executor, Here)
        self._room = 1 if self._here else room  # here, each is finished before the next begins
        self._me = process_name()
        self._done: SimpleQueue[Future[Any] | None] = SimpleQueue()
        self._ear = Ear(self._done)
        self._pending: dict[Future[Any], int] = {}
        self._full = ""

    def drive(self, numbers: Sequence[int]) -> None:
        """Run the tasks of these numbers.

        Raises
        ------
        StoreError
            If the store cannot be written any more.
        ValueError
            If a worker cannot import the task.
        SystemExit
            After SIGTERM.
        """
        with self._ear:
            try:
                if self._can_work():
                    self._exchange(iter(numbers))
            finally:
                if self.stopped:  # what was handed out comes back, as errors or as results
                    wait(self._pending, timeout=BROKEN_POOL_TIMEOUT)
                for future in self._pending:
                    future.cancel()
                self._drain()
        if self._ear.heard == signal.SIGTERM:
            raise SystemExit(128 + signal.SIGTERM)
        self.interrupted = self._ear.heard is not None
        if self._full and not self.interrupted:
            raise StoreError(self._full)

    def _can_work(self) -> bool:
        """Whether the executor can do anything at all."""
        if self._here:
            return True
        try:
            first = self._executor.submit(exec, WORKER_IMPORT)
        except (BrokenExecutor, RuntimeError) as problem:
            self.stopped, _ = told(problem)
            return False
        first.add_done_callback(self._done.put)
        if self._next() is None:
            return False
        objection = CancelledError() if first.cancelled() else first.exception()
        if isinstance(objection, ImportError):
            self._refuse_task(told(objection)[0])
        if objection is not None:
            why, _ = told(objection)
            guard = "In a script, is the call below if __name__ == '__main__'?"
            self.stopped = f"its workers could not begin: {why} {guard}"
            return False
        return True

    def _exchange(self, numbers: Iterator[int]) -> None:
        """Hand tasks in and take ends back."""
        while True:
            while self._wants_more():
                number = next(numbers, None)
                if number is None or not self._handed_in(number):
                    break
            if not self._pending or self.stopped:
                return
            future = self._next()
            if future is None:
                return
            self._take(future)

    def _wants_more(self) -> bool:
        """Whether there is room, and no reason to end."""
        if len(self._pending) >= self._room or self.stopped or self._ear.heard is not None:
            return False
        return not self._disk_is_full()

    def _disk_is_full(self) -> bool:
        """Whether to begin nothing more, while what is running can still be entered."""
        if not self._full and not self._store.in_memory:
            free = shutil.disk_usage(Path(self._store.path).parent).free
            if free < MIN_FREE_BYTES:
                words = f"only {free >> 20} MiB are free on its disk."
                self._full = f"store {self._store.path}: {words} Make room, run the sweep again."
        return bool(self._full)

    def _handed_in(self, number: int) -> bool:
        """Hand a task in; return whether it was accepted, and not given up at once."""
        parameters = self._store.parameters(number)
        arguments = (self._identity.task, self._identity, parameters, self._me)
        try:
            with self._ear.inline() if self._here else nullcontext():
                future = self._executor.submit(run, *arguments)
        except KeyboardInterrupt:
            if self._ear.heard is None:  # a handler of somebody else
                raise
            return False
        except (BrokenExecutor, RuntimeError) as problem:
            self.stopped, _ = told(problem)
            return False
        if self._here and self._ear.heard is not None:
            return False  # the task took Ctrl-C for its own: what it returned is half done
        self._pending[future] = number
        future.add_done_callback(self._done.put)
        return True

    def _next(self) -> Future[Any] | None:
        """Return a future that is done, or None if it is time to stop."""
        while True:
            with suppress(Empty):
                return self._done.get(timeout=POLL_SECONDS)

    def _take(self, future: Future[Any]) -> None:
        """Enter how a task ended."""
        number = self._pending.pop(future, None)
        if number is None:
            return
        problem = CancelledError("cancelled") if future.cancelled() else future.exception()
        if problem is None:
            end = future.result()
            if isinstance(end, Missing):
                self._refuse_task(end.words)
            self._enter(number, end)
        elif isinstance(problem, BrokenExecutor):
            self._break([number, *self._pending.values()], problem)
        elif isinstance(problem, CancelledError | KeyboardInterrupt):  # it is left to be done
            self.stopped = self.stopped or "it gave up a task"
        else:
            self._enter(number, Finished(None, now(), {}, *told(problem)))

    def _enter(self, number: int, end: Finished) -> None:
        self._store.finish(number, end)
        self._bar.update()

    def _break(self, unfinished: list[int], problem: BaseException) -> None:
        """Enter what dead workers may have been running: what was handed in first."""
        self.stopped, _ = told(problem)
        self._pending.clear()
        if self._ear.heard is not None:
            return  # they died of the same Ctrl-C
        for number in sorted(unfinished)[: workers_of(self._executor)]:
            words = f"a worker died while this task may have been running ({self.stopped})"
            self._enter(number, Finished(None, now(), {}, words))

    def _drain(self) -> None:
        """Enter what was finished but not yet taken."""
        while not self._done.empty():
            future = self._done.get()
            if future is not None and not future.cancelled():
                self._take(future)

    def _refuse_task(self, words: str) -> None:
        allowed = "a function that the workers can import"
        hint = "Put it into a module that is installed where the workers run, with polytheory."
        came = f"{self._identity.task}; there: {words}"
        raise _checks.refuse_value("task", came, allowed, hint)
