"""How many neurons end shared and how many features survive, over strength and crowding.

Every cell of the diagram is a layer of m neurons: n/m says how crowded it is, λ√m how strong ℓ1 is.
Computed through `polytheory.sweep`, into a store that outlives an interruption.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polytheory import _checks, plotting
from polytheory._checks import FloatArray
from polytheory.experiments._store import Seed, freeze, save, streams
from polytheory.flow.simulate import WEAKEST
from polytheory.sweeps import SweepInterrupted, SweepTable, count_task, sweep
from polytheory.sweeps._executors import process_pool
from polytheory.sweeps._file import remove
from polytheory.theory.collisions import expected_polysemantic
from polytheory.theory.sparsification import survival_probability

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "PhaseDiagram",
    "compute_phase_diagram",
    "draw_crowding",
    "draw_map",
    "draw_survival",
]

#: What stands for an instance that was not run.
MISSING = -1
#: A carrier is told by its share: at strong ℓ1 a living feature ends below the published 0.8.
RULE = "share"
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
    weakest = WEAKEST * np.sqrt(m)
    lams = [_checks.scalar("strengths", s, low=weakest, high=1e6) / np.sqrt(m) for s in strengths]
    (stream,), seed = streams(rng, 1)
    grid = {
        "n_features": features,
        "n_neurons": m,
        "l1_strength": lams,
        "rule": RULE,
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


def draw_map(data: PhaseDiagram, ax: Axes, *, of: str) -> None:
    """Draw a map over λ√m and n/m, with what theory expects as lines.

    Parameters
    ----------
    data : PhaseDiagram
    ax : matplotlib Axes
        Its figure gets a colour bar.
    of : {"shared", "survivors"}
        The share of neurons that are polysemantic, with lines where exclusion expects 5, 10, 25 and
        50 %; or the share of features that survive, with a line where a row without interference
        survives half of the time. A dotted line at n = 2m, the number of signed sites; a cross
        where some instance had not come to its end.
    """
    what = {"shared": data.shared, "survivors": data.survivors}
    values, _ = what[_checks.one_of("of", of, tuple(what))]()
    x, y = np.unique(data.strength()), np.unique(data.crowding())
    cells = np.full((y.size, x.size), np.nan)
    at = np.searchsorted(y, data.crowding()), np.searchsorted(x, data.strength())
    cells[at] = values
    top = 1.0 if of == "survivors" else max(0.5, float(np.nanmax(cells)))
    mesh = ax.pcolormesh(_edges(x), _edges(y), cells, cmap="cividis", vmin=0.0, vmax=top)
    labels = {"shared": "polysemantic neurons / $m$", "survivors": "surviving features / $n$"}
    ax.figure.colorbar(mesh, ax=ax, label=labels[of])
    ax.set_xscale("log")
    ax.set_yscale("log", base=2)
    ax.yaxis.set_major_formatter("{x:g}")
    line, text = _readable()
    ax.axhline(2.0, linestyle=(0, (1, 1.2)), **line)
    open_ends = ~data.settled.all(axis=-1)
    ax.plot(data.strength()[open_ends], data.crowding()[open_ends], "x", **line)
    m = int(data.n_neurons[0])
    if of == "shared":
        n = np.arange(1, 2 * m + 1)
        share = expected_polysemantic(n, m) / m
        for level in (0.05, 0.1, 0.25, 0.5):
            where = float(np.interp(level, share, n / m))
            ax.axhline(where, **line)
            ax.annotate(f"exclusion: {level:g}", (x[0], where), va="bottom", **text)
    else:
        half = _half_survive(m) * np.sqrt(m)
        ax.axvline(half, **line)
        words = "half survive alone"
        ax.annotate(words, (half * 0.95, y[0]), ha="right", va="center", **text)
    plotting.label_axes(ax, x=r"strength $\lambda\sqrt{m}$", y="crowding $n/m$")


def _readable() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the look of lines and of words on a map: white with a dark rim."""
    from matplotlib.patheffects import withStroke

    rim = [withStroke(linewidth=2.4, foreground=plotting.INK)]
    common = {"color": "white", "path_effects": rim}
    return common | {"linewidth": 1.0}, common | {"fontsize": 7}


