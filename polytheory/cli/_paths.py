"""Check of the paths that a command writes."""

from __future__ import annotations

from pathlib import Path

from polytheory import _checks


def file_to_write(option: str, name: str | None, suffixes: tuple[str, ...]) -> Path | None:
    """Return the path to write, if any; raise, before any computation, if it cannot be written."""
    if name is None:
        return None
    path = Path(name)
    if path.suffix.lower() not in suffixes:
        *others, last = suffixes
        ends = f"{', '.join(others)} or {last}" if others else last
        raise _checks.refuse_value(option, name, f"a file that ends in {ends}")
    if path.is_dir():
        raise _checks.refuse_value(option, name, "a file, not a folder")
    if not path.parent.is_dir():
        raise _checks.refuse_value(option, name, "in a folder that exists")
    return path
