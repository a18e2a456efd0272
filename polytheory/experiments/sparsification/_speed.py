"""How a wide row loses its weights, with the paper's laws and ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from polytheory import _checks, plotting
from polytheory._checks import FloatArray
from polytheory.experiments._store import Seed, freeze, streams, watch
from polytheory.experiments.sparsification._wide import END, FEWEST, START, check_setting
from polytheory.flow.row import row_flow
from polytheory.initial import initial_row
from polytheory.theory.sparsification import (
    l1_norm,
    nonzero_count,
    paper_l1_norm,
    paper_nonzero_count,
    time_to_fraction,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "Speed",
    "compute_speed",
    "draw_speed",
    "draw_speed_ratio",
]


@dataclass(frozen=True, eq=False)
class Speed:
    """Gaussian rows from the start to one weight, and the laws for them; arrays are read-only.

    Attributes
    ----------
    time : ndarray (T,)
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

    time: FloatArray
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
    m, lam = check_setting(n_neurons, l1_strength)
    count = _checks.integer("n_rows", n_rows, minimum=1)
    points = _checks.integer("n_times", n_times, minimum=2)
    time = np.geomspace(START / (lam * np.sqrt(m)), END / lam, points)
    generators, seed = streams(rng, count)
    runs = [
        row_flow(initial_row(m, rng=generator), l1_strength=lam, time=time)
        for generator in watch(generators, progress=progress, label="rows")
    ]
    setting: dict[str, Any] = {"n_neurons": m, "l1_strength": lam}
    last = time_to_fraction(FEWEST / m, **setting)
    on_curve = time[time < last * (1.0 - 1e-12)]  # the curve refuses its end if rounded up
    return Speed(
        time=time,
        nonzero_count=np.array([run.nonzero_count for run in runs], dtype=np.float64),
        l1_norm=np.array([run.l1_norm for run in runs]),
        paper_nonzero_count=paper_nonzero_count(time, **setting),
        paper_l1_norm=paper_l1_norm(time, **setting),
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
        data.time,
        rows.mean(axis=0),
        run.marker,
        color=run.color,
        markevery=max(1, data.time.size // 30),
        label=f"simulation, {_mean_of(rows.shape[0])}",
    )
    ax.loglog(data.time[: curve.size], curve, color=plotting.INK, label=words.curve)
    ax.loglog(
        data.time,
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
        time = data.time[: predicted.size]
        if some:
            low, high = np.quantile(rows[:, : predicted.size] / predicted, [0.1, 0.9], axis=0)
            ax.fill_between(time, low, high, color=color, alpha=0.15, linewidth=0.0)
        name = "ours" if law == "curve" else "paper"
        ax.semilogx(time, data.ratio(quantity, law), color=color, linestyle=line, label=name)
    plotting.label_axes(ax, x="flow time $t$", y=f"{words.symbol}: run / law", x_unit="flow units")
    note = "shaded: middle 80 % of rows" if some else None
    ax.legend(loc="upper left", title=note, alignment="left")
