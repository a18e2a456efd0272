"""The door for arrays of other libraries: known by what they offer, never by an import."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytheory._wording import WrongTypeError, printable, refuse_type, refuse_value, shown

Array = NDArray[Any]
Names = tuple[str, ...]

#: Largest array, in bytes, that a sparse matrix or a compressed file may unpack to.
MAX_UNPACKED = 2**31
_NUMBERS = "real numbers (integers or floats)"
NO_SIGN = "Complex numbers have no sign and no order; pass real and imaginary parts separately."
RAW_BYTES = "Raw bytes, as numpy.save writes bfloat16? Save it as float32."
_TAKE_OVER = (
    "Convert it first. PyTorch: tensor.detach().cpu().float().numpy(); CuPy: array.get(); JAX: "
    "outside of jit."
)


def to_array(name: str, value: Any) -> Array:
    """Return `value` as an array, from any library; plain arrays and numbers are not copied.

    The dtype may still be unsuitable: `require_real` checks that.
    """
    if type(value) is np.ndarray:
        return _widened(value)
    if isinstance(value, float | int | np.generic):
        return _widened(np.asarray(value))
    if isinstance(value, np.ma.MaskedArray):
        raise refuse_type(name, value, "without a mask", "Fill or compress it.")
    if _offers(value, "toarray", "nnz"):
        return _dense(name, value)
    if isinstance(value, Mapping):
        keys = printable(", ".join(map(repr, list(value)[:10])))
        raise WrongTypeError(
            f"{name} must be an array; got a {type(value).__name__} with the entries {keys}. "
            "Pass one of them."
        )
    if _offers(value, "iloc", "to_numpy", "dtypes"):
        return _of_table(name, value)
    if isinstance(value, list | tuple):
        _require_one_kind(name, value)
    try:
        if str(getattr(value, "dtype", "")) == "torch.bfloat16":
            value = value.float()  # exact
        if _offers(value, "__dlpack__") and not _offers(value, "__array__"):
            return _widened(np.from_dlpack(value))
        return _widened(np.asarray(value))
    except Exception as problem:  # noqa: BLE001  # foreign conversions may raise anything
        raise _unconverted(name, value, problem) from None


def require_real(name: str, value: Any, array: Array) -> None:
    """Raise unless `array`, made of `value`, has a dtype of real numbers."""
    if array.dtype.kind in "iuf":
        return
    hint = NO_SIGN if array.dtype.kind == "c" else ""
    hint = RAW_BYTES if array.dtype.name.startswith("void") else hint
    raise refuse_type(name, value, _NUMBERS, hint)


def labels(value: Any) -> list[Names | None]:
    """Return the names along each axis of a labelled array: None where there are none."""
    if _offers(value, "dims", "coords"):
        return [
            tuple(map(str, value.coords[each].values.tolist())) if each in value.coords else None
            for each in value.dims
        ]
    along = (getattr(value, each, None) for each in ("index", "columns"))
    if _offers(value, "iloc", "columns"):
        return [tuple(map(str, each)) for each in along]  # type: ignore[arg-type]  # as pandas
    if _offers(value, "to_numpy", "columns"):
        return [None, tuple(map(str, value.columns))]
    return [None] * np.ndim(value) if isinstance(value, np.ndarray) else []


def dimension_names(value: Any) -> Names | None:
    """Return the names of the axes of an xarray-like object, None for any other."""
    if not _offers(value, "dims", "coords"):
        return None
    names = tuple(map(str, value.dims))
    unnamed = all(each.startswith("dim_") for each in names)  # as xarray numbers them
    return None if unnamed else names


def _offers(value: Any, *names: str) -> bool:
    own = getattr(value, "__dict__", ())
    return all(hasattr(type(value), name) or name in own for name in names)


def _dense(name: str, value: Any) -> Array:
    size = math.prod(map(int, value.shape)) * value.dtype.itemsize
    if size > MAX_UNPACKED:
        came = f"a sparse one of shape {tuple(value.shape)}, {size / 2**30:.1f} GiB when dense"
        hint = "Select rows, or pass its toarray()."
        raise refuse_value(name, came, f"at most {MAX_UNPACKED / 2**30:g} GiB large", hint)
    return np.asarray(value.toarray())


def _require_one_kind(name: str, parts: Any) -> None:
    """Raise for lists of masked arrays, which would lose their masks, or of crossed tables."""
    first = parts[0] if len(parts) else None
    if isinstance(first, np.ma.MaskedArray):
        raise refuse_type(name, parts, "without masks", "Fill or compress them.")
    if any(first_names := labels(first)):
        for i, each in enumerate(parts):
            if labels(each) != first_names:
                came, hint = f"other names at index {i}", "Put all in the same order."
                raise refuse_value(name, came, "tables of the same names", hint)


def require_same_labels(**values: Any) -> None:
    """Raise if two arrays have different names along an axis; neither is put in order."""
    (first, one), (second, other) = values.items()
    for mine, theirs in zip(labels(one), labels(other), strict=False):
        if mine is not None and theirs is not None and mine != theirs:
            hint = "Put them in the same order (pandas: reindex_like), or pass numpy.asarray."
            raise refuse_value(second, "others, or another order", f"named as {first}", hint)


def _of_table(name: str, table: Any) -> Array:
    """Return a pandas-like table; missing values become NaN."""
    one = np.ndim(table) == 1
    columns, dtypes = (("values",), (table.dtype,)) if one else (table.columns, table.dtypes)
    for column, dtype in zip(columns, dtypes, strict=True):
        if getattr(dtype, "kind", "O") not in "iuf":
            came = printable(f"dtype {dtype} in the column {str(column)!r}")
            hint = NO_SIGN if getattr(dtype, "kind", "O") == "c" else "Select columns of numbers."
            raise WrongTypeError(f"{name} must be {_NUMBERS}; got {came}. {hint}")
    if all(isinstance(dtype, np.dtype) for dtype in dtypes):
        return np.asarray(table)
    return np.asarray(table.to_numpy(dtype=np.float64, na_value=np.nan))


def _widened(array: Array) -> Array:
    """Return small floats of other libraries (bfloat16, float8) in single precision, exactly."""
    small = array.dtype.kind == "V" and array.dtype.name.startswith(("bfloat", "float"))
    return array.astype(np.float32) if small else array


def _unconverted(name: str, value: Any, problem: Exception) -> Exception:
    parts = value if isinstance(value, list | tuple) else [value]
    foreign = [each for each in parts if _offers(each, "__array__") or _offers(each, "__dlpack__")]
    foreign = [each for each in foreign if not isinstance(each, np.ndarray | np.generic)]
    if not foreign:
        return refuse_value(name, shown(value), "a number or a rectangular array of numbers")
    reason = printable(str(problem).partition("\n")[0])
    return WrongTypeError(
        f"{name} must be an array that NumPy can read; got a {type(foreign[0]).__name__}, whose "
        f"conversion fails ({type(problem).__name__}: {reason}). {_TAKE_OVER}"
    )
