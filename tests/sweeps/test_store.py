"""The store: one writer, any reader, nothing half written, clear words when it is of no use."""

import itertools
import os
import shutil
import sqlite3
import subprocess
import sys
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from polytheory import load_sweep, sweep, sweep_status
from polytheory.sweeps import StoreError, SweepTable, _driver
from polytheory.sweeps import file as _file
from polytheory.sweeps import store as _store
from polytheory.sweeps._grid import keys
from polytheory.sweeps._identity import Identity
from polytheory.sweeps.file import SCHEMA_VERSION
from polytheory.sweeps.store import Store

GRID = {"a": range(8)}


def test_the_schema_that_is_documented(tasks: ModuleType, path: Path) -> None:
    sweep(GRID, tasks.draw, rng=7, store=path)
    with closing(sqlite3.connect(path)) as db:
        about = dict(db.execute("SELECT name, value FROM about"))
        columns = [row[1] for row in db.execute("PRAGMA table_info(task)")]
        runs = db.execute('SELECT started, versions, "commit" FROM run').fetchall()
        row = db.execute("SELECT _status, _run, _started, _finished, a, word FROM task").fetchone()
        (mode,) = db.execute("PRAGMA journal_mode").fetchone()
    words = {"task": '"swept_tasks:draw"', "entropy": "7", "spawn_key": "[]", "script": '""'}
    assert about == words
    assert columns[8:] == ["a", "x", "profile", "word"]
    assert len(runs) == 1
    assert '"numpy"' in runs[0][1]
    assert row[:2] == ("done", 1)
    assert row[2] <= row[3]
    assert row[4:] == (0, "a0")
    assert mode == "delete"  # one file, once nobody writes it
    page = (Path(__file__).parents[2] / "docs" / "howto" / "sweeps.md").read_text("utf-8")
    assert all(f"`{name}`" in page for name in ("about", "run", "task", "field", *columns[:8]))


@pytest.mark.usefixtures("tasks")
def test_every_finished_task_is_a_transaction(path: Path) -> None:
    seen = []

    class Watched(Store):
        def finish(self, task: int, end: Any) -> bool:
            done = super().finish(task, end)
            seen.append(sweep_status(path).done)  # another connection, while this one is open
            return done

    with Watched.writing(path) as store:
        identity = Identity("swept_tasks:draw", 0)
        tasks = [{"a": a} for a in range(3)]
        store.prepare(identity, tasks, [*keys(tasks)], extend=False)
        store.begin_run(None)
        for number in store.to_do(retry_failed=False):
            end = _driver.run_task(identity.task, identity, store.parameters(number), "elsewhere")
            assert not isinstance(end, _driver.MissingTask)
            store.finish(number, end)
    assert seen == [1, 2, 3]


def test_a_transaction_that_fails_leaves_nothing(tasks: ModuleType, path: Path) -> None:
    sweep(GRID, tasks.draw, rng=0, store=path)
    before = load_sweep(path)
    with Store.writing(path) as store:
        good = _store.Finished("", "", {"new_column": ("int", 1)})
        bad = _store.Finished("", "", {"new_column": ("int", 1), "other": ("int", object())})
        with pytest.raises(StoreError, match="cannot be written"):
            store.finish(0, bad)
        assert list(store.table()) == list(before)
        store.finish(0, good)
        assert set(store.table()) == {*before, "new_column"}


def test_a_second_writer_is_refused_readers_are_not(tasks: ModuleType, path: Path) -> None:
    sweep({"a": 1}, tasks.draw, rng=0, store=path)
    with Store.writing(path):
        with pytest.raises(StoreError, match="is being written by another sweep"):
            sweep({"a": 1}, tasks.draw, rng=0, store=path)
        assert len(load_sweep(path)["a"]) == 1
    assert len(sweep({"a": 1}, tasks.draw, rng=0, store=path)["a"]) == 1


