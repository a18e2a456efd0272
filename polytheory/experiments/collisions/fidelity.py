"""How often the initially largest weight of a feature wins, in the full flow."""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from polytheory import _checks, plotting
from polytheory.experiments import _panels
from polytheory.experiments import _settings as kinds
from polytheory.experiments._figure import Computation, Figure
from polytheory.experiments.collisions.count import OPTIONS, options
from polytheory.experiments.ends import Ends, ends, tasks
from polytheory.notation import flow_l1
from polytheory.sweeps import count_task

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["FIGURE", "draw_fidelity"]


def grid(settings: kinds.Settings) -> list[dict[str, Any]]:
    """Return a task per m, λ and instance."""
    n, count = settings.n_features, settings.n_instances
    grid = product(settings.n_neurons, settings.l1_strengths)
    return tasks(((n, m, lam, count) for m, lam in grid), **options(settings))


#: By horizontal axis: its label, its unit, the other quantity and its symbol.
_AXES = {
    "n_neurons": ("neurons $m$", None, "l1_strength", r"\lambda"),
    "l1_strength": (r"strength $\lambda$", "flow units", "n_neurons", "m"),
}


def draw_fidelity(data: Ends, ax: Axes, *, against: str = "n_neurons") -> None:
    """Draw the share of features whose initially largest weight wins, with standard errors.

    With it are the value without interference, 1 (of features that survive), and chance, 1/m.

    Parameters
    ----------
    data : Ends
        Of one n.
    ax : matplotlib Axes
    against : {"n_neurons", "l1_strength"}
        The horizontal axis; a line for each value of the other.

    Raises
    ------
    TypeError, ValueError
        For another word.
    """
    name, unit, other, symbol = _AXES[_checks.one_of("against", against, tuple(_AXES))]
    mean, error = data.fidelity()
    place, series = getattr(data, against), getattr(data, other)
    ax.axhline(1.0, color=plotting.INK, linewidth=1.0, label="no interference: 1")
    for i, (look, value) in enumerate(_panels.looks(np.unique(series))):
        at = np.flatnonzero(series == value)
        at = at[np.argsort(place[at])]
        label = f"${symbol}={value:g}$"
        _panels.points(ax, place[at], mean[at], error[at], look, line=True, label=label)
        if other == "n_neurons":
            words = "hollow: chance, $1/m$" if i == 0 else None
            _panels.at_the_right(ax, 1.0 / value, look, label=words)
    if against == "n_neurons":
        m = np.unique(place)
        ax.plot(m, 1.0 / m, color=plotting.MUTED, linestyle=(0, (1, 2)), label="chance: $1/m$")
        _panels.log_axis(ax.xaxis, base=2)
    else:
        _panels.log_axis(ax.xaxis, place)
    ax.set_ylim(0.0, 1.05)
    plotting.label_axes(ax, x=name, y="initially largest weight wins", x_unit=unit)
    plotting.legend_below(ax, ncols=2)


FIGURE = Figure(
    name="winner-fidelity",
    title="how often the initially largest weight of a feature wins",
    settings={
        "n_features": kinds.FEATURES,
        "n_neurons": kinds.several(kinds.NEURONS),
        "l1_strengths": kinds.several(kinds.STRENGTH),
        "n_instances": kinds.INSTANCES,
        **OPTIONS,
    },
    paper={
        "n_features": 64,
        "n_neurons": (64, 128, 256, 512, 1024),
        "l1_strengths": (flow_l1(loss_l1=1e-3), 0.001, 0.003, 0.01, 0.03),
        "n_instances": 32,
        "dtype": "float64",
        "rtol": 0.01,
    },
    small={
        "n_features": 8,
        "n_neurons": (8, 16, 32),
        "l1_strengths": (0.01, 0.03),
        "n_instances": 8,
    },
    computation=Computation(grid, count_task, ends),
    panels=_panels.laid_out(
        draw_fidelity, partial(draw_fidelity, against="l1_strength"), size=(7.2, 4.0), sharey=True
    ),
    formula="chance: $1/m$",
    minutes={"full": 1.5, "paper": 1.5},
)
