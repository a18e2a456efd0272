"""The two-row functions of m and λ√m behind the few-body count, and their table."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from polytheory import plotting
from polytheory._checks import FloatArray
from polytheory.contact import shared_probability, squared_displacement
from polytheory.experiments import _panels
from polytheory.experiments import _settings as kinds
from polytheory.experiments._figure import Computation, Figure
from polytheory.experiments._record import Record, Sheet
from polytheory.sweeps import SweepTable
from polytheory.theory.collisions import (
    TWO_ROWS,
    pair_probability_in_the_flow,
    three_body_slope,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["FIGURE", "TwoRows", "draw_pairs", "draw_slope", "measure_point"]

#: Runs of a point times m, and at most so many, for the probability and the displacement.
_WORK, _MOST = (2e7, 5e6), (250_000, 100_000)
#: Steps; strong ℓ1 acts during the fast relaxation and needs shorter ones.
_STEP, _SHORT, _STRONG = 0.06, 0.015, 0.3


@dataclass(frozen=True, eq=False, kw_only=True)
class TwoRows(Record):
    """The two-row functions at P points; arrays are read-only.

    Attributes
    ----------
    n_neurons : ndarray (P,) of int
        m.
    scaled_l1 : ndarray (P,)
        λ√m.
    pair_ratio, pair_error : ndarray (P,)
        2m times the probability that two rows alone end on one neuron with opposite signs, and its
        standard error.
    square, square_error : ndarray (P,)
        E j² of `squared_displacement`, and its standard error.
    samples, pairs : ndarray (P,) of int
        Number of runs of each.
    step : ndarray (P,)
        Step of `follow_pairs`.
    """

    n_neurons: NDArray[np.int64]
    scaled_l1: FloatArray
    pair_ratio: FloatArray
    pair_error: FloatArray
    square: FloatArray
    square_error: FloatArray
    samples: NDArray[np.int64]
    pairs: NDArray[np.int64]
    step: FloatArray

    def slope(self) -> tuple[FloatArray, FloatArray]:
        """Return h² E j²/√m and its error, each (P,), with 2 Q(u) = 1/m and h = φ(u)/Q(u)."""
        u = norm.isf(0.5 / self.n_neurons)
        factor = (norm.pdf(u) / norm.sf(u)) ** 2 / np.sqrt(self.n_neurons)
        return factor * self.square, factor * self.square_error


def measure_point(parameters: Any, rng: np.random.Generator) -> dict[str, Any]:
    """Measure both functions at one point: a task of `polytheory.sweep`.

    Each point has a random stream of its own, made of ``table_seed``, m and λ√m, so that one line
    of the table can be repeated.
    """
    m, scaled, share = (parameters[name] for name in ("n_neurons", "scaled_l1", "share"))
    step = _SHORT if scaled > _STRONG else _STEP
    rng = np.random.default_rng([parameters["table_seed"], m, round(1e4 * scaled)])
    shares = (share * min(work / m, most) for work, most in zip(_WORK, _MOST, strict=True))
    first, second = (max(20, int(each)) for each in shares)
    options: dict[str, Any] = {"l1_strength": scaled / np.sqrt(m), "rng": rng, "step": step}
    pair = shared_probability(2, m, samples=first, **options)
    moved = squared_displacement(m, samples=second, **options)
    return {
        "pair_ratio": 2 * m * pair.value,
        "pair_error": 2 * m * pair.standard_error,
        "square": moved.value,
        "square_error": moved.standard_error,
        "samples": pair.samples,
        "pairs": moved.samples,
        "step": step,
    }


def grid(settings: kinds.Settings) -> list[dict[str, Any]]:
    """Return a task per m and λ√m, without the narrow layers in which rows die."""
    return [
        {
            "n_neurons": m,
            "scaled_l1": scaled,
            "share": settings.share,
            "table_seed": settings.table_seed,
            "repeat": 0,
        }
        for m, scaled in product(settings.n_neurons, settings.scaled_l1)
        if m >= 64 or scaled <= 0.55
    ]


def two_rows(settings: kinds.Settings, table: SweepTable) -> TwoRows:
    """Return the table of `measure_point` as a record."""
    sheet = Sheet(table)
    names = ("pair_ratio", "pair_error", "square", "square_error", "samples", "pairs", "step")
    found = {name: sheet.results(name)[:, 0] for name in names}
    places = {name: sheet.setting(name) for name in ("n_neurons", "scaled_l1")}
    return TwoRows.of(settings, table, **places, **found)


def _draw(data: TwoRows, ax: Axes, seen: tuple[FloatArray, FloatArray], form: Any) -> None:
    """Draw measured points against m, a series per strength, and the form that was fitted."""
    strengths = np.unique(data.scaled_l1)
    for look, scaled in _panels.looks(strengths):
        at = np.flatnonzero(data.scaled_l1 == scaled)
        at = at[np.argsort(data.n_neurons[at])]
        m = data.n_neurons[at]
        words = rf"$\lambda\sqrt{{m}}={scaled:g}$"
        _panels.points(ax, m, seen[0][at], seen[1][at], look, label=words)
        inside = TWO_ROWS.contains(n_neurons=m, l1_strength=scaled / np.sqrt(m))
        if np.all(inside):
            fitted = form(m, l1_strength=scaled / np.sqrt(m))[0]
            ax.plot(m, fitted, color=look.color, linestyle=look.linestyle)
    _panels.log_axis(ax.xaxis, data.n_neurons, base=2)


def draw_pairs(data: TwoRows, ax: Axes) -> None:
    """Draw 2mP, P the probability that two rows alone collide, against m."""

    def form(m: Any, **layer: Any) -> Any:
        return (2.0 * m * pair_probability_in_the_flow(m, **layer)[0],)

    _draw(data, ax, (data.pair_ratio, data.pair_error), form)
    ax.axhline(1.0, color=plotting.INK, linewidth=1.0, label="independent: $1/(2m)$")
    plotting.label_axes(ax, x="neurons $m$", y="$2m$ times the probability")
    plotting.legend_below(ax, ncols=2)


def draw_slope(data: TwoRows, ax: Axes) -> None:
    r"""Draw √m times the slope, the decrease of ln r with n/√m, against m."""

    def form(m: Any, **layer: Any) -> Any:
        return (np.sqrt(m) * three_body_slope(m, **layer)[0],)

    _draw(data, ax, data.slope(), form)
    ax.set_ylim(bottom=0.0)
    plotting.label_axes(ax, x="neurons $m$", y=r"slope $h^2E\,j^2/\sqrt{m}$")
    plotting.legend_below(ax, ncols=2)


FIGURE = Figure(
    name="two-rows",
    title="two rows of the flow: their collisions, and how far contact displaces them",
    settings={
        "n_neurons": kinds.several(kinds.whole("number of neurons m", 2, "m = {}")),
        "scaled_l1": kinds.SCALED,
        "share": kinds.number("number of runs over that of the shipped table", 1e-6, 1e3),
        "table_seed": kinds.whole("seed of the points", 0),
    },
    paper={
        "n_neurons": (1024, 512, 256, 128, 64, 32, 16),
        "scaled_l1": (0.003, 0.01, 0.03, 0.1, 0.3, 0.55, 1.0),
        "share": 1.0,
        "table_seed": 20,
    },
    full={
        "n_neurons": (256, 64, 16),
        "scaled_l1": (0.003, 0.03, 0.3),
        "share": 0.1,
    },
    small={"n_neurons": (32, 16), "scaled_l1": (0.1, 0.3), "share": 0.004},
    computation=Computation(grid, measure_point, two_rows),
    panels=_panels.laid_out(draw_pairs, draw_slope, size=(8.4, 4.6)),
    formula="$1/(2m)$",
    minutes={"full": 0.3, "paper": 12},
    reduced="m = 16, 64, 256 and three strengths, a tenth of the runs",
)
