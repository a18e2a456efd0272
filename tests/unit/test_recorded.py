"""Runs that somebody else made: faithful ones are accepted, doctored and unusable ones are not."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from polytheory import initial_row, row_flow
from polytheory.recorded import RecordedRun, judge_recorded, load_recorded

REFERENCE = Path(__file__).parents[1] / "reference" / "row_flow_m10000.npz"

Arrays = dict[str, Any]
Save = Callable[..., Path]


@pytest.fixture(scope="module")
def reference() -> Arrays:
    with np.load(REFERENCE, allow_pickle=False) as archive:
        return dict(archive)


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Return a function that stores a run with some arrays replaced, or left out (None)."""

    def store(run: Arrays, **changes: Any) -> Path:
        path = tmp_path / "run.npz"
        np.savez(path, **{k: v for k, v in (run | changes).items() if v is not None})
        return path

    return store


def euler(row: Any, l1_strength: float, *, step: float, count: int, every: int) -> Arrays:
    """Forward Euler of dw/dt = (1 − ‖w‖²)w − λ for positive weights, dead at zero."""
    w, times, norms, counts = np.array(row), [], [], []
    for k in range(count + 1):
        if k % every == 0:
            times.append(k * step)
            norms.append(w.sum())
            counts.append(np.count_nonzero(w))
        w = np.maximum(w + step * ((1.0 - w @ w) * w - l1_strength * (w > 0)), 0.0)
    return {
        "time": np.array(times),
        "l1_norm": np.array(norms),
        "nonzero_count": np.array(counts),
        "initial_row": np.array(row),
        "l1_strength": l1_strength,
        "step": step,
    }


def exact(row: Any, l1_strength: float, times: Any) -> Arrays:
    run = row_flow(row, l1_strength=l1_strength, time=times)
    return {
        "time": run.time,
        "l1_norm": run.l1_norm,
        "nonzero_count": run.nonzero_count,
        "initial_row": run.initial_row,
        "l1_strength": l1_strength,
    }


def row(n_neurons: int, seed: int = 0) -> Any:
    return np.abs(initial_row(n_neurons, rng=seed))


# --- faithful runs --------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [REFERENCE, str(REFERENCE)], ids=["Path", "str"])
def test_the_reference_run_is_accepted(path: str | Path) -> None:
    verdict = judge_recorded(path)
    assert verdict.holds
    assert verdict.l1_disagreement <= verdict.l1_tolerance
    assert verdict.count_disagreement == 0


def test_a_loaded_run_is_judged_like_its_file() -> None:
    assert judge_recorded(load_recorded(REFERENCE)) == judge_recorded(REFERENCE)


# Other widths, strengths, steps and spacings of the record than the reference has.
OTHER_RUNS = [
    pytest.param(1, 0.1, {"step": 0.2, "count": 500, "every": 1}, id="one weight"),
    pytest.param(2, 0.05, {"step": 0.3, "count": 300, "every": 1}, id="two weights"),
    pytest.param(20, 0.05, {"step": 0.05, "count": 2000, "every": 5}, id="small step"),
    pytest.param(200, 0.02, {"step": 0.5, "count": 2000, "every": 4}, id="coarse step"),
    pytest.param(300, 1e-3, {"step": 1.0, "count": 3000, "every": 1}, id="largest step"),
    pytest.param(1000, 1e-3, {"step": 0.3, "count": 8000, "every": 50}, id="wide"),
    pytest.param(50, 0.0, {"step": 0.1, "count": 100, "every": 1}, id="no penalty"),
    pytest.param(5, 0.5, {"step": 0.1, "count": 200, "every": 1}, id="collapses"),
]


@pytest.mark.parametrize(("n_neurons", "l1_strength", "how"), OTHER_RUNS)
def test_an_euler_run_is_accepted(
    save: Save, n_neurons: int, l1_strength: float, how: dict[str, Any]
) -> None:
    verdict = judge_recorded(save(euler(row(n_neurons), l1_strength, **how)))
    assert verdict.holds, str(verdict)


def test_signs_and_order_of_the_initial_weights_do_not_matter(
    save: Save, reference: Arrays
) -> None:
    rng = np.random.default_rng(0)
    initial = rng.permutation(reference["initial_row"]) * rng.choice([-1.0, 1.0], 10_000)
    assert judge_recorded(save(reference, initial_row=initial)).holds


