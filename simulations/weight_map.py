r"""
Initial and final weights
=========================

At the end a weight is zero or a carrier of size :math:`x_+`, with :math:`x_+(1-x_+^2)=\lambda`.
Which of the two depends mostly on its initial size: carriers come from large weights. Without
interference a weight of size :math:`x/\sqrt m` wins if it is the largest of its row, with
probability :math:`\mathrm{erf}(x/\sqrt2)^{m-1}`. With interference the step is less steep: some
large weights lose to smaller ones.

.. code-block:: sh

    python simulations/weight_map.py --out figures

writes the figure as PNG and SVG, and its data to an SQLite file. After
Ctrl-C the same command continues.
"""

import numpy as np
from _command import Page

from polytheory.experiments.weights import largest_wins


def main():
    page = Page("Map the weights of a layer from start to end.", "weight-map")
    data = page.show("weight-map")
    mean, error = data.correlation()
    print(f"    correlation of initial and final sizes: {mean:.3f} ± {error:.3f}")
    edges = np.arange(0.0, 5.0, 0.5)
    for low, share, error in zip(edges[:-1], *data.winning(edges), strict=True):
        alone = largest_wins(np.linspace(low, low + 0.5, 50), data.settings.n_neurons).mean()
        seen = f"{share:.3f} ± {error:.3f} win" if np.isfinite(share) else "none"
        print(f"    from {low:g} to {low + 0.5:g}: {seen}; without interference some {alone:.3f}")


if __name__ == "__main__":  # the workers import this file, too
    main()
