"""Whether the ℓ1 strength that `equivalent_l1` names is as fast as the noise."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
from polytheory.theory import noise as theory

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Equivalence", "compute_equivalence", "draw_equivalence"]

#: Fourth norms, of normalised rows, whose times are taken.
LEVELS = (0.4, 0.5, 0.7)
#: Times looked at, in units of the predicted half-sparsity time.
LOOKS_AT = np.geomspace(0.02, 8.0, 60)
RESULTS = ("noise_times", "l1_times")


@dataclass(frozen=True, eq=False)
class Equivalence:
    """Times to given sparsities under noise and under the equivalent ℓ1; arrays are read-only.

    Attributes
    ----------
    n_features, n_neurons : ndarray (P,) of int
        n and m.
    std : ndarray (P,)
        σ.
    distribution : str
        Of the noise.
    l1_strength : ndarray (P,)
        λ by `equivalent_l1`, in flow units.
    predicted : ndarray (P,)
        Time to an inverse participation ratio of 1/2 by `half_sparsity_time`.
    n_instances : ndarray (P,) of int
    levels : ndarray (L,)
        Fourth norms of normalised rows.
    noise_times, l1_times : ndarray (P, N, L)
        When the median feature of an instance has them; inf if not within 8 predicted times.
    seed : Seed
        Both mechanisms, and all strengths at one size, start from the same encodings.
    """

    n_features: NDArray[np.int64]
    n_neurons: NDArray[np.int64]
    std: FloatArray
    distribution: str
    l1_strength: FloatArray
    predicted: FloatArray
    n_instances: NDArray[np.int64]
    levels: FloatArray
    noise_times: FloatArray
    l1_times: FloatArray
    seed: Seed

    def __post_init__(self) -> None:
        freeze(self)

    def ratio(self) -> tuple[FloatArray, FloatArray]:
        """Return noise time over ℓ1 time, the median over instances and its error, each (P, L).

        The ratio is 1 where the equivalence holds and inf where noise does not get there.
        """
        ratio = self.noise_times / self.l1_times
        logs = np.log(np.where(np.isfinite(ratio), ratio, 1.0))
        # A median scatters 1.25 times as much as a mean.
        spread = 1.25 * logs.std(axis=1) / np.sqrt(max(logs.shape[1] - 1, 1))
        middle = np.median(ratio, axis=1)
        with np.errstate(invalid="ignore"):
            return middle, np.where(np.isfinite(middle), middle * spread, 0.0)


class Task(NamedTuple):
    """One instance under noise and under ℓ1."""

    entry: Entry
    n_features: int
    n_neurons: int
    distribution: str
    std: float
    l1_strength: float
    predicted: float


def reached(times: FloatArray, fourth: FloatArray) -> FloatArray:
    """Return when the median feature passes each level, (L,); `fourth` is (T, n)."""
    found = np.full((len(LEVELS), fourth.shape[1]), np.inf)
    for i, level in enumerate(LEVELS):
        above = fourth >= level
        for j in np.flatnonzero(above.any(axis=0)):
            k = int(above[:, j].argmax())
            if k == 0:
                found[i, j] = times[0]
                continue
            low, high = fourth[k - 1, j], fourth[k, j]
            part = (level - low) / (high - low)
            found[i, j] = times[k - 1] * (times[k] / times[k - 1]) ** part
    # The lower of two middle ones: half an inf would be no time.
    middle = np.sort(found, axis=-1)[:, (found.shape[1] - 1) // 2]
    return np.asarray(middle)


def follow(task: Task) -> tuple[FloatArray, FloatArray]:
    """Return the times of one instance under noise, and under ℓ1."""
    times = task.predicted * LOOKS_AT
    n, m = task.n_features, task.n_neurons
    models = (
        ToyModel(n, m, noise=DISTRIBUTIONS[task.distribution](std=task.std)),
        ToyModel(n, m, l1_strength=task.l1_strength),
    )
    start = initial_encodings(models[0], rng=task.entry.generator())
    seen = []
    for model in models:
        run = simulate(model, start, time=times, until=float(times[-1]))
        size = np.where(run.squared_norm > 0, run.squared_norm, 1.0)
        seen.append(reached(times, run.fourth_power_sum / np.square(size)))
    return seen[0], seen[1]


def compute_equivalence(
    *,
    n_features: Iterable[int],
    widths: Iterable[float],
    reach: Iterable[float],
    distribution: str = "bipolar",
    n_instances: int = 8,
    rng: Any,
    workers: int | None = None,
    progress: bool = False,
    keep: str | Path | None = None,
    resume: bool = False,
) -> Equivalence:
    """Measure the times to three sparsities under noise and under the ℓ1 that should be as fast.

    Parameters
    ----------
    n_features : iterable of int
        n, each at least 3.
    widths : iterable of float
        m/n, each at least 1, for m of at least 8.
    reach : iterable of float
        (n − 1)σ, positive; σ must lie below `critical_std`.
    distribution : {"bipolar", "uniform"}
        Of the noise.
    n_instances : int
    rng, workers, progress, keep, resume
        See `compute_counts`.

    Returns
    -------
    Equivalence

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside its range, the grid is empty, or `keep` holds another run.
    OSError
        If `keep` cannot be written or, to resume, read.

    Examples
    --------
    >>> from polytheory.experiments.mechanisms import compute_equivalence
    >>> data = compute_equivalence(n_features=[6], widths=[1.5], reach=[1.0], n_instances=2, rng=0)
    >>> data.noise_times.shape
    (1, 2, 3)
    """
    distribution = _checks.one_of("distribution", distribution, ("bipolar", "uniform"))
    count = _checks.integer("n_instances", n_instances, minimum=1)
    sizes = [
        (_checks.integer("n_features", n, minimum=3), _checks.scalar("widths", width, low=1.0))
        for n, width in product(n_features, widths)
    ]
    reaches = [_checks.scalar("reach", each, low=1e-3, high=1e3) for each in reach]
    cells = [(n, round(n * width), each / (n - 1)) for n, width in sizes for each in reaches]
    if not cells:
        raise _checks.refuse_value("settings", "none", "one at least", "Is a list empty?")
    generators, seed = streams(rng, len(sizes))
    firsts = [streams(generator, 0)[1] for generator in generators]
    n, m, std = (np.array(column) for column in zip(*cells, strict=True))
    kappa = DISTRIBUTIONS[distribution](std=1.0).excess_kurtosis
    rate = np.asarray(theory.drift_rate(n, std=std, excess_kurtosis=kappa))
    lam = np.asarray(theory.equivalent_l1(m, rate=rate))
    half = np.asarray(theory.half_sparsity_time(m, rate=rate))
    nothing = np.full((len(cells), count, len(LEVELS)), np.nan)
    asked = np.full(len(cells), count)
    levels = np.array(LEVELS)
    fresh = Equivalence(
        n, m, std, distribution, lam, half, asked, levels, nothing, nothing.copy(), seed
    )

    def task(entry: Entry) -> Task:
        p = entry.place
        return Task(
            entry, int(n[p]), int(m[p]), distribution, float(std[p]), float(lam[p]), float(half[p])
        )

    seeds: Sequence[Seed] = [first for first in firsts for _ in reaches]
    run = Run(workers, progress, keep, resume)
    return fill(fresh, RESULTS, follow, task, seeds, run)


def draw_equivalence(data: Equivalence, ax: Axes) -> None:
    """Draw noise time over ℓ1 time against (n − 1)σ, a colour a size, a filling a sparsity.

    Parameters
    ----------
    data : Equivalence
    ax : matplotlib Axes

    Notes
    -----
    The line is the inverse participation ratio 1/2, of which `equivalent_l1` speaks; half-filled
    markers are the other levels. Points that noise does not reach are left out.
    """
    ratio, error = data.ratio()
    ax.axhline(
        1.0,
        color=plotting.INK,
        linewidth=1.0,
        label=r"equal: $t_{1/2}(\lambda)=t_{1/2}(\gamma)$",
    )
    sizes = list(dict.fromkeys(zip(data.n_features.tolist(), data.n_neurons.tolist(), strict=True)))
    for i, (n, m) in enumerate(sizes):
        look = plotting.LOOKS[i % len(plotting.LOOKS)]
        at = np.flatnonzero((data.n_features == n) & (data.n_neurons == m))
        for j, level in enumerate(data.levels):
            seen = at[np.isfinite(ratio[at, j])]
            half = level == 0.5
            ax.errorbar(
                (n - 1) * data.std[seen],
                ratio[seen, j],
                error[seen, j] if half else None,
                marker=look.marker,
                fillstyle="full" if half else ("bottom" if level < 0.5 else "top"),
                markerfacecoloralt="white",
                color=look.color,
                linestyle=look.linestyle if half else "none",
                linewidth=1.0,
                capsize=2,
                label=f"$n={n}$, $m={m}$" if half else None,
            )
    ax.set_xscale("log")
    ax.set_yscale("log")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter("")
    ax.set_xticks(np.unique(np.round((data.n_features - 1) * data.std, 3)))
    ax.set_yticks([0.5, 1.0, 2.0, 5.0, 10.0])
    plotting.label_axes(
        ax, x=r"strength $(n-1)\sigma$", y=r"time of noise / time of equivalent $\ell_1$"
    )
    low, _, high = data.levels
    ax.legend(
        title=f"inverse participation ratio 0.5; half filled:\nbelow {low:g}, above {high:g}",
        alignment="left",
        fontsize=7,
        loc="upper left",
    )
