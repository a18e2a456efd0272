"""The picture of a diagnosis: the sorted matrix and the shared neurons.

Rows and columns are sorted so that carriers form a staircase, shared neurons first. Everything
drawn is in `Diagnosis` or in the matrix. The figure ``diagnosis`` shows one layer of the full flow.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polytheory import _checks, plotting
from polytheory.diagnosis import Diagnosis, diagnose
from polytheory.experiments import _panels
from polytheory.experiments.weights import FIGURE as WEIGHT_MAP
from polytheory.experiments.weights import Weights
from polytheory.theory.collisions import expected_polysemantic

if TYPE_CHECKING:
    from matplotlib import figure
    from matplotlib.axes import Axes

__all__ = ["FIGURE", "draw_diagnosis", "draw_matrix", "draw_shared", "sorted_order"]

#: Dark for negative, light for positive weights; they differ in grey, too.
_NEGATIVE, _POSITIVE = "#00466e", "#e07b00"
#: Maximum number of cells along an axis; of larger matrices a cell shows the largest of its
#: weights.
_CELLS = 500
#: Maximum number of shared neurons that are labelled.
_NAMED = 20


def sorted_order(found: Diagnosis) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return features and neurons in the order in which they are drawn.

    Neurons: by the number of features that they carry, in descending order. Features: by their
    neuron in that order, positive before negative; then those without a carrier, the dead last.

    Parameters
    ----------
    found : Diagnosis

    Returns
    -------
    features : ndarray (n,) of int
    neurons : ndarray (m,) of int

    Examples
    --------
    >>> from polytheory import diagnose
    >>> from polytheory.experiments.diagnosis import sorted_order
    >>> features, neurons = sorted_order(diagnose([[0, 0, 0], [1, 0, 0], [0, 0, -1], [0, 0, 1]]))
    >>> features.tolist(), neurons.tolist()
    ([3, 2, 1, 0], [2, 0, 1])
    """
    carried = found.carriers >= 0
    count = np.bincount(found.carriers[carried], minlength=found.n_neurons)
    neurons = np.argsort(-count, kind="stable")
    place = np.argsort(neurons)
    column = np.where(carried, place[found.carriers], found.n_neurons + (found.nonzero_count == 0))
    return np.lexsort((-found.carrier_signs, column)), neurons


def draw_matrix(found: Diagnosis, encodings: ArrayLike, ax: Axes) -> None:
    """Draw the sorted matrix, with a rectangle around the shared neurons.

    If at least half of the features have a carrier, neurons that carry none are omitted.

    Parameters
    ----------
    found : Diagnosis
    encodings : array (n_features, n_neurons)
        The diagnosed matrix.
    ax : matplotlib Axes

    Raises
    ------
    ValueError
        If the matrix has another shape.
    """
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.patches import Rectangle
    from matplotlib.ticker import MaxNLocator

    W = _same(found, encodings)
    features, neurons = sorted_order(found)
    occupied = np.unique(found.carriers[found.carriers >= 0]).size
    drawn = neurons[:occupied] if 2 * found.carried >= found.n_features else neurons
    cells = _pooled(W, features, drawn)
    limit = float(np.abs(cells).max()) or 1.0
    image = ax.imshow(
        cells,
        cmap=LinearSegmentedColormap.from_list("signs", [_NEGATIVE, "white", _POSITIVE]),
        vmin=-limit,
        vmax=limit,
        extent=(0, drawn.size, found.n_features, 0),
        aspect="auto",
        interpolation="nearest",
    )
    if found.shared:
        x, y = len(found.shared), sum(each.features for each in found.shared)
        box = Rectangle((0, 0), x, y, fill=False, edgecolor=plotting.INK, linewidth=1.2, zorder=3)
        box.set_clip_on(False)
        ax.add_patch(box)
        beside = 2 * x < drawn.size  # else inside, above the staircase
        ax.annotate(
            f"{x} shared neurons, {y} features" if x > 1 else f"1 shared neuron, {y} features",
            (x, y / 2) if beside else (x, 0),
            xytext=(6, 0) if beside else (-6, -6),
            textcoords="offset points",
            ha="left" if beside else "right",
            va="center" if beside else "top",
        )
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(integer=True))
    bar = ax.figure.colorbar(image, ax=ax, shrink=0.6, pad=0.02)
    bar.set_label("weight" if cells.size == drawn.size * found.n_features else "largest weight")
    left = found.n_neurons - drawn.size
    rest = f"; {left} that carry none are omitted" if left else ""
    plotting.label_axes(ax, x=f"neurons, sorted{rest}", y="features, sorted")
    ax.grid(visible=False)


