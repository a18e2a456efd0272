"""Maps over strength and crowding, and slices through them, beside theory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from polytheory import _checks, plotting
from polytheory._checks import FloatArray
from polytheory.experiments.phase_diagram._run import PhaseDiagram
from polytheory.theory.collisions import expected_polysemantic
from polytheory.theory.sparsification import survival_probability

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_crowding", "draw_map", "draw_survival"]


def draw_map(data: PhaseDiagram, ax: Axes, *, of: str) -> None:
    """Draw a map over λ√m and n/m, with what theory expects as lines.

    Parameters
    ----------
    data : PhaseDiagram
    ax : matplotlib Axes
        Its figure gets a colour bar.
    of : {"shared", "survivors"}
        The share of neurons that are polysemantic, with lines where exclusion expects 5, 10, 25 and
        50 %; or the share of features that survive, with a line where a row without interference
        survives half of the time. A dotted line at n = 2m, the number of signed sites; a cross
        where some instance had not come to its end.
    """
    what = {"shared": data.shared, "survivors": data.survivors}
    values, _ = what[_checks.one_of("of", of, tuple(what))]()
    x, y = np.unique(data.strength()), np.unique(data.crowding())
    cells = np.full((y.size, x.size), np.nan)
    at = np.searchsorted(y, data.crowding()), np.searchsorted(x, data.strength())
    cells[at] = values
    top = 1.0 if of == "survivors" else max(0.5, float(np.nanmax(cells)))
    mesh = ax.pcolormesh(_edges(x), _edges(y), cells, cmap="cividis", vmin=0.0, vmax=top)
    labels = {"shared": "polysemantic neurons / $m$", "survivors": "surviving features / $n$"}
    ax.figure.colorbar(mesh, ax=ax, label=labels[of])
    ax.set_xscale("log")
    ax.set_yscale("log", base=2)
    ax.yaxis.set_major_formatter("{x:g}")
    line, text = _readable()
    ax.axhline(2.0, linestyle=(0, (1, 1.2)), **line)
    open_ends = ~data.settled.all(axis=-1)
    ax.plot(data.strength()[open_ends], data.crowding()[open_ends], "x", **line)
    m = int(data.n_neurons[0])
    if of == "shared":
        n = np.arange(1, 2 * m + 1)
        share = expected_polysemantic(n, m) / m
        for level in (0.05, 0.1, 0.25, 0.5):
            where = float(np.interp(level, share, n / m))
            ax.axhline(where, **line)
            ax.annotate(f"exclusion: {level:g}", (x[0], where), va="bottom", **text)
    else:
        half = _half_survive(m) * np.sqrt(m)
        ax.axvline(half, **line)
        words = "half survive alone"
        ax.annotate(words, (half * 0.95, y[0]), ha="right", va="center", **text)
    plotting.label_axes(ax, x=r"strength $\lambda\sqrt{m}$", y="crowding $n/m$")


def _readable() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the look of lines and of words on a map: white with a dark rim."""
    from matplotlib.patheffects import withStroke

    rim = [withStroke(linewidth=2.4, foreground=plotting.INK)]
    common = {"color": "white", "path_effects": rim}
    return common | {"linewidth": 1.0}, common | {"fontsize": 7}


def _edges(centres: FloatArray) -> FloatArray:
    """Return the edges of cells about points on a logarithmic axis."""
    if centres.size == 1:
        return np.array([centres[0] / 1.5, centres[0] * 1.5])
    middle = np.sqrt(centres[1:] * centres[:-1])
    first, last = centres[0] ** 2 / middle[0], centres[-1] ** 2 / middle[-1]
    return np.concatenate([[first], middle, [last]])


def _half_survive(m: int) -> float:
    """Return the λ at which a row of m weights survives half of the time."""
    lam = np.linspace(0.0, 0.5, 2001)
    chance = survival_probability(lam, n_neurons=m)
    return float(np.interp(0.5, chance[::-1], lam[::-1]))


def draw_crowding(data: PhaseDiagram, ax: Axes) -> None:
    """Draw the share of polysemantic neurons against n/m at four strengths, beside exclusion.

    Parameters
    ----------
    data : PhaseDiagram
    ax : matplotlib Axes
    """
    mean, error = data.shared()
    m = int(data.n_neurons[0])
    n = np.unique(np.geomspace(1, 2 * m, 200).round())
    law = r"exclusion: $n(n-1)/(2m(2m-1))$"
    ax.plot(n / m, expected_polysemantic(n, m) / m, color=plotting.INK, label=law)
    for look, value in zip(plotting.LOOKS, _some(np.unique(data.strength())), strict=False):
        at = data.strength() == value
        label = rf"$\lambda\sqrt{{m}}={value:.2g}$"
        _points(ax, data.crowding()[at], mean[at], error[at], look, label)
    ax.set_xscale("log", base=2)
    ax.xaxis.set_major_formatter("{x:g}")
    ax.set_ylim(-0.04, 1.6)  # room for the legend
    plotting.label_axes(ax, x="crowding $n/m$", y="polysemantic neurons / $m$")
    ax.legend(loc="upper left")


def draw_survival(data: PhaseDiagram, ax: Axes) -> None:
    """Draw the share of surviving features against λ√m at four n/m, beside a row left alone.

    Parameters
    ----------
    data : PhaseDiagram
    ax : matplotlib Axes
    """
    mean, error = data.survivors()
    m = int(data.n_neurons[0])
    strength = np.geomspace(data.strength().min(), data.strength().max(), 300)
    alone = survival_probability(strength / np.sqrt(m), n_neurons=m)
    law = r"alone: $E\,\Phi\left(\frac{\lambda_c-\lambda}{\mathrm{sd}}\right)$"
    ax.plot(strength, alone, color=plotting.INK, label=law)
    for look, value in zip(plotting.LOOKS, _some(np.unique(data.crowding())), strict=False):
        at = data.crowding() == value
        _points(ax, data.strength()[at], mean[at], error[at], look, f"$n/m={value:.3g}$")
    ax.set_xscale("log")
    ax.set_ylim(-0.03, 1.05)
    plotting.label_axes(ax, x=r"strength $\lambda\sqrt{m}$", y="surviving features / $n$")
    ax.legend(loc="lower left")


def _some(values: FloatArray) -> list[float]:
    """Return four values at most, the first and the last among them."""
    places = np.linspace(0, values.size - 1, min(4, values.size)).round().astype(int)
    return [float(values[place]) for place in places]


def _points(ax: Axes, x: Any, y: Any, error: Any, look: plotting.Look, label: str) -> None:
    ax.errorbar(
        x,
        y,
        error,
        marker=look.marker,
        color=look.color,
        linestyle=look.linestyle,
        linewidth=1.0,
        capsize=2,
        label=label,
    )
