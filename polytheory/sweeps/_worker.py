"""What a worker does: one task, on one thread, from names and numbers alone.

Everything that goes to a worker or comes back is plain data, so that any executor can carry it and
nothing that a task raises or returns can break it on the way.
"""

from __future__ import annotations

import importlib
import os
import platform
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from polytheory import _checks
from polytheory.sweeps._grid import Parameters, key
from polytheory.sweeps._identity import Identity
from polytheory.sweeps._values import encode
from polytheory.sweeps.store import Finished, utc_now

Task = Callable[[Parameters, np.random.Generator], Mapping[str, Any]]

#: A traceback longer than this repeats itself.
MAX_TRACEBACK_LENGTH = 20_000
MAX_LINE_LENGTH = 500


class MissingTask(NamedTuple):
    """The worker does not find the task; why."""

    words: str


def name_of(task: Any) -> str:
    """Return module and name of a task, by which a worker finds it.

    Raises
    ------
    TypeError
        If it cannot be found so.
    """
    module = getattr(task, "__module__", None)
    name = getattr(task, "__qualname__", None)
    found: Any = sys.modules.get(module) if isinstance(module, str) else None
    for part in str(name).split("."):
        found = getattr(found, part, None)
    if not callable(task) or found is not task:
        hint = (
            "A worker cannot find a lambda, a partial or a function inside a function: define it "
            "at the top of a module, and pass what varies in the grid."
        )
        raise _checks.refuse_type("task", task, "a function that can be imported", hint)
    return f"{module}:{name}"


def find_task(name: str) -> Task:
    """Return the task of that name.

    Raises
    ------
    ImportError, AttributeError
        If this process has none.
    """
    module, _, path = name.partition(":")
    task: Task = attrgetter(path)(importlib.import_module(module))
    return task


def script_of(task: Any) -> str:
    """Return the name of the script that a task is defined in; empty for those of modules."""
    if task.__module__ != "__main__":
        return ""
    main = sys.modules["__main__"]
    spec = getattr(main, "__spec__", None)  # of python -m
    return str(getattr(spec, "name", None) or Path(getattr(main, "__file__", "-")).name)


def task_stream(identity: Identity, parameters: Parameters) -> np.random.Generator:
    """Return the generator of a task: seed of the sweep and parameters of the task, no more."""
    words = np.frombuffer(key(parameters), dtype=">u4")
    spawn_key = (*identity.spawn_key, *(int(word) for word in words))
    return np.random.default_rng(np.random.SeedSequence(identity.entropy, spawn_key=spawn_key))


def process_name() -> str:
    """Return what tells this process from others, on this machine and elsewhere."""
    return f"{platform.node()}:{os.getpid()}"


def one_thread() -> AbstractContextManager[Any]:
    """Limit the linear algebra of this process to one thread; does nothing without threadpoolctl.

    How many threads share a product decides its last digits.
    """
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        return nullcontext()
    import scipy.linalg  # noqa: F401 - brings a library of its own, which is to be limited too

    limit: AbstractContextManager[Any] = threadpool_limits(limits=1)
    return limit


@cache
def _limit_for_good(_task: str) -> None:
    one_thread().__enter__()  # for as long as this worker lives


def run_task(
    name: str, identity: Identity, parameters: Parameters, driver: str
) -> Finished | MissingTask:
    """Run one task; whatever it raises is how it ended.

    Parameters
    ----------
    name : str
        Of the task.
    identity : Identity
        Of the sweep.
    parameters : dict
    driver : str
        `process_name` of who drives the sweep; elsewhere threads are limited here.

    Returns
    -------
    Finished or Missing
    """
    try:
        task = find_task(name)
    except Exception as problem:  # noqa: BLE001 - a module may raise anything when imported
        return MissingTask(f"{type(problem).__name__}: {problem}")
    if process_name() != driver:
        _limit_for_good(name)
    started = utc_now()
    try:
        values = encode(task(dict(parameters), task_stream(identity, parameters)), parameters)
    except (Exception, SystemExit) as problem:  # noqa: BLE001 - recorded; the others go on
        return Finished(started, utc_now(), {}, *described_error(problem))
    return Finished(started, utc_now(), values)


def described_error(problem: BaseException) -> tuple[str, str]:
    """Return an exception on one line, and its traceback, as text that can be stored."""
    try:
        words = str(problem)
    except Exception:  # noqa: BLE001 - somebody's class
        words = "(no message: its str() raises)"
    name = type(problem).__name__
    line = " ".join((f"{name}: {words}" if words else name).split())[:MAX_LINE_LENGTH]
    trace = "".join(traceback.format_exception(problem))[-MAX_TRACEBACK_LENGTH:]
    line, trace = (text.encode(errors="backslashreplace").decode() for text in (line, trace))
    return line, trace
