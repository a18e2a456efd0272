"""Sparsification of one encoding under ℓ1.

- one row: `growth_threshold`, `reduced_weight`, `l1_speed`, `squared_norm_speed`, `squared_cv`,
  `inverse_l1_speed`; times of deaths: `hitting_time`, `completion_time`;
- wide Gaussian rows: `scaled_threshold`, `l1_norm`, `nonzero_count`, `fourth_power_sum`,
  `l1_norm_bounds`, `speedup`, `time_to_fraction`, `l1_norm_tail`, `nonzero_count_tail`; for any λ√m
  and scale: `mean_field`;
- random rows: `completion_distribution`, the universal distribution of λT*, and
  `survival_probability`;
- the published laws: `paper_l1_norm`, `paper_nonzero_count`, `paper_time_to_count`.
"""

from polytheory.theory.sparsification import completion, curve, paper, row, slow_manifold, survival
from polytheory.theory.sparsification.completion import *
from polytheory.theory.sparsification.curve import *
from polytheory.theory.sparsification.paper import *
from polytheory.theory.sparsification.row import *
from polytheory.theory.sparsification.slow_manifold import *
from polytheory.theory.sparsification.survival import *

__all__ = completion.__all__ + curve.__all__ + paper.__all__
__all__ += row.__all__ + slow_manifold.__all__ + survival.__all__
