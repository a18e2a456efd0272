"""The worker's side of a sweep: find a task, run it on one thread, return its result or error.

All arguments and return values are plain data, so that any executor can transfer them, whatever a
task raises or returns.
"""

from __future__ import annotations

import importlib
import os
import platform
import sys
import traceback
from collections.abc import Callable, Mapping
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from polytheory import _checks
from polytheory._threads import limit_for_good
from polytheory.sweeps._grid import Parameters, key
from polytheory.sweeps._identity import Identity
from polytheory.sweeps._values import encode
from polytheory.sweeps.store import Finished, utc_now

Task = Callable[[Parameters, np.random.Generator], Mapping[str, Any]]

#: Longer tracebacks, usually repetitive, lose their beginning.
MAX_TRACEBACK_LENGTH = 20_000
MAX_LINE_LENGTH = 500


class MissingTask(NamedTuple):
    """The worker cannot import the task; `words` is the error."""

    words: str


def name_of(task: Any) -> str:
    """Return module and name of a task, from which a worker imports it.

    Raises
    ------
    TypeError
        If it cannot be imported.
    """
    module = getattr(task, "__module__", None)
    name = getattr(task, "__qualname__", None)
    found: Any = sys.modules.get(module) if isinstance(module, str) else None
    for part in str(name).split("."):
        found = getattr(found, part, None)
    if not callable(task) or found is not task:
        hint = (
            "A worker cannot import a lambda, a partial or a function inside a function: define it "
            "at the top of a module, and pass what varies in the grid."
        )
        raise _checks.refuse_type("task", task, "a function that can be imported", hint)
    return f"{module}:{name}"


def find_task(name: str) -> Task:
    """Return the task of that name.

    Raises
    ------
    ImportError, AttributeError
        If it cannot be imported.
    """
    module, _, path = name.partition(":")
    task: Task = attrgetter(path)(importlib.import_module(module))
    return task


def script_of(task: Any) -> str:
    """Return the name of the script that defines a task; empty if a module does."""
    if task.__module__ != "__main__":
        return ""
    main = sys.modules["__main__"]
    spec = getattr(main, "__spec__", None)  # not None after python -m
    return str(getattr(spec, "name", None) or Path(getattr(main, "__file__", "-")).name)


def task_stream(identity: Identity, parameters: Parameters) -> np.random.Generator:
    """Return the generator of a task, from the sweep's seed and the task's parameters alone."""
    words = np.frombuffer(key(parameters), dtype=">u4")
    spawn_key = (*identity.spawn_key, *(int(word) for word in words))
    return np.random.default_rng(np.random.SeedSequence(identity.entropy, spawn_key=spawn_key))


def process_name() -> str:
    """Return an identifier of this process that is unique across machines."""
    return f"{platform.node()}:{os.getpid()}"


@cache
def _limit_threads(_task: str) -> None:
    limit_for_good()  # once more for each task, whose libraries may be others


def run_task(
    name: str, identity: Identity, parameters: Parameters, driver: str
) -> Finished | MissingTask:
    """Run one task and return its results, or its error if it raises.

    Parameters
    ----------
    name : str
        Name of the task.
    identity : Identity
        Identity of the sweep.
    parameters : dict
    driver : str
        `process_name` of the driver; any other process limits its threads here.

    Returns
    -------
    Finished or MissingTask
    """
    try:
        task = find_task(name)
    except Exception as problem:  # noqa: BLE001 - a module may raise anything when imported
        return MissingTask(f"{type(problem).__name__}: {problem}")
    if process_name() != driver:
        _limit_threads(name)
    started = utc_now()
    try:
        values = encode(task(dict(parameters), task_stream(identity, parameters)), parameters)
    except (Exception, SystemExit) as problem:  # noqa: BLE001 - recorded; other tasks continue
        return Finished(started, utc_now(), {}, *described_error(problem))
    return Finished(started, utc_now(), values)


def described_error(problem: BaseException) -> tuple[str, str]:
    """Return an exception on one line, and its traceback, as text that can be stored."""
    try:
        words = str(problem)
    except Exception:  # noqa: BLE001 - a class of the user's
        words = "(no message: its str() raises)"
    name = type(problem).__name__
    line = " ".join((f"{name}: {words}" if words else name).split())[:MAX_LINE_LENGTH]
    trace = "".join(traceback.format_exception(problem))[-MAX_TRACEBACK_LENGTH:]
    line, trace = (text.encode(errors="backslashreplace").decode() for text in (line, trace))
    return line, trace
