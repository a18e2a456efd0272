r"""
Does noise make incidental polysemanticity as ℓ1 does?
======================================================

Noise of negative excess kurtosis on the hidden layer makes rows sparse, as ℓ1 does: the fourth norm
rises under bipolar and uniform noise, falls under Laplace noise and stays under Gaussian noise, and
an equivalent :math:`\lambda` can be named. But features do not end up sharing neurons: noise drives
all overlaps to the same negative value before rows get sparse, and so opens the collisions of
opposite signs that ℓ1 keeps.

    python simulations/mechanisms.py --out figures

writes the figure as PNG and SVG, and what it shows as ``.npz`` and ``.json``, as it goes. Ctrl-C
loses nothing: ``--resume`` goes on. At full size it takes some two hours of one processor.
"""

import matplotlib.pyplot as plt
from _command import computed, parser

from polytheory import plotting
from polytheory.experiments.mechanisms import (
    compute_counts,
    compute_curves,
    compute_equivalence,
    draw_counts,
    draw_curves,
    draw_equivalence,
    draw_fidelity,
)

CURVES = {
    "full": {},
    "small": {
        "n_features": 6,
        "n_neurons": 8,
        "stds": (0.15, 0.25),
        "steps": 10_000,
        "n_times": 24,
        "n_instances": 2,
    },
}
EQUIVALENCE = {
    "full": {"n_features": (8,), "widths": (1, 2, 4), "reach": (0.5, 0.7, 1.0, 1.4, 2.0)},
    "small": {"n_features": (6,), "widths": (1.5,), "reach": (1.0, 1.4), "n_instances": 2},
}
COUNTS = {
    "full": {"n_features": (4, 8, 16, 32, 64), "widths": (1, 2, 4)},
    "small": {"n_features": (4, 6), "widths": (1,), "followed": 24},
}


def tell(data):
    """Print how many neurons are shared, and how many features are carried at all."""
    share, published = data.mean("share"), data.mean("published")
    carried, fidelity = data.mean("carried"), data.fidelity()
    for p, kind in enumerate(data.mechanisms):
        print(
            f"    n = {data.n_features[p]}, m = {data.n_neurons[p]}, {kind}:"
            f" {share[0][p]:.2f} ± {share[1][p]:.2f} polysemantic"
            f" ({published[0][p]:.2f} ± {published[1][p]:.2f} published rule,"
            f" exclusion {data.expected()[p]:.2f}), {carried[0][p]:.1f} carried,"
            f" fidelity {fidelity[0][p]:.2f} ± {fidelity[1][p]:.2f}"
        )


def main():
    command = parser("Compare ℓ1 and noise: sparsity, speed, polysemantic neurons.", COUNTS)
    curves, _ = computed(compute_curves, command, "mechanisms_curves", CURVES)
    equivalence, _ = computed(compute_equivalence, command, "mechanisms_equivalence", EQUIVALENCE)
    counts, path = computed(compute_counts, command, "mechanisms", COUNTS)

    with plotting.style():
        figure, panels = plt.subplots(2, 2, figsize=(7.2, 6.4), layout="constrained")
        draw_curves(curves, panels[0, 0])
        draw_equivalence(equivalence, panels[0, 1])
        draw_counts(counts, panels[1, 0])
        draw_fidelity(counts, panels[1, 1])
        for panel, name in zip(panels.flat, "abcd", strict=True):
            plotting.letter(panel, name)

    print("neurons with more than half of two features or more; ± standard error")
    tell(counts)
    pictures = plotting.save_figure(figure, path)
    print(f"    wrote {path}.npz, {path}.json, {', '.join(map(str, pictures))}")


if __name__ == "__main__":  # the workers read this file, too
    main()
