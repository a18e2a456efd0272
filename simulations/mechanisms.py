r"""
Does noise make incidental polysemanticity as ℓ1 does?
======================================================

Noise of negative excess kurtosis on the hidden layer makes rows sparse, as ℓ1 does: the inverse
participation ratio rises under bipolar and uniform noise, falls under Laplace noise and stays
under Gaussian noise, and there is an equivalent :math:`\lambda`. But features do not end on shared
neurons: noise drives all overlaps to the same negative value before rows become sparse, and so
opens the collisions of opposite signs that ℓ1 keeps.

.. code-block:: sh

    python simulations/mechanisms.py --out figures

writes each figure as PNG and SVG, and its data to an SQLite file. After
Ctrl-C the same command continues. The findings rest on ``--size paper``, which takes two hours.
"""

from _command import Page


def tell(data):
    """Print how many neurons are shared, and how many features are carried at all."""
    share, published = data.mean("share"), data.mean("published")
    carried, fidelity = data.mean("carried"), data.fidelity()
    for p, kind in enumerate(data.mechanisms):
        print(
            f"    n = {data.n_features[p]}, m = {data.n_neurons[p]}, {kind}:"
            f" {share[0][p]:.2f} ± {share[1][p]:.2f} polysemantic"
            f" ({published[0][p]:.2f} ± {published[1][p]:.2f} published rule,"
            f" exclusion {data.expected()[p]:.2f}), {carried[0][p]:.1f} carried,"
            f" fidelity {fidelity[0][p]:.2f} ± {fidelity[1][p]:.2f}"
        )


def main():
    page = Page(
        "Compare ℓ1 and noise: sparsity, speed, polysemantic neurons.",
        "participation-ratio",
        "equivalence",
        "mechanisms",
    )
    page.show("participation-ratio")
    page.show("equivalence")
    counts = page.show("mechanisms")
    print("neurons with more than half of two features or more; ± standard error")
    tell(counts)


if __name__ == "__main__":  # the workers import this file, too
    main()
