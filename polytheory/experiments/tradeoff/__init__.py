r"""What polysemantic neurons cost, and what features that occur together do to their number.

- `polytheory.experiments.tradeoff.cost`: settled layers are shown inputs in which every feature is
  active with probability p, and their loss is held against the exact one, in two figures;
- `polytheory.experiments.tradeoff.training`: layers are trained on such inputs, and counted.

λ is in flow units throughout; losses are those of one input, without the ℓ1 term.
"""
