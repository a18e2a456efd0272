"""What co-occurrence does to overlaps in training: it dissolves negative ones, too."""

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
    says="trained on inputs that co-occur, a small negative overlap decays like e^−rt, "
    "r = 1 + p − √((1−p)² + 4p²)",
    source="tradeoff: Training on such inputs",
    note="Two rows without ℓ1; loss per active feature.",
)
def negative_overlap_rate(probability: Any) -> Any:
    r"""Rate at which training on co-occurring features dissolves a small negative overlap.

    .. math:: r = 1 + p - \sqrt{(1-p)^2 + 4p^2} = 2p - 2p^2 + O(p^3)

    Under basis vectors a negative overlap costs nothing and stays. Where two features are active
    together it does cost, and decays. A collision forms while ℓ1 sparsifies, in a time of order
    1/λ: so it is p/λ that decides whether there are any.

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

    It is exact for two rows without ℓ1, in linear order about unit length and a right angle; for
    more features leading order as np → 0. It vanishes at p = 1, where the two are one feature.

    Examples
    --------
    >>> from polytheory.theory.tradeoff import negative_overlap_rate
    >>> round(negative_overlap_rate(0.01), 6)
    0.019798
    """
    (p,) = INPUTS.check(probability=probability)
    # (1+p)² − (1−p)² − 4p² = 4p(1−p), so that nothing cancels for small p.
    return unwrap(4.0 * p * (1.0 - p) / (1.0 + p + np.hypot(1.0 - p, 2.0 * p)))
