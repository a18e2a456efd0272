"""Numbers of shared neurons and surviving features over ℓ1 strength and crowding.

Each cell of the diagram is a layer of m neurons with crowding n/m and scaled strength λ√m. The
record is `polytheory.experiments.ends.Ends`. Carriers are defined by the rule *share*, because
under strong ℓ1 a living feature ends below the published threshold of 0.8.
"""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from polytheory import _checks, plotting
from polytheory._checks import FloatArray
from polytheory.experiments import _panels
from polytheory.experiments import _settings as kinds
from polytheory.experiments._figure import Computation, Figure
from polytheory.experiments.ends import Ends, ends, tasks
from polytheory.flow.simulate import MIN_L1
from polytheory.sweeps import count_task
from polytheory.theory.collisions import expected_polysemantic
from polytheory.theory.sparsification import survival_probability

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["FIGURE", "draw_crowding", "draw_map", "draw_survival"]

#: Smallest width in the domain of `survival_probability`.
MIN_NEURONS = 16


def grid(settings: kinds.Settings) -> list[dict[str, Any]]:
    """Return a task per crowding, strength and instance."""
    m, count = settings.n_neurons, settings.n_instances
    features = [max(1, round(m * each)) for each in settings.crowding]
    if len(set(features)) < len(features):
        came, allowed = f"{features} for n", f"different numbers of features at {m} neurons"
        raise _checks.refuse_value("crowding", came, allowed)
    lams = [
        _checks.scalar("scaled_l1/√m", strength / np.sqrt(m), low=MIN_L1)
        for strength in settings.scaled_l1
    ]
    return tasks(((n, m, lam, count) for n, lam in product(features, lams)), carrier_rule="share")


def draw_map(data: Ends, ax: Axes, *, of: str) -> None:
    """Draw a map over λ√m and n/m, with lines for the expectations of theory.

    Parameters
    ----------
    data : Ends
    ax : matplotlib Axes
        A colour bar is added to its figure.
    of : {"shared", "survivors"}
        The share of neurons that are polysemantic, with lines where exclusion expects 5, 10, 25 and
        50 %; or the share of features that survive, with a line where a row without interference
        survives with probability 1/2. A dotted line marks n = 2m, the number of signed sites;
        crosses mark settings with an instance that has not settled.
    """
    what = {"shared": data.shared, "survivors": data.survivors}
    values, _ = what[_checks.one_of("of", of, tuple(what))]()
    x, y = np.unique(data.scaled_l1()), np.unique(data.crowding())
    cells = np.full((y.size, x.size), np.nan)
    at = np.searchsorted(y, data.crowding()), np.searchsorted(x, data.scaled_l1())
    cells[at] = values
    top = 1.0 if of == "survivors" else max(0.5, float(np.nanmax(cells)))
    mesh = ax.pcolormesh(_edges(x), _edges(y), cells, cmap="cividis", vmin=0.0, vmax=top)
    labels = {"shared": "polysemantic neurons / $m$", "survivors": "surviving features / $n$"}
    ax.figure.colorbar(mesh, ax=ax, label=labels[of])
    _panels.log_axis(ax.xaxis)
    _panels.log_axis(ax.yaxis, base=2)
    line, text = _readable()
    ax.axhline(2.0, linestyle=(0, (1, 1.2)), **line)
    open_ends = ~data.settled.all(axis=-1)
    ax.plot(data.scaled_l1()[open_ends], data.crowding()[open_ends], "x", **line)
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
    """Return the styles of lines and text on a map: white with a dark outline."""
    from matplotlib.patheffects import withStroke

    rim = [withStroke(linewidth=2.4, foreground=plotting.INK)]
    common = {"color": "white", "path_effects": rim}
    return common | {"linewidth": 1.0}, common | {"fontsize": 7}


def _edges(centres: FloatArray) -> FloatArray:
    """Return the edges of cells around points on a logarithmic axis."""
    if centres.size == 1:
        return np.array([centres[0] / 1.5, centres[0] * 1.5])
    middle = np.sqrt(centres[1:] * centres[:-1])
    first, last = centres[0] ** 2 / middle[0], centres[-1] ** 2 / middle[-1]
    return np.concatenate([[first], middle, [last]])


