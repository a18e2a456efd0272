"""The number of polysemantic neurons after training on features that occur together."""

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
from polytheory.experiments._record import Record, mean_and_error
from polytheory.flow.batch import batch_gradient
from polytheory.initial import initial_encodings
from polytheory.inputs import Bernoulli, Inputs, KHot
from polytheory.model import ToyModel, soft_threshold
from polytheory.notation import flow_time, loss_l1
from polytheory.observables import polysemantic_neurons
from polytheory.sweeps import SweepTable

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["FIGURE", "CoOccurrence", "draw_training", "train_together", "trained"]


@dataclass(frozen=True, eq=False, kw_only=True)
class CoOccurrence(Record):
    """Counts of N trained layers of each of P settings; arrays are read-only.

    Attributes
    ----------
    n_features, n_neurons : ndarray (P,) of int
    l1_strength : ndarray (P,)
        λ in flow units.
    ratio : ndarray (P,)
        p/λ; 0 for inputs of a single feature, drawn at random.
    polysemantic : ndarray (P, N) of int
        Number of polysemantic neurons by the published rule.
    nonzero : ndarray (P, N) of int
        Number of non-zero weights of a layer at the end; as many as features if it is sparse.
    """

    n_features: NDArray[np.int64]
    n_neurons: NDArray[np.int64]
    l1_strength: FloatArray
    ratio: FloatArray
    polysemantic: NDArray[np.int64]
    nonzero: NDArray[np.int64]

    def count(self) -> tuple[FloatArray, FloatArray]:
        """Return the mean number of polysemantic neurons and its standard error, each (P,)."""
        return mean_and_error(self.polysemantic)

    def alone(self) -> FloatArray:
        """Return the mean count at p = 0 of the same n, m and λ, (P,); NaN if there is none."""
        mean, _ = self.count()
        keys = list(zip(self.n_features, self.n_neurons, self.l1_strength, strict=True))
        known = {key: c for key, c, r in zip(keys, mean, self.ratio, strict=True) if r == 0}
        return np.array([known.get(key, np.nan) for key in keys])


def trained(
    W: NDArray[Any], inputs: Inputs, lam: float, rate: float, steps: int, rng: np.random.Generator
) -> NDArray[Any]:
    """Return a batch (N, n, m) after stochastic gradient descent in float32, with exact zeros.

    All N instances receive the same inputs. The ℓ1 term is a soft threshold after each step, which
    has the same limit as its gradient and does not dither about zero.
    """
    W, n = W.astype(np.float32), W.shape[-2]
    shrink = np.float32(rate * loss_l1(l1_strength=lam))
    scale = inputs.scale(n)
    for _ in range(steps):
        x = inputs.sample(n, rng=rng)
        x = x[x.any(axis=-1)].astype(np.float32)  # others have no gradient
        W -= np.float32(rate) * batch_gradient(W, x, scale)
        W = soft_threshold(W, shrink)
    return W


def train_together(parameters: Any, rng: np.random.Generator) -> dict[str, Any]:
    """Count polysemantic neurons after training on features active with probability p.

    A task of `polytheory.sweep`. The loss is divided by p, so that a feature has the weight that it
    has in the published loss and λ means the same: see `polytheory.inputs.Inputs`.
    """
    n, lam, ratio = (parameters[name] for name in ("n_features", "l1_strength", "ratio"))
    rate, seen = parameters["learning_rate"], parameters["seen"]
    model = ToyModel(n, parameters["n_neurons"], l1_strength=lam)
    start = initial_encodings(model, parameters["n_instances"], rng=rng)
    inputs: Inputs = KHot(active=1, size=max(1, round(seen * n)))
    if ratio > 0:
        inputs = Bernoulli(probability=ratio * lam, size=max(1, round(seen / (ratio * lam))))
    steps = round(parameters["duration"] / lam / flow_time(learning_rate=rate, steps=1))
    W = trained(start, inputs, lam, rate, steps, rng)
    return {"polysemantic": polysemantic_neurons(W), "nonzero": np.count_nonzero(W, axis=(1, 2))}


def grid(settings: kinds.Settings) -> list[dict[str, Any]]:
    """Return a task per size, λ and ratio; its instances receive the same inputs."""
    shared = ("n_instances", "learning_rate", "duration", "seen")
    options = {name: settings[name] for name in shared}
    return [
        {
            "n_features": n,
            "n_neurons": m,
            "l1_strength": lam,
            "ratio": _checks.scalar("ratios", ratio, high=1.0 / lam),
            **options,
        }
        for (n, m), lam, ratio in product(settings.sizes, settings.l1_strengths, settings.ratios)
    ]


def build(settings: kinds.Settings, table: SweepTable) -> CoOccurrence:
    """Return the table as a record."""
    names = ("n_features", "n_neurons", "l1_strength", "ratio", "polysemantic", "nonzero")
    columns = {name: np.stack(list(table[name])) for name in names}
    return CoOccurrence.of(settings, table, **columns)


def draw_training(data: CoOccurrence, ax: Axes) -> None:
    """Draw the count over that of single features against p/λ, with standard errors.

    Parameters
    ----------
    data : CoOccurrence
        With p/λ = 0 for every n, m and λ.
    ax : matplotlib Axes
    """
    mean, error = data.count()
    alone = data.alone()
    keys = list(zip(data.n_features, data.n_neurons, data.l1_strength, strict=True))
    for look, key in _panels.looks(dict.fromkeys(keys)):
        at = np.array([each == key for each in keys])
        n, m, lam = key
        _panels.points(
            ax,
            data.ratio[at],
            mean[at] / alone[at],
            error[at] / alone[at],
            look,
            line=True,
            label=rf"$n={n}$, $m={m}$, $\lambda={lam:g}$",
        )
    ax.set_ylim(bottom=-0.02)
    plotting.label_axes(ax, x=r"$p/\lambda$", y="polysemantic neurons / those at $p = 0$")
    ax.legend()


FIGURE = Figure(
    name="tradeoff-training",
    title="polysemantic neurons left by training on features that occur together",
    settings={
        "sizes": kinds.several(kinds.pair(kinds.FEATURES, kinds.NEURONS, "(n, m) = {}")),
        "l1_strengths": kinds.several(
            kinds.number("ℓ1 strength λ in flow units", 1e-4, 0.2, "λ = {} (flow units)")
        ),
        "ratios": kinds.several(
            kinds.number("p/λ, p ≤ 1; 0 for single features drawn at random", 0, 1e4, "p/λ = {}")
        ),
        "n_instances": kinds.whole("instances of each setting", 2, "{} instances"),
        "learning_rate": kinds.number("η in loss units; a step is 4η of flow time", 1e-6, 0.2),
        "duration": kinds.number("flow time of the training, in units of 1/λ", 1e-3, 1e3),
        "seen": kinds.number(
            "mean number of inputs of a batch in which a feature is active", 1e-3, 1e6
        ),
    },
    paper={
        "sizes": ((16, 32), (32, 64)),
        "l1_strengths": (0.02, 0.04),
        "ratios": (0.0, 0.1, 0.2, 0.5, 1.0, 2.0),
        "n_instances": 48,
        "learning_rate": 0.04,
        "duration": 8.0,
        "seen": 4.0,
    },
    small={
        "sizes": ((8, 8),),
        "l1_strengths": (0.05,),
        "ratios": (0.0, 0.5, 2.0),
        "n_instances": 16,
    },
    computation=Computation(grid, train_together, build),
    panels=_panels.laid_out(draw_training, size=(4.6, 3.6)),
    minutes={"full": 2, "paper": 2},
)
