r"""How many neurons end polysemantic in the full flow, in four figures.

- `compute_count`, `draw_count`, `draw_count_ratio`: against the width of the layer;
- `compute_ratio`, `draw_ratio`: in units of what exclusion expects, over a grid in n, m/n, λ√m;
- `compute_fidelity`, `draw_fidelity`: how often the initially largest weight wins;
- `compute_weights`, `draw_weight_map`, `draw_winning`: where each weight starts and ends.

Each ``compute`` follows instances of the full flow to their limits and returns `Ends`, the last one
`Weights`. λ is in flow units throughout.
"""

from polytheory.experiments.collisions._count import compute_count, draw_count, draw_count_ratio
from polytheory.experiments.collisions._ends import Ends
from polytheory.experiments.collisions._fidelity import compute_fidelity, draw_fidelity
from polytheory.experiments.collisions._ratio import compute_ratio, draw_ratio
from polytheory.experiments.collisions._weights import (
    Weights,
    compute_weights,
    draw_weight_map,
    draw_winning,
    largest_wins,
)

__all__ = [
    "Ends",
    "Weights",
    "compute_count",
    "compute_fidelity",
    "compute_ratio",
    "compute_weights",
    "draw_count",
    "draw_count_ratio",
    "draw_fidelity",
    "draw_ratio",
    "draw_weight_map",
    "draw_winning",
    "largest_wins",
]