@pytest.mark.parametrize("times", [[0.0, 1.0, 30.0, 2000.0], [5.0]], ids=["several", "one"])
def test_an_exact_run_needs_no_step(save: Save, times: list[float]) -> None:
    assert judge_recorded(save(exact(row(100), 0.01, times))).holds


def test_a_run_that_stopped_early_is_accepted(save: Save, reference: Arrays) -> None:
    part = {name: reference[name][:50] for name in ("time", "l1_norm", "nonzero_count")}
    assert judge_recorded(save(reference, **part)).holds


DTYPES = {
    "integers": {"nonzero_count": np.int16},
    "unsigned": {"nonzero_count": np.uint64},
    "floats": {"nonzero_count": np.float32},
    "long doubles": {"l1_norm": np.longdouble, "time": np.longdouble},
    "big-endian": {"l1_norm": ">f8", "time": ">f8", "initial_row": ">f8"},
    "single precision": {"l1_norm": np.float32, "initial_row": np.float32},
}


@pytest.mark.parametrize("dtypes", DTYPES.values(), ids=DTYPES)
def test_any_real_type_will_do(save: Save, reference: Arrays, dtypes: dict[str, Any]) -> None:
    changes = {name: reference[name].astype(dtype) for name, dtype in dtypes.items()}
    assert judge_recorded(save(reference, **changes)).holds


def test_an_exact_run_in_single_precision_is_accepted(save: Save) -> None:
    run = exact(np.float32(row(100)), 0.01, [0.0, 1.0, 30.0, 2000.0])
    assert judge_recorded(save(run, l1_norm=np.float32(run["l1_norm"]))).holds


def test_whole_times_and_strengths_may_be_integers(save: Save) -> None:
    whole = exact([2.0, 1.0], 0, [1.0, 2.0])
    changes = {"time": np.array([1, 2]), "l1_strength": 0, "initial_row": np.array([2, 1])}
    assert judge_recorded(save(whole, **changes)).holds


def test_a_compressed_file_with_more_in_it_is_accepted(tmp_path: Path, reference: Arrays) -> None:
    path = tmp_path / "run.npz"
    np.savez_compressed(path, note=np.array("by hand"), **reference)
    assert judge_recorded(path).holds


def test_slices_of_a_larger_array_are_stored_and_accepted(save: Save, reference: Arrays) -> None:
    series = np.asfortranarray([reference["time"], reference["l1_norm"]])
    assert judge_recorded(save(reference, time=series[0], l1_norm=series[1])).holds


def test_the_verdict_is_plain_data_and_can_be_read() -> None:
    verdict = judge_recorded(REFERENCE)
    assert json.loads(json.dumps(verdict.to_dict(), allow_nan=False))["holds"] is True
    assert str(verdict).startswith("HOLDS")
    assert "forward Euler at step 0.5" in str(verdict)
    for law in (verdict.paper_l1_ratio, verdict.paper_count_ratio):
        assert 0.0 < law[0] <= law[1]


def test_the_paper_s_laws_are_reported_not_judged(save: Save) -> None:
    # Equal weights never spread, so they never die one by one: far from the paper's laws, and true.
    verdict = judge_recorded(save(exact(np.full(100, 0.1), 1e-3, [0.0, 1e4])))
    assert verdict.holds
    assert verdict.paper_count_ratio[1] > 50.0


# --- doctored runs --------------------------------------------------------------------------------


def drift(by: float) -> Callable[[Arrays], Arrays]:
    return lambda run: {"l1_norm": run["l1_norm"] * (1.0 + by * run["time"] / run["time"][-1])}


def scale(name: str, by: float) -> Callable[[Arrays], Arrays]:
    return lambda run: {name: run[name] * by}


def counts(by: float) -> Callable[[Arrays], Arrays]:
    """Scale the counts; they stay whole, and no more than there are weights."""
    return lambda run: {
        "nonzero_count": np.minimum(np.round(run["nonzero_count"] * by), run["initial_row"].size)
    }


def put(name: str, value: Any) -> Callable[[Arrays], Arrays]:
    return lambda _: {name: value}


def one_more(index: int, by: int) -> Callable[[Arrays], Arrays]:
    return lambda run: {"nonzero_count": run["nonzero_count"] + by * _unit(run["time"].size, index)}


def _unit(size: int, index: int) -> Any:
    return (np.arange(size) == index % size).astype(int)


