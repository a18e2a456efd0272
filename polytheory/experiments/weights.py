"""Initial and final weights, and which of them become carriers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from polytheory import plotting
from polytheory._checks import FloatArray
from polytheory.experiments import _panels
from polytheory.experiments import _settings as kinds
from polytheory.experiments._figure import Computation, Figure
from polytheory.experiments._record import Record, mean_and_error
from polytheory.experiments.ends import tasks
from polytheory.flow.simulate import simulate
from polytheory.initial import initial_encodings
from polytheory.model import ToyModel
from polytheory.notation import flow_l1
from polytheory.sweeps import SweepTable
from polytheory.theory.fixed_points import carrier_amplitude

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["FIGURE", "Weights", "draw_weight_map", "draw_winning", "follow", "largest_wins"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Weights(Record):
    """Encodings before and after N runs of the full flow; arrays are read-only.

    Attributes
    ----------
    start, end : ndarray (N, n, m)
        The encodings.
    """

    start: FloatArray
    end: FloatArray

    def correlation(self) -> tuple[float, float]:
        """Return the correlation of |W_ik| before and after, and its standard error.

        The mean over instances of the correlation of their n·m weights. The error is NaN for one
        instance.
        """
        pairs = zip(np.abs(self.start), np.abs(self.end), strict=True)
        each = np.array([np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in pairs])
        mean, error = mean_and_error(each)
        return float(mean), float(error)

    def winners(self) -> NDArray[np.bool_]:
        """Return which weights are the largest of their row at the end, (N, n, m)."""
        size = np.abs(self.end)
        largest = size.max(axis=-1, keepdims=True)
        return np.asarray((size == largest) & (largest > 0))

    def winning(self, edges: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the share of winners among the weights with initial sizes between two edges.

        Parameters
        ----------
        edges : ndarray (K + 1,)
            In units of the initial standard deviation, 1/√m.

        Returns
        -------
        share, error : ndarray (K,)
            NaN where there is no weight. The error is binomial, and at least that of one winner.
        """
        scaled = np.abs(self.start).ravel() * np.sqrt(self.settings.n_neurons)
        all_of_them = np.histogram(scaled, edges)[0]
        won = np.histogram(scaled[self.winners().ravel()], edges)[0]
        with np.errstate(invalid="ignore", divide="ignore"):  # NaN, as documented
            share = won / all_of_them
            spread = np.maximum(share * (1.0 - share), 1.0 / np.maximum(all_of_them, 1))
            return share, np.where(all_of_them > 0, np.sqrt(spread / all_of_them), np.nan)


def largest_wins(scaled: FloatArray, n_neurons: int) -> FloatArray:
    r"""Return the probability that a weight of size x/√m is the largest of m: erf(x/√2)^(m−1).

    Without interference it is the probability of winning. Exact for Gaussian weights of variance
    1/m.
    """
    return np.asarray(erf(np.asarray(scaled) / np.sqrt(2.0)) ** (n_neurons - 1))


def follow(parameters: Any, rng: np.random.Generator) -> dict[str, FloatArray]:
    """Return initial and final encodings of one instance: a task of `polytheory.sweep`."""
    n, m, lam, _ = parameters.values()
    model = ToyModel(n, m, l1_strength=lam)
    start = initial_encodings(model, rng=rng)
    return {"start": start, "end": np.asarray(simulate(model, start).final)}


def grid(settings: kinds.Settings) -> list[dict[str, Any]]:
    """Return a task per instance."""
    return tasks([tuple(settings.values())])


def weights(settings: kinds.Settings, table: SweepTable) -> Weights:
    """Return the table as a record."""
    start, end = (np.stack(list(table[name])) for name in ("start", "end"))
    return Weights.of(settings, table, start=start, end=end)


def draw_weight_map(data: Weights, ax: Axes) -> None:
    """Draw a histogram of the weights over initial and final size, with logarithmic colours.

    Parameters
    ----------
    data : Weights
    ax : matplotlib Axes
    """
    from matplotlib.colors import LogNorm

    scaled = np.abs(data.start).ravel() * np.sqrt(data.settings.n_neurons)
    end = np.abs(data.end).ravel()
    top = max(1.15, float(end.max()))
    cells = (np.linspace(0.0, max(4.0, float(scaled.max())), 33), np.linspace(0.0, top, 33))
    count, x, y = np.histogram2d(scaled, end, cells)
    shown = ax.pcolormesh(
        x,
        y,
        np.ma.masked_equal(count.T, 0),
        cmap="cividis_r",
        norm=LogNorm(1, max(2.0, float(count.max()))),
        rasterized=True,
    )
    bar = ax.figure.colorbar(shown, ax=ax, pad=0.02)
    bar.set_label("weights in a cell")
    ax.axhline(
        float(carrier_amplitude(data.settings.l1_strength)),
        color=plotting.INK,
        linestyle=(0, (5, 2)),
        linewidth=1.0,
        label=r"a carrier alone: $x_+(1-x_+^2)=\lambda$",
    )
    mean, error = data.correlation()
    words = f"correlation {mean:.3f}" + ("" if np.isnan(error) else f" ± {error:.3f}")
    plotting.label_axes(
        ax,
        x=r"initial size $|W_{ik}|$",
        x_unit=r"$1/\sqrt{m}$",
        y=r"final size $|W_{ik}|$",
    )
    ax.grid(visible=False)
    plotting.legend_below(ax, title=words)


def draw_winning(data: Weights, ax: Axes) -> None:
    """Draw the share of weights that win against initial size, with and without interference.

    Parameters
    ----------
    data : Weights
    ax : matplotlib Axes
    """
    m = data.settings.n_neurons
    edges = np.linspace(0.0, 4.5, 16)
    centres = (edges[1:] + edges[:-1]) / 2.0
    share, error = data.winning(edges)
    seen, look = np.isfinite(share), plotting.LOOKS[0]
    x = np.linspace(0.0, edges[-1], 200)
    ax.plot(
        x,
        largest_wins(x, m),
        color=plotting.INK,
        label=r"no interference: $\mathrm{erf}(x/\sqrt{2})^{m-1}$",
    )
    ax.axhline(
        1.0 / m,
        color=plotting.MUTED,
        linestyle=(0, (1, 1.2)),
        linewidth=1.0,
        label="chance: $1/m$",
    )
    _panels.points(ax, centres[seen], share[seen], error[seen], look, label="flow ± s.e.")
    ax.set_ylim(-0.03, 1.03)
    plotting.label_axes(
        ax, x=r"initial size $x$", x_unit=r"$1/\sqrt{m}$", y="weights that win, share"
    )
    plotting.legend_below(ax)


FIGURE = Figure(
    name="weight-map",
    title="initial and final size of each weight",
    settings={
        "n_features": kinds.FEATURES,
        "n_neurons": kinds.NEURONS,
        "l1_strength": kinds.STRENGTH,
        "n_instances": kinds.INSTANCES,
    },
    paper={
        "n_features": 64,
        "n_neurons": 256,
        "l1_strength": flow_l1(loss_l1=1e-3),
        "n_instances": 32,
    },
    small={"n_features": 16, "n_neurons": 32, "l1_strength": 0.01, "n_instances": 16},
    computation=Computation(grid, follow, weights),
    panels=_panels.laid_out(draw_weight_map, draw_winning, size=(7.2, 3.6), width_ratios=(6, 5)),
    formula=r"$\mathrm{erf}(x/\sqrt{2})^{m-1}$",
    minutes={"full": 0.1, "paper": 0.1},
)
