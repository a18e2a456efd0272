"""The figures: for each one entry, with its settings, what is computed and how it is drawn.

`FIGURES` has them all by name. ``figure = FIGURES["count"]`` is a `Figure`:
``print(figure.describe())`` lists its settings, ``data = figure.compute("small")`` returns a frozen
record of everything that the picture shows, ``figure.draw(data)`` draws it. Everything is computed
through `polytheory.sweep`: with ``store="count.sqlite"`` an interruption loses nothing, and
``figure.load("count.sqlite")`` reads the record again. The modules below this package have the
records, and functions that draw single panels on an Axes. Importing this package does not import
matplotlib.

A figure of your own is a `Figure` with a task of `polytheory.sweep`; ``simulations/digits.py`` is
one. Its settings are declared with `whole`, `number`, `word`, `pair` and `several`; `Sheet` and
`mean_and_error` help to make a `Record` of the table.
"""

from polytheory.experiments._catalogue import FIGURES as FIGURES
from polytheory.experiments._figure import SIZES as SIZES
from polytheory.experiments._figure import Computation as Computation
from polytheory.experiments._figure import Figure as Figure
from polytheory.experiments._figure import FigureError as FigureError
from polytheory.experiments._record import Record as Record
from polytheory.experiments._record import Sheet as Sheet
from polytheory.experiments._record import mean_and_error as mean_and_error
from polytheory.experiments._settings import Setting as Setting
from polytheory.experiments._settings import Settings as Settings
from polytheory.experiments._settings import number as number
from polytheory.experiments._settings import pair as pair
from polytheory.experiments._settings import several as several
from polytheory.experiments._settings import whole as whole
from polytheory.experiments._settings import word as word

__all__ = [
    "FIGURES",
    "SIZES",
    "Computation",
    "Figure",
    "FigureError",
    "Record",
    "Setting",
    "Settings",
    "Sheet",
    "mean_and_error",
    "number",
    "pair",
    "several",
    "whole",
    "word",
]
