r"""
What one layer shows
====================

The weights of one layer at the end of the full flow, as ``polytheory diagnose`` sees them: rows and
columns sorted so that carriers lie on a staircase, the shared neurons first. How many are shared is
held against exclusion, :math:`n(n-1)/(4m-2)`.

.. code-block:: sh

    python simulations/diagnosis.py --out figures

writes the figure as PNG and SVG, and its data to an SQLite file. After Ctrl-C the same command
goes on where it was.
"""

from _command import Page

from polytheory import diagnose


def main():
    page = Page("Diagnose one layer of the full flow.", "diagnosis")
    data = page.show("diagnosis")
    lam = data.settings.l1_strength
    print(diagnose(data.end[0], initial=data.start[0], l1_strength=lam))


if __name__ == "__main__":  # the workers read this file, too
    main()
