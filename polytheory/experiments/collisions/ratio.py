"""The number of polysemantic neurons divided by that of exclusion, over a grid."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from polytheory import _checks, plotting
from polytheory.experiments import _panels
from polytheory.experiments import _settings as kinds
from polytheory.experiments._figure import Computation, Figure
from polytheory.experiments.collisions.count import OPTIONS, options
from polytheory.experiments.ends import Ends, ends, tasks
from polytheory.flow.simulate import MIN_L1
from polytheory.sweeps import count_task
from polytheory.theory.collisions import expected_polysemantic, polysemantic_variance

if TYPE_CHECKING:
    from matplotlib import figure
    from matplotlib.axes import Axes

__all__ = ["FIGURE", "draw_ratio"]

#: Fewer instances give no usable standard error.
MIN_INSTANCES = 16


def grid(settings: kinds.Settings) -> list[dict[str, Any]]:
    """Return a task per n, m/n, λ√m and instance.

    A setting has as many instances, at least 16, as give the ratio (mean count) / (exclusion) the
    requested standard error if exclusion holds.
    """
    cases = []
    for n, width, strength in product(settings.n_features, settings.widths, settings.scaled_l1):
        m = round(n * width)
        lam = _checks.scalar("scaled_l1/√m", strength / np.sqrt(m), low=MIN_L1)
        mean, variance = expected_polysemantic(n, m), polysemantic_variance(n, m)
        enough = int(np.ceil(variance / (mean * settings.standard_error) ** 2))
        cases.append((n, m, lam, max(MIN_INSTANCES, enough)))
    return tasks(cases, **options(settings))


def draw_ratio(data: Ends, ax: Axes, *, width: float) -> None:
    """Draw count/exclusion against λ√m at one m/n, a line for each n, with standard errors.

    Parameters
    ----------
    data : Ends
    ax : matplotlib Axes
    width : float
        m/n.

    Raises
    ------
    ValueError
        If no setting has this width.

    Notes
    -----
    The paper's n²/4m depends on n: the hollow markers at the right. Points of different n are moved
    sideways by a few per cent so that their error bars are distinguishable.
    """
    ratio, error = data.ratio()
    here = np.isclose(data.n_neurons, width * data.n_features, rtol=0.0, atol=0.5)
    if not here.any():
        had = ", ".join(f"{each:g}" for each in np.unique(data.n_neurons / data.n_features))
        raise _checks.refuse_value("width", f"{width:g}", f"one of {had}")
    ax.axhline(1.0, color=plotting.INK, linewidth=1.0, label="exclusion: $n(n-1)/(4m-2)$")
    sizes = np.unique(data.n_features[here])
    for i, (look, n) in enumerate(_panels.looks(sizes)):
        at = np.flatnonzero(here & (data.n_features == n))
        at = at[np.argsort(data.scaled_l1()[at])]
        paper = data.expected("paper")[at[0]] / data.expected("exclusion")[at[0]]
        _panels.at_the_right(ax, paper, look)
        moved = data.scaled_l1()[at] * 1.05 ** (i - (sizes.size - 1) / 2)
        _panels.points(ax, moved, ratio[at], error[at], look, line=True, label=f"$n={n}$")
    _panels.log_axis(ax.xaxis, data.scaled_l1())
    plotting.label_axes(ax, x=r"strength $\lambda\sqrt{m}$", y="count / exclusion")
    words = rf"$m/n={width:g}$; hollow: paper, $n^2/4m$"
    plotting.legend_below(ax, title=words, ncols=2)


def draw(data: Ends, figure: figure.Figure) -> None:
    """Draw a panel per width."""
    widths = np.unique(np.round(data.n_neurons / data.n_features, 3))
    figure.set_size_inches(max(4.6, 3.4 * widths.size), 4.2)
    panels = np.atleast_1d(figure.subplots(1, widths.size, sharey=True))
    for panel, width in zip(panels, widths, strict=True):
        draw_ratio(data, panel, width=width)
        panel.label_outer()
    _panels.letters(panels)


FIGURE = Figure(
    name="ratio-map",
    title="the count of polysemantic neurons divided by that of exclusion, over n, m/n and λ√m",
    settings={
        "n_features": kinds.several(kinds.whole("number of features n", 2, "n = {}")),
        "widths": kinds.several(kinds.number("m/n; m is rounded", 0.5, 1e6, "m/n = {}")),
        "scaled_l1": kinds.SCALED,
        "standard_error": kinds.number("standard error of the ratio", 1e-4, 1.0),
        **OPTIONS,
    },
    paper={
        "n_features": (16, 32, 64, 128, 256),
        "widths": (1, 2, 4),
        "scaled_l1": (1, 0.3, 0.1, 0.03, 0.01),
        "standard_error": 0.015,
        "dtype": "float32",
        "rtol": 1e-3,
    },
    full={"n_features": (16, 32, 64, 128), "standard_error": 0.05},
    small={
        "n_features": (8, 16),
        "widths": (1, 2),
        "scaled_l1": (0.3, 0.1),
        "standard_error": 0.2,
        "dtype": "float64",
        "rtol": 0.01,
    },
    computation=Computation(grid, count_task, ends),
    panels=draw,
    formula="$n(n-1)/(4m-2)$",
    minutes={"full": 3.5, "paper": 60},
    reduced="n up to 128 of 256, standard errors of 0.05 for 0.015",
)
