r"""
How far the count of polysemantic neurons is from chance
========================================================

Exclusion predicts :math:`n(n-1)/(2(2m-1))` polysemantic neurons, the paper :math:`n^2/(4m)`. Both
ignore the dynamics. The ratio of the mean count in the full flow to the first is measured here over
a grid in n, m/n and :math:`\lambda\sqrt m`. It differs from 1 by up to about a quarter, unless λ is
so large that features die, and has not been derived yet.

.. code-block:: sh

    python simulations/collision_ratio.py --out figures

writes the figure as PNG and SVG, the table as ``.csv``, and the data to an SQLite file. After
Ctrl-C the same command continues.
"""

from _command import Page


def as_table(data):
    """Return the rows that ship as polytheory/theory/collisions/measured.csv."""
    ratio, error = data.ratio()
    columns = (data.n_features, data.n_neurons, data.scaled_l1(), ratio, error, data.n_instances)
    lines = [
        f"{n},{m},{s:.6g},{r:.4f},{e:.4f},{count},{data.settings.rtol:g},{data.seed.entropy}"
        for n, m, s, r, e, count in zip(*columns, strict=True)
    ]
    header = "n_features,n_neurons,l1_strength * sqrt(n_neurons),ratio,standard_error"
    return "\n".join([header + ",n_instances,rtol,seed", *lines, ""])


def main():
    page = Page("Measure the count of polysemantic neurons in units of exclusion.", "ratio-map")
    data = page.show("ratio-map")
    table = page.out / "ratio-map.csv"
    table.write_text(as_table(data), encoding="utf-8")
    print("mean count / exclusion ± standard error")
    columns = (data.n_features, data.n_neurons, data.scaled_l1(), *data.ratio(), data.n_instances)
    for n, m, strength, ratio, error, count in zip(*columns, strict=True):
        setting = f"n = {n}, m = {m}, λ√m = {strength:.2g}"
        print(f"    {setting}: {ratio:.3f} ± {error:.3f} ({count} instances)")
    print(f"    {data.not_settled().sum()} of {data.n_instances.sum()} runs did not settle")
    print(f"    wrote {table}")


if __name__ == "__main__":  # the workers import this file, too
    main()
