r"""
What polysemantic neurons cost
==============================

Two features of opposite sign share a neuron for nothing while inputs show one feature at a time. If
each feature is active with probability p, inputs in which both are active lose both, and a shared
neuron costs :math:`2p^2(1-(1-x_+^2)^2)`: the loss of a layer is a straight line in the number of
its polysemantic neurons. With noise on the hidden layer there is a gain as well, so that for rare
features sharing pays. All of that is exact for the layers that training on single features leaves.

Training on inputs in which features are active *together* is another matter: it leaves ever fewer
polysemantic neurons as p grows from 0 to λ, and hardly any beyond.

    python simulations/tradeoff.py --out figures

writes each figure as PNG and SVG and what it shows as ``.npz`` and ``.json``.
"""

import argparse
import sys

import matplotlib.pyplot as plt
import numpy as np
from _command import folder, seed_number

from polytheory import plotting
from polytheory.experiments import save
from polytheory.experiments.tradeoff import (
    compute_cost,
    compute_training,
    draw_excess,
    draw_loss,
    draw_noise,
    draw_training,
)

SIZES = {
    "full": {
        "cost": {
            "n_features": 64,
            "n_neurons": (64, 128, 256),
            "l1_strengths": (0.01,),
            "probabilities": (0.01, 0.02, 0.05, 0.1, 0.2, 0.5),
            "stds": (0.0, 0.1, 0.2),
            "n_instances": 8,
            "n_inputs": 50_000,
        },
        "loss": {
            "n_features": 64,
            "n_neurons": (64, 128, 256),
            "l1_strengths": (0.01, 0.05, 0.1),
            "probabilities": (0.05,),
            "n_instances": 8,
            "n_inputs": 20_000,
        },
        "training": {
            "sizes": ((16, 32), (32, 64)),
            "l1_strengths": (0.02, 0.04),
            "ratios": (0.0, 0.1, 0.2, 0.5, 1.0, 2.0),
            "n_instances": 48,
        },
    },
    "small": {
        "cost": {
            "n_features": 12,
            "n_neurons": (12, 16),
            "l1_strengths": (0.05,),
            "probabilities": (0.1, 0.4),
            "stds": (0.0, 0.3),
            "n_instances": 4,
            "n_inputs": 2000,
        },
        "loss": {
            "n_features": 12,
            "n_neurons": (12, 16),
            "l1_strengths": (0.05, 0.1),
            "probabilities": (0.2,),
            "n_instances": 4,
            "n_inputs": 2000,
        },
        "training": {
            "sizes": ((8, 8),),
            "l1_strengths": (0.05,),
            "ratios": (0.0, 0.5, 2.0),
            "n_instances": 16,
        },
    },
}

command = argparse.ArgumentParser(description="Tell what polysemantic neurons cost.")
command.add_argument("--out", type=folder, default="figures", metavar="DIR", help="default figures")
command.add_argument("--size", choices=SIZES, default="full", help="full: some minutes")
command.add_argument("--seed", type=seed_number, default=0, help="default 0")
arguments = command.parse_args()
size = SIZES[arguments.size]
progress = sys.stderr.isatty()
seeds = np.random.SeedSequence(arguments.seed).spawn(3)


def keep(record, name):
    """Write what was computed; return the path of its figure."""
    path = arguments.out / name
    print(f"    wrote {', '.join(str(file) for file in save(record, path))}")
    return path


def agreement(record):
    """Say how far sampled losses are from the exact ones, in standard errors."""
    off = record.deviations()
    return (
        f"off by {np.sqrt(np.square(off).mean()):.2f} s.e. (r.m.s.), {abs(off).max():.1f} at most"
    )


# %%
# Settled layers, tested on features together
# -------------------------------------------
# The layers are those of the full flow of basis vectors. The lines are exact for their carriers;
# dotted is what exclusion expects of a random start, before any run. Where λ is so strong that
# features die, each costs p, and a layer lies above the line of its count.

cost = compute_cost(**size["cost"], rng=seeds[0], progress=progress)
loss = compute_cost(**size["loss"], rng=seeds[1], progress=progress)
with plotting.style():
    figure, panels = plt.subplots(1, 3, figsize=(10.2, 3.4), layout="constrained")
    draw_excess(cost, panels[0])
    draw_loss(loss, panels[1], probability=loss.probability[0])
    draw_noise(cost, panels[2])
    for panel, name in zip(panels, "abc", strict=True):
        plotting.letter(panel, name)

print(f"{cost.loss.size + loss.loss.size} sampled losses against the exact ones:")
print(f"    at λ = {cost.l1_strength[0]:g}: {agreement(cost)}")
print(f"    over λ: {agreement(loss)}")
keep(loss, "tradeoff_loss")
path = keep(cost, "tradeoff")
print(f"    wrote {', '.join(map(str, plotting.save_figure(figure, path)))}")

# %%
# Layers trained on features together
# -----------------------------------
# A negative overlap then decays at the rate 2p or so, a collision takes a time of order 1/λ to
# form: what counts is p/λ. The curve itself is measured, not derived.

training = compute_training(**size["training"], rng=seeds[2], progress=progress)
with plotting.style():
    figure, panel = plt.subplots(figsize=(4.6, 3.6), layout="constrained")
    draw_training(training, panel)

print(f"trained on features together, {training.polysemantic.shape[1]} layers each:")
rows = zip(
    training.n_features,
    training.n_neurons,
    training.l1_strength,
    training.ratio,
    *training.count(),
    strict=True,
)
for n, m, lam, ratio, mean, error in rows:
    setting = f"n = {n}, m = {m}, λ = {lam:g}, p/λ = {ratio:g}"
    print(f"    {setting}: {mean:.2f} ± {error:.2f} polysemantic neurons")
path = keep(training, "tradeoff_training")
print(f"    wrote {', '.join(map(str, plotting.save_figure(figure, path)))}")