def test_a_reader_does_not_hold_up_the_end(path: Path) -> None:
    with Store.writing(path) as store:
        store.prepare(Identity("swept_tasks:draw", 0), [{"a": 1}], [b"key"], extend=False)
        with closing(sqlite3.connect(path)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM task").fetchall()
    assert sweep_status(path).waiting == 1


def files_in_the_way(folder: Path) -> dict[str, Path]:
    text, other, empty = folder / "text", folder / "other", folder / "folder"
    text.write_text("not a database, and long enough to have a header of its own" * 20, "utf-8")
    empty.mkdir()
    with closing(sqlite3.connect(other)) as db:
        db.executescript("CREATE TABLE mine (x); INSERT INTO mine VALUES (1);")
    return {"text": text, "other": other, "folder": empty, "nowhere": folder / "no" / "where"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("text", "store must be the store of a sweep; got .*text, which is not an SQLite file"),
        ("other", "store must be the store of a sweep; got .*other, an SQLite file that is not"),
        ("folder", "store must be a file; got .*folder, a folder"),
        ("nowhere", "Is it in a folder that exists"),
    ],
)
def test_files_that_are_no_store(tasks: ModuleType, tmp_path: Path, name: str, words: str) -> None:
    path = files_in_the_way(tmp_path)[name]
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises((ValueError, StoreError), match=words):
        sweep({"a": 1}, tasks.draw, rng=0, store=path)
    assert before is None or path.read_bytes() == before
    with pytest.raises((ValueError, OSError)):
        load_sweep(path)


def test_a_newer_schema_is_refused(tasks: ModuleType, path: Path) -> None:
    sweep({"a": 1}, tasks.draw, rng=0, store=path)
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    for use in (load_sweep, lambda path: sweep({"a": 1}, tasks.draw, rng=0, store=path)):
        with pytest.raises(ValueError, match=r"of schema 1 or before; got .*Install a newer"):
            use(path)


def test_a_missing_store_cannot_be_read(path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"runs\.sqlite does not exist"):
        load_sweep(path)
    assert not path.exists()


