r"""How one encoding becomes sparse, in three figures (theory 1.5 and 2).

- `compute_speed`, `draw_speed`, `draw_speed_ratio`: how a wide row loses its weights;
- `compute_collapse`, `draw_collapse`: one curve for all widths and strengths;
- `compute_completion`, `draw_completion_survival`, `draw_completion_density`: when one weight is
  left, against the universal law.

λ and t are in flow units throughout.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polytheory import _checks, plotting
from polytheory._checks import FloatArray
from polytheory.experiments._store import Seed, freeze, streams, watch
from polytheory.flow.row import row_flow
from polytheory.initial import initial_row
from polytheory.theory.sparsification import (
    CURVE,
    completion_law,
    completion_time,
    l1_norm,
    nonzero_count,
    paper_l1_norm,
    paper_nonzero_count,
    time_to_fraction,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "Collapse",
    "Completion",
    "Speed",
    "compute_collapse",
    "compute_completion",
    "compute_speed",
    "dkw_width",
    "draw_collapse",
    "draw_completion_density",
    "draw_completion_survival",
    "draw_speed",
    "draw_speed_ratio",
]

#: A row counts as wide on the curve while so many weights live; later it is left to itself.
FEWEST = 10
#: A run starts at θ = λ√m t = 0.01, where 1 % of the weights have died, and ends at λt = 6, which
#: one row in a thousand outlives with more than one weight.
_START, _END = 0.01, 6.0


def _check_setting(n_neurons: Any, l1_strength: Any) -> tuple[int, float]:
    """Return m and λ > 0 where the universal curve holds at the start."""
    m = _checks.integer("n_neurons", n_neurons, minimum=FEWEST)
    lam = _checks.scalar("l1_strength", l1_strength, low=1e-30)
    CURVE.check(time=0.0, n_neurons=m, l1_strength=lam)
    return m, lam


# Speed of sparsification


@dataclass(frozen=True, eq=False)
class Speed:
    """Gaussian rows from the start to one weight, and the laws for them; arrays are read-only.

    Attributes
    ----------
    times : ndarray (T,)
        Flow times, geometric.
    nonzero_count, l1_norm : ndarray (R, T)
        m' and ‖w‖₁ of R rows, by the exact row flow.
    paper_nonzero_count, paper_l1_norm : ndarray (T,)
        The paper's laws.
    curve_nonzero_count, curve_l1_norm : ndarray (K,)
        The universal curve at the first K times, as long as it gives at least 10 weights.
    n_neurons : int
        m.
    l1_strength : float
        λ in flow units.
    seed : Seed
    """

    times: FloatArray
    nonzero_count: FloatArray
    l1_norm: FloatArray
    paper_nonzero_count: FloatArray
    paper_l1_norm: FloatArray
    curve_nonzero_count: FloatArray
    curve_l1_norm: FloatArray
    n_neurons: int
    l1_strength: float
    seed: Seed

    def __post_init__(self) -> None:
        freeze(self)

    def ratio(self, quantity: str, law: str) -> FloatArray:
        """Return run/law, the mean over the rows, at the first K times (curve) or all (paper).

        Parameters
        ----------
        quantity : {"nonzero_count", "l1_norm"}
        law : {"curve", "paper"}

        Raises
        ------
        TypeError, ValueError
            For other words.
        """
        name = _checks.one_of("quantity", quantity, tuple(_QUANTITIES))
        which = _checks.one_of("law", law, ("curve", "paper"))
        predicted = getattr(self, f"{which}_{name}")
        seen = getattr(self, name).mean(axis=0)
        return np.asarray(seen[: predicted.size] / predicted)


def compute_speed(
    *,
    n_neurons: int,
    l1_strength: float,
    n_rows: int = 20,
    n_times: int = 121,
    rng: Any,
    progress: bool = False,
) -> Speed:
    """Follow independent N(0, 1/m) rows until about one weight is left.

    Parameters
    ----------
    n_neurons : int
        m, at least 10.
    l1_strength : float
        λ > 0 in flow units, with λ√m ≤ 0.1.
    n_rows, n_times : int
        R ≥ 1 rows, T ≥ 2 times, from λ√m t = 0.01 to λt = 6.
    rng : Generator, SeedSequence, int or None
        Each row has a stream of its own.
    progress : bool
        Whether to show a progress bar.

    Returns
    -------
    Speed

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside its range.

    Examples
    --------
    >>> from polytheory.experiments.sparsification import compute_speed
    >>> data = compute_speed(n_neurons=1000, l1_strength=1e-4, n_rows=2, rng=0)
    >>> data.nonzero_count.shape
    (2, 121)
    """
    m, lam = _check_setting(n_neurons, l1_strength)
    count = _checks.integer("n_rows", n_rows, minimum=1)
    points = _checks.integer("n_times", n_times, minimum=2)
    times = np.geomspace(_START / (lam * np.sqrt(m)), _END / lam, points)
    generators, seed = streams(rng, count)
    runs = [
        row_flow(initial_row(m, rng=generator), l1_strength=lam, times=times)
        for generator in watch(generators, progress=progress, label="rows")
    ]
    setting: dict[str, Any] = {"n_neurons": m, "l1_strength": lam}
    last = time_to_fraction(FEWEST / m, **setting)
    on_curve = times[times < last * (1.0 - 1e-12)]  # the curve refuses its end if rounded up
    return Speed(
        times=times,
        nonzero_count=np.array([run.nonzero_count for run in runs], dtype=np.float64),
        l1_norm=np.array([run.l1_norm for run in runs]),
        paper_nonzero_count=paper_nonzero_count(times, **setting),
        paper_l1_norm=paper_l1_norm(times, **setting),
        curve_nonzero_count=nonzero_count(on_curve, **setting),
        curve_l1_norm=l1_norm(on_curve, **setting),
        n_neurons=m,
        l1_strength=lam,
        seed=seed,
    )


class _Words(NamedTuple):
    """How one quantity is named in the pictures."""

    axis: str
    symbol: str
    curve: str
    paper: str


_QUANTITIES = {
    "nonzero_count": _Words(
        "living weights $m'$",
        "$m'$",
        r"ours: $2m\,Q(x)$",
        r"paper: $\max\{(1/\sqrt{m}+\lambda t)^{-2},\,1\}$",
    ),
    "l1_norm": _Words(
        r"$\ell_1$ norm $\|w\|_1$",
        r"$\|w\|_1$",
        r"ours: $\sqrt{m}\,G_1(x)/\sqrt{G_2(x)}$",
        r"paper: $\max\{(1/\sqrt{m}+\lambda t)^{-1},\,1\}$",
    ),
}


def draw_speed(data: Speed, ax: Axes, *, quantity: str = "nonzero_count") -> None:
    """Draw m' or ‖w‖₁ against flow time, with both laws.

    Parameters
    ----------
    data : Speed
    ax : matplotlib Axes
    quantity : {"nonzero_count", "l1_norm"}

    Raises
    ------
    TypeError, ValueError
        For another quantity.
    """
    words = _QUANTITIES[_checks.one_of("quantity", quantity, tuple(_QUANTITIES))]
    rows = getattr(data, quantity)
    run, paper = plotting.LOOKS[0], plotting.LOOKS[1]
    curve = getattr(data, f"curve_{quantity}")
    ax.loglog(
        data.times,
        rows.mean(axis=0),
        run.marker,
        color=run.color,
        markevery=max(1, data.times.size // 30),
        label=f"simulation, {_mean_of(rows.shape[0])}",
    )
    ax.loglog(data.times[: curve.size], curve, color=plotting.INK, label=words.curve)
    ax.loglog(
        data.times,
        getattr(data, f"paper_{quantity}"),
        color=paper.color,
        linestyle=paper.linestyle,
        label=words.paper,
    )
    plotting.label_axes(ax, x="flow time $t$", y=words.axis, x_unit="flow units")
    ax.legend(loc="lower left")


def _mean_of(n_rows: int) -> str:
    return "one row" if n_rows == 1 else f"mean of {n_rows} rows"


def draw_speed_ratio(data: Speed, ax: Axes, *, quantity: str = "nonzero_count") -> None:
    """Draw simulation/law against flow time, for both laws, with the middle 80 % of the rows.

    Parameters
    ----------
    data : Speed
    ax : matplotlib Axes
    quantity : {"nonzero_count", "l1_norm"}

    Raises
    ------
    TypeError, ValueError
        For another quantity.
    """
    words = _QUANTITIES[_checks.one_of("quantity", quantity, tuple(_QUANTITIES))]
    rows = getattr(data, quantity)
    paper, some = plotting.LOOKS[1], rows.shape[0] > 1
    ax.axhline(1.0, color=plotting.MUTED, linewidth=0.8)
    for law, color, line in (("curve", plotting.INK, "-"), ("paper", *paper[::2])):
        predicted = getattr(data, f"{law}_{quantity}")
        times = data.times[: predicted.size]
        if some:
            low, high = np.quantile(rows[:, : predicted.size] / predicted, [0.1, 0.9], axis=0)
            ax.fill_between(times, low, high, color=color, alpha=0.15, linewidth=0.0)
        name = "ours" if law == "curve" else "paper"
        ax.semilogx(times, data.ratio(quantity, law), color=color, linestyle=line, label=name)
    plotting.label_axes(ax, x="flow time $t$", y=f"{words.symbol}: run / law", x_unit="flow units")
    note = "shaded: middle 80 % of rows" if some else None
    ax.legend(loc="upper left", title=note, alignment="left")


# Scaling collapse


@dataclass(frozen=True, eq=False)
class Collapse:
    """One Gaussian row a setting (m, λ), at common scaled times; arrays are read-only.

    Attributes
    ----------
    scaled_times : ndarray (T,)
        θ = λ√m t, geometric.
    settings : tuple of S pairs (int, float)
        m and λ (flow units).
    nonzero_count : ndarray (S, T)
        m', by the exact row flow.
    curve_fraction : ndarray (T,)
        m'/m on the universal curve.
    seed : Seed
    """

    scaled_times: FloatArray
    nonzero_count: FloatArray
    curve_fraction: FloatArray
    settings: tuple[tuple[int, float], ...]
    seed: Seed

    def __post_init__(self) -> None:
        freeze(self)

    def curve_count(self) -> FloatArray:
        """Return m' on the curve, shape (S, T)."""
        widths = np.array([m for m, _ in self.settings], dtype=np.float64)
        return np.asarray(widths[:, None] * self.curve_fraction)

    def on_curve(self) -> NDArray[np.bool_]:
        """Return where the curve gives at least 10 weights, shape (S, T)."""
        return np.asarray(self.curve_count() >= FEWEST)

    def deviations(self) -> FloatArray:
        """Return (m' − curve)/√curve, shape (S, T): of order one while on the curve.

        Deaths are counted among independent draws, so √m' is the size of the scatter.
        """
        expected = self.curve_count()
        return np.asarray((self.nonzero_count - expected) / np.sqrt(expected))


