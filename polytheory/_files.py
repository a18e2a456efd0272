"""What goes into files, as plain data, and what a damaged one does to its reader."""

from __future__ import annotations

import math
import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

#: What NumPy and zipfile raise on a damaged, encrypted or hostile file.
UNREADABLE = (
    *(OSError, EOFError, ValueError, SyntaxError, RuntimeError, MemoryError),
    *(zipfile.BadZipFile, zlib.error, tokenize.TokenError),
)


def as_data(value: Any, *, strict: bool = False) -> Any:
    """Return plain data: a list of an array or a tuple, a dictionary of an object.

    Where it has to be JSON to the letter, `strict` makes words of NaN and infinity.
    """
    if is_dataclass(value):  # what does not count when two are compared is no data
        value = {each.name: getattr(value, each.name) for each in fields(value) if each.compare}
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {name: as_data(each, strict=strict) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [as_data(each, strict=strict) for each in value]
    infinite = isinstance(value, float) and not math.isfinite(value)
    return str(value) if strict and infinite else value
