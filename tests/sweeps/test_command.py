"""``polytheory sweep``: the spec file, what is printed, and the exit status."""

import csv
import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import active_children
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import SemLock
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from polytheory import _processes, load_sweep, sweep
from polytheory._processes import THREADS
from polytheory.cli import main
from polytheory.sweeps import count_task, executors

Capture = pytest.CaptureFixture[str]

SPEC = """
task = "count"
seed = 3
repeat = 2

[grid]
n_features = [4, 8]
n_neurons = 8
l1_strength = [0.1]
"""


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])  # the command may add to it
    path = tmp_path / "spec.toml"
    path.write_text(SPEC, "utf-8")
    return path


def test_it_does_what_sweep_does(spec: Path, capsys: Capture) -> None:
    arguments = ["sweep", str(spec), "--store", "runs.sqlite", "--export", "runs.csv"]
    assert main(arguments) == 0
    told = capsys.readouterr().out
    assert "spec.toml: 4 tasks" in told
    assert "runs.sqlite: 4 tasks: 4 done, 0 failed, 0 to do" in told
    grid = {"n_features": [4, 8], "n_neurons": 8, "l1_strength": [0.1], "repeat": range(2)}
    table = sweep(grid, count_task, rng=3)
    stored = load_sweep("runs.sqlite")
    assert all((stored[name] == table[name]).all() for name in table)
    with Path("runs.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["polysemantic"]) for row in rows] == table["polysemantic"].tolist()
    assert [float(row["final_time"]) for row in rows] == [np.inf] * 4
    assert main(arguments) == 0  # and again, with nothing to do


def test_status_of_a_store(spec: Path, capsys: Capture) -> None:
    main(["sweep", str(spec), "--store", "runs.sqlite"])
    capsys.readouterr()
    assert main(["sweep", "--status", "--store", "runs.sqlite"]) == 0
    told = capsys.readouterr().out
    assert "4 tasks: 4 done, 0 failed, 0 to do (polytheory.sweeps:count_task, seed 3)" in told
    assert "last finished" in told


def test_tables_of_values_and_a_task_of_ones_own(
    tasks: ModuleType, spec: Path, capsys: Capture
) -> None:
    text = 'task = "swept_tasks:draw"\nrepeat = 2\n[[grid]]\na = 1\n[[grid]]\na = 2\n'
    spec.write_text(text, "utf-8")
    assert main(["sweep", str(spec), "--store", "runs.sqlite", "--export", "runs.csv"]) == 0
    capsys.readouterr()
    table = load_sweep("runs.sqlite")
    assert [*zip(table["a"].tolist(), table["repeat"].tolist(), strict=True)] == [
        (1, 0),
        (1, 1),
        (2, 0),
        (2, 1),
    ]
    assert '"[' in Path("runs.csv").read_text("utf-8")  # an array is a list in JSON
    assert tasks.draw.__name__ == "draw"


def test_failures_are_shown_and_mended(
    tasks: ModuleType, spec: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec.write_text(f'task = "{tasks.__name__}:thirds_fail"\ngrid.a = {[*range(20)]}\n', "utf-8")
    command = ["sweep", str(spec), "--store", "runs.sqlite"]
    assert main(command) == 1
    told = capsys.readouterr().out
    assert "20 tasks: 13 done, 7 failed, 0 to do" in told
    assert "failed: a=0: ValueError: a third of them" in told
    assert "and 2 more" in told
    monkeypatch.setenv("MENDED", str(spec))
    assert main(command) == 1
    assert main([*command, "--retry-failed"]) == 0


def test_a_pool_whose_worker_dies_is_begun_again(
    tasks: ModuleType, spec: Path, capsys: Capture
) -> None:
    spec.write_text(f'task = "{tasks.__name__}:deadly"\ngrid.a = {[*range(30)]}\n', "utf-8")
    assert main(["sweep", str(spec), "--store", "runs.sqlite", "--workers", "2"]) == 1
    told = capsys.readouterr().out
    assert "a worker died, a new pool is started" in told
    assert "0 to do" in told
    assert "failed: a=5: a worker died" in told
    assert len(load_sweep("runs.sqlite")["a"]) >= 28


def test_a_pool_that_never_does_a_task_is_given_up(spec: Path, capsys: Capture) -> None:
    (spec.parent / "dies.py").write_text(
        "import multiprocessing, os\nif multiprocessing.parent_process(): os._exit(3)\n"
        "def task(parameters, rng): return {}\n",
        "utf-8",
    )
    spec.write_text(f'task = "dies:task"\ngrid.a = {[*range(30)]}\n', "utf-8")
    assert main(["sweep", str(spec), "--store", "runs.sqlite", "--workers", "1"]) == 2
    assert "0 of 30 tasks are done" in capsys.readouterr().err
    assert main(["sweep", "--status", "--store", "runs.sqlite"]) == 0
    assert "3 failed, 27 to do" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("where", "name", "before", "number", "words"),
    [
        (SemLock, "__init__", 0, errno.ENOSPC, "No space left"),
        (SemLock, "__init__", 0, errno.EMFILE, "Too many open files"),
        (SemLock, "__init__", 0, errno.EACCES, "Permission denied"),
        (BaseProcess, "start", 0, errno.EAGAIN, "temporarily unavailable"),
        (BaseProcess, "start", 1, errno.ENOMEM, "annot allocate memory"),  # a first one is there
    ],
)
def test_without_room_for_processes_this_one_runs_the_tasks(
    spec: Path,
    monkeypatch: pytest.MonkeyPatch,
    where: type,
    name: str,
    before: int,
    number: int,
    words: str,
) -> None:
    allowed, real = [None] * before, getattr(where, name)

    def refuse(*arguments: Any, **named: Any) -> None:
        if not allowed:
            raise OSError(number, os.strerror(number))
        real(*arguments, **named)
        allowed.pop()

    monkeypatch.setattr(where, name, refuse)
    children, threads = active_children(), [os.environ.get(name) for name in THREADS]
    told = rf"workers: could not be started \(.*{words}.*\); this process runs the tasks"
    with pytest.warns(RuntimeWarning, match=told):
        assert main(["sweep", str(spec), "--store", "runs.sqlite", "--workers", "2"]) == 0
    assert allowed == []
    assert len(load_sweep("runs.sqlite")["polysemantic"]) == 4
    assert active_children() == children
    assert [os.environ.get(name) for name in THREADS] == threads


def test_a_system_without_semaphores_has_no_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: int) -> None:
        raise NotImplementedError("no semaphores")

    monkeypatch.setattr(executors, "_started_pool", missing)
    with (
        pytest.warns(RuntimeWarning, match="no semaphores"),
        executors.process_pool(2, 4) as pool,
    ):
        assert isinstance(pool, executors.SerialExecutor)


