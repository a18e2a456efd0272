r"""The two mechanisms side by side, ℓ1 and noise, in three figures.

- `curves`: the inverse participation ratio in time, for each kind of noise and strength;
- `equivalence`: is λ = `equivalent_l1` as fast as the noise?
- `counts`: how many neurons end polysemantic, and how often the initially largest weight wins,
  under ℓ1, under noise and under both.

Noise is followed on average over it, the last also as sampled by gradient descent. λ and times are
in flow units throughout.
"""
