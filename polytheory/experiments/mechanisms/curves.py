"""The inverse participation ratio over time for each noise: the published figure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle, product
from typing import TYPE_CHECKING, Any

import numpy as np

from polytheory import plotting
from polytheory._checks import FloatArray
from polytheory.experiments import _panels
from polytheory.experiments import _settings as kinds
from polytheory.experiments._figure import Computation, Figure
from polytheory.experiments._record import Record, joined, mean_and_error, numbers
from polytheory.flow.simulate import simulate
from polytheory.initial import initial_encodings
from polytheory.model import ToyModel
from polytheory.noise import DISTRIBUTIONS
from polytheory.notation import flow_time
from polytheory.theory.noise import fourth_power_sum_of_random_rows, plateau_fourth_power_sum

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["FIGURE", "Curves", "draw_curves", "follow"]

#: Line styles of the strengths.
_LINES: tuple[Any, ...] = ((0, (1, 1.2)), (0, (5, 2)), "-")


@dataclass(frozen=True, eq=False, kw_only=True)
class Curves(Record):
    """Fourth power sums of N instances under P noises at T times; arrays are read-only.

    P runs over the strengths of each distribution in turn; all curves of an instance start from the
    same encodings.

    Attributes
    ----------
    steps : ndarray (T,)
        Steps of the published training: t = 4 · learning_rate · steps.
    fourth_power_sum : ndarray (P, N, T)
        Mean over the features of ‖W_i‖₄⁴.
    """

    steps: FloatArray
    fourth_power_sum: FloatArray

    def mean(self) -> tuple[FloatArray, FloatArray]:
        """Return the mean over instances and its standard error, each (P, T)."""
        return mean_and_error(np.moveaxis(self.fourth_power_sum, 1, -1))


def steps(n_times: int, last: int) -> FloatArray:
    """Return the training steps of the points of a curve, from 10 on."""
    return np.geomspace(10.0, last, n_times)


def grid(settings: kinds.Settings) -> list[dict[str, Any]]:
    """Return a task per instance."""
    task = {**settings, "noises": joined(settings.noises), "stds": joined(settings.stds)}
    del task["n_instances"]
    return [task | {"repeat": repeat} for repeat in range(settings.n_instances)]


def follow(parameters: Any, rng: np.random.Generator) -> dict[str, FloatArray]:
    """Return the curves of one instance under each noise: a task of `polytheory.sweep`."""
    n, m, noises, stds, rate, last, n_times, _ = parameters.values()
    times = np.asarray(flow_time(learning_rate=rate, steps=steps(n_times, last)))
    start, curves = initial_encodings(ToyModel(n, m), rng=rng), []
    for noise, std in product(noises.split(), numbers(stds)):
        model = ToyModel(n, m, noise=DISTRIBUTIONS[noise](std=std))
        run = simulate(model, start, time=times, until=times[-1])
        curves.append(run.fourth_power_sum.mean(axis=-1))
    return {"fourth_power_sum": np.array(curves)}


def curves(settings: kinds.Settings, table: Any) -> Curves:
    """Return the table as a record."""
    norms = np.stack(list(table["fourth_power_sum"]), axis=1)
    asked = steps(settings.n_times, settings.steps)
    return Curves.of(settings, table, steps=asked, fourth_power_sum=norms)


def draw_curves(data: Curves, ax: Axes) -> None:
    """Draw the mean ratio against training steps: a marker per noise, a line style per σ.

    Parameters
    ----------
    data : Curves
    ax : matplotlib Axes

    Notes
    -----
    Grey lines: random rows, 3/(m + 2), and the end of sparse simplices, `plateau_fourth_power_sum`.
    """
    from matplotlib.lines import Line2D

    given, noises = data.settings, product(data.settings.noises, data.settings.stds)
    looks = {name: look for look, name in _panels.looks(given.noises)}
    lines = dict(zip(sorted(given.stds), cycle(_LINES), strict=False))
    for place, ((noise, std), mean, error) in enumerate(zip(noises, *data.mean(), strict=True)):
        color, marker, _ = looks[noise]
        apart: Any = {"marker": marker, "markevery": (place % 4, 6)}  # so that they do not overlap
        ax.plot(data.steps, mean, color=color, linestyle=lines[std], linewidth=1.3, **apart)
        ax.fill_between(
            data.steps, mean - error, mean + error, color=color, alpha=0.15, linewidth=0
        )
    levels = {
        r"sparse simplex: $\bar q(n)$": (plateau_fourth_power_sum(given.n_features), (0, (8, 3))),
        "random rows: $3/(m+2)$": (fourth_power_sum_of_random_rows(given.n_neurons), (0, (3, 3))),
    }
    keys = [
        Line2D([], [], color=c, marker=k, ls="none", label=name)
        for name, (c, k, _) in looks.items()
    ]
    keys += [
        Line2D([], [], color=plotting.INK, linestyle=line, label=rf"$\sigma={std:g}$")
        for std, line in lines.items()
    ]
    for words, (level, line) in levels.items():
        keys.append(ax.axhline(level, color=plotting.MUTED, lw=1.0, linestyle=line, label=words))
    ax.set(xscale="log", ylim=(0.0, 1.0))
    name = f"training steps at $\\eta={given.learning_rate:g}$"
    plotting.label_axes(ax, x=name, y=r"inverse participation ratio $\|W_i\|_4^4$")
    beside: Any = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0)}
    ax.legend(handles=keys, title="shaded: ± s.e.", alignment="left", **beside)


FIGURE = Figure(
    name="participation-ratio",
    title="the inverse participation ratio under noise of each distribution and strength",
    settings={
        "n_features": kinds.whole("number of features n", 2, "n = {}"),
        "n_neurons": kinds.NEURONS,
        "noises": kinds.several(
            kinds.word("distribution of the noise", *DISTRIBUTIONS, caption="{} noise")
        ),
        "stds": kinds.several(kinds.number("σ of the noise", 1e-6, 1e3, "σ = {}")),
        "learning_rate": kinds.number("η of training: a step is 4η of flow time", 1e-6, 1.0),
        "steps": kinds.whole("steps at which the curves end", 100),
        "n_times": kinds.whole("points of a curve, evenly in the logarithm, from step 10", 2),
        "n_instances": kinds.INSTANCES,
    },
    paper={
        "n_features": 8,
        "n_neurons": 16,
        "noises": tuple(DISTRIBUTIONS),
        "stds": (0.07, 0.1, 0.15),
        "learning_rate": 0.02,
        "steps": 100_000,
        "n_times": 48,
        "n_instances": 5,
    },
    small={"n_features": 6, "n_neurons": 8, "stds": (0.25,), "steps": 6000, "n_instances": 2},
    computation=Computation(grid, follow, curves),
    panels=_panels.laid_out(draw_curves, size=(6.4, 3.8)),
    formula="$3/(m+2)$",
    minutes={"full": 1, "paper": 1},
)
