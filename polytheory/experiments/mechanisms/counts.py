"""Polysemantic neurons and winners under ℓ1, noise and both, from the same encodings."""

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
from polytheory.experiments._noise import cool_rate, long_time, middle_of_window, sampled
from polytheory.experiments._record import Record, Sheet, joined, mean_and_error
from polytheory.experiments.mechanisms.equivalence import SIZES
from polytheory.flow.simulate import simulate
from polytheory.initial import initial_encodings
from polytheory.model import ToyModel
from polytheory.noise import DISTRIBUTIONS
from polytheory.observables import carriers, polysemantic_neurons, winner_fidelity
from polytheory.theory.collisions import expected_polysemantic

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["FIGURE", "Counts", "draw_counts", "draw_fidelity", "follow", "partly_shared"]

#: Labels of the mechanisms.
MECHANISMS = {"l1": r"$\ell_1$", "noise": "noise", "both": "both"}
#: Counts of each instance.
RESULTS = ("published", "share", "partial", "carried", "winners")
#: Duration under both, in units of 1/λ.
PATIENCE_L1 = 20.0
#: Fill styles of the widths.
FILLS: Any = ("full", "left", "none", "right")


@dataclass(frozen=True, eq=False, kw_only=True)
class Counts(Record):
    """Counts at the end of up to N instances of each of P settings; arrays are read-only.

    Results are NaN where a setting has fewer than N instances. Settings of the same sizes start
    from the same encodings.

    Attributes
    ----------
    mechanisms : tuple of str
        "l1", "noise" or "both", for each of the P settings.
    n_features, n_neurons : ndarray (P,) of int
        n and m.
    std : ndarray (P,)
        σ, where there is noise.
    learning_rate : ndarray (P,)
        That of gradient descent with sampled noise; 0 where the flow is averaged over noise.
    n_instances : ndarray (P,) of int
        Number of instances; the largest is N.
    results : ndarray (P, N, 5)
        In the order of `RESULTS`, the numbers of: polysemantic neurons by the published rule
        (0.8 ≤ |W_ik| ≤ 1.2 twice) and by the rule without a threshold (more than half of ‖W_i‖²
        twice); neurons with more than a quarter of the squared norm of two features or more;
        features with more than half of their squared norm on one neuron; features whose initially
        largest weight is the largest at the end.

    Notes
    -----
    λ is the same at every n while σ falls with n, so where both act, ℓ1 becomes relatively
    stronger. There, sampled noise leaves fewer shared neurons than the averaged flow, and equally
    many as the learning rate falls: for n = m = 16, 0.8, 1.3 and 1.4 ± 0.1 at the rates 0.044 and
    0.009 and in the flow. Under noise alone a temperature of 0.1 is too high for n = 32, m = 128:
    a third of the rows stay dense.
    """

    mechanisms: tuple[str, ...]
    n_features: NDArray[np.int64]
    n_neurons: NDArray[np.int64]
    std: FloatArray
    learning_rate: FloatArray
    n_instances: NDArray[np.int64]
    results: FloatArray

    def instances(self) -> str:
        """Return the number of instances for a caption."""
        some = np.unique([self.n_instances.min(), self.n_instances.max()])
        return f"{' to '.join(map(str, some))} instances"

    def mean(self, result: str, of: Any = 1) -> tuple[FloatArray, FloatArray]:
        """Return the mean of a result over instances and its standard error, each (P,).

        Parameters
        ----------
        result : {"published", "share", "partial", "carried", "winners"}
        of : int or ndarray (P,)
            The count is divided by it.

        Returns
        -------
        mean, error : ndarray (P,)
            The error is at least 1 over the number of instances, that of a single count in all of
            them, because no observed count does not imply a mean of zero.
        """
        which = RESULTS.index(_checks.one_of("result", result, RESULTS))
        mean, error = mean_and_error(self.results[..., which])
        return mean / of, np.fmax(error, 1.0 / self.n_instances) / of

    def ratio(self, result: str) -> tuple[FloatArray, FloatArray]:
        """Return a mean count divided by that of exclusion, and its error, each (P,)."""
        return self.mean(result, self.expected())

    def fidelity(self) -> tuple[FloatArray, FloatArray]:
        """Return the share of features whose initially largest weight wins, and its error."""
        return self.mean("winners", self.n_features)

    def expected(self) -> FloatArray:
        """Return the number of polysemantic neurons by signed-site exclusion, (P,)."""
        return np.asarray(expected_polysemantic(self.n_features, self.n_neurons))


