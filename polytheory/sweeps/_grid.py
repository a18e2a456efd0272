"""Expansion of a grid into tasks: sets of parameters and the key of each."""

from __future__ import annotations

import hashlib
import json
import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set, Sized
from itertools import islice, product
from typing import Any

import numpy as np

from polytheory import _checks

Scalar = bool | int | float | str | None
Parameters = dict[str, Scalar]

#: The limit of one file and one driver; see docs/howto/sweeps.md.
MAX_TASKS = 10**7
MAX_NAME_LENGTH = 100
#: Range of integers in SQLite and NumPy.
MIN_INTEGER, MAX_INTEGER = -(2**63), 2**63 - 1


def name_of_column(argument: str, name: object) -> str:
    """Return the name of a parameter or a result if it is valid as the name of a column."""
    allowed = "a name as in Python that does not begin with an underscore"
    if not isinstance(name, str):
        raise _checks.refuse_type(argument, name, allowed)
    if not name.isidentifier() or name.startswith("_") or len(name) > MAX_NAME_LENGTH:
        raise _checks.refuse_value(
            argument, repr(name), f"{allowed}, at most {MAX_NAME_LENGTH} long"
        )
    return name


def no_twins(argument: str, names: Iterable[str]) -> None:
    """Refuse names that differ in case only: SQLite's column names are case-insensitive."""
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            came = f"{other!r} and {name!r}"
            raise _checks.refuse_value(argument, came, "names that differ in more than case")


def scalar(argument: str, value: Any) -> Scalar:
    """Return one value of a parameter as a built-in Python type."""
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        value = value.item()
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if not MIN_INTEGER <= value <= MAX_INTEGER:
            raise _checks.refuse_value(argument, str(value), "an integer of 64 bits", "Use a str.")
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise _checks.refuse_value(argument, str(value), "finite")
        return float(value)
    if isinstance(value, str):
        return _checks.text(argument, str.__str__(value))  # the value of an enumeration member
    raise _checks.refuse_type(argument, value, "a number, a str, a bool or None")


def _alone(values: Any) -> bool:
    """Return whether this is one value, not a list of values."""
    single = isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable)
    return single or (isinstance(values, np.ndarray) and values.ndim == 0)


def _values(argument: str, values: Any) -> list[Scalar]:
    """Return the list of values of a parameter; a single value gives a list of one."""
    if isinstance(values, np.ndarray) and values.ndim > 1:
        raise _checks.refuse_value(argument, _checks.shown(values), "one-dimensional")
    if _alone(values):
        return [scalar(argument, values)]
    found = [scalar(argument, value) for value in values]
    if not found:
        raise _checks.refuse_value(argument, "an empty list", "at least one value")
    if isinstance(values, set | frozenset):
        raise _checks.refuse_type(argument, values, "a list", "A set has no order: sort it.")
    return found


def count_tasks(grid: Any) -> int:
    """Return the number of tasks of a grid, without expanding it; refuse too many or none."""
    if isinstance(grid, Mapping):
        sizes = [1 if _alone(values) else _length(values) for values in grid.values()]
        count = math.prod(sizes) if sizes else 0
    else:
        sizes, count = [], len(grid)
    if count > MAX_TASKS:
        hint = "Split it over several stores."
        raise _checks.refuse_value("grid", f"{count:,} tasks", f"at most {MAX_TASKS:,}", hint)
    if count == 0 and not sizes:
        raise _checks.refuse_value("grid", "nothing", "at least one task")
    return count


def _length(values: Any) -> int:
    try:
        return len(values)
    except OverflowError:  # a range longer than any list
        return sys.maxsize


def expand(grid: Any) -> list[Parameters]:
    """Return the sets of parameters of a grid, in order; the last parameter changes fastest.

    Parameters
    ----------
    grid : mapping from str to list, or sequence of mappings from str to scalar

    Returns
    -------
    list of dict
        All with the same names in the same order, no two equal.

    Raises
    ------
    TypeError, ValueError
        If the grid is neither, is empty or too large, or has an invalid name or equal tasks.
    """
    if isinstance(grid, Mapping):
        tasks = _crossed(grid)
    elif isinstance(grid, Sequence) and not isinstance(grid, str | bytes):
        tasks = _listed(grid)
    else:
        raise _checks.refuse_type("grid", grid, "a dict of lists, or a list of dicts")
    for name in tasks[0]:
        refuse_mixed(name, {type(task[name]).__name__ for task in tasks})
    return tasks


def _crossed(grid: Mapping[Any, Any]) -> list[Parameters]:
    # Read no more values from an iterable without a length, such as a generator, than allowed.
    most = MAX_TASKS + 1
    grid = {
        name: values if _alone(values) or isinstance(values, Sized) else [*islice(values, most)]
        for name, values in grid.items()
    }
    count_tasks(grid)
    names = [name_of_column("a name in grid", name) for name in grid]
    no_twins("names in grid", names)
    lists = [_values(f"grid[{name!r}]", values) for name, values in grid.items()]
    return [dict(zip(names, values, strict=True)) for values in product(*lists)]


def _listed(grid: Sequence[Any]) -> list[Parameters]:
    count_tasks(grid)
    for place, each in enumerate(grid):
        if not isinstance(each, Mapping):
            raise _checks.refuse_type(f"grid[{place}]", each, "a dict from name to value")
    names = [name_of_column("a name in grid", name) for name in grid[0]]
    no_twins("names in grid", names)
    if not names:
        raise _checks.refuse_value("grid[0]", "nothing", "at least one parameter")
    tasks = []
    for place, each in enumerate(grid):
        if set(each) != set(names):
            allowed = f"of the parameters of the first one, {', '.join(names)}"
            came = ", ".join(map(str, each)) or "nothing"
            raise _checks.refuse_value(f"grid[{place}]", came, allowed)
        tasks.append({name: scalar(f"grid[{place}][{name!r}]", each[name]) for name in names})
    return tasks


def refuse_mixed(name: str, kinds: Set[str]) -> None:
    """Refuse a parameter with both bool and numeric values: SQLite stores them alike."""
    if "bool" in kinds and kinds & {"int", "float"}:
        raise _checks.refuse_value(f"parameter {name!r}", "both", "either all bool or all numbers")


def _number(value: Scalar) -> Scalar:
    """Return one form for equal numbers: 2.0 gives the same key as 2."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def key(parameters: Parameters) -> bytes:
    """Return the key of a task: a hash of its names and values, independent of their order."""
    plain = {name: _number(value) for name, value in parameters.items()}
    text = json.dumps(plain, sort_keys=True, ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).digest()


def keys(tasks: Sequence[Parameters]) -> Iterator[bytes]:
    """Yield the key of each task; refuse a task that occurs twice."""
    seen: set[bytes] = set()
    for task in tasks:
        this = key(task)
        if this in seen:
            came = ", ".join(f"{name}={value!r}" for name, value in task.items())
            hint = 'Equal tasks draw the same numbers; for repeats add a parameter like "repeat".'
            raise _checks.refuse_value("grid", f"{came} twice", "without repeats", hint)
        seen.add(this)
        yield this
