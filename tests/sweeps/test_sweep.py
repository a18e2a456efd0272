"""`sweep`: the same table however it is computed, what is there is not computed again."""

import enum
import functools
import io
import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import polytheory
from polytheory import load_sweep, sweep, sweep_status
from polytheory.sweeps import (
    StoreError,
    SweepInterrupted,
    SweepStoppedError,
    SweepTable,
    checked_by,
)

GRID = {"a": range(6), "b": [0.5, 1.5]}
calls: list[dict[str, Any]] = []


def remember(parameters: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    calls.append(parameters)
    return {"x": rng.random(), "thread": threading.current_thread().name != "MainThread"}


def of_every_kind(parameters: dict[str, Any], _rng: np.random.Generator) -> dict[str, Any]:
    return RESULTS[parameters["case"]]


def interrupted(parameters: dict[str, Any], _rng: np.random.Generator) -> dict[str, Any]:
    if parameters["a"] == 3:
        raise KeyboardInterrupt
    return {"x": parameters["a"]}


def exits(_parameters: dict[str, Any], _rng: np.random.Generator) -> dict[str, Any]:
    raise SystemExit("enough")


@checked_by(lambda parameters: polytheory._checks.integer("a", parameters["a"], minimum=1))
def picky(_parameters: dict[str, Any], _rng: np.random.Generator) -> dict[str, Any]:
    return {"x": 1}


RESULTS: dict[str, Any] = {
    "numbers": {"i": np.int32(3), "f": np.float32(0.1), "b": np.True_, "s": "λ", "n": None},
    "more": {"i": -4, "f": -0.0, "b": False, "s": "", "n": "word"},
    "infinite": {"i": 0, "f": -np.inf, "b": True, "s": "x", "n": None},
    "nan": {"i": 0, "f": np.nan, "b": True, "s": "x", "n": None},
}


@pytest.fixture(autouse=True)
def forget() -> None:
    calls.clear()


def same(one: SweepTable, other: SweepTable) -> bool:
    """Whether two tables are equal to the last bit."""

    def frozen(column: Any) -> Any:
        if column.dtype == object:
            return [np.asarray(value).tobytes() for value in column]
        return column.dtype, column.tobytes()

    return list(one) == list(other) and all(frozen(one[n]) == frozen(other[n]) for n in one)


def test_a_table_has_a_row_a_task_in_the_order_of_the_grid(tasks: ModuleType) -> None:
    table = sweep(GRID, tasks.draw, rng=0)
    assert list(table) == ["a", "b", "x", "profile", "word"]
    assert table["a"].tolist() == [a for a in range(6) for _ in range(2)]
    assert table["word"].tolist() == [f"a{a}" for a in table["a"]]
    assert {column.shape for column in table.values()} == {(12,)}
    assert np.stack(table["profile"].tolist()).shape == (12, 3)
    assert len(set(table["x"].tolist())) == 12
    assert (table.failures, table.waiting) == ((), 0)


@pytest.mark.parametrize("workers", [1, 2])
def test_processes_change_nothing(tasks: ModuleType, workers: int) -> None:
    context = get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        table = sweep(GRID, tasks.draw, rng=3, executor=pool)
    assert same(table, sweep(GRID, tasks.draw, rng=3))
    assert not same(table, sweep(GRID, tasks.draw, rng=4))  # the comparison can fail


def test_threads_and_order_change_nothing(tasks: ModuleType) -> None:
    class Backwards(Executor):
        """Runs what it was given from the last to the first, when the first result is wanted."""

        def __init__(self) -> None:
            self.held: list[tuple[Future[Any], Callable[[], Any]]] = []

        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            future: Future[Any] = Future()
            if fn is exec:  # whether workers can begin
                future.set_result(None)
                return future
            self.held.append((future, functools.partial(fn, *args, **kwargs)))
            if len(self.held) == 12:
                for late, call in reversed(self.held):
                    late.set_result(call())
            return future

    serial = sweep(GRID, tasks.draw, rng=3)
    with ThreadPoolExecutor(3) as threads:
        assert same(serial, sweep(GRID, tasks.draw, rng=3, executor=threads))
    assert same(serial, sweep(GRID, tasks.draw, rng=3, executor=Backwards()))


def test_columns_come_in_the_order_of_the_first_task_whoever_is_first(tmp_path: Path) -> None:
    calls_of = {"numbers": {"z": 1, "y": 2}, "more": {"y": 3, "x": 4}}
    tables = []
    for order in (["numbers", "more"], ["more", "numbers"]):
        RESULTS.update(calls_of)
        try:
            path = tmp_path / f"{order[0]}.sqlite"
            sweep({"case": [order[0]]}, of_every_kind, rng=0, store=path)
            tables.append(sweep({"case": order}, of_every_kind, rng=0, store=path, extend=True))
        finally:
            RESULTS.update(ORIGINAL)
    assert list(tables[0]) == ["case", "z", "y", "x"]
    assert list(tables[1]) == ["case", "y", "x", "z"]
    assert tables[0]["z"].tolist() == [1, None]  # a gap


ORIGINAL = dict(RESULTS)


def test_a_rerun_computes_nothing(path: Path) -> None:
    first = sweep(GRID, remember, rng=0, store=path)
    assert len(calls) == 12
    assert same(sweep(GRID, remember, rng=0, store=path), first)
    assert same(sweep(GRID, remember, store=path), first)  # None takes the store's seed
    assert same(load_sweep(path), first)
    assert len(calls) == 12
    assert same(sweep(GRID, remember, rng=first.seed), first)
    assert len(calls) == 24


def test_an_extension_computes_what_is_new(path: Path) -> None:
    sweep({"a": [1, 2]}, remember, rng=0, store=path)
    with pytest.raises(ValueError, match=r"got 1 tasks more and 1 tasks fewer.*extend"):
        sweep({"a": [2, 3]}, remember, rng=0, store=path)
    assert len(calls) == 2
    table = sweep({"a": [3, 2]}, remember, rng=0, store=path, extend=True)
    assert calls[2:] == [{"a": 3}]
    assert same(table, sweep({"a": [3, 2]}, remember, rng=0))  # what was asked for, in that order
    assert same(load_sweep(path), sweep({"a": [1, 2, 3]}, remember, rng=0))


def test_a_grid_in_another_order_is_the_same_sweep(path: Path) -> None:
    sweep({"a": [1, 2], "b": [1, 2]}, remember, rng=0, store=path)
    table = sweep({"b": [2, 1], "a": [2, 1]}, remember, rng=0, store=path)
    assert len(calls) == 4
    assert table["b"].tolist() == [2, 2, 1, 1]
    assert table["a"].tolist() == [2, 1, 2, 1]


def test_truth_values_do_not_extend_numbers(path: Path) -> None:
    sweep({"a": [2, 3]}, remember, rng=0, store=path)
    with pytest.raises(ValueError, match="parameter 'a' must be either all bool or all numbers"):
        sweep({"a": [True]}, remember, rng=0, store=path, extend=True)
    assert load_sweep(path)["a"].tolist() == [2, 3]


def remade(_parameters: dict[str, Any], _rng: np.random.Generator) -> dict[str, Any]:
    return {"x": 1}


def test_a_task_that_is_defined_anew_is_the_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sweep({"a": 1}, remade, rng=0)["x"].tolist() == [1]

    def second(_parameters: dict[str, Any], _rng: np.random.Generator) -> dict[str, Any]:
        return {"x": 2}

    second.__qualname__ = "remade"
    monkeypatch.setattr(sys.modules[__name__], "remade", second)
    assert sweep({"a": 1}, second, rng=0)["x"].tolist() == [2]


def test_tasks_of_two_scripts_are_two_tasks(tmp_path: Path) -> None:
    script = (
        "from polytheory import sweep\n"
        "def task(parameters, rng):\n    return {'x': 1}\n"
        "sweep({'a': [1]}, task, rng=0, store='runs.sqlite')\n"
    )
    ends = []
    for name in ("one.py", "one.py", "two.py"):
        (tmp_path / name).write_text(script, "utf-8")
        command = [sys.executable, name]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        ends.append((done.returncode, "task must be '__main__:task' one.py" in done.stderr))
    assert ends == [(0, False), (0, False), (1, True)]


def swallows(parameters: dict[str, Any], _rng: np.random.Generator) -> dict[str, Any]:
    if parameters["a"] == 1:
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            return {"x": "half done"}
    return {"x": "done"}


def test_a_task_that_catches_ctrl_c_has_no_result(path: Path) -> None:
    # Whoever started the tests may have had Ctrl-C ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(SweepInterrupted, match="1 of 3 tasks are done and in"):
            sweep({"a": range(3)}, swallows, rng=0, store=path)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert load_sweep(path)["a"].tolist() == [0]


def test_a_worker_that_gives_up_a_task_is_no_success(path: Path) -> None:
    with (
        ThreadPoolExecutor(1) as pool,
        pytest.raises(SweepStoppedError, match="it cancelled a task"),
    ):
        sweep({"a": range(6)}, interrupted, rng=0, store=path, executor=pool)
    assert 3 not in load_sweep(path)["x"]
    assert sweep_status(path).failed == 0


class Unusable(ThreadPoolExecutor):
    """Hands everything back as if it had failed in a worker."""

    problem: BaseException = BrokenExecutor("no worker began")

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        del fn, args, kwargs
        future: Future[Any] = Future()
        future.set_exception(self.problem)
        return future


def test_an_executor_whose_workers_cannot_begin_fails_no_task(path: Path) -> None:
    words = r"could not start: BrokenExecutor: no worker began In a script, is the call below if"
    with Unusable(1) as pool, pytest.raises(SweepStoppedError, match=words):
        sweep({"a": range(6)}, remember, rng=0, store=path, executor=pool)
    assert sweep_status(path).waiting == 6


def test_workers_without_polytheory_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Unusable, "problem", ModuleNotFoundError("No module named 'polytheory'"))
    words = r"task must be a function that the workers can import.*No module named 'polytheory'"
    with Unusable(1) as pool, pytest.raises(ValueError, match=words):
        sweep({"a": range(6)}, remember, rng=0, executor=pool)