def draw_shared(found: Diagnosis, ax: Axes) -> None:
    """Draw each shared neuron as a column, and its features by their signs: △ plus, ▼ minus.

    Parameters
    ----------
    found : Diagnosis
    ax : matplotlib Axes
    """
    from matplotlib.ticker import MaxNLocator

    named = len(found.shared) <= _NAMED
    size = 6.0 if named else 3.0
    for sign, marker, face in ((1, "^", "white"), (-1, "v", _NEGATIVE)):
        column, height, features = [], [], []
        for x, each in enumerate(found.shared):
            mine = each.positive if sign > 0 else each.negative
            column += [x] * len(mine)
            height += [sign * (y + 1) for y in range(len(mine))]
            features += list(mine)
        edge = _POSITIVE if sign > 0 else _NEGATIVE
        label = "positive weight" if sign > 0 else "negative weight"
        ax.plot(
            column, height, marker, color=edge, markerfacecolor=face, markersize=size, label=label
        )
        for x, y, i in zip(column, height, features, strict=True) if named else ():
            ax.annotate(
                found.feature(i),
                (x, y),
                parse_math=False,
                xytext=(5, 0),
                textcoords="offset points",
                va="center",
                fontsize=7,
            )
    tallest = max(
        (len(s) for each in found.shared for s in (each.positive, each.negative)), default=1
    )
    ax.set_ylim(-tallest - 1.2, tallest + 1.2)
    ax.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    ax.yaxis.set_major_formatter(lambda height, _: f"{abs(height):g}")
    ax.grid(visible=False, axis="x")
    ax.axhline(0.0, color=plotting.MUTED, linewidth=0.7)
    if named:
        ax.set_xticks(
            range(len(found.shared)), [found.neuron(each.neuron) for each in found.shared]
        )
        ax.tick_params(axis="x", rotation=90, labelsize=7)
    plotting.label_axes(
        ax, x="shared neurons" + (", by number" if named else ""), y="features by sign"
    )
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)


def draw_diagnosis(found: Diagnosis, encodings: ArrayLike) -> figure.Figure:
    """Return a figure with the sorted matrix and, if there are any, the shared neurons.

    Parameters
    ----------
    found : Diagnosis
    encodings : array (n_features, n_neurons)
        The diagnosed matrix.

    Returns
    -------
    matplotlib Figure
        To be written with `polytheory.plotting.save_figure`.

    Raises
    ------
    ValueError
        If the matrix has another shape.
    """
    from matplotlib import figure

    with plotting.style():
        drawn = figure.Figure(layout="constrained")
        _draw(found, encodings, drawn)
    return drawn


def _draw(found: Diagnosis, encodings: ArrayLike, figure: figure.Figure) -> None:
    """Draw the matrix and, if there are any, the shared neurons."""
    if not found.shared:
        draw_matrix(found, encodings, _panels.alone(figure, 7.2, 4.6))
        return
    figure.set_size_inches(7.2, 7.0)
    top, bottom = figure.subplots(2, 1, height_ratios=(5, 2))
    draw_matrix(found, encodings, top)
    draw_shared(found, bottom)
    _panels.letters((top, bottom))


def _same(found: Diagnosis, encodings: ArrayLike) -> Any:
    W = np.asarray(encodings)
    if W.shape != (found.n_features, found.n_neurons):
        shape = f"of shape ({found.n_features}, {found.n_neurons}), as diagnosed"
        raise _checks.refuse_value("encodings", _checks.shown(W), shape)
    return W


def _pooled(W: Any, features: NDArray[np.int64], neurons: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the sorted matrix, of each cell the largest weight in size; of equals the positive."""
    rows = [_pool(np.asarray(W[at][:, neurons], np.float64)) for at in _groups(features)]
    return np.stack(rows)


def _pool(block: NDArray[np.float64]) -> NDArray[np.float64]:
    row = _extreme(block, axis=0)
    return np.array([_extreme(row[at], axis=0) for at in _groups(np.arange(row.size))])


def _extreme(values: NDArray[np.float64], axis: int) -> Any:
    high, low = values.max(axis=axis), values.min(axis=axis)
    return np.where(high >= -low, high, low)


def _groups(order: NDArray[Any]) -> list[NDArray[Any]]:
    return np.array_split(order, min(order.size, _CELLS))


def draw(data: Weights, figure: figure.Figure) -> None:
    """Draw the diagnosis of the first instance."""
    n, m, lam, _ = data.settings.values()
    W = data.end[0]
    found = diagnose(W, initial=data.start[0], l1_strength=lam)
    _draw(found, W, figure)
    expected = f"exclusion expects $n(n-1)/(4m-2)$ = {expected_polysemantic(n, m):.1f}"
    for legend in filter(None, (panel.get_legend() for panel in figure.axes)):
        legend.set_title(f"{len(found.shared)} observed; {expected}")


FIGURE = replace(
    WEIGHT_MAP,
    name="diagnosis",
    title="the diagnosis of one layer: the sorted matrix and the shared neurons",
    paper={**WEIGHT_MAP.paper, "n_features": 128, "n_instances": 1},
    small={"n_features": 16, "n_neurons": 24, "l1_strength": 0.01},
    panels=draw,
    formula="$n(n-1)/(4m-2)$",
)
