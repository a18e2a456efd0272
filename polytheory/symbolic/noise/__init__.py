"""The noise mechanism in SymPy: from the expected loss to a drift, its start and its end."""

from polytheory.symbolic.noise._drift import (
    drift_rate,
    drift_rate_second_order,
    escape_rate,
    late_rate,
)
from polytheory.symbolic.noise._edgeworth import (
    edgeworth_gradient,
    edgeworth_mean_absolute,
    edgeworth_second_moment,
    edgeworth_slope,
)
from polytheory.symbolic.noise._gaussian import (
    diagonal_loss,
    gaussian_derivatives,
    gaussian_invariance,
    gaussian_second_moment,
)
from polytheory.symbolic.noise._laws import cumulants, few_weights, mean_absolute_bounds
from polytheory.symbolic.noise._rows import (
    cubic_flow,
    fourth_norm_of_random_rows,
    initial_fourth_norm_slope,
    plateau_fourth_norm,
)
from polytheory.symbolic.noise._simplex import (
    critical_std,
    equilibrium_norm,
    expected_force,
    overlap_speed,
    simplex_overlap,
)

__all__ = [
    "critical_std",
    "cubic_flow",
    "cumulants",
    "diagonal_loss",
    "drift_rate",
    "drift_rate_second_order",
    "edgeworth_gradient",
    "edgeworth_mean_absolute",
    "edgeworth_second_moment",
    "edgeworth_slope",
    "equilibrium_norm",
    "escape_rate",
    "expected_force",
    "few_weights",
    "fourth_norm_of_random_rows",
    "gaussian_derivatives",
    "gaussian_invariance",
    "gaussian_second_moment",
    "initial_fourth_norm_slope",
    "late_rate",
    "mean_absolute_bounds",
    "overlap_speed",
    "plateau_fourth_norm",
    "simplex_overlap",
]
