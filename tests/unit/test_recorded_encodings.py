"""Recorded histories of whole encodings against the full flow."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from polytheory import ToyModel, initial_encodings, simulate
from polytheory.cli import main
from polytheory.recorded import RecordedEncodings, judge_recorded
from polytheory.recorded._methods import states

Array = np.ndarray[Any, Any]
STRENGTH, STEP = 0.02, 0.05
MODEL = ToyModel(6, 12, l1_strength=STRENGTH)
START = initial_encodings(MODEL, rng=0)


def history(method: str, every: int = 60, steps: int = 180, start: Array = START) -> Any:
    """Return times and encodings of a run with fixed steps."""
    W, seen = start, []
    for k in range(steps + 1):
        if k % every == 0:
            seen.append((k * STEP, W))
        force = MODEL.smooth_force(W)
        if method == "proximal":
            after = W + STEP * force
            W = np.sign(after) * np.maximum(np.abs(after) - STEP * STRENGTH, 0.0)
        else:
            after = W + STEP * (force - STRENGTH * np.sign(W))
            clip = method == "euler"
            W = np.where(W * after < 0, 0.0, after) if clip else after
    return tuple(map(np.array, zip(*seen, strict=True)))


@pytest.mark.parametrize("method", ["euler", "proximal", "subgradient"])
def test_a_history_by_its_stated_method_holds(method: str) -> None:
    run = RecordedEncodings(*history(method), STRENGTH, STEP, method=method)
    verdict = judge_recorded(run)
    assert verdict.holds, str(verdict)
    assert verdict.history is not None
    assert verdict.history.judged == 18
    silent = judge_recorded(RecordedEncodings(*history(method), STRENGTH))
    assert not silent.holds
    assert f"method = '{method}', step = 0.05" in str(silent.likely_cause)


def test_the_steps_of_an_adaptive_solver_may_be_longer_than_the_intervals() -> None:
    # From a record it would begin with short steps: its error would be smaller than this run's.
    time, how = 0.5 * np.arange(16.0), {"method": "rk45", "atol": 1e-6}
    force, flow = MODEL.smooth_force, {"l1_strength": STRENGTH, "time": time}
    W = np.array(list(states(force, START, rtol=8e-4, **flow, **how)))  # other steps than judged
    verdict = judge_recorded(RecordedEncodings(time, W, STRENGTH, rtol=1e-3, **how))
    assert verdict.holds, str(verdict)
    wrong = RecordedEncodings(time, 1.01 * W, STRENGTH, rtol=1e-3, **how)
    assert not judge_recorded(wrong).holds


def test_the_flow_itself_needs_no_method() -> None:
    times, found = [0.0, 1.0, 3.0], [START]
    for duration in np.diff(times):
        later = simulate(MODEL, found[-1], until=duration, rtol=1e-7, atol=1e-11)
        found.append(later.final)
    W = np.array(found)
    assert judge_recorded(RecordedEncodings(np.array(times), W, STRENGTH)).holds
    W[1, 2] *= 1.001
    doctored = judge_recorded(RecordedEncodings(np.array(times), W, STRENGTH))
    assert not doctored.holds
    assert judge_recorded(RecordedEncodings(np.array(times), W, STRENGTH), tolerance=0.01).holds


def test_loss_units_are_named() -> None:
    time, W = history("proximal")
    run = RecordedEncodings(time, W, 4 * STRENGTH, STEP, method="proximal")
    assert "l1_strength is in loss units" in str(judge_recorded(run).likely_cause)


def test_a_batch_of_histories_is_judged_one_by_one() -> None:
    time, W = history("proximal")
    both = np.stack([W, 1.01 * W], axis=1)
    run = RecordedEncodings(time, both, STRENGTH, STEP, method="proximal")
    verdict = judge_recorded(run)
    assert [each.holds for each in verdict.runs] == [True, False]
    assert not verdict.holds


def close_start() -> Array:
    """Return encodings with six features on one neuron, all but equal."""
    rng = np.random.default_rng(5)
    W = 0.02 * rng.normal(size=(6, 12))
    W[:, 0] = 0.5 + 1e-4 * rng.normal(size=6)
    return W


def test_close_competition_is_told_apart() -> None:
    # The step decides which of the features keeps the neuron: that is no fault of the run.
    time, found = history("euler", every=2000, steps=2000, start=close_start())
    verdict = judge_recorded(RecordedEncodings(time, found, STRENGTH, STEP))
    assert verdict.history is not None
    assert verdict.history.close > 0
    assert verdict.history.features_off == 0


def test_a_history_of_close_competition_alone_is_undecided(tmp_path: Path) -> None:
    time, found = history("euler", every=100, steps=100, start=close_start())
    path = tmp_path / "history.npz"
    np.savez(path, time=time, W=found, l1_strength=STRENGTH, step=0.5, method="subgradient")
    verdict = judge_recorded(path)
    assert verdict.undecided
    assert not verdict.holds
    assert str(verdict).startswith("UNDECIDED")
    assert main(["verify", "--recorded", str(path)]) == 3


def test_a_file_is_judged_by_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    time, W = history("proximal", every=180)
    path = tmp_path / "history.npz"
    np.savez(path, time=time, W=W, l1_strength=STRENGTH, step=STEP, method="proximal")
    assert main(["verify", "--recorded", str(path), "--json", "-"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["history"]["features_off"] == 0
    assert result["undecided"] is False


TIME, W = np.array([0.0, 1.0]), np.stack([START, START])
BAD = [
    ({"time": np.array([0.0, 1.0, 2.0])}, r"^W must be of shape .* with T = 3"),
    ({"time": TIME[:1], "W": W[:1]}, "^time must be two or more times"),
    ({"W": W[0]}, "^W must be of shape"),
    ({"W": np.full_like(W, np.nan)}, "^W must be finite"),
    ({"W": W[:, None][:, :0]}, "^W must be of shape"),
    ({"W": 1e4 * W}, "^W must be at most 1000"),
    ({"W": W.astype(int)}, "^W must be weights; got only zeros"),
    ({"method": "rk4"}, "^step must be given"),
]


@pytest.mark.parametrize(("changes", "words"), BAD)
def test_unusable_encodings_are_refused(changes: dict[str, Any], words: str) -> None:
    given: dict[str, Any] = {"time": TIME, "W": W, "l1_strength": STRENGTH}
    with pytest.raises(ValueError, match=words):
        judge_recorded(RecordedEncodings(**given | changes))
