"""Closed forms for interference (theory 4): the forces at the start, and how overlaps decay."""

from polytheory.theory.interference.initial import (
    SIZES,
    initial_feature_benefit,
    initial_interference,
    initial_interference_square,
    initial_norm_speed,
    initial_regularization,
)
from polytheory.theory.interference.pair import (
    OVERLAP,
    PAIR,
    cosine_decay,
    overlap_decay,
    pair_squared_norm,
)

__all__ = [
    "OVERLAP",
    "PAIR",
    "SIZES",
    "cosine_decay",
    "initial_feature_benefit",
    "initial_interference",
    "initial_interference_square",
    "initial_norm_speed",
    "initial_regularization",
    "overlap_decay",
    "pair_squared_norm",
]
