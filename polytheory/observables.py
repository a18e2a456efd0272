"""Observables of rows (..., m), returned as arrays (...), and of encodings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polytheory import _axes, _checks, _foreign
from polytheory._checks import FloatArray, Number, unwrap
from polytheory._defaults import CARRIER_RULES

__all__ = [
    "carriers",
    "fourth_power_sum",
    "l1_norm",
    "nonzero_count",
    "polysemantic_neurons",
    "squared_cv",
    "squared_norm",
    "winner_fidelity",
]

#: Types of one row and of one matrix. For arrays the type does not determine this.
Row = Sequence[Number]
Rows = Sequence[Sequence[Number]]
#: A carrier by the published rule has a weight of this size.
_CARRIER_SIZE = (0.8, 1.2)


def _rows(row: ArrayLike) -> FloatArray:
    w = _checks.real_array("row", row)
    if w.ndim == 0 or w.shape[-1] == 0:
        raise _checks.refuse_value("row", _checks.shown(w), "of shape (..., m) with m ≥ 1")
    _checks.within("row", w, _checks.MAX_VALUE)
    return w


@overload
def nonzero_count(row: Row) -> int: ...
@overload
def nonzero_count(row: ArrayLike) -> int | NDArray[np.int64]: ...
def nonzero_count(row: Any) -> Any:
    """Return m', the number of non-zero weights of each row.

    Examples
    --------
    >>> from polytheory.observables import nonzero_count
    >>> nonzero_count([[0.0, 1.0, -0.5], [0.0, 0.0, 2.0]]).tolist()
    [2, 1]
    """
    count = np.count_nonzero(_rows(row), axis=-1)
    return int(count) if np.ndim(count) == 0 else count


@overload
def l1_norm(row: Row) -> float: ...
@overload
def l1_norm(row: ArrayLike) -> float | FloatArray: ...
def l1_norm(row: Any) -> Any:
    """Return ‖w‖₁ = Σ_k |w_k| of each row.

    Examples
    --------
    >>> from polytheory.observables import l1_norm
    >>> l1_norm([3.0, -4.0])
    7.0
    """
    return unwrap(np.abs(_rows(row)).sum(axis=-1))


@overload
def squared_norm(row: Row) -> float: ...
@overload
def squared_norm(row: ArrayLike) -> float | FloatArray: ...
def squared_norm(row: Any) -> Any:
    """Return N = Σ_k w_k² of each row.

    Examples
    --------
    >>> from polytheory.observables import squared_norm
    >>> squared_norm([3.0, -4.0])
    25.0
    """
    return unwrap(np.square(_rows(row)).sum(axis=-1))


@overload
def fourth_power_sum(row: Row) -> float: ...
@overload
def fourth_power_sum(row: ArrayLike) -> float | FloatArray: ...
def fourth_power_sum(row: Any) -> Any:
    """Return ‖w‖₄⁴ = Σ_k w_k⁴ of each row.

    Examples
    --------
    >>> from polytheory.observables import fourth_power_sum
    >>> fourth_power_sum([1.0, -2.0])
    17.0
    """
    return unwrap(np.square(np.square(_rows(row))).sum(axis=-1))


@overload
def squared_cv(row: Row) -> float: ...
@overload
def squared_cv(row: ArrayLike) -> float | FloatArray: ...
def squared_cv(row: Any) -> Any:
    """Return ρ = m' N / ‖w‖₁² − 1, the squared coefficient of variation of the living |w_k|.

    It is computed from the deviations from the mean, so that rounding never makes it negative. For
    equal weights, and for a row of zeros, it is zero.

    Examples
    --------
    >>> from polytheory.observables import squared_cv
    >>> round(squared_cv([1.0, -3.0, 0.0]), 12)
    0.25
    """
    w = np.abs(_rows(row))
    alive = w > 0
    largest = w.max(axis=-1, keepdims=True)
    w = w / np.where(largest == 0, 1.0, largest)
    count = np.maximum(alive.sum(axis=-1), 1)
    mean = w.sum(axis=-1) / count
    variance = np.where(alive, np.square(w - mean[..., None]), 0.0).sum(axis=-1) / count
    return unwrap(variance / np.where(mean == 0, 1.0, mean) ** 2)


def _encodings(name: str, value: ArrayLike) -> FloatArray:
    W = _checks.real_array(name, _axes.oriented(name, value))
    if W.ndim < 2 or 0 in W.shape[-2:]:
        allowed = "of shape (..., n_features, n_neurons), neither of them 0"
        raise _checks.refuse_value(name, _checks.shown(W), allowed)
    _checks.within(name, W, _checks.MAX_VALUE)
    return W


def carriers(encodings: ArrayLike, *, carrier_rule: str = "published") -> NDArray[np.int64]:
    """Return the neuron that carries each feature, or −1 if none does.

    Parameters
    ----------
    encodings : array (..., n_features, n_neurons)
    carrier_rule : {"published", "share"}
        The carrier of a feature is the neuron of its largest weight, if 0.8 ≤ |W_ik| ≤ 1.2
        ("published") or if W_ik² > ‖W_i‖²/2 ("share", independent of scale).

    Returns
    -------
    ndarray (..., n_features) of int
        Neurons are numbered from 0.

    Raises
    ------
    TypeError, ValueError
        If the encodings are not real, finite and of at least two axes, or the rule is unknown.

    Notes
    -----
    Source: arXiv 2312.03096, section 3 and its public code; the rule "share" is ours.

    Examples
    --------
    >>> from polytheory import carriers
    >>> carriers([[0.9, 0.1], [-1.0, 0.0], [0.3, 0.3]]).tolist()
    [0, 0, -1]
    """
    size = np.abs(_encodings("encodings", encodings))
    largest = size.max(axis=-1, keepdims=True)
    if _checks.one_of("carrier_rule", carrier_rule, CARRIER_RULES) == "published":
        carried = (largest >= _CARRIER_SIZE[0]) & (largest <= _CARRIER_SIZE[1])
    else:
        unit = size / np.where(largest == 0, 1.0, largest)
        carried = (largest > 0) & (np.square(unit).sum(axis=-1, keepdims=True) < 2.0)
    return np.where(carried[..., 0], size.argmax(axis=-1), -1)


@overload
def polysemantic_neurons(encodings: Rows, *, carrier_rule: str = "published") -> int: ...
@overload
def polysemantic_neurons(
    encodings: ArrayLike, *, carrier_rule: str = "published"
) -> int | NDArray[np.int64]: ...
def polysemantic_neurons(encodings: Any, *, carrier_rule: str = "published") -> Any:
    """Return the number of neurons that carry two or more features.

    Parameters
    ----------
    encodings : array (..., n_features, n_neurons)
    carrier_rule : {"published", "share"}
        The definition of a carrier, see `carriers`.

    Returns
    -------
    int or ndarray (...) of int

    Raises
    ------
    TypeError, ValueError
        As `carriers`.

    Examples
    --------
    >>> from polytheory import polysemantic_neurons
    >>> polysemantic_neurons([[0.9, 0.1], [-1.0, 0.0]])
    1
    """
    W = _encodings("encodings", encodings)
    owner = carriers(W, carrier_rule=carrier_rule)
    count = (owner[..., None] == np.arange(W.shape[-1])).sum(axis=-2)
    shared = np.count_nonzero(count >= 2, axis=-1)
    return int(shared) if np.ndim(shared) == 0 else shared


@overload
def winner_fidelity(initial: Rows, final: Rows) -> float: ...
@overload
def winner_fidelity(initial: ArrayLike, final: ArrayLike) -> float | FloatArray: ...
def winner_fidelity(initial: Any, final: Any) -> Any:
    """Return the fraction of features whose largest initial weight is the largest in the end.

    Without interference it is the fraction of surviving features; a dead feature counts as
    unfaithful. Neurons are compared, not signs; of equal weights the first counts as the largest.

    Parameters
    ----------
    initial, final : array (..., n_features, n_neurons)

    Returns
    -------
    float or ndarray (...)
        Between 0 and 1; 1/n_neurons by chance.

    Raises
    ------
    TypeError, ValueError
        If the two are not encodings of the same shape.

    Examples
    --------
    >>> from polytheory import winner_fidelity
    >>> winner_fidelity([[0.5, -0.6], [0.3, 0.2]], [[0.0, -1.0], [0.0, 1.0]])
    0.5
    """
    _foreign.require_same_labels(initial=initial, final=final)
    before, after = _encodings("initial", initial), _encodings("final", final)
    if before.shape != after.shape:
        raise _checks.refuse_value("final", f"shape {after.shape}", f"of shape {before.shape}")
    same = np.abs(before).argmax(axis=-1) == np.abs(after).argmax(axis=-1)
    return unwrap((same & after.any(axis=-1)).mean(axis=-1))
