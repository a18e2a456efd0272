"""Reading of .safetensors without its package: a JSON header, then the bytes of the tensors."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from polytheory._checks import Array
from polytheory.diagnosis._refused import attempt, chosen, refused

_TYPES = {
    **{f"I{8 * size}": f"<i{size}" for size in (1, 2, 4, 8)},
    **{f"U{8 * size}": f"<u{size}" for size in (1, 2, 4, 8)},
    "F16": "<f2",
    "F32": "<f4",
    "F64": "<f8",
    "BF16": "<u2",
    "BOOL": "?",
}


def read_safetensors(file: Path, content: bytes | None, name: str | None) -> Array:
    """Return one tensor, memory-mapped unless `content` is given; bfloat16 becomes float32."""
    if content is None:
        raw: Array = np.memmap(file, np.uint8, "r")
    else:
        raw = np.frombuffer(content, np.uint8)
    size = int.from_bytes(raw[:8].tobytes(), "little")
    if raw.size < 8 or size > raw.size - 8:
        raise refused(file, "which is damaged, truncated or another format: no header")
    header = attempt(file, lambda: json.loads(raw[8 : 8 + size].tobytes()))
    if not isinstance(header, dict):
        raise refused(file, "whose header is damaged")
    header.pop("__metadata__", None)
    name = chosen(file, name, list(header), lambda each: _shape(header[each]))
    return _tensor(file, raw[8 + size :], name, header[name])


def _shape(entry: Any) -> str:
    shape = entry.get("shape") if isinstance(entry, dict) else None
    return f"({', '.join(map(str, shape))})" if isinstance(shape, list) else "(unreadable)"


def _tensor(file: Path, data: Array, name: str, entry: Any) -> Array:
    try:
        kind, shape = str(entry["dtype"]), tuple(entry["shape"])
        start, end = entry["data_offsets"]
        sizes = (*shape, start, end)
        sound = all(type(each) is int and each >= 0 for each in sizes)
    except (TypeError, KeyError, ValueError):
        sound = False
    if not sound:
        raise refused(file, f"whose header is damaged at {name!r}")
    if kind not in _TYPES:
        came = f"whose {name!r} is of type {kind}, which NumPy does not support"
        raise refused(file, came, "Convert it to single precision.")
    dtype = np.dtype(_TYPES[kind])
    if not start <= end <= data.size or end - start != math.prod(shape) * dtype.itemsize:
        came = f"which is damaged or truncated: {name!r} of shape {shape} does not fit its bytes"
        raise refused(file, came)
    tensor: Array = data[start:end].view(dtype).reshape(shape)
    if kind == "BF16":  # the upper half of a float32
        return (tensor.astype("<u4") << 16).view("<f4")
    return tensor
