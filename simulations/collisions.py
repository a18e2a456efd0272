r"""
Polysemantic neurons against the width of the layer
===================================================

256 features in layers of 256 to 4096 neurons: how many neurons end with two features? Every feature
ends on one neuron, which one depends on chance, and the paper finds :math:`n^2/(4m)` shared
neurons. Chance predicts this, too, if interference forbids two features of the same sign on one
neuron, so that features occupy signed sites without repetition (*exclusion*). Independent choices
would give fewer where neurons are scarce.

.. code-block:: sh

    python simulations/collisions.py --out figures

writes the figure as PNG and SVG, and its data to an SQLite file. After
Ctrl-C the same command continues.
"""

from _command import Page


def main():
    page = Page("Count polysemantic neurons against the width of the layer.", "count")
    data = page.show("count")
    print("polysemantic neurons")
    rows = zip(data.n_neurons, *data.count(), *data.ratio(), data.not_settled(), strict=True)
    for m, mean, error, ratio, ratio_error, left in rows:
        print(
            f"    m = {m}: {mean:.2f} ± {error:.2f}, in units of exclusion"
            f" {ratio:.3f} ± {ratio_error:.3f}" + (f"; {left} not settled" if left else "")
        )


if __name__ == "__main__":  # the workers import this file, too
    main()
