"""What the axes of an array are: runs, features, neurons."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from polytheory import _foreign
from polytheory._foreign import Array, Names
from polytheory._wording import printable, refuse_value

#: What an axis may be, in the order of the result.
AXES = ("run", "feature", "neuron")


def arranged(
    array: Array, names: list[Names | None], axes: str | Sequence[str]
) -> tuple[Array, list[Names | None]]:
    """Return the array as (runs …, features, neurons): axes of features, of neurons, are joined.

    The names are those of each axis, or an empty list; those of joined axes are dropped.
    """
    kinds = [each.strip() for each in axes.split(",")] if isinstance(axes, str) else list(axes)
    if len(kinds) != array.ndim or not {"feature", "neuron"} <= set(kinds) <= set(AXES):
        allowed = f"one of {', '.join(AXES)} for each of {array.ndim} axes, with feature and neuron"
        raise refuse_value("axes", printable(repr(axes)), allowed)
    at = {word: [i for i, kind in enumerate(kinds) if kind == word] for word in AXES}
    runs, joined = at["run"], [at["feature"], at["neuron"]]
    shape = [array.shape[i] for i in runs]
    shape += [math.prod(array.shape[i] for i in axis) for axis in joined]
    if len(names) == array.ndim:
        names = [names[axis[0]] if len(axis) == 1 else None for axis in joined]
    return array.transpose([*runs, *joined[0], *joined[1]]).reshape(shape), names


def kinds_of(name: str, value: Any) -> tuple[str, ...] | None:
    """Return what the named dimensions of an xarray-like object are; None for any other."""
    dims = _foreign.dimension_names(value)
    if dims is None:
        return None
    kinds = tuple(each.lower().removesuffix("s") for each in dims)
    if not {"feature", "neuron"} <= set(kinds) <= set(AXES):
        came = printable(f"the dimensions {', '.join(map(repr, dims))}")
        hint = "Rename them, or pass the values with features before neurons."
        raise refuse_value(name, came, "with the dimensions feature and neuron", hint)
    return kinds


def oriented(name: str, value: Any) -> Array:
    """Return encodings of any library as an array (..., features, neurons)."""
    kinds = kinds_of(name, value)
    array = _foreign.to_array(name, value)
    return array if kinds is None else arranged(array, [], kinds)[0]
