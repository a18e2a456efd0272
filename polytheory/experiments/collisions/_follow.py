"""Follow many instances of many settings to their ends, and lose nothing on the way."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from polytheory import _checks
from polytheory.experiments._pool import finished, undisturbed
from polytheory.experiments._store import Seed, load, save, streams
from polytheory.experiments.collisions._ends import MISSING, Ends
from polytheory.flow._arguments import floating_type
from polytheory.flow._progress import progress_bar
from polytheory.flow.simulate import WEAKEST, simulate
from polytheory.initial import initial_encodings
from polytheory.model import ToyModel
from polytheory.observables import polysemantic_neurons, winner_fidelity

__all__ = ["Setting", "follow"]


class Setting(NamedTuple):
    """One point of a grid; λ in flow units."""

    n_features: int
    n_neurons: int
    l1_strength: float
    n_instances: int

    @classmethod
    def checked(
        cls, n_features: Any, n_neurons: Any, l1_strength: Any, n_instances: Any
    ) -> Setting:
        """Return a setting, or refuse what no run would accept; by itself, before the first."""
        return cls(
            _checks.integer("n_features", n_features, minimum=1),
            _checks.integer("n_neurons", n_neurons, minimum=1),
            _checks.scalar("l1_strength", l1_strength, low=WEAKEST, high=_checks.STRONGEST),
            _checks.integer("n_instances", n_instances, minimum=1),
        )


class Task(NamedTuple):
    """One instance: all that another process has to know."""

    setting: Setting
    seed: Seed
    dtype: str
    rtol: float


class End(NamedTuple):
    """What is kept of one instance; for the words see `Ends`."""

    polysemantic: int
    winners: int
    dead: int
    settled: bool


def follow_instance(task: Task) -> End:
    """Follow one instance to its end."""
    n, m, lam, _ = task.setting
    model = ToyModel(n, m, l1_strength=lam)
    W0 = initial_encodings(model, rng=task.seed.generator())
    run = simulate(model, W0, dtype=task.dtype, rtol=task.rtol)
    return End(
        polysemantic=polysemantic_neurons(run.final),
        winners=round(n * winner_fidelity(W0, run.final)),
        dead=n - int(np.count_nonzero(run.final.any(axis=-1))),
        settled=run.outcome in ("settled", "dead"),
    )


class _Sheet:
    """Where ends are entered as they come; on disk, too, if there is a path."""

    def __init__(self, ends: Ends, path: str | Path | None) -> None:
        self.ends, self.path = ends, path
        self.columns = {name: getattr(ends, name).copy() for name in End._fields}

    def missing(self) -> list[tuple[int, int]]:
        """Return which instances of which settings have not been run."""
        empty = self.columns["polysemantic"] == MISSING
        asked = np.arange(empty.shape[1]) < self.ends.n_instances[:, None]
        return [(int(place), int(k)) for place, k in np.argwhere(empty & asked)]

    def enter(self, place: int, k: int, end: End) -> None:
        """Enter one end; a setting that is complete goes to the disk."""
        for name, value in zip(End._fields, end, strict=True):
            self.columns[name][place, k] = value
        if (self.columns["polysemantic"][place] != MISSING).sum() == self.ends.n_instances[place]:
            self.record()

    def record(self) -> Ends:
        """Return, and keep, what has been entered."""
        record = replace(self.ends, **{name: each.copy() for name, each in self.columns.items()})
        if self.path is not None:
            save(record, self.path)
        return record


def _nothing_yet(settings: Sequence[Setting], dtype: str, rtol: float, seed: Seed) -> Ends:
    n, m, lam, count = (np.array(column) for column in zip(*settings, strict=True))
    shape = len(settings), int(count.max())
    polysemantic, winners, dead = np.full((3, *shape), MISSING)
    settled = np.zeros(shape, bool)
    return Ends(n, m, lam, count, polysemantic, winners, dead, settled, dtype, rtol, seed)


def _resumed(fresh: Ends, path: str | Path | None) -> Ends:
    """Return the record at `path`, if it is an unfinished form of `fresh`."""
    if path is None:
        raise _checks.refuse_value("keep", "None", "a path, to resume from")
    kept = load(Ends, path)
    for name in (field.name for field in fields(Ends) if field.name not in End._fields):
        before, now = getattr(kept, name), getattr(fresh, name)
        if not np.array_equal(before, now):
            came, allowed = f"a record with another {name}", "that of the run to resume"
            hint = "Choose another path, or do not resume."
            raise _checks.refuse_value("keep", came, allowed, hint)
    return kept


def follow(
    settings: Sequence[Setting],
    *,
    rng: Any,
    dtype: str,
    rtol: float,
    workers: int | None,
    progress: bool,
    keep: str | Path | None,
    resume: bool,
) -> Ends:
    """Follow every instance of every setting to its end; the arguments are those of a ``compute``.

    A setting has a stream of its own; its instances are those of
    ``initial_encodings(model, n_instances, rng=stream)``.
    """
    if not settings:
        raise _checks.refuse_value("settings", "none", "one at least", "Is a list of sizes empty?")
    dtype = floating_type(dtype).name
    if workers is not None:
        workers = _checks.integer("workers", workers, minimum=1)
    generators, seed = streams(rng, len(settings))
    ends = _nothing_yet(settings, dtype, rtol, seed)
    sheet = _Sheet(_resumed(ends, keep) if resume else ends, keep)
    places = sheet.missing()
    first = [streams(generator, 0)[1] for generator in generators]
    tasks = [Task(settings[p], replace(first[p], spawned=k), dtype, rtol) for p, k in places]
    bar = progress_bar(len(tasks), show=progress, label="instances", unit="instance")
    with bar, closing(finished(follow_instance, tasks, workers=workers)) as results:
        try:
            for number, end in results:
                sheet.enter(*places[number], end)
                bar.update()
        finally:  # after Ctrl-C or a failure, too
            with undisturbed():
                record = sheet.record()
    return record
