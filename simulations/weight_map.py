r"""
Where weights start and where they end
======================================

In the end a weight is zero or a carrier, of size :math:`x_+` with :math:`x_+(1-x_+^2)=\lambda`.
Which, it mostly owes to its size at the start: carriers come from the large weights. Without
interference a weight of size :math:`x/\sqrt m` would win if it is the largest of its row, of which
the chance is :math:`\mathrm{erf}(x/\sqrt2)^{m-1}`. With interference the step is less steep: some
large weights lose, and smaller ones win in their place.

.. code-block:: sh

    python simulations/weight_map.py --out figures

writes the figure as PNG and SVG, and its data to an SQLite file. After Ctrl-C the same command
goes on where it was.
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


if __name__ == "__main__":  # the workers read this file, too
    main()
