"""How one encoding sparsifies under the ℓ1 penalty: one topic a module, every statement here."""

from polytheory.symbolic.sparsification._bands import (
    paper_count_band,
    paper_l1_band,
)
from polytheory.symbolic.sparsification._bounds import (
    curve_spread,
    l1_norm_lower,
    l1_norm_upper,
)
from polytheory.symbolic.sparsification._completion import (
    completion_rest,
    completion_spread,
    completion_step,
    completion_tail_rate,
    completion_time,
)
from polytheory.symbolic.sparsification._curve import (
    fourth_norm,
    l1_norm,
    mean_field,
    nonzero_count,
    speedup,
    time_to_fraction,
    universal_curve,
)
from polytheory.symbolic.sparsification._moments import (
    gaussian_moment,
)
from polytheory.symbolic.sparsification._paper import (
    paper_l1_norm,
    paper_nonzero_count,
    paper_time_to_count,
)
from polytheory.symbolic.sparsification._row import (
    growth_threshold,
    inverse_l1_speed,
    l1_speed,
    soft_threshold_reduction,
    spread,
    squared_norm_speed,
)
from polytheory.symbolic.sparsification._slow_time import (
    polar_form,
    slow_manifold_time,
    slow_manifold_time_second_order,
    slow_time,
)
from polytheory.symbolic.sparsification._survival import (
    survival_traps,
)
from polytheory.symbolic.sparsification._tails import (
    l1_norm_tail,
    nonzero_count_tail,
)

__all__ = [
    "completion_rest",
    "completion_spread",
    "completion_step",
    "completion_tail_rate",
    "completion_time",
    "curve_spread",
    "fourth_norm",
    "gaussian_moment",
    "growth_threshold",
    "inverse_l1_speed",
    "l1_norm",
    "l1_norm_lower",
    "l1_norm_tail",
    "l1_norm_upper",
    "l1_speed",
    "mean_field",
    "nonzero_count",
    "nonzero_count_tail",
    "paper_count_band",
    "paper_l1_band",
    "paper_l1_norm",
    "paper_nonzero_count",
    "paper_time_to_count",
    "polar_form",
    "slow_manifold_time",
    "slow_manifold_time_second_order",
    "slow_time",
    "soft_threshold_reduction",
    "speedup",
    "spread",
    "squared_norm_speed",
    "survival_traps",
    "time_to_fraction",
    "universal_curve",
]
