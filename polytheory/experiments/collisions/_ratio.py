"""The number of polysemantic neurons in units of what exclusion expects, over a grid."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from polytheory import _checks, plotting
from polytheory.experiments.collisions._ends import Ends
from polytheory.experiments.collisions._follow import Setting, follow
from polytheory.theory.collisions import expected_polysemantic, polysemantic_variance

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["compute_ratio", "draw_ratio"]

#: A standard error is not to be had from fewer instances.
FEWEST_INSTANCES = 16


def compute_ratio(
    *,
    n_features: Iterable[int],
    widths: Iterable[float],
    strengths: Iterable[float],
    standard_error: float,
    dtype: str = "float64",
    rtol: float = 0.01,
    rng: Any,
    workers: int | None = None,
    progress: bool = False,
    keep: str | Path | None = None,
    resume: bool = False,
) -> Ends:
    """Follow the full flow to its end over a grid in n, m/n and λ√m.

    Every setting gets as many instances, 16 at least, as would bring the ratio (mean count) /
    (exclusion) to the asked standard error if exclusion held.

    Parameters
    ----------
    n_features : iterable of int
        n, each at least 2.
    widths : iterable of float
        m/n, each at least 1/2; m is rounded to a whole number.
    strengths : iterable of float
        λ√m, positive; λ in flow units.
    standard_error : float
        Of the ratio, between 1e-4 and 1.
    dtype, rtol, rng, workers, progress, keep, resume
        See `compute_count`. The settings come in the order n, m/n, λ√m, the last changing fastest,
        each with a stream of its own.

    Returns
    -------
    Ends

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside its range, the grid is empty, or `keep` holds another run.
    OSError
        If `keep` cannot be written or, to resume, read.

    Notes
    -----
    A carrier counts from 0.8 on, which a single weight reaches in the limit for λ ≤ 0.288. Strong
    regularization leaves fewer features to share a neuron, see ``Ends.dead``.

    Examples
    --------
    >>> from polytheory.experiments.collisions import compute_ratio
    >>> data = compute_ratio(
    ...     n_features=[8], widths=[1, 2], strengths=[0.1], standard_error=0.5, rng=0
    ... )
    >>> data.n_neurons.tolist(), data.n_instances.tolist()
    ([8, 16], [16, 16])
    """
    target = _checks.scalar("standard_error", standard_error, low=1e-4, high=1.0)
    settings = [
        _setting(n, width, strength, target)
        for n, width, strength in product(n_features, widths, strengths)
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


def _setting(n_features: Any, width: Any, strength: Any, standard_error: float) -> Setting:
    n = _checks.integer("n_features", n_features, minimum=2)
    m = round(n * _checks.scalar("widths", width, low=0.5, high=1e6))
    lam = _checks.scalar("strengths", strength) / np.sqrt(m)
    mean, variance = expected_polysemantic(n, m), polysemantic_variance(n, m)
    enough = int(np.ceil(variance / (mean * standard_error) ** 2))
    return Setting.checked(n, m, lam, max(FEWEST_INSTANCES, enough))


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
    The paper's n²/4m is a level of its own for each n: the hollow marker at the right. Points
    of different n are moved sideways by a few per cent so that their error bars can be told apart.
    """
    ratio, error = data.ratio()
    here = np.isclose(data.n_neurons, width * data.n_features, rtol=0.0, atol=0.5)
    if not here.any():
        had = ", ".join(f"{each:g}" for each in np.unique(data.n_neurons / data.n_features))
        raise _checks.refuse_value("width", f"{width:g}", f"one of {had}")
    ax.axhline(1.0, color=plotting.INK, linewidth=1.0, label="exclusion: $n(n-1)/(4m-2)$")
    sizes = np.unique(data.n_features[here])
    for i, n in enumerate(sizes):
        look = plotting.LOOKS[i % len(plotting.LOOKS)]
        at = np.flatnonzero(here & (data.n_features == n))
        strength = data.l1_strength[at] * np.sqrt(data.n_neurons[at])
        at, strength = at[np.argsort(strength)], np.sort(strength)
        paper = data.expected("paper")[at[0]] / data.expected("exclusion")[at[0]]
        ax.plot(
            1.02,
            paper,
            look.marker,
            color=look.color,
            markerfacecolor="white",
            transform=ax.get_yaxis_transform(),
            clip_on=False,
        )
        ax.errorbar(
            strength * 1.05 ** (i - (sizes.size - 1) / 2),
            ratio[at],
            error[at],
            marker=look.marker,
            color=look.color,
            linestyle=look.linestyle,
            linewidth=1.0,
            capsize=2,
            label=f"$n={n}$",
        )
    ax.set_xscale("log")
    ax.set_xticks(np.unique(np.round(data.l1_strength * np.sqrt(data.n_neurons), 6)))
    ax.xaxis.set_major_formatter("{x:g}")
    ax.minorticks_off()
    plotting.label_axes(ax, x=r"strength $\lambda\sqrt{m}$", y="count / exclusion")
    words = rf"$m/n={width:g}$; hollow: paper, $n^2/4m$"
    plotting.legend_below(ax, title=words, ncols=2)
