"""Where weights start and where they end: which of them become carriers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from polytheory import plotting
from polytheory._checks import FloatArray
from polytheory.experiments._sheet import Entry, Run, fill
from polytheory.experiments._store import Seed, freeze, streams
from polytheory.experiments.collisions._follow import Setting
from polytheory.flow.simulate import simulate
from polytheory.initial import initial_encodings
from polytheory.model import ToyModel
from polytheory.theory.fixed_points import carrier_amplitude

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Weights", "compute_weights", "draw_weight_map", "draw_winning", "largest_wins"]


@dataclass(frozen=True, eq=False)
class Weights:
    """Encodings before and after N runs of the full flow; arrays are read-only.

    Attributes
    ----------
    n_features, n_neurons : int
    l1_strength : float
        λ in flow units.
    n_instances : ndarray (1,) of int
        N.
    start, end : ndarray (1, N, n, m)
        The encodings; NaN where not run.
    seed : Seed
    """

    n_features: int
    n_neurons: int
    l1_strength: float
    n_instances: NDArray[np.int64]
    start: FloatArray
    end: FloatArray
    seed: Seed

    def __post_init__(self) -> None:
        freeze(self)

    def correlation(self) -> tuple[float, float]:
        """Return the correlation of |W_ik| before and after, and its standard error.

        Each instance has one, of all its n·m weights; this is their mean. The error is NaN for one
        instance.
        """
        pairs = zip(np.abs(self.start[0]), np.abs(self.end[0]), strict=True)
        each = np.array([np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in pairs])
        if each.size == 1:
            return float(each[0]), np.nan
        return float(each.mean()), float(each.std(ddof=1) / np.sqrt(each.size))

    def winners(self) -> NDArray[np.bool_]:
        """Return which weights are the largest of their row in the end, (N, n, m)."""
        size = np.abs(self.end[0])
        largest = size.max(axis=-1, keepdims=True)
        return np.asarray((size == largest) & (largest > 0))

    def winning(self, edges: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the share of winners among weights that start between two edges, and its error.

        Parameters
        ----------
        edges : ndarray (K + 1,)
            In units of the initial standard deviation, 1/√m.

        Returns
        -------
        share, error : ndarray (K,)
            NaN where no weight starts. The error is binomial, and at least that of one winner.
        """
        scaled = np.abs(self.start[0]).ravel() * np.sqrt(self.n_neurons)
        all_of_them = np.histogram(scaled, edges)[0]
        won = np.histogram(scaled[self.winners().ravel()], edges)[0]
        with np.errstate(invalid="ignore", divide="ignore"):  # NaN, as announced
            share = won / all_of_them
            spread = np.maximum(share * (1.0 - share), 1.0 / np.maximum(all_of_them, 1))
            return share, np.where(all_of_them > 0, np.sqrt(spread / all_of_them), np.nan)


def largest_wins(scaled: FloatArray, n_neurons: int) -> FloatArray:
    r"""Return the chance that a weight of size x/√m is the largest of m: erf(x/√2)^(m−1).

    Without interference that is the chance to win. For Gaussian weights of variance 1/m; exact.
    """
    return np.asarray(erf(np.asarray(scaled) / np.sqrt(2.0)) ** (n_neurons - 1))


class Task(NamedTuple):
    """One instance."""

    entry: Entry
    setting: Setting


def follow_weights(task: Task) -> tuple[FloatArray, FloatArray]:
    """Return an instance before and after."""
    n, m, lam, _ = task.setting
    model = ToyModel(n, m, l1_strength=lam)
    start = initial_encodings(model, rng=task.entry.generator())
    return start, np.asarray(simulate(model, start).final)


