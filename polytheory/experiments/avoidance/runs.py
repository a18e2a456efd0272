"""Runs under each lever to their end: remaining sharing, and cost."""

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
from polytheory.experiments._noise import cool_rate, long_time, middle_of_window, sampled
from polytheory.experiments._record import Record, mean_and_error
from polytheory.experiments.avoidance.levers import LEVERS, Lever, packing_loss
from polytheory.flow.simulate import simulate
from polytheory.flow.train import train
from polytheory.initial import initial_encodings
from polytheory.inputs import Bernoulli
from polytheory.model import ToyModel
from polytheory.notation import loss_l1, training_steps
from polytheory.observables import polysemantic_neurons
from polytheory.sweeps import SweepTable, checked_by

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["FIGURE", "Avoidance", "draw_avoidance", "follow_lever"]

#: Deviation that refutes a prediction; one correct prediction in 370 fails by chance.
_MAX_STANDARD_ERRORS = 3.0
#: Accuracy of a run at the default tolerance, for results without scatter.
_RUN_ACCURACY = 1e-3
#: Duration without regularization, in flow time: overlaps relax at rates of order 1.
_RELAXATION_TIME = 300.0
#: Larger layers follow sampled noise at the temperature Θ, others the flow averaged over noise.
_MAX_AVERAGED_WEIGHTS, _TEMPERATURE = 256, 0.03
#: Duration under noise, in half-sparsity times of bipolar noise.
_PATIENCE = 5.0
#: Training on features together: learning rate, duration in 1/λ, active inputs per feature and
#: batch.
_LEARNING_RATE, _DURATION, _ACTIVE_PER_BATCH = 0.04, 8.0, 4.0
#: Flow times, in 1/λ, at which each feature is checked for a single weight; 21 % apart.
_CHECK_TIMES = np.geomspace(0.3, 30.0, 25)
#: Instances of one task.
_BATCH_SIZE = 8
#: Results of a task for each of its instances.
RESULTS = ("polysemantic", "packing", "fit", "together", "time")


@dataclass(frozen=True, eq=False, kw_only=True)
class Avoidance(Record):
    """Results of R settings (lever, λ), N instances each; arrays are read-only.

    Attributes
    ----------
    levers : tuple of str
        Name in `LEVERS`, of each setting.
    l1_strength : ndarray (R,)
        λ; 0 for the levers without regularization.
    n_neurons : ndarray (R,) of int
    predicted : ndarray (R,)
        Mean packing loss.
    polysemantic : ndarray (R, N) of int
        Number of polysemantic neurons by the published rule.
    packing : ndarray (R, N)
        See `packing_loss`.
    fit : ndarray (R, N)
        Squared error summed over the basis vectors, without the ℓ1 term.
    together : ndarray (R, N)
        Mean squared error, divided by p, on sampled inputs with independently active features.
    time : ndarray (R, N)
        Flow time after which each feature has at most one weight, to 21 %; NaN if that is not
        reached.
    """

    levers: tuple[str, ...]
    l1_strength: FloatArray
    n_neurons: NDArray[np.int64]
    predicted: FloatArray
    polysemantic: NDArray[np.int64]
    packing: FloatArray
    fit: FloatArray
    together: FloatArray
    time: FloatArray

    def mean_packing_loss(self) -> tuple[FloatArray, FloatArray]:
        """Return the mean packing loss and its standard error, each (R,)."""
        return mean_and_error(self.packing)

    def count(self) -> tuple[FloatArray, FloatArray]:
        """Return the mean number of polysemantic neurons and its standard error, each (R,)."""
        return mean_and_error(self.polysemantic)

    def holds(self) -> NDArray[np.bool_]:
        """Return whether each prediction is within three standard errors and 1e-3, (R,)."""
        mean, error = self.mean_packing_loss()
        return np.abs(mean - self.predicted) <= _MAX_STANDARD_ERRORS * error + _RUN_ACCURACY


def _model(parameters: Any) -> tuple[Lever, ToyModel]:
    lever, n = LEVERS[parameters["lever"]], parameters["n_features"]
    noise = None if lever.noise is None else lever.noise(std=middle_of_window(n))
    m, lam = parameters["n_neurons"], parameters["l1_strength"]
    return lever, ToyModel(n, m, l1_strength=lam, noise=noise)


