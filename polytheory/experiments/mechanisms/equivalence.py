"""Test of `equivalent_l1`: whether ℓ1 of that strength acts as fast as the noise."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polytheory import plotting
from polytheory._checks import FloatArray
from polytheory.experiments import _panels
from polytheory.experiments import _settings as kinds
from polytheory.experiments._figure import Computation, Figure
from polytheory.experiments._record import Record, Sheet, joined, mean_and_error, numbers
from polytheory.flow.simulate import simulate
from polytheory.initial import initial_encodings
from polytheory.model import ToyModel
from polytheory.noise import DISTRIBUTIONS
from polytheory.theory import noise as theory

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["FIGURE", "LEVELS", "SIZES", "Equivalence", "draw_equivalence", "follow", "predictions"]

#: Inverse participation ratios that are timed.
LEVELS = (0.4, 0.5, 0.7)
#: Times at which rows are checked, in units of the predicted half-sparsity time.
CHECK_TIMES = np.geomspace(0.02, 8.0, 60)
#: Settings of sizes and noise, shared with `counts`.
SIZES = {
    "n_features": kinds.several(kinds.whole("number of features n", 3, "n = {}")),
    "widths": kinds.several(kinds.number("m/n; m is rounded", 1.0, 1e4, "m/n = {}")),
    "noise": kinds.word("distribution of the noise", "bipolar", "uniform", caption="{} noise"),
}


@dataclass(frozen=True, eq=False, kw_only=True)
class Equivalence(Record):
    """Times to the `LEVELS` of sparsity under noise and the equivalent ℓ1; arrays are read-only.

    Attributes
    ----------
    n_features, n_neurons : ndarray (P,) of int
        n and m.
    std : ndarray (P,)
        σ.
    noise_times, l1_times : ndarray (P, N, L)
        When the median feature of an instance reaches them; inf if not within 8 predicted times.
        Both mechanisms, and all strengths at one size, start from the same encodings.
    """

    n_features: NDArray[np.int64]
    n_neurons: NDArray[np.int64]
    std: FloatArray
    noise_times: FloatArray
    l1_times: FloatArray

    def ratio(self) -> tuple[FloatArray, FloatArray]:
        """Return noise time over ℓ1 time, the median over instances and its error, each (P, L).

        The ratio is 1 where the equivalence holds and inf where noise does not reach the level.
        """
        ratio = self.noise_times / self.l1_times
        logs = np.log(np.where(np.isfinite(ratio), ratio, 1.0))
        # The standard error of a median is 1.25 times that of a mean.
        relative = 1.25 * mean_and_error(np.moveaxis(logs, 1, -1))[1]
        middle = np.median(ratio, axis=1)
        with np.errstate(invalid="ignore"):
            return middle, np.where(np.isfinite(middle), middle * relative, 0.0)


def predictions(n_features: Any, n_neurons: Any, std: Any, noise: str) -> tuple[Any, Any]:
    """Return the equivalent λ in flow units, and the time to a ratio of 1/2."""
    kappa = DISTRIBUTIONS[noise](std=1.0).excess_kurtosis
    rate = theory.drift_rate(n_features, std=std, excess_kurtosis=kappa)
    half = theory.half_sparsity_time(n_neurons, rate=rate)
    return theory.equivalent_l1(n_neurons, rate=rate), half


def grid(settings: kinds.Settings) -> list[dict[str, Any]]:
    """Return a task per n, m/n and instance."""
    tasks = []
    for n, width in product(settings.n_features, settings.widths):
        m, stds = round(n * width), np.array(settings.scaled_stds) / (n - 1)
        predictions(n, m, stds, settings.noise)  # refuses a σ that is too large
        task = {"n_features": n, "n_neurons": m, "noise": settings.noise, "stds": joined(stds)}
        tasks += [task | {"repeat": repeat} for repeat in range(settings.n_instances)]
    return tasks


def reached(times: FloatArray, fourth: FloatArray) -> FloatArray:
    """Return when the median feature passes each level, (L,); `fourth` is (T, n)."""
    found = np.full((len(LEVELS), fourth.shape[1]), np.inf)
    for (i, level), (j, norm) in product(enumerate(LEVELS), enumerate(fourth.T)):
        above = np.flatnonzero(norm >= level)
        if above.size:
            around = slice(max(above[0] - 1, 0), above[0] + 1)
            found[i, j] = np.exp(np.interp(level, norm[around], np.log(times[around])))
    # The lower of two middle values: a mean with inf would be inf.
    middle = np.sort(found, axis=-1)[:, (found.shape[1] - 1) // 2]
    return np.asarray(middle)


def follow(parameters: Any, rng: np.random.Generator) -> dict[str, FloatArray]:
    """Return the times of one instance at each strength: a task of `polytheory.sweep`."""
    n, m, noise, stds, _ = parameters.values()
    start = initial_encodings(ToyModel(n, m), rng=rng)
    seen = []
    for std in numbers(stds):
        lam, half = predictions(n, m, std, noise)
        times = half * CHECK_TIMES
        for changes in ({"noise": DISTRIBUTIONS[noise](std=std)}, {"l1_strength": lam}):
            run = simulate(ToyModel(n, m, **changes), start, time=times, until=times[-1])
            size = np.where(run.squared_norm > 0, run.squared_norm, 1.0)
            seen.append(reached(times, run.fourth_power_sum / np.square(size)))
    return {"noise_times": np.array(seen[::2]), "l1_times": np.array(seen[1::2])}


def equivalence(settings: kinds.Settings, table: Any) -> Equivalence:
    """Return the table as a record."""
    sheet, count = Sheet(table), len(settings.scaled_stds)
    sizes = {name: np.repeat(sheet.setting(name), count) for name in ("n_features", "n_neurons")}
    std = np.concatenate([numbers(text) for text in sheet.setting("stds")])
    times = {
        name: np.concatenate(np.swapaxes(sheet.results(name), 1, 2))
        for name in ("noise_times", "l1_times")
    }
    return Equivalence.of(settings, table, **sizes, std=std, **times)


def draw_equivalence(data: Equivalence, ax: Axes) -> None:
    """Draw noise time over ℓ1 time against (n − 1)σ, with a colour per size and a fill per level.

    Parameters
    ----------
    data : Equivalence
    ax : matplotlib Axes

    Notes
    -----
    The lines are for the level 1/2, for which `equivalent_l1` is defined; half-filled markers are
    the other levels. Levels that noise does not reach are omitted.
    """
    ratio, error = data.ratio()
    words = r"equal: $t_{1/2}(\lambda)=t_{1/2}(\gamma)$"
    ax.axhline(1.0, color=plotting.INK, linewidth=1.0, label=words)
    scaled_stds = (data.n_features - 1) * data.std
    sizes = dict.fromkeys(zip(data.n_features.tolist(), data.n_neurons.tolist(), strict=True))
    for look, (n, m) in _panels.looks(sizes):
        at = np.flatnonzero((data.n_features == n) & (data.n_neurons == m))
        for j, (level, fill) in enumerate(zip(LEVELS, ("bottom", "full", "top"), strict=True)):
            seen, half = at[np.isfinite(ratio[at, j])], level == 0.5
            bars, label = (error[seen, j], f"$n={n}$, $m={m}$") if half else (None, None)
            fills = {"label": label, "fillstyle": fill, "markerfacecoloralt": "white"}
            _panels.points(ax, scaled_stds[seen], ratio[seen, j], bars, look, line=half, **fills)
    ax.set(xscale="log", yscale="log")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter("")
    ax.set_xticks(np.unique(np.round(scaled_stds, 3)))
    ax.set_yticks([0.5, 1.0, 2.0, 5.0, 10.0])
    name = r"time of noise / time of equivalent $\ell_1$"
    plotting.label_axes(ax, x=r"strength $(n-1)\sigma$", y=name)
    low, _, high = LEVELS
    title = f"inverse participation ratio 0.5; half filled:\nbelow {low:g}, above {high:g}"
    ax.legend(title=title, alignment="left", fontsize=7, loc="upper left")


FIGURE = Figure(
    name="equivalence",
    title="the times to sparsity under noise and under ℓ1 of the equivalent strength",
    settings={
        **SIZES,
        "scaled_stds": kinds.several(kinds.number("(n − 1)σ", 1e-3, 1e3, "(n − 1)σ = {}")),
        "n_instances": kinds.INSTANCES,
    },
    paper={
        "n_features": (8,),
        "widths": (1, 2, 4),
        "noise": "bipolar",
        "scaled_stds": (0.5, 0.7, 1.0, 1.4, 2.0),
        "n_instances": 8,
    },
    full={"widths": (1, 2), "n_instances": 6},
    small={"n_features": (6,), "widths": (1.5,), "scaled_stds": (1.0, 1.4), "n_instances": 2},
    computation=Computation(grid, follow, equivalence),
    panels=_panels.laid_out(draw_equivalence, size=(4.8, 3.8)),
    formula=r"$t_{1/2}(\lambda)=t_{1/2}(\gamma)$",
    minutes={"full": 0.6, "paper": 2},
    reduced="m/n up to 2 of 4, 6 of 8 instances",
)
