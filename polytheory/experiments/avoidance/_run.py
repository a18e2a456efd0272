"""Each lever followed to its end, many times: what it leaves, and what it costs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polytheory import _checks, plotting
from polytheory._checks import FloatArray
from polytheory.experiments._noise import cool_rate, long_time, middle_of_window, sampled
from polytheory.experiments._store import Seed, freeze, streams, watch
from polytheory.experiments.avoidance._levers import LEVERS, Lever, packing_loss
from polytheory.flow.simulate import MIN_L1, simulate
from polytheory.flow.train import train
from polytheory.initial import initial_encodings
from polytheory.inputs import Bernoulli
from polytheory.model import ToyModel
from polytheory.notation import loss_l1, training_steps
from polytheory.observables import polysemantic_neurons

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Avoidance", "compute_avoidance", "draw_avoidance"]

#: How many standard errors refute a prediction: by chance, one in 370 that is right.
REFUTED = 3.0
#: What a run is good to at the default tolerance: without chance there is no standard error.
PRECISE = 1e-3
#: Without regularization overlaps relax at rates of order 1; afterwards nothing moves.
RELAXED = 300.0
#: Under noise: the flow is followed up to so many weights, averaged over it; beyond, noise is
#: sampled at a temperature Θ. For so many times to half sparsity of bipolar noise.
AVERAGED, COOL, LONG = 256, 0.03, 5.0
#: Training on features together: learning rate, duration in 1/λ, how often a batch has a feature.
RATE, DURATION, SEEN = 0.04, 8.0, 4.0
#: Flow times, in 1/λ, at which is looked whether every feature has one weight left; 21 % apart.
LOOKS_AT = np.geomspace(0.3, 30.0, 25)


@dataclass(frozen=True, eq=False)
class Avoidance:
    """What R settings (lever, λ) led to, N instances each; arrays are read-only.

    Attributes
    ----------
    levers : tuple of str
        Of each setting, from `LEVERS`.
    l1_strength : ndarray (R,)
        λ; 0 for the lever that leaves it out.
    n_features : int
    n_neurons : ndarray (R,) of int
    predicted : ndarray (R,)
        Mean packing loss.
    polysemantic : ndarray (R, N) of int
        By the published rule.
    packing : ndarray (R, N)
        See `packing_loss`.
    fit : ndarray (R, N)
        Squared error summed over the basis vectors, without the ℓ1 term.
    together : ndarray (R, N)
        Mean squared error of inputs with features active independently, over p, sampled.
    time : ndarray (R, N)
        Flow time after which each feature has at most one weight, to 21 %; NaN where that does not
        come.
    probability : float
        p.
    seed : Seed
    """

    levers: tuple[str, ...]
    l1_strength: FloatArray
    n_features: int
    n_neurons: NDArray[np.int64]
    predicted: FloatArray
    polysemantic: NDArray[np.int64]
    packing: FloatArray
    fit: FloatArray
    together: FloatArray
    time: FloatArray
    probability: float
    seed: Seed

    def __post_init__(self) -> None:
        freeze(self)

    def measured(self) -> tuple[FloatArray, FloatArray]:
        """Return the mean packing loss and its standard error, each (R,)."""
        return self.packing.mean(axis=1), _error(self.packing)

    def count(self) -> tuple[FloatArray, FloatArray]:
        """Return the mean number of polysemantic neurons and its standard error, each (R,)."""
        return self.polysemantic.mean(axis=1), _error(self.polysemantic)

    def holds(self) -> NDArray[np.bool_]:
        """Return whether each prediction is within three standard errors and 1e-3, (R,)."""
        mean, error = self.measured()
        return np.abs(mean - self.predicted) <= REFUTED * error + PRECISE


def _error(values: NDArray[Any]) -> FloatArray:
    return np.asarray(values.std(axis=1, ddof=1) / np.sqrt(values.shape[1]))


def compute_avoidance(
    *,
    n_features: int,
    n_neurons: int,
    l1_strengths: Iterable[float],
    levers: Sequence[str] = tuple(LEVERS),
    n_instances: int = 64,
    probability: float = 0.05,
    n_inputs: int = 4000,
    rng: Any,
    progress: bool = False,
) -> Avoidance:
    """Follow the full flow to its end under each lever and each λ.

    Inputs with several features are sampled, by gradient descent, and so is noise if there are more
    than 256 weights.

    Parameters
    ----------
    n_features, n_neurons : int
        n and m; a lever may widen the layer.
    l1_strengths : iterable of float
        λ in flow units, at least 1e-8.
    levers : sequence of str
        From `LEVERS`; all of them by default. One without regularization is run once, at λ = 0.
    n_instances : int
        Of each setting, at least 2.
    probability : float
        p of the inputs on which features occur together, in (0, 1].
    n_inputs : int
        How many of them an instance is shown.
    rng : Generator, SeedSequence, int or None
        Each setting has a stream of its own, in the order lever, λ.
    progress : bool
        Whether to show a progress bar, one unit a setting.

    Returns
    -------
    Avoidance

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside its range, or a lever has no room for the features.

    Examples
    --------
    >>> from polytheory.experiments.avoidance import compute_avoidance
    >>> data = compute_avoidance(
    ...     n_features=8,
    ...     n_neurons=16,
    ...     l1_strengths=[0.05],
    ...     levers=["as published", "carriers"],
    ...     n_instances=8,
    ...     rng=0,
    ... )
    >>> data.count()[0][1], bool(data.holds()[1])
    (np.float64(0.0), True)
    """
    n = _checks.integer("n_features", n_features, minimum=1)
    m = _checks.integer("n_neurons", n_neurons, minimum=1)
    count = _checks.integer("n_instances", n_instances, minimum=2)
    shown = Bernoulli(probability=probability, size=n_inputs)
    strengths = [_checks.scalar("l1_strength", lam, low=MIN_L1) for lam in l1_strengths]
    settings = [
        (_checks.one_of("levers", name, tuple(LEVERS)), lam if LEVERS[name].regularized else 0.0)
        for name, lam in product(levers, strengths)
    ]
    settings = list(dict.fromkeys(settings))  # the one without regularization once
    if not settings:
        raise _checks.refuse_value("levers, l1_strengths", "none", "one of each at least")
    generators, seed = streams(rng, len(settings))

    starts = []  # a lever without room for the features is refused before the first run
    for (name, lam), generator in zip(settings, generators, strict=True):
        lever = LEVERS[name]
        noise = None if lever.noise is None else lever.noise(std=middle_of_window(n))
        model = ToyModel(n, m * lever.widening, l1_strength=lam, noise=noise)
        W0 = initial_encodings(model, count, rng=generator, kind=lever.kind)
        starts.append((lever, model, W0, generator))
    seen = [
        _seen(model, *_followed(lever, model, W0, generator), shown, generator)
        for lever, model, W0, generator in watch(starts, progress=progress, label="settings")
    ]
    names, lams = zip(*settings, strict=True)
    polysemantic, packing, fit, together, time = np.moveaxis(np.array(seen), 1, 0)
    return Avoidance(
        levers=names,
        l1_strength=np.array(lams),
        n_features=n,
        n_neurons=np.array([model.n_neurons for _, model, _, _ in starts]),
        predicted=np.array(
            [
                LEVERS[name].predict(n, model.n_neurons)
                for name, (_, model, _, _) in zip(names, starts, strict=True)
            ]
        ),
        polysemantic=polysemantic.astype(np.int64),
        packing=packing,
        fit=fit,
        together=together,
        time=time,
        probability=shown.probability,
        seed=seed,
    )


def _followed(
    lever: Lever, model: ToyModel, W0: FloatArray, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Follow a batch to its end; return it, and when each instance first had one weight a row."""
    never = np.full(len(W0), np.nan)
    if model.noise is not None:
        return _under_noise(model, W0, rng), never
    if lever.together > 0:
        return _on_features_together(model, W0, lever.together, rng), never
    if model.l1_strength == 0:
        return np.asarray(simulate(model, W0, until=RELAXED).final), never
    run = simulate(model, W0, time=LOOKS_AT / model.l1_strength)
    dense = np.asarray((run.nonzero_count > 1).any(axis=-1))
    first = np.where(dense[-1], np.nan, LOOKS_AT[np.argmin(dense, axis=0)] / model.l1_strength)
    return np.asarray(run.final), first


