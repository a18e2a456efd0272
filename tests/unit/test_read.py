"""Files of encodings: names, tables that are not certain, hostile content."""

import gzip
import io
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.text import Text
from scipy import sparse
from scipy.io import savemat

from polytheory import diagnose
from polytheory.cli import main
from polytheory.diagnosis import _read, read_encodings, read_labelled
from polytheory.experiments.diagnosis import draw_diagnosis

W = np.array([[1.0, 0, 0], [0, 1.0, 0], [0, -1.0, 0], [0, 0, 1.0]])
BODY = ["1.0,0.0,0.0", "0.0,1.0,0.0", "0.0,-1.0,0.0", "0.0,0.0,1.0"]
NAMES = ("red", "green", "blue", "edge")


def text(tmp_path: Path, *lines: str, suffix: str = ".csv") -> Path:
    file = tmp_path / f"w{suffix}"
    file.write_text("\n".join(lines) + "\n", "utf-8")
    return file


def with_names(names: Any = NAMES) -> list[str]:
    return [f"{name},{line}" for name, line in zip(names, BODY, strict=True)]


# --- tables ---------------------------------------------------------------------------------------

CERTAIN = {
    "names": ([",a,b,c", *with_names()], NAMES, ("a", "b", "c")),
    "pandas": ([",0,1,2", *with_names(range(4))], tuple("0123"), tuple("012")),
    "named corner": (["id,a,b,c", *with_names()], NAMES, ("a", "b", "c")),
    "counted": (["id,1,2,3", *with_names(range(4))], None, None),
    "R": (["a,b,c", *with_names()], NAMES, ("a", "b", "c")),
    "rows only": (with_names(), NAMES, None),
    "columns only": (["a,b,c", *BODY], None, ("a", "b", "c")),
    "savetxt": (["# a,b,c", *BODY], None, ("a", "b", "c")),
    "comment": (["# written today", *BODY], None, None),
    "ternary": (["1,0,0", "0,1,0", "0,-1,0", "0,0,1"], None, None),
}


@pytest.mark.parametrize("kind", CERTAIN)
def test_names_that_are_certain(kind: str, tmp_path: Path) -> None:
    lines, rows, columns = CERTAIN[kind]
    if kind == "counted":  # the first column has a name and counts: that needs a word
        with pytest.raises(ValueError, match="index_column=True"):
            read_labelled(text(tmp_path, *lines))
        return
    for suffix, cell in ((".csv", ","), (".tsv", "\t"), (".txt", " ")):
        if suffix == ".txt" and (lines[0].startswith(("#", ",")) or kind == "comment"):
            continue
        found = read_labelled(text(tmp_path, *(s.replace(",", cell) for s in lines), suffix=suffix))
        assert np.array_equal(found.values, W)
        assert (found.feature_names, found.neuron_names) == (rows, columns)


UNCERTAIN = {
    "from 1": (["1,2,3", *BODY], {"header": True}),
    "from 0": (["0,1,2", *BODY], {"header": True}),
    "as floats": (["0.0,1.0,2.0", *BODY], {"header": True}),
    "chosen columns": (["3,17,40", *BODY], {"header": True}),
    "out of order": (["17,3,40", *BODY], {"header": True}),
    "rows from 0": (with_names(range(4)), {"index_column": True}),
    "rows from 1": (with_names(range(1, 5)), {"index_column": True}),
    "rows as floats": (with_names(["0.0", "1.0", "2.0", "3.0"]), {"index_column": True}),
    "chosen rows": (with_names([12, 40, 7, 9]), {"index_column": True}),
    "with columns": (["id,a,b,c", *with_names(range(4))], {"index_column": True}),
}


@pytest.mark.parametrize("kind", UNCERTAIN)
def test_what_is_not_certain_is_asked(kind: str, tmp_path: Path) -> None:
    lines, said = UNCERTAIN[kind]
    (argument,) = said
    file = text(tmp_path, *lines)
    with pytest.raises(ValueError, match=f"Say {argument}=True .*{argument}=False"):
        read_encodings(file)
    assert np.array_equal(read_encodings(file, **said), W)
    if kind != "with columns":
        others = read_encodings(file, **{argument: False}).shape
        assert others == ((5, 3) if argument == "header" else (4, 4))


