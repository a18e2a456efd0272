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
    """Puts None into a queue when the user, or the system, wants the sweep to stop.

    Only where Python would do its own: a signal that somebody else handles, or that is ignored,
    stays theirs, and threads other than the main one receive none.

    Parameters
    ----------
    queue : SimpleQueue
        Of finished tasks; the one kind of queue that may be filled from a signal handler.
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
        """While a task runs in this very process: break it off instead of waiting for it."""
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