def test_columns_of_several_kinds() -> None:
    RESULTS["one"] = {"b": True, "m": True, "l": "x" * 1001, "d": np.datetime64("2020-01-01")}
    RESULTS["two"] = {"b": None, "m": 2.5, "l": "y", "d": np.datetime64("2021-01-01")}
    table = sweep({"case": ["one", "two"]}, of_every_kind, rng=0)
    assert table["b"].tolist() == [True, None]
    assert table["m"].tolist() == [1.0, 2.5]
    assert table["l"].dtype == object  # the long one would widen all
    assert str(table["d"][1]) == "2021-01-01"


class Size(enum.IntEnum):
    SMALL = 3


class Word(str, enum.Enum):  # noqa: UP042 - the older way, whose str() is another word
    RED = "red"


def test_enumerations_are_their_values() -> None:
    table = sweep({"a": [Size.SMALL], "w": [Word.RED]}, remember, rng=0)
    assert table["a"].dtype == np.int64
    assert (table["a"][0], table["w"][0]) == (3, "red")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"task": of_every_kind}, "task must be '.*:remember', whose results are in"),
        ({"rng": 1}, "rng must be that of .*; got another seed"),
        ({"grid": {"b": [1, 2]}}, "grid must be of the parameters a, as"),
    ],
)
@pytest.mark.parametrize("extend", [False, True])
def test_another_sweep_is_never_mixed_in(
    path: Path, change: dict[str, Any], words: str, extend: bool
) -> None:
    given: dict[str, Any] = {"grid": {"a": [1, 2]}, "task": remember, "rng": 0, "store": path}
    before = sweep(**given)
    with pytest.raises(ValueError, match=words):
        sweep(**given | change, extend=extend)
    assert same(load_sweep(path), before)


