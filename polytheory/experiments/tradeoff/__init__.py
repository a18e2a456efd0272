r"""What polysemantic neurons cost, and what features that occur together do to their number.

- `compute_cost`, `draw_excess`, `draw_loss`, `draw_noise`: settled layers are shown inputs in which
  every feature is active with probability p, and their loss is held against the exact one;
- `compute_training`, `draw_training`: layers are trained on such inputs, and counted.

λ is in flow units throughout; losses are those of one input, without the ℓ1 term.
"""

from polytheory.experiments.tradeoff._cost import Cost, compute_cost
from polytheory.experiments.tradeoff._draw import draw_excess, draw_loss, draw_noise
from polytheory.experiments.tradeoff._training import (
    CoOccurrence,
    compute_training,
    draw_training,
)

__all__ = [
    "CoOccurrence",
    "Cost",
    "compute_cost",
    "compute_training",
    "draw_excess",
    "draw_loss",
    "draw_noise",
    "draw_training",
]
