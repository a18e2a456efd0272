r"""
Few bodies: the count against :math:`n/\sqrt m`
===============================================

The mean count of polysemantic neurons over that of exclusion, against :math:`x=n/\sqrt m`, the
number of rows that come near a neuron. Two rows alone attract, third rows come between them:
without a number fitted to counts this gives the lines, for :math:`x\le2`. Beyond, many rows
interact.

.. code-block:: sh

    python simulations/few_body.py --out figures

writes the figure as PNG and SVG, and its data to an SQLite file. After
Ctrl-C the same command continues.
"""

from _command import Page

from polytheory.experiments.collisions.few_body import predicted_ratio


def main():
    page = Page("Compare the count with the few-body prediction.", "few-body")
    data = page.show("few-body")
    print("mean count / exclusion ± standard error, and few bodies")
    columns = (data.n_features, data.n_neurons, *data.ratio(), predicted_ratio(data))
    for n, m, ratio, error, few in zip(*columns, strict=True):
        words = "beyond" if few != few else f"{few:.3f}"
        print(f"    n = {n}, m = {m}, x = {n / m**0.5:.2f}: {ratio:.3f} ± {error:.3f}, {words}")


if __name__ == "__main__":  # the workers import this file, too
    main()
