"""How many neurons end polysemantic: features on neurons as balls in boxes.

Two laws of chance. *Exclusion*: interference forbids two features of the same sign on one neuron,
so n features occupy n different ones of the 2m signed sites (neuron, sign), every choice as likely
as any other. *Independent*: each feature takes any of the 2m sites whatever the others do.
"""

from polytheory.theory.collisions._distribution import (
    LARGEST_INDEPENDENT,
    no_collision_probability,
    poisson_distance_bound,
    polysemantic_pmf,
)
from polytheory.theory.collisions._expected import (
    expected_polysemantic,
    expected_polysemantic_bounds,
    necessary_polysemantic,
    pair_probability,
    polysemantic_variance,
)
from polytheory.theory.collisions._measured import MEASURED, measured_ratio
from polytheory.theory.collisions._sites import FEATURES, SITES
from polytheory.theory.collisions._width import WIDTH, width_for

__all__ = [
    "FEATURES",
    "LARGEST_INDEPENDENT",
    "MEASURED",
    "SITES",
    "WIDTH",
    "expected_polysemantic",
    "expected_polysemantic_bounds",
    "measured_ratio",
    "necessary_polysemantic",
    "no_collision_probability",
    "pair_probability",
    "poisson_distance_bound",
    "polysemantic_pmf",
    "polysemantic_variance",
    "width_for",
]
