"""The time at which a single weight is left, compared with the universal distribution."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from polytheory import _checks, plotting
from polytheory._checks import FloatArray
from polytheory.experiments import _panels
from polytheory.experiments import _settings as kinds
from polytheory.experiments._figure import Computation, Figure
from polytheory.experiments._record import Record
from polytheory.experiments.sparsification.speed import HOLLOW_MARKERS, ROW_SETTINGS, checked
from polytheory.theory.sparsification import completion_distribution, completion_time

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["FIGURE", "Completion", "dkw_width", "draw_density", "draw_survival", "follow"]

#: Rows of expected length 1, by the distribution of their weights. Uniform weights are outside the
#: Gumbel domain and should *not* follow the universal distribution.
DRAWS: dict[str, Callable[[np.random.Generator, int], FloatArray]] = {
    "Gaussian": lambda rng, m: rng.normal(0.0, 1.0 / np.sqrt(m), m),
    "Laplace": lambda rng, m: rng.laplace(0.0, np.sqrt(0.5 / m), m),
    "uniform": lambda rng, m: rng.uniform(-np.sqrt(3.0 / m), np.sqrt(3.0 / m), m),
}
#: Number of rows of one task.
CHUNK = 50
#: Points at which the limit is drawn, up to P = 4e-4, and the edges of the histogram.
_GRID, _EDGES = np.linspace(0.0, 6.0, 241), np.linspace(0.0, 6.0, 31)


@dataclass(frozen=True, eq=False, kw_only=True)
class Completion(Record):
    """Scaled completion times λT* of many rows; arrays are read-only.

    Attributes
    ----------
    scaled_times : ndarray (A, R)
        λT* of R rows each, ascending, for A distributions of the weights.
    """

    scaled_times: FloatArray

    def distances(self) -> FloatArray:
        """Return the Kolmogorov–Smirnov distance of each sample from the limit, (A,)."""
        from scipy.stats import kstest

        limit = completion_distribution()
        return np.array([kstest(x, limit.cdf).statistic for x in self.scaled_times])


def grid(settings: kinds.Settings) -> list[dict[str, Any]]:
    """Return a task per 50 rows of a distribution."""
    row = checked(settings.n_neurons, settings.l1_strength)
    return [
        {"distribution": name, **row, "first": first, "rows": min(CHUNK, settings.n_rows - first)}
        for name in settings.distributions
        for first in range(0, settings.n_rows, CHUNK)
    ]


def follow(parameters: Any, rng: np.random.Generator) -> dict[str, FloatArray]:
    """Return λT* of some rows: a task of `polytheory.sweep`.

    The times are from the slow manifold to order λ², see
    `polytheory.theory.sparsification.completion_time`.
    """
    name, m, lam, _, rows = parameters.values()
    starts = (DRAWS[name](rng, m) for _ in range(rows))
    times = [completion_time(start, l1_strength=lam, order=2) for start in starts]
    return {"scaled_times": lam * np.array(times)}


def completion(settings: kinds.Settings, table: Any) -> Completion:
    """Return the table as a record."""
    times = np.concatenate(list(table["scaled_times"])).reshape(-1, settings.n_rows)
    return Completion.of(settings, table, scaled_times=np.sort(times, axis=1))


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
    Kind: bound, in probability, for every n and every distribution. Source: Dvoretzky, Kiefer and
    Wolfowitz (1956) with Massart's constant (1990).

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


def _draw_sample(
    ax: Axes, look: plotting.Look, x: FloatArray, y: FloatArray, count: int, label: str, of: float
) -> None:
    """Draw y, `of` times a share of `count` rows, where it is not zero."""
    seen = y > 0.0
    x, y, share = x[seen], y[seen], y[seen] / of
    error = y * np.sqrt((1.0 - share) / (share * count))
    _panels.points(ax, x, y, error, look, label=label, **HOLLOW_MARKERS)


def draw_survival(data: Completion, ax: Axes) -> None:
    """Draw P(λT* > x) of each sample, with binomial standard errors, and its limit.

    The legend gives the Kolmogorov–Smirnov distances D, to be compared with the 95 % bound of
    Dvoretzky, Kiefer and Wolfowitz for a sample of the universal distribution.

    Parameters
    ----------
    data : Completion
    ax : matplotlib Axes
        Its vertical scale becomes logarithmic.
    """
    count, x = data.settings.n_rows, _EDGES[:-1]
    limit, words = completion_distribution().sf(_GRID), r"universal, tail $Ce^{-\sqrt{2}x}$"
    ax.plot(_GRID, limit, color=plotting.INK, zorder=1.5, label=words)
    names = zip(data.settings.distributions, data.scaled_times, data.distances(), strict=True)
    for look, (name, sample, distance) in _panels.looks(names):
        left = 1.0 - np.searchsorted(sample, x, side="right") / count
        _draw_sample(ax, look, x, left, count, f"{name}, $D={distance:.3f}$", 1.0)
    ax.set(yscale="log", xlim=(0.0, _EDGES[-1]), ylim=(4e-4, 1.6))
    plotting.label_axes(ax, x="scaled time $x$", y=r"probability $P(\lambda T^*>x)$")
    plotting.legend_below(ax, title=f"samples of the limit: $D<{dkw_width(count):.3f}$ (95 %)")


def draw_density(data: Completion, ax: Axes) -> None:
    """Draw histograms of λT*, with binomial standard errors, and the universal density.

    Parameters
    ----------
    data : Completion
    ax : matplotlib Axes
    """
    width, centres = _EDGES[1], (_EDGES[1:] + _EDGES[:-1]) / 2.0
    count, limit = data.settings.n_rows, completion_distribution()
    words = f"universal, mean {limit.mean():.2f}"
    ax.plot(_GRID, limit.pdf(_GRID), color=plotting.INK, zorder=1.5, label=words)
    samples = zip(data.settings.distributions, data.scaled_times, strict=True)
    for look, (name, sample) in _panels.looks(samples):
        density = np.histogram(sample, _EDGES)[0] / (count * width)
        label = f"{name}, mean {sample.mean():.2f}"
        _draw_sample(ax, look, centres, density, count, label, 1.0 / width)
    ax.set(xlim=(0.0, _EDGES[-1]), ylim=(0.0, None))
    plotting.label_axes(ax, x=r"scaled completion time $\lambda T^*$", y="probability density")
    plotting.legend_below(ax)


FIGURE = Figure(
    name="completion-time",
    title="distribution of λT*, when a single weight is left, and its universal limit",
    settings={
        **ROW_SETTINGS,
        "n_rows": kinds.whole("rows of each distribution", 1, "{} rows each"),
        "distributions": kinds.several(
            kinds.word("distribution of the weights, variance 1/m", *DRAWS)
        ),
    },
    paper={
        "n_neurons": 100_000,
        "l1_strength": 1e-5,
        "n_rows": 2000,
        "distributions": tuple(DRAWS),
    },
    small={"n_neurons": 500, "n_rows": 200},
    computation=Computation(grid, follow, completion),
    panels=_panels.laid_out(draw_density, draw_survival, size=(7.2, 4.2)),
    formula=r"$Ce^{-\sqrt{2}x}$",
    minutes={"full": 1, "paper": 1},
)