def test_the_type_of_parameters_survives(path: Path) -> None:
    grid = [{"a": 1, "b": True, "c": 1.0, "d": None}, {"a": 2.5, "b": False, "c": 2.0, "d": "x"}]
    sweep(grid, remember, rng=0, store=path)
    assert calls == grid
    assert [[type(v) for v in call.values()] for call in calls] == [
        [type(v) for v in each.values()] for each in grid
    ]


def test_results_keep_value_and_type() -> None:
    table = sweep({"case": ["numbers", "more", "infinite"]}, of_every_kind, rng=0)
    assert table["i"].dtype == np.int64
    assert table["i"].tolist() == [3, -4, 0]
    assert table["f"].tolist() == [float(np.float32(0.1)), 0.0, -np.inf]
    assert np.signbit(table["f"][1])
    assert table["b"].dtype == np.bool_
    assert table["s"].tolist() == ["λ", "", "x"]
    assert table["n"].tolist() == [None, "word", None]
    alone = sweep({"case": "nan"}, of_every_kind, rng=0)
    assert alone["f"].dtype == np.float64
    assert np.isnan(alone["f"][0])


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (3, "what the task returns must be a dict"),
        ({"x": object()}, "result 'x' must be a number"),
        ({"x": np.array([object()])}, "result 'x' must be a number"),
        ({"x": [[1], [2, 3]]}, "result 'x' must be a number"),
        ({"x": [1, "a"]}, "result 'x' must be a number"),
        ({"x": 2**70}, "result 'x' must be an integer of 64 bits"),
        ({"x": np.zeros(2**23), "y": 1}, "must be of at most 67,108,864 bytes"),
        ({"x": "\udcff"}, "text that UTF-8 can hold"),
        ({"case": 1}, "the name of a result must be different from all parameters"),
        ({"CASE": 1}, "names that differ in more than case"),
        ({"_id": 1}, "does not begin with an underscore"),
        ({"select ;": 1}, "a name as in Python"),
        ({f"x{k}": k for k in range(1001)}, "at most 1000"),
    ],
)
def test_what_cannot_be_kept_is_a_failure_with_words(result: Any, words: str) -> None:
    RESULTS["bad"] = result
    table = sweep({"case": ["numbers", "bad"]}, of_every_kind, rng=0)
    (failure,) = table.failures
    assert words in failure.error
    assert failure.parameters == {"case": "bad"}
    assert table["i"].tolist() == [3]


