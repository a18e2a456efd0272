"""Checks of arguments; the wording of the errors is that of `_wording`."""

from __future__ import annotations

import operator
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polytheory import _axes, _foreign
from polytheory._wording import WrongTypeError as WrongTypeError
from polytheory._wording import printable as printable
from polytheory._wording import refuse_type as refuse_type
from polytheory._wording import refuse_value as refuse_value
from polytheory._wording import shown as shown

Array = NDArray[Any]
FloatArray = NDArray[np.float64]
#: A scalar argument; a function returns a float if all its arguments are scalars.
Number = float | np.floating[Any] | np.integer[Any]

#: Largest accepted time, and largest accepted value where no other bound applies.
MAX_VALUE = 1e50
#: Largest accepted weight or strength: the squares of their ratios must stay finite.
MAX_STRENGTH = 1e25
MIN_ROW_SIZE = 1e-50


def real_array(name: str, value: ArrayLike) -> FloatArray:
    """Return `value` as a float64 array of finite real numbers."""
    array = _foreign.to_array(name, value)
    if array.dtype == object and all(type(each) is int for each in array.flat):
        try:
            array = array.astype(np.float64)  # integers of more than 64 bits
        except OverflowError:
            raise refuse_value(name, shown(value), "a finite number") from None
    _foreign.require_real(name, value, array)
    with np.errstate(over="ignore"):
        array = array.astype(np.float64, copy=False)
    if not np.isfinite(array).all():
        bad = np.argwhere(~np.isfinite(array))[0]
        where = f" at index {tuple(int(i) for i in bad)}" if array.ndim else ""
        raise refuse_value(name, f"{array[tuple(bad)]}{where}", "finite")
    return array


def require(
    name: str, array: FloatArray, allowed: NDArray[np.bool_], words: str, hint: str = ""
) -> None:
    """Raise unless `allowed` holds everywhere, showing the first value for which it does not."""
    if not np.all(allowed):
        bad = np.asarray(array)[~np.asarray(allowed)]
        raise refuse_value(name, f"{bad.flat[0]:.17g}", words, hint)


def within(name: str, array: FloatArray, limit: float) -> None:
    """Raise unless every entry is at most `limit` in size; valid arrays are not copied."""
    if array.size and not max(-float(array.min()), float(array.max())) <= limit:
        require(name, array, np.abs(array) <= limit, f"at most {limit:g} in size")


def integer(name: str, value: object, *, minimum: int) -> int:
    """Return `value` as an int that is at least `minimum`; floats are refused, even whole ones."""
    if isinstance(value, (bool, np.bool_)):
        raise refuse_type(name, value, "an integer")
    try:
        number = operator.index(value)  # type: ignore[arg-type]  # raises for other types
    except TypeError:
        raise refuse_type(name, value, "an integer") from None
    if number < minimum:
        raise refuse_value(name, str(number), f"an integer of at least {minimum}")
    return number


def scalar(name: str, value: object, *, low: float = 0.0, high: float = MAX_VALUE) -> float:
    """Return `value` as a float in [low, high]."""
    array = real_array(name, value)  # type: ignore[arg-type]  # checks any object
    if array.ndim:
        raise refuse_value(name, shown(array), "a single number")
    require(name, array, (array >= low) & (array <= high), f"between {low:g} and {high:g}")
    return float(array)


def broadcast(**arrays: FloatArray) -> dict[str, FloatArray]:
    """Return the arrays broadcast together."""
    try:
        together = np.broadcast_arrays(*arrays.values())
    except ValueError:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        names = " and ".join(arrays)
        raise refuse_value(names, f"shapes {shapes}", "of shapes that broadcast together") from None
    return dict(zip(arrays, together, strict=True))


def l1_strength(value: ArrayLike) -> FloatArray:
    """Return an ℓ1 strength (flow units), or an array of them."""
    array = real_array("l1_strength", value)
    if array.size == 0:
        raise refuse_value("l1_strength", shown(array), "at least one number")
    allowed = (array >= 0) & (array <= MAX_STRENGTH)
    require("l1_strength", array, allowed, f"between 0 and {MAX_STRENGTH:g} (flow units)")
    return array


