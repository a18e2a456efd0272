"""Reading of tables of numbers from text, with names of rows and columns where they are certain."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from polytheory._checks import Array
from polytheory._foreign import Names
from polytheory.diagnosis._refused import damaged, refused

#: Separators of cells; None is any white space.
DELIMITERS = {".csv": ",", ".tsv": "\t", ".txt": None}
_SEPARATED = {",": "commas (.csv)", "\t": "tabs (.tsv)", None: "white space (.txt)"}
_HEADER = "Say header=True (--header) if it holds names, header=False (--no-header) if weights."
_INDEX = (
    "Say index_column=True (--index-column) if it holds names, index_column=False "
    "(--no-index-column) if weights."
)
_COUNT = re.compile(r"\s*\d+\s*")

Line = tuple[int, list[str]]  # number of the line in the file, cells


def read_table(
    file: Path, content: bytes, suffix: str, header: bool | None, index_column: bool | None
) -> tuple[Array, Names | None, Names | None]:
    """Return the numbers, and the names of rows and columns."""
    lines = _lines(file, content, DELIMITERS[suffix])
    has_header = _has_header(file, lines, index_column) if header is None else header
    top, body = (lines[:1], lines[1:]) if has_header else ([], lines)
    if not body:
        raise refused(file, "which contains no numbers")
    width = len(body[0][1])
    short = bool(top) and len(top[0][1]) == width - 1  # as R writes it
    start, expected = (top[0][0], len(top[0][1])) if top and not short else (body[0][0], width)
    for number, cells in body:
        if len(cells) != expected:
            came = f"with {len(cells)} cells in line {number} after {expected} in line {start}"
            raise refused(file, came)
    corner = "" if short else (top[0][1][0] if top else None)
    if index_column is None:
        index_column = short or _has_index(file, body, corner)
    first = int(index_column)
    if width == first:
        raise refused(file, "which contains no numbers beside the names of its rows")
    rows = tuple(cells[0].strip() for _, cells in body) if first else None
    columns = tuple(map(str.strip, top[0][1][0 if short else first :])) if top else None
    values = np.array([_numbers(file, line, first, DELIMITERS[suffix]) for line in body])
    return values, rows, columns


def _lines(file: Path, content: bytes, delimiter: str | None) -> list[Line]:
    try:
        text = content.decode("utf-8-sig")
        if delimiter is None:
            numbered = enumerate(text.splitlines(), 1)
            return [(i, s.split()) for i, s in numbered if s.strip() and not _comment(s)]
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        lines = [(reader.line_num, cells) for cells in reader if cells]
    except (UnicodeDecodeError, csv.Error) as problem:
        raise damaged(file, problem) from None
    while len(lines) > 1 and _comment(lines[0][1][0]):
        number, cells = lines.pop(0)
        if len(cells) == len(lines[0][1]) and not _comment(lines[0][1][0]):  # names, by savetxt
            return [(number, [cells[0].strip().lstrip("# "), *cells[1:]]), *lines]
    return lines


def _comment(text: str) -> bool:
    return text.lstrip().startswith("#")


def _has_header(file: Path, lines: Sequence[Line], index_column: bool | None) -> bool:
    """Return whether the first line holds names; raise where that is not certain."""
    if not lines:
        return False
    cells, body = lines[0][1], [cells for _, cells in lines[1:]]
    numeric = [_is_number(cell) for cell in cells]
    if not any(numeric):
        if not all(cell.strip() for cell in cells[1:]):
            raise refused(file, "whose first line has empty cells", _HEADER)
        return True  # a typing error in a line of weights is not a header
    named_corner = not numeric[0] and len(cells) > 1 and all(numeric[1:])
    if not all(numeric) and not named_corner:
        return False
    first = 1 if named_corner or index_column else 0
    rest = [cells[first:] for cells in body]
    if not _counts(cells[first:], (cell for row in rest for cell in row)):
        if named_corner and not cells[0].strip():
            raise refused(file, "whose first line begins with an empty cell", _HEADER)
        return False
    numbered_rows = bool(body) and all(_COUNT.fullmatch(cells[0]) for cells in body)
    if named_corner and (not cells[0].strip() or numbered_rows):
        return True
    shown = ", ".join(cells[first : first + 3])
    raise refused(file, f"whose first line is {shown}, …: numbers of columns or weights", _HEADER)


def _has_index(file: Path, body: Sequence[Line], corner: str | None) -> bool:
    """Return whether column 0 holds names; `corner` is the cell above it, None without a header."""
    column = [cells[0] for _, cells in body]
    if len(body[0][1]) == 1:
        return False
    certain = len(column) > 1 or corner is not None  # in one line it may be a typing error
    if certain and all(cell.strip() and not _is_number(cell) for cell in column):
        return True
    if corner is not None and not corner.strip():
        if all(_COUNT.fullmatch(cell) for cell in column):
            return True
        raise refused(file, "whose first column has no name and is no count", _INDEX)
    if _counts(column, (c for _, cells in body for c in cells[1:])):
        shown = ", ".join(column[:3])
        came = f"whose first column is {shown}, …: numbers of rows or weights"
        raise refused(file, came, _INDEX)
    return False


def _counts(cells: Sequence[str], others: Iterable[str]) -> bool:
    """Return whether cells may be numbers of rows or columns, and no weights.

    That is so if they count on from 0 or 1, if they are ascending integers, or if they are the only
    cells without a decimal point.
    """
    if not all(map(_is_number, cells)):
        return False
    values = [float(cell) for cell in cells]
    steps = {b - a for a, b in itertools.pairwise(values)}
    several = len(cells) > 2
    if several and values[0] in (0, 1) and steps == {1}:
        return True
    if not all(_COUNT.fullmatch(cell) for cell in cells):
        return False
    if several and min(steps) > 0:
        return True
    elsewhere = [bool(_COUNT.fullmatch(cell)) for cell in others]
    return bool(elsewhere) and not any(elsewhere)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell  # only Python reads 1_000 as a number


def _numbers(file: Path, line: Line, first: int, delimiter: str | None) -> list[float]:
    number, cells = line
    for i, cell in enumerate(cells[first:], first + 1):
        if not _is_number(cell):
            hint = f"Cells are numbers, separated by {_SEPARATED[delimiter]}."
            raise refused(file, f"with {cell!r} in line {number}, cell {i}", hint)
    return [float(cell) for cell in cells[first:]]