def test_arrays_come_back_as_they_were(path: Path) -> None:
    matrix, words = np.arange(6.0).reshape(2, 3), np.array(["λ", "xy"])
    arrays = [matrix, np.array(2 + 1j), words, np.zeros(0, "i1")]
    RESULTS["arrays"] = {f"a{k}": array for k, array in enumerate(arrays)}
    table = sweep({"case": "arrays"}, of_every_kind, rng=0, store=path)
    for k, array in enumerate(arrays):
        back = table[f"a{k}"][0]
        assert back.dtype == array.dtype
        assert back.shape == array.shape
        assert (back == array).all()


def test_failures_are_kept_and_the_rest_goes_on(
    tasks: ModuleType, path: Path, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    grid = {"a": range(7)}
    with caplog.at_level(logging.WARNING):
        table = sweep(grid, tasks.thirds_fail, rng=0, store=path)
    assert "3 of 7 tasks failed; the first: ValueError: a third" in caplog.text
    assert table["a"].tolist() == [1, 2, 4, 5]
    assert [failure.parameters["a"] for failure in table.failures] == [0, 3, 6]
    assert table.failures[0].error == "ValueError: a third of them"
    assert "in thirds_fail" in table.failures[0].traceback
    assert sweep_status(path).failed == 3
    monkeypatch.setenv("MENDED", str(path))
    assert len(sweep(grid, tasks.thirds_fail, rng=0, store=path).failures) == 3  # not by itself
    mended = sweep(grid, tasks.thirds_fail, rng=0, store=path, retry_failed=True)
    assert mended.failures == ()
    assert same(mended, sweep(grid, tasks.thirds_fail, rng=0))


def test_a_task_that_exits_has_failed() -> None:
    (failure,) = sweep({"a": 1}, exits, rng=0).failures
    assert failure.error == "SystemExit: enough"


def test_a_dead_worker_is_a_failure_and_the_sweep_can_go_on(
    tasks: ModuleType, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grid = {"a": range(40)}
    with (
        ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool,
        pytest.raises(SweepStoppedError, match=r"40 tasks are done and in .*to continue") as stop,
    ):
        sweep(grid, tasks.deadly, rng=0, store=path, executor=pool)
    table = stop.value.table
    failed = [failure.parameters["a"] for failure in table.failures]
    assert 5 in failed
    assert len(failed) <= 2  # what two workers can have been running
    assert "a worker died" in table.failures[0].error
    assert len(table["a"]) + len(failed) + table.waiting == 40
    monkeypatch.setenv("MENDED", str(path))
    done = sweep(grid, tasks.deadly, store=path, retry_failed=True)
    assert same(done, sweep(grid, tasks.deadly, rng=0))


def test_an_executor_that_finds_no_room_keeps_what_is_done(path: Path) -> None:
    class Crowded(ThreadPoolExecutor):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            if fn is not exec and args[2]["a"] == 2:
                raise BlockingIOError("no room for a process")
            return super().submit(fn, *args, **kwargs)

    words = "BlockingIOError: no room for a process"
    with Crowded(1) as pool, pytest.raises(SweepStoppedError, match=words):
        sweep({"a": range(4)}, remember, rng=0, executor=pool, store=path)
    status = sweep_status(path)
    assert (status.done, status.failed, status.waiting) == (2, 0, 2)


def test_an_executor_that_was_shut_down_is_told() -> None:
    with ThreadPoolExecutor(1) as pool:
        pass
    with pytest.raises(SweepStoppedError, match="after shutdown"):
        sweep({"a": [1, 2]}, remember, rng=0, executor=pool)


def test_an_executor_that_cancels_or_fails_is_no_end_of_the_world(path: Path) -> None:
    class Odd(ThreadPoolExecutor):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            future: Future[Any] = Future()
            if fn is exec:  # whether workers can begin
                future.set_result(None)
            elif args[2]["a"] == 1:
                future.set_exception(ConnectionError("lost\non the way"))
            elif args[2]["a"] == 2:
                future.cancel()
            else:
                future.set_result(fn(*args, **kwargs))
            return future

    with Odd(1) as odd, pytest.raises(SweepStoppedError, match="it cancelled a task") as stop:
        sweep({"a": range(4)}, remember, rng=0, executor=odd, store=path)
    table = stop.value.table
    assert 0 in table["a"]
    assert [failure.error for failure in table.failures] == ["ConnectionError: lost on the way"]
    assert len(table["a"]) + table.waiting == 3
    assert len(sweep({"a": range(4)}, remember, store=path, retry_failed=True)["a"]) == 4


def test_somebody_elses_ctrl_c_leaves_the_finished(path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        sweep({"a": range(6)}, interrupted, rng=0, store=path)
    assert load_sweep(path)["x"].tolist() == [0, 1, 2]
    assert sweep_status(path).waiting == 3


def test_the_exception_of_an_interrupted_sweep_has_the_table() -> None:
    table = SweepTable({"x": np.arange(2)})
    assert SweepInterrupted("words", lambda: table).table is table
    assert isinstance(SweepInterrupted("words", lambda: table), KeyboardInterrupt)


def test_a_check_comes_before_the_first_task(path: Path) -> None:
    with pytest.raises(ValueError, match="a must be an integer of at least 1"):
        sweep({"a": [2, 1, 0]}, picky, rng=0, store=path)
    assert not path.exists()


def test_linear_algebra_has_one_thread(tasks: ModuleType) -> None:
    # Whatever the environment and the number of processors say, workers start with two.
    with ProcessPoolExecutor(1, get_context("spawn"), initializer=tasks.two_threads) as pool:
        # The control: without a sweep there are two.
        rng = np.random.default_rng(0)
        assert pool.submit(tasks.threads, {}, rng).result() == {"threads": 2}
        table = sweep({"a": [1, 2]}, tasks.threads, rng=0, executor=pool)
    assert table["threads"].tolist() == [1, 1]
    assert sweep({"a": 1}, tasks.threads, rng=0)["threads"].tolist() == [1]


def test_bar_only_where_it_is_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    sweep({"a": [1, 2]}, remember, rng=0)
    assert capsys.readouterr().err == ""
    sweep({"a": [1, 2]}, remember, rng=0, progress=True)
    assert "2/2" in capsys.readouterr().err


def test_other_versions_are_told(path: Path, monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    from polytheory.sweeps import store as _store

    sweep({"a": 1}, remember, rng=0, store=path)
    newer = _store.versions() | {"numpy": "99.0"}
    monkeypatch.setattr(_store, "versions", lambda: newer)
    with caplog.at_level(logging.WARNING):
        sweep({"a": 2}, remember, rng=0, store=path, extend=True)
    assert f"numpy {np.__version__} → 99.0" in caplog.text
    caplog.clear()
    sweep({"a": [1, 2]}, remember, rng=0, store=path)
    assert caplog.text == ""  # nothing was computed


class Client:
    """Has what a dask Client has."""

    def get_executor(self) -> None: ...


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"task": lambda *_: {}}, "a lambda, a partial or a function inside"),
        ({"task": functools.partial(remember)}, "a function that can be imported"),
        ({"task": 3}, "task must be a function that can be imported"),
        ({"executor": Client()}, r"For a dask Client, pass client.get_executor\(\)"),
        ({"executor": ThreadPoolExecutor}, r"Pass an instance: ThreadPoolExecutor\(\)"),
        ({"executor": 2}, "executor must be a concurrent.futures.Executor"),
        ({"rng": "seed"}, "rng must be None, a non-negative integer"),
        ({"rng": True}, "rng must be None, a non-negative integer"),
        ({"max_pending": 0}, "max_pending must be an integer of at least 1"),
        ({"grid": {"a": []}}, "at least one value"),
    ],
)
def test_bad_arguments(path: Path, change: dict[str, Any], words: str) -> None:
    given: dict[str, Any] = {"grid": {"a": [1]}, "task": remember, "rng": 0}
    with pytest.raises((TypeError, ValueError), match=words):
        sweep(**given | {"store": path} | change)
    assert calls == []