def test_no_more_processes_than_tasks_and_none_of_a_daemon(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    @contextmanager
    def pool(count: int) -> Iterator[None]:
        asked.append(count)
        yield

    monkeypatch.setattr(executors, "_started_pool", pool)
    for workers in (10**9, 2):
        with executors.process_pool(workers, 4):
            pass
    assert asked == [4, 2]
    monkeypatch.setattr(_processes, "current_process", lambda: SimpleNamespace(daemon=True))
    with (
        pytest.raises(ValueError, match="workers must be left out in a daemonic process"),
        executors.process_pool(1, 4),
    ):
        pass


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("task = 'count'\nmodel = 3\n[grid]\na = 1", "a key of .*spec.toml must be one of task"),
        ("task = 3\n[grid]\na = 1", "task in .*spec.toml must be a string"),
        ("task = 'count'\nseed = 'x'\n[grid]\na = 1", "seed in .* must be a whole number"),
        ("task = 'count'\nseed = true\n[grid]\na = 1", "seed in .* must be a whole number"),
        ("task = 'count'\nseed = -1\n[grid]\na = 1", "seed in .* an integer of at least 0"),
        ("task = 'count'\nrepeat = 10000000000\n[grid]\nn_features = 3", "10,000,000; got 10,"),
        ("task = 'count'\nrepeat = 99999999\n[[grid]]\nn_features = 3", "10,000,000; got 99,"),
        ("task = 'count'\nrepeat = 0\n[grid]\na = 1", "repeat in .* an integer of at least 1"),
        ("task = 'count'\nrepeat = 2\n[grid]\nrepeat = [1]", "repeat must be one or the other"),
        ("task = 'count'\ngrid = 3", "grid in .* must be a table"),
        ("task = 'count'", "with grid"),
        ("[grid]\na = 1", "with task"),
        ("task = 'count'\n[grid]", "grid must be at least one task"),
        ("task = 'count'\n[grid]\nn_features = []", "at least one value"),
        ("task = 'count'\n[grid]\nn_features = [{}]", "a number, a str"),
        ("task = 'count'\n[grid]\nn_features = 2024-01-01", "a number, a str"),
        ("task = 'count'\n[grid]\nn_feature = 3", "a parameter of count_task must be one of"),
        ("task = 'nothing'\n[grid]\na = 1", "task must be 'count' or 'module:function'"),
        ("task = 'no_module:f'\n[grid]\na = 1", "ModuleNotFoundError"),
        ("task = 'math:nothing'\n[grid]\na = 1", "AttributeError"),
        ("task = 'math:pi'\n[grid]\na = 1", "task must be a function"),
        ("task = 'count", "SPEC must be a TOML file"),
    ],
)
def test_bad_specs_are_one_line(spec: Path, capsys: Capture, text: str, words: str) -> None:
    import re

    spec.write_text(text, "utf-8")
    assert main(["sweep", str(spec), "--store", "runs.sqlite"]) == 2
    told = capsys.readouterr().err
    assert re.search(words, told)
    assert told.count("\n") == 1
    assert not Path("runs.sqlite").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--store", "s"], "SPEC.toml: missing"),
        (["spec.toml", "--status", "--store", "s"], "--status: reads the store only"),
        (["nothing.toml", "--store", "s"], "nothing.toml"),
        (["spec.toml", "--store", "s", "--workers", "0"], "--workers must be an integer of at"),
        (["spec.toml", "--store", "s", "--export", "x.txt"], "a file that ends in .csv"),
        (["spec.toml", "--store", "s", "--export", "no/x.csv"], "in a folder that exists"),
        (["--status", "--store", "s"], "s does not exist"),
        (["--status", "--store", "s", "--workers", "2"], "--workers: "),
        (["spec.toml", "--store", "s", "--export", "folder.csv"], "a file, not a folder"),
        (["--export", "x.csv", "--store", "spec.toml"], "which is not an SQLite file"),
        (["spec.toml", "--store", "s", "--dask", "nonsense"], "--dask must be the address"),
    ],
)
def test_bad_arguments_are_one_line(
    spec: Path, capsys: Capture, arguments: list[str], words: str
) -> None:
    if "--dask" in arguments:
        pytest.importorskip("distributed")
    (spec.parent / "folder.csv").mkdir()
    assert main(["sweep", *arguments]) == 2
    told = capsys.readouterr().err
    assert words in told
    assert told.count("\n") == 1
    assert not Path("s").exists()


def test_a_huge_grid_wants_a_yes(
    tasks: ModuleType, spec: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from polytheory.cli import _sweep

    spec.write_text(f'task = "{tasks.__name__}:draw"\ngrid.a = {[*range(11)]}\n', "utf-8")
    monkeypatch.setattr(_sweep, "CONFIRM_FROM_TASKS", 10)
    command = ["sweep", str(spec), "--store", "runs.sqlite"]
    assert main(command) == 2
    told = capsys.readouterr()
    assert "at most 10 unless --yes is given; got 11 tasks" in told.err
    assert not Path("runs.sqlite").exists()
    assert main([*command, "--yes"]) == 0


def test_help_has_an_example(capsys: Capture) -> None:
    with pytest.raises(SystemExit):
        main(["sweep", "--help"])
    assert "example: polytheory sweep sweep.toml --store runs.sqlite" in capsys.readouterr().out