def _half_survive(m: int) -> float:
    """Return the λ at which a row of m weights survives with probability 1/2."""
    lam = np.linspace(0.0, 0.5, 2001)
    chance = survival_probability(lam, n_neurons=m)
    return float(np.interp(0.5, chance[::-1], lam[::-1]))


def draw_crowding(data: Ends, ax: Axes) -> None:
    """Draw the share of polysemantic neurons against n/m at four strengths, with exclusion.

    Parameters
    ----------
    data : Ends
    ax : matplotlib Axes
    """
    mean, error = data.shared()
    m = int(data.n_neurons[0])
    n = np.unique(np.geomspace(1, 2 * m, 200).round())
    words = r"exclusion: $n(n-1)/(2m(2m-1))$"
    ax.plot(n / m, expected_polysemantic(n, m) / m, color=plotting.INK, label=words)
    for look, value in _panels.looks(_some(np.unique(data.scaled_l1()))):
        at, label = data.scaled_l1() == value, rf"$\lambda\sqrt{{m}}={value:.2g}$"
        _panels.points(ax, data.crowding()[at], mean[at], error[at], look, line=True, label=label)
    _panels.log_axis(ax.xaxis, base=2)
    ax.set_ylim(-0.04, 1.6)  # room for the legend
    plotting.label_axes(ax, x="crowding $n/m$", y="polysemantic neurons / $m$")
    ax.legend(loc="upper left")


def draw_survival(data: Ends, ax: Axes) -> None:
    """Draw the share of surviving features against λ√m at four n/m, with that of rows alone.

    Parameters
    ----------
    data : Ends
    ax : matplotlib Axes
    """
    mean, error = data.survivors()
    m = int(data.n_neurons[0])
    strength = np.geomspace(data.scaled_l1().min(), data.scaled_l1().max(), 300)
    alone = survival_probability(strength / np.sqrt(m), n_neurons=m)
    words = r"alone: $E\,\Phi\left(\frac{\lambda_c-\lambda}{\mathrm{sd}}\right)$"
    ax.plot(strength, alone, color=plotting.INK, label=words)
    for look, value in _panels.looks(_some(np.unique(data.crowding()))):
        at, label = data.crowding() == value, f"$n/m={value:.3g}$"
        _panels.points(ax, data.scaled_l1()[at], mean[at], error[at], look, line=True, label=label)
    _panels.log_axis(ax.xaxis)
    ax.set_ylim(-0.03, 1.05)
    plotting.label_axes(ax, x=r"strength $\lambda\sqrt{m}$", y="surviving features / $n$")
    ax.legend(loc="lower left")


def _some(values: FloatArray) -> list[float]:
    """Return at most four values, including the first and the last."""
    places = np.linspace(0, values.size - 1, min(4, values.size)).round().astype(int)
    return [float(values[place]) for place in places]


_STRENGTHS = (0.05, 0.1, 0.2, 0.4, 0.7, 1, 1.3, 1.6, 2, 2.5, 3.5, 5)
FIGURE = Figure(
    name="phase-diagram",
    title="polysemantic neurons and surviving features over strength and crowding",
    settings={
        "n_neurons": kinds.whole("number of neurons m", MIN_NEURONS, "m = {}"),
        # Beyond 2 there are fewer sites than features, and under weak ℓ1 runs take long to settle.
        "crowding": kinds.several(kinds.number("n/m; n is rounded", 0, 1e3, "n/m = {}")),
        "scaled_l1": kinds.SCALED,
        "n_instances": kinds.INSTANCES,
    },
    paper={
        "n_neurons": 64,
        "crowding": (0.125, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 3),
        "scaled_l1": _STRENGTHS,
        "n_instances": 16,
    },
    full={"scaled_l1": _STRENGTHS[1:], "n_instances": 8},
    small={
        "n_neurons": 16,
        "crowding": (0.25, 0.5, 1, 2),
        "scaled_l1": (0.2, 0.7, 1.5, 4),
        "n_instances": 4,
    },
    computation=Computation(grid, count_task, ends),
    panels=_panels.laid_out(
        partial(draw_map, of="shared"),
        partial(draw_map, of="survivors"),
        draw_crowding,
        draw_survival,
        size=(7.2, 6.4),
        rows=2,
    ),
    formula="$n(n-1)/(2m(2m-1))$",
    minutes={"full": 0.7, "paper": 4},
    reduced="λ√m from 0.1 for 0.05 on, 8 of 16 instances",
)
