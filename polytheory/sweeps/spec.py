"""Spec files: TOML files with the task, the grid and the seed of a sweep."""

from __future__ import annotations

import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from polytheory import _checks
from polytheory.sweeps._grid import MAX_TASKS, count_tasks
from polytheory.sweeps._tasks import count_task
from polytheory.sweeps._worker import Task, find_task

__all__ = ["Spec", "read_spec"]

#: Tasks with a short name.
_TASKS = {"count": count_task}
_TYPES: dict[str, Any] = {"task": str, "seed": int, "repeat": int, "grid": (dict, list)}
_MEANINGS = {
    "task": "a string: 'count' or 'module:function'",
    "seed": "a whole number",
    "repeat": "a whole number",
    "grid": "a table [grid] of lists, or tables [[grid]] of values",
}


@dataclass(frozen=True)
class Spec:
    """The content of a spec file.

    Attributes
    ----------
    task : callable
    grid : dict of lists, or list of dicts
    seed : int or None
        None uses that of the store, or fresh entropy.
    """

    task: Task
    grid: Any
    seed: int | None

    def count(self) -> int:
        """Return the number of tasks."""
        return count_tasks(self.grid)


def read_spec(path: str | Path) -> Spec:
    """Return the content of a spec file.

    Parameters
    ----------
    path : str or Path
        A TOML file with ``task`` and ``grid``, optionally ``seed`` and ``repeat``, see
        docs/howto/sweeps.md.

    Raises
    ------
    OSError
        If it cannot be read.
    TypeError, ValueError
        If it is not TOML, or a key is unknown, missing or of the wrong type.
    """
    try:
        content = tomllib.loads(Path(path).read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise _checks.refuse_value("SPEC", f"{path}: {problem}", "a TOML file") from None
    for name, value in content.items():
        if name not in _TYPES:
            hint = "Parameters of the task belong in [grid]."
            allowed = f"one of {', '.join(_TYPES)}"
            raise _checks.refuse_value(f"a key of {path}", repr(name), allowed, hint)
        if not isinstance(value, _TYPES[name]) or isinstance(value, bool):
            raise _checks.refuse_type(f"{name} in {path}", value, _MEANINGS[name])
    for name in ("task", "grid"):
        if name not in content:
            raise _checks.refuse_value(f"{path}", f"no {name}", f"with {name}: {_MEANINGS[name]}")
    seed = content.get("seed")
    if seed is not None:
        _checks.integer(f"seed in {path}", seed, minimum=0)
    grid = content["grid"]
    if "repeat" in content:
        grid = _repeated(grid, _checks.integer(f"repeat in {path}", content["repeat"], minimum=1))
    return Spec(_task(content["task"]), grid, seed)


def _repeated(grid: Any, times: int) -> Any:
    """Return the grid with the parameter `repeat`, which numbers repetitions, changing fastest."""
    tables = [grid] if isinstance(grid, dict) else grid
    if any(isinstance(table, dict) and "repeat" in table for table in tables):
        came, allowed = "a key and a parameter of the grid", "one or the other"
        raise _checks.refuse_value("repeat", came, allowed)
    if isinstance(grid, dict):
        return grid | {"repeat": range(times)} if grid else grid
    if len(grid) * times > MAX_TASKS:
        came = f"{len(grid) * times:,} tasks"
        raise _checks.refuse_value("grid", came, f"at most {MAX_TASKS:,}")
    return [table | {"repeat": number} for table in grid for number in range(times)]


def _task(name: str) -> Task:
    """Return the task of that name; modules are looked for in the working folder first."""
    if name in _TASKS:
        return _TASKS[name]
    if ":" not in name:
        allowed = f"{', '.join(map(repr, _TASKS))} or 'module:function'"
        raise _checks.refuse_value("task", repr(name), allowed)
    here = str(Path.cwd())  # absolute, because workers inherit the path
    if not sys.flags.safe_path and here not in sys.path:
        sys.path.insert(0, here)
    try:
        task = find_task(name)
    except Exception as problem:  # noqa: BLE001 - a module may raise anything when imported
        came = f"{name!r} ({type(problem).__name__}: {problem})"
        raise _checks.refuse_value("task", came, "a function that can be imported") from None
    if not callable(task):
        raise _checks.refuse_type("task", task, "a function")
    return task