def rescaled_row(run: Arrays) -> Arrays:
    """Stretch the row about its mean: another shape of the same size."""
    mean = run["initial_row"].mean()
    return {"initial_row": np.abs(mean + 1.05 * (run["initial_row"] - mean))}


DOCTORED = {
    "norm drifts up by 5 %": drift(0.05),
    "norm drifts down by 5 %": drift(-0.05),
    "norm drifts up by 1 %": drift(0.01),
    "norm drifts down by 1 %": drift(-0.01),
    "norm 5 % too large": scale("l1_norm", 1.05),
    "counts 2 % too large": counts(1.02),
    "counts 2 % too small": counts(0.98),
    "nothing left at the end": one_more(-1, -2),
    "clock 1 % fast": scale("time", 1.01),
    "clock 1 % slow": scale("time", 0.99),
    "strength 2 % too large": scale("l1_strength", 1.02),
    "strength 2 % too small": scale("l1_strength", 0.98),
    "strength in loss units": scale("l1_strength", 4.0),
    "another row": put("initial_row", row(10_000, seed=1)),
    "row stretched by 5 %": rescaled_row,
    # A smaller step than the run was made with earns a tolerance that the run does not meet.
    "step said to be 0.05": put("step", 0.05),
    "step said to be 0.25": put("step", 0.25),
    "said to be exact": put("step", None),
}


@pytest.mark.parametrize("doctor", DOCTORED.values(), ids=DOCTORED)
def test_a_doctored_run_is_rejected(
    save: Save, reference: Arrays, doctor: Callable[[Arrays], Arrays]
) -> None:
    verdict = judge_recorded(save(reference, **doctor(reference)))
    assert not verdict.holds
    assert str(verdict).startswith("FAILS")


@pytest.mark.parametrize("index", [0, 1, 2, 3])
def test_an_exact_run_with_one_number_off_is_rejected(save: Save, index: int) -> None:
    run = exact(row(100), 0.01, [0.0, 1.0, 30.0, 2000.0])
    off = run["l1_norm"] * (1.0 + 1e-6 * _unit(4, index))
    assert not judge_recorded(save(run, l1_norm=off)).holds


def test_a_clipped_penalty_is_rejected(save: Save) -> None:
    # The same Euler run, but dead weights are revived: the easiest mistake in such a loop.
    w, run = row(50), euler(row(50), 0.01, step=0.1, count=400, every=10)
    norms = []
    for k in range(401):
        if k % 10 == 0:
            norms.append(np.abs(w).sum())
        w = w + 0.1 * ((1.0 - w @ w) * w - 0.01 * np.sign(w))
    assert judge_recorded(save(run)).holds
    assert not judge_recorded(save(run, l1_norm=np.array(norms))).holds


def with_norm(run: Arrays, index: int, value: float) -> Any:
    return np.where(_unit(run["time"].size, index), value, run["l1_norm"])


def test_a_wrong_norm_at_the_start_is_rejected(save: Save, reference: Arrays) -> None:
    # ‖w(0)‖₁ is in the file itself: there is nothing to be off by.
    wrong = 1.03 * reference["l1_norm"][0]
    assert not judge_recorded(save(reference, l1_norm=with_norm(reference, 0, wrong))).holds


def test_the_error_at_the_end_does_not_excuse_the_start(save: Save) -> None:
    run = euler(row(5), 0.5, step=0.1, count=200, every=1)  # all dead at the end
    assert not judge_recorded(save(run, l1_norm=with_norm(run, 0, 2.0 * run["l1_norm"][0]))).holds


def test_a_dead_row_has_no_norm(save: Save) -> None:
    run = euler(row(5), 0.5, step=0.1, count=200, every=1)
    assert not judge_recorded(save(run, l1_norm=with_norm(run, 150, 1.9))).holds


# --- unusable files -------------------------------------------------------------------------------

GOOD = {
    "time": np.array([0.0, 1.0, 2.0]),
    "l1_norm": np.array([1.0, 1.0, 1.0]),
    "nonzero_count": np.array([2, 2, 1]),
    "initial_row": np.array([0.8, 0.1]),
    "l1_strength": np.array(0.01),
    "step": np.array(0.5),
}