def test_a_slip_in_a_single_line_is_not_a_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"'O\.9' in line 1, cell 1"):
        read_encodings(text(tmp_path, "O.9,0.1,0.0"))


def test_the_command_asks_and_shows_names(tmp_path: Path, capsys: Any) -> None:
    file = str(text(tmp_path, ",u\x1b[2J,b,c", *with_names()))
    assert main(["diagnose", file]) == 0
    out = capsys.readouterr().out
    assert "b: +green −blue" in out
    assert main(["diagnose", file, "--json", "--transpose"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["feature_names"][0], data["neuron_names"][1]) == ("u\x1b[2J", "green")
    file = str(text(tmp_path, *with_names(range(4))))
    assert main(["diagnose", file]) == 2
    assert "--index-column" in capsys.readouterr().err
    assert main(["diagnose", file, "--index-column"]) == 0


def test_the_picture_shows_names(tmp_path: Path) -> None:
    file = text(tmp_path, ",$a^,b", "x$,1.0,0.0", "y_$,-1.0,0.0")
    named = read_labelled(file)
    figure = draw_diagnosis(diagnose(named), named.values)
    figure.savefig(tmp_path / "w.svg")
    shown = [each.get_text() for ax in figure.axes for each in ax.findobj(Text)]
    assert {"$a^", "x$", "y_$"} <= set(shown)


def test_control_characters_of_names_never_reach_the_terminal(tmp_path: Path) -> None:
    file = text(tmp_path, ",a\x1b[2J,b", "x\x1b[31m,1.0,0.0", "y,-1.0,0.0")
    assert "\x1b" not in str(diagnose(read_labelled(file)))
    file = text(tmp_path, "a,b", "0.1,\x1b[2J")
    with pytest.raises(ValueError, match="cell 2") as refused:
        read_encodings(file)
    assert str(refused.value).isprintable()


# --- formats --------------------------------------------------------------------------------------


def tensors(file: Path, content: bytes, **entries: Any) -> Path:
    header = json.dumps(entries).encode()
    file.write_bytes(len(header).to_bytes(8, "little") + header + content)
    return file


def test_bfloat16_is_widened_exactly(tmp_path: Path) -> None:
    values = np.array([[1.0, -0.5, 3.140625], [2.0**-126, 0.0, -(2.0**127)]], "<f4")
    upper = (values.view("<u4") >> 16).astype("<u2").tobytes()
    entry = {"dtype": "BF16", "shape": [2, 3], "data_offsets": [0, 12]}
    read = read_encodings(tensors(tmp_path / "w.safetensors", upper, w=entry))
    assert read.dtype == np.float32
    assert np.array_equal(read, values)


@pytest.mark.parametrize("kind", ["float16", "float32", "int64", "uint8"])
def test_the_package_safetensors_agrees(kind: str, tmp_path: Path) -> None:
    package = pytest.importorskip("safetensors.numpy")
    W = np.arange(6).astype(kind).reshape(2, 3)
    package.save_file({"a": W, "b": W[:1]}, tmp_path / "w.safetensors")
    read = read_encodings(tmp_path / "w.safetensors", array="a")
    assert read.dtype == kind
    assert np.array_equal(read, W)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"data_offsets": [0, 2**60]}, "does not fit"),
        ({"shape": [2**40, 2**40]}, "does not fit"),
        ({"shape": [-1, -4]}, "damaged"),
        ({"shape": "ab"}, "damaged"),
        ({"dtype": "F8_E4M3"}, "does not support"),
        ({"dtype": "BOOL", "data_offsets": [0, 4]}, "dtype bool"),
    ],
)
def test_damaged_tensors(change: dict[str, Any], words: str, tmp_path: Path) -> None:
    entry = {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]} | change
    with pytest.raises(ValueError, match=words):
        read_encodings(tensors(tmp_path / "w.safetensors", bytes(16), w=entry))


def test_mat(tmp_path: Path) -> None:
    file = tmp_path / "w.mat"
    savemat(file, {"W": sparse.csc_array(W), "words": "text"}, do_compression=True)
    assert np.array_equal(read_encodings(file), W)
    savemat(file, {"W": W, "b": W * 1j})
    assert np.array_equal(read_encodings(file, array="W"), W)
    with pytest.raises(ValueError, match=r"W \(4, 3\), b \(4, 3\)"):
        read_encodings(file)
    with pytest.raises(ValueError, match="complex128"):
        read_encodings(file, array="b")
    file.write_bytes(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + bytes(100))
    with pytest.raises(ValueError, match=r"version 7\.3.*h5py"):
        read_encodings(file)


