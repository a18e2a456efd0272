r"""
Polysemantic neurons against the width of the layer
===================================================

256 features in layers of 256 to 4096 neurons: how many neurons end up with two features? Every
feature ends on one neuron, which one is an accident, and the paper finds :math:`n^2/(4m)` neurons
shared. Chance says so too, if interference forbids two features of the same sign on one neuron, so
that features are put on signed sites without repetition (*exclusion*). Independent choices would
give fewer where neurons are scarce.

    python simulations/collisions.py --out figures

writes the figure as PNG and SVG, and the ends of all runs as ``.npz`` and ``.json``, as it goes.
Ctrl-C loses nothing: ``--resume`` goes on.
"""

import matplotlib.pyplot as plt
from _command import computed, parser

from polytheory import plotting
from polytheory.experiments.collisions import compute_count, draw_count, draw_count_ratio
from polytheory.notation import flow_l1

SIZES = {
    "full": {
        "n_features": 256,
        "n_neurons": range(256, 4097, 256),
        "l1_strength": flow_l1(loss_l1=1e-3),
        "n_instances": 16,
        "dtype": "float32",
    },
    "small": {
        "n_features": 16,
        "n_neurons": (16, 32, 64),
        "l1_strength": 0.01,
        "n_instances": 8,
    },
}


def main():
    command = parser("Count polysemantic neurons against the width of the layer.", SIZES)
    data, path = computed(compute_count, command, "collisions", SIZES)

    with plotting.style():
        figure, panels = plt.subplots(1, 2, figsize=(7.2, 3.4), layout="constrained")
        draw_count(data, panels[0])
        draw_count_ratio(data, panels[1])
        for panel, name in zip(panels, "ab", strict=True):
            plotting.letter(panel, name)

    n, lam = data.n_features[0], data.l1_strength[0]
    print(f"polysemantic neurons: n = {n}, λ = {lam:g} (flow), {data.n_instances[0]} instances")
    rows = zip(data.n_neurons, *data.count(), *data.ratio(), data.not_settled(), strict=True)
    for m, mean, error, ratio, ratio_error, left in rows:
        print(
            f"    m = {m}: {mean:.2f} ± {error:.2f}, in units of exclusion"
            f" {ratio:.3f} ± {ratio_error:.3f}" + (f"; {left} not settled" if left else "")
        )
    pictures = plotting.save_figure(figure, path)
    print(f"    wrote {path}.npz, {path}.json, {', '.join(map(str, pictures))}")


if __name__ == "__main__":  # the workers read this file, too
    main()
