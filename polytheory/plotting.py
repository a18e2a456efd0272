"""The common style of all figures, legible in print, in greyscale and to colour-blind readers.

Each series has its own colour, marker and line style, so no two differ by colour alone. The
functions take an Axes or a Figure and import matplotlib when called, never pyplot.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "INK",
    "LOOKS",
    "MUTED",
    "Look",
    "label_axes",
    "legend_below",
    "letter",
    "save_figure",
    "style",
]

#: Colours of laws, axes and text, and of the background.
INK, MUTED = "#1a1a1a", "#767676"

_STYLE: Any = {
    "axes.axisbelow": True,
    "axes.edgecolor": INK,
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.labelsize": 9,
    "axes.linewidth": 0.7,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 9,
    "figure.dpi": 100,
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same figure everywhere
    "font.size": 9,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.6,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "legend.handlelength": 2.4,
    "legend.title_fontsize": 8,
    "lines.linewidth": 1.5,
    "lines.markersize": 4,
    "pdf.fonttype": 42,  # text stays text
    "savefig.dpi": 200,
    "svg.fonttype": "path",
    "svg.hashsalt": "polytheory",  # the same data, the same file
    "text.color": INK,
    "xtick.color": INK,
    "xtick.labelsize": 8,
    "ytick.color": INK,
    "ytick.labelsize": 8,
}

#: Metadata to leave out of each format, so that files do not change from day to day.
_UNDATED: dict[str, dict[str, None]] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}


class Look(NamedTuple):
    """Colour, marker and line style of one series; each of the three is unique to it."""

    color: str
    marker: str
    linestyle: Any


#: Okabe and Ito's colours, without yellow, which is hard to see on white paper.
LOOKS = (
    Look("#0072B2", "o", "-"),
    Look("#D55E00", "s", (0, (5, 2))),
    Look("#009E73", "^", (0, (1, 1.2))),
    Look("#CC79A7", "D", (0, (5, 1.5, 1, 1.5))),
    Look("#E69F00", "v", (0, (8, 2))),
    Look("#56B4E9", "P", (0, (3, 1.5, 1, 1.5, 1, 1.5))),
)


def style() -> AbstractContextManager[None]:
    """Return a context in which new figures have the shared look.

    Examples
    --------
    >>> import matplotlib as mpl
    >>> from polytheory import plotting
    >>> with plotting.style():
    ...     mpl.rcParams["legend.frameon"]
    False
    """
    import matplotlib as mpl

    return mpl.rc_context(_STYLE)


def label_axes(
    ax: Axes, *, x: str, y: str, x_unit: str | None = None, y_unit: str | None = None
) -> None:
    """Label both axes, with the unit in brackets where there is one.

    Parameters
    ----------
    ax : matplotlib Axes
    x, y : str
        What is plotted.
    x_unit, y_unit : str, optional
        None for counts, ratios and other pure numbers.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from polytheory.plotting import label_axes
    >>> ax = Figure().add_subplot()
    >>> label_axes(ax, x="flow time", y="living weights", x_unit="flow units")
    >>> ax.get_xlabel()
    'flow time [flow units]'
    """
    ax.set_xlabel(x if x_unit is None else f"{x} [{x_unit}]")
    ax.set_ylabel(y if y_unit is None else f"{y} [{y_unit}]")


def letter(ax: Axes, name: str) -> None:
    """Put a panel's letter at its upper left, outside the axes."""
    ax.set_title(name, loc="left", fontweight="bold")


def legend_below(ax: Axes, **options: Any) -> None:
    """Put the legend below the label of the horizontal axis, where it hides no data.

    Parameters
    ----------
    ax : matplotlib Axes
        Of a figure with a constrained layout, which makes room.
    **options
        Of `matplotlib.axes.Axes.legend`.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from polytheory.plotting import legend_below
    >>> ax = Figure(layout="constrained").add_subplot()
    >>> _ = ax.plot([0, 1], label="law")
    >>> legend_below(ax, ncols=2)
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['law']
    """
    from matplotlib.transforms import offset_copy

    below = offset_copy(ax.transAxes, fig=ax.figure, y=-32.0, units="points")  # type: ignore[arg-type]  # a SubFigure will do
    place: Any = {"loc": "upper left", "bbox_to_anchor": (0.0, 0.0), "bbox_transform": below}
    ax.legend(**place, **({"alignment": "left", "borderaxespad": 0.0} | options))


def save_figure(
    figure: Figure, path: str | Path, *, formats: tuple[str, ...] = ("png", "svg")
) -> list[Path]:
    """Write a figure to one file per format; the same figure gives the same bytes.

    Parameters
    ----------
    figure : matplotlib Figure
    path : str or Path
        The file without its suffix; the folder must exist.
    formats : tuple of str
        Formats that matplotlib supports: "png", "svg", "pdf", …

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    OSError
        If a file cannot be written.
    """
    base = Path(path)
    files = [base.with_name(f"{base.name}.{suffix}") for suffix in formats]
    with style():
        for file, suffix in zip(files, formats, strict=True):
            figure.savefig(file, metadata=_UNDATED.get(suffix))
    return files
