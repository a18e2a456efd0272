"""Closed forms for noise: the force on overlaps and rows, its rates and its end states."""

from polytheory.theory.noise import drift, edgeworth, rows, sampling, simplex
from polytheory.theory.noise.drift import *
from polytheory.theory.noise.edgeworth import *
from polytheory.theory.noise.rows import *
from polytheory.theory.noise.sampling import *
from polytheory.theory.noise.simplex import *

__all__ = drift.__all__ + edgeworth.__all__ + rows.__all__ + sampling.__all__ + simplex.__all__