def _edges(centres: FloatArray) -> FloatArray:
    """Return the edges of cells about points on a logarithmic axis."""
    if centres.size == 1:
        return np.array([centres[0] / 1.5, centres[0] * 1.5])
    middle = np.sqrt(centres[1:] * centres[:-1])
    first, last = centres[0] ** 2 / middle[0], centres[-1] ** 2 / middle[-1]
    return np.concatenate([[first], middle, [last]])


def _half_survive(m: int) -> float:
    """Return the λ at which a row of m weights survives half of the time."""
    lam = np.linspace(0.0, 0.5, 2001)
    chance = survival_probability(lam, n_neurons=m)
    return float(np.interp(0.5, chance[::-1], lam[::-1]))


def draw_crowding(data: PhaseDiagram, ax: Axes) -> None:
    """Draw the share of polysemantic neurons against n/m at four strengths, beside exclusion.

    Parameters
    ----------
    data : PhaseDiagram
    ax : matplotlib Axes
    """
    mean, error = data.shared()
    m = int(data.n_neurons[0])
    n = np.unique(np.geomspace(1, 2 * m, 200).round())
    law = r"exclusion: $n(n-1)/(2m(2m-1))$"
    ax.plot(n / m, expected_polysemantic(n, m) / m, color=plotting.INK, label=law)
    for look, value in zip(plotting.LOOKS, _some(np.unique(data.strength())), strict=False):
        at = data.strength() == value
        label = rf"$\lambda\sqrt{{m}}={value:.2g}$"
        _points(ax, data.crowding()[at], mean[at], error[at], look, label)
    ax.set_xscale("log", base=2)
    ax.xaxis.set_major_formatter("{x:g}")
    ax.set_ylim(-0.04, 1.6)  # room for the legend
    plotting.label_axes(ax, x="crowding $n/m$", y="polysemantic neurons / $m$")
    ax.legend(loc="upper left")


def draw_survival(data: PhaseDiagram, ax: Axes) -> None:
    """Draw the share of surviving features against λ√m at four n/m, beside a row left alone.

    Parameters
    ----------
    data : PhaseDiagram
    ax : matplotlib Axes
    """
    mean, error = data.survivors()
    m = int(data.n_neurons[0])
    strength = np.geomspace(data.strength().min(), data.strength().max(), 300)
    alone = survival_probability(strength / np.sqrt(m), n_neurons=m)
    law = r"alone: $E\,\Phi\left(\frac{\lambda_c-\lambda}{\mathrm{sd}}\right)$"
    ax.plot(strength, alone, color=plotting.INK, label=law)
    for look, value in zip(plotting.LOOKS, _some(np.unique(data.crowding())), strict=False):
        at = data.crowding() == value
        _points(ax, data.strength()[at], mean[at], error[at], look, f"$n/m={value:.3g}$")
    ax.set_xscale("log")
    ax.set_ylim(-0.03, 1.05)
    plotting.label_axes(ax, x=r"strength $\lambda\sqrt{m}$", y="surviving features / $n$")
    ax.legend(loc="lower left")


def _some(values: FloatArray) -> list[float]:
    """Return four values at most, the first and the last among them."""
    places = np.linspace(0, values.size - 1, min(4, values.size)).round().astype(int)
    return [float(values[place]) for place in places]


def _points(ax: Axes, x: Any, y: Any, error: Any, look: plotting.Look, label: str) -> None:
    ax.errorbar(
        x,
        y,
        error,
        marker=look.marker,
        color=look.color,
        linestyle=look.linestyle,
        linewidth=1.0,
        capsize=2,
        label=label,
    )