UNUSABLE = [
    ("time", None, "recorded file must be one with the arrays time, .*; got no time"),
    ("l1_norm", None, "got no l1_norm"),
    ("nonzero_count", None, "got no nonzero_count"),
    ("initial_row", None, "got no initial_row"),
    ("l1_strength", None, "got no l1_strength"),
    ("time", [0.0, 1.0], "as long as time"),
    ("l1_norm", [1.0, 1.0], "^l1_norm must be as long as time"),
    ("nonzero_count", [1.0] * 4, "^nonzero_count must be as long as time"),
    ("time", [0.0, 2.0, 1.0], "^time must be strictly increasing"),
    ("time", [0.0, 1.0, 1.0], "^time must be strictly increasing"),
    ("time", [-1.0, 1.0, 2.0], "^time must be non-negative"),
    ("time", [], "^time must be a non-empty"),
    ("time", [0.0, np.nan, 2.0], "^time must be finite"),
    ("time", [0.0, 1.0, np.inf], "^time must be finite"),
    ("l1_norm", [1.0, np.nan, 1.0], "^l1_norm must be finite"),
    ("nonzero_count", [2.0, np.nan, 1.0], "^nonzero_count must be finite"),
    ("initial_row", [np.nan, 1.0], "^initial_row must be finite"),
    ("l1_strength", np.nan, "^l1_strength must be finite"),
    ("step", np.nan, "^step must be finite"),
    ("l1_norm", [1.0, -1.0, 1.0], "^l1_norm must be non-negative"),
    ("nonzero_count", [2, -1, 1], "^nonzero_count must be non-negative"),
    ("time", [[0.0, 1.0, 2.0]], "^time must be one-dimensional"),
    ("time", 1.0, "^time must be one-dimensional"),
    ("l1_norm", [[1.0, 1.0, 1.0]], "^l1_norm must be one-dimensional"),
    ("nonzero_count", 1, "^nonzero_count must be one-dimensional"),
    ("initial_row", [[[0.8, 0.1]]], "^initial_row must be of shape .m,., or .B, m."),
    ("initial_row", [], "^initial_row must be of shape"),
    ("initial_row", [0.0, 0.0], "^initial_row must be rows with a non-zero weight"),
    ("initial_row", [1e60, 0.1], "^initial_row must be rows whose largest weight"),
    ("l1_strength", [0.01], "^l1_strength must be a single number"),
    ("l1_strength", -0.01, "^l1_strength must be between 0"),
    ("step", [0.5], "^step must be a single number"),
    ("step", 0.0, "^step must be positive"),
    ("step", -0.5, "^step must be positive"),
    ("step", 1.5, "^step must be .* unstable"),
    ("step", 1e-9, "^step must be at least .* Judge a part of the run"),
]

WRONG_TYPES = [
    ("time", ["0", "1", "2"]),
    ("l1_norm", [1.0, 1.0, 1j]),
    ("nonzero_count", [True, True, False]),
    ("initial_row", [True, False]),
    ("l1_strength", "0.01"),
    ("step", True),
]


def test_the_file_that_is_spoilt_below_is_read_when_it_is_whole(save: Save) -> None:
    assert load_recorded(save(GOOD)).step == 0.5


@pytest.mark.parametrize(("name", "value", "words"), UNUSABLE)
def test_an_unusable_array_is_named(save: Save, name: str, value: Any, words: str) -> None:
    path = save(GOOD, **{name: None if value is None else np.array(value)})
    with pytest.raises(ValueError, match=words) as caught:
        judge_recorded(path)
    assert "; got " in str(caught.value)


@pytest.mark.parametrize(("name", "value"), WRONG_TYPES)
def test_an_array_of_another_type_is_named(save: Save, name: str, value: Any) -> None:
    with pytest.raises(TypeError, match=f"^{name} must be real numbers"):
        judge_recorded(save(GOOD, **{name: np.array(value)}))


def missing(_: Path) -> None:
    pass


def truncated(path: Path) -> None:
    whole = REFERENCE.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def without_its_end(path: Path) -> None:
    path.write_bytes(REFERENCE.read_bytes()[:-1])


