"""What is meant to avoid incidental polysemanticity: prediction, measurement, and price (6.2).

- `LEVERS`: what is changed, each with its prediction, made before the runs;
- `compute_avoidance`, `draw_avoidance`: the runs. A prediction that fails is reported as a failure;
- `packing_loss`: sharing in a measure that knows no basis.

λ is in flow units throughout.
"""

from polytheory.experiments.avoidance._levers import LEVERS, Lever, packing_loss
from polytheory.experiments.avoidance._run import Avoidance, compute_avoidance, draw_avoidance

__all__ = [
    "LEVERS",
    "Avoidance",
    "Lever",
    "compute_avoidance",
    "draw_avoidance",
    "packing_loss",
]
