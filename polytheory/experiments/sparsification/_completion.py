"""When one weight is left, against the universal law."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from polytheory import _checks, plotting
from polytheory._checks import FloatArray
from polytheory.experiments._store import Seed, freeze, streams, watch
from polytheory.experiments.sparsification._wide import check_setting
from polytheory.theory.sparsification import (
    completion_distribution,
    completion_time,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "Completion",
    "compute_completion",
    "dkw_width",
    "draw_completion_density",
    "draw_completion_survival",
]


#: Rows of unit expected length, by the law of their weights.
_DRAWS: dict[str, Callable[[np.random.Generator, int], FloatArray]] = {
    "Gaussian": lambda rng, m: rng.normal(0.0, 1.0 / np.sqrt(m), m),
    "Laplace": lambda rng, m: rng.laplace(0.0, np.sqrt(0.5 / m), m),
    "uniform": lambda rng, m: rng.uniform(-np.sqrt(3.0 / m), np.sqrt(3.0 / m), m),
}
#: Where the limit law is drawn: up to P = 4e-4.
_LAST_SCALED, _GRID = 6.0, 241


@dataclass(frozen=True, eq=False)
class Completion:
    """Scaled completion times λT* of many rows, and their universal law; arrays are read-only.

    Attributes
    ----------
    initial_laws : tuple of str
        What the weights were drawn from, A names.
    scaled_times : ndarray (A, R)
        λT* of R rows each, ascending.
    distances : ndarray (A,)
        Kolmogorov–Smirnov distance of each sample from the universal law.
    grid, survival, density : ndarray (X,)
        P(λT* > x) and the density of the universal law (m → ∞, Gumbel domain) at x = grid.
    mean, std : float
        Of the universal law.
    n_neurons : int
        m.
    l1_strength : float
        λ in flow units.
    seed : Seed
    """

    initial_laws: tuple[str, ...]
    scaled_times: FloatArray
    distances: FloatArray
    grid: FloatArray
    survival: FloatArray
    density: FloatArray
    mean: float
    std: float
    n_neurons: int
    l1_strength: float
    seed: Seed

    def __post_init__(self) -> None:
        freeze(self)


def compute_completion(
    *,
    n_neurons: int,
    l1_strength: float,
    n_rows: int,
    initial_laws: tuple[str, ...] = ("Gaussian", "Laplace", "uniform"),
    rng: Any,
    progress: bool = False,
) -> Completion:
    """Find when each of many rows has one weight left.

    Parameters
    ----------
    n_neurons : int
        m, at least 10.
    l1_strength : float
        λ > 0 in flow units, with λ√m ≤ 0.1. The times are from the slow manifold to order λ², see
        `polytheory.theory.sparsification.completion_time`.
    n_rows : int
        R ≥ 1, for each law.
    initial_laws : tuple of {"Gaussian", "Laplace", "uniform"}
        Laws of the independent weights, of variance 1/m. Uniform weights lie outside the Gumbel
        domain: they should *not* follow the universal law.
    rng : Generator, SeedSequence, int or None
        Each row has a stream of its own.
    progress : bool
        Whether to show a progress bar.

    Returns
    -------
    Completion

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside its range.

    Notes
    -----
    The universal law takes some seconds when it is first asked for.
    """
    m, lam = check_setting(n_neurons, l1_strength)
    count = _checks.integer("n_rows", n_rows, minimum=1)
    names = tuple(_checks.one_of("initial_laws", name, tuple(_DRAWS)) for name in initial_laws)
    generators, seed = streams(rng, len(names) * count)
    jobs = list(zip(np.repeat(names, count), generators, strict=True))
    times = [
        completion_time(_DRAWS[name](generator, m), l1_strength=lam, order=2)
        for name, generator in watch(jobs, progress=progress, label="rows")
    ]
    scaled = np.sort(lam * np.array(times).reshape(len(names), count), axis=1)
    law = completion_distribution()
    grid = np.linspace(0.0, _LAST_SCALED, _GRID)
    return Completion(
        initial_laws=names,
        scaled_times=scaled,
        distances=np.array([_distance(sample, law.sf(sample)) for sample in scaled]),
        grid=grid,
        survival=law.sf(grid),
        density=law.pdf(grid),
        mean=law.mean(),
        std=law.std(),
        n_neurons=m,
        l1_strength=lam,
        seed=seed,
    )


def _distance(sample: FloatArray, survival: FloatArray) -> float:
    """Return the Kolmogorov–Smirnov distance of an ascending sample from a law's P(X > sample)."""
    steps = np.arange(sample.size + 1) / sample.size
    below = 1.0 - survival
    return float(max(np.max(below - steps[:-1]), np.max(steps[1:] - below)))


