"""Recorded runs by stated methods and tolerances, batches of them, and tables of text."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from polytheory import initial_row, row_flow
from polytheory.cli import main
from polytheory.recorded import METHODS, RecordedRun, judge_recorded

Array = np.ndarray[Any, Any]
STRENGTH, STEP = 0.01, 0.1
ROW = initial_row(40, rng=3)
TIME = np.array([0.0, 1.0, 4.0, 10.0, 30.0])


def slope(w: Array) -> Array:
    return (1.0 - w @ w) * w - STRENGTH * np.sign(w)


def subgradient(w: Array) -> Array:
    return w + STEP * slope(w)


def clipped(w: Array) -> Array:
    after = subgradient(w)
    return np.where(after * w < 0, 0.0, after)


def rk4(w: Array) -> Array:
    a = slope(w)
    b = slope(w + 0.5 * STEP * a)
    c = slope(w + 0.5 * STEP * b)
    return w + STEP / 6 * (a + 2 * b + 2 * c + slope(w + STEP * c))


def by_steps(advance: Callable[[Array], Array], start: Array = ROW, threshold: float = 0.0) -> Any:
    """Return time, ‖w‖₁ and the count of a run with fixed steps, recorded at TIME."""
    w, norms, counts = start.copy(), [], []
    for k in range(round(TIME[-1] / STEP) + 1):
        if np.isclose(k * STEP, TIME).any():
            norms.append(np.abs(w).sum())
            counts.append(np.count_nonzero(np.abs(w) > threshold))
        w = advance(w)
    return TIME, np.array(norms), np.array(counts)


def by_solver(solver: str, rtol: float, atol: float, time: Array = TIME) -> Any:
    """Return the same of an adaptive solver, with sign(w) at each evaluation."""
    given: Any = {"method": solver, "t_eval": time, "rtol": rtol, "atol": atol}
    w = np.abs(solve_ivp(lambda _, y: slope(y), (0.0, time[-1]), ROW, **given).y)
    return time, w.sum(axis=0), np.count_nonzero(w > 500 * atol, axis=0)


# --- methods --------------------------------------------------------------------------------------

CHATTER = STEP * STRENGTH
FIXED = {
    "euler": (clipped, 0.0),
    "proximal": (clipped, 0.0),
    "subgradient": (subgradient, CHATTER),
    "rk4": (rk4, CHATTER),
}


@pytest.mark.parametrize("method", FIXED)
def test_a_run_by_its_stated_method_holds(method: str) -> None:
    advance, threshold = FIXED[method]
    run = RecordedRun(*by_steps(advance, threshold=threshold), ROW, STRENGTH)
    verdict = judge_recorded(run, method=method, step=STEP)
    assert verdict.holds, str(verdict)
    assert not judge_recorded(run).holds
    # The tolerance is that of the method: a tenth of the step earns less.
    assert not judge_recorded(run, method=method, step=STEP / 10).holds


# Few weights have died by t = 4: after that the solvers need many small steps around zero.
SOLVERS = [("RK45", 1e-3, 1e-6), ("RK45", 1e-6, 1e-7), ("RK23", 1e-4, 1e-6), ("DOP853", 1e-5, 1e-6)]


@pytest.mark.parametrize(("solver", "rtol", "atol"), SOLVERS)
def test_a_run_by_an_adaptive_solver_holds(solver: str, rtol: float, atol: float) -> None:
    run = RecordedRun(*by_solver(solver, rtol, atol, TIME[:3]), ROW, STRENGTH)
    stated = judge_recorded(run, method=solver.lower(), rtol=rtol, atol=atol)
    assert stated.holds, str(stated)
    silent = judge_recorded(run)
    assert not silent.holds
    assert "adaptive solver with rtol" in str(silent.likely_cause)
    assert not judge_recorded(run, method=solver.lower(), rtol=1e-4 * rtol, atol=1e-4 * atol).holds


def test_an_adaptive_run_with_a_drift_fails() -> None:
    time, norm, count = by_solver("RK45", 1e-6, 1e-6, TIME[:3])
    run = RecordedRun(time, norm * (1.0 + 1e-3 * time), count, ROW, STRENGTH)
    assert not judge_recorded(run, method="rk45", rtol=1e-6, atol=1e-6).holds


@pytest.mark.parametrize(("off", "holds"), [(0.9, True), (1.1, False)])
def test_a_stated_tolerance_is_the_limit(off: float, holds: bool) -> None:
    flow = row_flow(ROW, l1_strength=STRENGTH, time=TIME)
    norm = flow.l1_norm * (1.0 + off * 1e-4)
    verdict = judge_recorded(
        RecordedRun(TIME, norm, flow.nonzero_count, ROW, STRENGTH), tolerance=1e-4
    )
    assert verdict.holds is holds
    assert "as stated" in verdict.reason


def test_what_is_stated_goes_before_what_the_file_says(tmp_path: Path) -> None:
    time, norm, count = by_steps(subgradient, threshold=CHATTER)
    arrays = {"time": time, "l1_norm": norm, "nonzero_count": count, "initial_row": ROW}
    path = tmp_path / "run.npz"
    np.savez(path, **arrays, l1_strength=STRENGTH, step=STEP, method="euler")
    assert not judge_recorded(path).holds
    assert judge_recorded(path, method="subgradient").holds
    assert main(["verify", "--recorded", str(path), "--method", "subgradient"]) == 0
    assert main(["verify", "--recorded", str(path)]) == 1


def test_arrays_that_are_not_needed_are_not_read(tmp_path: Path) -> None:
    time, norm, count = by_steps(clipped)
    path = tmp_path / "run.npz"
    arrays = {"time": time, "l1_norm": norm, "nonzero_count": count, "initial_row": ROW}
    config = np.array({"seed": 0}, dtype=object)
    np.savez(path, **arrays, l1_strength=STRENGTH, step=STEP, config=config)
    assert judge_recorded(path).holds


def good(**changes: Any) -> RecordedRun:
    flow = row_flow(ROW, l1_strength=STRENGTH, time=TIME)
    values: dict[str, Any] = {"time": TIME, "l1_norm": flow.l1_norm, "initial_row": ROW}
    values |= {"nonzero_count": flow.nonzero_count, "l1_strength": STRENGTH}
    return RecordedRun(**values | changes)


BAD_STATEMENTS = [
    ({"method": "leapfrog"}, "^method must be one of 'exact', 'euler'"),
    ({"method": "euler"}, "^step must be given for method 'euler'"),
    ({"method": "rk45"}, "^rtol must be given for method 'rk45'"),
    ({"rtol": 1e-6}, "^method must be given: rk23, rk45, dop853; got none"),
    ({"tolerance": -1.0}, "^tolerance must be between"),
    ({"tolerance": np.nan}, "^tolerance must be finite"),
    ({"method": "subgradient", "step": 1.0, "initial_row": 50 * ROW}, "^step must be shorter"),
    ({"method": "rk4", "step": 0.1, "time": 3e4 * TIME, "initial_row": np.tile(ROW, 50)}, "longer"),
]


@pytest.mark.parametrize(("said", "words"), BAD_STATEMENTS)
def test_a_statement_that_cannot_be_used_is_refused(said: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        judge_recorded(good(**said))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"method": "exact", "step": 0.1}, "^step .* euler, subgradient, proximal, rk4; got 0.1"),
        ({"method": "rk45", "rtol": 1e-6, "step": 0.1}, "^step must be given only with"),
        ({"method": "euler", "step": 0.1, "rtol": 1e-6}, "^rtol .* rk23, rk45, dop853; got 1e-06"),
        ({"method": "euler", "step": 0.1, "atol": 1e-6}, "^atol must be given only with"),
    ],
)
def test_a_statement_that_the_method_does_not_use_is_refused(
    said: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        judge_recorded(good(), **said)
    assert isinstance(good(**said), RecordedRun)  # a file may say more


def test_a_solver_that_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("polytheory.recorded._methods._MAX_EVALUATIONS", 100)
    with pytest.raises(ValueError, match=r"^rtol must be larger.*state a tolerance"):
        judge_recorded(good(method="rk45", rtol=1e-9))


def test_a_run_does_not_lock_the_arrays_it_is_made_of() -> None:
    norm, row = good().l1_norm.copy(), ROW.copy()
    run = good(l1_norm=norm, initial_row=row)
    norm[0] = row[0] = 1.0
    assert not run.l1_norm.flags.writeable


def test_a_method_that_is_no_text_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^method must be one of"):
        good(method=3)


def test_a_statement_without_a_run_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--step", "0.1", "--rtol", "1e-3"]) == 2
    assert "--step, --rtol: only with --recorded" in capsys.readouterr().err


def test_each_method_of_the_table_is_tested() -> None:
    tested = {"exact", *FIXED, *(solver.lower() for solver, _, _ in SOLVERS)}
    assert tested == set(METHODS)


# --- types and shapes -----------------------------------------------------------------------------

SAME = {
    "whole times": {"time": TIME.astype(np.int32)},
    "half precision": {"l1_norm": np.float16(good().l1_norm)},
    "times in single precision": {"time": TIME.astype(np.float32)},
    "Fortran order": {"initial_row": np.asfortranarray(ROW)},
}


@pytest.mark.parametrize("changes", SAME.values(), ids=SAME)
def test_other_types_and_orders_are_accepted(changes: dict[str, Any]) -> None:
    assert judge_recorded(good(**changes)).holds


@pytest.mark.parametrize("which", [slice(2, None), slice(1), slice(4, None)])
def test_a_run_may_start_late_and_have_one_time(which: slice) -> None:
    run = good()
    some = {name: getattr(run, name)[which] for name in ("time", "l1_norm", "nonzero_count")}
    assert judge_recorded(good(**some)).holds
    assert not judge_recorded(good(**some | {"l1_norm": 1.01 * some["l1_norm"]})).holds


# --- batches --------------------------------------------------------------------------------------

ROWS = np.stack([initial_row(40, rng=k) for k in range(3)])
BATCH = row_flow(ROWS, l1_strength=STRENGTH, time=TIME)


def batch(**changes: Any) -> RecordedRun:
    given = {"l1_norm": BATCH.l1_norm, "nonzero_count": BATCH.nonzero_count, "initial_row": ROWS}
    return good(**given | changes)


def test_a_batch_is_judged_run_by_run_and_together() -> None:
    verdict = judge_recorded(batch())
    assert verdict.holds
    assert len(verdict.runs) == 3
    assert "3 of 3 recorded runs hold" in str(verdict)


def test_one_bad_run_fails_the_batch_and_is_the_worst() -> None:
    norm = BATCH.l1_norm.copy()
    norm[2, 1] *= 1.5
    verdict = judge_recorded(batch(l1_norm=norm))
    assert [each.holds for each in verdict.runs] == [True, False, True]
    assert not verdict.holds
    assert verdict.l1_disagreement == pytest.approx(0.5)
    assert "run 1       FAILS" in str(verdict)


def test_a_batch_of_one_is_a_batch() -> None:
    one = {"l1_norm": BATCH.l1_norm[:, :1], "nonzero_count": BATCH.nonzero_count[:, :1]}
    assert len(judge_recorded(batch(**one, initial_row=ROWS[:1])).runs) == 1


BAD_BATCHES = [
    ({"l1_norm": BATCH.l1_norm.T}, r"^l1_norm must be of shape \(T, B\) = \(5, 3\).*Transpose it"),
    ({"nonzero_count": BATCH.nonzero_count[:, :2]}, "^nonzero_count must be of shape"),
    ({"l1_norm": BATCH.l1_norm[:, 0]}, "^l1_norm must be of shape"),
    ({"initial_row": ROWS[0]}, "^l1_norm must be one-dimensional, as initial_row is.*A batch"),
    ({"initial_row": ROWS[:0]}, "^initial_row must be of shape"),
    ({"initial_row": np.where(ROWS > 0.3, np.nan, ROWS)}, "^initial_row must be finite"),
    ({"l1_strength": np.full(3, 0.01)}, "^l1_strength must be a single number"),
]


@pytest.mark.parametrize(("changes", "words"), BAD_BATCHES)
def test_an_impossible_batch_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        batch(**changes)


# --- tables of text -------------------------------------------------------------------------------

HEAD = f"# l1_strength = {STRENGTH}\n# initial_row = row.txt\n# method = exact\n"


def text(separator: str = ",", digits: int = 17, scale: float = 1.0) -> str:
    run = good()
    lines = [separator.join(("time", "l1_norm", "nonzero_count"))]
    for t, norm, count in zip(run.time, run.l1_norm, run.nonzero_count, strict=True):
        lines.append(
            separator.join((f"{float(t)!r}", f"{norm * scale:.{digits}g}", f"{int(count)}"))
        )
    return "\n".join(lines) + "\n"


@pytest.fixture
def table(tmp_path: Path) -> Callable[[str], Path]:
    """Return a function that writes a table, and the initial row beside it."""
    (tmp_path / "row.txt").write_text("\n".join(map(repr, ROW.tolist())), "utf-8")

    def write(contents: str) -> Path:
        (tmp_path / "run.csv").write_text(contents, "utf-8")
        return tmp_path / "run.csv"

    return write


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table_is_read(table: Callable[[str], Path], separator: str) -> None:
    assert judge_recorded(table("\ufeff" + HEAD + text(separator))).holds


def test_the_digits_of_a_table_are_its_rounding(table: Callable[[str], Path]) -> None:
    assert judge_recorded(table(HEAD + text(digits=5))).holds
    # The same digits after the values have been changed in the last of them.
    assert not judge_recorded(table(HEAD + text(digits=5, scale=1.0005))).holds


def test_decimals_of_a_table_round_small_numbers_most(table: Callable[[str], Path]) -> None:
    # The norm falls from 3 to 0.5: relative to that, the last of four decimals is rounded.
    decimals = re.sub(r",([0-9.e+-]+),", lambda found: f",{float(found[1]):.4f},", text())
    assert judge_recorded(table(HEAD + decimals)).holds
    few = re.sub(r",([0-9.e+-]+),", lambda found: f",{float(found[1]):.1f},", text())
    with pytest.raises(ValueError, match="l1_norm must be rounded by at most 1%; got up to"):
        judge_recorded(table(HEAD + few))


BAD_TABLES = [
    ("", "a table with the columns time, l1_norm, nonzero_count; got .* without time"),
    (text(), "without initial_row"),
    (HEAD.replace("row.txt", "none.txt") + text(), "none.txt, which does not exist"),
    (HEAD.replace("row.txt", "/etc/hostname") + text(), "a name without a folder: .*hostname"),
    (HEAD.replace("row.txt", "../row.txt") + text(), "a name without a folder: .*row.txt"),
    (HEAD + text().split("\n", 1)[1], "without time, l1_norm, nonzero_count"),
    (HEAD + text() + "50.0,1.0\n", "2 values in line 6"),
    (HEAD + text().replace("30.0", "nan"), "^time must be finite"),
    (HEAD + text(";").replace("30.0", "30,0"), "^time must be a number.*decimals with a point"),
    (HEAD + text().replace("count", "count,l1_norm"), "a column twice"),
    (HEAD.replace("exact", "nope") + text(), "^method must be one of"),
]


@pytest.mark.parametrize(("contents", "words"), BAD_TABLES)
def test_an_unusable_table_is_refused(
    table: Callable[[str], Path], contents: str, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        judge_recorded(table(contents))
