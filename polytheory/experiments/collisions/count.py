"""The number of polysemantic neurons against the width of the layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from polytheory import plotting
from polytheory.experiments import _panels
from polytheory.experiments import _settings as kinds
from polytheory.experiments._figure import Computation, Figure
from polytheory.experiments.ends import Ends, ends, tasks
from polytheory.notation import flow_l1
from polytheory.sweeps import count_task
from polytheory.theory.collisions import expected_polysemantic

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["FIGURE", "OPTIONS", "draw_count", "draw_count_ratio", "options"]

#: Legends and line styles of the predictions, by null model.
NULL_MODELS = {
    "paper": ("paper: $n^2/4m$", (0, (5, 2))),
    "exclusion": ("exclusion: $n(n-1)/(4m-2)$", "-"),
    "independent": ("independent carriers", (0, (1, 1.2))),
}

#: Settings of the simulation, shared by the figures of this package.
OPTIONS = {
    "dtype": kinds.word("precision of the encodings while they are stepped", "float32", "float64"),
    # Competition is closest at n = m: there, for n = 256, 0.01 changes the winner of 7 % of the
    # features and the mean count by 2 ± 1 %.
    "rtol": kinds.number("relative tolerance of `simulate`", 1e-8, 0.1),
}


def options(settings: kinds.Settings) -> dict[str, Any]:
    """Return the values of `OPTIONS`."""
    return {name: settings[name] for name in OPTIONS}


def grid(settings: kinds.Settings) -> list[dict[str, Any]]:
    """Return a task per width and instance."""
    n, lam, count = settings.n_features, settings.l1_strength, settings.n_instances
    for m in settings.n_neurons:  # refuses a width that is too small before the first run
        expected_polysemantic(n, m)
    return tasks(((n, m, lam, count) for m in settings.n_neurons), **options(settings))


def draw_count(data: Ends, ax: Axes) -> None:
    """Draw the number of polysemantic neurons against m with errors and three predictions.

    Parameters
    ----------
    data : Ends
        Of one n and λ.
    ax : matplotlib Axes
    """
    look, (mean, error) = plotting.LOOKS[0], data.count()
    for null_model, (words, line) in NULL_MODELS.items():
        expected = data.expected(null_model)
        ax.plot(data.n_neurons, expected, color=plotting.INK, linestyle=line, label=words)
    label = f"flow, mean of {data.n_instances.max()} ± s.e."
    _panels.points(ax, data.n_neurons, mean, error, look, label=label)
    for axis in (ax.xaxis, ax.yaxis):
        _panels.log_axis(axis, base=2)
    plotting.label_axes(ax, x="neurons $m$", y="polysemantic neurons")
    plotting.legend_below(ax)


def draw_count_ratio(data: Ends, ax: Axes) -> None:
    """Draw the same numbers divided by those of exclusion.

    Parameters
    ----------
    data : Ends
        Of one n and λ.
    ax : matplotlib Axes
    """
    look, (ratio, error) = plotting.LOOKS[0], data.ratio()
    for null_model, (_, line) in NULL_MODELS.items():
        relative = data.expected(null_model) / data.expected("exclusion")
        ax.plot(data.n_neurons, relative, color=plotting.INK, linestyle=line)
    _panels.points(ax, data.n_neurons, ratio, error, look)
    _panels.log_axis(ax.xaxis, base=2)
    ax.set_ylim(bottom=0.0, top=max(1.3, float(np.nanmax(ratio + error, initial=0.0))))
    plotting.label_axes(ax, x="neurons $m$", y="count / exclusion")


FIGURE = Figure(
    name="count",
    title="polysemantic neurons against the width of the layer",
    settings={
        "n_features": kinds.whole("number of features n", 2, "n = {}"),
        "n_neurons": kinds.several(kinds.NEURONS),
        "l1_strength": kinds.STRENGTH,
        "n_instances": kinds.INSTANCES,
        **OPTIONS,
    },
    paper={
        "n_features": 256,
        "n_neurons": range(256, 4097, 256),
        "l1_strength": flow_l1(loss_l1=1e-3),
        "n_instances": 16,
        "dtype": "float32",
        "rtol": 0.01,
    },
    full={"n_neurons": (256, 384, 512, 768, 1024, 2048, 4096), "n_instances": 8},
    small={
        "n_features": 16,
        "n_neurons": (16, 32, 64),
        "l1_strength": 0.01,
        "n_instances": 8,
        "dtype": "float64",
    },
    computation=Computation(grid, count_task, ends),
    panels=_panels.laid_out(draw_count, draw_count_ratio, size=(7.2, 3.8)),
    formula="$n(n-1)/(4m-2)$",
    minutes={"full": 3, "paper": 14},
    reduced="7 of 16 widths, 8 of 16 instances",
)
