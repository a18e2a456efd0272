r"""
Where features share neurons, and where they survive
====================================================

The maps have two axes: crowding :math:`n/m`, the number of features per neuron, and
:math:`\lambda\sqrt m`, the strength of ℓ1 relative to the initial weights. A feature ends alone on
a neuron, or on one that carries another feature with the opposite sign, or it dies. Each cell is
the mean over several layers, followed to their end.

The lines of exclusion on the map of shared neurons do not depend on λ, and neither does the map
until features begin to die. They die where a row without interference would die, near the vertical
line, and, for every λ, where there are more features than the :math:`2m` signed sites (dotted).

:func:`polytheory.sweep` computes the grid into a store that survives interruptions,
``phase-diagram.sqlite`` beside the figure, which :func:`polytheory.load_sweep` reads. A cross marks
cells in which a layer had not settled at :math:`t = 100/\lambda`: with more features than sites,
runs under weak regularization take long to settle.

.. code-block:: sh

    python simulations/phase_diagram.py --out figures

writes the figure as PNG and SVG, and its data to an SQLite file. After
Ctrl-C the same command continues.
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
    print(f"    {(~data.settled).sum()} of {data.settled.size} layers did not settle")


if __name__ == "__main__":  # the workers import this file, too
    main()
