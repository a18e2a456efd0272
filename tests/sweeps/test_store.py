"""The store: one writer, any reader, nothing half written, clear words when it is of no use."""

from __future__ import annotations

import shutil
import sqlite3
from collections import namedtuple
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from polytheory import load_sweep, sweep, sweep_status
from polytheory.sweeps import StoreError, SweepTable, _store, _sweep
from polytheory.sweeps._store import SCHEMA_VERSION, Identity, Store

GRID = {"a": range(8)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "runs.sqlite"


def test_the_schema_that_is_documented(tasks: ModuleType, path: Path) -> None:
    sweep(GRID, tasks.draw, rng=7, store=path)
    with closing(sqlite3.connect(path)) as db:
        about = dict(db.execute("SELECT name, value FROM about"))
        columns = [row[1] for row in db.execute("PRAGMA table_info(task)")]
        runs = db.execute('SELECT started, versions, "commit" FROM run').fetchall()
        row = db.execute("SELECT _status, _run, _started, _finished, a, word FROM task").fetchone()
        (mode,) = db.execute("PRAGMA journal_mode").fetchone()
    assert about == {"task": '"swept_tasks:draw"', "entropy": "7", "spawn_key": "[]"}
    assert columns[8:] == ["a", "x", "profile", "word"]
    assert len(runs) == 1
    assert '"numpy"' in runs[0][1]
    assert row[:2] == ("done", 1)
    assert row[2] <= row[3]
    assert row[4:] == (0, "a0")
    assert mode == "delete"  # one file, once nobody writes it
    page = (Path(__file__).parents[2] / "docs" / "howto" / "sweeps.md").read_text("utf-8")
    assert all(f"`{name}`" in page for name in ("about", "run", "task", "field", *columns[:8]))


def test_every_finished_task_is_a_transaction(tasks: ModuleType, path: Path) -> None:
    seen = []

    class Watched(Store):
        def finish(self, task: int, end: Any) -> bool:
            done = super().finish(task, end)
            seen.append(sweep_status(path).done)  # another connection, while this one is open
            return done

    with Watched.writing(path) as store:
        identity = Identity("swept_tasks:draw", 0)
        store.prepare(identity, [{"a": a} for a in range(3)], extend=False)
        store.begin_run(None)
        for number in store.to_do(retry_failed=False):
            end = _sweep.run(identity.task, identity, store.parameters(number), "elsewhere")
            assert not isinstance(end, _sweep.Missing)
            store.finish(number, end)
    assert seen == [1, 2, 3]
    assert callable(tasks.draw)


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


def test_a_reader_does_not_hold_up_the_end(tasks: ModuleType, path: Path) -> None:
    with Store.writing(path) as store:
        store.prepare(Identity("swept_tasks:draw", 0), [{"a": 1}], extend=False)
        with closing(sqlite3.connect(path)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM task").fetchall()
    assert sweep_status(path).waiting == 1
    assert tasks


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
        ("text", "store must be the store of a sweep; got .*text, which is no SQLite file"),
        ("other", "store must be the store of a sweep; got .*other, an SQLite file of something"),
        ("folder", "Is it in a folder that exists"),
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
    with pytest.raises(FileNotFoundError, match=r"runs\.sqlite is not there"):
        load_sweep(path)
    assert not path.exists()


def test_what_cannot_be_written_is_told_before_work(
    tasks: ModuleType, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep({"a": [1]}, tasks.draw, rng=0, store=path)
    connect = _store._connect
    monkeypatch.setattr(_store, "_connect", lambda path, _mode="": connect(path, "ro"))
    with pytest.raises(StoreError, match=r"readonly database\. It may not be written"):
        sweep({"a": [1, 2]}, tasks.draw, rng=0, store=path, extend=True)
    assert len(load_sweep(path)["a"]) == 1


def test_a_disk_that_fills_up_keeps_what_is_done(
    tasks: ModuleType, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = _store._connect

    def small(path: Path, mode: str = "rwc") -> sqlite3.Connection:
        db = connect(path, mode)
        db.execute("PRAGMA max_page_count = 14")  # SQLite's own "disk is full"
        return db

    grid = {"a": range(400)}
    monkeypatch.setattr(_store, "_connect", small)
    sweep({"a": range(40)}, tasks.draw, rng=0, store=path)
    with pytest.raises(StoreError, match=r"full\. The disk is full: make room and run"):
        sweep(grid, tasks.draw, rng=0, store=path, extend=True)
    monkeypatch.setattr(_store, "_connect", connect)
    kept = load_sweep(path)
    assert len(kept["a"]) > 0
    whole = sweep(grid, tasks.draw, rng=0, store=path, extend=True)
    assert rows(whole) == rows(sweep(grid, tasks.draw, rng=0))


def test_no_task_is_begun_on_a_disk_that_is_nearly_full(
    tasks: ModuleType, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    left = iter([2**30, 2**30, 2**20])
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
    import subprocess

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
