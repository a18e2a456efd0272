"""The likely cause of a recorded run that is off, for mistakes that are made on purpose."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from polytheory import initial_row, row_flow
from polytheory.recorded import RecordedRun, judge_recorded

Array = np.ndarray[Any, Any]
STRENGTH, STEP, STEPS, EVERY = 0.01, 0.1, 600, 50
ROW = initial_row(50, rng=1)


def total(w: Array) -> float:
    return float(np.abs(w).sum())


def euler(
    *,
    start: Array = ROW,
    clip: bool = True,
    sign: int = 1,
    late: int = 0,
    threshold: float = 0.0,
    norm: Callable[[Array], float] = total,
) -> Any:
    """Return time, norm and count of Euler's method, with one thing done wrongly."""
    kind = start.dtype.type
    w, seen = start.copy(), []
    for k in range(STEPS + EVERY):
        if k >= late and (k - late) % EVERY == 0:
            seen.append(((k - late) * STEP, norm(w), np.count_nonzero(np.abs(w) > threshold)))
        after = w + kind(STEP) * ((1 - w @ w) * w - sign * kind(STRENGTH) * np.sign(w))
        w = np.where(after * w < 0, kind(0), after) if clip else after
    return tuple(map(np.array, zip(*seen, strict=True)))


TIME, NORM, COUNT = euler()


def run(time: Array = TIME, norm: Array = NORM, count: Array = COUNT, **said: Any) -> RecordedRun:
    given = {"initial_row": ROW, "l1_strength": STRENGTH, "step": STEP}
    return RecordedRun(time, norm, count, **given | said)


def euler_run(**wrong: Any) -> RecordedRun:
    return run(*euler(**wrong), initial_row=wrong.get("start", ROW).astype(float))


HALF = ROW.astype(np.float32)
MISTAKES = {
    "λ in loss units": (run(l1_strength=4 * STRENGTH), "l1_strength is in loss units"),
    "2 λ": (run(l1_strength=2 * STRENGTH), "0.5 λ fits"),
    "all in loss units": (
        run(TIME / 4, l1_strength=4 * STRENGTH, step=STEP / 4),
        "loss units.*4 × time fits",
    ),
    "half the time": (run(TIME / 2, step=STEP / 2), "2 × time fits"),
    "time in steps": (run(np.round(TIME / STEP)), "0.1 × time fits"),
    "time in steps, no step": (run(np.round(TIME / STEP), step=None), "time counts steps"),
    "a step late": (euler_run(late=1), r"one step late: time \+ 0.1"),
    "wrong sign": (euler_run(sign=-1), "wrong sign"),
    "no penalty": (euler_run(sign=0), "no ℓ1 penalty"),
    "no clipping": (euler_run(clip=False, threshold=STEP * STRENGTH), "subgradient without clip"),
    "no clipping, all counted": (euler_run(clip=False), "without clipping.*dead weights"),
    "no step": (run(step=None), "forward Euler at a step of about 0.1;"),
    "another step": (run(step=0.01), "forward Euler at a step of about 0.1;"),
    "single precision": (euler_run(start=HALF), "single precision"),
    "signed sum": (euler_run(norm=lambda w: float(abs(w.sum()))), "sum of w"),
    "mean": (euler_run(norm=lambda w: float(np.abs(w).mean())), "the mean of"),
    "2-norm": (euler_run(norm=lambda w: float(np.sqrt(w @ w))), "‖w‖₂, not"),
    "counted above a threshold": (euler_run(threshold=0.01), r"\|w\| > 1e-02"),
}


@pytest.mark.parametrize(("wrong", "words"), MISTAKES.values(), ids=MISTAKES)
def test_a_known_mistake_is_named_and_the_run_still_fails(wrong: RecordedRun, words: str) -> None:
    verdict = judge_recorded(wrong)
    assert not verdict.holds
    assert verdict.likely_cause is not None
    assert re.search(words, verdict.likely_cause)
    assert f"cause       likely {verdict.likely_cause}" in str(verdict)


UNKNOWN = {
    "drift": run(norm=NORM * (1 + 0.01 * TIME / TIME[-1])),
    "another row": run(initial_row=initial_row(50, rng=2)),
    "noise": run(norm=NORM * (1 + 0.05 * np.random.default_rng(0).normal(size=NORM.size))),
}


@pytest.mark.parametrize("wrong", UNKNOWN.values(), ids=UNKNOWN)
def test_no_cause_is_named_for_what_none_explains(wrong: RecordedRun) -> None:
    verdict = judge_recorded(wrong)
    assert not verdict.holds
    assert verdict.likely_cause is None


def test_a_run_that_holds_has_no_cause() -> None:
    assert judge_recorded(run()).likely_cause is None


def test_the_cause_of_a_batch_is_that_of_most_of_its_runs() -> None:
    rows = np.stack([ROW, 0.9 * ROW])
    flow = row_flow(rows, l1_strength=STRENGTH, time=TIME)
    wrong = RecordedRun(TIME, flow.l1_norm, flow.nonzero_count, rows, 4 * STRENGTH)
    assert "loss units" in str(judge_recorded(wrong).likely_cause)
