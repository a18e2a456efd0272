"""How a wide row loses its weights, with the paper's law and ours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from polytheory import _checks, plotting
from polytheory._checks import FloatArray
from polytheory.experiments import _panels
from polytheory.experiments._figure import Figure
from polytheory.experiments._record import Record
from polytheory.experiments._settings import Settings, whole
from polytheory.experiments.sparsification.wide import (
    FEWEST,
    N_TIMES,
    WIDE,
    checked,
    follow,
    scaled_times,
)
from polytheory.theory import sparsification as theory

if TYPE_CHECKING:
    from matplotlib import figure
    from matplotlib.axes import Axes

__all__ = ["FIGURE", "Speed", "draw_speed", "draw_speed_ratio"]

#: A run ends at λt = 6, which one row in a thousand outlives with more than one weight.
END = 6.0


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


@dataclass(frozen=True, eq=False, kw_only=True)
class Speed(Record):
    """Gaussian rows from the start to one weight, and two predictions; arrays are read-only.

    Attributes
    ----------
    times : ndarray (T,)
        Flow times, geometric.
    nonzero_count, l1_norm : ndarray (R, T)
        m' and ‖w‖₁ of R rows, by the exact row flow.
    paper_nonzero_count, paper_l1_norm : ndarray (T,)
        The paper's law.
    curve_nonzero_count, curve_l1_norm : ndarray (K,)
        The universal curve at the first K times, as long as it gives at least 10 weights.
    """

    times: FloatArray
    nonzero_count: FloatArray
    l1_norm: FloatArray
    paper_nonzero_count: FloatArray
    paper_l1_norm: FloatArray
    curve_nonzero_count: FloatArray
    curve_l1_norm: FloatArray

    def rows(self, quantity: str) -> FloatArray:
        """Return m' or ‖w‖₁ of all rows by its name, (R, T)."""
        seen: FloatArray = getattr(self, _checks.one_of("quantity", quantity, tuple(_QUANTITIES)))
        return seen

    def ratio(self, quantity: str, law: str) -> FloatArray:
        """Return run/prediction of each row, at the first K times (curve) or all (paper).

        Parameters
        ----------
        quantity : {"nonzero_count", "l1_norm"}
        law : {"curve", "paper"}

        Returns
        -------
        ndarray (R, K) or (R, T)

        Raises
        ------
        TypeError, ValueError
            For other words.
        """
        rows = self.rows(quantity)
        predicted = getattr(self, f"{_checks.one_of('law', law, ('curve', 'paper'))}_{quantity}")
        return np.asarray(rows[:, : predicted.size] / predicted)


def grid(settings: Settings) -> list[dict[str, Any]]:
    """Return a task per row."""
    row = checked(settings.n_neurons, settings.l1_strength)
    row |= {"last": END * float(np.sqrt(settings.n_neurons)), "n_times": settings.n_times}
    return [row | {"repeat": repeat} for repeat in range(settings.n_rows)]


def speed(settings: Settings, table: Any) -> Speed:
    """Return the table as a record, with the predictions."""
    m, lam = settings.n_neurons, settings.l1_strength
    given: Any = {"n_neurons": m, "l1_strength": lam}
    times = scaled_times(table["last"][0], settings.n_times) / (lam * np.sqrt(m))
    last = theory.time_to_fraction(FEWEST / m, **given)
    on_curve = times[times < last * (1.0 - 1e-12)]  # the curve refuses its end if rounded up
    return Speed.of(
        settings,
        table,
        times=times,
        nonzero_count=np.stack(list(table["nonzero_count"])),
        l1_norm=np.stack(list(table["l1_norm"])),
        paper_nonzero_count=theory.paper_nonzero_count(times, **given),
        paper_l1_norm=theory.paper_l1_norm(times, **given),
        curve_nonzero_count=theory.nonzero_count(on_curve, **given),
        curve_l1_norm=theory.l1_norm(on_curve, **given),
    )


def draw_speed(data: Speed, ax: Axes, *, quantity: str = "nonzero_count") -> None:
    """Draw m' or ‖w‖₁ against flow time, with both predictions.

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
    rows, words = data.rows(quantity), _QUANTITIES[quantity]
    run, paper = plotting.LOOKS[:2]
    curve = getattr(data, f"curve_{quantity}")
    of = "one row" if len(rows) == 1 else f"mean of {len(rows)} rows"
    ax.loglog(
        data.times,
        rows.mean(axis=0),
        run.marker,
        color=run.color,
        markevery=max(1, data.times.size // 30),
        label=f"simulation, {of}",
    )
    ax.loglog(data.times[: curve.size], curve, color=plotting.INK, label=words.curve)
    look: Any = {"color": paper.color, "linestyle": paper.linestyle, "label": words.paper}
    ax.loglog(data.times, getattr(data, f"paper_{quantity}"), **look)
    plotting.label_axes(ax, x="flow time $t$", y=words.axis, x_unit="flow units")
    ax.legend(loc="lower left")


def draw_speed_ratio(data: Speed, ax: Axes, *, quantity: str = "nonzero_count") -> None:
    """Draw simulation/prediction against flow time, for both, with the middle 80 % of the rows.

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
    paper, some = plotting.LOOKS[1], len(data.rows(quantity)) > 1
    ax.axhline(1.0, color=plotting.MUTED, linewidth=0.8)
    for law, name, color, line in (
        ("curve", "ours", plotting.INK, "-"),
        ("paper", "paper", paper.color, paper.linestyle),
    ):
        ratio = data.ratio(quantity, law)
        times = data.times[: ratio.shape[1]]
        if some:
            low, high = np.quantile(ratio, [0.1, 0.9], axis=0)
            ax.fill_between(times, low, high, color=color, alpha=0.15, linewidth=0.0)
        ax.semilogx(times, ratio.mean(axis=0), color=color, linestyle=line, label=name)
    symbol = _QUANTITIES[quantity].symbol
    plotting.label_axes(ax, x="flow time $t$", y=f"{symbol}: run / law", x_unit="flow units")
    note = "shaded: middle 80 % of rows" if some else None
    ax.legend(loc="upper left", title=note, alignment="left")


def draw(data: Speed, figure: figure.Figure) -> None:
    """Draw both quantities above their ratios to the predictions."""
    figure.set_size_inches(7.2, 5.2)
    panels = figure.subplots(2, 2, sharex=True, height_ratios=(2, 1))
    for (above, below), quantity in zip(panels.T, _QUANTITIES, strict=True):
        draw_speed(data, above, quantity=quantity)
        draw_speed_ratio(data, below, quantity=quantity)
        above.set_xlabel("")
    _panels.letters(panels.flat)


_PAPER = {"n_neurons": 100_000, "l1_strength": 1e-5, "n_rows": 20, "n_times": 121}
FIGURE = Figure(
    name="speed-of-sparsification",
    title="how a wide row loses its weights, with the paper's law and the universal curve",
    settings=WIDE | {"n_rows": whole("number of rows", 1, "{} rows"), "n_times": N_TIMES},
    sizes={
        "small": _PAPER | {"n_neurons": 2000, "l1_strength": 1e-4, "n_rows": 5},
        "full": _PAPER,
        "paper": _PAPER,
    },
    grid=grid,
    task=follow,
    build=speed,
    panels=draw,
    formula=r"$2m\,Q(x)$",
    minutes={"full": 0.1, "paper": 0.1},
)
