"""Decay of negative overlaps in training on co-occurring features."""

from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike

from polytheory._checks import FloatArray, Number, unwrap
from polytheory.claims import Kind, claim
from polytheory.theory.tradeoff._neuron import INPUTS

__all__ = ["negative_overlap_rate"]


@overload
def negative_overlap_rate(probability: Number) -> float: ...
@overload
def negative_overlap_rate(probability: ArrayLike) -> FloatArray: ...
@claim(
    Kind.EXACT,
    INPUTS,
    says="trained on co-occurring features, a small negative overlap decays like e^−rt,  "
    "r = 1 + p − √((1−p)² + 4p²)",
    source="tradeoff: Training on such inputs",
    note="Two rows without ℓ1; loss per active feature.",
)
def negative_overlap_rate(probability: Any) -> Any:
    r"""Return the rate at which training on co-occurring features dissolves negative overlaps.

    .. math:: r = 1 + p - \sqrt{(1-p)^2 + 4p^2} = 2p - 2p^2 + O(p^3)

    Basis vectors leave a negative overlap unchanged, without a loss. If two features are active
    together, it has a loss and decays. A collision forms while ℓ1 sparsifies, in a time of order
    1/λ: so p/λ decides whether there are any.

    Parameters
    ----------
    probability : float or array
        p: a probability; in [0, 1].

    Returns
    -------
    float or ndarray
        In flow units, for the loss per active feature: see `polytheory.inputs.Inputs`.

    Raises
    ------
    ValueError
        If p lies outside [0, 1].

    Notes
    -----
    Kind: exact. Source: derivations/tradeoff, “Training on such inputs”.

    Exact for two rows without ℓ1, to linear order about unit norms and a right angle; for more
    features leading order as np → 0. It vanishes at p = 1, where the two are one feature.

    Examples
    --------
    >>> from polytheory.theory.tradeoff import negative_overlap_rate
    >>> round(negative_overlap_rate(0.01), 6)
    0.019798
    """
    (p,) = INPUTS.check(probability=probability)
    # (1+p)² − (1−p)² − 4p² = 4p(1−p), so that nothing cancels for small p.
    return unwrap(4.0 * p * (1.0 - p) / (1.0 + p + np.hypot(1.0 - p, 2.0 * p)))
