"""Reading of weight matrices from files of any origin, without unpickling."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from polytheory import _checks
from polytheory._checks import Array
from polytheory._files import UNREADABLE

_OF_OBJECTS = "an array of Python objects, which needs unpickling, and that can run any code"
_PLAIN = "Save it as numbers: numpy.save(file, numpy.asarray(encodings, dtype=float))."


def read_encodings(
    path: str | Path, *, array: str | None = None, index: int | None = None
) -> Array:
    r"""Return one matrix from a file; rows are features, columns neurons.

    Parameters
    ----------
    path : str or Path
        The suffix determines the format: ``.npy`` (memory-mapped, so it may be large), ``.npz``,
        ``.csv`` (commas, one line per feature, one optional line of column names), ``.safetensors``
        (needs ``polytheory[safetensors]``). Nothing is ever unpickled.
    array : str, optional
        Name of the array in an ``.npz`` or ``.safetensors`` file; not needed if there is only one.
    index : int, optional
        Index, from 0, of the matrix in an array with three axes.

    Returns
    -------
    ndarray (n_features, n_neurons)
        Of the stored dtype.

    Raises
    ------
    TypeError, ValueError
        If the file is missing, empty, damaged, of another format or contains Python objects; if the
        array is missing, ambiguous or not a matrix.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from polytheory.diagnosis import read_encodings
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "encodings.csv")
    ...     _ = file.write_text("unit 1,unit 2\n0.9,0.1\n-1.0,0.0\n")
    ...     read_encodings(file).tolist()
    [[0.9, 0.1], [-1.0, 0.0]]
    """
    file = Path(path)
    reader = _READERS.get(file.suffix.lower())
    if reader is None:
        raise _refused(file, "whose suffix is none of these")
    if not file.is_file():
        raise _refused(file, "which is not a file" if file.exists() else "which does not exist")
    if file.stat().st_size == 0:
        raise _refused(file, "which is empty")
    if array is not None and file.suffix.lower() in (".npy", ".csv"):
        came = f"{array!r} for {file.name}"
        raise _checks.refuse_value("array", came, "left out: such a file contains one array")
    return _matrix(file, reader(file, array), index)


def _refused(file: Path, came: str, hint: str = "") -> ValueError:
    allowed = "a whole .npy, .npz, .csv or .safetensors file of real numbers"
    return _checks.refuse_value("file of encodings", f"{file}, {came}", allowed, hint)


def _matrix(file: Path, W: Array, index: int | None) -> Array:
    if W.dtype.kind not in "iuf":
        raise _refused(file, f"which contains {_checks.shown(W)}", _PLAIN)
    if W.ndim == 3:
        return _one_of_many(W, index)
    if W.ndim != 2 or W.size == 0:
        came = f"which contains {_checks.shown(W)}"
        hint = "A matrix has the axes (features, neurons), neither of length 0."
        raise _refused(file, came, hint)
    if index is not None:
        raise _checks.refuse_value("index", str(index), f"left out: shape {W.shape} is one matrix")
    return W


def _one_of_many(W: Array, index: int | None) -> Array:
    allowed = f"one of 0 … {len(W) - 1}: the array has shape {W.shape}, a matrix is needed"
    if index is None:
        raise _checks.refuse_value("index", "none", allowed)
    if not 0 <= _checks.integer("index", index, minimum=0) < len(W):
        raise _checks.refuse_value("index", str(index), allowed)
    if W[index].size == 0:
        raise _checks.refuse_value("encodings", _checks.shown(W), "without an axis of length 0")
    matrix: Array = W[index]
    return matrix


def _npy(file: Path, _: str | None) -> Array:
    W = _attempt(file, lambda: np.load(file, mmap_mode="r", allow_pickle=False))
    if not isinstance(W, np.ndarray):
        W.close()
        raise _refused(file, "which is an archive of arrays", "Rename it to .npz.")
    return W


def _npz(file: Path, name: str | None) -> Array:
    if not zipfile.is_zipfile(file):
        raise _refused(file, "which is not a (complete) .npz archive")
    with _attempt(file, lambda: np.load(file, allow_pickle=False)) as archive:
        chosen = _chosen(file, name, archive.files, lambda each: _shape(archive, each))
        return np.asarray(_attempt(file, lambda: archive[chosen]))


def _shape(archive: Any, name: str) -> str:
    try:
        return str(archive[name].shape)
    except UNREADABLE:
        return "(unreadable)"


def _safetensors(file: Path, name: str | None) -> Array:
    try:
        from safetensors import SafetensorError, safe_open
    except ImportError:
        hint = "pip install 'polytheory[safetensors]'"
        raise _refused(file, "for which the package safetensors is missing", hint) from None
    try:
        with safe_open(file, framework="numpy") as tensors:
            names = list(tensors.keys())
            shapes = {each: str(tuple(tensors.get_slice(each).get_shape())) for each in names}
            chosen = _chosen(file, name, names, shapes.__getitem__)
            kind = tensors.get_slice(chosen).get_dtype()
            if kind not in _TENSOR_TYPES:
                came = f"whose {chosen!r} is of type {kind}, which NumPy does not support"
                raise _refused(file, came, "Convert it to single precision.")
            return np.asarray(tensors.get_tensor(chosen))
    except (SafetensorError, OSError) as problem:
        raise _damaged(file, problem) from None


_TENSOR_TYPES = {f"{kind}{bits}" for kind in "IUF" for bits in (8, 16, 32, 64)} - {"F8"} | {"BOOL"}


def _chosen(file: Path, name: str | None, names: list[str], shape: Callable[[str], str]) -> str:
    if not names:
        raise _refused(file, "which contains no array")
    if name is None and len(names) == 1:
        return names[0]
    if name in names:
        return str(name)
    listed = ", ".join(f"{each} {shape(each)}" for each in names)
    came = "none" if name is None else repr(name)
    raise _checks.refuse_value("array", came, f"one of those in {file.name}: {listed}")


def _attempt(file: Path, read: Callable[[], Any]) -> Any:
    try:
        return read()
    except UNREADABLE as problem:
        raise _damaged(file, problem) from None


def _damaged(file: Path, problem: BaseException) -> ValueError:
    message = str(problem).lower()
    if "pickle" in message or "python objects" in message:  # NumPy's wording for such files
        return _refused(file, f"which is a pickle or contains {_OF_OBJECTS}", _PLAIN)
    return _refused(
        file, f"which is damaged, truncated or unreadable ({type(problem).__name__}: {problem})"
    )


def _csv(file: Path, _: str | None) -> Array:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.reader(lines, strict=True)
            rows = [(reader.line_num, cells) for cells in reader if cells]
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise _damaged(file, problem) from None
    header = rows[:1] if rows and _is_header(file, rows[0][1]) else []
    first, width = (rows[0][0], len(rows[0][1])) if rows else (0, 0)
    rows = rows[len(header) :]
    if not rows:
        raise _refused(file, "which contains no numbers")
    for line, cells in rows:
        if len(cells) != width:
            came = f"with {len(cells)} cells in line {line} after {width} in line {first}"
            raise _refused(file, came)
    return np.array([[_number(file, line, *at) for at in enumerate(cells)] for line, cells in rows])


def _is_header(file: Path, cells: list[str]) -> bool:
    if not cells[0].strip() and len(cells) > 1:
        hint = "Leave out row names and numbers (pandas: index=False)."
        raise _refused(file, "whose first line begins with an empty cell", hint)
    if len(cells) > 2 and cells == [str(i) for i in range(len(cells))]:
        hint = "Leave out column names (pandas: header=False); write weights as 0.0."
        raise _refused(file, "whose first line is 0, 1, 2, …", hint)
    return not any(map(_is_number, cells))  # a typing error in a line of weights is not a header


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell  # only Python reads 1_000 as a number


def _number(file: Path, line: int, column: int, cell: str) -> float:
    if not _is_number(cell):
        came = f"with {cell!r} in line {line}, cell {column + 1}"
        raise _refused(file, came, "Cells are numbers, separated by commas.")
    return float(cell)


_READERS: dict[str, Callable[[Path, str | None], Array]] = {
    ".csv": _csv,
    ".npy": _npy,
    ".npz": _npz,
    ".safetensors": _safetensors,
}
