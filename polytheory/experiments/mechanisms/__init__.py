r"""The two mechanisms side by side, ℓ1 and noise, in three figures.

- `compute_curves`, `draw_curves`: the inverse participation ratio in time, for each distribution of
  noise and strength;
- `compute_equivalence`, `draw_equivalence`: is λ = `equivalent_l1` as fast as the noise?
- `compute_counts`, `draw_counts`, `draw_fidelity`: how many neurons end polysemantic, and how often
  the initially largest weight wins, under ℓ1, under noise and under both.

Noise is followed on average over it, the last also as sampled by gradient descent. λ and times are
in flow units throughout.
"""

from polytheory.experiments.mechanisms._counts import Counts
from polytheory.experiments.mechanisms._curves import Curves, compute_curves, draw_curves
from polytheory.experiments.mechanisms._draw import draw_counts, draw_fidelity
from polytheory.experiments.mechanisms._ends import compute_counts
from polytheory.experiments.mechanisms._equivalence import (
    Equivalence,
    compute_equivalence,
    draw_equivalence,
)

__all__ = [
    "Counts",
    "Curves",
    "Equivalence",
    "compute_counts",
    "compute_curves",
    "compute_equivalence",
    "draw_counts",
    "draw_curves",
    "draw_equivalence",
    "draw_fidelity",
]
