"""Layout of panels and drawing of measured series, shared by all figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import cycle
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from polytheory import plotting

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["alone", "at_the_right", "laid_out", "letters", "log_axis", "looks", "points"]

Each = TypeVar("Each")


def letters(panels: Iterable[Axes]) -> None:
    """Label panels with letters, in order."""
    for panel, name in zip(panels, "abcdefgh", strict=False):
        plotting.letter(panel, name)


def alone(figure: Figure, width: float, height: float) -> Axes:
    """Return a single panel of this size in inches."""
    figure.set_size_inches(width, height)
    return figure.subplots()


def laid_out(
    *draws: Callable[[Any, Axes], None], size: tuple[float, float], rows: int = 1, **options: Any
) -> Callable[[Any, Figure], None]:
    """Return a function that draws a panel for each of `draws`, row by row.

    Several panels are labelled with letters. Options are those of ``Figure.subplots``. A shared
    axis is labelled once.
    """

    def draw(data: Any, figure: Figure) -> None:
        figure.set_size_inches(*size)
        panels = np.ravel(figure.subplots(rows, len(draws) // rows, **options))
        for panel, each in zip(panels, draws, strict=True):
            each(data, panel)
            if options.get("sharex") and not panel.get_subplotspec().is_last_row():
                panel.set_xlabel("")
            if options.get("sharey") and not panel.get_subplotspec().is_first_col():
                panel.set_ylabel("")
        if len(draws) > 1:
            letters(panels)

    return draw


def looks(values: Iterable[Each]) -> Iterator[tuple[plotting.Look, Each]]:
    """Yield each value with a look, repeating them in order if there are too few."""
    return zip(cycle(plotting.LOOKS), values, strict=False)


def log_axis(axis: Any, ticks: ArrayLike | None = None, *, base: int = 10) -> None:
    """Make an axis logarithmic with plain numbers at the ticks, by default 1, 2, 5 and so on."""
    from matplotlib.ticker import LogLocator, NullLocator

    getattr(axis.axes, f"set_{axis.axis_name}scale")("log", base=base)
    if ticks is not None:
        axis.set_ticks(np.unique(ticks))
    elif base == 10:
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_locator(NullLocator())


def points(
    ax: Axes,
    x: Any,
    y: Any,
    error: Any,
    look: plotting.Look,
    *,
    label: str | None = None,
    line: bool = False,
    **options: Any,
) -> None:
    """Draw measured values with error bars; `line` connects them."""
    style: dict[str, Any] = {
        "marker": look.marker,
        "color": look.color,
        "linewidth": 1.0,
        "capsize": 2,
    }
    linestyle = look.linestyle if line else "none"
    ax.errorbar(x, y, error, **(style | {"linestyle": linestyle, "label": label} | options))


def at_the_right(ax: Axes, y: float, look: plotting.Look, **options: Any) -> None:
    """Draw a hollow marker beside the axes, at a level that belongs to one series."""
    ax.plot(
        1.02,
        y,
        look.marker,
        color=look.color,
        markerfacecolor="white",
        transform=ax.get_yaxis_transform(),
        clip_on=False,
        **options,
    )
