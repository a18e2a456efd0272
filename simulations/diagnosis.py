r"""
What one layer shows
====================

The weights of one layer at the end of the full flow, as ``polytheory diagnose`` sees them: rows and
columns sorted so that carriers lie on a staircase, the shared neurons first. How many are shared is
held against exclusion, :math:`n(n-1)/(4m-2)`.

::

    python simulations/diagnosis.py --out figures

writes the figure as PNG and SVG, and the weights as ``.npz`` and ``.json``.
"""

from _command import Page

from polytheory import diagnose


def main():
    page = Page("Diagnose one layer of the full flow.", "diagnosis")
    data = page.compute("diagnosis")
    figure = page.draw("diagnosis", data)
    start, end = data.start[0, 0], data.end[0, 0]
    print(diagnose(end, initial=start, l1_strength=data.l1_strength))
    page.write("diagnosis", figure)


if __name__ == "__main__":  # the workers read this file, too
    main()