#: Every wide row in the limit: m as large, and λ√m as far within the domain, as the curve takes.
_WIDEST = {"n_neurons": 1e30, "l1_strength": 1e-16}


def compute_collapse(
    *,
    settings: Iterable[tuple[int, float]],
    n_times: int = 61,
    rng: Any,
    progress: bool = False,
) -> Collapse:
    """Follow one N(0, 1/m) row a setting over the same scaled times θ = λ√m t.

    Parameters
    ----------
    settings : iterable of (int, float)
        Pairs (m, λ), m at least 10, λ > 0 in flow units with λ√m ≤ 0.1. The collapse is of
        relative error λ√m.
    n_times : int
        T ≥ 2, from θ = 0.01 to where the curve leaves 3 weights of the widest row.
    rng : Generator, SeedSequence, int or None
        Each setting has a stream of its own.
    progress : bool
        Whether to show a progress bar.

    Returns
    -------
    Collapse

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside its range, or there is no setting.

    Examples
    --------
    >>> from polytheory.experiments.sparsification import compute_collapse
    >>> data = compute_collapse(settings=[(1000, 1e-4), (4000, 1e-5)], rng=0)
    >>> data.nonzero_count.shape
    (2, 61)
    """
    pairs = [_check_setting(m, lam) for m, lam in settings]
    if not pairs:
        raise _checks.refuse_value("settings", "none", "at least one pair (n_neurons, l1_strength)")
    points = _checks.integer("n_times", n_times, minimum=2)
    strength = _WIDEST["l1_strength"] * np.sqrt(_WIDEST["n_neurons"])
    last = strength * time_to_fraction(3.0 / max(m for m, _ in pairs), **_WIDEST)
    theta = np.geomspace(_START, last, points)
    generators, seed = streams(rng, len(pairs))
    counts = [
        row_flow(
            initial_row(m, rng=generator), l1_strength=lam, times=theta / (lam * np.sqrt(m))
        ).nonzero_count
        for (m, lam), generator in watch(
            list(zip(pairs, generators, strict=True)), progress=progress, label="settings"
        )
    ]
    return Collapse(
        scaled_times=theta,
        nonzero_count=np.array(counts, dtype=np.float64),
        curve_fraction=nonzero_count(theta / strength, **_WIDEST) / _WIDEST["n_neurons"],
        settings=tuple(pairs),
        seed=seed,
    )


