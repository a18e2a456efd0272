r"""
Two rows: how often they collide, and how far contact displaces them
====================================================================

The few-body prediction of the number of polysemantic neurons needs two functions of m and
:math:`\lambda\sqrt m`: :math:`2mP`, with P the probability that two rows alone end on one neuron
with opposite signs, and :math:`E\,j^2`, the mean square of what contact with a second row
displaces.

.. code-block:: sh

    python simulations/two_rows.py --out figures

writes the figure as PNG and SVG, the table as ``.csv``, and the data to an SQLite file. After
Ctrl-C the same command continues. ``--size paper`` gives the table that ships with the package.
Layers of fewer than 64 neurons are left out where :math:`\lambda\sqrt m>0.55`: there rows die.
"""

from _command import Page


def as_table(data):
    """Return the rows that ship as polytheory/theory/collisions/two_rows.csv."""
    columns = (data.n_neurons, data.scaled_l1, data.pair_ratio, data.pair_error)
    columns += (data.square, data.square_error, data.samples, data.pairs, data.step)
    lines = [
        f"{m},{s:g},{p:.5f},{dp:.5f},{j:.5f},{dj:.5f},{n},{k},{h:g},{data.settings.table_seed}"
        for m, s, p, dp, j, dj, n, k, h in zip(*columns, strict=True)
    ]
    header = "n_neurons,l1_strength * sqrt(n_neurons),pair_ratio,standard_error"
    header += ",squared_displacement,standard_error_of_that,samples,pairs,step,seed"
    return "\n".join([header, *lines, ""])


def main():
    page = Page("Measure the two-row functions.", "two-rows")
    data = page.show("two-rows")
    table = page.out / "two-rows.csv"
    table.write_text(as_table(data), encoding="utf-8")
    print("2m P ± standard error, E j² ± standard error")
    columns = (data.n_neurons, data.scaled_l1, data.pair_ratio, data.pair_error)
    columns += (data.square, data.square_error)
    for m, scaled, ratio, error, square, of_square in zip(*columns, strict=True):
        values = f"{ratio:.3f} ± {error:.3f}, {square:.4f} ± {of_square:.4f}"
        print(f"    m = {m}, λ√m = {scaled:g}: {values}")
    print(f"    wrote {table}")


if __name__ == "__main__":  # the workers import this file, too
    main()
