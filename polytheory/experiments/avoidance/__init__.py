"""Levers meant to avoid incidental polysemanticity: prediction, measurement, cost.

- `polytheory.experiments.avoidance.levers`: the levers, each with a prediction made before the
  runs, and `packing_loss`, a measure of sharing that does not depend on the basis;
- `polytheory.experiments.avoidance.runs`: the runs. A prediction that fails is reported as refuted.

λ is in flow units throughout.
"""