def _power_of_ten(value: float) -> str:
    """Return TeX for 1e-05 as 10^{-5}, for 3e4 as 3×10^4."""
    digits, exponent = f"{value:.0e}".split("e")
    power = f"10^{{{int(exponent)}}}"
    return power if digits == "1" else rf"{digits}\times{power}"


def draw_collapse(data: Collapse, ax: Axes, *, scaled: bool = True) -> None:
    """Draw m'/m of every setting against θ = λ√m t, on the universal curve.

    Parameters
    ----------
    data : Collapse
        Drawn as long as the curve gives at least 10 weights.
    ax : matplotlib Axes
    scaled : bool
        False: against flow time t, before the collapse and without the curve.
    """
    shown = data.on_curve()
    for i, (m, lam) in enumerate(data.settings):
        look = plotting.LOOKS[i % len(plotting.LOOKS)]
        clock = data.scaled_times if scaled else data.scaled_times / (lam * np.sqrt(m))
        ax.loglog(
            clock[shown[i]],
            data.nonzero_count[i, shown[i]] / m,
            look.marker,
            color=look.color,
            markerfacecolor="none",
            markevery=(i % 2, 2),
            label=rf"$m={_power_of_ten(m)}$, $\lambda={_power_of_ten(lam)}$",
        )
    if scaled:
        seen = shown.any(axis=0)
        ax.loglog(
            data.scaled_times[seen],
            data.curve_fraction[seen],
            color=plotting.INK,
            linewidth=1.2,
            label=r"$2Q(x)$, $\theta=\int_0^x dy/\sqrt{G_2(y)}$",
        )
    name, unit = (
        (r"scaled time $\theta=\lambda\sqrt{m}\,t$", None)
        if scaled
        else ("flow time $t$", "flow units")
    )
    plotting.label_axes(ax, x=name, y="fraction of living weights $m'/m$", x_unit=unit)
    ax.legend(loc="lower left")


