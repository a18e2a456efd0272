"""Expected loss of a layer, for given carriers or on average over the initialization."""

import math
from dataclasses import replace
from itertools import product
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike

from polytheory import _checks
from polytheory._checks import FloatArray, Number, unwrap
from polytheory.claims import Domain, Kind, claim
from polytheory.noise import Noise
from polytheory.theory.collisions import SITES, expected_polysemantic
from polytheory.theory.fixed_points import CARRIER, carrier_amplitude
from polytheory.theory.tradeoff._break_even import pair_excess
from polytheory.theory.tradeoff._neuron import INPUTS, checked_noise, neuron_loss, squares

__all__ = ["layer_loss", "one_hot_loss"]

#: Largest number k of features on one neuron, whose 2^k combinations are summed.
MAX_FEATURES_ON_A_NEURON = 12
LAYER = replace(SITES, intervals={**SITES.intervals, **INPUTS.intervals, **CARRIER.intervals})
#: Features that choose independently: any number.
_CROWDED = Domain(LAYER.intervals)


@claim(
    Kind.EXACT,
    INPUTS,
    says="the loss of a settled layer is a sum over its neurons, plus p per dead feature",
    source="tradeoff: One neuron",
    rests_on="neuron_loss",
    note="One-hot states only: at most one weight per row, and at most 12 rows per neuron.",
)
def one_hot_loss(
    encodings: ArrayLike, *, probability: ArrayLike, noise: Noise | None = None
) -> float | FloatArray:
    r"""Return the expected loss of one-hot encodings of any sizes, signs and occupancy.

    Features on different neurons do not interact, so the loss is a sum over neurons, each a finite
    sum over the 2^k combinations of its k features, plus p per dead feature.

    Parameters
    ----------
    encodings : array (..., n_features, n_neurons)
        W: row i encodes feature i.
        At most one non-zero weight per row and 12 per neuron, such as ``final`` of a settled
        run of `simulate`.
    probability : float or array (...)
        p: a probability; in [0, 1].
    noise : polytheory.noise.Noise, optional
        Noise on each neuron at test time.

    Returns
    -------
    float or ndarray (...)
        E‖y − x‖² of one input, without the ℓ1 term.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong shape or range, or a row has several weights.

    Notes
    -----
    Kind: exact. Source: derivations/tradeoff, “One neuron”.

    Exact to all orders in p. For equal sizes it is a sum of `neuron_loss`.

    Examples
    --------
    >>> from polytheory.theory.tradeoff import one_hot_loss
    >>> W = [[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]]
    >>> round(one_hot_loss(W, probability=0.1), 12)
    0.02
    """
    W = _checks.real_array("encodings", encodings)
    if W.ndim < 2 or 0 in W.shape[-2:]:
        allowed = "of shape (..., n_features, n_neurons), both sizes at least 1"
        raise _checks.refuse_value("encodings", _checks.shown(W), allowed)
    _checks.within("encodings", W, _checks.MAX_STRENGTH)
    (p,) = INPUTS.check(probability=probability)
    noise = checked_noise(noise)
    alive = W != 0
    if (alive.sum(axis=-1) > 1).any():
        hint = "Simulate until the flow is settled, or estimate the loss from a sample of inputs."
        came = "a row with several non-zero weights"
        raise _checks.refuse_value("encodings", came, "rows with at most one non-zero weight", hint)
    together = alive.sum(axis=-2)
    if together.max() > MAX_FEATURES_ON_A_NEURON:
        came = f"{together.max()} features on one neuron"
        raise _checks.refuse_value("encodings", came, f"at most {MAX_FEATURES_ON_A_NEURON} on each")

    dead = W.shape[-2] - alive.sum(axis=(-2, -1))
    loss = np.asarray(p * dead)
    for k in np.unique(together[together > 0]).tolist():
        columns = np.swapaxes(W, -1, -2)[together == k]
        cost = np.zeros((math.prod(W.shape[:-2]), k + 1))
        instance = np.nonzero(together.reshape(-1, W.shape[-1]) == k)[0]
        np.add.at(cost, instance, _by_active(columns[columns != 0].reshape(-1, k), noise))
        cost = cost.reshape(*W.shape[:-2], k + 1)
        active = np.arange(k + 1)
        chance = p[..., None] ** active * (1.0 - p[..., None]) ** (k - active)
        loss = loss + (chance * cost).sum(axis=-1)
    return loss if loss.ndim else float(loss)


