"""Closed forms for the noise mechanism (theory 7): what it favours, how fast, to what end."""

from polytheory.theory.noise.drift import DRIFT, drift_rate, drift_rate_second_order
from polytheory.theory.noise.drift._sampling import (
    ESCAPE,
    escape_rate,
    largest_learning_rate,
    sgd_temperature,
)
from polytheory.theory.noise.edgeworth import (
    EDGEWORTH,
    edgeworth_second_moment,
    edgeworth_slope,
)
from polytheory.theory.noise.edgeworth._mean_absolute import (
    MEAN_ABSOLUTE,
    edgeworth_mean_absolute,
    mean_absolute_bounds,
)
from polytheory.theory.noise.rows import (
    RANDOM_ROWS,
    fourth_norm_of_random_rows,
    initial_fourth_norm_slope,
    plateau_fourth_norm,
)
from polytheory.theory.noise.rows._cubic import (
    WIDE,
    cubic_flow,
    equivalent_l1,
    half_sparsity_time,
    time_to_fourth_norm,
)
from polytheory.theory.noise.simplex import (
    BALANCED,
    critical_std,
    equilibrium_norm,
    simplex_overlap,
    working_window,
)

__all__ = [
    "BALANCED",
    "DRIFT",
    "EDGEWORTH",
    "ESCAPE",
    "MEAN_ABSOLUTE",
    "RANDOM_ROWS",
    "WIDE",
    "critical_std",
    "cubic_flow",
    "drift_rate",
    "drift_rate_second_order",
    "edgeworth_mean_absolute",
    "edgeworth_second_moment",
    "edgeworth_slope",
    "equilibrium_norm",
    "equivalent_l1",
    "escape_rate",
    "fourth_norm_of_random_rows",
    "half_sparsity_time",
    "initial_fourth_norm_slope",
    "largest_learning_rate",
    "mean_absolute_bounds",
    "plateau_fourth_norm",
    "sgd_temperature",
    "simplex_overlap",
    "time_to_fourth_norm",
    "working_window",
]
