"""Expected loss of a whole layer: of given carriers, or on average over the initialization."""

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

#: Features on one neuron whose 2^k combinations are still gone through.
MAX_FEATURES_ON_A_NEURON = 12
LAYER = replace(SITES, intervals={**SITES.intervals, **INPUTS.intervals, **CARRIER.intervals})
#: Features that choose independently: any number of them.
_CROWDED = Domain(LAYER.intervals)


@claim(
    Kind.STATISTICAL,
    INPUTS,
    says="the loss of a settled layer is a sum over its neurons, plus p a dead feature",
    source="tradeoff: One neuron",
    rests_on="neuron_loss",
    note="One-hot states only: at most one weight a row, and at most 12 rows a neuron.",
)
def one_hot_loss(
    encodings: ArrayLike, *, probability: ArrayLike, noise: Noise | None = None
) -> float | FloatArray:
    r"""Expected loss of given one-hot encodings, whatever their sizes, signs and occupancy.

    Features that share no neuron do not see each other, so the loss is a sum over neurons, each a
    finite sum over the 2^k combinations of the k features on it, plus p for each dead feature.

    Parameters
    ----------
    encodings : array (..., n_features, n_neurons)
        W: row i encodes feature i.
        At most one non-zero weight a row, and at most 12 a neuron: `simulate`'s ``final`` of a
        settled run.
    probability : float or array (...)
        p: a probability; in [0, 1].
    noise : polytheory.noise.Noise, optional
        Of each neuron, at the time of the test.

    Returns
    -------
    float or ndarray (...)
        E‖y − x‖² of one input, without the ℓ1 term.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong shape or range, or a row has two weights.

    Notes
    -----
    Kind: statistical. Source: derivations/tradeoff, “One neuron”.

    The formula is exact to all orders in p; it is compared with samples of inputs. With equal sizes
    it is a sum of `neuron_loss`.

    Examples
    --------
    >>> from polytheory.theory.tradeoff import one_hot_loss
    >>> W = [[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]]
    >>> round(one_hot_loss(W, probability=0.1), 12)
    0.02
    """
    W = _checks.real_array("encodings", encodings)
    if W.ndim < 2 or 0 in W.shape[-2:]:
        allowed = "of shape (..., n_features, n_neurons), neither of them 0"
        raise _checks.refuse_value("encodings", _checks.shown(W), allowed)
    _checks.within("encodings", W, _checks.MAX_STRENGTH)
    (p,) = INPUTS.check(probability=probability)
    noise = checked_noise(noise)
    alive = W != 0
    if (alive.sum(axis=-1) > 1).any():
        hint = "Follow the flow until it is settled, or estimate the loss from a sample of inputs."
        came = "a row with several"
        raise _checks.refuse_value("encodings", came, "rows of one non-zero weight at most", hint)
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
    """Return the loss of N neurons of k features, summed over inputs by how many are active."""
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
    note="As good as the model of the mean count E[C], which is statistical.",
    tested_in="tests/theory/test_tradeoff.py",
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
    r"""Loss of the settled layer, on average over its initialization: linear in the count.

    .. math:: n\,p\,(1-x_+^2)^2 + 2p^2\bigl(1-(1-x_+^2)^2\bigr)\,E[C]

    (without noise). What λ costs is in the first term, through the carriers' size x₊; what sharing
    costs in the second, through the number of polysemantic neurons C, and it falls like 1/m.

    Parameters
    ----------
    n_features : int or array
        n: number of features (rows); whole, ≥ 1.
        n ≤ 2m, but for *independent*; *measured* has a smaller domain.
    n_neurons : int or array
        m: number of neurons (columns); whole, ≥ 1.
    probability : float or array
        p: a probability; in [0, 1].
    l1_strength : float or array
        λ: ℓ1 strength, flow units; in [0, 2/(3√3)].
    null_model : {"exclusion", "independent", "paper", "measured"}
        Whose count is expected: see `expected_polysemantic`, with its domain.
    noise : polytheory.noise.Noise, optional
        Of each neuron, at the time of the test.

    Returns
    -------
    float or ndarray
        E‖y − x‖² of one input, without the ℓ1 term.

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside its range.

    Notes
    -----
    Kind: exact. Source: derivations/tradeoff, “A whole layer”.

    It is exact given the mean count, if every feature survives and no neuron carries more than two;
    so it is as good as the model of the count, which is statistical.

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
