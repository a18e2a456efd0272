"""What is meant to avoid incidental polysemanticity: prediction, measurement, and price.

- `polytheory.experiments.avoidance.levers`: what is changed, each with its prediction, made before
  the runs, and `packing_loss`, sharing in a measure that knows no basis;
- `polytheory.experiments.avoidance.runs`: the runs. A prediction that fails is reported as a
  failure.

λ is in flow units throughout.
"""