def test_seeds_of_every_kind() -> None:
    def drawn(rng: Any) -> Any:
        return sweep({"a": [1]}, remember, rng=rng)["x"][0]

    assert drawn(5) == drawn(np.random.SeedSequence(5)) == drawn(np.int64(5))
    assert drawn(np.random.default_rng(5)) == drawn(np.random.default_rng(5))
    generator = np.random.default_rng(5)
    assert drawn(generator) != drawn(generator)
    assert drawn(None) != drawn(None)
    assert drawn([1, 2]) == drawn(np.random.SeedSequence([1, 2]))


def test_a_store_remembers_a_seed_of_several_words(path: Path) -> None:
    seed = np.random.SeedSequence([1, 2], spawn_key=(4, 2))
    first = sweep({"a": [1]}, remember, rng=seed, store=path)
    assert same(sweep({"a": [1]}, remember, rng=load_sweep(path).seed), first)


def test_the_table_is_what_pandas_wants(tasks: ModuleType) -> None:
    # One-dimensional columns of one length in a plain dict; pandas itself is not needed here.
    table = sweep(GRID, tasks.draw, rng=0)
    assert isinstance(table, dict)
    assert {column.ndim for column in table.values()} == {1}
    assert len({column.size for column in table.values()}) == 1


def test_the_bytes_of_an_array_are_a_npy_file(path: Path, tasks: ModuleType) -> None:
    import sqlite3

    table = sweep({"a": 1}, tasks.draw, rng=0, store=path)
    with sqlite3.connect(path) as db:
        (stored,) = db.execute("SELECT profile FROM task").fetchone()
    db.close()
    assert (np.load(io.BytesIO(stored), allow_pickle=False) == table["profile"][0]).all()


def test_store_errors_are_os_errors() -> None:
    assert issubclass(StoreError, OSError)
