"""Recorded runs from files: .npz and CSV. Only the arrays that are needed are read."""

from __future__ import annotations

import csv
import math
import re
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from polytheory import _checks
from polytheory._files import UNREADABLE
from polytheory.recorded._run import RecordedEncodings, RecordedRun

ROW_ARRAYS = ("time", "l1_norm", "nonzero_count", "initial_row", "l1_strength")
ENCODINGS_ARRAYS = ("time", "W", "l1_strength")
STATED = ("method", "step", "rtol", "atol", "tolerance")
COLUMNS = ("time", "l1_norm", "nonzero_count")
#: What is rounded more than this is not judged: numbers of two digits would refute nothing.
MAX_ROUNDING = 0.01


def load_recorded(path: str | Path) -> RecordedRun | RecordedEncodings:
    """Read and check a recorded run.

    Parameters
    ----------
    path : str or Path
        An ``.npz`` file, or a ``.csv`` file with the columns time, l1_norm and nonzero_count.
        The how-to "Judge a recorded run" has the table of the format.

    Returns
    -------
    RecordedRun or RecordedEncodings
        The second for a history of whole encodings: a file with the array ``W`` and no
        ``initial_row``.

    Raises
    ------
    ValueError, TypeError
        If the file cannot be read, lacks an array, or if the arrays do not fit together. Arrays
        that are not needed are not read; pickled objects are never loaded.
    """
    file = Path(path)
    if not file.exists():
        came = f"{file}, which does not exist"
        raise _checks.refuse_value("recorded file", came, "an .npz file of plain arrays, or a .csv")
    if file.is_dir():
        raise _checks.refuse_value("recorded file", f"{file}, a folder", "one of its files")
    data = _read_csv(file) if file.suffix.lower() == ".csv" else _read_npz(file)
    if "W" in data and "initial_row" not in data:
        return RecordedEncodings(**data)
    return RecordedRun(**data)


def _missing(names: Any, needed: tuple[str, ...]) -> None:
    missing = [name for name in needed if name not in names]
    if missing:
        allowed = f"one with the arrays {', '.join(needed)}"
        if needed == ROW_ARRAYS:
            allowed += f" (or {', '.join(ENCODINGS_ARRAYS)} for whole encodings)"
        raise _checks.refuse_value("recorded file", f"no {', '.join(missing)}", allowed)


def _read_npz(path: Path) -> dict[str, Any]:
    what = "an .npz file of plain arrays"
    if not zipfile.is_zipfile(path):
        hint = "A table of text is read from a name that ends in .csv."
        came = f"{path}, not a complete .npz file"
        raise _checks.refuse_value("recorded file", came, what, hint)
    needed: tuple[str, ...] = ()
    data: dict[str, Any] = {}
    reading = "none"
    try:
        with np.load(path, allow_pickle=False) as archive:
            whole = "W" in archive.files and "initial_row" not in archive.files
            needed = ENCODINGS_ARRAYS if whole else ROW_ARRAYS
            for reading in needed + STATED:
                if reading in archive.files:
                    data[reading] = archive[reading]
    except UNREADABLE as problem:
        came = f"{path}, of which the array {reading} cannot be read ({problem})"
        hint = "Pickled objects are never loaded; store numeric arrays."
        raise _checks.refuse_value("recorded file", came, what, hint) from None
    _missing(data, needed)
    return data


def _read_csv(path: Path) -> dict[str, Any]:
    """Read a table: first lines "# name = value", then the header and one line a time."""
    settings, lines = _text(path)
    table = _table(path, lines)
    data: dict[str, Any] = {
        name: np.array([_number(name, each) for each in table[name]]) for name in COLUMNS
    }
    data["resolution"] = _resolution(table["l1_norm"])
    for name, value in settings.items():
        if name == "initial_row":
            data[name] = _row(path, value)
        elif name == "method":
            data[name] = value
        elif name in (*STATED, "l1_strength"):
            data[name] = _number(name, value)
    missing = [name for name in ("initial_row", "l1_strength") if name not in data]
    if missing:
        allowed = "a table with the lines '# l1_strength = X' and '# initial_row = FILE' before it"
        raise _checks.refuse_value("recorded file", f"{path} without {missing[0]}", allowed)
    return data


