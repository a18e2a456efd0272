"""Figures: their settings, computation and drawing, one entry per figure.

`FIGURES` contains all of them by name. ``figure = FIGURES["count"]`` is a `Figure`:
``print(figure.describe())`` lists its settings, ``data = figure.compute("small")`` returns a frozen
record of everything that the picture shows, ``figure.draw(data)`` draws it. The data are computed
by `polytheory.sweep`: with ``store="count.sqlite"`` an interruption loses nothing, and
``figure.load("count.sqlite")`` reads the record again. The modules of this package define the
records, and functions that draw single panels on an Axes. Importing the package does not import
matplotlib.

A figure of your own is a `Figure` with a task of `polytheory.sweep`; ``simulations/digits.py`` is
an example. Declare its settings with `whole`, `number`, `word`, `pair` and `several`. `joined`
makes a list one parameter of a task, and `numbers` makes that an array. `Sheet` and
`mean_and_error` help to build a `Record` from the table.
"""

from polytheory._defaults import SIZES as SIZES
from polytheory.experiments._catalogue import FIGURES as FIGURES
from polytheory.experiments._figure import Computation as Computation
from polytheory.experiments._figure import Figure as Figure
from polytheory.experiments._figure import FigureError as FigureError
from polytheory.experiments._record import Record as Record
from polytheory.experiments._record import Sheet as Sheet
from polytheory.experiments._record import joined as joined
from polytheory.experiments._record import mean_and_error as mean_and_error
from polytheory.experiments._record import numbers as numbers
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
    "joined",
    "mean_and_error",
    "number",
    "numbers",
    "pair",
    "several",
    "whole",
    "word",
]
