"""Reading of weight matrices from files of any origin, without unpickling."""

from __future__ import annotations

import gzip
import io
import math
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from polytheory import _axes, _checks
from polytheory._checks import Array
from polytheory._files import UNREADABLE
from polytheory._foreign import MAX_UNPACKED, NO_SIGN, RAW_BYTES, Names
from polytheory.diagnosis._labelled import LabelledEncodings
from polytheory.diagnosis._refused import MAGIC, PLAIN, attempt, chosen, damaged, refused
from polytheory.diagnosis._tensors import read_safetensors
from polytheory.diagnosis._text import DELIMITERS, read_table

_TORCH = (
    "Convert it: python -c \"import torch, numpy; numpy.save('W.npy', torch.load('FILE', "
    "map_location='cpu', weights_only=True)['NAME'].float().numpy())\""
)
_HDF = (
    "Convert it: python -c \"import h5py, numpy; numpy.save('W.npy', h5py.File('FILE')['NAME'])\""
)
_FRAME = "Convert it: python -c \"import pandas; pandas.read_{}('FILE').to_csv('W.csv')\""
_PICKLED = "Unpickling can run any code. In the program that wrote it: numpy.save('W.npy', W)."
_CONVERT = {
    **dict.fromkeys((".pt", ".pth", ".ckpt", ".bin"), _TORCH),
    **dict.fromkeys((".h5", ".hdf5"), _HDF),
    **{f".{kind}": _FRAME.format(kind) for kind in ("parquet", "feather")},
    ".xlsx": _FRAME.format("excel"),
    **dict.fromkeys((".pkl", ".pickle", ".joblib"), _PICKLED),
}