@pytest.mark.parametrize(
    ("suffix", "words"),
    [
        *[(".pt", "weights_only=True"), (".pth", "torch"), (".h5", "h5py"), (".pkl", "any code")],
        *[(".parquet", "read_parquet"), (".xlsx", "read_excel")],
    ],
)
def test_other_formats_get_the_line_that_converts(suffix: str, words: str, tmp_path: Path) -> None:
    (tmp_path / f"w{suffix}").write_bytes(b"x")
    with pytest.raises(ValueError, match=words):
        read_encodings(tmp_path / f"w{suffix}")


@pytest.mark.parametrize("suffix", [".csv", ".txt", ".npz", ".mat", ".safetensors", ".npy.gz"])
def test_another_kind_under_a_familiar_suffix(suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"w{suffix}"
    with file.open("wb") as stream:
        np.save(stream, W)
    with pytest.raises(ValueError, match=r"a \.npy file|no header"):
        read_encodings(file)


def test_axes_of_files(tmp_path: Path) -> None:
    kernel = np.arange(60.0).reshape(4, 3, 5)
    np.save(tmp_path / "w.npy", kernel)
    with pytest.raises(ValueError, match="convolution kernel"):
        read_encodings(tmp_path / "w.npy")
    read = read_encodings(tmp_path / "w.npy", axes="feature,neuron,neuron")
    assert np.array_equal(read, kernel.reshape(4, 15))
    last = read_encodings(tmp_path / "w.npy", axes="feature,neuron,run", index=4)
    assert np.array_equal(last, kernel[..., 4])


# --- hostile --------------------------------------------------------------------------------------


def test_archives_that_unpack_to_too_much(tmp_path: Path, monkeypatch: Any) -> None:
    zeros = np.zeros((100, 100))
    buffer = io.BytesIO()
    np.save(buffer, zeros)
    (tmp_path / "w.npy.gz").write_bytes(gzip.compress(buffer.getvalue()))
    np.savez_compressed(tmp_path / "w.npz", W=zeros)
    savemat(tmp_path / "w.mat", {"W": zeros}, do_compression=True)
    np.savez(tmp_path / "plain.npz", W=zeros)
    for name in ("w.npy.gz", "w.npz", "w.mat"):
        assert read_encodings(tmp_path / name).shape == zeros.shape
    monkeypatch.setattr(_read, "MAX_UNPACKED", 2**16)
    for name in ("w.npy.gz", "w.npz", "w.mat"):
        with pytest.raises(ValueError, match="unpack to more than"):
            read_encodings(tmp_path / name)
    assert read_encodings(tmp_path / "plain.npz").shape == zeros.shape  # not compressed


@pytest.mark.parametrize("suffix", [".npz", ".npy.gz"])
def test_a_header_with_a_huge_shape(suffix: str, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": (10**9, 10**9)}
    np.lib.format.write_array_header_1_0(buffer, header)
    file = tmp_path / f"w{suffix}"
    if suffix == ".npz":
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("W.npy", buffer.getvalue())
    else:
        file.write_bytes(gzip.compress(buffer.getvalue()))
    with pytest.raises(ValueError, match=r"only .* bytes"):
        read_encodings(file)


def test_a_matrix_that_may_be_transposed(tmp_path: Path, capsys: Any) -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(6, 9))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    assert not diagnose(rows).unit_columns
    assert not diagnose(np.eye(4)).unit_columns
    np.save(tmp_path / "w.npy", rows.T.astype(np.float16))
    assert main(["diagnose", str(tmp_path / "w.npy")]) == 0
    captured = capsys.readouterr()
    assert "Every column has norm 1" in captured.err
    rows[:, 3] = 0.0
    assert diagnose(rows).dead_neurons.tolist() == [3]
    assert "1 neurons have no weight" in str(diagnose(rows))


def test_safetensors_needs_no_package(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "safetensors", None)
    entry = {"dtype": "F32", "shape": [1, 1], "data_offsets": [0, 4]}
    file = tensors(tmp_path / "w.safetensors", np.ones(1, "<f4").tobytes(), w=entry)
    assert read_encodings(file).tolist() == [[1.0]]
