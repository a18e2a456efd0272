"""Calls of a function in several processes, of which each may die without harm to the others."""

from __future__ import annotations

import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import wait
from multiprocessing.reduction import ForkingPickler
from types import ModuleType
from typing import Any, NamedTuple

from polytheory._processes import end_with_parent, one_thread_each, undisturbed

#: Windows cannot wait for more at once.
MAX_WORKERS = 60
#: Seconds between polls: on some systems Ctrl-C does not wake a waiting process.
_POLL_SECONDS = 0.5
#: Seconds for a process to end before it is killed.
_END_SECONDS = 5.0
#: Starting a process changes the environment of this one for a moment.
_STARTING = threading.Lock()


class Died(NamedTuple):
    """The process of a task ended before the task; `words` say how ("by SIGKILL")."""

    words: str


def each_result(
    call: Callable[..., Any], tasks: Mapping[Any, tuple[Any, ...]], workers: int
) -> Generator[tuple[Any, Any]]:
    """Call a function with each tuple of arguments, in several processes.

    A pool of `concurrent.futures` breaks when one of its processes dies, and cannot say what that
    one did. Here one task is lost, and another process takes over.

    Parameters
    ----------
    call : callable
        A function of a module; scripts are not imported.
    tasks : mapping
        Arguments of the calls, in the order in which they start, by any key.
    workers : int
        Largest number of processes.

    Yields
    ------
    key, result : tuple
        In the order in which the calls end. The result is `Died` if the process died. If no process
        can be started, the remaining tasks are left out.
    """
    waiting = deque(tasks.items())
    crew: list[_Worker] = []
    try:
        for _ in range(min(workers, len(waiting), MAX_WORKERS)):
            crew += _Worker.started(call)
        while crew:
            ready = wait([each.connection for each in crew], timeout=_POLL_SECONDS)
            for worker in [each for each in crew if each.connection in ready]:
                key, running = worker.key, worker.running
                answer = worker.answer()
                if isinstance(answer, Died):
                    crew.remove(worker)
                    if running and waiting:  # it could be started, so another one can
                        crew += _Worker.started(call)
                elif waiting:
                    worker.give(*waiting.popleft())
                else:
                    crew.remove(worker)
                    worker.end()
                if running:
                    yield key, answer
    finally:
        with undisturbed():
            for worker in crew:
                worker.end()


def sendable(argument: object) -> bool:
    """Return whether an argument can be sent to a process; what a script defines cannot."""
    try:
        sent = bytes(ForkingPickler.dumps(argument))
    except Exception:  # noqa: BLE001 - whatever its own code raises
        return False
    return b"__main__" not in sent


class _Worker:
    """A process that runs one task after the other."""

    def __init__(self, call: Callable[..., Any]) -> None:
        # "spawn": a fork would inherit the threads of this process and their number.
        context = get_context("spawn")
        self.key: Any = None
        self.running = self.lost = False
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(call, theirs), daemon=True)
        try:
            with _STARTING, one_thread_each(), _without_script(), undisturbed():
                self._process.start()
        finally:
            theirs.close()

    @classmethod
    def started(cls, call: Callable[..., Any]) -> list[_Worker]:
        """Return a new worker, or none if the system has no room for it."""
        try:
            return [cls(call)]
        except OSError:
            return []

    def give(self, key: Any, arguments: tuple[Any, ...]) -> None:
        """Start a task."""
        self.key, self.running = key, True
        with suppress(OSError):  # it has died, as `answer` will say
            self.connection.send(arguments)

    def answer(self) -> Any:
        """Return the result of its task; None from a process that has just started."""
        try:
            return self.connection.recv()
        except (EOFError, OSError):
            self.lost = True
            return Died(self.end())

    def end(self) -> str:
        """Make sure that the process has ended; return how it did, if by itself."""
        self.connection.close()
        self._process.join(_END_SECONDS if self.lost else 0)
        status = self._process.exitcode
        if status is None:
            self._process.terminate()
            self._process.join(_END_SECONDS)
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join()
        return _status_words(status)


def _status_words(status: int | None) -> str:
    if status is None:
        return "without an exit status"
    if status >= 0:
        return f"with exit status {status}"
    try:
        return f"by {signal.Signals(-status).name}"
    except ValueError:
        return f"by signal {-status}"


def _serve(call: Callable[..., Any], connection: Any) -> None:
    """Run tasks until the connection closes."""
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # where it is not inherited
    connection.send(None)
    with suppress(EOFError):
        while True:
            connection.send(call(*connection.recv()))


@contextmanager
def _without_script() -> Iterator[None]:
    """Hide the main module, so that a process started in this context does not run it again.

    It could not start processes itself, so a script would have to guard its calls.
    """
    script = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = script
