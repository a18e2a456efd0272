r"""
How fast one encoding becomes sparse
====================================

Under ℓ1 without interference a wide row loses its weights in a way that depends on its width and on
the strength of the penalty through one clock only, :math:`\theta=\lambda\sqrt m\,t`, until few are
left; and the time at which a single one is left has, in units of :math:`1/\lambda`, a distribution
of its own. Three figures: the speed against the paper's laws and against the universal curve, the collapse
of all widths onto that curve, and the completion times against their limit.

::

    python simulations/sparsification.py --out figures

writes each figure as PNG and SVG and what it shows as ``.npz`` and ``.json``.
"""

import numpy as np
from _command import Page

from polytheory.experiments.sparsification import dkw_width

page = Page(
    "Draw how fast one encoding becomes sparse.",
    "speed-of-sparsification",
    "scaling-collapse",
    "completion-time",
)

# %%
# Speed of sparsification
# -----------------------
# The exact row flow against two laws. The paper's has the right exponent; its constant is off by up
# to 2.72 in m' and by about a fifth in the ℓ1 norm. The universal curve has no constant to fit. It
# is drawn while it leaves ten weights; after that a row is too narrow for a mean field.

speed = page.compute("speed-of-sparsification")
figure = page.draw("speed-of-sparsification", speed)

wide = speed.curve_l1_norm.size
print("speed: mean over the rows, until the curve leaves ten weights")
for quantity in ("nonzero_count", "l1_norm"):
    for law in ("paper", "curve"):
        ratio = speed.ratio(quantity, law).mean(axis=0)[:wide]
        print(f"    {quantity} / {law}: {ratio.min():.3f} to {ratio.max():.3f}")
page.write("speed-of-sparsification", figure)

# %%
# Scaling collapse
# ----------------
# Left the runs as they are, over many decades of flow time; right the same runs on the clock
# :math:`\theta`. Nothing is fitted.

collapse = page.compute("scaling-collapse")
figure = page.draw("scaling-collapse", collapse)

print("collapse: deviation from the curve in units of √m', while it leaves ten weights")
for (m, l1_strength), on, deviation in zip(
    collapse.settings.rows, collapse.on_curve(), collapse.deviations(), strict=True
):
    worst = np.abs(deviation[on]).max()
    print(f"    m = {m}, λ = {l1_strength:g}: at most {worst:.2f}")
page.write("scaling-collapse", figure)

# %%
# Completion times
# ----------------
# Gaussian and Laplace weights lie in one domain of attraction and share one limit, which Gaussian
# weights approach only logarithmically in m. Uniform weights have an end: their largest lie closer
# together, so they take longer, and the limit is not theirs.

completion = page.compute("completion-time")
figure = page.draw("completion-time", completion)

rows = completion.settings.n_rows
print(f"completion: {rows} rows of m = {completion.settings.n_neurons} each")
print(
    f"    universal distribution: mean {completion.mean:.3f}, standard deviation {completion.std:.3f}"
)
for name, sample, distance in zip(
    completion.settings.distributions, completion.scaled_times, completion.distances, strict=True
):
    error = sample.std(ddof=1) / np.sqrt(rows)
    print(f"    {name}: mean {sample.mean():.3f} ± {error:.3f}, distance {distance:.4f}")
print(f"    a sample of that distribution stays within {dkw_width(rows):.4f} in 19 of 20 cases")
page.write("completion-time", figure)
