"""Follow many instances of many settings to their ends."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from polytheory import _checks
from polytheory.experiments._sheet import Entry, Run, fill
from polytheory.experiments._store import Seed, streams
from polytheory.experiments.collisions._ends import MISSING, Ends
from polytheory.flow.arguments import floating_type
from polytheory.flow.simulate import MIN_L1, simulate
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
            _checks.scalar("l1_strength", l1_strength, low=MIN_L1, high=_checks.MAX_STRENGTH),
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
        polysemantic=int(polysemantic_neurons(run.final)),
        winners=round(n * float(winner_fidelity(W0, run.final))),
        dead=n - int(np.count_nonzero(run.final.any(axis=-1))),
        settled=run.outcome in ("settled", "dead"),
    )


def _nothing_yet(settings: Sequence[Setting], dtype: str, rtol: float, seed: Seed) -> Ends:
    n, m, lam, count = (np.array(column) for column in zip(*settings, strict=True))
    shape = len(settings), int(count.max())
    polysemantic, winners, dead = np.full((3, *shape), MISSING)
    settled = np.zeros(shape, bool)
    return Ends(n, m, lam, count, polysemantic, winners, dead, settled, dtype, rtol, seed)


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
    generators, seed = streams(rng, len(settings))
    seeds = [streams(generator, 0)[1] for generator in generators]

    def task(entry: Entry) -> Task:
        return Task(settings[entry.place], entry.own(), dtype, rtol)

    fresh = _nothing_yet(settings, dtype, rtol, seed)
    run = Run(workers, progress, keep, resume)
    return fill(fresh, End._fields, follow_instance, task, seeds, run, missing=MISSING)
