r"""
Two rows decide
===============

Before sparsification begins, two rows have already decided much about where they meet. An obtuse
pair stays as it is, an acute one becomes orthonormal and forgets its signs, so that after this
*fast phase* the largest weights of two rows are on one neuron more often with opposite signs than
by chance, and less often with the same sign: two rows attract.

Many rows push the overlaps of all pairs up. With :math:`x=(n-2)/\sqrt m`, negative overlaps rise by
:math:`A\approx x/(4\pi)`, and the mean overlap tends to :math:`-1/x`.

.. code-block:: sh

    python simulations/pairs.py --out figures

writes each figure as PNG and SVG, and its data to an SQLite file. After
Ctrl-C the same command continues.
"""

import numpy as np
from _command import Page

from polytheory.theory.pairs import mean_overlap, pair_coincidence

# %%
# Coincidences
# ------------
# Of pairs of rows by their exact flow. The lines are the prediction, without a fitted number.

if __name__ == "__main__":  # the workers import this file, too
    page = Page("Measure what two rows decide.", "pair-coincidences", "overlap-distribution")
    pairs = page.show("pair-coincidences")
    for i, signs in enumerate(("opposite", "same")):
        mean, error = (each[i] for each in pairs.ratio())
        for m, seen, spread in zip(pairs.n_neurons, mean, error, strict=True):
            law = pair_coincidence(m, signs=signs)
            print(f"    m = {m}, {signs}: {seen:.3f} ± {spread:.3f}; predicted {law:.3f}")

# %%
# One overlap among many
# ----------------------
# Left: the distribution function, of the flow (points) and by the law (lines). Overlaps that were
# positive are near zero. Right: the mean.

if __name__ == "__main__":
    many = page.show("overlap-distribution")
    m, time = many.settings.n_neurons, many.settings.time
    for n, means in zip(many.n_features, many.mean, strict=True):
        error = means.std(ddof=1) / np.sqrt(means.size) if means.size > 1 else np.nan
        law = mean_overlap(n, m, time)
        print(f"    n = {n}, m = {m}: mean {means.mean():.4f} ± {error:.4f}; law {law:.4f}")
