r"""
Where features share neurons, and where they survive
====================================================

A layer is crowded by :math:`n/m`, its features per neuron, and pressed by
:math:`\lambda\sqrt m`, the strength of ℓ1 beside the size of the initial weights. Three things can
happen to a feature: it ends on a neuron of its own, it ends on one that another feature has with
the opposite sign, or it dies. Each cell of the maps is the mean over several layers, followed to
their ends.

Chance that knows of exclusion fills the map of shared neurons from below: its lines do not depend
on λ, and neither does the map until features begin to die. That happens where a row would die by
itself, near the vertical line, and where there are more than :math:`2m` features for the
:math:`2m` signed sites (dotted), whatever λ is.

The runs go through :func:`polytheory.sweep`, from a grid into a store that outlives an
interruption: ``phase-diagram.sqlite`` beside the figure, which :func:`polytheory.load_sweep` reads.
A cross marks cells in which some layer had not come to its end at :math:`t = 100/\lambda`: where
features are more than sites, weak regularization takes long to decide.

.. code-block:: sh

    python simulations/phase_diagram.py --out figures

writes the figure as PNG and SVG, and its data to an SQLite file. After Ctrl-C the same command
goes on where it was.
"""

from _command import Page


def main():
    page = Page("Map shared neurons and surviving features.", "phase-diagram")
    data = page.show("phase-diagram")
    print("    n/m    λ√m    polysemantic / m     surviving / n")
    rows = zip(data.crowding(), data.scaled_l1(), *data.shared(), *data.survivors(), strict=True)
    for crowding, strength, shared, error, alive, scatter in rows:
        print(
            f"    {crowding:<6.3g} {strength:<6.3g} {shared:.3f} ± {error:.3f}       "
            f"{alive:.3f} ± {scatter:.3f}"
        )
    print(f"    {(~data.settled).sum()} of {data.settled.size} layers did not come to an end")


if __name__ == "__main__":  # the workers read this file, too
    main()
