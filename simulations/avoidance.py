r"""
How to avoid incidental polysemanticity
=======================================

Which changes of the network or its start (levers) leave fewer neurons with two features? Each has a
prediction made before the runs. Widening helps as predicted and no faster. Non-negative weights
help almost as predicted: interference pushes some of them through zero. Distinct neurons for the
largest weights do *not* help enough, because the largest weight does not always win; a single
weight of full size per feature does. Without ℓ1 there is no preferred basis in which a neuron could
be polysemantic, but features overlap, as a measure independent of the basis shows.

.. code-block:: sh

    python simulations/avoidance.py --out figures

writes the figure as PNG and SVG, the table as ``.csv``, and the data to an SQLite file. After
Ctrl-C the same command continues.
"""

import numpy as np
from _command import Page

from polytheory.experiments.avoidance.levers import LEVERS

# %%
# The table
# ---------
# Losses: the sum over one-hot inputs, and the mean over inputs in which each feature is active with
# probability p, divided by p. The time is that after which every feature has a single weight.

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


if __name__ == "__main__":  # the workers import this file, too
    main()
