"""The figures: for each, what is computed and how it is drawn, apart from each other.

`FIGURES` has them all by name, each with its settings: ``FIGURES["count"].compute("small")``. Below
it, `compute_…` returns a frozen record of everything a picture shows, `draw_…` puts it on an Axes,
`save` and `load` keep it. Importing this package does not import matplotlib.
"""

from polytheory.experiments import avoidance as avoidance
from polytheory.experiments import collisions as collisions
from polytheory.experiments import diagnosis as diagnosis
from polytheory.experiments import mechanisms as mechanisms
from polytheory.experiments import sparsification as sparsification
from polytheory.experiments import tradeoff as tradeoff
from polytheory.experiments._catalogue import FIGURES as FIGURES
from polytheory.experiments._figures import SIZES as SIZES
from polytheory.experiments._figures import Figure as Figure
from polytheory.experiments._store import Seed as Seed
from polytheory.experiments._store import load as load
from polytheory.experiments._store import save as save

__all__ = [
    "FIGURES",
    "SIZES",
    "Figure",
    "Seed",
    "avoidance",
    "collisions",
    "diagnosis",
    "load",
    "mechanisms",
    "save",
    "sparsification",
    "tradeoff",
]
