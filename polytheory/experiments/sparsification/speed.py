"""How a wide row loses its weights, with the published and our formula."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from polytheory import _checks, plotting
from polytheory._checks import FloatArray
from polytheory.experiments import _panels
from polytheory.experiments import _settings as kinds
from polytheory.experiments._figure import Computation, Figure
from polytheory.experiments._record import Record
from polytheory.flow.row import row_flow
from polytheory.initial import initial_row
from polytheory.theory import sparsification as theory

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["FIGURE", "Speed", "draw_speed", "draw_speed_ratio", "follow"]

#: The curve is drawn while it gives at least this number of weights.
MIN_LIVING_WEIGHTS = 10
#: A run starts at θ = λ√m t = 0.01, when 1 % of the weights have died, and ends at λt = 6, when one
#: row in a thousand still has more than one weight.
START, END = 0.01, 6.0
#: Settings shared by the figures of wide rows.
ROW_SETTINGS = {
    "n_neurons": kinds.whole("number of weights m", MIN_LIVING_WEIGHTS, "m = {}"),
    "l1_strength": kinds.STRENGTH,
}
N_TIMES = kinds.whole("points of a curve, evenly in the logarithm of time", 2)
#: Style of measured points where there are many.
HOLLOW_MARKERS: Any = {"markerfacecolor": "none", "elinewidth": 0.9, "capsize": 0}
#: By quantity: axis, symbol, and each prediction with its formula.
_QUANTITIES: Any = {
    "nonzero_count": (
        "living weights $m'$",
        "$m'$",
        {
            "curve": (theory.nonzero_count, r"$2m\,Q(x)$"),
            "paper": (theory.paper_nonzero_count, r"$\max\{(1/\sqrt{m}+\lambda t)^{-2},\,1\}$"),
        },
    ),
    "l1_norm": (
        r"$\ell_1$ norm $\|w\|_1$",
        r"$\|w\|_1$",
        {
            "curve": (theory.l1_norm, r"$\sqrt{m}\,G_1(x)/\sqrt{G_2(x)}$"),
            "paper": (theory.paper_l1_norm, r"$\max\{(1/\sqrt{m}+\lambda t)^{-1},\,1\}$"),
        },
    ),
}
#: Names and styles of the predictions.
_CURVE: Any = {"color": plotting.INK, "linestyle": "-"}
_PAPERS: Any = {"color": plotting.LOOKS[1].color, "linestyle": plotting.LOOKS[1].linestyle}
_PREDICTIONS: Any = {"curve": ("ours", _CURVE), "paper": ("paper", _PAPERS)}


@dataclass(frozen=True, eq=False, kw_only=True)
class Speed(Record):
    """Gaussian rows from the start to one weight; arrays are read-only.

    Attributes
    ----------
    time : ndarray (T,)
        Flow times, geometric.
    nonzero_count, l1_norm : ndarray (R, T)
        m' and ‖w‖₁ of R rows, by the exact row flow.
    """

    time: FloatArray
    nonzero_count: FloatArray
    l1_norm: FloatArray

    def predicted(self, quantity: str, prediction: str) -> FloatArray:
        """Return m' or ‖w‖₁ as predicted by the published formula or by the universal curve.

        Parameters
        ----------
        quantity : {"nonzero_count", "l1_norm"}
        prediction : {"curve", "paper"}

        Returns
        -------
        ndarray (T,) or (K,)
            The curve at the first K times, those at which it gives at least 10 weights.

        Raises
        ------
        TypeError, ValueError
            For other words.
        """
        *_, predictions = _QUANTITIES[_checks.one_of("quantity", quantity, tuple(_QUANTITIES))]
        predict, _ = predictions[_checks.one_of("prediction", prediction, tuple(predictions))]
        times, row = self.time, {name: self.settings[name] for name in ROW_SETTINGS}
        if prediction == "curve":
            last = theory.time_to_fraction(MIN_LIVING_WEIGHTS / row["n_neurons"], **row)
            times = times[times < last * (1.0 - 1e-12)]  # rounded up, the end is outside the domain
        return np.asarray(predict(times, **row))

    def ratio(self, quantity: str, prediction: str) -> FloatArray:
        """Return the quantity of each row over a prediction, (R, T) or (R, K); see `predicted`."""
        predicted = self.predicted(quantity, prediction)
        return np.asarray(getattr(self, quantity)[:, : predicted.size] / predicted)


def scaled_times(last: float, n_times: int) -> FloatArray:
    """Return θ = λ√m t from the start to `last`, geometric."""
    return np.geomspace(START, last, n_times)


def checked(n_neurons: int, l1_strength: float) -> dict[str, Any]:
    """Return m and λ as parameters of a task if the universal curve holds at the start."""
    theory.CURVE.check(time=0.0, n_neurons=n_neurons, l1_strength=l1_strength)
    return {"n_neurons": n_neurons, "l1_strength": l1_strength}


def grid(settings: kinds.Settings) -> list[dict[str, Any]]:
    """Return a task per row."""
    row = checked(settings.n_neurons, settings.l1_strength)
    row |= {"last": END * float(np.sqrt(settings.n_neurons)), "n_times": settings.n_times}
    return [row | {"repeat": repeat} for repeat in range(settings.n_rows)]


def follow(parameters: Any, rng: np.random.Generator) -> dict[str, Any]:
    """Return m' and ‖w‖₁ of one N(0, 1/m) row over time: a task of `polytheory.sweep`.

    Its parameters are ``n_neurons``, ``l1_strength``, the arguments ``last`` and ``n_times`` of
    `scaled_times`, and ``repeat``.
    """
    m, lam, last, n_times, _ = parameters.values()
    times = scaled_times(last, n_times) / (lam * np.sqrt(m))
    run = row_flow(initial_row(m, rng=rng), l1_strength=lam, time=times)
    return {"times": times, "nonzero_count": run.nonzero_count, "l1_norm": run.l1_norm}


def speed(settings: kinds.Settings, table: Any) -> Speed:
    """Return the table as a record."""
    rows = {name: np.stack(list(table[name])) for name in _QUANTITIES}
    return Speed.of(settings, table, time=table["times"][0], **rows)


def draw_speed(data: Speed, ax: Axes, *, quantity: str = "nonzero_count") -> None:
    """Draw m' or ‖w‖₁ against flow time, with both predictions.

    Parameters
    ----------
    data : Speed
    ax : matplotlib Axes
    quantity : {"nonzero_count", "l1_norm"}

    Raises
    ------
    TypeError, ValueError
        For another quantity.
    """
    name, _, predictions = _QUANTITIES[_checks.one_of("quantity", quantity, tuple(_QUANTITIES))]
    mean, every = getattr(data, quantity).mean(axis=0), max(1, data.time.size // 30)
    rows = data.settings.n_rows
    words = f"simulation, {'one row' if rows == 1 else f'mean of {rows} rows'}"
    seen = (data.time[::every], mean[::every], None, plotting.LOOKS[0])
    _panels.points(ax, *seen, label=words)
    for prediction, (_, formula) in predictions.items():
        predicted, (whose, look) = data.predicted(quantity, prediction), _PREDICTIONS[prediction]
        ax.plot(data.time[: predicted.size], predicted, label=f"{whose}: {formula}", **look)
    ax.set(xscale="log", yscale="log")
    plotting.label_axes(ax, x="flow time $t$", y=name, x_unit="flow units")
    ax.legend(loc="lower left")


def draw_speed_ratio(data: Speed, ax: Axes, *, quantity: str = "nonzero_count") -> None:
    """Draw simulation over each prediction against flow time, with the middle 80 % of the rows.

    Parameters and errors are those of `draw_speed`.
    """
    ax.axhline(1.0, color=plotting.MUTED, linewidth=0.8)
    for prediction, (whose, look) in _PREDICTIONS.items():
        ratio = data.ratio(quantity, prediction)
        times, (low, high) = data.time[: ratio.shape[1]], np.quantile(ratio, [0.1, 0.9], axis=0)
        ax.fill_between(times, low, high, color=look["color"], alpha=0.15, linewidth=0.0)
        ax.semilogx(times, ratio.mean(axis=0), label=whose, **look)
    name = f"{_QUANTITIES[quantity][1]}: run / prediction"
    plotting.label_axes(ax, x="flow time $t$", y=name, x_unit="flow units")
    words = "shaded: middle 80 % of rows" if data.settings.n_rows > 1 else None
    ax.legend(loc="upper left", title=words, alignment="left")


FIGURE = Figure(
    name="speed-of-sparsification",
    title="how a wide row loses its weights, with the published formula and the universal curve",
    settings=ROW_SETTINGS
    | {"n_rows": kinds.whole("number of rows", 1, "{} rows"), "n_times": N_TIMES},
    paper={"n_neurons": 100_000, "l1_strength": 1e-5, "n_rows": 20, "n_times": 121},
    small={"n_neurons": 2000, "l1_strength": 1e-4, "n_rows": 5},
    computation=Computation(grid, follow, speed),
    panels=_panels.laid_out(
        *(
            partial(each, quantity=name)
            for each in (draw_speed, draw_speed_ratio)
            for name in _QUANTITIES
        ),
        size=(7.2, 5.2),
        rows=2,
        sharex=True,
        height_ratios=(2, 1),
    ),
    formula=r"$2m\,Q(x)$",
    minutes={"full": 0.1, "paper": 0.1},
)
