"""Refusals of files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from polytheory import _checks
from polytheory._files import UNREADABLE

_OF_OBJECTS = "an array of Python objects, which needs unpickling, and that can run any code"
PLAIN = "Save it as numbers: numpy.save(file, numpy.asarray(encodings, dtype=float))."
_ALLOWED = (
    "a whole .npy, .npz, .csv, .tsv, .txt, .mat or .safetensors file of real numbers (also .gz)"
)
#: How an .npy file begins.
MAGIC = b"\x93NUMPY"
#: How files of one kind begin, and what that kind is.
_KINDS = {
    MAGIC: "a .npy file",
    b"PK\x03\x04": "a zip archive, as .npz is",
    b"\x1f\x8b": "compressed by gzip; its name should end in .gz",
    b"\x89HDF": "an HDF5 file",
    b"MATLAB": "a .mat file",
    b"PAR1": "a Parquet file",
    b"\x80": "a pickle",
}


def refused(file: Path, came: str, hint: str = "") -> ValueError:
    """Return the error for a file of encodings."""
    return _checks.refuse_value("file of encodings", f"{file}, {came}", _ALLOWED, hint)


def attempt(file: Path, read: Callable[[], Any]) -> Any:
    """Return what `read` returns; what it raises about the file becomes a refusal."""
    try:
        return read()
    except UNREADABLE as problem:
        raise damaged(file, problem) from None


def damaged(file: Path, problem: BaseException) -> ValueError:
    """Return the error for a file that cannot be read, with its real kind if that is another."""
    if other := _another_kind(file):
        return refused(file, f"which is {other}")
    message = str(problem).lower()
    if "pickle" in message or "python objects" in message:  # NumPy's wording for such files
        return refused(file, f"which is a pickle or contains {_OF_OBJECTS}", PLAIN)
    came = f"which is damaged, truncated or unreadable ({type(problem).__name__}: {problem})"
    return refused(file, came, "Save it as UTF-8." if "utf-8" in message else "")


def _another_kind(file: Path) -> str:
    with file.open("rb") as stream:
        head = stream.read(8)
    kinds = [kind for start, kind in _KINDS.items() if head.startswith(start)]
    own = {".npy": MAGIC, ".npz": b"PK", ".gz": b"\x1f\x8b", ".mat": b"MATLAB"}
    mine = own.get(file.suffix.lower())
    return kinds[0] if kinds and not (mine and head.startswith(mine)) else ""


def chosen(file: Path, name: str | None, names: list[str], shape: Callable[[str], str]) -> str:
    """Return the name of the array to read; raise unless it is given or the only one."""
    if not names:
        raise refused(file, "which contains no array")
    if name is None and len(names) == 1:
        return names[0]
    if name in names:
        return str(name)
    listed = _checks.printable(", ".join(f"{each} {shape(each)}" for each in names))
    came = "none" if name is None else repr(name)
    allowed = f"one of those in {_checks.printable(file.name)}: {listed}"
    raise _checks.refuse_value("array", came, allowed)
