"""Runs limit the threads of linear algebra, one limit for the process, and give them back."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController

from polytheory import Interrupted, ToyModel, _threads, simulate, sweep, train, verify
from polytheory._processes import usable_processors
from polytheory._threads import SWITCH, one_thread
from polytheory.laws import laws_named

MODEL = ToyModel(2, 3, l1_strength=0.1)
START = np.eye(2, 3) + 0.1


def threads() -> set[int]:
    """Return the numbers of threads of all linear algebra libraries of this process."""
    infos = ThreadpoolController().info()
    return {each["num_threads"] for each in infos if each["user_api"] == "blas"}


@pytest.fixture(autouse=True)
def three(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Set three threads, whatever the machine and its environment have."""
    import scipy.linalg  # noqa: F401 - loads a BLAS of its own

    monkeypatch.delenv(SWITCH, raising=False)
    controller = ThreadpoolController()
    before = controller.limit(limits=3)
    _threads._release(controller)
    if threads() != {3}:
        pytest.skip("the libraries of this machine cannot be limited")
    yield
    before.restore_original_limits()
    _threads._release(controller)


def test_the_limit_is_set_and_restored() -> None:
    with one_thread():
        assert threads() == {1}
        with one_thread():
            assert threads() == {1}
        assert threads() == {1}
    assert threads() == {3}


def test_it_is_restored_after_an_error() -> None:
    with pytest.raises(LookupError), one_thread():
        raise LookupError
    assert threads() == {3}


def test_two_threads_of_python_share_it() -> None:
    inside, leave = threading.Event(), threading.Event()

    def first() -> None:
        with one_thread():
            inside.set()
            leave.wait(60)

    other = threading.Thread(target=first)
    other.start()
    assert inside.wait(60)
    with one_thread():
        leave.set()
        other.join()
        assert threads() == {1}  # the first has left, this one is still here
    assert threads() == {3}


def test_many_at_once_end_as_they_began() -> None:
    seen: list[set[int]] = []

    def often() -> None:
        for _ in range(20):
            with one_thread():
                seen.append(threads())

    crowd = [threading.Thread(target=often) for _ in range(8)]
    for each in crowd:
        each.start()
    for each in crowd:
        each.join()
    assert seen == [{1}] * 160
    assert threads() == {3}


@pytest.mark.parametrize("number", ["2", " 2 "])
def test_the_switch_sets_another_number(number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SWITCH, number)
    with one_thread():
        assert threads() == {2}
    assert threads() == {3}


@pytest.mark.parametrize("wrong", ["0", "-1", "1.5", "two", "²", "100000000000000000000"])
def test_a_wrong_number_is_refused(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SWITCH, wrong)
    with pytest.raises(ValueError, match=f"{SWITCH} must be an integer from 1 to"):
        simulate(MODEL, START)
    monkeypatch.setenv(SWITCH, "")
    with one_thread():  # the refused one is not counted
        assert threads() == {1}
    assert threads() == {3}


def test_where_nothing_can_be_limited_nothing_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def blind(_modules: int) -> None:
        raise OSError("no libraries to be seen")

    monkeypatch.setattr(_threads, "_controller", blind)
    with one_thread():
        assert threads() == {3}
    assert simulate(MODEL, START).outcome == "settled"


def during(run: Callable[[], object], where: object, name: str) -> list[set[int]]:
    """Return the numbers of threads whenever a run calls a function."""
    seen: list[set[int]] = []
    function = getattr(where, name)

    def watched(*arguments: object, **options: object) -> object:
        seen.append(threads())
        return function(*arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(where, name, watched)
        run()
    return seen


def look(_parameters: object, _rng: object) -> dict[str, int]:
    (number,) = threads()
    return {"threads": number}


def test_runs_have_one_thread() -> None:
    # The loss is computed for each record.
    assert during(lambda: simulate(MODEL, START), ToyModel, "loss") == [{1}]
    steps: Any = {"optimizer": "sgd", "learning_rate": 0.01, "steps": 2}
    assert during(lambda: train(MODEL, START, **steps), ToyModel, "loss") == [{1}]
    assert sweep({"a": [1]}, look)["threads"].tolist() == [1]
    assert threads() == {3}


def test_laws_are_judged_on_one_thread() -> None:
    (law,) = laws_named("flow_units", "law")
    seen: list[set[int]] = []

    def watched(**case: object) -> object:
        seen.append(threads())
        return law.observe(**case)

    assert verify(replace(law, observe=watched)).holds
    assert set().union(*seen) == {1}
    assert threads() == {3}


def test_ctrl_c_in_a_run_restores(
    interrupted_after: Callable[..., AbstractContextManager[None]],
) -> None:
    with pytest.raises(Interrupted), interrupted_after(0, ToyModel, "loss"):
        simulate(MODEL, START)
    assert threads() == {3}


def test_processors_are_those_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "process_cpu_count", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {5}, raising=False)
    assert usable_processors() == 1
    monkeypatch.setattr(os, "process_cpu_count", lambda: 3, raising=False)
    assert usable_processors() == 3
    monkeypatch.delattr(os, "process_cpu_count")
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert usable_processors() == 1
