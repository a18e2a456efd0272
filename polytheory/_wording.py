"""The wording of all input errors.

Every message names the argument, what came, what is allowed and, where it is not obvious, what to
do. A wrong *type* is a ``TypeError``, a wrong *value* or shape a ``ValueError``.
"""

from __future__ import annotations

import reprlib

import numpy as np


class WrongTypeError(TypeError):
    """A `TypeError` about an argument, as opposed to one from a bug in the code."""


def printable(text: str) -> str:
    """Return `text` with control characters and lone surrogates escaped, safe for a terminal."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def shown(value: object) -> str:
    """Return a short description of an offending value."""
    if isinstance(value, np.ndarray):
        return f"an array of dtype {value.dtype} and shape {value.shape}"
    kind = type(value)
    try:
        shape, dtype = tuple(value.shape), str(value.dtype)  # type: ignore[attr-defined]
    except Exception:  # noqa: BLE001  # foreign attributes may raise anything
        return printable(f"{reprlib.repr(value)} ({kind.__name__})")
    if not shape:
        return printable(f"{reprlib.repr(value)} ({kind.__name__})")
    return printable(f"{kind.__name__} of dtype {dtype} and shape {shape}")


def refuse_value(name: str, came: str, allowed: str, hint: str = "") -> ValueError:
    """Return a ``ValueError`` for the caller to raise."""
    message = f"{name} must be {allowed}; got {printable(came)}."
    return ValueError(message + (f" {hint}" if hint else ""))


def refuse_type(name: str, value: object, allowed: str, hint: str = "") -> WrongTypeError:
    """Return a `WrongTypeError` for the caller to raise."""
    message = f"{name} must be {allowed}; got {shown(value)}."
    return WrongTypeError(message + (f" {hint}" if hint else ""))
