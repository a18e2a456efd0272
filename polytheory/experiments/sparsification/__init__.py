r"""How one encoding becomes sparse, in three figures.

- `speed`: how a wide row loses its weights;
- `collapse`: one curve for all widths and strengths;
- `completion`: when a single weight is left, compared with the universal distribution.

λ and t are in flow units throughout.
"""

from polytheory.experiments.sparsification.completion import dkw_width as dkw_width

__all__ = ["dkw_width"]