def test_what_cannot_be_written_is_told_before_work(
    tasks: ModuleType, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep({"a": [1]}, tasks.draw, rng=0, store=path)
    connect = _file._connect
    monkeypatch.setattr(_file, "_connect", lambda path, _mode="": connect(path, "ro"))
    with pytest.raises(StoreError, match=r"readonly database\. It is read-only"):
        sweep({"a": [1, 2]}, tasks.draw, rng=0, store=path, extend=True)
    assert len(load_sweep(path)["a"]) == 1


def test_a_disk_that_fills_up_keeps_what_is_done(
    tasks: ModuleType, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = _file._connect

    def small(path: Path, mode: str = "rwc") -> sqlite3.Connection:
        db = connect(path, mode)
        db.execute("PRAGMA max_page_count = 14")  # SQLite's own "disk is full"
        return db

    grid = {"a": range(400)}
    monkeypatch.setattr(_file, "_connect", small)
    sweep({"a": range(40)}, tasks.draw, rng=0, store=path)
    with pytest.raises(StoreError, match=r"full\. The disk is full: make room and run"):
        sweep(grid, tasks.draw, rng=0, store=path, extend=True)
    monkeypatch.setattr(_file, "_connect", connect)
    kept = load_sweep(path)
    assert len(kept["a"]) > 0
    whole = sweep(grid, tasks.draw, rng=0, store=path, extend=True)
    assert rows(whole) == rows(sweep(grid, tasks.draw, rng=0))


def test_no_task_is_begun_on_a_disk_that_is_nearly_full(
    tasks: ModuleType, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    left = itertools.chain([2**30, 2**30], itertools.repeat(2**20))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(2**40, 0, next(left)))
    with pytest.raises(StoreError, match=r"only 1 MiB are free on its disk\. Make room"):
        sweep(GRID, tasks.draw, rng=0, store=path)
    assert load_sweep(path)["a"].tolist() == [0, 1]


def test_a_store_in_memory_needs_no_disk(
    tasks: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: pytest.fail("was asked"))
    assert len(sweep(GRID, tasks.draw, rng=0)["a"]) == 8


def rows(table: SweepTable) -> list[tuple[Any, ...]]:
    columns = [[getattr(v, "tobytes", lambda v=v: v)() for v in c.tolist()] for c in table.values()]
    return list(zip(*columns, strict=True))


def test_the_commit_is_that_of_the_task(tmp_path: Path) -> None:
    from polytheory._provenance import commit_of

    file = tmp_path / "task.py"
    file.write_text("x = 1\n", "utf-8")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    if shutil.which("git") is None:
        pytest.skip("no git")
    assert commit_of(file) is None
    subprocess.run([*git, "init", "-q"], check=True)
    assert commit_of(file) is None  # near a checkout, not in it
    subprocess.run([*git, "add", "task.py"], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "one"], check=True)
    clean = commit_of(file)
    assert clean is not None
    assert len(clean) == 40
    file.write_text("x = 2\n", "utf-8")
    assert commit_of(file) == f"{clean}-dirty"
    assert commit_of(None) is None


def test_a_reader_sees_one_moment(path: Path, tasks: ModuleType) -> None:
    """Another process writes; what is read never has columns of different moments."""
    code = "import swept_tasks; from polytheory import sweep; import sys;"
    code += "sweep({'a': range(1500)}, swept_tasks.draw, rng=0, store=sys.argv[1])"
    writer = subprocess.Popen([sys.executable, "-c", code, str(path)])
    lengths = set()
    while writer.poll() is None:
        try:
            table = load_sweep(path)
        except (OSError, ValueError):  # not there yet
            continue
        sizes = {column.size for column in table.values()}
        assert len(sizes) <= 1
        assert sizes == set() or sizes.pop() + table.waiting == 1500
        if "x" in table:
            expected = [f"a{a}" for a in table["a"]]
            assert table["word"].tolist() == expected
            lengths.add(table["x"].size)
    assert writer.returncode == 0
    assert len(lengths) > 3  # it was read while it grew
    assert tasks.draw


def test_a_link_is_the_store_that_it_leads_to(
    tasks: ModuleType, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep({"a": 1}, tasks.draw, rng=0, store=path)
    (tmp_path / "link.sqlite").symlink_to(path)
    monkeypatch.chdir(tmp_path)
    with Store.writing("runs.sqlite"), pytest.raises(StoreError, match="another sweep"):
        sweep({"a": 1}, tasks.draw, rng=0, store="link.sqlite")


def test_the_working_folder_may_change(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    (path.parent / "sub").mkdir()
    sweep({"a": range(3)}, goes_elsewhere, rng=0, store="runs.sqlite")
    assert len(load_sweep(path)["a"]) == 3


def goes_elsewhere(parameters: dict[str, Any], _rng: Any) -> dict[str, Any]:
    if parameters["a"] == 0:
        os.chdir("sub")
    return {"x": 1}


def test_a_task_with_names_of_its_own_each_time_cannot_fill_up_the_columns(
    tasks: ModuleType, path: Path
) -> None:
    table = sweep({"a": range(5)}, tasks.many_names, rng=0, store=path)
    assert table["a"].tolist() == [0, 1]
    assert "more than 1990 different names" in table.failures[0].error
    assert len(table.failures) == 3


def test_running_tasks_are_entered_before_a_full_disk_is_told(
    tasks: ModuleType, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    left = itertools.chain([2**30] * 4, itertools.repeat(2**20))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(2**40, 0, next(left)))
    grid = {"a": range(9), "pause": 0.05}
    with ThreadPoolExecutor(2) as pool, pytest.raises(StoreError, match="only 1 MiB are free"):
        sweep(grid, tasks.draw, rng=0, store=path, executor=pool)
    assert load_sweep(path)["a"].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("store", ["", ":memory:", "x\0y", 3, b"runs"])
def test_what_is_no_path(tasks: ModuleType, store: Any) -> None:
    with pytest.raises((TypeError, ValueError), match=r"store must be the path of a file.*memory"):
        sweep({"a": 1}, tasks.draw, rng=0, store=store)


def test_only_a_store_that_nobody_writes_is_removed(tasks: ModuleType, path: Path) -> None:
    other = path.with_name("other.sqlite")
    with closing(sqlite3.connect(other)) as db:
        db.executescript("CREATE TABLE mine (x); INSERT INTO mine VALUES (1);")
    with pytest.raises(ValueError, match="that is not a store"):
        _file.remove(other)
    assert other.exists()
    sweep({"a": 1}, tasks.draw, rng=0, store=path)
    with Store.writing(path), pytest.raises(StoreError, match="another sweep"):
        _file.remove(path)
    assert path.exists()
    _file.remove(path)
    _file.remove(path)
    assert not path.exists()