def _text(path: Path) -> tuple[dict[str, str], list[str]]:
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, ValueError) as problem:
        came = f"{path}, which cannot be read ({problem})"
        raise _checks.refuse_value("recorded file", came, "a text file in UTF-8") from None
    settings, lines = {}, []
    for line in text.splitlines():
        if line.lstrip().startswith("#"):
            name, equals, value = line.lstrip(" #").partition("=")
            if equals:
                settings[name.strip()] = value.strip()
        elif line.strip():
            lines.append(line)
    return settings, lines


def _table(path: Path, lines: list[str]) -> dict[str, list[str]]:
    """Return the columns; they are separated by commas, semicolons or tabs."""
    first = lines[0] if lines else ""
    separator = max(",;\t", key=first.count)
    rows = [[each.strip() for each in row] for row in csv.reader(lines, delimiter=separator)]
    header = rows[0] if rows else []
    missing = [name for name in COLUMNS if name not in header]
    if missing or len(rows) < 2:
        came = f"{path} without {', '.join(missing) or 'a line of numbers'}"
        allowed = f"a table with the columns {', '.join(COLUMNS)}"
        raise _checks.refuse_value("recorded file", came, allowed, "A batch needs .npz.")
    if any(header.count(name) > 1 for name in COLUMNS):
        came = f"{path}, with a column twice"
        raise _checks.refuse_value(
            "recorded file", came, "a table of one run", "A batch needs .npz."
        )
    for number, row in enumerate(rows[1:], 1):
        if len(row) != len(header):
            came = f"{path} with {len(row)} values in line {number} of the table"
            raise _checks.refuse_value(
                "recorded file", came, f"a table of {len(header)} values a line"
            )
    return {name: [row[header.index(name)] for row in rows[1:]] for name in COLUMNS}


def _resolution(column: list[str]) -> float:
    """Return the relative rounding of a column of text, in one of the two usual formats.

    Numbers with equally many decimals are rounded most if they are smallest; otherwise they have
    a number of significant digits in common, and some may end in zeros that are left out.
    """
    numbers = [abs(Decimal(each)) for each in column if 0.0 < abs(float(each)) < math.inf]
    if not numbers:  # all zero, or refused elsewhere
        return 0.0
    last = {int(each.as_tuple().exponent) for each in numbers}
    if len(last) == 1:
        rounding = 0.5 * float(Decimal(10) ** last.pop() / min(numbers))
    else:
        rounding = 0.5 * 10.0 ** (1 - max(len(each.as_tuple().digits) for each in numbers))
    if rounding > MAX_ROUNDING:
        came, allowed = f"up to {rounding:.1%}", f"rounded by at most {MAX_ROUNDING:.0%}"
        raise _checks.refuse_value("l1_norm", came, allowed, "Write more digits.")
    return rounding


def _row(table: Path, name: str) -> Any:
    """Read the initial row: numbers separated by spaces, commas, semicolons or new lines."""
    if Path(name).name != name:  # a table from elsewhere must not open other files
        allowed = "a name without a folder: it is beside the table"
        raise _checks.refuse_value("the file of initial_row", repr(name), allowed)
    path = table.parent / name
    if not path.is_file():
        came = f"{path}, which does not exist"
        raise _checks.refuse_value("the file of initial_row", came, "a text file of numbers")
    _, lines = _text(path)
    words = re.split(r"[,;\s]+", "\n".join(lines).strip())
    return np.array([_number("initial_row", each) for each in words])


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        hint = "Write decimals with a point." if "," in text else ""
        raise _checks.refuse_value(name, repr(text), "a number", hint) from None
