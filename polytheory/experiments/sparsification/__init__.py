r"""How one encoding becomes sparse, in three figures.

- `compute_speed`, `draw_speed`, `draw_speed_ratio`: how a wide row loses its weights;
- `compute_collapse`, `draw_collapse`: one curve for all widths and strengths;
- `compute_completion`, `draw_completion_survival`, `draw_completion_density`: when one weight is
  left, against the universal law.

λ and t are in flow units throughout.
"""

from polytheory.experiments.sparsification._collapse import (
    Collapse,
    compute_collapse,
    draw_collapse,
)
from polytheory.experiments.sparsification._completion import (
    Completion,
    compute_completion,
    dkw_width,
    draw_completion_density,
    draw_completion_survival,
)
from polytheory.experiments.sparsification._speed import (
    Speed,
    compute_speed,
    draw_speed,
    draw_speed_ratio,
)
from polytheory.experiments.sparsification._wide import FEWEST

__all__ = [
    "FEWEST",
    "Collapse",
    "Completion",
    "Speed",
    "compute_collapse",
    "compute_completion",
    "compute_speed",
    "dkw_width",
    "draw_collapse",
    "draw_completion_density",
    "draw_completion_survival",
    "draw_speed",
    "draw_speed_ratio",
]
