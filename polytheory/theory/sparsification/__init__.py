"""How one encoding loses its weights under ℓ1 (theory 1, 2, 3.2).

- one row: `growth_threshold`, `reduced_weight`, `l1_speed`, `squared_norm_speed`, `spread`,
  `inverse_l1_speed`; when it loses which weights: `slow_time`, `completion_time`;
- wide Gaussian rows: `threshold`, `l1_norm`, `nonzero_count`, `fourth_norm`, `l1_norm_bounds`,
  `speedup`, `time_to_fraction`, `l1_norm_tail`, `nonzero_count_tail`; any λ√m and scale:
  `mean_field`;
- chance: `completion_law`, the universal law of λT*, and `survival_probability`;
- the paper's own laws: `paper_l1_norm`, `paper_nonzero_count`, `paper_time_to_count`.
"""

from polytheory.theory.sparsification.completion import CompletionLaw, completion_law
from polytheory.theory.sparsification.curve import (
    CURVE,
    FRACTION,
    TAIL,
    fourth_norm,
    l1_norm,
    l1_norm_bounds,
    l1_norm_tail,
    nonzero_count,
    nonzero_count_tail,
    speedup,
    threshold,
    time_to_fraction,
)
from polytheory.theory.sparsification.curve._mean_field import MEAN_FIELD, MeanField, mean_field
from polytheory.theory.sparsification.paper import (
    PAPER,
    PAPER_COUNT,
    paper_l1_norm,
    paper_nonzero_count,
    paper_time_to_count,
)
from polytheory.theory.sparsification.row import (
    GROWTH,
    LIVING,
    REDUCED,
    growth_threshold,
    inverse_l1_speed,
    l1_speed,
    reduced_weight,
    spread,
    squared_norm_speed,
)
from polytheory.theory.sparsification.slow_time import completion_time, slow_time
from polytheory.theory.sparsification.survival import survival_probability

__all__ = [
    "CURVE",
    "FRACTION",
    "GROWTH",
    "LIVING",
    "MEAN_FIELD",
    "PAPER",
    "PAPER_COUNT",
    "REDUCED",
    "TAIL",
    "CompletionLaw",
    "MeanField",
    "completion_law",
    "completion_time",
    "fourth_norm",
    "growth_threshold",
    "inverse_l1_speed",
    "l1_norm",
    "l1_norm_bounds",
    "l1_norm_tail",
    "l1_speed",
    "mean_field",
    "nonzero_count",
    "nonzero_count_tail",
    "paper_l1_norm",
    "paper_nonzero_count",
    "paper_time_to_count",
    "reduced_weight",
    "slow_time",
    "speedup",
    "spread",
    "squared_norm_speed",
    "survival_probability",
    "threshold",
    "time_to_fraction",
]
