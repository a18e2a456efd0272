r"""
The diagnosis of one layer
==========================

The weights of one layer at the end of the full flow, as in ``polytheory diagnose``: rows and
columns are sorted so that carriers form a staircase, shared neurons first. The number of shared
neurons is compared with exclusion, :math:`n(n-1)/(4m-2)`.

.. code-block:: sh

    python simulations/diagnosis.py --out figures

writes the figure as PNG and SVG, and its data to an SQLite file. After
Ctrl-C the same command continues.
"""

from _command import Page

from polytheory import diagnose


def main():
    page = Page("Diagnose one layer of the full flow.", "diagnosis")
    data = page.show("diagnosis")
    lam = data.settings.l1_strength
    print(diagnose(data.end[0], initial=data.start[0], l1_strength=lam))


if __name__ == "__main__":  # the workers import this file, too
    main()
