"""The file of a store: one SQLite database, written by one process, read by any.

Tables (`SCHEMA`): ``about`` contains the task and the seed; ``run`` one row per call of `sweep`,
with versions and commit; ``task`` one row per task, with parameters and results as columns, arrays
as the bytes of ``.npy`` files; ``field`` the kinds of values in each column.
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
    "DamagedStoreError",
    "DifferentSweepError",
    "StoreError",
    "explained",
    "file_of",
    "intact",
    "reading",
    "remove",
    "writing",
]

#: SQLite application id of our files, "poly" in ASCII.
APPLICATION = 0x706F6C79
#: Incremented with every change of the tables.
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
#: What SQLite says of a damaged file, or of one that lacks tables, columns or text.
DAMAGE = ("malformed", "no such", "Could not decode")
MOVE_AWAY = "Move it away, or choose another place for the store."


class StoreError(OSError):
    """A store that cannot be opened, read or written; its contents are kept."""


class DamagedStoreError(StoreError):
    """A store whose contents are not what a sweep has written."""

    def __init__(self, path: str | Path, problem: object) -> None:
        super().__init__(f"store {path} is damaged: {str(problem).rstrip('.')}.")

    def with_hint(self, hint: str) -> StoreError:
        """Return the same error with a hint."""
        return StoreError(f"{self} {hint}")


def file_of(path: Any) -> Path:
    """Return the absolute path of a store, with links resolved."""
    hint = "Leave it out to keep results in memory."
    if not isinstance(path, str | os.PathLike) or isinstance(os.fspath(path), bytes):
        raise _checks.refuse_type("store", path, "the path of a file", hint)
    if str(path) in ("", IN_MEMORY) or "\0" in str(path):
        raise _checks.refuse_value("store", repr(str(path)), "the path of a file", hint)
    try:
        file = Path(path).resolve()
        is_folder = file.is_dir()
    except (OSError, RuntimeError) as problem:
        raise StoreError(f"store {path}: {problem}") from None
    if is_folder:
        raise _checks.refuse_value("store", f"{path}, a folder", "a file")
    return file


class DifferentSweepError(ValueError):
    """A store that contains another sweep than the requested one; its contents are kept."""

    def __init__(self, problem: str, hint: str) -> None:
        super().__init__(f"{problem} {hint}")
        self._problem = problem

    def with_hint(self, hint: str) -> DifferentSweepError:
        """Return the same error with another hint."""
        return DifferentSweepError(self._problem, hint)


@contextmanager
def writing(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a store for writing by this process alone; create it if it does not exist."""
    with _alone(path), explained(path, "opened"), closing(_connect(path)) as db:
        new = db.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,)
        if not new:
            _check_ours(db, path)
        db.execute("PRAGMA journal_mode = WAL")  # readers need not wait for the writer
        db.execute("PRAGMA synchronous = NORMAL")
        if new:
            script = f"BEGIN; {SCHEMA} PRAGMA application_id = {APPLICATION};"
            db.executescript(f"{script} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
        try:
            yield db
        finally:  # back to a single file, which can be read on a read-only file system
            with suppress(sqlite3.OperationalError):  # there is a reader
                db.execute("PRAGMA busy_timeout = 0")
                db.execute("PRAGMA journal_mode = DELETE")


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a store for reading, as a snapshot."""
    if not path.is_file():
        raise FileNotFoundError(f"store {path} does not exist or is not a file")
    with explained(path, "read"), closing(_connect(path, "ro")) as db:
        _check_ours(db, path, hint="")
        db.execute("BEGIN")  # all reads see the same snapshot
        yield db


def remove(path: str | Path) -> None:
    """Delete a store.

    Raises
    ------
    ValueError, StoreError
        If the file is not a store, or a process is writing it.
    """
    path = file_of(path)
    if not path.exists():
        return
    with _alone(path):
        try:
            with explained(path, "opened"), closing(_connect(path)) as db:
                _check_ours(db, path)
        except DamagedStoreError:
            if not _has_our_id(path):
                raise
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)


@contextmanager
def explained(path: str | Path, doing: str) -> Iterator[None]:
    """Replace an error of SQLite by one with the file, the failed operation and a hint."""
    try:
        yield
    except sqlite3.DatabaseError as problem:
        words = str(problem)
        if "not a database" in words:
            came = f"{path}, which is not an SQLite file"
            hint = "" if doing == "read" else MOVE_AWAY
            raise _checks.refuse_value("store", came, "the store of a sweep", hint) from None
        if any(word in words for word in DAMAGE):
            raise DamagedStoreError(path, words) from None
        advice = {
            "locked": "Another process is using it.",
            "full": "The disk is full: make room and run the sweep again to continue.",
            "readonly": "It is read-only: choose another place.",
            "unable to open": "Is it in a folder that exists and is writable?",
            "disk I/O": "Run the sweep again once the disk works to continue.",
        }
        hint = next((text for word, text in advice.items() if word in words), "")
        raise StoreError(f"store {path} cannot be {doing}: {words}. {hint}".rstrip()) from None


@contextmanager
def intact(path: str | Path) -> Iterator[None]:
    """Replace an error from decoding stored values by one with the file."""
    try:
        yield
    except (ValueError, TypeError, KeyError, EOFError, OverflowError) as problem:
        raise DamagedStoreError(path, problem) from None


def _connect(path: Path, mode: str = "rwc") -> sqlite3.Connection:
    address = f"{path.as_uri()}?mode={mode}"
    return sqlite3.connect(address, uri=True, isolation_level=None, timeout=30.0)


def _check_ours(db: sqlite3.Connection, path: Path, hint: str = MOVE_AWAY) -> None:
    (application,) = db.execute("PRAGMA application_id").fetchone()
    (schema,) = db.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION:
        came = f"{path}, an SQLite file that is not a store"
        raise _checks.refuse_value("store", came, "the store of a sweep", hint)
    if schema > SCHEMA_VERSION:
        came = f"{path} of schema {schema}"
        allowed = f"of schema {SCHEMA_VERSION} or before"
        raise _checks.refuse_value("store", came, allowed, "Install a newer polytheory.")


def _has_our_id(path: Path) -> bool:
    """Return whether the header of an SQLite file, which may be damaged, has our application id."""
    with path.open("rb") as file:
        return file.read(72)[68:] == APPLICATION.to_bytes(4, "big")


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Refuse a second writer.

    The lock is an exclusive transaction on an empty database beside the store: SQLite locks files
    on every system, and the system releases the lock when the process ends in any way.
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