def grid(settings: kinds.Settings) -> list[dict[str, Any]]:
    """Return a task per n, m/n and instance."""
    tasks, given = [], {name: settings[name] for name in ("l1_strength", "noise")}
    kappa = DISTRIBUTIONS[settings.noise](std=1.0).excess_kurtosis
    cool = {name: settings[name] for name in ("temperature", "noise_shared_over")}
    for n, width in product(settings.n_features, settings.widths):
        m, std = round(n * width), settings.std or middle_of_window(n)
        noise: Any = {"std": std, "excess_kurtosis": kappa}
        time = long_time(n, m, patience=settings.patience, **noise)
        rate = cool_rate(n, m, **noise, **cool) if n * m > settings.averaged else 0.0
        task = {"n_features": n, "n_neurons": m, "mechanisms": joined(settings.mechanisms), **given}
        task |= {"std": std, "time": time, "learning_rate": rate}
        task |= {"noise_shared_over": settings.noise_shared_over}
        tasks += [task | {"repeat": repeat} for repeat in range(-(-settings.followed // n))]
    return tasks


def follow(parameters: Any, rng: np.random.Generator) -> dict[str, FloatArray]:
    """Return the counts of one instance under each mechanism: a task of `polytheory.sweep`."""
    n, m, mechanisms, *_ = parameters.values()
    start = initial_encodings(ToyModel(n, m), rng=rng)
    ends = [final(each, parameters, start, rng) for each in mechanisms.split()]
    return {"results": np.array([counted(start, np.asarray(W, dtype=np.float64)) for W in ends])}


def counted(start: FloatArray, W: FloatArray) -> list[float]:
    """Return the `RESULTS` of one run."""
    carried = float(np.count_nonzero(carriers(W, carrier_rule="share") >= 0))
    shared = (float(polysemantic_neurons(W)), float(polysemantic_neurons(W, carrier_rule="share")))
    return [*shared, partly_shared(W), carried, round(len(W) * float(winner_fidelity(start, W)))]


def final(mechanism: str, parameters: Any, start: FloatArray, rng: np.random.Generator) -> Any:
    """Return the encodings at the end of one run."""
    n, m, _, lam, noise, std, time, rate, shared_over, _ = parameters.values()
    if mechanism == "l1":
        return simulate(ToyModel(n, m, l1_strength=lam), start).final
    if mechanism == "noise":
        lam = 0.0
    else:
        time = PATIENCE_L1 / lam
    model = ToyModel(n, m, l1_strength=lam, noise=DISTRIBUTIONS[noise](std=std))
    if rate == 0:
        return simulate(model, start, max_time=time).final
    options = {"learning_rate": rate, "time": time, "noise_shared_over": shared_over}
    return sampled(model, start, **options, rng=rng)


def partly_shared(W: FloatArray) -> int:
    """Return how many neurons have over a quarter of the squared norm of two or more features."""
    squares = np.square(W)
    part = squares > 0.25 * squares.sum(axis=-1, keepdims=True)
    return int(np.count_nonzero(part.sum(axis=-2) >= 2))


def counts(settings: kinds.Settings, table: Any) -> Counts:
    """Return the table as a record, in the order n, m/n, mechanism."""
    sheet, each = Sheet(table), settings.mechanisms
    of_size = ("n_features", "n_neurons", "std", "learning_rate")
    return Counts.of(
        settings,
        table,
        mechanisms=each * sheet.count.size,
        n_instances=np.repeat(sheet.count, len(each)),
        results=np.concatenate(np.swapaxes(sheet.results("results", np.nan), 1, 2)),
        **{name: np.repeat(sheet.setting(name), len(each)) for name in of_size},
    )


def draw_counts(data: Counts, ax: Axes, *, rule: str = "share") -> None:
    """Draw the number of polysemantic neurons over that of exclusion against n.

    Colours are mechanisms, fill styles widths; with standard errors.

    Parameters
    ----------
    data : Counts
    ax : matplotlib Axes
    rule : {"share", "published", "partial"}
        The rule for counting, see `Counts`.
    """
    ax.axhline(1.0, color=plotting.INK, linewidth=1.0, label="exclusion: $n(n-1)/(4m-2)$")
    ratio, error = data.ratio(rule)
    _draw(data, ax, ratio, error)
    ax.set_yscale("symlog", linthresh=1.0, linscale=2.0)  # with few features ratios are large
    ax.set(yticks=[0, 0.25, 0.5, 0.75, 1, 2, 5], ylim=(-0.05, max(1.3, 1.4 * max(ratio + error))))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter("")
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

    width, fills = np.round(data.n_neurons / data.n_features, 2), {}
    for j, each in enumerate(np.unique(width)):
        fills[each] = {"fillstyle": FILLS[j % len(FILLS)], "markerfacecoloralt": "white"}
    shown = [kind for kind in MECHANISMS if kind in data.mechanisms]
    keys: list[Any] = []
    for i, (look, kind) in enumerate(_panels.looks(shown)):
        for j, (each, fill) in enumerate(fills.items()):
            at = np.flatnonzero((np.array(data.mechanisms) == kind) & (width == each))
            at = at[np.argsort(data.n_features[at])]
            # Moved sideways, so that error bars are distinguishable.
            aside = 1.06 ** (j - (len(fills) - 1) / 2 + 0.3 * (i - 1))
            moved = data.n_features[at] * aside
            _panels.points(ax, moved, value[at], error[at], look, line=j == 0, **fill)
        keys.append(Line2D([], [], **look._asdict(), linewidth=1.0, label=MECHANISMS[kind]))
    for each, fill in fills.items():
        grey: Any = {"marker": "o", "color": plotting.MUTED, "linestyle": "none"} | fill
        keys.append(Line2D([], [], **grey, label=f"$m/n={each:g}$"))
    ax.set_xscale("log", base=2)
    ax.xaxis.set_major_formatter("{x:g}")
    ax.set_xticks(np.unique(data.n_features))
    plotting.legend_below(ax, handles=keys + ax.get_legend_handles_labels()[0], ncols=2)


FIGURE = Figure(
    name="mechanisms",
    title="polysemantic neurons and winners under ℓ1, under noise and under both",
    settings={
        **SIZES,
        "mechanisms": kinds.several(kinds.word("mechanism that makes rows sparse", *MECHANISMS)),
        "l1_strength": kinds.STRENGTH,
        "std": kinds.number("σ of the noise; 0 for the middle of `working_window`", 0.0, 1e3),
        # All settings of one m/n then have about the same expected number of shared neurons.
        "followed": kinds.whole("minimum total number of features over the instances of a setting"),
        "patience": kinds.number(
            "duration of runs under noise alone, in half-sparsity times", 1e-3, 1e3
        ),
        "averaged": kinds.whole("largest nm for which noise is averaged over, not sampled", 0),
        "temperature": kinds.number("Θ of `largest_learning_rate`; η is at most 0.05", 1e-6, 10.0),
        "noise_shared_over": kinds.word(
            "what shares a noise vector when sampled, as in `train`", "input", "batch"
        ),
    },
    paper={
        "n_features": (4, 8, 16, 32, 64),
        "widths": (1, 2, 4),
        "noise": "bipolar",
        "mechanisms": tuple(MECHANISMS),
        "l1_strength": 0.01,
        "std": 0.0,
        "followed": 512,
        "patience": 5.0,
        "averaged": 128,
        "temperature": 0.03,
        "noise_shared_over": "input",
    },
    full={"n_features": (4, 8, 16), "widths": (1, 2), "followed": 256},
    small={"n_features": (4, 6), "widths": (1,), "followed": 12, "l1_strength": 0.05},
    computation=Computation(grid, follow, counts),
    panels=_panels.laid_out(draw_counts, draw_fidelity, size=(7.2, 4.0)),
    formula="$n(n-1)/(4m-2)$",
    minutes={"full": 3, "paper": 60},
    reduced="n up to 16 of 64, m/n up to 2 of 4, half as many instances",
)
