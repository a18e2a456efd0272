"""The counts and the fidelity under three mechanisms, against the number of features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from polytheory import plotting
from polytheory.experiments.mechanisms._counts import MECHANISMS, Counts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from polytheory._checks import FloatArray

__all__ = ["draw_counts", "draw_fidelity"]

#: The mechanisms in words, and the fillings that tell the widths apart.
WORDS = {"l1": r"$\ell_1$", "noise": "noise", "both": "both"}
FILLS: tuple[Any, ...] = ("full", "left", "none", "right")


def draw_counts(data: Counts, ax: Axes, *, rule: str = "share") -> None:
    """Draw the number of polysemantic neurons in units of exclusion against n.

    A colour is a mechanism, the filling of a marker a width; with standard errors.

    Parameters
    ----------
    data : Counts
    ax : matplotlib Axes
    rule : {"share", "published", "partial"}
        Which neurons are counted, see `Counts`.
    """
    ax.axhline(1.0, color=plotting.INK, linewidth=1.0, label="exclusion: $n(n-1)/(4m-2)$")
    ratio, error = data.ratio(rule)
    _draw(data, ax, ratio, error)
    ax.set_yscale("symlog", linthresh=1.0, linscale=2.0)  # few features share many times over
    ax.set_yticks([0.0, 0.25, 0.5, 0.75, 1.0, 2.0, 5.0])
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter("")
    ax.set_ylim(-0.05, max(1.3, 1.4 * float(np.nanmax(ratio + error, initial=0.0))))
    plotting.label_axes(ax, x="features $n$", y="polysemantic neurons / exclusion")


def draw_fidelity(data: Counts, ax: Axes) -> None:
    """Draw the share of features whose initially largest weight wins against n.

    Parameters
    ----------
    data : Counts
    ax : matplotlib Axes
    """
    _draw(data, ax, *data.fidelity())
    ax.set_ylim(0.0, 1.0)
    plotting.label_axes(ax, x="features $n$", y="winner fidelity")


def _draw(data: Counts, ax: Axes, value: FloatArray, error: FloatArray) -> None:
    from matplotlib.lines import Line2D

    kinds = [kind for kind in MECHANISMS if kind in data.mechanisms]
    width = np.round(data.n_neurons / data.n_features, 2)
    widths = np.unique(width)
    for i, kind in enumerate(kinds):
        look = plotting.LOOKS[i]
        for j, each in enumerate(widths):
            at = np.flatnonzero((np.array(data.mechanisms) == kind) & (width == each))
            at = at[np.argsort(data.n_features[at])]
            # Moved sideways, so that error bars can be told apart.
            aside = 1.06 ** (j - (widths.size - 1) / 2 + 0.3 * (i - 1))
            ax.errorbar(
                data.n_features[at] * aside,
                value[at],
                error[at],
                marker=look.marker,
                color=look.color,
                linestyle=look.linestyle if j == 0 else "none",
                fillstyle=FILLS[j % len(FILLS)],
                markerfacecoloralt="white",
                linewidth=1.0,
                capsize=2,
            )
    ax.set_xscale("log", base=2)
    ax.xaxis.set_major_formatter("{x:g}")
    ax.set_xticks(np.unique(data.n_features))
    keys: list[Any] = [
        Line2D(
            [],
            [],
            marker=plotting.LOOKS[i].marker,
            color=plotting.LOOKS[i].color,
            linestyle=plotting.LOOKS[i].linestyle,
            label=WORDS[kind],
        )
        for i, kind in enumerate(kinds)
    ]
    keys += [
        Line2D(
            [],
            [],
            marker="o",
            color=plotting.MUTED,
            linestyle="none",
            fillstyle=FILLS[j % len(FILLS)],
            markerfacecoloralt="white",
            label=f"$m/n={each:g}$",
        )
        for j, each in enumerate(widths)
    ]
    keys += ax.get_legend_handles_labels()[0]
    plotting.legend_below(ax, handles=keys, ncols=2)
