"""``polytheory diagnose``: files that can be read, files that cannot, and what is printed."""

import gzip
import json
import pickle  # to make what must be refused
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib import image
from numpy.typing import NDArray
from scipy.io import savemat

from polytheory import diagnose
from polytheory.cli import main
from polytheory.diagnosis import read_encodings
from polytheory.experiments import diagnosis as drawing

RECORDED = Path(__file__).parents[1] / "reference" / "training_n64_m128.npz"
W = np.array([[0.9, 0.1, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.1]])
HOLDS, UNUSABLE = 0, 2

Capture = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch
Array = NDArray[Any]


def refused(capsys: Capture, *arguments: object) -> str:
    """Return the one line of explanation; nothing else may be printed."""
    assert main(["diagnose", *map(str, arguments)]) == UNUSABLE
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    return line.removeprefix("polytheory diagnose: ")


# --- what can be read -----------------------------------------------------------------------------


def safe(path: Path, **arrays: Array) -> None:
    header, at, parts = {}, 0, []
    for name, array in arrays.items():
        kind = f"{array.dtype.kind.upper()}{8 * array.itemsize}"
        span = [at, at := at + array.nbytes]
        header[name] = {"dtype": kind, "shape": array.shape, "data_offsets": span}
        parts.append(array.tobytes())
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"".join(parts))


def comma_separated(path: Path, weights: Array) -> None:
    lines = "\n".join(",".join(map(str, row)) for row in weights.tolist())
    path.write_text(f"\ufeffone, two,third\n{lines}\n\n", "utf-8")  # a header, and what Excel adds


def packed(write: Callable[[Path, Array], None]) -> Callable[[Path, Array], None]:
    def writer(path: Path, weights: Array) -> None:
        plain = path.with_suffix("")
        write(plain, weights)
        path.write_bytes(gzip.compress(plain.read_bytes()))

    return writer


WRITERS: dict[str, Callable[[Path, Array], None]] = {
    ".npy": np.save,
    ".npz": lambda path, w: np.savez(path, weights=w),
    ".csv": comma_separated,
    ".safetensors": lambda path, w: safe(path, weights=w),
    ".mat": lambda path, w: savemat(path, {"weights": w}),
    ".tsv": lambda path, w: np.savetxt(path, w, delimiter="\t"),
    ".txt": np.savetxt,
}
WRITERS |= {f"{suffix}.gz": packed(write) for suffix, write in WRITERS.items()}


