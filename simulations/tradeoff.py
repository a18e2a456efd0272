r"""
What polysemantic neurons cost
==============================

Two features of opposite sign on one neuron cost nothing while inputs have one active feature. If
each feature is active with probability p, inputs in which both are active lose both, and a shared
neuron costs :math:`2p^2(1-(1-x_+^2)^2)`: the loss of a layer is linear in the number of its
polysemantic neurons. With noise on the hidden layer there is also a gain, so that sharing reduces
the loss for rare features. All of this is exact for the layers left by training on single features.

Training on inputs in which features are active *together* is different: it leaves fewer
polysemantic neurons as p grows from 0 to λ, and hardly any beyond.

.. code-block:: sh

    python simulations/tradeoff.py --out figures

writes each figure as PNG and SVG, and its data to an SQLite file. After
Ctrl-C the same command continues.
"""

import numpy as np
from _command import Page


def agreement(record):
    """Return how far sampled losses are from the exact ones, in standard errors."""
    off = record.deviations()
    return (
        f"{off.size} sampled losses, off the exact ones by"
        f" {np.sqrt(np.square(off).mean()):.2f} s.e. (r.m.s.), {abs(off).max():.1f} at most"
    )


# %%
# Settled layers, tested on features together
# -------------------------------------------
# The layers are those of the full flow on basis vectors. The lines are exact for their carriers;
# hollow markers are the expectation of exclusion for a random start, before any run. Where λ is so
# large that features die, each adds p, and a layer is above the line of its count.

if __name__ == "__main__":  # the workers import this file, too
    page = Page(
        "Tell what polysemantic neurons cost.", "tradeoff", "tradeoff-count", "tradeoff-training"
    )
    for name in ("tradeoff", "tradeoff-count"):
        print(f"    {agreement(page.show(name))}")

# %%
# Layers trained on features together
# -----------------------------------
# A negative overlap then decays at about the rate 2p, while a collision takes a time of order 1/λ
# to form, so p/λ decides. The curve is measured, not derived.

if __name__ == "__main__":
    training = page.show("tradeoff-training")
    sizes = (training.n_features, training.n_neurons, training.l1_strength, training.ratio)
    for n, m, lam, ratio, mean, error in zip(*sizes, *training.count(), strict=True):
        setting = f"n = {n}, m = {m}, λ = {lam:g}, p/λ = {ratio:g}"
        print(f"    {setting}: {mean:.2f} ± {error:.2f} polysemantic neurons")