def dkw_width(n_samples: ArrayLike, *, confidence: float = 0.95) -> Any:
    r"""Half width of the band that holds a whole distribution function: √(ln(2/(1−c))/(2n)).

    Parameters
    ----------
    n_samples : int or array
        n ≥ 1.
    confidence : float
        c, between 0 and 1.

    Returns
    -------
    float or ndarray

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside its range.

    Notes
    -----
    Kind: bound, in probability, for every n and every law. Source: Dvoretzky, Kiefer and Wolfowitz
    (1956) with Massart's constant (1990).

    Examples
    --------
    >>> from polytheory.experiments.sparsification import dkw_width
    >>> round(dkw_width(1000), 4)
    0.0429
    """
    n = _checks.real_array("n_samples", n_samples)
    _checks.require("n_samples", n, n >= 1, "at least 1")
    c = _checks.scalar("confidence", confidence, low=0.0, high=1.0 - 1e-15)
    return _checks.unwrap(np.sqrt(np.log(2.0 / (1.0 - c)) / (2.0 * n)))


def _draw_law(ax: Axes, x: FloatArray, y: FloatArray, label: str) -> None:
    ax.plot(x, y, color=plotting.INK, label=label, zorder=1.5)


def draw_completion_survival(data: Completion, ax: Axes) -> None:
    """Draw P(λT* > x) of each sample, with binomial standard errors, and of the universal law.

    The legend gives the Kolmogorov–Smirnov distances D, to be held against the 95 % bound of
    Dvoretzky, Kiefer and Wolfowitz for a sample of the law itself.

    Parameters
    ----------
    data : Completion
    ax : matplotlib Axes
        Its vertical scale becomes logarithmic.
    """
    count = data.scaled_times.shape[1]
    x = np.linspace(0.0, _LAST_SCALED, 31)[:-1]
    _draw_law(ax, data.grid, data.survival, r"universal law, tail $Ce^{-\sqrt{2}x}$")
    for i, name in enumerate(data.initial_laws):
        left = 1.0 - np.searchsorted(data.scaled_times[i], x, side="right") / count
        _draw_sample(ax, i, x, left, left, f"{name}, $D={data.distances[i]:.3f}$", count)
    ax.set(yscale="log", xlim=(0.0, _LAST_SCALED), ylim=(4e-4, 1.6))
    plotting.label_axes(ax, x="scaled time $x$", y=r"probability $P(\lambda T^*>x)$")
    bound = f"law itself: $D<{dkw_width(count):.3f}$ (95 %)"
    plotting.legend_below(ax, title=bound)


def _draw_sample(
    ax: Axes, index: int, x: FloatArray, y: FloatArray, share: FloatArray, label: str, count: int
) -> None:
    """Draw y, which is proportional to a share of `count` rows; nothing where there is no row."""
    look, seen = plotting.LOOKS[index % len(plotting.LOOKS)], share > 0.0
    relative = np.sqrt((1.0 - share[seen]) / (share[seen] * count))
    ax.errorbar(
        x[seen],
        y[seen],
        yerr=y[seen] * relative,
        fmt=look.marker,
        color=look.color,
        markerfacecolor="none",
        elinewidth=0.9,
        label=label,
    )


def draw_completion_density(data: Completion, ax: Axes) -> None:
    """Draw histograms of λT*, with binomial standard errors, and the universal density.

    Parameters
    ----------
    data : Completion
    ax : matplotlib Axes
    """
    edges = np.linspace(0.0, _LAST_SCALED, 31)
    width, centres = edges[1] - edges[0], (edges[1:] + edges[:-1]) / 2.0
    count = data.scaled_times.shape[1]
    highest = data.density.max()
    _draw_law(ax, data.grid, data.density, f"universal law, mean {data.mean:.2f}")
    for i, name in enumerate(data.initial_laws):
        sample = data.scaled_times[i]
        share = np.histogram(sample, edges)[0] / count
        label = f"{name}, mean {sample.mean():.2f}"
        _draw_sample(ax, i, centres, share / width, share, label, count)
        highest = max(highest, share.max() / width)
    ax.set(xlim=(0.0, _LAST_SCALED), ylim=(0.0, 1.1 * highest))
    plotting.label_axes(ax, x=r"scaled completion time $\lambda T^*$", y="probability density")
    plotting.legend_below(ax)
