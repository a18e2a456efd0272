r"""
Ten digits on a few neurons: a diagnosis of real data
=====================================================

A classifier with one hidden layer of ReLU neurons, more than there are classes, is trained on
scikit-learn's bundled digits with ℓ1 on its weights. Its class × neuron matrix (the outgoing
weights) is diagnosed like any other: which classes are carried by one neuron, which neurons carry
two, and is that more than chance?

::

    python simulations/digits.py --out figures

writes the figure as PNG and SVG and what it shows as ``.npz`` and ``.json``. It needs scikit-learn
for the data (``pip install 'polytheory[docs]'``) and nothing but NumPy to train.

What can be concluded is less than it seems; the end of the output says what, and why.
"""

import argparse
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
from _command import parsed, seed

from polytheory import diagnose, plotting
from polytheory.experiments import Seed, save
from polytheory.experiments.diagnosis import draw_matrix
from polytheory.theory.collisions import expected_polysemantic

SIZES = {
    "full": {"widths": (20, 40, 80), "runs": 10, "steps": 700, "strength": 0.01},
    "small": {"widths": (20, 40), "runs": 2, "steps": 200, "strength": 0.01},
}


def digits(command):
    """Return 1797 images of 64 pixels between 0 and 1, and their classes."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        command.error("scikit-learn is not installed: pip install 'polytheory[docs]'")
    pixels, classes = load_digits(return_X_y=True)
    return pixels / 16.0, classes


# %%
# The network
# -----------
# Cross entropy plus ℓ1 on both layers. Adam's step for the smooth part, then a soft threshold in
# Adam's own metric, so that weights become exactly zero.


def train(pixels, classes, n_neurons, steps, strength, rng, rate=0.01):
    """Return the outgoing weights before and after, the neurons in use, and the accuracy."""
    target = np.eye(10)[classes]
    parts = [
        rng.normal(0.0, 1 / 8, (n_neurons, 64)),
        np.zeros(n_neurons),
        rng.normal(0.0, n_neurons**-0.5, (10, n_neurons)),
        np.zeros(10),
    ]
    initial = parts[2].copy()
    first = [np.zeros_like(part) for part in parts]
    second = [np.zeros_like(part) for part in parts]
    for step in range(1, steps + 1):
        hidden, output = forward(parts, pixels)
        error = (output - target) / len(pixels)
        back = (error @ parts[2]) * (hidden > 0)
        slopes = [back.T @ pixels, back.sum(axis=0), error.T @ hidden, error.sum(axis=0)]
        for k, slope in enumerate(slopes):
            first[k] += 0.1 * (slope - first[k])
            second[k] += 0.001 * (slope**2 - second[k])
            metric = rate / (np.sqrt(second[k] / (1.0 - 0.999**step)) + 1e-8)
            parts[k] = parts[k] - metric * first[k] / (1.0 - 0.9**step)
            if k in (0, 2):
                parts[k] = np.sign(parts[k]) * np.maximum(np.abs(parts[k]) - metric * strength, 0.0)
    accuracy = np.mean(forward(parts, pixels)[1].argmax(axis=1) == classes)
    used = parts[0].any(axis=1) & parts[2].any(axis=0)
    return initial, parts[2], used, accuracy


def forward(parts, pixels):
    incoming, bias, outgoing, offset = parts
    hidden = np.maximum(pixels @ incoming.T + bias, 0.0)
    scores = hidden @ outgoing.T + offset
    output = np.exp(scores - scores.max(axis=1, keepdims=True))
    return hidden, output / output.sum(axis=1, keepdims=True)


# %%
# The measurement
# ---------------
# ReLU neurons have no scale of their own (twice the incoming weights, half the outgoing ones), so
# the published rule for carriers, a weight near 1, does not apply: the rule *share* does.


@dataclass(frozen=True, eq=False)
class Digits:
    strength: float
    steps: int
    weights: np.ndarray  # (10, m) of the first run of the second width
    n_neurons: np.ndarray  # from here on (runs,)
    in_use: np.ndarray
    accuracy: np.ndarray
    carried: np.ndarray
    with_both_signs: np.ndarray
    same_pairs: np.ndarray
    chance: np.ndarray
    chance_in_use: np.ndarray
    seed: Seed


def measure(pixels, classes, widths, runs, steps, strength, seed):
    streams = np.random.SeedSequence(seed).spawn(len(widths) * runs)
    rows, shown = [], None
    for run, stream in enumerate(streams):
        m = widths[run // runs]
        rng = np.random.default_rng(stream)
        initial, weights, used, accuracy = train(pixels, classes, m, steps, strength, rng)
        found = diagnose(weights, initial=initial, carrier_rule="share")
        sites = found.chance.n_sites if found.chance else 1
        rows.append(
            (
                m,
                used.sum(),
                accuracy,
                found.carried,
                found.chance.observed if found.chance else 0,
                found.same_pairs,
                expected_polysemantic(sites, m),
                expected_polysemantic(sites, max(used.sum(), -(-sites // 2))),
            )
        )
        if run == runs:
            shown = (weights, used, found)
    columns = map(np.array, zip(*rows, strict=True))
    return Digits(strength, steps, shown[0], *columns, seed=Seed(seed)), shown


def draw_count(data, ax):
    """Draw the count against the width, with the two readings of chance."""
    widths = np.unique(data.n_neurons)
    series = (
        ("seen", data.with_both_signs),
        ("chance, all neurons", data.chance),
        ("chance, neurons in use", data.chance_in_use),
    )
    for look, (label, values) in zip(plotting.LOOKS, series, strict=False):
        mean, error = zip(
            *(mean_and_error(values[data.n_neurons == m]) for m in widths), strict=True
        )
        ax.errorbar(
            widths,
            mean,
            error,
            color=look.color,
            marker=look.marker,
            linestyle=look.linestyle,
            capsize=2,
            label=label,
        )
    ax.set_ylim(0.0, 1.4 * ax.get_ylim()[1])  # room for the legend
    ax.set_xticks(widths)
    plotting.label_axes(ax, x="neurons $m$", y="neurons with both signs")
    ax.legend(loc="upper left")


def mean_and_error(values):
    return values.mean(), values.std(ddof=1) / np.sqrt(values.size)


def main():
    command = argparse.ArgumentParser(description="Diagnose a classifier of handwritten digits.")
    command.add_argument("--out", default="figures", metavar="DIR", help="default figures")
    command.add_argument("--size", choices=SIZES, default="full", help="small: a quick look")
    command.add_argument("--seed", type=seed, default=0, help="default 0")
    arguments = parsed(command)
    data, (weights, used, found) = measure(
        *digits(command), **SIZES[arguments.size], seed=arguments.seed
    )

    with plotting.style():
        figure, panels = plt.subplots(
            1, 2, figsize=(7.2, 3.2), width_ratios=(3, 2), layout="constrained"
        )
        draw_matrix(found, weights, panels[0])
        panels[0].set_ylabel("digits, sorted")
        draw_count(data, panels[1])
        for panel, name in zip(panels, "ab", strict=True):
            plotting.letter(panel, name)

    print(f"one run, m = {weights.shape[1]}, {used.sum()} neurons in use:\n")
    print(found)
    print(f"\nall runs, λ = {data.strength:g} in units of the loss, {data.steps} steps:")
    for m in np.unique(data.n_neurons):
        at = data.n_neurons == m
        line = [f"{np.mean(data.accuracy[at]):.1%} of the training images right"]
        names = ("in_use", "carried", "with_both_signs", "same_pairs", "chance", "chance_in_use")
        for name in names:
            mean, error = mean_and_error(getattr(data, name)[at])
            line.append(f"{name.replace('_', ' ')} {mean:.2f} ± {error:.2f}")
        print(f"    m = {m}: " + ", ".join(line))
    if arguments.size == "full":
        print(CONCLUSION)
    files = [*save(data, arguments.out / "digits")]
    files += plotting.save_figure(figure, arguments.out / "digits")
    print(f"    wrote {', '.join(map(str, files))}")


# %%
# What can be concluded, and what cannot
# --------------------------------------

CONCLUSION = """
what can be concluded:
    Some neurons carry two digits, with opposite signs and with equal ones, though there is room
    for one each. ℓ1 leaves about as many neurons in use as there are classes, whatever the width.
    Against chance on those, neurons with both signs are somewhat few; against chance on the whole
    layer they are many, and their number does not fall like 1/m. Which of the two is "chance" is
    a choice, and the verdict depends on it.
what cannot:
    That this polysemanticity is incidental. Ten classes allow counts from 0 to 5, so one matrix
    tells next to nothing; and here, unlike in the toy model, a neuron with both signs may pay: it
    can tell two digits apart. Nothing in the matrix says whether that is why it is there.
"""

if __name__ == "__main__":
    main()