@pytest.mark.parametrize("suffix", WRITERS)
def test_every_format_reads_back(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"weights{suffix}"
    WRITERS[suffix](path, W)
    assert np.array_equal(read_encodings(path), W)


def test_npy_is_memory_mapped(tmp_path: Path) -> None:
    np.save(tmp_path / "w.npy", W)
    assert isinstance(read_encodings(tmp_path / "w.npy"), np.memmap)


def test_csv_without_a_header(tmp_path: Path) -> None:
    (tmp_path / "w.csv").write_text("1,0\n0,-1\n", "utf-8")
    assert read_encodings(tmp_path / "w.csv").tolist() == [[1.0, 0.0], [0.0, -1.0]]


def test_one_matrix_of_several(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", a=np.zeros((2, 2)), b=np.stack([W, 2 * W]))
    assert np.array_equal(read_encodings(tmp_path / "w.npz", array="b", index=1), 2 * W)


@pytest.mark.parametrize("kind", ["float16", "int8", "uint64"])
def test_safetensors_types(kind: str, tmp_path: Path) -> None:
    safe(tmp_path / "w.safetensors", one=np.eye(3, dtype=kind), two=np.eye(2, dtype=kind))
    assert read_encodings(tmp_path / "w.safetensors", array="one").dtype == kind


# --- what is printed ------------------------------------------------------------------------------


def test_the_table_and_the_json_of_a_recorded_run(capsys: Capture) -> None:
    arguments = ["diagnose", str(RECORDED), "--array", "W_final", "--index", "2"]
    arguments += ["--initial-array", "W_initial", "--loss-l1", "0.001"]
    assert main(arguments) == HOLDS
    out, err = capsys.readouterr()
    assert err == ""
    with np.load(RECORDED, allow_pickle=False) as run:
        count = int(run["polysemantic_neurons"][2])
        found = diagnose(run["W_final"][2], initial=run["W_initial"][2], l1_strength=0.00025)
    assert out == f"{found}\n"
    assert f"{count} neurons" in out
    assert max(map(len, out.splitlines())) <= 100
    assert main([*arguments, "--json"]) == HOLDS
    read = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert read == found.to_dict()
    assert read["polysemantic_neurons"] == count


def test_initial_weights_from_another_file(tmp_path: Path, capsys: Capture) -> None:
    np.save(tmp_path / "w.npy", W)
    np.save(tmp_path / "start.npy", W[::-1])
    arguments = [str(tmp_path / "w.npy"), "--initial", str(tmp_path / "start.npy"), "--json"]
    assert main(["diagnose", *arguments]) == HOLDS
    assert json.loads(capsys.readouterr().out)["winner_fidelity"] == pytest.approx(1 / 3)


def test_fewer_neurons_than_features_is_a_warning_and_no_guess(
    tmp_path: Path, capsys: Capture
) -> None:
    np.save(tmp_path / "w.npy", np.eye(7, 4))
    assert main(["diagnose", str(tmp_path / "w.npy"), "--json"]) == HOLDS
    out, err = capsys.readouterr()
    assert err.startswith("polytheory diagnose: warning: There are fewer neurons (4)")
    assert (json.loads(out)["n_features"], json.loads(out)["n_neurons"]) == (7, 4)
    assert main(["diagnose", str(tmp_path / "w.npy"), "--transpose", "--json"]) == HOLDS
    out, err = capsys.readouterr()
    assert err == ""
    assert json.loads(out)["n_features"] == 4


@pytest.mark.parametrize("weights", [np.zeros((2, 3)), np.eye(3, dtype=np.int64)])
def test_zeros_and_integers_are_fine(weights: Array, tmp_path: Path, capsys: Capture) -> None:
    np.save(tmp_path / "w.npy", weights)
    assert main(["diagnose", str(tmp_path / "w.npy")]) == HOLDS
    assert capsys.readouterr().err == ""


# --- what cannot be read --------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", WRITERS)
def test_missing_empty_cut_short_or_something_else(
    suffix: str, tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / f"w{suffix}"
    assert "does not exist" in refused(capsys, path)
    path.mkdir()
    assert "not a file" in refused(capsys, path)
    path.rmdir()
    path.touch()
    assert "is empty" in refused(capsys, path)
    path.write_bytes(bytes(range(256)) * 4)
    assert str(path) in refused(capsys, path)
    if suffix not in (".csv", ".tsv", ".txt"):  # of which any part is a file
        WRITERS[suffix](path, np.eye(40))
        path.write_bytes(path.read_bytes()[:-100])
        assert str(path) in refused(capsys, path)


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_pickles_and_objects_are_never_opened(suffix: str, tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / f"w{suffix}"
    WRITERS[suffix](path, np.array([[object, None]]))
    assert "objects" in refused(capsys, path)
    with path.open("wb") as file:
        pickle.dump(W, file)
    assert str(path) in refused(capsys, path)


BAD_NPY = [
    (np.zeros((3, 4, 5)), (), "index must be one of 0 … 2: the array has shape (3, 4, 5)"),
    (np.zeros((3, 4, 5)), ("--index", 3), "got 3"),
    (np.zeros((3, 4, 5)), ("--index", -1), "got -1"),
    (np.zeros((3, 0, 5)), ("--index", 1), "without an axis of length 0"),
    (W, ("--index", 0), "index must be left out"),
    (W, ("--array", "a"), "array must be left out"),
    (np.zeros((2, 2, 2, 2)), (), "A matrix has the axes"),
    (np.zeros(3), (), "A matrix has the axes"),
    (np.zeros((0, 3)), (), "A matrix has the axes"),
    (W.astype(complex), (), "dtype complex128"),
    (W > 0, (), "dtype bool"),
    (W.astype(str), (), "dtype <U"),
    (np.where(W > 1, np.nan, W), (), "encodings must be finite"),
    (np.where(W > 1, np.nan, W), (), "in row 2 (1 of 3)"),
    (W, ("--l1", -1), "l1_strength"),
    (W, ("--figure", "matrix.txt"), "--figure must be a file that ends in"),
    (W, ("--figure", "no/such/folder.png"), "in a folder that exists"),
    (W, ("--initial", "nowhere.npy"), "nowhere.npy, which does not exist"),
]


@pytest.mark.parametrize(("weights", "arguments", "words"), BAD_NPY)
def test_unusable_arrays(
    weights: Array, arguments: tuple[object, ...], words: str, tmp_path: Path, capsys: Capture
) -> None:
    np.save(tmp_path / "w.npy", weights)
    assert words in refused(capsys, tmp_path / "w.npy", *arguments)


def test_names_that_are_not_in_the_archive(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "w.npz"
    np.savez(path, a=W, b=np.zeros(3), c=np.array([None]))
    listed = "one of those in w.npz: a (3, 3), b (3,), c (unreadable); got "
    assert f"{listed}none." in refused(capsys, path)
    assert f"{listed}'x'." in refused(capsys, path, "--array", "x")
    np.savez(path)
    assert "contains no array" in refused(capsys, path)


def test_wrong_suffixes(tmp_path: Path, capsys: Capture) -> None:
    np.savez(tmp_path / "w.npz", w=W)
    (tmp_path / "w.npz").rename(tmp_path / "w.npy")
    assert "Rename it to .npz" in refused(capsys, tmp_path / "w.npy")
    (tmp_path / "w.pt").write_text("x", "utf-8")
    assert "suffix is none of these" in refused(capsys, tmp_path / "w.pt")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1,2\n3\n", "1 cells in line 2 after 2 in line 1"),
        ("a,b\n1,2\n3,x\n", "'x' in line 3, cell 2"),
        ("a,b\n", "contains no numbers"),
        ("\n\n", "contains no numbers"),
        ("1;2\n3;4\n", "separated by commas"),
        ("1,2\n3,\n", "'' in line 2, cell 2"),
        (",0.7,1\n0,1.5,2\n", "begins with an empty cell"),
        ("0,1,2\n1,0,0\n", "first line is 0, 1, 2"),
        ("1,nan\n1,1\n", "in row 0 (1 of 2), first nan in row 0, column 1"),
        ('1,"2\n', "truncated"),
    ],
)
def test_unusable_text(text: str, words: str, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "w.csv").write_text(text, "utf-8")
    assert words in refused(capsys, tmp_path / "w.csv")


# --- the picture ----------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["png", "PDF"])
def test_a_picture(suffix: str, tmp_path: Path, capsys: Capture) -> None:
    np.save(tmp_path / "w.npy", W)
    picture = tmp_path / f"matrix.1.{suffix}"
    assert main(["diagnose", str(tmp_path / "w.npy"), "--figure", str(picture)]) == HOLDS
    assert "polysemantic" in capsys.readouterr().out
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"w.npy", f"matrix.1.{suffix}"}


def test_the_staircase() -> None:
    rng = np.random.default_rng(0)
    sites = rng.permutation(2 * 9)[:12]
    weights = np.zeros((13, 9))
    weights[np.arange(12), sites // 2] = np.where(sites % 2, 1.0, -1.0)
    found = diagnose(weights)
    features, neurons = drawing.sorted_order(found)
    assert sorted(features) == list(range(13))
    assert sorted(neurons) == list(range(9))
    drawn = np.argwhere(weights[features][:, neurons])
    assert (np.diff(drawn[:, 1]) >= 0).all()
    assert (drawn[: 2 * len(found.shared), 1] < len(found.shared)).all()  # the shared ones first
    assert features[-1] == 12  # the dead one last


@pytest.mark.parametrize("weights", [np.zeros((2, 3)), np.ones((3, 40)), np.eye(30, 41)])
def test_pictures_of_any_matrix(weights: Array, tmp_path: Path, monkeypatch: Patch) -> None:
    monkeypatch.setattr(drawing, "_CELLS", 7)
    figure = drawing.draw_diagnosis(diagnose(weights), weights)
    figure.savefig(tmp_path / "matrix.png", dpi=50)
    assert image.imread(tmp_path / "matrix.png")[..., :3].std() > 0.02  # not blank


def test_a_cell_shows_the_largest_of_its_weights(monkeypatch: Patch) -> None:
    weights = np.diag([1.0, -2.0, 0.5, 0.25])
    weights[3, 0] = -0.75
    monkeypatch.setattr(drawing, "_CELLS", 2)
    cells = drawing._pooled(weights, np.arange(4), np.arange(4))
    assert cells.tolist() == [[-2.0, 0.0], [-0.75, 0.5]]


def test_a_picture_of_another_matrix_is_refused() -> None:
    with pytest.raises(ValueError, match=r"of shape \(3, 3\), as diagnosed"):
        drawing.draw_diagnosis(diagnose(W), W[:2])


@pytest.mark.parametrize("slip", ["0.9,,0.1", "0.9,O.1,0.1", "0.9;0.1;0.2"])
def test_a_slip_in_the_first_line_is_not_taken_for_names(
    slip: str, tmp_path: Path, capsys: Capture
) -> None:
    file = tmp_path / "slip.csv"
    file.write_text(f"{slip}\n0,1,0\n0,0,1\n", "utf-8")
    assert "slip.csv" in refused(capsys, file)


def test_objects_in_an_npy_are_named(tmp_path: Path, capsys: Capture) -> None:
    np.save(tmp_path / "objects.npy", W.astype(object), allow_pickle=True)
    assert "pickle" in refused(capsys, tmp_path / "objects.npy")