def _check(parameters: Any) -> None:
    """Refuse a lever that has no room for the features."""
    lever, model = _model(parameters)
    initial_encodings(model, rng=0, kind=lever.kind)


@checked_by(_check)
def follow_lever(parameters: Any, rng: np.random.Generator) -> dict[str, Any]:
    """Follow a batch of instances to its end under a lever: a task of `polytheory.sweep`.

    Training on inputs with several features samples them; noise is sampled if there are more than
    256 weights, and otherwise averaged over.
    """
    lever, model = _model(parameters)
    shown = Bernoulli(probability=parameters["probability"], size=parameters["n_inputs"])
    start = initial_encodings(model, parameters["batch_size"], rng=rng, kind=lever.kind)
    W, first = _followed(lever, model, start, rng)
    seen = _seen(model, W, first, shown, rng)
    return dict(zip(RESULTS, seen, strict=True))


def grid(settings: kinds.Settings) -> list[dict[str, Any]]:
    """Return a task per lever, λ and batch; levers without regularization occur once, at λ = 0."""
    n, m, count = settings.n_features, settings.n_neurons, settings.n_instances
    cases = dict.fromkeys(
        (name, lam if LEVERS[name].regularized else 0.0)
        for name, lam in product(settings.levers, settings.l1_strengths)
    )
    return [
        {
            "lever": name,
            "n_features": n,
            "n_neurons": m * LEVERS[name].widening,
            "l1_strength": lam,
            "probability": settings.probability,
            "n_inputs": settings.n_inputs,
            "batch": batch,
            "batch_size": min(_BATCH_SIZE, count - first),
        }
        for name, lam in cases
        for batch, first in enumerate(range(0, count, _BATCH_SIZE))
    ]


def build(settings: kinds.Settings, table: SweepTable) -> Avoidance:
    """Return the table as a record."""
    at = np.flatnonzero(table["batch"] == 0)
    names = tuple(table["lever"][at].tolist())
    n, m = settings.n_features, table["n_neurons"][at]
    return Avoidance.of(
        settings,
        table,
        levers=names,
        l1_strength=table["l1_strength"][at],
        n_neurons=m,
        predicted=np.array(
            [LEVERS[name].predict(n, width) for name, width in zip(names, m, strict=True)]
        ),
        **{name: np.concatenate(list(table[name])).reshape(at.size, -1) for name in RESULTS},
    )


