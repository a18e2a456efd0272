"""Conversion of results to plain data, and the exceptions that damaged files raise."""

from __future__ import annotations

import math
import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

#: Exceptions of NumPy and zipfile for a damaged, encrypted or hostile file.
UNREADABLE = (
    *(OSError, EOFError, ValueError, SyntaxError, RuntimeError, MemoryError),
    *(zipfile.BadZipFile, zlib.error, tokenize.TokenError),
)


def as_data(value: Any, *, strict: bool = False) -> Any:
    """Return plain data: arrays and tuples as lists, dataclasses as dictionaries.

    With `strict`, NaN and infinity become strings, as standard JSON requires.
    """
    if is_dataclass(value):  # fields excluded from comparison are not data
        value = {each.name: getattr(value, each.name) for each in fields(value) if each.compare}
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {name: as_data(each, strict=strict) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [as_data(each, strict=strict) for each in value]
    infinite = isinstance(value, float) and not math.isfinite(value)
    return str(value) if strict and infinite else value