def _under_noise(model: ToyModel, W0: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Follow for as long as bipolar noise of this strength takes, whatever the law is."""
    assert model.noise is not None
    n, m, std = model.n_features, model.n_neurons, model.noise.std
    time = long_time(n, m, std=std, excess_kurtosis=-2.0, patience=LONG)
    if n * m <= AVERAGED:
        return np.asarray(simulate(model, W0, max_time=time).final)
    rate = cool_rate(n, m, std=std, excess_kurtosis=-2.0, temperature=COOL)
    return sampled(model, W0, learning_rate=rate, time=time, rng=rng)


def _on_features_together(
    model: ToyModel, W0: FloatArray, ratio: float, rng: np.random.Generator
) -> FloatArray:
    lam = model.l1_strength
    p = min(1.0, ratio * lam)
    steps = round(training_steps(learning_rate=RATE, time=DURATION / lam))
    inputs = Bernoulli(probability=p, size=max(1, round(SEEN / p)))
    final = train(
        model, W0, optimizer="sgd", learning_rate=RATE, steps=steps, inputs=inputs, rng=rng
    ).final
    # Without exact zeros, weights dither about zero by what the ℓ1 term moves in a step.
    dither = 2.0 * RATE * loss_l1(l1_strength=lam)
    return np.where(np.abs(final) > dither, final, 0.0).astype(np.float64)


def _seen(
    model: ToyModel,
    W: FloatArray,
    first: FloatArray,
    shown: Bernoulli,
    rng: np.random.Generator,
) -> FloatArray:
    """Return what `Avoidance` keeps of the ends of a batch, in its order: (5, N)."""
    error = model.reconstruction(W) - np.eye(model.n_features)
    together = []
    for each in W:
        x = shown.sample(model.n_features, rng=rng)
        squares = np.square(model.reconstruction(each, x) - x).sum(axis=-1)
        together.append(squares.mean() / shown.probability)
    fit = np.square(error).sum(axis=(-2, -1))
    columns = (polysemantic_neurons(W), packing_loss(W), fit, np.array(together), first)
    return np.array(columns, dtype=np.float64)


def draw_avoidance(data: Avoidance, ax: Axes) -> None:
    """Draw prediction and measurement for each lever, with a star where they disagree.

    Parameters
    ----------
    data : Avoidance
    ax : matplotlib Axes
    """
    mean, error = data.measured()
    names = list(dict.fromkeys(data.levers))
    place = np.array([names.index(name) for name in data.levers], dtype=np.float64)
    strengths = np.unique(data.l1_strength)
    shift = np.linspace(-0.15, 0.15, strengths.size)
    for i, lam in enumerate(strengths):
        look, at = plotting.LOOKS[i % len(plotting.LOOKS)], data.l1_strength == lam
        height = place[at] + shift[i]
        ax.errorbar(
            mean[at],
            height,
            xerr=error[at],
            fmt=look.marker,
            color=look.color,
            capsize=2,
            label=rf"$\lambda={lam:g}$",
        )
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
        title=f"$n={data.n_features}$, $m={min(data.n_neurons)}$; * refuted at 3 s.e.",
        alignment="left",
    )
