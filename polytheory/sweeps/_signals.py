"""Ctrl-C and SIGTERM as entries of the queue that the driver of a sweep reads."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from types import FrameType
from typing import Any


class SignalWatcher:
    """A context in which Ctrl-C and SIGTERM put None into a queue.

    Only default handlers are replaced: signals that are ignored or have another handler keep it.
    Outside the main thread nothing is replaced.

    Parameters
    ----------
    queue : SimpleQueue
        The queue of finished tasks; only this kind of queue is safe to fill in a signal handler.
    """

    def __init__(self, queue: SimpleQueue[Any]) -> None:
        self.received: int | None = None
        self._queue = queue
        self._inline = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> SignalWatcher:
        if threading.current_thread() is threading.main_thread():
            usual = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
            for number, handler in usual.items():
                if signal.getsignal(number) is handler:
                    self._before[number] = signal.signal(number, self._receive)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @contextmanager
    def inline(self) -> Iterator[None]:
        """Also raise KeyboardInterrupt, to end a task that runs in this process."""
        self._inline = True
        try:
            yield
        finally:
            self._inline = False

    def _receive(self, number: int, _frame: FrameType | None) -> None:
        self.received = number
        self._queue.put(None)
        if self._inline:
            raise KeyboardInterrupt
