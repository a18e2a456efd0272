"""One curve for all widths and strengths."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polytheory import plotting
from polytheory._checks import FloatArray
from polytheory.experiments import _panels
from polytheory.experiments import _settings as kinds
from polytheory.experiments._figure import Computation, Figure
from polytheory.experiments._record import Record
from polytheory.experiments.sparsification import speed
from polytheory.theory.sparsification import nonzero_count, time_to_fraction

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["FIGURE", "Collapse", "draw_collapse"]

#: A row in the limit of the curve: m very large, λ√m well inside the domain.
_WIDEST = {"n_neurons": 1e30, "l1_strength": 1e-16}
_STRENGTH = _WIDEST["l1_strength"] * np.sqrt(_WIDEST["n_neurons"])


@dataclass(frozen=True, eq=False, kw_only=True)
class Collapse(Record):
    """A Gaussian row for each of S pairs (m, λ), at common scaled times; arrays are read-only.

    Attributes
    ----------
    scaled_times : ndarray (T,)
        θ = λ√m t, geometric.
    nonzero_count : ndarray (S, T)
        m', by the exact row flow.
    """

    scaled_times: FloatArray
    nonzero_count: FloatArray

    def instances(self) -> str:
        """Return the number of rows for a caption."""
        return "one row each"

    def curve_fraction(self) -> FloatArray:
        """Return m'/m on the universal curve, shape (T,)."""
        return np.asarray(
            nonzero_count(self.scaled_times / _STRENGTH, **_WIDEST) / _WIDEST["n_neurons"]
        )

    def curve_count(self) -> FloatArray:
        """Return m' on the curve, shape (S, T)."""
        widths = np.array([m for m, _ in self.settings.rows], dtype=np.float64)
        return np.asarray(widths[:, None] * self.curve_fraction())

    def on_curve(self) -> NDArray[np.bool_]:
        """Return where the curve gives at least 10 weights, shape (S, T)."""
        return np.asarray(self.curve_count() >= speed.MIN_LIVING_WEIGHTS)

    def deviations(self) -> FloatArray:
        """Return (m' − curve)/√curve, shape (S, T), of order one on the curve.

        The weights are independent draws, so the count scatters by about √m'.
        """
        expected = self.curve_count()
        return np.asarray((self.nonzero_count - expected) / np.sqrt(expected))


def grid(settings: kinds.Settings) -> list[dict[str, Any]]:
    """Return a task per row, up to the time at which the curve leaves 3 weights of the widest."""
    last = _STRENGTH * time_to_fraction(3.0 / max(m for m, _ in settings.rows), **_WIDEST)
    times = {"last": float(last), "n_times": settings.n_times, "repeat": 0}
    return [speed.checked(m, lam) | times for m, lam in settings.rows]


def collapse(settings: kinds.Settings, table: Any) -> Collapse:
    """Return the table as a record."""
    theta = speed.scaled_times(table["last"][0], settings.n_times)
    living = np.stack(list(table["nonzero_count"]))
    return Collapse.of(settings, table, scaled_times=theta, nonzero_count=living)


def _power_of_ten(value: float) -> str:
    """Return TeX for 1e-05 as 10^{-5}, for 3e4 as 3×10^4."""
    digits, exponent = f"{value:.0e}".split("e")
    power = f"10^{{{int(exponent)}}}"
    return power if digits == "1" else rf"{digits}\times{power}"


def draw_collapse(data: Collapse, ax: Axes, *, scaled: bool = True) -> None:
    """Draw m'/m of every row against θ = λ√m t, on the universal curve.

    The bars are ±√m'/m, the scatter of a row.

    Parameters
    ----------
    data : Collapse
        Drawn while the curve gives at least 10 weights.
    ax : matplotlib Axes
    scaled : bool
        False: against flow time t, before the collapse and without the curve.
    """
    shown = data.on_curve()
    for i, (look, (m, lam)) in enumerate(_panels.looks(data.settings.rows)):
        clock = data.scaled_times if scaled else data.scaled_times / (lam * np.sqrt(m))
        every = np.flatnonzero(shown[i])[i % 2 :: 2]
        living = data.nonzero_count[i, every]
        label = rf"$m={_power_of_ten(m)}$, $\lambda={_power_of_ten(lam)}$"
        bars = np.sqrt(living) / m
        _panels.points(
            ax, clock[every], living / m, bars, look, label=label, **speed.HOLLOW_MARKERS
        )
    if scaled:
        seen, words = shown.any(axis=0), r"$2Q(x)$, $\theta=\int_0^x dy/\sqrt{G_2(y)}$"
        curve = (data.scaled_times[seen], data.curve_fraction()[seen])
        ax.plot(*curve, color=plotting.INK, linewidth=1.2, label=words)
    name = r"scaled time $\theta=\lambda\sqrt{m}\,t$" if scaled else "flow time $t$"
    unit = None if scaled else "flow units"
    plotting.label_axes(ax, x=name, y="fraction of living weights $m'/m$", x_unit=unit)
    ax.set(xscale="log", yscale="log")
    ax.legend(loc="lower left")


FIGURE = Figure(
    name="scaling-collapse",
    title="rows of all widths m and strengths λ on one universal curve",
    settings={
        "rows": kinds.several(
            kinds.pair(speed.ROW_SETTINGS["n_neurons"], kinds.STRENGTH, "(m, λ) = {} (flow units)")
        ),
        "n_times": speed.N_TIMES,
    },
    paper={
        "rows": ((10**3, 1e-4), (10**4, 1e-4), (10**4, 1e-6), (10**5, 1e-5), (10**6, 1e-6)),
        "n_times": 61,
    },
    small={"rows": ((10**3, 1e-4), (3000, 1e-5), (10**4, 1e-5))},
    computation=Computation(grid, speed.follow, collapse),
    panels=_panels.laid_out(
        partial(draw_collapse, scaled=False), draw_collapse, size=(7.2, 3.4), sharey=True
    ),
    formula=r"$2Q(x)$, $\theta=\int_0^x dy/\sqrt{G_2(y)}$",
    minutes={"full": 0.1, "paper": 0.1},
)
