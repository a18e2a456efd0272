"""Instances in several processes: the same results, and nothing lost when something breaks."""

import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from polytheory import IncompleteError, Interrupted, ToyModel, initial_encodings, simulate
from polytheory.flow.trajectory import Trajectory
from polytheory.noise import Gaussian, Symmetric

module = importlib.import_module("polytheory.flow.simulate")

SERIES = ("nonzero_count", "l1_norm", "squared_norm", "fourth_power_sum", "loss")
MODEL = ToyModel(5, 9, l1_strength=0.05)
START = initial_encodings(MODEL, 4, rng=1).reshape(2, 2, 5, 9)
TIMES = [0.0, 3.0, 300.0]


@pytest.fixture(autouse=True)
def processors(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the machine have two processors; check that no process is left."""
    monkeypatch.setattr(module, "usable_processors", lambda: 2)
    before = set(active_children())
    yield
    assert set(active_children()) <= before


def assert_same(one: Any, other: Any, at: tuple[Any, ...] = ()) -> None:
    for name in SERIES:
        index = (slice(None), *at)
        np.testing.assert_array_equal(getattr(one, name)[index], getattr(other, name)[index])
    for name in ("final", "final_time", "outcome"):
        np.testing.assert_array_equal(getattr(one, name)[at], getattr(other, name)[at])


def test_processes_change_no_bit(capsys: pytest.CaptureFixture[str]) -> None:
    options: dict[str, Any] = {"time": TIMES, "dtype": "float32", "estimate_error": True}
    alone = simulate(MODEL, START, **options)
    run = simulate(MODEL, START, workers=2, progress=True, **options)
    assert "4/4" in capsys.readouterr().err
    assert_same(run, alone)
    assert_same(run.finer, alone.finer)
    np.testing.assert_array_equal(run.certain, alone.certain)
    assert run.final.dtype == np.float32
    other = simulate(MODEL, START, rtol=0.0101, time=TIMES)
    with pytest.raises(AssertionError):  # a comparison to the last bit sees another tolerance
        assert_same(other, simulate(MODEL, START, time=TIMES))


def test_noise_goes_to_the_processes() -> None:
    noisy = ToyModel(3, 4, noise=Gaussian(std=0.3))
    start = initial_encodings(noisy, 2, rng=0)
    assert_same(simulate(noisy, start, workers=2), simulate(noisy, start))


def test_a_single_instance_needs_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "each_result", None)
    assert simulate(MODEL, START[0, 0], workers=2).outcome == "settled"


def kill_children(_: Any) -> None:
    for child in active_children():
        child.kill()


class Bar:
    """A bar of progress at whose first update something happens."""

    def __init__(self, action: Any) -> None:
        self.action = action

    def __enter__(self) -> "Bar":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def update(self) -> None:
        action, self.action = self.action, lambda _: None
        action(None)


def instance_done(run: Trajectory) -> list[tuple[int, ...]]:
    outcomes = np.asarray(run.outcome)
    return [index for index in np.ndindex(*outcomes.shape) if outcomes[index] != "interrupted"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_dead_process_costs_its_instance(monkeypatch: pytest.MonkeyPatch) -> None:
    # The first instance settles at once; the others take long enough to be killed.
    slow = ToyModel(24, 48, l1_strength=1e-3)
    start = initial_encodings(slow, 4, rng=1)
    start[0] = np.eye(24, 48)
    monkeypatch.setattr(module, "progress_bar", lambda *_, **__: Bar(kill_children))
    with pytest.raises(IncompleteError, match=r"of 4 instances are missing.*SIGKILL") as stop:
        simulate(slow, start, workers=2)
    monkeypatch.undo()
    lost = stop.value
    assert 1 <= len(lost.missing) <= 2
    done = instance_done(lost.trajectory)
    assert (0,) in done
    assert sorted([*done, *lost.missing]) == [(0,), (1,), (2,), (3,)]
    assert re.search(re.escape(str(list(lost.missing[0]))), str(lost))
    assert_same(lost.trajectory, simulate(slow, start), (done[-1],))
    for index in lost.missing:
        assert np.isnan(lost.trajectory.loss[:, *index]).all()
        np.testing.assert_array_equal(lost.trajectory.final[index], start[index])


def test_an_interrupt_keeps_what_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "progress_bar", lambda *_, **__: Bar(stop))
    with pytest.raises(Interrupted) as caught:
        simulate(MODEL, START, workers=2)
    monkeypatch.undo()
    done = instance_done(caught.value.trajectory)
    assert 1 <= len(done) < 4
    assert_same(caught.value.trajectory, simulate(MODEL, START), done[0])


def test_without_processes_this_one_follows_the_instances(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "each_result", lambda *_: (_ for _ in ()))
    with pytest.warns(RuntimeWarning, match="this process follows"):
        run = simulate(MODEL, START, workers=2)
    assert_same(run, simulate(MODEL, START))


@pytest.mark.parametrize(
    ("workers", "error", "allowed"),
    [
        (0, ValueError, "an integer of at least 1"),
        (-1, ValueError, "an integer of at least 1"),
        (1.5, TypeError, "an integer"),
        (2.0, TypeError, "an integer"),
        ("two", TypeError, "an integer"),
        (None, TypeError, "an integer"),
        (True, TypeError, "an integer"),
        (3, ValueError, "at most 2, the number of processors"),
        (10**30, ValueError, "at most 2, the number of processors"),
    ],
)
def test_no_number_of_processes(workers: Any, error: type[Exception], allowed: str) -> None:
    with pytest.raises(error, match=rf"workers must be {allowed}"):
        simulate(MODEL, START, workers=workers)


def test_what_processes_cannot_import_is_refused() -> None:
    noise = Symmetric(
        std=0.1,
        characteristic_function=lambda u: 0.5 + 0.5 * np.cos(np.sqrt(2) * u),
        sample=lambda shape, *, rng: rng.choice([-np.sqrt(2), 0.0, 0.0, np.sqrt(2)], shape),
    )
    noisy = ToyModel(3, 4, noise=noise)
    with pytest.raises(ValueError, match="workers must be 1 with noise of functions"):
        simulate(noisy, initial_encodings(noisy, 2, rng=0), workers=2)


def test_a_daemonic_process_follows_alone() -> None:
    call = "__import__('importlib').import_module('polytheory.flow.simulate')._processes(%d, 0)"
    patch = "vars(__import__('sys').modules['polytheory.flow.simulate'])"
    patch += ".update(usable_processors=lambda: 2)"
    with get_context("spawn").Pool(1) as pool:
        assert pool.apply(eval, [call % 1]) == 1
        pool.apply(eval, [patch])
        with pytest.raises(ValueError, match="workers must be 1 in a daemonic process"):
            pool.apply(eval, [call % 2])


def test_a_script_needs_no_guard_and_is_run_once(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import importlib\n"
        "from polytheory import ToyModel, initial_encodings, simulate\n"
        "importlib.import_module('polytheory.flow.simulate').usable_processors = lambda: 2\n"
        "model = ToyModel(3, 4, l1_strength=0.1)\n"
        "print(*simulate(model, initial_encodings(model, 2, rng=0), workers=2).outcome)\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout == "settled settled\n"