# Completion times

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
    m, lam = _check_setting(n_neurons, l1_strength)
    count = _checks.integer("n_rows", n_rows, minimum=1)
    names = tuple(_checks.one_of("initial_laws", name, tuple(_DRAWS)) for name in initial_laws)
    generators, seed = streams(rng, len(names) * count)
    jobs = list(zip(np.repeat(names, count), generators, strict=True))
    times = [
        completion_time(_DRAWS[name](generator, m), l1_strength=lam, order=2)
        for name, generator in watch(jobs, progress=progress, label="rows")
    ]
    scaled = np.sort(lam * np.reshape(times, (len(names), count)), axis=1)
    law = completion_law()
    grid = np.linspace(0.0, _LAST_SCALED, _GRID)
    return Completion(
        initial_laws=names,
        scaled_times=scaled,
        distances=np.array([_distance(sample, law.survival(sample)) for sample in scaled]),
        grid=grid,
        survival=law.survival(grid),
        density=law.density(grid),
        mean=law.mean,
        std=law.std,
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
    _draw_law(ax, data.grid, data.survival, "universal law")
    for i, name in enumerate(data.initial_laws):
        left = 1.0 - np.searchsorted(data.scaled_times[i], x, side="right") / count
        _draw_sample(ax, i, x, left, left, f"{name}, $D={data.distances[i]:.3f}$", count)
    ax.set(yscale="log", xlim=(0.0, _LAST_SCALED), ylim=(4e-4, 1.6))
    plotting.label_axes(ax, x="scaled time $x$", y=r"probability $P(\lambda T^*>x)$")
    bound = f"law itself: $D<{dkw_width(count):.3f}$ (95 %)"
    ax.legend(loc="lower left", title=bound, alignment="left")


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
    ax.set(xlim=(0.0, _LAST_SCALED), ylim=(0.0, 1.45 * highest))  # room for the legend
    plotting.label_axes(ax, x=r"scaled completion time $\lambda T^*$", y="probability density")
    ax.legend(loc="upper right")
