r"""The cost of polysemantic neurons, and their number if features occur together.

- `polytheory.experiments.tradeoff.cost`: the loss of settled layers on inputs in which every
  feature is active with probability p, compared with the exact one, in two figures;
- `polytheory.experiments.tradeoff.training`: the count in layers trained on such inputs.

λ is in flow units throughout; losses are those of one input, without the ℓ1 term.
"""