def read_encodings(
    path: str | Path,
    *,
    array: str | None = None,
    index: int | None = None,
    axes: str | None = None,
    header: bool | None = None,
    index_column: bool | None = None,
) -> Array:
    r"""Return one matrix from a file; rows are features, columns neurons.

    Parameters
    ----------
    path : str or Path
        The suffix determines the format: ``.npy`` and ``.safetensors`` (memory-mapped, so they may
        be large; bfloat16 becomes single precision), ``.npz``, ``.mat`` (up to version 7), and
        tables: ``.csv`` (commas), ``.tsv`` (tabs), ``.txt`` (white space). Each also as ``.gz``.
        Nothing is ever unpickled.
    array : str, optional
        Name of the array in a file of several; not needed if there is only one.
    index : int, optional
        Index, from 0, of the matrix in an array with three axes.
    axes : str, optional
        What each axis is: "run", "feature" or "neuron", separated by commas, see `diagnose`.
    header, index_column : bool, optional
        Whether the first line, or column, of a table holds names. By default they are taken as
        names where that is certain; where it is not, the error asks for these arguments.

    Returns
    -------
    ndarray (n_features, n_neurons)
        Of the stored dtype.

    Raises
    ------
    TypeError, ValueError
        If the file is missing, empty, damaged, of another format or contains Python objects; if the
        array is missing, ambiguous or not a matrix; if a compressed file would unpack to more than
        2 GiB.

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
    return read_labelled(
        path, array=array, index=index, axes=axes, header=header, index_column=index_column
    ).values


def read_labelled(
    path: str | Path,
    *,
    array: str | None = None,
    index: int | None = None,
    axes: str | None = None,
    header: bool | None = None,
    index_column: bool | None = None,
) -> LabelledEncodings:
    r"""Return one matrix from a file, with the names of its rows and columns.

    Parameters
    ----------
    path, array, index, axes, header, index_column
        See `read_encodings`.

    Returns
    -------
    LabelledEncodings

    Raises
    ------
    TypeError, ValueError
        As `read_encodings`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from polytheory.diagnosis import read_labelled
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "encodings.csv")
    ...     _ = file.write_text(",unit 1,unit 2\nred,0.9,0.1\ngreen,-1.0,0.0\n")
    ...     read_labelled(file).feature_names
    ('red', 'green')
    """
    file = Path(path)
    packed = file.suffix.lower() == ".gz"
    suffix = (Path(file.stem) if packed else file).suffix.lower()
    if suffix not in _READERS and suffix not in DELIMITERS:
        raise refused(file, "whose suffix is none of these", _CONVERT.get(suffix, ""))
    if not file.is_file():
        raise refused(file, "which is not a file" if file.exists() else "which does not exist")
    if file.stat().st_size == 0:
        raise refused(file, "which is empty")
    content = _unpacked(file) if packed else None
    names: list[Names | None] = []
    if suffix in DELIMITERS:
        _left_out(file, "one array", array=array)
        read = attempt(file, file.read_bytes) if content is None else content
        W, *names = read_table(file, read, suffix, header, index_column)
    else:
        _left_out(file, "no lines of text", header=header, index_column=index_column)
        W = _READERS[suffix](file, content, array)
    return _matrix(file, W, names, index, axes)


def _left_out(file: Path, what: str, **arguments: object) -> None:
    for name, value in arguments.items():
        if value is not None:
            came = f"{value!r} for {file.name}"
            raise _checks.refuse_value(name, came, f"left out: such a file contains {what}")


def _unpacked(file: Path) -> bytes:
    """Return the content of a .gz file; stop at the largest size."""
    parts, size = [], 0
    try:
        with gzip.open(file) as stream:
            while part := stream.read(2**20):
                size += len(part)
                if size > MAX_UNPACKED:
                    raise _too_large(file)
                parts.append(part)
    except (*UNREADABLE[:2], UNREADABLE[-2]) as problem:  # OSError, EOFError, zlib.error
        raise damaged(file, problem) from None
    if not size:
        raise refused(file, "which is empty")
    return b"".join(parts)


def _too_large(file: Path) -> ValueError:
    came = f"which would unpack to more than {MAX_UNPACKED / 2**30:g} GiB"
    return refused(file, came, "Unpack it first, to .npy if possible.")


def _matrix(
    file: Path, W: Array, names: list[Names | None], index: int | None, axes: str | None
) -> LabelledEncodings:
    if W.dtype.kind not in "iuf":
        hint = {"c": NO_SIGN, "V": RAW_BYTES}.get(W.dtype.kind, PLAIN)
        raise refused(file, f"which contains {_checks.shown(W)}", hint)
    if axes is not None:
        W, names = _axes.arranged(W, names, axes)
    if W.ndim == 3:
        return LabelledEncodings(_one_of_many(W, index))
    if W.ndim != 2 or W.size == 0:
        came = f"which contains {_checks.shown(W)}"
        hint = "A matrix has the axes (features, neurons), neither of length 0."
        if W.ndim > 3:
            hint += " Say what the axes are: axes='feature,neuron,neuron,neuron' joins the last."
        raise refused(file, came, hint)
    if index is not None:
        raise _checks.refuse_value("index", str(index), f"left out: shape {W.shape} is one matrix")
    return LabelledEncodings(W, *names)


def _one_of_many(W: Array, index: int | None) -> Array:
    allowed = f"one of 0 … {len(W) - 1}: the array has shape {W.shape}, a matrix is needed"
    if index is None:
        hint = (
            "That is for a stack of matrices (runs, features, neurons); of a convolution kernel "
            "say the axes, as in axes='feature,neuron,neuron'."
        )
        raise _checks.refuse_value("index", "none", allowed, hint)
    if not 0 <= _checks.integer("index", index, minimum=0) < len(W):
        raise _checks.refuse_value("index", str(index), allowed)
    if W[index].size == 0:
        raise _checks.refuse_value("encodings", _checks.shown(W), "without an axis of length 0")
    matrix: Array = W[index]
    return matrix


def _npy(file: Path, content: bytes | None, name: str | None) -> Array:
    _left_out(file, "one array", array=name)
    if content is not None:
        attempt(file, lambda: _declared(io.BytesIO(content), len(content)))
        return np.asarray(attempt(file, lambda: _load(io.BytesIO(content))))
    with attempt(file, lambda: file.open("rb")) as stream:
        own = stream.read(len(MAGIC)) == MAGIC
    if not own and zipfile.is_zipfile(file):
        raise refused(file, "which is an archive of arrays", "Rename it to .npz.")
    if not own:
        raise damaged(file, ValueError("not the beginning of an .npy file"))
    W: Array = attempt(file, lambda: np.load(file, mmap_mode="r", allow_pickle=False))
    return W


def _load(source: Any) -> Any:
    return np.load(source, allow_pickle=False)


def _npz(file: Path, content: bytes | None, name: str | None) -> Array:
    source: Any = file if content is None else io.BytesIO(content)
    if not zipfile.is_zipfile(source):
        raise damaged(file, ValueError("not a complete .npz archive"))
    with attempt(file, lambda: _load(source)) as archive:
        picked = chosen(file, name, archive.files, lambda each: _shape(archive, each))
        info = _member(archive, picked)
        if info.file_size > max(MAX_UNPACKED, info.compress_size):
            raise _too_large(file)
        with attempt(file, lambda: archive.zip.open(info)) as stream:
            attempt(file, lambda: _declared(stream, info.file_size))
        return np.asarray(attempt(file, lambda: archive[picked]))


def _member(archive: Any, name: str) -> zipfile.ZipInfo:
    names = archive.zip.namelist()
    info: zipfile.ZipInfo = archive.zip.getinfo(f"{name}.npy" if f"{name}.npy" in names else name)
    return info


def _declared(stream: Any, size: int) -> tuple[int, ...]:
    """Return the shape in the header of an .npy stream; raise if fewer bytes follow."""
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0
    if version != (1, 0):
        read = np.lib.format.read_array_header_2_0
    shape, _, dtype = read(stream)
    if dtype.hasobject:
        raise ValueError("array of Python objects")
    if math.prod(shape) * dtype.itemsize > size:
        raise ValueError(f"shape {shape} in its header, but only {size} bytes")
    return tuple(shape)


def _shape(archive: Any, name: str) -> str:
    try:
        info = _member(archive, name)
        with archive.zip.open(info) as stream:
            return str(_declared(stream, info.file_size))
    except UNREADABLE:
        return "(unreadable)"


def _mat(file: Path, content: bytes | None, name: str | None) -> Array:
    from scipy.io import loadmat, whosmat

    def source() -> Any:
        return file if content is None else io.BytesIO(content)

    try:
        listed = {each: shape for each, shape, kind in whosmat(source()) if kind in _NUMERIC}
    except NotImplementedError:
        raise refused(file, "which is of version 7.3, an HDF5 file", _HDF) from None
    except Exception as problem:  # noqa: BLE001  # SciPy raises many kinds for damaged files
        raise damaged(file, problem) from None
    picked = chosen(file, name, list(listed), lambda each: str(listed[each]))
    if 8 * math.prod(map(int, listed[picked])) > MAX_UNPACKED:
        raise _too_large(file)
    try:
        found = loadmat(source(), variable_names=[picked])[picked]
    except Exception as problem:  # noqa: BLE001  # as above
        raise damaged(file, problem) from None
    return np.asarray(found.toarray() if hasattr(found, "toarray") else found)


_NUMERIC = {"double", "single", "sparse", "logical"} | {
    f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)
}
_READERS: dict[str, Callable[[Path, bytes | None, str | None], Array]] = {
    ".mat": _mat,
    ".npy": _npy,
    ".npz": _npz,
    ".safetensors": read_safetensors,
}
