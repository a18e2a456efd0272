"""How many neurons end shared and how many features survive, computed through `sweep`."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polytheory import _checks
from polytheory._checks import FloatArray
from polytheory.experiments._store import Seed, freeze, save, streams
from polytheory.flow.simulate import MIN_L1
from polytheory.sweeps import SweepInterrupted, SweepTable, count_task, sweep
from polytheory.sweeps.executors import process_pool
from polytheory.sweeps.file import remove

__all__ = ["PhaseDiagram", "compute_phase_diagram"]

#: What stands for an instance that was not run.
MISSING = -1
#: A carrier is told by its share: at strong ℓ1 a living feature ends below the published 0.8.
CARRIER_RULE = "share"
#: Narrower layers are outside of `survival_probability`.
NARROWEST = 16


@dataclass(frozen=True, eq=False)
class PhaseDiagram:
    """Ends of the full flow over a grid; P cells, N instances of each.

    Attributes
    ----------
    n_features, n_neurons : ndarray (P,) of int
    l1_strength : ndarray (P,)
        λ in **flow units**.
    polysemantic, surviving : ndarray (P, N) of int
        Neurons that carry two features or more, and features that a neuron carries; −1 where an
        instance was not run.
    settled : ndarray (P, N) of bool
        Whether the flow came to its end: settled, or all features dead.
    seed : Seed
    """

    n_features: NDArray[np.int64]
    n_neurons: NDArray[np.int64]
    l1_strength: FloatArray
    polysemantic: NDArray[np.int64]
    surviving: NDArray[np.int64]
    settled: NDArray[np.bool_]
    seed: Seed

    def __post_init__(self) -> None:
        freeze(self)

    def crowding(self) -> FloatArray:
        """Return n/m, (P,)."""
        return self.n_features / self.n_neurons

    def strength(self) -> FloatArray:
        """Return λ√m, (P,); rounded, so that equal ones are equal."""
        return np.asarray((self.l1_strength * np.sqrt(self.n_neurons)).round(9))

    def shared(self) -> tuple[FloatArray, FloatArray]:
        """Return the mean share of neurons that are polysemantic, and its standard error."""
        return _mean(self.polysemantic, self.n_neurons)

    def survivors(self) -> tuple[FloatArray, FloatArray]:
        """Return the mean share of features that survive, and its standard error."""
        return _mean(self.surviving, self.n_features)


def _mean(counts: NDArray[np.int64], of: NDArray[np.int64]) -> tuple[FloatArray, FloatArray]:
    share = np.where(counts == MISSING, np.nan, counts / of[:, None])
    run = np.isfinite(share).sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):  # NaN where nothing, or one, was run
        mean = np.nansum(share, axis=-1) / run
        squares = np.nansum(np.square(share - mean[:, None]), axis=-1)
        return mean, np.sqrt(squares / (run - 1) / run)


def compute_phase_diagram(
    *,
    n_neurons: int,
    crowding: Iterable[float],
    strengths: Iterable[float],
    n_instances: int = 8,
    rng: Any,
    workers: int | None = None,
    progress: bool = False,
    keep: str | Path | None = None,
    resume: bool = False,
) -> PhaseDiagram:
    """Follow the full flow to its end over a grid in λ√m and n/m.

    Parameters
    ----------
    n_neurons : int
        m, at least 16.
    crowding : iterable of float
        n/m, positive; n is rounded to a whole number, one at least. Beyond 2 the layer has no site
        for every feature, and weak regularization takes long to decide.
    strengths : iterable of float
        λ√m, positive; λ in flow units.
    n_instances : int
        Of each cell.
    rng : Generator, SeedSequence, int or None
    workers : int, optional
        Processes, each with one thread for linear algebra; in this process by default.
    progress : bool
        Whether to show a progress bar, one unit an instance.
    keep : str or Path, optional
        Where to `save` the record; beside it, in ``….sqlite``, is the store of the sweep, which
        grows as instances are finished.
    resume : bool
        Go on with that store instead of starting anew; it has to be of the same grid and seed.

    Returns
    -------
    PhaseDiagram

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside its range, or `keep` holds another run.
    OSError
        If `keep` cannot be written.

    Examples
    --------
    >>> from polytheory.experiments.phase_diagram import compute_phase_diagram
    >>> data = compute_phase_diagram(
    ...     n_neurons=16, crowding=[0.5, 1], strengths=[0.1, 9.0], n_instances=4, rng=0
    ... )
    >>> data.survivors()[0].tolist()  # none at λ√m = 9
    [1.0, 0.0, 1.0, 0.0]
    """
    m = _checks.integer("n_neurons", n_neurons, minimum=NARROWEST)
    count = _checks.integer("n_instances", n_instances, minimum=1)
    features = [max(1, round(m * _checks.scalar("crowding", each, high=1e3))) for each in crowding]
    if len(set(features)) < len(features):
        came, allowed = f"{features} for n", f"apart by one feature of {m} neurons at least"
        raise _checks.refuse_value("crowding", came, allowed)
    weakest = MIN_L1 * np.sqrt(m)
    lams = [_checks.scalar("strengths", s, low=weakest, high=1e6) / np.sqrt(m) for s in strengths]
    (stream,), seed = streams(rng, 1)
    grid = {
        "n_features": features,
        "n_neurons": m,
        "l1_strength": lams,
        "carrier_rule": CARRIER_RULE,
        "repeat": range(count),
    }
    store = None if keep is None else Path(f"{keep}.sqlite")
    if store is not None and not resume:
        remove(store)
    sizes = [(n, m, lam) for n, lam in product(features, lams)]

    def record(table: SweepTable) -> PhaseDiagram:
        done = _record(sizes, count, table, seed)
        if keep is not None:
            save(done, keep)
        return done

    pool = nullcontext() if workers is None else process_pool(workers)
    source: Any = stream.bit_generator.seed_seq
    try:
        with pool as executor:
            given: Any = {"executor": executor, "store": store, "progress": progress}
            return record(sweep(grid, count_task, rng=source, retry_failed=resume, **given))
    except SweepInterrupted as stop:
        record(stop.table)
        raise


def _record(
    sizes: list[tuple[int, int, float]], count: int, table: SweepTable, seed: Seed
) -> PhaseDiagram:
    """Return the table of a sweep as a record, a cell a row."""
    n, m, lam = (np.array(column) for column in zip(*sizes, strict=True))
    polysemantic, surviving = np.full((2, len(sizes), count), MISSING)
    settled = np.zeros((len(sizes), count), bool)
    place = {size: row for row, size in enumerate(sizes)}
    if table.failures:
        raise RuntimeError(f"an instance failed: {table.failures[0].error}")
    names = ("n_features", "n_neurons", "l1_strength", "repeat")
    ends = ("polysemantic", "surviving", "outcome")
    if ends[0] not in table:  # interrupted before the first one
        return PhaseDiagram(n, m, lam, polysemantic, surviving, settled, seed)
    columns = (table[name].tolist() for name in (*names, *ends))
    for *size, repeat, shared, alive, outcome in zip(*columns, strict=True):
        at = place[tuple(size)], repeat
        polysemantic[at], surviving[at] = shared, alive
        settled[at] = outcome in ("settled", "dead")
    return PhaseDiagram(n, m, lam, polysemantic, surviving, settled, seed)