def _followed(
    lever: Lever, model: ToyModel, start: FloatArray, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Return the end of a batch, and when each instance first had at most one weight per row."""
    never = np.full(len(start), np.nan)
    if model.noise is not None:
        return _under_noise(model, start, rng), never
    if lever.together > 0:
        return _on_features_together(model, start, lever.together, rng), never
    if model.l1_strength == 0:
        return np.asarray(simulate(model, start, until=_RELAXATION_TIME).final), never
    run = simulate(model, start, time=_CHECK_TIMES / model.l1_strength)
    dense = np.asarray((run.nonzero_count > 1).any(axis=-1))
    first = np.where(dense[-1], np.nan, _CHECK_TIMES[np.argmin(dense, axis=0)] / model.l1_strength)
    return np.asarray(run.final), first


def _under_noise(model: ToyModel, start: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Follow for as long as bipolar noise of this strength takes, for every distribution."""
    assert model.noise is not None
    n, m, std = model.n_features, model.n_neurons, model.noise.std
    time = long_time(n, m, std=std, excess_kurtosis=-2.0, patience=_PATIENCE)
    if n * m <= _MAX_AVERAGED_WEIGHTS:
        return np.asarray(simulate(model, start, max_time=time).final)
    rate = cool_rate(n, m, std=std, excess_kurtosis=-2.0, temperature=_TEMPERATURE)
    return sampled(model, start, learning_rate=rate, time=time, rng=rng)


def _on_features_together(
    model: ToyModel, start: FloatArray, ratio: float, rng: np.random.Generator
) -> FloatArray:
    lam = model.l1_strength
    p = min(1.0, ratio * lam)
    steps = round(training_steps(learning_rate=_LEARNING_RATE, time=_DURATION / lam))
    inputs = Bernoulli(probability=p, size=max(1, round(_ACTIVE_PER_BATCH / p)))
    final = train(
        model,
        start,
        optimizer="sgd",
        learning_rate=_LEARNING_RATE,
        steps=steps,
        inputs=inputs,
        rng=rng,
    ).final
    # There are no exact zeros: weights dither about zero by the ℓ1 step.
    dither = 2.0 * _LEARNING_RATE * loss_l1(l1_strength=lam)
    return np.where(np.abs(final) > dither, final, 0.0).astype(np.float64)


def _seen(
    model: ToyModel,
    W: FloatArray,
    first: FloatArray,
    shown: Bernoulli,
    rng: np.random.Generator,
) -> tuple[Any, ...]:
    """Return `RESULTS` of the ends of a batch, each (N,)."""
    error = model.reconstruction(W) - np.eye(model.n_features)
    together = []
    for each in W:
        x = shown.sample(model.n_features, rng=rng)
        squares = np.square(model.reconstruction(each, x) - x).sum(axis=-1)
        together.append(squares.mean() / shown.probability)
    fit = np.square(error).sum(axis=(-2, -1))
    return polysemantic_neurons(W), packing_loss(W), fit, np.array(together), first


def draw_avoidance(data: Avoidance, ax: Axes) -> None:
    """Draw prediction and measurement for each lever; a star marks disagreement.

    Parameters
    ----------
    data : Avoidance
    ax : matplotlib Axes
    """
    mean, error = data.mean_packing_loss()
    names = list(dict.fromkeys(data.levers))
    place = np.array([names.index(name) for name in data.levers], dtype=np.float64)
    strengths = np.unique(data.l1_strength)
    shift = np.linspace(-0.15, 0.15, strengths.size)
    for shifted, (look, lam) in zip(shift, _panels.looks(strengths), strict=True):
        at = data.l1_strength == lam
        height = place[at] + shifted
        label = rf"$\lambda={lam:g}$"
        _panels.points(ax, mean[at], height, None, look, xerr=error[at], label=label)
        fails = ~data.holds()[at]
        for x, y in zip((mean + error)[at][fails], height[fails], strict=True):
            ax.annotate("*", (x, y), xytext=(4, -5), textcoords="offset points")
    ax.plot(
        data.predicted,
        place,
        "|",
        color=plotting.INK,
        markersize=14,
        label="predicted; by chance $n(n-1)/(4m-2)$",
    )
    ax.set_yticks(range(len(names)), names)
    ax.invert_yaxis()
    ax.set_xlim(left=-0.3)
    plotting.label_axes(ax, x="packing loss (one-hot: polysemantic neurons)", y="lever")
    ax.legend(
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=3,
        title="* refuted at 3 s.e.",
        alignment="left",
    )


FIGURE = Figure(
    name="avoidance",
    title="levers meant to avoid polysemantic neurons, predicted and measured",
    settings={
        "n_features": kinds.FEATURES,
        "n_neurons": kinds.NEURONS,
        "l1_strengths": kinds.several(kinds.STRENGTH),
        "levers": kinds.several(kinds.word("lever, a name in `LEVERS`", *LEVERS)),
        "n_instances": kinds.whole("instances of each setting", 2, "{} instances"),
        "probability": kinds.number("p of the test inputs, with features together", 1e-9, 1.0),
        "n_inputs": kinds.whole("number of test inputs per instance"),
    },
    paper={
        "n_features": 64,
        "n_neurons": 128,
        "l1_strengths": (0.01, 0.05),
        "levers": tuple(LEVERS),
        "n_instances": 64,
        "probability": 0.05,
        "n_inputs": 4000,
    },
    full={"n_features": 16, "n_neurons": 32, "n_instances": 48},
    small={
        "n_features": 10,
        "n_neurons": 12,
        "l1_strengths": (0.05,),
        "levers": (
            "as published",
            "twice as wide",
            "non-negative",
            "carriers",
            "no regularization",
            "noise, κ = −2",
            "features together",
        ),
        "n_instances": 6,
        "n_inputs": 500,
    },
    computation=Computation(grid, follow_lever, build),
    panels=_panels.laid_out(draw_avoidance, size=(6.8, 4.4)),
    formula="$n(n-1)/(4m-2)$",
    minutes={"full": 3, "paper": 60},
    reduced="n = 16, m = 32 for 64, 128; 48 of 64 instances",
)
