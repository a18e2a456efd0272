"""One curve for all widths and strengths."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polytheory import _checks, plotting
from polytheory._checks import FloatArray
from polytheory.experiments._store import Seed, freeze, streams, watch
from polytheory.experiments.sparsification._wide import FEWEST, START, check_setting
from polytheory.flow.row import row_flow
from polytheory.initial import initial_row
from polytheory.theory.sparsification import (
    nonzero_count,
    time_to_fraction,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "Collapse",
    "compute_collapse",
    "draw_collapse",
]


@dataclass(frozen=True, eq=False)
class Collapse:
    """One Gaussian row a setting (m, λ), at common scaled times; arrays are read-only.

    Attributes
    ----------
    scaled_times : ndarray (T,)
        θ = λ√m t, geometric.
    settings : tuple of S pairs (int, float)
        m and λ (flow units).
    nonzero_count : ndarray (S, T)
        m', by the exact row flow.
    curve_fraction : ndarray (T,)
        m'/m on the universal curve.
    seed : Seed
    """

    scaled_times: FloatArray
    nonzero_count: FloatArray
    curve_fraction: FloatArray
    settings: tuple[tuple[int, float], ...]
    seed: Seed

    def __post_init__(self) -> None:
        freeze(self)

    def curve_count(self) -> FloatArray:
        """Return m' on the curve, shape (S, T)."""
        widths = np.array([m for m, _ in self.settings], dtype=np.float64)
        return np.asarray(widths[:, None] * self.curve_fraction)

    def on_curve(self) -> NDArray[np.bool_]:
        """Return where the curve gives at least 10 weights, shape (S, T)."""
        return np.asarray(self.curve_count() >= FEWEST)

    def deviations(self) -> FloatArray:
        """Return (m' − curve)/√curve, shape (S, T): of order one while on the curve.

        Deaths are counted among independent draws, so √m' is the size of the scatter.
        """
        expected = self.curve_count()
        return np.asarray((self.nonzero_count - expected) / np.sqrt(expected))


#: Every wide row in the limit: m as large, and λ√m as far within the domain, as the curve takes.
_WIDEST = {"n_neurons": 1e30, "l1_strength": 1e-16}


def compute_collapse(
    *,
    settings: Iterable[tuple[int, float]],
    n_times: int = 61,
    rng: Any,
    progress: bool = False,
) -> Collapse:
    """Follow one N(0, 1/m) row a setting over the same scaled times θ = λ√m t.

    Parameters
    ----------
    settings : iterable of (int, float)
        Pairs (m, λ), m at least 10, λ > 0 in flow units with λ√m ≤ 0.1. The collapse is of
        relative error λ√m.
    n_times : int
        T ≥ 2, from θ = 0.01 to where the curve leaves 3 weights of the widest row.
    rng : Generator, SeedSequence, int or None
        Each setting has a stream of its own.
    progress : bool
        Whether to show a progress bar.

    Returns
    -------
    Collapse

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside its range, or there is no setting.

    Examples
    --------
    >>> from polytheory.experiments.sparsification import compute_collapse
    >>> data = compute_collapse(settings=[(1000, 1e-4), (4000, 1e-5)], rng=0)
    >>> data.nonzero_count.shape
    (2, 61)
    """
    pairs = [check_setting(m, lam) for m, lam in settings]
    if not pairs:
        raise _checks.refuse_value("settings", "none", "at least one pair (n_neurons, l1_strength)")
    points = _checks.integer("n_times", n_times, minimum=2)
    strength = _WIDEST["l1_strength"] * np.sqrt(_WIDEST["n_neurons"])
    last = strength * time_to_fraction(3.0 / max(m for m, _ in pairs), **_WIDEST)
    theta = np.geomspace(START, last, points)
    generators, seed = streams(rng, len(pairs))
    counts = [
        row_flow(
            initial_row(m, rng=generator), l1_strength=lam, time=theta / (lam * np.sqrt(m))
        ).nonzero_count
        for (m, lam), generator in watch(
            list(zip(pairs, generators, strict=True)), progress=progress, label="settings"
        )
    ]
    return Collapse(
        scaled_times=theta,
        nonzero_count=np.array(counts, dtype=np.float64),
        curve_fraction=nonzero_count(theta / strength, **_WIDEST) / _WIDEST["n_neurons"],
        settings=tuple(pairs),
        seed=seed,
    )


def _power_of_ten(value: float) -> str:
    """Return TeX for 1e-05 as 10^{-5}, for 3e4 as 3×10^4."""
    digits, exponent = f"{value:.0e}".split("e")
    power = f"10^{{{int(exponent)}}}"
    return power if digits == "1" else rf"{digits}\times{power}"


def draw_collapse(data: Collapse, ax: Axes, *, scaled: bool = True) -> None:
    """Draw m'/m of every setting against θ = λ√m t, on the universal curve.

    Each is one row; the bars are ±√m'/m, by which rows scatter.

    Parameters
    ----------
    data : Collapse
        Drawn as long as the curve gives at least 10 weights.
    ax : matplotlib Axes
    scaled : bool
        False: against flow time t, before the collapse and without the curve.
    """
    shown = data.on_curve()
    for i, (m, lam) in enumerate(data.settings):
        look = plotting.LOOKS[i % len(plotting.LOOKS)]
        clock = data.scaled_times if scaled else data.scaled_times / (lam * np.sqrt(m))
        every = np.flatnonzero(shown[i])[i % 2 :: 2]
        living = data.nonzero_count[i, every]
        ax.errorbar(
            clock[every],
            living / m,
            np.sqrt(living) / m,
            fmt=look.marker,
            color=look.color,
            markerfacecolor="none",
            elinewidth=0.9,
            label=rf"$m={_power_of_ten(m)}$, $\lambda={_power_of_ten(lam)}$",
        )
    if scaled:
        seen = shown.any(axis=0)
        ax.loglog(
            data.scaled_times[seen],
            data.curve_fraction[seen],
            color=plotting.INK,
            linewidth=1.2,
            label=r"$2Q(x)$, $\theta=\int_0^x dy/\sqrt{G_2(y)}$",
        )
    name, unit = (
        (r"scaled time $\theta=\lambda\sqrt{m}\,t$", None)
        if scaled
        else ("flow time $t$", "flow units")
    )
    plotting.label_axes(ax, x=name, y="fraction of living weights $m'/m$", x_unit=unit)
    ax.set(xscale="log", yscale="log")
    ax.legend(loc="lower left")
