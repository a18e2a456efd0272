r"""
Does noise make incidental polysemanticity as ℓ1 does?
======================================================

Noise of negative excess kurtosis on the hidden layer makes rows sparse, as ℓ1 does: the inverse
participation ratio rises under bipolar and uniform noise, falls under Laplace noise and stays under
Gaussian noise, and an equivalent :math:`\lambda` can be named. But features do not end up sharing
neurons: noise drives all overlaps to the same negative value before rows get sparse, and so opens
the collisions of opposite signs that ℓ1 keeps.

::

    python simulations/mechanisms.py --out figures

writes each figure as PNG and SVG, and what it shows as ``.npz`` and ``.json``, as it goes. Ctrl-C
loses nothing: ``--resume`` goes on. The findings rest on ``--size paper``, which takes two hours.
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
        "fourth-norm",
        "equivalence",
        "mechanisms",
    )
    curves = page.compute("fourth-norm")
    page.write("fourth-norm", page.draw("fourth-norm", curves))

    equivalence = page.compute("equivalence")
    page.write("equivalence", page.draw("equivalence", equivalence))

    counts = page.compute("mechanisms")
    print("neurons with more than half of two features or more; ± standard error")
    tell(counts)
    page.write("mechanisms", page.draw("mechanisms", counts))


if __name__ == "__main__":  # the workers read this file, too
    main()
