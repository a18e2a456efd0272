r"""
How fast one encoding becomes sparse
====================================

Under ℓ1 without interference the loss of the weights of a wide row depends on its width and on the
strength of the penalty only through one clock, :math:`\theta=\lambda\sqrt m\,t`, until few are
left. The time at which a single one is left has a universal distribution in units of
:math:`1/\lambda`. Three figures: the speed compared with the published formulas and the universal
curve, the collapse of all widths onto that curve, and the completion times compared with their
limit.

.. code-block:: sh

    python simulations/sparsification.py --out figures

writes each figure as PNG and SVG, and its data to an SQLite file. After
Ctrl-C the same command continues.
"""

import numpy as np
from _command import Page

from polytheory.experiments.sparsification import dkw_width
from polytheory.theory.sparsification import completion_distribution

# %%
# Speed of sparsification
# -----------------------
# The exact row flow against two predictions. The published one has the right exponent; its constant
# is off by up to 2.72 in m' and by about a fifth in the ℓ1 norm. The universal curve has no
# constant to fit. It is drawn while it leaves at least ten weights; later a row is too narrow for a
# mean field.

if __name__ == "__main__":  # the workers import this file, too
    page = Page(
        "Draw how fast one encoding becomes sparse.",
        "speed-of-sparsification",
        "scaling-collapse",
        "completion-time",
    )
    speed = page.show("speed-of-sparsification")
    wide = speed.predicted("nonzero_count", "curve").size
    print("mean over the rows / prediction, until the curve leaves ten weights")
    for quantity in ("nonzero_count", "l1_norm"):
        for prediction in ("paper", "curve"):
            ratio = speed.ratio(quantity, prediction).mean(axis=0)[:wide]
            print(f"    {quantity} / {prediction}: {ratio.min():.3f} to {ratio.max():.3f}")

# %%
# Scaling collapse
# ----------------
# Left: the runs against flow time, over many decades. Right: the same runs on the clock
# :math:`\theta`. Nothing is fitted.

if __name__ == "__main__":
    collapse = page.show("scaling-collapse")
    print("deviation from the curve in units of √m', while it leaves ten weights")
    rows = zip(collapse.settings.rows, collapse.on_curve(), collapse.deviations(), strict=True)
    for (m, l1_strength), on, deviation in rows:
        worst = np.abs(deviation[on]).max()
        print(f"    m = {m}, λ = {l1_strength:g}: at most {worst:.2f}")

# %%
# Completion times
# ----------------
# Gaussian and Laplace weights are in the same domain of attraction and have the same limit, which
# Gaussian weights approach only logarithmically in m. Uniform weights are bounded: their largest
# are closer together, so they take longer, and have another limit.

if __name__ == "__main__":
    data = page.show("completion-time")
    count, limit = data.settings.n_rows, completion_distribution()
    print(f"universal distribution: mean {limit.mean():.3f}, standard deviation {limit.std():.3f}")
    samples = zip(data.settings.distributions, data.scaled_times, data.distances(), strict=True)
    for name, sample, distance in samples:
        error = sample.std(ddof=1) / np.sqrt(count)
        print(f"    {name}: mean {sample.mean():.3f} ± {error:.3f}, distance {distance:.4f}")
    print(
        f"    a sample of that distribution stays within {dkw_width(count):.4f} in 19 of 20 cases"
    )
