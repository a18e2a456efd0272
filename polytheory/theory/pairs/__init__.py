"""Two rows decide: on which neurons pairs meet, and how all other rows change their overlap.

All of it is about the *fast phase*, the flow without ℓ1 from the paper's initialization, and for
two neurons about the whole flow as λ → 0.
"""

from polytheory.theory.pairs._coincidence import (
    PAIRS,
    THIRD_ROWS,
    pair_coincidence,
    third_row_repulsion,
)
from polytheory.theory.pairs._overlap import FAST_PHASE, mean_overlap, overlap_shift

__all__ = [
    "FAST_PHASE",
    "PAIRS",
    "THIRD_ROWS",
    "mean_overlap",
    "overlap_shift",
    "pair_coincidence",
    "third_row_repulsion",
]