def _by_active(weights: FloatArray, noise: Noise | None) -> FloatArray:
    """Return the losses of N neurons of k features, summed over inputs by the number active."""
    k = weights.shape[-1]
    inputs = np.array(list(product((0.0, 1.0), repeat=k)))
    overlap = (weights @ inputs.T)[:, :, None] * weights[:, None, :]
    silent, active = squares(overlap, np.abs(weights)[:, None, :], noise)
    cost = np.where(inputs == 1, active, silent).sum(axis=-1)
    number = inputs.sum(axis=-1)[:, None] == np.arange(k + 1)
    return np.asarray(cost @ number)


@overload
def layer_loss(
    n_features: Number,
    n_neurons: Number,
    *,
    probability: Number,
    l1_strength: Number,
    null_model: str = "exclusion",
    noise: Noise | None = None,
) -> float: ...
@overload
def layer_loss(
    n_features: ArrayLike,
    n_neurons: ArrayLike,
    *,
    probability: ArrayLike,
    l1_strength: ArrayLike,
    null_model: str = "exclusion",
    noise: Noise | None = None,
) -> FloatArray: ...
@claim(
    Kind.EXACT,
    LAYER,
    says="the mean loss of a settled layer is n p (1 − x₊²)² + 2p² (1 − (1 − x₊²)²) E[C]",
    source="tradeoff: A whole layer",
    rests_on="pair_excess",
    note="As accurate as the mean count E[C] of the null model; exclusion is judged.",
)
def layer_loss(
    n_features: Any,
    n_neurons: Any,
    *,
    probability: Any,
    l1_strength: Any,
    null_model: str = "exclusion",
    noise: Noise | None = None,
) -> Any:
    r"""Return the mean loss of the settled layer over initializations: linear in the count.

    .. math:: n\,p\,(1-x_+^2)^2 + 2p^2\bigl(1-(1-x_+^2)^2\bigr)\,E[C]

    (without noise). The first term depends on λ by the size x₊ of the carriers; the second is the
    cost of sharing, by the number of polysemantic neurons C, and decreases like 1/m.

    Parameters
    ----------
    n_features : int or array
        n: number of features (rows); whole, ≥ 1.
        n ≤ 2m, except for *independent*; *measured* has a smaller domain.
    n_neurons : int or array
        m: number of neurons (columns); whole, ≥ 1.
    probability : float or array
        p: a probability; in [0, 1].
    l1_strength : float or array
        λ: ℓ1 strength, flow units; in [0, 2/(3√3)].
    null_model : {"exclusion", "independent", "paper", "measured"}
        Null model of E[C], with its domain: see `expected_polysemantic`.
    noise : polytheory.noise.Noise, optional
        Noise on each neuron at test time.

    Returns
    -------
    float or ndarray
        E‖y − x‖² of one input, without the ℓ1 term.

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside its domain.

    Notes
    -----
    Kind: exact. Source: derivations/tradeoff, “A whole layer”.

    Exact given the mean count, if every feature survives and no neuron carries more than two; so it
    is as accurate as the null model of the count.

    Examples
    --------
    >>> from polytheory.theory.tradeoff import layer_loss
    >>> layer_loss(64, [128, 1280], probability=0.02, l1_strength=0.01).round(5).tolist()
    [0.00645, 0.00076]
    """
    x = np.asarray(carrier_amplitude(l1_strength))
    layer = {"n_features": n_features, "n_neurons": n_neurons}
    needed = l1_strength if null_model == "measured" else None
    count = expected_polysemantic(**layer, null_model=null_model, l1_strength=needed)
    domain = _CROWDED if null_model == "independent" else LAYER
    n, _, p, _ = domain.check(**layer, probability=probability, l1_strength=l1_strength)
    alone = neuron_loss(1, 0, probability=p, amplitude=x, noise=noise)
    excess = pair_excess(probability=p, amplitude=x, noise=noise)
    return unwrap(n * alone + count * excess)
