"""Checks of the arguments that `simulate` and `train` have in common."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from polytheory import _checks
from polytheory._checks import FloatArray
from polytheory.model import ToyModel, require_model

__all__ = ["MAX_WEIGHT", "checked_encodings", "floating_type"]

#: Initial weights beyond this are a mistake; the flow would bring them to O(1) at once.
MAX_WEIGHT = 1e3
DTYPES = ("float64", "float32")


def checked_encodings(model: ToyModel, encodings: ArrayLike) -> FloatArray:
    """Return the checked initial encodings, at least one instance of the model's shape."""
    require_model(model)
    start = _checks.encodings("encodings", encodings, model.n_features, model.n_neurons)
    if start.size == 0:
        raise _checks.refuse_value("encodings", _checks.shown(start), "at least one instance")
    _checks.within("encodings", start, MAX_WEIGHT)
    return start


def floating_type(dtype: DTypeLike) -> np.dtype[Any]:
    """Return the checked floating-point type of the encodings during a run."""
    allowed = " or ".join(map(repr, DTYPES))
    try:
        kind = np.dtype(dtype)
    except TypeError:
        raise _checks.refuse_type("dtype", dtype, allowed) from None
    if kind.name not in DTYPES:
        raise _checks.refuse_value("dtype", repr(kind.name), allowed)
    return kind.newbyteorder("=")
