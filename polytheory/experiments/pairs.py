"""Two rows after the fast phase, and one overlap among many rows, compared with theory."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polytheory import _checks, plotting
from polytheory._checks import FloatArray
from polytheory.experiments import _panels
from polytheory.experiments import _settings as kinds
from polytheory.experiments._figure import Computation, Figure
from polytheory.experiments._record import Record, Sheet, mean_and_error
from polytheory.flow.simulate import simulate
from polytheory.initial import initial_encodings
from polytheory.model import ToyModel
from polytheory.sweeps import SweepTable
from polytheory.theory.pairs import mean_overlap, overlap_shift, pair_coincidence
from polytheory.theory.pairs.check import between, coincidences

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["COINCIDENCES", "OVERLAPS", "Coincidences", "Overlaps", "draw_coincidences"]
__all__ += ["draw_mean", "draw_shares", "meet", "relax"]

SIGNS = ("opposite", "same")
#: Overlaps √m cos(W_i, W_j) at which the distribution is recorded.
PLACES = np.linspace(-3.0, 1.0, 41)


# --- coincidences ---------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, kw_only=True)
class Coincidences(Record):
    """How often the largest weights of two rows meet; arrays are read-only.

    Attributes
    ----------
    n_neurons : ndarray (P,) of int
    chance : ndarray (P, N, 2)
        Coincidences with opposite and with the same sign over those by chance, 1/(2m), from one
        sample each.
    """

    n_neurons: NDArray[np.int64]
    chance: FloatArray

    def ratio(self) -> tuple[FloatArray, FloatArray]:
        """Return the mean and its standard error, each (2, P)."""
        return mean_and_error(np.moveaxis(self.chance, -1, 0))


def meet(parameters: Any, rng: np.random.Generator) -> dict[str, Any]:
    """Estimate coincidences from a sample of pairs, by their exact flow. A task of `sweep`."""
    value, _ = coincidences(parameters["n_neurons"], int(rng.integers(2**32)))
    return {"chance": value}


def _samples(settings: kinds.Settings) -> list[dict[str, Any]]:
    grid = product(settings.n_neurons, range(settings.n_instances))
    return [{"n_neurons": m, "repeat": repeat} for m, repeat in grid]


def _coincidences(settings: kinds.Settings, table: SweepTable) -> Coincidences:
    sheet = Sheet(table)
    m, chance = sheet.setting("n_neurons"), sheet.results("chance")
    return Coincidences.of(settings, table, n_neurons=m, chance=chance)


def draw_coincidences(data: Coincidences, ax: Axes) -> None:
    """Draw coincidences of both signs against m, sampled and predicted.

    Parameters
    ----------
    data : Coincidences
    ax : matplotlib Axes
    """
    m = np.geomspace(data.n_neurons.min(), data.n_neurons.max(), 60).round()
    ax.axhline(1.0, color=plotting.MUTED, linestyle=(0, (1, 2)), label="chance, $1/2m$")
    for (look, signs), mean, error in zip(_panels.looks(SIGNS), *data.ratio(), strict=True):
        _panels.points(ax, data.n_neurons, mean, error, look, label=f"{signs} signs")
        law, sign = pair_coincidence(m, signs=signs), "+" if signs == "opposite" else "-"
        words = rf"$E[\Phi({sign}z)+e^{{-z^2/2}}/2]$"
        ax.plot(m, law, linestyle=look.linestyle, color=look.color, label=words)
    _panels.log_axis(ax.xaxis, base=2)
    plotting.label_axes(ax, x="neurons $m$", y="coincidences / chance")
    plotting.legend_below(ax, ncols=2)


COINCIDENCES = Figure(
    name="pair-coincidences",
    title="how often two rows have their largest weights on one neuron, without ℓ1",
    settings={
        "n_neurons": kinds.several(kinds.whole("number of neurons m", 4, "m = {}")),
        "n_instances": kinds.whole("samples of 1.5 million weights", 1, "{} samples"),
    },
    paper={"n_neurons": (8, 16, 32, 64, 128, 256, 512, 1024), "n_instances": 64},
    full={"n_instances": 16},
    small={"n_neurons": (16, 64, 256), "n_instances": 2},
    computation=Computation(_samples, meet, _coincidences),
    panels=_panels.laid_out(draw_coincidences, size=(4.6, 3.6)),
    formula=r"$E[\Phi(+z)+e^{-z^2/2}/2]$",
    reduced="fewer samples",
    minutes={"full": 0.4, "paper": 1.5},
)


# --- one overlap ----------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, kw_only=True)
class Overlaps(Record):
    """The distribution of √m cos(W_i, W_j) (i ≠ j) after the fast phase; arrays are read-only.

    Attributes
    ----------
    n_features : ndarray (P,) of int
    mean : ndarray (P, N)
        Mean of each layer.
    share : ndarray (P, N, 41)
        Share of the overlaps below each of `places`.
    places : ndarray (41,)
    """

    n_features: NDArray[np.int64]
    mean: FloatArray
    share: FloatArray
    places: FloatArray


def relax(parameters: Any, rng: np.random.Generator) -> dict[str, Any]:
    """Follow a layer without ℓ1, and return the distribution of its overlaps. A task of `sweep`."""
    n, m = parameters["n_features"], parameters["n_neurons"]
    model = ToyModel(n, m)
    start = initial_encodings(model, rng=rng)
    W = np.asarray(simulate(model, start, until=parameters["time"], rtol=1e-3).final)
    overlaps = between(W)
    return {"mean": float(overlaps.mean()), "share": (overlaps[:, None] < PLACES).mean(axis=0)}


def _layers(settings: kinds.Settings) -> list[dict[str, Any]]:
    m, time = settings.n_neurons, settings.time
    sizes = [2 + round(x * np.sqrt(m)) for x in settings.crowding]
    if len(set(sizes)) < len(sizes):
        came, allowed = f"{sizes} for n", f"different numbers of features at {m} neurons"
        raise _checks.refuse_value("crowding", came, allowed)
    grid = product(sizes, range(settings.n_instances))
    return [{"n_features": n, "n_neurons": m, "time": time, "repeat": each} for n, each in grid]


def _overlaps(settings: kinds.Settings, table: SweepTable) -> Overlaps:
    sheet = Sheet(table)
    n = sheet.setting("n_features")
    results = {name: sheet.results(name) for name in ("mean", "share")}
    return Overlaps.of(settings, table, n_features=n, places=PLACES.copy(), **results)


def draw_shares(data: Overlaps, ax: Axes) -> None:
    """Draw the distribution function of an overlap, of all layers together, with the law.

    Parameters
    ----------
    data : Overlaps
    ax : matplotlib Axes
    """
    from scipy.special import ndtr

    m, time = data.settings.n_neurons, data.settings.time
    below = np.append(data.places[data.places < 0.0], 0.0)
    ax.plot(below, ndtr(below), color=plotting.MUTED, linestyle=(0, (1, 2)), label="alone")
    for look, n, share in zip(plotting.LOOKS, data.n_features, data.share, strict=False):
        law = ndtr(below - overlap_shift(n, m, time))
        ax.plot(below, law, linestyle=look.linestyle, color=look.color)
        label = f"$x={(n - 2) / np.sqrt(m):.2g}$"
        _panels.points(ax, data.places, share.mean(axis=0), None, look, label=label, markersize=3)
    plotting.label_axes(ax, x=r"$\Gamma=\sqrt{m}\,\cos(W_i,W_j)$", y=r"share of overlaps $<\Gamma$")
    plotting.legend_below(ax, title=r"lines: $P(\Gamma<g)=\Phi(g-A)$", ncols=3)


def draw_mean(data: Overlaps, ax: Axes) -> None:
    """Draw the mean overlap against x, with the law.

    Parameters
    ----------
    data : Overlaps
    ax : matplotlib Axes
    """
    m, time = data.settings.n_neurons, data.settings.time
    root = np.sqrt(m)
    n = np.arange(2, data.n_features.max() + 1)
    alone, law = mean_overlap(2, m, time), mean_overlap(n, m, time)
    ax.plot((n - 2) / root, law, color=plotting.LOOKS[0].color, label="law")
    ax.axhline(alone, color=plotting.MUTED, linestyle="--", label=r"alone, $-1/\sqrt{2\pi}$")
    mean, error = mean_and_error(data.mean)
    x = (data.n_features - 2) / root
    _panels.points(ax, x, mean, error, plotting.LOOKS[0], label="flow")
    plotting.label_axes(ax, x=r"$x=(n-2)/\sqrt{m}$", y=r"mean of $\sqrt{m}\,\cos(W_i,W_j)$")
    plotting.legend_below(ax, ncols=3)


OVERLAPS = Figure(
    name="overlap-distribution",
    title="the distribution of the overlap of two of many rows after the fast phase",
    settings={
        "crowding": kinds.several(kinds.number("x = (n−2)/√m; n is rounded", 0.0, 8.0, "x = {}")),
        "n_neurons": kinds.whole("number of neurons m", 16, "m = {}"),
        "time": kinds.number("flow time t of the relaxation", 0.0, 1e3, "t = {}"),
        "n_instances": kinds.INSTANCES,
    },
    paper={"crowding": (1.0, 2.0, 4.0, 8.0), "n_neurons": 1024, "time": 8.0, "n_instances": 16},
    small={"crowding": (0.5, 2.0), "n_neurons": 64, "time": 3.0, "n_instances": 4},
    computation=Computation(_layers, relax, _overlaps),
    panels=_panels.laid_out(draw_shares, draw_mean, size=(7.2, 3.8)),
    formula=r"$P(\Gamma<g)=\Phi(g-A)$",
    minutes={"full": 0.5, "paper": 0.5},
)
