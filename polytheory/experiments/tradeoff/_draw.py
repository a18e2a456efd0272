"""Pictures of what sharing costs, sampled and exact."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from polytheory import plotting
from polytheory.experiments.tradeoff._cost import Cost, noise_of
from polytheory.theory.fixed_points import carrier_amplitude
from polytheory.theory.tradeoff import layer_loss, neuron_loss, pair_excess

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_excess", "draw_loss", "draw_noise"]


def draw_excess(data: Cost, ax: Axes) -> None:
    """Draw the mean excess loss against p, sampled and exact, without noise.

    Hollow is the mean over initializations that exclusion expects.

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
    p = data.probability
    ax.plot([], [], color=plotting.INK, label="exact: $2p^2(1-(1-x_+^2)^2)$ a pair")
    for i, (m, lam) in enumerate(zip(data.n_neurons, data.l1_strength, strict=True)):
        look = plotting.LOOKS[i % len(plotting.LOOKS)]
        words = rf"$m={m}$, $\lambda={lam:g}$"
        ax.errorbar(
            data.probability,
            over[i],
            error[i],
            fmt=look.marker,
            color=look.color,
            capsize=2,
            label=words,
        )
        ax.plot(p, exact[i], color=look.color, linewidth=1.0, linestyle=look.linestyle)
        alone = data.n_features * neuron_loss(1, 0, probability=p, amplitude=carrier_amplitude(lam))
        chance = layer_loss(data.n_features, m, probability=p, l1_strength=lam) - alone
        ax.plot(
            p,
            chance,
            look.marker,
            color=look.color,
            markerfacecolor="none",
            markersize=7,
            label="hollow: by exclusion" if i == 0 else None,
        )
    ax.set_xscale("log")
    ax.set_yscale("log")
    _name_probabilities(data, ax)
    plotting.label_axes(ax, x="probability $p$ of a feature", y="excess loss of sharing")
    plotting.legend_below(ax)


def draw_loss(data: Cost, ax: Axes, *, probability: float) -> None:
    """Draw the sampled loss of each instance against its count, on the exact straight lines.

    The lines are for layers in which every feature survives; a dead one costs p more.

    Parameters
    ----------
    data : Cost
        With σ = 0 first.
    ax : matplotlib Axes
    probability : float
        One of those of the record; the nearest is taken.
    """
    k = int(np.abs(data.probability - probability).argmin())
    p = float(data.probability[k])
    ends = np.array([0, data.count.max()])
    ax.plot([], [], color=plotting.INK, label="exact, slope $2p^2(1-(1-x_+^2)^2)$")
    for i, lam in enumerate(np.unique(data.l1_strength)):
        look, at = plotting.LOOKS[i % len(plotting.LOOKS)], data.l1_strength == lam
        x = carrier_amplitude(lam)
        line = data.n_features * neuron_loss(1, 0, probability=p, amplitude=x)
        line = line + ends * pair_excess(probability=p, amplitude=x)
        ax.plot(ends, line, color=look.color, linewidth=1.0, linestyle=look.linestyle)
        ax.errorbar(
            data.count[at].ravel(),
            data.loss[at][:, :, 0, k].ravel(),
            data.error[at][:, :, 0, k].ravel(),
            fmt=look.marker,
            markersize=3,
            color=look.color,
            linewidth=0.6,
            label=rf"$\lambda={lam:g}$",
        )
    plotting.label_axes(ax, x="polysemantic neurons", y=f"loss at $p={p:g}$")
    ax.legend(loc="upper left")


def draw_noise(data: Cost, ax: Axes) -> None:
    """Draw the excess loss of a pair in units of 2p² against p, under noise of each width.

    It is sampled over all layers and exact; below zero sharing pays.

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
    for i, std in enumerate(data.std):
        look = plotting.LOOKS[i % len(plotting.LOOKS)]
        line = pair_excess(probability=p, amplitude=x, noise=noise_of(std)) / (2.0 * p**2)
        ax.plot(p, line, color=look.color, linestyle=look.linestyle)
        ax.errorbar(
            data.probability,
            over[i],
            error[i],
            fmt=look.marker,
            color=look.color,
            capsize=2,
            label=rf"$\sigma={std:g}$",
        )
    ax.set_xscale("log")
    _name_probabilities(data, ax)
    plotting.label_axes(ax, x="probability $p$ of a feature", y="excess of a pair / $2p^2$")
    words = r"lines: exact; $1-(1-x_+^2)^2$ at $\sigma=0$"
    plotting.legend_below(ax, title=words, ncols=3)


def _name_probabilities(data: Cost, ax: Axes) -> None:
    ax.set_xticks(data.probability)
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_formatter("")
    ax.tick_params(axis="x", which="minor", length=0)
