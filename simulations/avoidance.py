r"""
How to avoid incidental polysemanticity
=======================================

What could be changed about the net, or its start, so that fewer neurons end with two features? Each
lever has a prediction made before the runs. Widening helps as predicted and no faster. Non-negative
weights help nearly as predicted, not quite: interference pushes some of them through zero. To put
the largest weights on neurons of their own does *not* do it, because the largest weight does not
always win; giving each feature one weight of full size does. Without ℓ1 there is no basis to be
polysemantic in; features overlap all the same, as a measure that knows no basis shows.

.. code-block:: sh

    python simulations/avoidance.py --out figures

writes the figure as PNG and SVG, the table as ``.csv``, and the data to an SQLite file. After
Ctrl-C the same command goes on where it was.
"""

import numpy as np
from _command import Page

from polytheory.experiments.avoidance.levers import LEVERS

# %%
# The table
# ---------
# Losses are those of one-hot inputs, summed, and of inputs in which each feature is active with
# probability p, over p. The time is that after which every feature has one weight.

COLUMNS = "lever,l1_strength,n_neurons,predicted,packing_loss,standard_error,polysemantic_neurons"
COLUMNS += ",standard_error_of_that,loss,loss_together,time_of_one_weight,prediction,because"


def table(data):
    """Yield the lines of the table."""
    yield COLUMNS
    packing, error = data.mean_packing_loss()
    count, count_error = data.count()
    for i, name in enumerate(data.levers):
        numbers = (
            data.l1_strength[i],
            data.n_neurons[i],
            data.predicted[i],
            packing[i],
            error[i],
            count[i],
            count_error[i],
            data.fit[i].mean(),
            data.together[i].mean(),
            np.median(data.time[i]),
        )
        words = "holds" if data.holds()[i] else "fails"
        yield f'{name},{",".join(f"{x:.4g}" for x in numbers)},{words},"{LEVERS[name].because}"'


def main():
    page = Page("Tabulate what avoids polysemantic neurons.", "avoidance")
    data = page.show("avoidance")
    print(f"features occur together with p = {data.settings.probability:g}")
    packing, error = data.mean_packing_loss()
    for i, name in enumerate(data.levers):
        seen = f"{packing[i]:.2f} ± {error[i]:.2f}, predicted {data.predicted[i]:.2f}"
        verdict = "" if data.holds()[i] else "  FAILS"
        print(f"    {name}, λ = {data.l1_strength[i]:g}: {seen}{verdict}")
    csv = page.out / "avoidance.csv"
    csv.write_text("\n".join([*table(data), ""]), encoding="utf-8")
    print(f"    wrote {csv}")


if __name__ == "__main__":  # the workers read this file, too
    main()
