"""Instances of settings over processes, entered into a record as they come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from polytheory import _checks
from polytheory._processes import undisturbed
from polytheory.experiments._pool import finished
from polytheory.experiments._store import Seed, load, save
from polytheory.flow.progress import progress_bar

__all__ = ["Entry", "Run", "fill"]

Record = TypeVar("Record")


class Run(NamedTuple):
    """How a record is filled, as every ``compute`` takes it."""

    workers: int | None
    progress: bool
    keep: str | Path | None
    resume: bool


class Entry(NamedTuple):
    """One instance of one setting: its place in the record, and the seed of its setting."""

    place: int
    number: int
    seed: Seed

    def own(self) -> Seed:
        """Return the seed of this instance, as of one in a batch of `initial_encodings`."""
        return replace(self.seed, spawned=self.number)

    def generator(self) -> np.random.Generator:
        """Return what `initial_encodings` draws this instance from."""
        return self.own().generator()

    def of_noise(self) -> np.random.SeedSequence:
        """Return a stream that nothing else uses, for sampled noise."""
        key = (*self.seed.spawn_key, self.number, 0)
        return np.random.SeedSequence(self.seed.entropy, spawn_key=key)


def _resumed(fresh: Record, results: Sequence[str], path: str | Path | None) -> Record:
    """Return the record at `path`, if it is an unfinished form of `fresh`."""
    if path is None:
        raise _checks.refuse_value("keep", "None", "a path, to resume from")
    kept = load(type(fresh), path)
    for field in fields(fresh):  # type: ignore[arg-type]
        name = field.name
        same = name in results or np.array_equal(getattr(kept, name), getattr(fresh, name))
        if not same:
            came, allowed = f"a record with another {name}", "that of the run to resume"
            hint = "Choose another path, or do not resume."
            raise _checks.refuse_value("keep", came, allowed, hint)
    return kept


def fill(
    fresh: Record,
    results: Sequence[str],
    work: Callable[[Any], tuple[Any, ...]],
    task: Callable[[Entry], Any],
    seeds: Sequence[Seed],
    run: Run,
    *,
    missing: float = np.nan,
) -> Record:
    """Run what is missing of a record and return it complete.

    Parameters
    ----------
    fresh : dataclass
        With an array ``n_instances`` (P,), and nothing but `missing` in the first of its results.
    results : sequence of str
        The fields (P, N, …) to be filled.
    work : callable
        A function of a module; takes a task, returns a value for each of the results.
    task : callable
        Makes a task of an `Entry`.
    seeds : sequence of Seed
        One a setting.
    run : Run
    missing : float
        What stands for an instance that was not run; NaN by default.
    """
    workers = run.workers
    if workers is not None:
        workers = _checks.integer("workers", workers, minimum=1)
    record = _resumed(fresh, results, run.keep) if run.resume else fresh
    columns: dict[str, Any] = {name: getattr(record, name).copy() for name in results}
    asked: Any = fresh.n_instances  # type: ignore[attr-defined]
    first = columns[results[0]]
    absent = np.isnan(first) if np.isnan(missing) else first == missing
    empty = absent.reshape(*first.shape[:2], -1).any(axis=-1)
    to_do = empty & (np.arange(first.shape[1]) < asked[:, None])
    left = to_do.sum(axis=-1)
    entries = [Entry(int(p), int(k), seeds[p]) for p, k in np.argwhere(to_do)]

    def record_now() -> Record:
        changes: Any = {name: column.copy() for name, column in columns.items()}
        filled: Record = replace(record, **changes)  # type: ignore[type-var]
        if run.keep is not None:
            save(filled, run.keep)
        return filled

    bar = progress_bar(len(entries), show=run.progress, label="instances", unit="instance")
    tasks = [task(entry) for entry in entries]
    with bar, closing(finished(work, tasks, workers=workers)) as ends:
        try:
            for number, end in ends:
                place, k, _ = entries[number]
                for name, value in zip(results, end, strict=True):
                    columns[name][place, k] = value
                left[place] -= 1
                if left[place] == 0:
                    record_now()
                bar.update()
        finally:  # after Ctrl-C or a failure, too
            with undisturbed():
                done = record_now()
    return done