def increasing_times(value: ArrayLike, name: str = "time") -> FloatArray:
    """Return flow times as a fresh one-dimensional, strictly increasing, non-negative array."""
    array = real_array(name, value)
    if array.ndim != 1 or array.size == 0:
        raise refuse_value(
            name, shown(array), "a non-empty one-dimensional sequence", "Wrap one time in a list."
        )
    require(name, array, array >= 0, "non-negative (flow units)")
    require(name, array, array <= MAX_VALUE, f"at most {MAX_VALUE:g} (flow units)")
    if (np.diff(array) <= 0).any():
        i = int(np.argmax(np.diff(array) <= 0))
        came = f"{array[i]:g} followed by {array[i + 1]:g}"
        raise refuse_value(name, came, "strictly increasing", "Sort them and drop repeats.")
    return array.copy()


def rows(name: str, value: ArrayLike) -> FloatArray:
    """Return rows of weights of shape (..., m), none empty and none all zero."""
    array = real_array(name, value)
    if array.ndim == 0 or array.size == 0:
        raise refuse_value(
            name, shown(array), "of shape (..., n_neurons) with at least one row and one neuron"
        )
    largest = np.abs(array).max(axis=-1)
    if (largest == 0).any():
        where = tuple(int(i) for i in np.argwhere(largest == 0)[0])
        came = f"zeros only{f' in row {where}' if where else ''}"
        raise refuse_value(
            name, came, "rows with a non-zero weight", "A row of zeros stays zero; leave it out."
        )
    require(
        name,
        largest,
        (largest <= MAX_STRENGTH) & (largest >= MIN_ROW_SIZE),
        f"rows whose largest weight is between {MIN_ROW_SIZE:g} and {MAX_STRENGTH:g} in size",
    )
    return array


def encodings(name: str, value: ArrayLike, n_features: int, n_neurons: int) -> FloatArray:
    """Return encodings of shape (..., n_features, n_neurons)."""
    array = real_array(name, _axes.oriented(name, value))
    if array.shape[-2:] != (n_features, n_neurons):
        raise refuse_value(
            name,
            f"shape {array.shape}",
            f"of shape (..., n_features, n_neurons) = (..., {n_features}, {n_neurons})",
            "Transpose it?" if array.shape[-2:] == (n_neurons, n_features) else "",
        )
    within(name, array, MAX_VALUE)
    return array


def one_of(name: str, value: Any, allowed: tuple[str, ...]) -> str:
    """Return `value` if it is one of the allowed strings."""
    if not isinstance(value, str):
        raise refuse_type(name, value, f"one of {', '.join(map(repr, allowed))}")
    if value not in allowed:
        raise refuse_value(name, repr(value), f"one of {', '.join(map(repr, allowed))}")
    return value


def text(name: str, value: str) -> str:
    """Return `value` if it can be written to a file: without NUL and lone surrogates."""
    if "\0" in value:  # NumPy strings drop it at the end
        raise refuse_value(name, ascii(value), "text without NUL")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise refuse_value(name, ascii(value), "text that UTF-8 can hold") from None
    return value


def generator(rng: Any, name: str = "rng") -> np.random.Generator:
    """Return `np.random.default_rng(rng)`; raise a `WrongTypeError` if it refuses `rng`."""
    if not isinstance(rng, (bool, np.bool_)):
        with suppress(TypeError, ValueError):
            return np.random.default_rng(rng)
    raise refuse_type(name, rng, "None, a non-negative integer, a SeedSequence or a Generator")


def streams(rng: Any, count: int) -> list[np.random.Generator]:
    """Return independent generators, spawned from `rng`."""
    parent = generator(rng)
    try:
        return parent.spawn(count)
    except TypeError:  # a bit generator made without a SeedSequence
        hint = "Make it with numpy.random.default_rng."
        raise refuse_type("rng", rng, "a generator that can spawn others", hint) from None


def seed_sequence(rng: Any) -> Any:
    """Return the `SeedSequence` of `rng`; a Generator spawns a new one on each call."""
    if isinstance(rng, np.random.SeedSequence):
        return rng
    given = isinstance(rng, np.random.Generator)
    source = streams(rng, 1)[0] if given else generator(rng)
    return source.bit_generator.seed_seq


def unwrap(array: Any) -> Any:
    """Return a zero-dimensional array as a float, any other array unchanged."""
    return float(array) if np.ndim(array) == 0 else array


def freeze(record: Any) -> None:
    """Make the arrays of a record read-only; called in its ``__post_init__``."""
    for value in vars(record).values():
        if isinstance(value, np.ndarray):
            value.setflags(write=False)
