"""Encoding of results for a store, and decoding of its columns into arrays."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytheory import _checks
from polytheory.sweeps._grid import MAX_INTEGER, MIN_INTEGER, name_of_column, no_twins

#: Kind and value of each result, by name; the value is of a type that SQLite stores.
Encoded = dict[str, tuple[str, Any]]

#: SQLite allows 2,000 columns.
MAX_RESULTS = 1000
MAX_ARRAY_BYTES = 2**26
#: Longer strings are stored as objects: a NumPy array of strings has the width of the longest.
MAX_TEXT_WIDTH = 1000
#: Kinds of arrays that are saved without pickling.
ARRAY_KINDS = "biufcmMSU"
#: Type codes of scalars with a Python type: all but complex and extended numbers, bytes and times.
SCALAR_TYPES = "?bBhHiIlLqQefdU"


def encode_scalar(value: Any) -> tuple[str, Any]:
    """Return the kind and the stored form of a parameter."""
    kind = "none" if value is None else type(value).__name__
    return kind, int(value) if kind == "bool" else value


def encode(result: Any, parameters: Mapping[str, Any]) -> Encoded:
    """Return the results of a task in their stored form.

    Raises
    ------
    TypeError, ValueError
        If the result is not a flat dict of scalars and small arrays, named unlike the parameters.
    """
    if not isinstance(result, Mapping):
        hint = "Give the result a name: return {'count': 3}."
        raise _checks.refuse_type("what the task returns", result, "a dict", hint)
    if len(result) > MAX_RESULTS:
        came, allowed = f"{len(result)} results", f"at most {MAX_RESULTS}"
        raise _checks.refuse_value("what the task returns", came, allowed, "Put them in arrays.")
    names = [name_of_column("the name of a result", name) for name in result]
    no_twins("names of parameters and results", [*parameters, *names])
    for name in names:
        if name in parameters:
            allowed = "different from all parameters"
            raise _checks.refuse_value("the name of a result", repr(name), allowed)
    encoded = {name: _encoded(f"result {name!r}", value) for name, value in result.items()}
    size = sum(len(value) for _, value in encoded.values() if isinstance(value, bytes | str))
    if size > MAX_ARRAY_BYTES:
        came, small = f"{size:,} bytes", f"of at most {MAX_ARRAY_BYTES:,} bytes"
        hint = "Write it to a file and return its name."
        raise _checks.refuse_value("what the task returns", came, small, hint)
    return encoded


def _encoded(name: str, value: Any) -> tuple[str, Any]:
    if isinstance(value, np.generic) and value.dtype.char in SCALAR_TYPES:
        value = value.item()
    if value is None or isinstance(value, bool):
        return encode_scalar(value)
    if isinstance(value, int):
        if not MIN_INTEGER <= value <= MAX_INTEGER:
            raise _checks.refuse_value(name, str(value), "an integer of 64 bits", "Return a float.")
        return "int", int(value)
    if isinstance(value, float):
        return "float", float(value)
    if isinstance(value, str):
        return "str", _checks.text(name, value)
    return "array", _bytes_of(name, value)


def _bytes_of(name: str, value: Any) -> bytes:
    """Return an array as the bytes of a ``.npy`` file."""
    allowed = "a number, a str, a bool, None or an array of those"
    if not isinstance(value, np.ndarray | np.generic | list | tuple | complex):
        raise _checks.refuse_type(name, value, allowed)
    try:
        array = np.asarray(value)
    except ValueError:  # ragged
        raise _checks.refuse_type(name, value, allowed) from None
    words = isinstance(value, list | tuple) and array.dtype.kind in "SU"
    mixed = words and not all(isinstance(each, str | bytes) for each in _leaves(value))
    if mixed or array.dtype.kind not in ARRAY_KINDS or array.dtype.names:
        raise _checks.refuse_type(name, value, allowed)
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=False)
    return stream.getvalue()


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        for each in value:
            yield from _leaves(each)
    else:
        yield value


def decoded(kinds: frozenset[str], value: Any) -> Any:
    """Return one stored value as the task returned it; NaN is stored as NULL."""
    if isinstance(value, bytes):
        return np.load(io.BytesIO(value), allow_pickle=False)
    if value is None and "float" in kinds and not kinds & {"none", "str", "array"}:
        return np.nan
    return bool(value) if kinds <= {"bool", "none"} and value is not None else value


def column(values: Sequence[Any], kinds: frozenset[str]) -> NDArray[Any]:
    """Return stored values as one array.

    Numbers, bools and strings have NumPy dtypes; with gaps, arrays or several kinds of values, the
    dtype is object. A missing float is NaN. Among numbers a bool becomes 0 or 1; among other kinds
    NaN becomes None.
    """
    plain = [decoded(kinds, value) for value in values]
    typed: dict[frozenset[str], Any] = {
        frozenset({"bool"}): np.bool_,
        frozenset({"int"}): np.int64,
        frozenset({"float"}): np.float64,
        frozenset({"int", "float"}): np.float64,
        frozenset({"str"}): np.str_,
    }
    long = kinds == {"str"} and any(len(value or "") > MAX_TEXT_WIDTH for value in plain)
    if kinds in typed and not long and all(value is not None for value in plain):
        return np.array(plain, dtype=typed[kinds])
    objects = np.empty(len(plain), dtype=object)
    for place, value in enumerate(plain):
        objects[place] = value
    return objects
