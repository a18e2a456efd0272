"""The loss of settled layers on independently active features, compared with the exact loss."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polytheory import plotting
from polytheory._checks import FloatArray
from polytheory.experiments import _panels
from polytheory.experiments import _settings as kinds
from polytheory.experiments._figure import Computation, Figure
from polytheory.experiments._record import Record, Sheet, joined, numbers
from polytheory.experiments.ends import tasks
from polytheory.flow.simulate import MIN_L1, simulate
from polytheory.initial import initial_encodings
from polytheory.inputs import Bernoulli
from polytheory.model import ToyModel
from polytheory.noise import Gaussian
from polytheory.observables import polysemantic_neurons
from polytheory.sweeps import SweepTable
from polytheory.theory.fixed_points import carrier_amplitude
from polytheory.theory.tradeoff import layer_loss, neuron_loss, one_hot_loss, pair_excess

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["COST", "COUNT", "Cost", "draw_excess", "draw_loss", "draw_noise", "settle_and_test"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Cost(Record):
    """Losses of N settled layers of each of P settings; arrays are read-only.

    Attributes
    ----------
    n_neurons, l1_strength : ndarray (P,)
    probability : ndarray (K,)
        p of the inputs.
    std : ndarray (S,)
        σ of Gaussian noise on the hidden layer in the test; 0 for none.
    count : ndarray (P, N) of int
        Polysemantic neurons by the published rule.
    loss, error : ndarray (P, N, S, K)
        Mean over the sampled inputs, and its standard error.
    exact : ndarray (P, N, S, K)
        `one_hot_loss` of the same encodings.
    """

    n_neurons: NDArray[np.int64]
    l1_strength: FloatArray
    probability: FloatArray
    std: FloatArray
    count: NDArray[np.int64]
    loss: FloatArray
    error: FloatArray
    exact: FloatArray

    def deviations(self) -> FloatArray:
        """Return (sampled − exact) in standard errors, (P, N, S, K)."""
        return (self.loss - self.exact) / self.error

    def apart(self) -> FloatArray:
        """Return the loss if no neuron were shared, (P, 1, S, K)."""
        x = np.asarray(carrier_amplitude(self.l1_strength))[:, None]
        single = [
            neuron_loss(1, 0, probability=self.probability, amplitude=x, noise=noise_of(std))
            for std in self.std
        ]
        return np.asarray(self.settings.n_features * np.stack(single, axis=1)[:, None])


def noise_of(std: float) -> Gaussian | None:
    """Return Gaussian noise of that standard deviation; None for 0."""
    return Gaussian(std=float(std)) if std > 0 else None


def settle_and_test(parameters: Any, rng: np.random.Generator) -> dict[str, Any]:
    """Settle a layer in the full flow, and test it on features that occur together.

    A task of `polytheory.sweep`.
    """
    n, m, lam = (parameters[name] for name in ("n_features", "n_neurons", "l1_strength"))
    size = parameters["n_inputs"]
    batches = [Bernoulli(probability=p, size=size) for p in numbers(parameters["probabilities"])]
    model = ToyModel(n, m, l1_strength=lam)
    W = np.asarray(simulate(model, initial_encodings(model, rng=rng)).final)
    tested = [_tested(W, batches, std, rng) for std in numbers(parameters["stds"])]
    loss, error, exact = np.moveaxis(np.array(tested), 1, 0)
    count = int(polysemantic_neurons(W))
    return {"count": count, "loss": loss, "error": error, "exact": exact}


def _tested(
    W: FloatArray, batches: list[Bernoulli], std: float, rng: np.random.Generator
) -> FloatArray:
    """Return the sampled mean, its standard error and the exact loss for each batch, (3, K)."""
    exact = one_hot_loss(W, probability=[each.probability for each in batches], noise=noise_of(std))
    seen = []
    for batch in batches:
        x = batch.sample(W.shape[-2], rng=rng)
        hidden = x @ W
        if std > 0:
            hidden += rng.normal(0.0, std, hidden.shape)
        losses = np.square(np.maximum(hidden @ W.T, 0.0) - x).sum(axis=-1)
        seen.append((losses.mean(), losses.std(ddof=1) / np.sqrt(batch.size)))
    return np.vstack([np.transpose(seen), exact])


def grid(settings: kinds.Settings) -> list[dict[str, Any]]:
    """Return a task per m, λ and instance."""
    n, count = settings.n_features, settings.n_instances
    cases = product(settings.n_neurons, settings.l1_strengths)
    return tasks(
        ((n, m, lam, count) for m, lam in cases),
        probabilities=joined(settings.probabilities),
        stds=joined(settings.stds),
        n_inputs=settings.n_inputs,
    )


def build(settings: kinds.Settings, table: SweepTable) -> Cost:
    """Return the table as a record."""
    sheet = Sheet(table)
    return Cost.of(
        settings,
        table,
        probability=np.array(settings.probabilities),
        std=np.array(settings.stds),
        **{name: sheet.setting(name) for name in ("n_neurons", "l1_strength")},
        **{name: sheet.results(name) for name in ("count", "loss", "error", "exact")},
    )


def draw_excess(data: Cost, ax: Axes) -> None:
    """Draw the mean excess loss against p, sampled and exact, without noise.

    Hollow markers are the mean over initializations that exclusion expects.

    Parameters
    ----------
    data : Cost
        With σ = 0 first.
    ax : matplotlib Axes
    """
    apart = data.apart()[:, :, 0]
    over = (data.loss[:, :, 0] - apart).mean(axis=1)
    exact = (data.exact[:, :, 0] - apart).mean(axis=1)
    error = np.sqrt(np.square(data.error[:, :, 0]).sum(axis=1)) / data.count.shape[1]
    n, p = data.settings.n_features, data.probability
    ax.plot([], [], color=plotting.INK, label="exact: $2p^2(1-(1-x_+^2)^2)$ a pair")
    sizes = zip(data.n_neurons, data.l1_strength, strict=True)
    for i, (look, (m, lam)) in enumerate(_panels.looks(sizes)):
        words = rf"$m={m}$, $\lambda={lam:g}$"
        _panels.points(ax, p, over[i], error[i], look, label=words)
        ax.plot(p, exact[i], color=look.color, linewidth=1.0, linestyle=look.linestyle)
        alone = n * neuron_loss(1, 0, probability=p, amplitude=carrier_amplitude(lam))
        chance = layer_loss(n, m, probability=p, l1_strength=lam) - alone
        ax.plot(
            p,
            chance,
            look.marker,
            color=look.color,
            markerfacecolor="none",
            markersize=7,
            label="hollow: by exclusion" if i == 0 else None,
        )
    _panels.log_axis(ax.xaxis, p)
    ax.set_yscale("log")
    plotting.label_axes(ax, x="probability $p$ of a feature", y="excess loss of sharing")
    plotting.legend_below(ax)


def draw_loss(data: Cost, ax: Axes, *, probability: float = 0.0) -> None:
    """Draw the sampled loss of each instance against its count, with the exact straight lines.

    The lines are for layers in which every feature survives; each dead feature adds p.

    Parameters
    ----------
    data : Cost
        With σ = 0 first.
    ax : matplotlib Axes
    probability : float
        The nearest one of the record is drawn; by default the lowest.
    """
    k = int(np.abs(data.probability - probability).argmin())
    p = float(data.probability[k])
    ends = np.array([0, data.count.max()])
    ax.plot([], [], color=plotting.INK, label="exact, slope $2p^2(1-(1-x_+^2)^2)$")
    for look, lam in _panels.looks(np.unique(data.l1_strength)):
        at, x = data.l1_strength == lam, carrier_amplitude(lam)
        line = data.settings.n_features * neuron_loss(1, 0, probability=p, amplitude=x)
        line = line + ends * pair_excess(probability=p, amplitude=x)
        ax.plot(ends, line, color=look.color, linewidth=1.0, linestyle=look.linestyle)
        _panels.points(
            ax,
            data.count[at].ravel(),
            data.loss[at][:, :, 0, k].ravel(),
            data.error[at][:, :, 0, k].ravel(),
            look,
            label=rf"$\lambda={lam:g}$",
            markersize=3,
            linewidth=0.6,
            capsize=0,
        )
    plotting.label_axes(ax, x="polysemantic neurons", y=f"loss at $p={p:g}$")
    ax.legend(loc="upper left")


def draw_noise(data: Cost, ax: Axes) -> None:
    """Draw the excess loss of a pair in units of 2p² against p, for each σ.

    Both sampled over all layers and exact; below zero, sharing reduces the loss.

    Parameters
    ----------
    data : Cost
        Of one λ.
    ax : matplotlib Axes
    """
    pairs = data.count.sum()
    unit = 2.0 * data.probability**2
    over = (data.loss - data.apart()).sum(axis=(0, 1)) / pairs / unit
    error = np.sqrt(np.square(data.error).sum(axis=(0, 1))) / pairs / unit
    p = np.geomspace(data.probability.min(), data.probability.max(), 100)
    x = carrier_amplitude(data.l1_strength[0])
    ax.axhline(0.0, color=plotting.INK, linewidth=0.8)
    for i, (look, std) in enumerate(_panels.looks(data.std)):
        line = pair_excess(probability=p, amplitude=x, noise=noise_of(std)) / (2.0 * p**2)
        ax.plot(p, line, color=look.color, linestyle=look.linestyle)
        words = rf"$\sigma={std:g}$"
        _panels.points(ax, data.probability, over[i], error[i], look, label=words)
    _panels.log_axis(ax.xaxis, data.probability)
    plotting.label_axes(ax, x="probability $p$ of a feature", y="excess of a pair / $2p^2$")
    words = r"lines: exact; $1-(1-x_+^2)^2$ at $\sigma=0$"
    plotting.legend_below(ax, title=words, ncols=3)


COST = Figure(
    name="tradeoff",
    title="the excess loss of polysemantic neurons on features together, without and with noise",
    settings={
        "n_features": kinds.FEATURES,
        "n_neurons": kinds.several(kinds.NEURONS),
        "l1_strengths": kinds.several(
            kinds.number("ℓ1 strength λ in flow units", MIN_L1, 2 / 27**0.5, kinds.STRENGTH.caption)
        ),
        "probabilities": kinds.several(
            kinds.number("p with which each feature is active", 1e-9, 1.0, "p = {}")
        ),
        "stds": kinds.several(
            kinds.number("σ of Gaussian noise in the test, 0 for none", 0, 1e3, "σ = {}")
        ),
        "n_instances": kinds.INSTANCES,
        "n_inputs": kinds.whole("number of inputs per instance, σ and p", 2),
    },
    paper={
        "n_features": 64,
        "n_neurons": (64, 128, 256),
        "l1_strengths": (0.01,),
        "probabilities": (0.01, 0.02, 0.05, 0.1, 0.2, 0.5),
        "stds": (0.0, 0.1, 0.2),
        "n_instances": 8,
        "n_inputs": 50_000,
    },
    small={
        "n_features": 12,
        "n_neurons": (12, 16),
        "l1_strengths": (0.05,),
        "probabilities": (0.1, 0.2, 0.4),
        "stds": (0.0, 0.3),
        "n_instances": 4,
        "n_inputs": 2000,
    },
    computation=Computation(grid, settle_and_test, build),
    panels=_panels.laid_out(draw_excess, draw_noise, size=(7.2, 3.8)),
    formula="$2p^2(1-(1-x_+^2)^2)$",
    minutes={"full": 2, "paper": 2},
)

COUNT = replace(
    COST,
    name="tradeoff-count",
    title="the loss of a layer against the number of its polysemantic neurons",
    paper={
        **COST.paper,
        "l1_strengths": (0.01, 0.05, 0.1),
        "probabilities": (0.05,),
        "stds": (0.0,),
        "n_inputs": 20_000,
    },
    small={**COST.small, "l1_strengths": (0.05, 0.1), "probabilities": (0.2,), "stds": (0.0,)},
    panels=_panels.laid_out(draw_loss, size=(4.6, 3.6)),
    minutes={"full": 0.3, "paper": 0.3},
)
