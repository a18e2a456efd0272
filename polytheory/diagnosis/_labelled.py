"""Matrices with the names of their features and neurons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from polytheory import _axes, _checks, _foreign
from polytheory._checks import Array
from polytheory._foreign import Names
from polytheory.diagnosis._matrix import real_numbers


@dataclass(frozen=True, eq=False)
class LabelledEncodings:
    """A matrix of features × neurons with their names, as `read_labelled` returns it.

    `diagnose` keeps the names, and numpy.asarray returns the matrix.

    Attributes
    ----------
    values : array (n_features, n_neurons)
        Of any real dtype; tensors and tables of other libraries are converted.
    feature_names, neuron_names : sequence of str, optional
        One name for each row and for each column.

    Raises
    ------
    TypeError, ValueError
        If the values are not real numbers, or there are more or fewer names than rows or columns.

    Examples
    --------
    >>> from polytheory.diagnosis import LabelledEncodings, diagnose
    >>> W = LabelledEncodings([[1.0, 0.0], [-1.0, 0.0]], feature_names=["red", "green"])
    >>> diagnose(W).feature_names
    ('red', 'green')
    """

    values: Array
    feature_names: Names | None = None
    neuron_names: Names | None = None

    def __post_init__(self) -> None:
        values = self.values
        if not isinstance(values, np.memmap) or values.dtype.kind not in "iuf":
            values = real_numbers("values", values)
            object.__setattr__(self, "values", values)
        for axis, name in ((-2, "feature_names"), (-1, "neuron_names")):
            given = getattr(self, name)
            if given is not None:
                size = values.shape[axis] if values.ndim >= 2 else 0
                object.__setattr__(self, name, _names(name, given, size))

    @property
    def T(self) -> LabelledEncodings:
        """The transposed matrix, with its names."""
        turned = self.values.swapaxes(-1, -2)
        return LabelledEncodings(turned, self.neuron_names, self.feature_names)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.values, dtype=dtype, copy=copy)


def _names(name: str, given: Any, size: int) -> Names:
    if (
        isinstance(given, str)
        or not isinstance(given, Sequence)
        or not all(isinstance(each, str) for each in given)
    ):
        raise _checks.refuse_type(name, given, "a sequence of text")
    if len(given) != size:
        raise _checks.refuse_value(name, f"{len(given)} names", f"{size} names, one for each")
    return tuple(map(str, given))


def labelled(name: str, value: Any, axes: Any = None) -> LabelledEncodings:
    """Return encodings of any library as (..., features, neurons), with their names."""
    if isinstance(value, LabelledEncodings):
        names: list[Names | None] = [value.feature_names, value.neuron_names]
        array = value.values
    else:
        axes = _axes.kinds_of(name, value) if axes is None else axes
        several = isinstance(value, list | tuple) and len(value) > 0
        names = _foreign.labels(value[0] if several else value)
        array = real_numbers(name, value)
    if axes is None and array.ndim > 3:
        allowed = "of shape (n_features, n_neurons), or a stack of such matrices"
        hint = (
            "Say what its axes are: axes='feature,neuron,neuron,neuron' joins the last three (a "
            "convolution kernel), axes='run,run,feature,neuron' is a stack of stacks."
        )
        raise _checks.refuse_value(name, _checks.shown(array), allowed, hint)
    if axes is not None:
        names = names if len(names) == array.ndim else []
        array, names = _axes.arranged(array, names, axes)
    if array.ndim < 2 or len(names) != 2:
        return LabelledEncodings(array)
    return LabelledEncodings(array, *names)


def aligned(start: LabelledEncodings, to: LabelledEncodings) -> LabelledEncodings:
    """Return the initial encodings with rows and columns in the order of the names of `to`."""
    rows = _order(start.feature_names, to.feature_names, "feature")
    columns = _order(start.neuron_names, to.neuron_names, "neuron")
    values = start.values if rows is None else start.values[..., rows, :]
    values = values if columns is None else values[..., columns]
    return replace(to, values=values)


def _order(given: Names | None, wanted: Names | None, kind: str) -> list[int] | None:
    if given is None or wanted is None or given == wanted:
        return None
    if Counter(given) != Counter(wanted) or len(set(given)) < len(given):
        alone = [each for each in given if each not in set(wanted)]
        came = f"{alone[0]!r}, which the encodings lack" if alone else "repeated or missing names"
        allowed = f"with the same {kind} names as the encodings, each once"
        hint = "Pass numpy.asarray of both if their order is the same."
        raise _checks.refuse_value("initial", _checks.printable(came), allowed, hint)
    place = {name: i for i, name in enumerate(given)}
    return [place[name] for name in wanted]


def numbered(names: Names | None) -> bool:
    """Return whether the names only number the rows from 0, or are none."""
    return names is None or all(name == str(i) for i, name in enumerate(names))
