"""Import of user-defined laws: ``mymodule:MY_LAW`` or ``folder/file.py:MY_LAW``.

``mymodule:MY_LIST/name`` is the law of that name in a list of laws.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from polytheory import _checks
from polytheory.checking import Law

__all__ = ["load_laws", "names_of"]

ALLOWED = "the name of a law, or a pattern, or module:NAME or file.py:NAME"


def load_laws(where: str) -> tuple[Law, ...]:
    """Import a module or run a file, and return the law or list of laws of that name in it."""
    source, _, path = where.rpartition(":")
    name, _, only = path.partition("/")
    if not source or not name:
        raise _checks.refuse_value("--law", repr(where), ALLOWED)
    module = _from_file(Path(source)) if source.endswith(".py") else _from_module(source)
    try:
        found = getattr(module, name)
    except AttributeError:
        there = [key for key, value in vars(module).items() if isinstance(value, Law)]
        hint = f"Laws in {source}: {', '.join(there) or 'none'}."
        raise _checks.refuse_value("--law", f"{where!r}; no such name", ALLOWED, hint) from None
    laws = tuple(found) if isinstance(found, list | tuple) else (found,)
    if not laws or not all(isinstance(law, Law) for law in laws):
        raise _checks.refuse_type(f"--law {where}", found, "a polytheory.Law, or a list of them")
    chosen = tuple(law for law in laws if only in ("", law.name))
    if not chosen:
        hint = f"Laws in {source}:{name}: {', '.join(law.name for law in laws)}."
        raise _checks.refuse_value("--law", f"{where!r}; no such law", ALLOWED, hint)
    return chosen


def names_of(laws: Sequence[Law], where: str) -> dict[Law, str]:
    """Return the name under which `load_laws` finds each of the laws that it found at `where`."""
    return {law: where if len(laws) == 1 else f"{where}/{law.name}" for law in laws}


def _from_module(name: str) -> ModuleType:
    try:
        return import_module(name)
    except ModuleNotFoundError as problem:
        if problem.name is None or not f"{name}.".startswith(f"{problem.name}."):
            raise _broken(name, problem) from problem  # it exists, but one of its imports does not
        hint = "Put it into the working folder or on Python's path."
        came = f"{name!r}; no module called {problem.name!r}"
        raise _checks.refuse_value("--law", came, ALLOWED, hint) from None
    except (Exception, SystemExit) as problem:
        raise _broken(name, problem) from problem


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise _checks.refuse_value("--law", f"{str(path)!r}; no such file", ALLOWED)
    spec = spec_from_file_location(f"_own_law_{path.stem}", path)
    assert spec is not None  # the name ends in .py
    assert spec.loader is not None
    module = sys.modules[spec.name] = module_from_spec(spec)  # dataclasses look it up
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as problem:
        raise _broken(str(path), problem) from problem
    return module


def _broken(source: str, problem: BaseException) -> ValueError:
    came = f"{source!r}, which raises {type(problem).__name__}: {problem}"
    return _checks.refuse_value("--law", came, "importable")
