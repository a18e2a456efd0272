r"""A comparison of the two mechanisms, ℓ1 and noise, in three figures.

- `curves`: the inverse participation ratio over time, for each distribution and strength of the
  noise;
- `equivalence`: does ℓ1 of strength `equivalent_l1` act as fast as the noise?
- `counts`: how many neurons end polysemantic, and how often the initially largest weight wins,
  under ℓ1, under noise and under both.

The flow is averaged over the noise; `counts` also samples it, by gradient descent. λ and times are
in flow units throughout.
"""
