"""The inverse participation ratio in time under noise: the published figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from polytheory import _checks, plotting
from polytheory._checks import FloatArray
from polytheory.experiments._sheet import Entry, Run, fill
from polytheory.experiments._store import Seed, freeze, streams
from polytheory.flow.simulate import simulate
from polytheory.initial import initial_encodings
from polytheory.model import ToyModel
from polytheory.noise import DISTRIBUTIONS
from polytheory.notation import flow_time
from polytheory.theory.noise import fourth_power_sum_of_random_rows, plateau_fourth_power_sum

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Curves", "compute_curves", "draw_curves"]

#: Steps at which a curve begins.
FIRST = 10.0


@dataclass(frozen=True, eq=False)
class Curves:
    """Fourth norms of N instances under P kinds of noise at T times; arrays are read-only.

    Attributes
    ----------
    n_features, n_neurons : int
    distributions : tuple of str
        The distribution of each of the P curves.
    std : ndarray (P,)
        σ.
    n_instances : ndarray (P,) of int
    learning_rate : float
        Of the published training, which turns times into steps.
    steps : ndarray (T,)
        t = 4 · learning_rate · steps.
    fourth_power_sum : ndarray (P, N, T)
        Mean over the features of ‖W_i‖₄⁴; NaN where not run.
    seed : Seed
        All curves start from the same encodings.
    """

    n_features: int
    n_neurons: int
    distributions: tuple[str, ...]
    std: FloatArray
    n_instances: NDArray[np.int64]
    learning_rate: float
    steps: FloatArray
    fourth_power_sum: FloatArray
    seed: Seed

    def __post_init__(self) -> None:
        freeze(self)

    def mean(self) -> tuple[FloatArray, FloatArray]:
        """Return the mean over instances and its standard error, each (P, T)."""
        count = self.fourth_power_sum.shape[1]
        error = self.fourth_power_sum.std(axis=1) / np.sqrt(max(count - 1, 1))
        return self.fourth_power_sum.mean(axis=1), error


class Task(NamedTuple):
    """One curve of one instance."""

    entry: Entry
    n_features: int
    n_neurons: int
    distribution: str
    std: float
    time: tuple[float, ...]


def follow(task: Task) -> tuple[FloatArray]:
    """Return the inverse participation ratio at each time, on average over noise and features."""
    model = ToyModel(
        task.n_features, task.n_neurons, noise=DISTRIBUTIONS[task.distribution](std=task.std)
    )
    start = initial_encodings(model, rng=task.entry.generator())
    run = simulate(model, start, time=task.time, until=task.time[-1])
    return (run.fourth_power_sum.mean(axis=-1),)


def compute_curves(
    *,
    n_features: int = 8,
    n_neurons: int = 16,
    distributions: Sequence[str] = tuple(DISTRIBUTIONS),
    stds: Sequence[float] = (0.07, 0.1, 0.15),
    learning_rate: float = 0.02,
    steps: int = 100_000,
    n_times: int = 48,
    n_instances: int = 5,
    rng: Any,
    workers: int | None = None,
    progress: bool = False,
    keep: str | Path | None = None,
    resume: bool = False,
) -> Curves:
    """Follow the inverse participation ratio under noise, averaged over it.

    Parameters
    ----------
    n_features, n_neurons : int
        n and m; the published ones by default.
    distributions : sequence of {"bipolar", "uniform", "gaussian", "laplace"}
    stds : sequence of float
        σ, positive.
    learning_rate : float
        Of the published training: a step is 4 learning rates of flow time.
    steps : int
        Where the curves end, at least 100.
    n_times : int
        How many points a curve has, evenly in the logarithm, from step 10.
    n_instances : int
    rng : Generator, SeedSequence, int or None
        Draws the initial encodings, the same for every curve.
    workers, progress, keep, resume
        See `compute_counts`.

    Returns
    -------
    Curves

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside its range, or `keep` holds another run.
    OSError
        If `keep` cannot be written or, to resume, read.

    Examples
    --------
    >>> from polytheory.experiments.mechanisms import compute_curves
    >>> data = compute_curves(distributions=["gaussian"], stds=[0.1], n_instances=2, rng=0)
    >>> data.fourth_power_sum.shape
    (1, 2, 48)
    """
    n = _checks.integer("n_features", n_features, minimum=2)
    m = _checks.integer("n_neurons", n_neurons, minimum=1)
    rate = _checks.scalar("learning_rate", learning_rate, low=1e-6, high=1.0)
    last = _checks.integer("steps", steps, minimum=100)
    points = _checks.integer("n_times", n_times, minimum=2)
    count = _checks.integer("n_instances", n_instances, minimum=1)
    names, strengths = _settings(distributions, stds)
    seed = streams(rng, 0)[1]
    asked = np.geomspace(FIRST, last, points)
    time = tuple(np.asarray(flow_time(learning_rate=rate, steps=asked)).tolist())
    fresh = Curves(
        n_features=n,
        n_neurons=m,
        distributions=names,
        std=np.array(strengths),
        n_instances=np.full(len(names), count),
        learning_rate=rate,
        steps=asked,
        fourth_power_sum=np.full((len(names), count, points), np.nan),
        seed=seed,
    )

    def task(entry: Entry) -> Task:
        return Task(entry, n, m, names[entry.place], strengths[entry.place], time)

    run = Run(workers, progress, keep, resume)
    return fill(fresh, ("fourth_power_sum",), follow, task, [seed] * len(names), run)


def _settings(
    distributions: Sequence[str], stds: Sequence[float]
) -> tuple[tuple[str, ...], list[float]]:
    names = tuple(
        _checks.one_of("distributions", distribution, tuple(DISTRIBUTIONS))
        for distribution in distributions
    )
    strengths = [_checks.scalar("stds", std, low=1e-6, high=1e3) for std in stds]
    if not names or not strengths:
        raise _checks.refuse_value("distributions and stds", "none", "one of each at least")
    pairs = list(product(names, strengths))
    return tuple(distribution for distribution, _ in pairs), [std for _, std in pairs]


def draw_curves(data: Curves, ax: Axes) -> None:
    """Draw the mean against training steps, a marker a distribution, a line style a σ.

    Parameters
    ----------
    data : Curves
    ax : matplotlib Axes

    Notes
    -----
    In grey where random rows are, 3/(m + 2), and where sparse simplices end:
    `plateau_fourth_power_sum`.
    """
    from matplotlib.lines import Line2D

    mean, error = data.mean()
    distributions, strengths = list(dict.fromkeys(data.distributions)), np.unique(data.std)
    for place, (distribution, std) in enumerate(zip(data.distributions, data.std, strict=True)):
        look = plotting.LOOKS[distributions.index(distribution)]
        color = look.color
        line = _LINES[int(np.searchsorted(strengths, std)) % len(_LINES)]
        ax.plot(
            data.steps,
            mean[place],
            color=color,
            linestyle=line,
            linewidth=1.3,
            marker=look.marker,
            markevery=(place % 4, 6),  # not all on one another
        )
        low, high = mean[place] - error[place], mean[place] + error[place]
        ax.fill_between(data.steps, low, high, color=color, alpha=0.15, linewidth=0)
    levels = (
        (r"sparse simplex: $\bar q(n)$", plateau_fourth_power_sum(data.n_features), (0, (8, 3))),
        ("random rows: $3/(m+2)$", fourth_power_sum_of_random_rows(data.n_neurons), (0, (3, 3))),
    )
    for _, level, line in levels:
        ax.axhline(level, color=plotting.MUTED, linewidth=1.0, linestyle=line)
    ax.set_xscale("log")
    ax.set_ylim(0.0, 1.0)
    plotting.label_axes(
        ax,
        x=f"training steps at $\\eta={data.learning_rate:g}$",
        y=r"inverse participation ratio $\|W_i\|_4^4$",
    )
    keys = [
        Line2D([], [], color=look.color, marker=look.marker, linestyle="none", label=distribution)
        for look, distribution in zip(plotting.LOOKS, distributions, strict=False)
    ]
    keys += [
        Line2D([], [], color=plotting.INK, linestyle=line, label=rf"$\sigma={std:g}$")
        for std, line in zip(strengths, _LINES, strict=False)
    ]
    keys += [
        Line2D([], [], color=plotting.MUTED, linewidth=1.0, linestyle=line, label=words)
        for words, _, line in levels
    ]
    ax.legend(
        handles=keys,
        title=f"$n={data.n_features}$, $m={data.n_neurons}$; shaded: ± s.e.",
        alignment="left",
        loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
    )


#: Line styles of the strengths.
_LINES: tuple[Any, ...] = ((0, (1, 1.2)), (0, (5, 2)), "-")
