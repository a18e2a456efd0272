"""Closed forms for interference: the forces at the start, and how overlaps decay."""

from polytheory.theory.interference.initial import (
    GIVEN_ROW,
    PENALTY,
    START,
    WIDTH,
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
    "GIVEN_ROW",
    "OVERLAP",
    "PAIR",
    "PENALTY",
    "START",
    "WIDTH",
    "cosine_decay",
    "initial_feature_benefit",
    "initial_interference",
    "initial_interference_square",
    "initial_norm_speed",
    "initial_regularization",
    "overlap_decay",
    "pair_squared_norm",
]
