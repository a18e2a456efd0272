r"""
Does the initially largest weight win?
======================================

For a single feature it always does: under ℓ1 the order of the weights never changes. With other
features, interference changes the weights before sparsification has begun. How many features still
end on the neuron of their initially largest weight? Without interference all, by chance one in m.

.. code-block:: sh

    python simulations/winner_fidelity.py --out figures

writes the figure as PNG and SVG, and its data to an SQLite file. After
Ctrl-C the same command continues. If the
reference data of the tests are found, recorded AdamW runs of the same size are drawn, too.
"""

from pathlib import Path

import numpy as np
from _command import Page

from polytheory import plotting
from polytheory.observables import winner_fidelity


def recorded(n_features):
    """Yield m, mean fidelity and its standard error of recorded training runs, if there are any."""
    folder = Path(__file__).parents[1] / "tests" / "reference"
    for file in sorted(folder.glob(f"training_n{n_features}_m*.npz")):
        with np.load(file, allow_pickle=False) as run:
            share = winner_fidelity(run["W_initial"], run["W_final"])
            yield run["W_final"].shape[-1], share.mean(), share.std(ddof=1) / share.size**0.5


def draw_recorded(data, figure):
    """Draw the recorded runs of the same number of features."""
    trained = list(recorded(data.settings.n_features))
    if trained:
        m, share, error = zip(*trained, strict=True)
        ink = {"color": plotting.INK, "markersize": 8, "label": "recorded AdamW runs"}
        figure.axes[0].errorbar(m, share, error, fmt="*", capsize=2, **ink)
        plotting.legend_below(figure.axes[0], ncols=2)


def main():
    page = Page("Measure how often the initially largest weight wins.", "winner-fidelity")
    data = page.show("winner-fidelity", also=draw_recorded)
    print("the initially largest weight wins:")
    for m, lam, mean, error in zip(data.n_neurons, data.l1_strength, *data.fidelity(), strict=True):
        print(f"    m = {m}, λ = {lam:g} (flow): {mean:.3f} ± {error:.3f}; chance {1 / m:.3f}")
    for m, mean, error in recorded(data.settings.n_features):
        print(f"    m = {m}, recorded AdamW runs: {mean:.3f} ± {error:.3f}")


if __name__ == "__main__":  # the workers import this file, too
    main()
