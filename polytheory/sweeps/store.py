"""The contents of a store: the identity of a sweep, its tasks, their results and errors.

Every finished task is one transaction.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import numpy as np

from polytheory import _checks
from polytheory._provenance import versions
from polytheory.sweeps._grid import Parameters, refuse_mixed
from polytheory.sweeps._identity import Identity
from polytheory.sweeps._table import Failure, SweepStatus, SweepTable
from polytheory.sweeps._values import Encoded, column, encode_scalar
from polytheory.sweeps.file import (
    IN_MEMORY,
    SCHEMA,
    DifferentSweepError,
    explained,
    file_of,
    intact,
    reading,
    writing,
)

__all__ = ["Finished", "Store", "utc_now"]

#: Prefix of the names of notes in the table ``about``.
NOTE = "note."

#: SQLite allows 2,000 columns, of which we use eight.
_MAX_COLUMNS = 1990


class Finished(NamedTuple):
    """The end of a task: its results or its error; times in UTC."""

    started: str | None
    finished: str
    values: Encoded
    error: str = ""
    traceback: str = ""


def utc_now() -> str:
    """Return the current date and time in UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def quoted(name: str) -> str:
    """Return a checked name quoted for SQL."""
    return f'"{name}"'


class Store:
    """An open store.

    Parameters
    ----------
    connection : sqlite3.Connection
    path : str or Path
        Used in messages.
    """

    def __init__(self, connection: sqlite3.Connection, path: str | Path) -> None:
        self.path = path
        self._db = connection
        rows = connection.execute("SELECT name, kind, task, place FROM field")
        self._fields = {(name, kind): (task, place) for name, kind, task, place in rows}
        self._run: int | None = None

    @property
    def in_memory(self) -> bool:
        """Whether the store has no file."""
        return self.path == IN_MEMORY

    @classmethod
    @contextmanager
    def writing(cls, path: str | Path | None) -> Iterator[Store]:
        """Open a store for writing, created if it does not exist; None keeps it in memory.

        Raises
        ------
        TypeError, ValueError
            If `path` is not a path, or the file is not a store or of a newer version.
        StoreError
            If it cannot be written, or another sweep is writing it.
        """
        if path is None:
            with closing(sqlite3.connect(IN_MEMORY, isolation_level=None)) as db:
                db.executescript(SCHEMA)
                yield cls(db, IN_MEMORY)
            return
        with writing(place := file_of(path)) as db:
            yield cls(db, place)

    @classmethod
    @contextmanager
    def reading(cls, path: str | Path) -> Iterator[Store]:
        """Open a snapshot of a store for reading, also while a sweep is writing it.

        Raises
        ------
        FileNotFoundError
        TypeError, ValueError, StoreError
            As for `writing`.
        """
        with reading(place := file_of(path)) as db:
            yield cls(db, place)

    # Identity and notes

    def identity(self) -> Identity | None:
        """Return task and seed, or None for an empty store."""
        about = self._about(notes=False)
        if not about:
            return None
        with intact(self.path):
            identity = Identity.from_json(about)
            identity.seed()  # raises if there is none of that entropy
        return identity

    def notes(self) -> dict[str, Any]:
        """Return the notes given when the store was created."""
        notes = self._about(notes=True)
        with intact(self.path):
            return {name.removeprefix(NOTE): json.loads(value) for name, value in notes.items()}

    def _about(self, *, notes: bool) -> dict[str, str]:
        rows = self._db.execute("SELECT name, value FROM about").fetchall()
        return {name: value for name, value in rows if name.startswith(NOTE) is notes}

    def _names(self) -> dict[str, bool]:
        """Return the columns in the order of the first task that has them; True for parameters."""
        first: dict[str, tuple[bool, int, int]] = {}
        for (name, _), (task, place) in self._fields.items():
            rank = (place >= 0, task, place)
            first[name] = min(first.get(name, rank), rank)
        ordered = sorted(first, key=lambda name: first[name])
        return {name: not first[name][0] for name in ordered}

    def parameter_names(self) -> list[str]:
        """Return the names of the parameters."""
        return [name for name, is_parameter in self._names().items() if is_parameter]

    def _kinds(self, name: str) -> frozenset[str]:
        return frozenset(kind for field, kind in self._fields if field == name)

    # Writing

    def prepare(
        self,
        identity: Identity,
        tasks: Sequence[Parameters],
        names: Sequence[bytes],
        *,
        extend: bool,
        notes: Mapping[str, Any] | None = None,
    ) -> None:
        """Add the tasks that are missing; notes only to an empty store.

        Raises
        ------
        DifferentSweepError
            If the store contains another sweep, other notes, or other tasks without `extend`.
        """
        wanted, noted = dict(zip(names, tasks, strict=True)), notes or {}
        had = self.identity()
        with self._transaction():
            if had is None:
                entries = identity.to_json()
                entries |= {f"{NOTE}{name}": json.dumps(value) for name, value in noted.items()}
                self._db.executemany("INSERT INTO about VALUES (?, ?)", entries.items())
                for name in tasks[0]:
                    self._db.execute(f"ALTER TABLE task ADD COLUMN {quoted(name)}")
            else:
                self._refuse_other_notes(noted)
                self._refuse_another(had, identity, tasks[0])
            present = {row[0] for row in self._db.execute("SELECT _key FROM task")}
            new = {name: task for name, task in wanted.items() if name not in present}
            if present:
                self._refuse_change(len(new), len(present - wanted.keys()), extend=extend)
            self._insert(new)

    def _refuse_other_notes(self, notes: Mapping[str, Any]) -> None:
        asked, had = json.loads(json.dumps(dict(notes))), self.notes()
        names = [name for name in {**asked, **had} if asked.get(name) != had.get(name)]
        if names:
            here, there = (
                ", ".join(f"{name} = {each[name]}" for name in names if name in each) or "no notes"
                for each in (asked, had)
            )
            self._refuse("store", f"{self.path}, which was made with {there}", f"one with {here}")

    def _refuse_another(self, had: Identity, asked: Identity, task: Parameters) -> None:
        if (had.task, had.script) != (asked.task, asked.script):
            came, allowed = (f"{each.task!r} {each.script}".rstrip() for each in (asked, had))
            self._refuse("task", came, f"{allowed}, whose results are in {self.path}")
        if had != asked:
            came = f"another seed, entropy {asked.entropy}"
            allowed = f"that of {self.path}, entropy {had.entropy} (None uses it)"
            self._refuse("rng", came, allowed)
        names = self.parameter_names()
        if set(names) != set(task):
            allowed = f"of the parameters {', '.join(names)}, as in {self.path}"
            self._refuse("grid", ", ".join(task), allowed)

    def _refuse_change(self, new: int, gone: int, *, extend: bool) -> None:
        if extend or not (new or gone):
            return
        came = f"{new} tasks more and {gone} tasks fewer"
        hint = "To add tasks to the store, extend it (extend=True, --extend); or use another one."
        self._refuse("grid", came, f"the one of {self.path}", hint)

    def _refuse(
        self, argument: str, came: str, allowed: str, hint: str = "Use another store."
    ) -> NoReturn:
        raise DifferentSweepError(str(_checks.refuse_value(argument, came, allowed)), hint)

    def _insert(self, tasks: dict[bytes, Parameters]) -> None:
        if not tasks:
            return
        (last,) = self._db.execute("SELECT coalesce(max(_id), -1) FROM task").fetchone()
        names = self.parameter_names() or list(next(iter(tasks.values())))
        columns = ", ".join(map(quoted, names))
        marks = ", ".join("?" * len(names))
        statement = f"INSERT INTO task (_id, _key, {columns}) VALUES (?, ?, {marks})"
        for place, (name_of_task, task) in enumerate(tasks.items(), start=last + 1):
            encoded = {name: encode_scalar(task[name]) for name in names}
            for name, (kind, _) in encoded.items():
                refuse_mixed(name, self._kinds(name) | {kind})
            for order, (name, (kind, _)) in enumerate(encoded.items()):
                self._note_field(name, kind, place, order - len(names))
            values = [value for _, value in encoded.values()]
            self._db.execute(statement, (place, name_of_task, *values))

    def begin_run(self, commit: str | None) -> list[str]:
        """Record a call of `sweep`; return how its versions differ from those of earlier calls."""
        mine = versions()
        rows = self._db.execute("SELECT DISTINCT versions FROM run").fetchall()
        earlier = [json.loads(row[0]) for row in rows]
        with self._transaction():
            entry = (utc_now(), json.dumps(mine), commit)
            statement = 'INSERT INTO run (started, versions, "commit") VALUES (?, ?, ?)'
            self._run = self._db.execute(statement, entry).lastrowid
        return sorted(
            {
                f"{name} {old.get(name, 'unknown')} → {mine[name]}"
                for old in earlier
                for name in mine
                if old.get(name) != mine[name]
            }
        )

    def to_do(self, *, retry_failed: bool) -> list[int]:
        """Return the numbers of the tasks to run."""
        wanted = "('waiting', 'failed')" if retry_failed else "('waiting')"
        query = f"SELECT _id FROM task WHERE _status IN {wanted} ORDER BY _id"
        return [row[0] for row in self._db.execute(query)]

    def parameters(self, task: int) -> Parameters:
        """Return the parameters of a task."""
        names = self.parameter_names()
        columns = ", ".join(map(quoted, names))
        query = f"SELECT {columns} FROM task WHERE _id = ?"
        row = self._db.execute(query, (task,)).fetchone()
        return self._as_given(names, row)

    def _as_given(self, names: Sequence[str], row: Sequence[Any]) -> Parameters:
        truths = {name for name in names if "bool" in self._kinds(name)}
        pairs = zip(names, row, strict=True)
        return {
            name: bool(value) if name in truths and isinstance(value, int) else value
            for name, value in pairs
        }

    def finish(self, task: int, end: Finished) -> bool:
        """Record the end of a task in one transaction; return whether it succeeded.

        Raises
        ------
        StoreError
            If the store cannot be written.
        """
        with explained(self.path, "written"), self._transaction():
            known = {name for name, _ in self._fields}
            if objection := _objection(known, end.values):
                end = end._replace(values={}, error=f"ValueError: {objection}")
            for place, (name, (kind, _)) in enumerate(end.values.items()):
                if name not in known:
                    self._db.execute(f"ALTER TABLE task ADD COLUMN {quoted(name)}")
                self._note_field(name, kind, task, place)
            changes: dict[str, Any] = {
                "_status": "failed" if end.error else "done",
                "_run": self._run,
                "_started": end.started,
                "_finished": end.finished,
                "_error": end.error or None,
                "_traceback": end.traceback or None,
            }
            changes |= {name: value for name, (_, value) in end.values.items()}
            sets = ", ".join(f"{quoted(name)} = ?" for name in changes)
            statement = f"UPDATE task SET {sets} WHERE _id = ?"
            self._db.execute(statement, (*changes.values(), task))
        return not end.error

    def _note_field(self, name: str, kind: str, task: int, place: int) -> None:
        """Record the first task, by number rather than by time, that has such a value."""
        first = self._fields.get((name, kind))
        if first is None or task < first[0]:
            entry = (name, kind, task, place)
            self._db.execute("INSERT OR REPLACE INTO field VALUES (?, ?, ?, ?)", entry)
            self._fields[name, kind] = (task, place)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        before = dict(self._fields)
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            self._fields = before
            if self._db.in_transaction:  # SQLite may have rolled it back already
                self._db.execute("ROLLBACK")
            raise

    # Reading

    def status(self) -> SweepStatus:
        """Return the progress of the sweep."""
        identity = self.identity()
        counts = dict(self._db.execute("SELECT _status, count(*) FROM task GROUP BY _status"))
        first, last = self._db.execute("SELECT min(_started), max(_finished) FROM task").fetchone()
        return SweepStatus(
            task="" if identity is None else identity.task,
            entropy=() if identity is None else identity.entropy,
            done=counts.get("done", 0),
            failed=counts.get("failed", 0),
            waiting=counts.get("waiting", 0),
            first_started=first or "",
            last_finished=last or "",
        )

    def failures(self, at_most: int = -1) -> tuple[Failure, ...]:
        """Return the failed tasks, in the order in which they were added."""
        return tuple(failure for _, failure in self._failed(at_most))

    def _failed(self, at_most: int = -1) -> Iterator[tuple[bytes, Failure]]:
        names = self.parameter_names()
        columns = ", ".join(["_key", "_error", "_traceback", *map(quoted, names)])
        query = f"SELECT {columns} FROM task WHERE _status = 'failed' ORDER BY _id LIMIT ?"
        for key, error, trace, *values in self._db.execute(query, (at_most,)):
            yield key, Failure(self._as_given(names, values), error, trace or "")

    def table(self, asked: Sequence[bytes] | None = None) -> SweepTable:
        """Return parameters and results of the finished tasks.

        Parameters
        ----------
        asked : sequence of bytes, optional
            Keys of the requested tasks, in order; by default all tasks, as added.
        """
        rows: Any = slice(None)
        failed, waiting = dict(self._failed()), self.status().waiting
        if asked is not None:
            done = self._db.execute(f"SELECT _key {_DONE}")
            place = {key: row for row, (key,) in enumerate(done)}
            rows = np.array([place[key] for key in asked if key in place], dtype=np.int64)
            failed = {key: failed[key] for key in asked if key in failed}
            waiting = len(asked) - rows.size - len(failed)
        arrays = {}
        for name in self._names():  # one column at a time, to save memory
            values = [row[0] for row in self._db.execute(f"SELECT {quoted(name)} {_DONE}")]
            with intact(self.path):
                arrays[name] = column(values, self._kinds(name))[rows]
        identity = self.identity()
        return SweepTable(
            arrays,
            failures=tuple(failed.values()),
            waiting=waiting,
            seed=None if identity is None else identity.seed(),
        )


_DONE = "FROM task WHERE _status = 'done' ORDER BY _id"


def _objection(known: set[str], values: Encoded) -> str:
    """Return why the results cannot be stored with those of other tasks; empty if they can."""
    folded = {name.casefold(): name for name in known}
    for name in values:
        other = folded.get(name.casefold(), name)
        if other != name:
            return f"results of two tasks differ in case only: {other!r} and {name!r}"
    if len(known | values.keys()) > _MAX_COLUMNS:
        return f"more than {_MAX_COLUMNS} different names of parameters and results"
    return ""
