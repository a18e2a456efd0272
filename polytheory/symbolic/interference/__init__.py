"""Interference: the forces at the start, and how overlaps decay."""

from polytheory.symbolic.interference._initial import (
    initial_feature_benefit,
    initial_interference,
    initial_interference_square,
    initial_norm_speed,
    initial_regularization,
)
from polytheory.symbolic.interference._pair import (
    cosine_decay,
    overlap_decay,
    pair_squared_norm,
)

__all__ = [
    "cosine_decay",
    "initial_feature_benefit",
    "initial_interference",
    "initial_interference_square",
    "initial_norm_speed",
    "initial_regularization",
    "overlap_decay",
    "pair_squared_norm",
]
