"""The number of polysemantic neurons against the width of the layer."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from polytheory import _checks, plotting
from polytheory.experiments.collisions._ends import Ends
from polytheory.experiments.collisions._follow import Setting, follow
from polytheory.theory.collisions import expected_polysemantic

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["compute_count", "draw_count", "draw_count_ratio"]

#: The predictions by name, with their words and line styles.
NULL_MODELS = {
    "paper": ("paper: $n^2/4m$", (0, (5, 2))),
    "exclusion": ("exclusion: $n(n-1)/(4m-2)$", "-"),
    "independent": ("independent carriers", (0, (1, 1.2))),
}


def compute_count(
    *,
    n_features: int,
    n_neurons: Iterable[int],
    l1_strength: float,
    n_instances: int = 16,
    dtype: str = "float64",
    rtol: float = 0.01,
    rng: Any,
    workers: int | None = None,
    progress: bool = False,
    keep: str | Path | None = None,
    resume: bool = False,
) -> Ends:
    """Follow the full flow of n features to its end in layers of several widths.

    Parameters
    ----------
    n_features : int
        n, at least 2.
    n_neurons : iterable of int
        The widths m, each at least n/2.
    l1_strength : float
        λ in flow units, at least 1e-8; convert a loss coefficient with `flow_l1`.
    n_instances : int
        At each width.
    dtype : {"float64", "float32"}
        Of the encodings while they are stepped.
    rtol : float
        Of `simulate`. Competition is closest at n = m: there, for n = 256, the default changes the
        winner of 7 % of the features and the mean count by 2 ± 1 %.
    rng : Generator, SeedSequence, int or None
        Each width has a stream of its own, and each of its instances one of that.
    workers : int, optional
        Processes, each with one thread for linear algebra; in this process by default. The result
        does not depend on their number. (In this process it may, in the last digits, on the
        number of threads; and a last digit now and then decides a close competition.)
    progress : bool
        Whether to show a progress bar, one unit an instance.
    keep : str or Path, optional
        Where to `save` the record: whenever a width is complete, and in the end, which may be
        Ctrl-C or a failure.
    resume : bool
        Go on with the record in `keep` instead of starting anew; it has to be of the same settings
        and seed.

    Returns
    -------
    Ends
        One setting a width.

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside its range, no width is given, or `keep` holds another run.
    OSError
        If `keep` cannot be written or, to resume, read.

    Examples
    --------
    >>> from polytheory.experiments.collisions import compute_count
    >>> data = compute_count(
    ...     n_features=8, n_neurons=[8, 16], l1_strength=0.02, n_instances=4, rng=0
    ... )
    >>> data.polysemantic.shape, data.not_settled().tolist()
    ((2, 4), [0, 0])
    """
    n = _checks.integer("n_features", n_features, minimum=2)
    settings = [Setting.checked(n, m, l1_strength, n_instances) for m in n_neurons]
    for setting in settings:  # a width that is too small for them is refused before the first run
        expected_polysemantic(n, setting.n_neurons)
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


def draw_count(data: Ends, ax: Axes) -> None:
    """Draw the number of polysemantic neurons against m, standard errors and three null models.

    Parameters
    ----------
    data : Ends
        Of one n and λ.
    ax : matplotlib Axes
    """
    look, (mean, error) = plotting.LOOKS[0], data.count()
    for null_model, (words, line) in NULL_MODELS.items():
        ax.plot(
            data.n_neurons,
            data.expected(null_model),
            color=plotting.INK,
            linestyle=line,
            label=words,
        )
    ax.errorbar(
        data.n_neurons,
        mean,
        error,
        fmt=look.marker,
        color=look.color,
        capsize=2,
        label=f"flow, mean of {data.n_instances.max()} ± s.e.",
    )
    ax.set_xscale("log", base=2)
    ax.set_yscale("log", base=2)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter("{x:g}")
    plotting.label_axes(ax, x="neurons $m$", y="polysemantic neurons")
    plotting.legend_below(ax)


def draw_count_ratio(data: Ends, ax: Axes) -> None:
    """Draw the same numbers in units of what exclusion expects.

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
    ax.errorbar(data.n_neurons, ratio, error, fmt=look.marker, color=look.color, capsize=2)
    ax.set_xscale("log", base=2)
    ax.xaxis.set_major_formatter("{x:g}")
    ax.set_ylim(bottom=0.0, top=max(1.3, float(np.nanmax(ratio + error, initial=0.0))))
    plotting.label_axes(ax, x="neurons $m$", y="count / exclusion")
