"""How often the initially largest weight of a feature wins, in the full flow."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from polytheory import _checks, plotting
from polytheory.experiments.collisions._ends import Ends
from polytheory.experiments.collisions._follow import Setting, follow

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["compute_fidelity", "draw_fidelity"]


def compute_fidelity(
    *,
    n_features: int,
    n_neurons: Iterable[int],
    l1_strengths: Iterable[float],
    n_instances: int = 16,
    dtype: str = "float64",
    rtol: float = 0.01,
    rng: Any,
    workers: int | None = None,
    progress: bool = False,
    keep: str | Path | None = None,
    resume: bool = False,
) -> Ends:
    """Follow the full flow of n features to its end over a grid of widths and strengths.

    Parameters
    ----------
    n_features : int
        n.
    n_neurons : iterable of int
        The widths m.
    l1_strengths : iterable of float
        λ in flow units, each at least 1e-8.
    n_instances : int
        Of each setting.
    dtype, rtol, rng, workers, progress, keep, resume
        See `compute_count`. The settings come in the order m, λ, the last changing fastest, each
        with a stream of its own.

    Returns
    -------
    Ends

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside its range, the grid is empty, or `keep` holds another run.
    OSError
        If `keep` cannot be written or, to resume, read.

    Examples
    --------
    >>> from polytheory.experiments.collisions import compute_fidelity
    >>> data = compute_fidelity(
    ...     n_features=8, n_neurons=[16], l1_strengths=[0.1, 0.01], n_instances=4, rng=0
    ... )
    >>> mean, error = data.fidelity()
    >>> mean.shape, bool((mean > 1 / 16).all())
    ((2,), True)
    """
    settings = [
        Setting.checked(n_features, m, lam, n_instances)
        for m, lam in product(n_neurons, l1_strengths)
    ]
    return follow(
        settings,
        rng=rng,
        dtype=dtype,
        rtol=rtol,
        workers=workers,
        progress=progress,
        keep=keep,
        resume=resume,
    )


#: By what fidelity is drawn against: the axis, its unit, the other one and its symbol.
_AXES = {
    "n_neurons": ("neurons $m$", None, "l1_strength", r"\lambda"),
    "l1_strength": (r"strength $\lambda$", "flow units", "n_neurons", "m"),
}


def draw_fidelity(data: Ends, ax: Axes, *, against: str = "n_neurons") -> None:
    """Draw the share of features whose initially largest weight wins, with standard errors.

    Next to it are the value without interference, 1 (of features that survive), and chance, 1/m.

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
    for i, value in enumerate(np.unique(series)):
        look = plotting.LOOKS[i % len(plotting.LOOKS)]
        at = np.flatnonzero(series == value)
        at = at[np.argsort(place[at])]
        ax.errorbar(
            place[at],
            mean[at],
            error[at],
            marker=look.marker,
            color=look.color,
            linestyle=look.linestyle,
            linewidth=1.0,
            capsize=2,
            label=f"${symbol}={value:g}$",
        )
        if other == "n_neurons":
            ax.plot(
                1.02,
                1.0 / value,
                look.marker,
                color=look.color,
                markerfacecolor="white",
                transform=ax.get_yaxis_transform(),
                clip_on=False,
                label="hollow: chance, $1/m$" if i == 0 else None,
            )
    if against == "n_neurons":
        m = np.unique(place)
        ax.plot(m, 1.0 / m, color=plotting.MUTED, linestyle=(0, (1, 2)), label="chance: $1/m$")
        ax.set_xscale("log", base=2)
        ax.xaxis.set_major_formatter("{x:g}")
    else:
        ax.set_xscale("log")
        ax.set_xticks(np.unique(place))
        ax.xaxis.set_major_formatter("{x:g}")
        ax.minorticks_off()
    ax.set_ylim(0.0, 1.05)
    plotting.label_axes(ax, x=name, y="initially largest weight wins", x_unit=unit)
    ax.legend(loc="best", ncols=2)
