"""How many neurons end polysemantic: features that exclude one another on sites, or do not."""

from polytheory.symbolic.collisions._bounds import (
    expected_polysemantic_bounds,
    necessary_polysemantic,
    poisson_distance_bound,
    width_for,
)
from polytheory.symbolic.collisions._exclusion import (
    expected_polysemantic,
    no_collision_probability,
    pair_probability,
    polysemantic_pmf,
    polysemantic_variance,
)
from polytheory.symbolic.collisions._independent import expected_polysemantic_independent

__all__ = [
    "expected_polysemantic",
    "expected_polysemantic_bounds",
    "expected_polysemantic_independent",
    "necessary_polysemantic",
    "no_collision_probability",
    "pair_probability",
    "poisson_distance_bound",
    "polysemantic_pmf",
    "polysemantic_variance",
    "width_for",
]
