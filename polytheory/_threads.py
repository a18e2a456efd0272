"""One thread for linear algebra during a run: matrices are small, and the machine may be busy.

On small matrices threads cost more than they save, and two that wait for each other on a busy
machine take tens of times as long. The last digits of a product also depend on their number. Set
the environment variable POLYTHEORY_THREADS to another number for large matrices.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from polytheory import _checks

__all__ = ["SWITCH", "limit_for_good", "one_thread"]

#: Environment variable with the number of threads during a run; read when the run begins.
SWITCH = "POLYTHEORY_THREADS"
#: Larger numbers are taken for mistakes: libraries have 64 to 512 at most.
_MAX_THREADS = 512


def _nothing() -> None:
    """Restore nothing, because nothing was limited."""


class _Limit:
    """The limit of this process. It is shared by all runs: libraries have one number for all."""

    def __init__(self) -> None:
        self._lock, self._users = threading.Lock(), 0
        self._restore: Callable[[], None] = _nothing

    def enter(self) -> None:
        """Set the limit, unless another run has set it."""
        with self._lock:
            if self._users == 0:
                self._restore = _limited()
            self._users += 1

    def leave(self) -> None:
        """Restore the numbers of threads, unless another run still needs the limit."""
        with self._lock:
            self._users -= 1
            if self._users == 0:
                self._restore()


_LIMIT = _Limit()


@contextmanager
def one_thread() -> Iterator[None]:
    """Limit the linear algebra of this process to one thread, or as many as `SWITCH` says.

    Contexts may be nested, and open in several Python threads at once: the first sets the limit,
    the last restores what was before. Libraries that cannot be limited are left as they are.

    Raises
    ------
    ValueError
        If the environment variable is not a positive integer.
    """
    _LIMIT.enter()
    try:
        yield
    finally:
        _LIMIT.leave()


def limit_for_good() -> None:
    """Set the same limit for the lifetime of this process, a worker."""
    _limited()


def _limited() -> Callable[[], None]:
    """Set the limit; return a function that restores the numbers before."""
    threads = _asked()
    import scipy.linalg  # noqa: F401 - loads a BLAS besides NumPy's, which must be limited, too

    try:
        controller = _controller(len(sys.modules))
    except (OSError, RuntimeError):  # a system on which it cannot look at the loaded libraries
        return _nothing
    limiter = controller.limit(limits=threads)
    _release(controller)

    def restore() -> None:
        limiter.restore_original_limits()
        _release(controller)

    return restore


def _release(controller: Any) -> None:
    """Let any Python thread change the limit, which need not be the one that has set it."""
    for library in controller.lib_controllers:
        release = getattr(library, "clear_controlling_thread", None)  # from threadpoolctl 3.8
        if release is not None:
            release()


@lru_cache(maxsize=1)
def _controller(_modules: int) -> Any:
    """Return the controller of the loaded libraries, which come with modules: more, look again."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _asked() -> int:
    text = os.environ.get(SWITCH, "").strip() or "1"
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= _MAX_THREADS):
        allowed = f"an integer from 1 to {_MAX_THREADS}, or not set"
        raise _checks.refuse_value(f"the environment variable {SWITCH}", repr(text), allowed)
    return int(text)