def compute_weights(
    *,
    n_features: int,
    n_neurons: int,
    l1_strength: float,
    n_instances: int = 16,
    rng: Any,
    workers: int | None = None,
    progress: bool = False,
    keep: str | Path | None = None,
    resume: bool = False,
) -> Weights:
    """Follow the full flow to its end and keep the encodings of both.

    Parameters
    ----------
    n_features, n_neurons : int
        n and m.
    l1_strength : float
        λ in flow units, at least 1e-8.
    n_instances : int
    rng, workers, progress, keep, resume
        See `compute_count`.

    Returns
    -------
    Weights

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside its range, or `keep` holds another run.
    OSError
        If `keep` cannot be written or, to resume, read.

    Examples
    --------
    >>> from polytheory.experiments.collisions import compute_weights
    >>> data = compute_weights(n_features=8, n_neurons=16, l1_strength=0.02, n_instances=4, rng=0)
    >>> data.end.shape, int(data.winners().sum()), bool(data.correlation()[0] > 0.2)
    ((1, 4, 8, 16), 32, True)
    """
    setting = Setting.checked(n_features, n_neurons, l1_strength, n_instances)
    n, m, lam, count = setting
    seed = streams(rng, 0)[1]
    nothing = np.full((1, count, n, m), np.nan)
    fresh = Weights(n, m, lam, np.array([count]), nothing, nothing.copy(), seed)
    run = Run(workers, progress, keep, resume)

    def task(entry: Entry) -> Task:
        return Task(entry, setting)

    return fill(fresh, ("start", "end"), follow_weights, task, [seed], run)


def draw_weight_map(data: Weights, ax: Axes) -> None:
    """Draw how many weights start at one size and end at another, on a logarithmic scale of greys.

    Parameters
    ----------
    data : Weights
    ax : matplotlib Axes
    """
    from matplotlib.colors import LogNorm

    scaled = np.abs(data.start[0]).ravel() * np.sqrt(data.n_neurons)
    end = np.abs(data.end[0]).ravel()
    top = max(1.15, float(end.max()))
    cells = (np.linspace(0.0, max(4.0, float(scaled.max())), 33), np.linspace(0.0, top, 33))
    count, x, y = np.histogram2d(scaled, end, cells)
    shown = ax.pcolormesh(
        x,
        y,
        np.ma.masked_equal(count.T, 0),
        cmap="cividis_r",
        norm=LogNorm(1, max(2.0, float(count.max()))),
        rasterized=True,
    )
    bar = ax.figure.colorbar(shown, ax=ax, pad=0.02)
    bar.set_label("weights in a cell")
    ax.axhline(
        float(carrier_amplitude(data.l1_strength)),
        color=plotting.INK,
        linestyle=(0, (5, 2)),
        linewidth=1.0,
        label=r"a carrier alone: $x_+(1-x_+^2)=\lambda$",
    )
    mean, error = data.correlation()
    words = f"correlation {mean:.3f}" + ("" if np.isnan(error) else f" ± {error:.3f}")
    plotting.label_axes(
        ax,
        x=r"initial size $|W_{ik}|$",
        x_unit=r"$1/\sqrt{m}$",
        y=r"final size $|W_{ik}|$",
    )
    ax.grid(visible=False)
    plotting.legend_below(ax, title=words)


def draw_winning(data: Weights, ax: Axes) -> None:
    """Draw how often a weight wins against its initial size, with and without interference.

    Parameters
    ----------
    data : Weights
    ax : matplotlib Axes
    """
    edges = np.linspace(0.0, 4.5, 16)
    centres = (edges[1:] + edges[:-1]) / 2.0
    share, error = data.winning(edges)
    seen, look = np.isfinite(share), plotting.LOOKS[0]
    x = np.linspace(0.0, edges[-1], 200)
    ax.plot(
        x,
        largest_wins(x, data.n_neurons),
        color=plotting.INK,
        label=r"no interference: $\mathrm{erf}(x/\sqrt{2})^{m-1}$",
    )
    ax.axhline(
        1.0 / data.n_neurons,
        color=plotting.MUTED,
        linestyle=(0, (1, 1.2)),
        linewidth=1.0,
        label="chance: $1/m$",
    )
    ax.errorbar(
        centres[seen],
        share[seen],
        error[seen],
        fmt=look.marker,
        color=look.color,
        capsize=2,
        label="flow ± s.e.",
    )
    ax.set_ylim(-0.03, 1.03)
    plotting.label_axes(
        ax, x=r"initial size $x$", x_unit=r"$1/\sqrt{m}$", y="weights that win, share"
    )
    plotting.legend_below(ax)
