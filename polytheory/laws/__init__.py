"""The catalogue: every claim as a value, a file a topic."""

from polytheory.laws import (
    collisions,
    fixed_points,
    interference,
    model,
    noise,
    polysemantic,
    sparsification,
    tradeoff,
)
from polytheory.laws._law import Kind as Kind
from polytheory.laws._law import Law as Law
from polytheory.laws._law import LawError as LawError
from polytheory.laws._law import Observation as Observation

#: All laws, in the order in which the theory unfolds.
CATALOGUE: tuple[Law, ...] = (
    *model.LAWS,
    *fixed_points.LAWS,
    *sparsification.LAWS,
    *interference.LAWS,
    *collisions.LAWS,
    *polysemantic.LAWS,
    *noise.LAWS,
    *tradeoff.LAWS,
)
