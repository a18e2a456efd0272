"""The symbols, their names in code, and the two unit systems.

The published training loss and the gradient flow measure strength and time differently. With
``L = sum_i |ReLU(W W_i) - e_i|^2 + lambda_loss |W|_1`` the gradient carries a factor 4 that the
flow leaves out, so

    lambda = lambda_loss / 4    and, for plain gradient descent,    t = 4 * learning_rate * steps.

This is the one place where the factor stands. AdamW has no such clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike

from polytheory._checks import LARGEST, FloatArray, Number, unwrap
from polytheory.domain import Domain, Interval

__all__ = [
    "GRADIENT_FACTOR",
    "SYMBOLS",
    "Domain",
    "Interval",
    "Symbol",
    "flow_l1",
    "flow_time",
    "loss_l1",
    "training_steps",
]

#: minus the gradient of the published loss = GRADIENT_FACTOR * (velocity of the flow)
GRADIENT_FACTOR = 4.0

_NON_NEGATIVE = Interval(0, np.inf)


@dataclass(frozen=True)
class Symbol:
    """One row of the notation table; without a unit, a pure number."""

    letter: str
    name: str
    shape: str
    domain: Interval
    meaning: str
    unit: str = ""


SYMBOLS: tuple[Symbol, ...] = (
    Symbol("n", "n_features", "()", Interval(1, np.inf, integer=True), "features, one row each"),
    Symbol("m", "n_neurons", "()", Interval(1, np.inf, integer=True), "hidden neurons, columns"),
    Symbol("λ", "l1_strength", "()", _NON_NEGATIVE, "ℓ1 strength", "flow units"),
    Symbol("t", "time", "(T,)", _NON_NEGATIVE, "time of the flow", "flow units"),
    Symbol("W", "encodings", "(..., n, m)", Interval(-np.inf, np.inf), "row i encodes feature i"),
    Symbol("u", "initial_row", "(..., m)", Interval(-np.inf, np.inf), "one row of W at time zero"),
    Symbol("N", "squared_norm", "(T, ...)", _NON_NEGATIVE, "Σ_k w_k² of a row"),
    Symbol("‖w‖₁", "l1_norm", "(T, ...)", _NON_NEGATIVE, "Σ_k |w_k| of a row"),
    Symbol("‖w‖₄⁴", "fourth_norm", "(T, ...)", _NON_NEGATIVE, "Σ_k w_k⁴ of a row"),
    Symbol("m'", "nonzero_count", "(T, ...)", Interval(0, np.inf, integer=True), "living weights"),
    Symbol("τ", "threshold", "(T, ...)", _NON_NEGATIVE, "weights with |u_k| ≤ τ have died"),
    Symbol("ρ", "spread", "(T, ...)", _NON_NEGATIVE, "m'N/‖w‖₁² − 1, squared variation of |w_k|"),
    Symbol("σ", "slow_time", "()", Interval(-np.inf, np.inf), "∫ dτ/√S₂, clock of the direction"),
)

# Bounded, so that no product or quotient below can overflow.
_UP_TO_LARGEST = Interval(0, LARGEST)
_L1 = Domain({"loss_l1": _UP_TO_LARGEST, "l1_strength": _UP_TO_LARGEST})
_CLOCK = Domain(
    {
        "learning_rate": Interval(1 / LARGEST, LARGEST),
        "steps": _UP_TO_LARGEST,
        "time": _UP_TO_LARGEST,
    }
)


@overload
def flow_l1(*, loss_l1: Number) -> float: ...
@overload
def flow_l1(*, loss_l1: ArrayLike) -> FloatArray: ...
def flow_l1(*, loss_l1: Any) -> Any:
    """Convert an ℓ1 strength from loss units to flow units: λ = λ_loss / 4.

    Parameters
    ----------
    loss_l1 : float or array
        The coefficient of ``|W|_1`` in the published loss, non-negative.

    Returns
    -------
    float or ndarray

    Examples
    --------
    >>> from polytheory.notation import flow_l1
    >>> flow_l1(loss_l1=1e-3)
    0.00025
    """
    (strength,) = _L1.check(loss_l1=loss_l1)
    return unwrap(strength / GRADIENT_FACTOR)


@overload
def loss_l1(*, l1_strength: Number) -> float: ...
@overload
def loss_l1(*, l1_strength: ArrayLike) -> FloatArray: ...
def loss_l1(*, l1_strength: Any) -> Any:
    """Convert an ℓ1 strength from flow units to loss units; the inverse of `flow_l1`.

    Parameters
    ----------
    l1_strength : float or array
        λ in flow units, non-negative.

    Returns
    -------
    float or ndarray

    Examples
    --------
    >>> from polytheory.notation import loss_l1
    >>> loss_l1(l1_strength=0.00025)
    0.001
    """
    (strength,) = _L1.check(l1_strength=l1_strength)
    return unwrap(strength * GRADIENT_FACTOR)


@overload
def flow_time(*, learning_rate: Number, steps: Number) -> float: ...
@overload
def flow_time(*, learning_rate: ArrayLike, steps: ArrayLike) -> FloatArray: ...
def flow_time(*, learning_rate: Any, steps: Any) -> Any:
    """Flow time reached by plain gradient descent: t = 4 · learning_rate · steps.

    Parameters
    ----------
    learning_rate : float or array
        Positive.
    steps : float or array
        Non-negative.

    Returns
    -------
    float or ndarray

    Notes
    -----
    Adaptive optimizers (AdamW) have no such clock.

    Examples
    --------
    >>> from polytheory.notation import flow_time
    >>> flow_time(learning_rate=0.25, steps=1000)
    1000.0
    """
    rate, count = _CLOCK.check(learning_rate=learning_rate, steps=steps)
    return unwrap(GRADIENT_FACTOR * rate * count)


@overload
def training_steps(*, learning_rate: Number, time: Number) -> float: ...
@overload
def training_steps(*, learning_rate: ArrayLike, time: ArrayLike) -> FloatArray: ...
def training_steps(*, learning_rate: Any, time: Any) -> Any:
    """Gradient-descent steps that reach a flow time; the inverse of `flow_time` (not rounded).

    Parameters
    ----------
    learning_rate : float or array
        Positive.
    time : float or array
        Flow time, non-negative.

    Returns
    -------
    float or ndarray

    Examples
    --------
    >>> from polytheory.notation import training_steps
    >>> training_steps(learning_rate=0.25, time=1000.0)
    1000.0
    """
    rate, target = _CLOCK.check(learning_rate=learning_rate, time=time)
    return unwrap(target / (GRADIENT_FACTOR * rate))
