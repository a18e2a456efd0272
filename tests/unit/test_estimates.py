"""Runs with an estimate of their error: what stays the same, what is missing, what is refused."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from polytheory import (
    Interrupted,
    Observation,
    RowTrajectory,
    ToyModel,
    Trajectory,
    initial_encodings,
    row_flow,
    simulate,
    train,
)
from polytheory.flow import row as row_module
from polytheory.flow._engines import ENGINES, RungeKuttaLegendre
from polytheory.noise import Gaussian

MODEL = ToyModel(5, 9, l1_strength=0.05)
START = initial_encodings(MODEL, 3, rng=1)
TIMES = [0.0, 0.5, 3.0, 20.0, 300.0]
ROW = [0.5, -0.4, 0.1]


@pytest.fixture(scope="module")
def run() -> Trajectory:
    return simulate(MODEL, START, time=TIMES, estimate_error=True)


@pytest.mark.parametrize(
    ("model", "how"),
    [
        (MODEL, {}),
        (MODEL, {"method": "heun"}),
        (MODEL, {"dtype": "float32"}),
        (ToyModel(5, 9), {"until": 300.0}),
        (ToyModel(5, 9, noise=Gaussian(std=0.2)), {"until": 300.0}),
    ],
)
def test_the_run_is_the_same_without_an_estimate(model: ToyModel, how: dict[str, Any]) -> None:
    alone = simulate(model, START, time=TIMES, **how)
    both = simulate(model, START, time=TIMES, **how, estimate_error=True)
    for name in (*Trajectory.series, "final_time", "outcome", "time"):
        np.testing.assert_array_equal(getattr(alone, name), getattr(both, name))
    assert alone.finer is None
    assert alone.certain is None


def test_each_series_has_an_error_of_its_shape(run: Trajectory) -> None:
    for name in Trajectory.series:
        assert run.error(name).shape == getattr(run, name).shape
        assert np.isfinite(run.error(name)).all()
    assert run.error("l1_norm")[0].max() < 1e-13  # the start is given
    assert run.certain is not None
    assert run.certain.shape == run.final.shape[:-1]


def test_the_error_of_a_function_is_that_of_both_runs(run: Trajectory) -> None:
    def total(run: Trajectory) -> Any:
        return run.loss[2].sum()

    assert run.finer is not None
    expected = 5.0 * abs(total(run) - total(run.finer))
    assert float(run.error(total)) == pytest.approx(expected, rel=1e-6)


def test_an_instance_does_not_depend_on_its_batch(run: Trajectory) -> None:
    one = simulate(MODEL, START[1], time=TIMES, estimate_error=True)
    np.testing.assert_array_equal(one.error("l1_norm"), run.error("l1_norm")[:, 1])
    assert run.certain is not None
    np.testing.assert_array_equal(one.certain, run.certain[1])


def test_row_flow_is_the_same_without_an_estimate() -> None:
    alone = row_flow(ROW, l1_strength=[0.05, 0.3], time=TIMES)
    both = row_flow(ROW, l1_strength=[0.05, 0.3], time=TIMES, estimate_error=True)
    assert both.finer is not None
    for name in ("time", *RowTrajectory.series):
        np.testing.assert_array_equal(getattr(alone, name), getattr(both, name))
        assert getattr(both.finer, name).shape == getattr(alone, name).shape
    np.testing.assert_array_equal(both.finer.time, alone.time)
    assert both.error(lambda run: run.weights(-1)).shape == (2, 3)


def test_row_flow_at_one_time_or_at_the_start_only() -> None:
    for time in ([0.0], [2.0], [0.0, 2.0]):
        run = row_flow(ROW, l1_strength=0.05, time=time, rtol=1e-13, estimate_error=True)
        assert run.error("l1_norm").max() < 1e-10


def test_the_lowest_tolerance_has_a_finer_run_too() -> None:
    run = row_flow(ROW, l1_strength=0.05, time=TIMES, rtol=1e-13, estimate_error=True)
    assert run.finer is not None
    assert (run.finer.squared_norm != run.squared_norm).any()


# Observations


def test_an_observation_takes_value_and_error(run: Trajectory) -> None:
    seen = Observation.from_run(run, "squared_norm", at=(2, 0))
    np.testing.assert_array_equal(seen.value, run.squared_norm[2, 0])
    np.testing.assert_array_equal(seen.error, run.error("squared_norm")[2, 0])
    rows = row_flow(ROW, l1_strength=0.05, time=TIMES, estimate_error=True)
    assert Observation.from_run(rows, "l1_norm").value.shape == (5,)
    assert Observation.from_run(rows, lambda run: run.weights(-1)[0]).error < 1e-7


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda run: run.error("norm"), "what must be one of 'nonzero_count', 'l1_norm'"),
        (lambda run: run.error("final_time"), "what must be one of"),
        (lambda run: run.error(3), "what must be"),
        (lambda run: run.error(lambda _: "far"), "a function that returns real numbers"),
        (lambda run: run.error(lambda _: None), "a function that returns real numbers"),
        (lambda run: run.error(lambda run: run.final * 1j), "a function that returns real"),
        (
            lambda run: run.error(lambda each: each.loss if each is run else each.loss[0]),
            "of one shape for both",
        ),
        (lambda _: Observation.from_run(3.0, "loss"), "a run of simulate or row_flow"),  # type: ignore[arg-type]
        (
            lambda _: Observation.from_run(simulate(MODEL, START), "loss"),
            "Run it again with estimate_error=True",
        ),
        (
            lambda _: train(MODEL, START, steps=1, learning_rate=1e-3).error("loss"),
            "Run it again with estimate_error=True",
        ),
    ],
)
def test_what_is_refused(run: Trajectory, ask: Callable[[Any], Any], words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=re.escape(words)):
        ask(run)


# Ctrl-C


def test_ctrl_c_in_a_finer_run_loses_nothing(
    run: Trajectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines: list[Any] = []

    class Interrupting(RungeKuttaLegendre):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            engines.append(self)

        def advance(self, end: float) -> None:
            if len(engines) == 4 and self is engines[-1] and self.time >= 0.5:
                raise KeyboardInterrupt
            super().advance(end)

    monkeypatch.setitem(ENGINES, "rkl2", Interrupting)
    with pytest.raises(Interrupted) as stopped:
        simulate(MODEL, START, time=TIMES, estimate_error=True)
    kept = stopped.value.trajectory
    assert kept.outcome.tolist() == ["settled", "interrupted", "interrupted"]
    np.testing.assert_array_equal(kept.loss[:2, 1], run.loss[:2, 1])
    for name in Trajectory.series:
        at = 0 if name == "final" else (slice(None), 0)
        np.testing.assert_array_equal(getattr(kept, name)[at], getattr(run, name)[at])
        np.testing.assert_array_equal(kept.error(name)[at], run.error(name)[at])
        at = 2 if name == "final" else (slice(None), 2)
        assert np.isnan(kept.error(name)[at]).all()
    assert kept.certain is not None
    assert not kept.certain[1:].any()
    assert Observation.from_run(kept, "loss", at=(-1, 0)).error > 0
    with pytest.raises(ValueError, match="If the run was interrupted, choose"):
        Observation.from_run(kept, "loss", at=-1)


def test_ctrl_c_in_the_second_run_of_a_row_hands_over_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = row_flow(ROW, l1_strength=0.05, time=TIMES)
    evolve, calls = row_module.evolve, []

    def interrupting(*args: Any, **how: Any) -> Any:
        calls.append(how)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return evolve(*args, **how)

    monkeypatch.setattr(row_module, "evolve", interrupting)
    with pytest.raises(Interrupted) as stopped:
        row_flow(ROW, l1_strength=0.05, time=TIMES, estimate_error=True)
    kept = stopped.value.trajectory
    np.testing.assert_array_equal(kept.l1_norm, expected.l1_norm)
    with pytest.raises(ValueError, match="estimate_error=True"):
        kept.error("l1_norm")
