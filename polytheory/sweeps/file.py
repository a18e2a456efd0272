"""The file of a store: one SQLite database, written by one process, read by any.

Tables (`SCHEMA`): ``about`` names the task and the seed; ``run`` has a row a call of `sweep`, with
versions and commit; ``task`` a row a task, its parameters and results as columns, arrays as the
bytes of ``.npy`` files; ``field`` the kinds of value that a column holds.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from polytheory import _checks

__all__ = [
    "DifferentSweepError",
    "StoreError",
    "explained",
    "file_of",
    "reading",
    "remove",
    "writing",
]

#: "poly" in ASCII: tells our files from others.
APPLICATION = 0x706F6C79
#: Counts up with every change of the tables.
SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE run (
    id INTEGER PRIMARY KEY, started TEXT NOT NULL, versions TEXT NOT NULL, "commit" TEXT
);
CREATE TABLE field (
    name TEXT NOT NULL, kind TEXT NOT NULL, task INTEGER NOT NULL, place INTEGER NOT NULL,
    PRIMARY KEY (name, kind)
);
CREATE TABLE task (
    _id INTEGER PRIMARY KEY,
    _key BLOB NOT NULL UNIQUE,
    _status TEXT NOT NULL DEFAULT 'waiting' CHECK (_status IN ('waiting', 'done', 'failed')),
    _run INTEGER REFERENCES run (id),
    _started TEXT,
    _finished TEXT,
    _error TEXT,
    _traceback TEXT
);
"""
IN_MEMORY = ":memory:"


class StoreError(OSError):
    """A store that cannot be opened, or not be written any more; what it holds stays there."""


def file_of(path: Any) -> Path:
    """Return where a store is, whatever becomes of the working folder or of links to it."""
    hint = "Leave it out to keep results in memory."
    if not isinstance(path, str | os.PathLike) or isinstance(os.fspath(path), bytes):
        raise _checks.refuse_type("store", path, "the path of a file", hint)
    if str(path) in ("", IN_MEMORY) or "\0" in str(path):
        raise _checks.refuse_value("store", repr(str(path)), "the path of a file", hint)
    try:
        return Path(path).resolve()
    except (OSError, RuntimeError) as problem:
        raise StoreError(f"store {path}: {problem}") from None


class DifferentSweepError(ValueError):
    """A store that holds another sweep than the one asked for; nothing in it has been changed."""

    def __init__(self, problem: str, hint: str) -> None:
        super().__init__(f"{problem} {hint}")
        self._problem = problem

    def with_hint(self, hint: str) -> DifferentSweepError:
        """Return the same error with other advice."""
        return DifferentSweepError(self._problem, hint)


@contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a store to write, the only one to do so; made if there is none."""
    with _alone(path), explained(path, "opened"), closing(_connect(path)) as db:
        new = db.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,)
        if not new:
            _check_ours(db, path)
        db.execute("PRAGMA journal_mode = WAL")  # readers do not wait for the writer
        db.execute("PRAGMA synchronous = NORMAL")
        if new:
            script = f"BEGIN; {SCHEMA} PRAGMA application_id = {APPLICATION};"
            db.executescript(f"{script} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
        try:
            yield db
        finally:  # one file, which can be read where nothing can be written
            with suppress(sqlite3.OperationalError):  # somebody is reading it
                db.execute("PRAGMA busy_timeout = 0")
                db.execute("PRAGMA journal_mode = DELETE")


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a store to read, as it is at this moment."""
    if not path.is_file():
        raise FileNotFoundError(f"store {path} is not there, or no file")
    with explained(path, "read"), closing(_connect(path, "ro")) as db:
        _check_ours(db, path)
        db.execute("BEGIN")  # all that is read is of one moment
        yield db


def remove(path: str | Path) -> None:
    """Take a store away, if it is one of ours and nobody is writing it.

    Raises
    ------
    ValueError, StoreError
        If it is not, or somebody is.
    """
    path = file_of(path)
    if not path.exists():
        return
    with _alone(path):
        with explained(path, "opened"), closing(_connect(path)) as db:
            _check_ours(db, path)
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)


@contextmanager
def explained(path: str | Path, doing: str) -> Iterator[None]:
    """Turn an error of SQLite into one that says which file, what failed and what to do."""
    try:
        yield
    except sqlite3.DatabaseError as problem:
        words = str(problem)
        if "not a database" in words:
            came = f"{path}, which is no SQLite file"
            raise _checks.refuse_value("store", came, "the store of a sweep") from None
        advice = {
            "locked": "Another process is using it.",
            "full": "The disk is full: make room and run the sweep again, it goes on.",
            "readonly": "It may not be written: choose another place.",
            "unable to open": "Is it in a folder that exists and may be written?",
            "disk I/O": "Run the sweep again once the disk works, it goes on.",
        }
        hint = next((text for word, text in advice.items() if word in words), "")
        raise StoreError(f"store {path} cannot be {doing}: {words}. {hint}".rstrip()) from None


def _connect(path: Path, mode: str = "rwc") -> sqlite3.Connection:
    address = f"{path.as_uri()}?mode={mode}"
    return sqlite3.connect(address, uri=True, isolation_level=None, timeout=30.0)


def _check_ours(db: sqlite3.Connection, path: Path) -> None:
    (application,) = db.execute("PRAGMA application_id").fetchone()
    (schema,) = db.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION:
        came = f"{path}, an SQLite file of something else"
        raise _checks.refuse_value("store", came, "the store of a sweep")
    if schema > SCHEMA_VERSION:
        came = f"{path} of schema {schema}"
        allowed = f"of schema {SCHEMA_VERSION} or before"
        raise _checks.refuse_value("store", came, allowed, "Install a newer polytheory.")


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Refuse a second writer, however the first one ends.

    The lock is an exclusive transaction on an empty database beside the store: SQLite knows how to
    lock files everywhere, and the system lets go of them when a process dies.
    """
    lock = path.with_name(f"{path.name}-lock")
    with explained(path, "opened"), closing(sqlite3.connect(lock, isolation_level=None)) as db:
        db.execute("PRAGMA busy_timeout = 0")
        try:
            db.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as problem:
            if "locked" not in str(problem):
                raise
            words = f"store {path} is being written by another sweep. Wait for it, or stop it."
            raise StoreError(words) from None
        yield