def spoilt_inside(path: Path) -> None:
    raw = bytearray(REFERENCE.read_bytes())
    raw[len(raw) // 2] ^= 0xFF  # the checksum of that array is now wrong
    path.write_bytes(raw)


def single_array(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, GOOD["time"])


def pickled(path: Path) -> None:
    np.savez(path, **GOOD | {"time": np.array([0.0, 1.0, None], dtype=object)})


def archive_of_text(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "no arrays here")


def archive_with_text_for_an_array(path: Path) -> None:
    np.savez(path, **{name: GOOD[name] for name in GOOD if name != "time"})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("time.npy", "0 1 2")


def of_an_unknown_method(path: Path) -> None:
    """Ask for a compression that no zip reader here has."""
    np.savez(path, **GOOD)
    raw = path.read_bytes()
    # The method is stored at +8 of each local header and at +10 of each entry of the directory.
    for mark, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        start = raw.index(mark) + offset
        raw = raw[:start] + b"\x63\x00" + raw[start + 2 :]
    path.write_bytes(raw)


def of_a_huge_array(path: Path) -> None:
    """Promise 8 petabytes in the header of an array, and deliver none."""
    np.savez(path, **{name: GOOD[name] for name in GOOD if name != "time"})
    header = {"descr": "<f8", "fortran_order": False, "shape": (10**15,)}
    with zipfile.ZipFile(path, "a") as archive, archive.open("time.npy", "w") as file:
        np.lib.format.write_array_header_1_0(file, header)


def with_half_a_header(path: Path) -> None:
    """End the header of an array in the middle of its shape."""
    np.savez(path, **{name: GOOD[name] for name in GOOD if name != "time"})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("time.npy", b"\x93NUMPY\x01\x00\x08\x00{'a': (\n")


UNREADABLE = [
    missing,
    pytest.param(lambda path: path.touch(), id="empty"),
    pytest.param(lambda path: path.mkdir(), id="a folder"),
    pytest.param(lambda path: path.write_text("time,l1_norm\n0,1\n", "utf-8"), id="text"),
    truncated,
    without_its_end,
    spoilt_inside,
    single_array,
    pickled,
    archive_of_text,
    archive_with_text_for_an_array,
    of_an_unknown_method,
    of_a_huge_array,
    with_half_a_header,
]


@pytest.mark.parametrize("make", UNREADABLE)
def test_an_unreadable_file_is_refused(tmp_path: Path, make: Callable[[Path], None]) -> None:
    path = tmp_path / "run.npz"
    make(path)
    with pytest.raises((ValueError, TypeError), match=r"\bmust be ") as caught:
        judge_recorded(path)
    assert str(caught.value).startswith(("recorded file must be ", "time must be "))


def test_what_is_pickled_is_not_run(tmp_path: Path) -> None:
    pickled(tmp_path / "run.npz")
    with pytest.raises(ValueError, match="Pickled objects are never loaded"):
        judge_recorded(tmp_path / "run.npz")


@pytest.mark.parametrize("path", [None, 5, b"run.npz", ["run.npz"]])
def test_what_is_no_path_is_refused(path: Any) -> None:
    with pytest.raises(TypeError, match=r"must be .*; got "):
        judge_recorded(path)


# --- against the universal curve ------------------------------------------------------------------


def exact_run(row: Any, strength: float = 1e-4) -> RecordedRun:
    times = np.geomspace(10.0, 0.2 / strength, 12)
    flow = row_flow(row, l1_strength=strength, time=times)
    count = flow.nonzero_count.astype(float)
    return RecordedRun(times, flow.l1_norm, count, np.asarray(row), strength, None)


def test_the_reference_run_follows_the_curve() -> None:
    assert judge_recorded(REFERENCE).follows_curve


def test_a_uniform_row_is_faithful_and_does_not_follow_the_gaussian_curve() -> None:
    row = np.random.default_rng(0).uniform(size=10_000) / 100.0
    verdict = judge_recorded(exact_run(row))
    assert verdict.holds
    assert verdict.follows_curve is False
    assert "no Gaussian row?" in str(verdict)


def test_a_narrow_row_is_not_held_against_the_curve() -> None:
    # Fewer than 10 weights: nothing of it lies on the curve's domain.
    verdict = judge_recorded(exact_run([0.6, 0.5, 0.4, 0.1], strength=1e-2))
    assert verdict.holds
    assert verdict.follows_curve is None
    assert verdict.curve_l1_ratio is None
    # Nor are the paper's laws claimed for so narrow a row.
    assert verdict.paper_l1_ratio is None
    assert verdict.paper_count_ratio is None
    assert "paper" not in str(verdict)
    assert "paper's law" in str(judge_recorded(REFERENCE))


@pytest.mark.parametrize("off", [0.5, 20_000])
def test_counts_that_no_row_can_have_are_refused(off: float, save: Save, reference: Arrays) -> None:
    path = save(reference, nonzero_count=reference["nonzero_count"] + off)
    with pytest.raises(ValueError, match=r"^nonzero_count must be whole and at most 10000"):
        judge_recorded(path)
