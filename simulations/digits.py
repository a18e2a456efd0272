r"""
Ten digits on a few neurons: a diagnosis of real data
=====================================================

A classifier with one hidden layer of ReLU neurons, more than there are classes, is trained on
scikit-learn's bundled digits with ℓ1 on its weights. Its class × neuron matrix (the outgoing
weights) is diagnosed like any other: which classes are carried by one neuron, which neurons carry
two, and is that more than chance?

.. code-block:: sh

    python simulations/digits.py --out figures

writes the figure as PNG and SVG, and its data to an SQLite file; after Ctrl-C the same command
continues. It needs scikit-learn for the data (``pip install 'polytheory[docs]'``) and only NumPy
for the training.

Less can be concluded than it seems: see the end of the output.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from _command import Page

from polytheory import diagnose, plotting
from polytheory.experiments import (
    Computation,
    Figure,
    Record,
    Sheet,
    mean_and_error,
    number,
    several,
    whole,
)
from polytheory.experiments._panels import letters, looks, points
from polytheory.experiments.diagnosis import draw_matrix
from polytheory.theory.collisions import expected_polysemantic


@cache
def digits():
    """Return 1797 images of 64 pixels in [0, 1], and their classes."""
    from sklearn.datasets import load_digits

    pixels, classes = load_digits(return_X_y=True)
    return pixels / 16.0, classes


# %%
# The network
# -----------
# Cross entropy plus ℓ1 on both layers. Adam's step for the smooth part, then a soft threshold in
# Adam's own metric, so that weights become exactly zero.


def train(parameters, rng, rate=0.01):
    """Return the outgoing weights before and after, the neurons in use and the accuracy."""
    pixels, classes = digits()
    n_neurons, strength = parameters["n_neurons"], parameters["strength"]
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
    for step in range(1, parameters["steps"] + 1):
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
    return {"initial": initial, "weights": parts[2], "used": used, "accuracy": accuracy}


def forward(parts, pixels):
    incoming, bias, outgoing, offset = parts
    hidden = np.maximum(pixels @ incoming.T + bias, 0.0)
    scores = hidden @ outgoing.T + offset
    output = np.exp(scores - scores.max(axis=1, keepdims=True))
    return hidden, output / output.sum(axis=1, keepdims=True)


# %%
# The measurement
# ---------------
# ReLU neurons have no scale of their own (twice the incoming and half the outgoing weights compute
# the same), so the published rule for carriers, a weight near 1, does not apply. The rule *share*
# does.


@dataclass(frozen=True, eq=False, kw_only=True)
class Digits(Record):
    """The runs of each width, and the matrices of the first run of the second width."""

    weights: np.ndarray  # (10, m)
    initial: np.ndarray
    used: np.ndarray  # (m,)
    in_use: np.ndarray  # this and the following: (widths, runs)
    accuracy: np.ndarray
    carried: np.ndarray
    with_both_signs: np.ndarray
    same_pairs: np.ndarray
    chance: np.ndarray
    chance_in_use: np.ndarray

    def found(self):
        """Return the diagnosis of the run that is shown."""
        return diagnose(self.weights, initial=self.initial, carrier_rule="share")


def grid(settings):
    return [
        {"n_neurons": m, "steps": settings.steps, "strength": settings.strength, "repeat": repeat}
        for m in settings.widths
        for repeat in range(settings.n_runs)
    ]


def counts_of(initial, weights, used):
    """Return the counts of one run."""
    found = diagnose(weights, initial=initial, carrier_rule="share")
    sites = found.chance.n_sites if found.chance else 1
    return {
        "in_use": used.sum(),
        "carried": found.carried,
        "with_both_signs": found.chance.observed if found.chance else 0,
        "same_pairs": found.same_pairs,
        "chance": expected_polysemantic(sites, weights.shape[1]),
        "chance_in_use": expected_polysemantic(sites, max(used.sum(), -(-sites // 2))),
    }


def build(settings, table):
    runs = zip(table["initial"], table["weights"], table["used"], strict=True)
    counted = [counts_of(*run) for run in runs]
    shape = len(settings.widths), settings.n_runs
    columns = {name: np.reshape([run[name] for run in counted], shape) for name in counted[0]}
    shown = {name: table[name][settings.n_runs] for name in ("initial", "weights", "used")}
    accuracy = Sheet(table).results("accuracy")
    return Digits.of(settings, table, accuracy=accuracy, **shown, **columns)


def draw_count(data, ax):
    """Draw the count against the width, with two definitions of chance."""
    series = {
        "observed": data.with_both_signs,
        "chance, all neurons": data.chance,
        "chance, neurons in use": data.chance_in_use,
    }
    widths = data.settings.widths
    for look, (label, values) in looks(series.items()):
        points(ax, widths, *mean_and_error(values), look, line=True, label=label)
    ax.set_ylim(0.0, 1.4 * ax.get_ylim()[1])  # room for the legend
    ax.set_xticks(widths)
    plotting.label_axes(ax, x="neurons $m$", y="neurons with both signs")
    ax.legend(loc="upper left")


def draw(data, figure):
    figure.set_size_inches(7.2, 3.4)
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    draw_matrix(data.found(), data.weights, left)
    left.set_ylabel("digits, sorted")
    draw_count(data, right)
    letters((left, right))


DIGITS = Figure(
    name="digits",
    title="ten digits on a few neurons: the sorted matrix of a classifier, and its shared neurons",
    settings={
        "widths": several(whole("neurons m", 10, "n = 10; m = {}")),
        "n_runs": whole("runs of each width", 2, "{} runs each"),
        "steps": whole("steps of Adam", 1, "{} steps"),
        "strength": number("ℓ1 strength λ in units of the loss", 0, 1, "λ = {} (loss units)"),
    },
    paper={"widths": (20, 40, 80), "n_runs": 10, "steps": 700, "strength": 0.01},
    small={"widths": (20, 40), "n_runs": 2, "steps": 200},
    computation=Computation(grid, train, build),
    panels=draw,
    minutes={"full": 1, "paper": 1},
)


def main():
    page = Page("Diagnose a classifier of handwritten digits.", DIGITS)
    try:
        digits()
    except ImportError:
        page.command.error("scikit-learn is not installed: pip install 'polytheory[docs]'")
    data = page.show("digits")
    print(f"one run, m = {data.weights.shape[1]}, {data.used.sum()} neurons in use:\n")
    print(data.found())
    print("\nall runs:")
    for row, m in enumerate(data.settings.widths):
        line = [f"{np.mean(data.accuracy[row]):.1%} of the training images correct"]
        names = ("in_use", "carried", "with_both_signs", "same_pairs", "chance", "chance_in_use")
        for name in names:
            mean, error = mean_and_error(getattr(data, name)[row])
            line.append(f"{name.replace('_', ' ')} {mean:.2f} ± {error:.2f}")
        print(f"    m = {m}: " + ", ".join(line))
    if page.arguments.size != "small":
        print(CONCLUSION)


# %%
# What can be concluded, and what cannot
# --------------------------------------

CONCLUSION = """
what can be concluded:
    Some neurons carry two digits, with opposite or with equal signs, although there is room for
    one neuron per digit. ℓ1 leaves about as many neurons in use as there are classes, for every
    width. Compared with chance on those, slightly few neurons have both signs; compared with
    chance on the whole layer many do, and their number does not fall like 1/m. Which of the two
    is "chance" is a choice, and the verdict depends on it.
what cannot:
    That this polysemanticity is incidental. Ten classes allow counts from 0 to 5, so one matrix
    shows almost nothing; and unlike in the toy model, a neuron with both signs may be useful: it
    can distinguish two digits. The matrix does not show whether that is its cause.
"""

if __name__ == "__main__":  # the workers import this file, too
    main()
