"""Count over exclusion against n/√m, for several m/n, with the few-body prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from polytheory import plotting
from polytheory.experiments import _panels
from polytheory.experiments import _settings as kinds
from polytheory.experiments._figure import Computation, Figure
from polytheory.experiments.collisions.count import OPTIONS
from polytheory.experiments.collisions.ratio import grid
from polytheory.experiments.ends import Ends, ends
from polytheory.sweeps import count_task
from polytheory.theory.collisions import FEW, expected_polysemantic

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["FIGURE", "draw_few_body", "predicted_ratio"]

FORMULA = r"$(2m-1)P\,e^{-s(n-2)}$"


def predicted_ratio(data: Ends) -> np.ndarray:
    """Return the few-body count over that of exclusion, (P,), NaN outside its domain."""
    layers = zip(data.n_features, data.n_neurons, data.l1_strength, strict=True)
    found = np.full(data.n_features.size, np.nan)
    for i, (n, m, lam) in enumerate(layers):
        if FEW.contains(n_features=n, n_neurons=m, l1_strength=lam):
            found[i] = expected_polysemantic(
                int(n), int(m), null_model="few-body", l1_strength=float(lam)
            )
    return found / data.expected("exclusion")


def draw_few_body(data: Ends, ax: Axes) -> None:
    """Draw count/exclusion against n/√m: points for each m/n, lines for the prediction.

    Parameters
    ----------
    data : Ends
        Several strengths λ√m are drawn like several m/n.
    ax : matplotlib Axes
    """
    ratio, error = data.ratio()
    x = data.n_features / np.sqrt(data.n_neurons)
    predicted = predicted_ratio(data)
    width = np.round(data.n_neurons / data.n_features, 3)
    series = sorted(set(zip(width, data.scaled_l1(), strict=True)))
    several = np.unique(data.scaled_l1()).size > 1
    ax.axhline(1.0, color=plotting.INK, linewidth=1.0, label="exclusion: $n(n-1)/(4m-2)$")
    for look, (wide, scaled) in _panels.looks(series):
        at = np.flatnonzero((width == wide) & (data.scaled_l1() == scaled))
        at = at[np.argsort(x[at])]
        words = rf"$m/n={wide:g}$" + (rf", $\lambda\sqrt{{m}}={scaled:g}$" if several else "")
        _panels.points(ax, x[at], ratio[at], error[at], look, label=words)
        ax.plot(x[at], predicted[at], color=look.color, linestyle=look.linestyle)
    _panels.log_axis(ax.xaxis)
    plotting.label_axes(ax, x=r"$n/\sqrt{m}$", y="count / exclusion")
    plotting.legend_below(ax, title=f"lines: few bodies, {FORMULA}", ncols=2)


FIGURE = Figure(
    name="few-body",
    title="the count of polysemantic neurons over exclusion against n/√m, and few bodies",
    settings={
        "n_features": kinds.several(kinds.whole("number of features n", 2, "n = {}")),
        "widths": kinds.several(kinds.number("m/n; m is rounded", 0.5, 1e6, "m/n = {}")),
        "scaled_l1": kinds.SCALED,
        "standard_error": kinds.number("standard error of the ratio", 1e-4, 1.0),
        **OPTIONS,
    },
    paper={
        "n_features": (8, 16, 32, 64),
        "widths": (1, 2, 4, 8, 16),
        "scaled_l1": (0.03,),
        "standard_error": 0.02,
        "dtype": "float32",
        "rtol": 0.01,
    },
    full={"n_features": (8, 16, 32), "widths": (1, 2, 4, 8), "standard_error": 0.05},
    small={
        "n_features": (6, 8),
        "widths": (2, 3),
        "scaled_l1": (0.1,),
        "standard_error": 0.2,
        "dtype": "float64",
    },
    computation=Computation(grid, count_task, ends),
    panels=lambda data, figure: draw_few_body(data, _panels.alone(figure, 5.2, 4.6)),
    formula=FORMULA,
    minutes={"full": 4, "paper": 90},
    reduced="n up to 32 of 64, m/n up to 8 of 16, standard errors of 0.05 for 0.02",
)
