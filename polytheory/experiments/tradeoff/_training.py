"""How many polysemantic neurons training leaves if features are active together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polytheory import _checks, plotting
from polytheory._checks import FloatArray
from polytheory.experiments._store import Seed, freeze, streams, watch
from polytheory.flow.batch import batch_gradient
from polytheory.initial import initial_encodings
from polytheory.inputs import Bernoulli, Inputs, KHot
from polytheory.model import ToyModel, soft_threshold
from polytheory.notation import flow_time, loss_l1
from polytheory.observables import polysemantic_neurons

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["CoOccurrence", "compute_training", "draw_training"]


@dataclass(frozen=True, eq=False)
class CoOccurrence:
    """Counts of N trained layers of each of P settings; arrays are read-only.

    Attributes
    ----------
    n_features, n_neurons : ndarray (P,) of int
    l1_strength : ndarray (P,)
        λ in flow units.
    ratio : ndarray (P,)
        p/λ; 0 stands for inputs of a single feature, drawn at random.
    polysemantic : ndarray (P, N) of int
        By the published rule.
    nonzero : ndarray (P, N) of int
        Living weights of a layer in the end: as many as features, if it is sparse.
    learning_rate, duration, seen : float
        As given to `compute_training`.
    seed : Seed
    """

    n_features: NDArray[np.int64]
    n_neurons: NDArray[np.int64]
    l1_strength: FloatArray
    ratio: FloatArray
    polysemantic: NDArray[np.int64]
    nonzero: NDArray[np.int64]
    learning_rate: float
    duration: float
    seen: float
    seed: Seed

    def __post_init__(self) -> None:
        freeze(self)

    def count(self) -> tuple[FloatArray, FloatArray]:
        """Return the mean number of polysemantic neurons and its standard error, each (P,)."""
        N = self.polysemantic.shape[1]
        return self.polysemantic.mean(axis=1), self.polysemantic.std(axis=1, ddof=1) / np.sqrt(N)

    def alone(self) -> FloatArray:
        """Return the mean count at p = 0 of the same n, m and λ, (P,); NaN if there is none."""
        mean, _ = self.count()
        keys = list(zip(self.n_features, self.n_neurons, self.l1_strength, strict=True))
        known = {key: c for key, c, r in zip(keys, mean, self.ratio, strict=True) if r == 0}
        return np.array([known.get(key, np.nan) for key in keys])


def trained(
    W: NDArray[Any], inputs: Inputs, lam: float, rate: float, steps: int, rng: np.random.Generator
) -> NDArray[Any]:
    """Descend stochastically on a batch (N, n, m) in float32, with exact zeros.

    All N instances see the same inputs. The ℓ1 term is taken by soft-thresholding after each step,
    which leads where its gradient does and does not dither about zero.
    """
    W, n = W.astype(np.float32), W.shape[-2]
    shrink = np.float32(rate * loss_l1(l1_strength=lam))
    scale = inputs.scale(n)
    for _ in range(steps):
        x = inputs.sample(n, rng=rng)
        x = x[x.any(axis=-1)].astype(np.float32)  # the others have no gradient
        W -= np.float32(rate) * batch_gradient(W, x, scale)
        W = soft_threshold(W, shrink)
    return W


def compute_training(
    *,
    sizes: Iterable[tuple[int, int]],
    l1_strengths: Iterable[float],
    ratios: Iterable[float],
    n_instances: int = 16,
    learning_rate: float = 0.04,
    duration: float = 8.0,
    seen: float = 4.0,
    rng: Any,
    progress: bool = False,
) -> CoOccurrence:
    """Train layers on inputs in which every feature is active with probability p, and count.

    The loss is divided by p, so that a feature counts as much as in the published one and λ means
    the same: see `polytheory.inputs.Inputs`.

    Parameters
    ----------
    sizes : iterable of (int, int)
        n and m.
    l1_strengths : iterable of float
        λ in flow units, between 1e-4 and 0.2.
    ratios : iterable of float
        p/λ, from 0 on, with p at most 1; 0 stands for single features drawn at random.
    n_instances : int
        Of each setting, at least 2; they start from different encodings and see the same inputs.
    learning_rate : float
        η in loss units; a step is 4η of flow time.
    duration : float
        Of the training, in units of 1/λ of flow time.
    seen : float
        How often each feature is active in a batch, on average; larger is less noisy.
    rng : Generator, SeedSequence, int or None
        Each setting has a stream of its own, in the order sizes, λ, ratio.
    progress : bool
        Whether to show a progress bar, one unit a setting.

    Returns
    -------
    CoOccurrence

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside its range.

    Examples
    --------
    >>> from polytheory.experiments.tradeoff import compute_training
    >>> data = compute_training(
    ...     sizes=[(6, 8)], l1_strengths=[0.1], ratios=[0.0, 2.0], n_instances=4, rng=0
    ... )
    >>> data.polysemantic.shape, data.count()[0].argmin()
    ((2, 4), np.int64(1))
    """
    settings = [
        (
            ToyModel(*size, l1_strength=_checks.scalar("l1_strength", lam, low=1e-4, high=0.2)),
            _checks.scalar("ratio", ratio, high=1.0 / lam),
        )
        for size, lam, ratio in product(sizes, l1_strengths, ratios)
    ]
    if not settings:
        raise _checks.refuse_value("sizes, l1_strengths, ratios", "an empty grid", "not empty")
    rate = _checks.scalar("learning_rate", learning_rate, low=1e-6, high=0.2)
    count = _checks.integer("n_instances", n_instances, minimum=2)
    long = _checks.scalar("duration", duration, low=1e-3, high=1e3)
    often = _checks.scalar("seen", seen, low=1e-3, high=1e6)
    generators, seed = streams(rng, len(settings))

    counts, alive = [], []
    both = list(zip(settings, generators, strict=True))
    for (model, ratio), generator in watch(both, progress=progress, label="settings"):
        n, lam = model.n_features, model.l1_strength
        W0 = initial_encodings(model, count, rng=generator)
        inputs: Inputs = KHot(active=1, size=max(1, round(often * n)))
        if ratio > 0:
            inputs = Bernoulli(probability=ratio * lam, size=max(1, round(often / (ratio * lam))))
        steps = round(long / lam / flow_time(learning_rate=rate, steps=1))
        W = trained(W0, inputs, lam, rate, steps, generator)
        counts.append(polysemantic_neurons(W))
        alive.append(np.count_nonzero(W, axis=(1, 2)))
    return CoOccurrence(
        n_features=np.array([model.n_features for model, _ in settings]),
        n_neurons=np.array([model.n_neurons for model, _ in settings]),
        l1_strength=np.array([model.l1_strength for model, _ in settings]),
        ratio=np.array([ratio for _, ratio in settings]),
        polysemantic=np.array(counts),
        nonzero=np.array(alive),
        learning_rate=rate,
        duration=long,
        seen=often,
        seed=seed,
    )


def draw_training(data: CoOccurrence, ax: Axes) -> None:
    """Draw the count over that of single features against p/λ, with standard errors.

    Parameters
    ----------
    data : CoOccurrence
        With p = 0 for every n, m and λ.
    ax : matplotlib Axes
    """
    mean, error = data.count()
    alone = data.alone()
    keys = list(zip(data.n_features, data.n_neurons, data.l1_strength, strict=True))
    for i, key in enumerate(dict.fromkeys(keys)):
        look = plotting.LOOKS[i % len(plotting.LOOKS)]
        at = np.array([each == key for each in keys])
        n, m, lam = key
        ax.errorbar(
            data.ratio[at],
            mean[at] / alone[at],
            error[at] / alone[at],
            marker=look.marker,
            color=look.color,
            linestyle=look.linestyle,
            linewidth=1.0,
            capsize=2,
            label=rf"$n={n}$, $m={m}$, $\lambda={lam:g}$",
        )
    ax.set_ylim(bottom=-0.02)
    plotting.label_axes(ax, x=r"$p/\lambda$", y="polysemantic neurons / those at $p = 0$")
    ax.legend()
