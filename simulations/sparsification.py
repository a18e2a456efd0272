r"""
How fast one encoding becomes sparse
====================================

Under ℓ1 without interference a wide row loses its weights in a way that depends on its width and on
the strength of the penalty through one clock only, :math:`\theta=\lambda\sqrt m\,t`, until few are
left; and the time at which a single one is left has, in units of :math:`1/\lambda`, a law of its
own. Three figures: the speed against the paper's laws and against the universal curve, the collapse
of all widths onto that curve, and the completion times against their limit law.

    python simulations/sparsification.py --out figures

writes each figure as PNG and SVG and what it shows as ``.npz`` and ``.json``.
"""

import argparse
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from polytheory import plotting
from polytheory.experiments import save
from polytheory.experiments.sparsification import (
    compute_collapse,
    compute_completion,
    compute_speed,
    dkw_width,
    draw_collapse,
    draw_completion_density,
    draw_completion_survival,
    draw_speed,
    draw_speed_ratio,
)

SIZES = {
    "full": {
        "speed": {"n_neurons": 100_000, "l1_strength": 1e-5, "n_rows": 20},
        "collapse": {
            "settings": [(10**3, 1e-4), (10**4, 1e-4), (10**4, 1e-6), (10**5, 1e-5), (10**6, 1e-6)]
        },
        "completion": {"n_neurons": 100_000, "l1_strength": 1e-5, "n_rows": 2000},
    },
    "small": {
        "speed": {"n_neurons": 2000, "l1_strength": 1e-4, "n_rows": 3},
        "collapse": {"settings": [(10**3, 1e-4), (3000, 1e-5), (10**4, 1e-5)]},
        "completion": {"n_neurons": 500, "l1_strength": 1e-5, "n_rows": 200},
    },
}


def seed_number(text):
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"must be a whole number, not negative; got {text!r}")
    return int(text)


def folder(text):
    try:
        path = Path(text)
        path.mkdir(parents=True, exist_ok=True)
        (path / ".try").touch()
        (path / ".try").unlink()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise argparse.ArgumentTypeError(f"cannot write into {text!r}: {why}") from None
    return path


command = argparse.ArgumentParser(description="Draw how fast one encoding becomes sparse.")
command.add_argument("--out", type=folder, default="figures", metavar="DIR", help="default figures")
command.add_argument("--size", choices=SIZES, default="full", help="full: the paper's scale")
command.add_argument("--seed", type=seed_number, default=0, help="default 0")
arguments = command.parse_args()
size = SIZES[arguments.size]
progress = sys.stderr.isatty()
seeds = np.random.SeedSequence(arguments.seed).spawn(3)


def keep(data, figure, name):
    """Write what was computed and the figure of it."""
    files = [
        *save(data, arguments.out / name),
        *plotting.save_figure(figure, arguments.out / name),
    ]
    print(f"    wrote {', '.join(str(file) for file in files)}")


# %%
# Speed of sparsification
# -----------------------
# The exact row flow against two laws. The paper's has the right exponent; its constant is off by up
# to 2.72 in m' and by about a fifth in the ℓ1 norm. The universal curve has no constant to fit. It
# is drawn while it leaves ten weights; after that a row is too narrow for a mean field.

speed = compute_speed(**size["speed"], rng=seeds[0], progress=progress)
with plotting.style():
    figure, panels = plt.subplots(
        2, 2, figsize=(7.2, 5.2), sharex=True, height_ratios=(2, 1), layout="constrained"
    )
    for column, quantity in enumerate(("nonzero_count", "l1_norm")):
        draw_speed(speed, panels[0, column], quantity=quantity)
        draw_speed_ratio(speed, panels[1, column], quantity=quantity)
        panels[0, column].set_xlabel("")
    for panel, name in zip(panels.flat, "abcd", strict=True):
        plotting.letter(panel, name)

rows, wide = speed.nonzero_count.shape[0], speed.curve_l1_norm.size
print(f"speed: mean of {rows} rows of m = {speed.n_neurons}, until the curve leaves ten weights")
for quantity in ("nonzero_count", "l1_norm"):
    for law in ("paper", "curve"):
        ratio = speed.ratio(quantity, law)[:wide]
        print(f"    {quantity} / {law}: {ratio.min():.3f} to {ratio.max():.3f}")
keep(speed, figure, "sparsification_speed")

# %%
# Scaling collapse
# ----------------
# Left the runs as they are, over many decades of flow time; right the same runs on the clock
# :math:`\theta`. Nothing is fitted.

collapse = compute_collapse(**size["collapse"], rng=seeds[1], progress=progress)
with plotting.style():
    figure, panels = plt.subplots(1, 2, figsize=(7.2, 3.4), sharey=True, layout="constrained")
    draw_collapse(collapse, panels[0], scaled=False)
    draw_collapse(collapse, panels[1])
    panels[1].set_ylabel("")
    for panel, name in zip(panels, "ab", strict=True):
        plotting.letter(panel, name)

print("collapse: deviation from the curve in units of √m', while it leaves ten weights")
for (m, l1_strength), on, deviation in zip(
    collapse.settings, collapse.on_curve(), collapse.deviations(), strict=True
):
    worst = np.abs(deviation[on]).max()
    print(f"    m = {m}, λ = {l1_strength:g}: at most {worst:.2f}")
keep(collapse, figure, "sparsification_collapse")

# %%
# Completion times
# ----------------
# Gaussian and Laplace weights lie in one domain of attraction and share one limit, which Gaussian
# weights approach only logarithmically in m. Uniform weights have an end: their largest lie closer
# together, so they take longer, and the law is not theirs.

completion = compute_completion(**size["completion"], rng=seeds[2], progress=progress)
with plotting.style():
    figure, panels = plt.subplots(1, 2, figsize=(7.2, 3.4), layout="constrained")
    draw_completion_density(completion, panels[0])
    draw_completion_survival(completion, panels[1])
    for panel, name in zip(panels, "ab", strict=True):
        plotting.letter(panel, name)

rows = completion.scaled_times.shape[1]
print(f"completion: {rows} rows of m = {completion.n_neurons} each")
print(f"    universal law: mean {completion.mean:.3f}, standard deviation {completion.std:.3f}")
for name, sample, distance in zip(
    completion.initial_laws, completion.scaled_times, completion.distances, strict=True
):
    error = sample.std(ddof=1) / np.sqrt(rows)
    print(f"    {name}: mean {sample.mean():.3f} ± {error:.3f}, distance {distance:.4f}")
print(f"    a sample of the law itself stays within {dkw_width(rows):.4f} in 19 of 20 cases")
keep(completion, figure, "sparsification_completion")
