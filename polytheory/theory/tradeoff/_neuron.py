"""Expected loss of the features on one neuron: P of them with weight +x, Q with −x."""

from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import binom

from polytheory._checks import FloatArray, Number, refuse_type, unwrap
from polytheory.claims import Domain, Interval, Kind, claim, whole
from polytheory.noise import Noise, functionals

__all__ = ["CARRIERS", "INPUTS", "checked_noise", "neuron_loss", "sharing_excess", "squares"]

INPUTS = Domain({"probability": Interval(0.0, 1.0)})
#: A carrier rests between 0.58 and 1; published sizes are at most 1.2.
CARRIERS = Domain({"amplitude": Interval(0.0, 10.0)})
#: Largest number of features of one sign on a neuron, beyond all experiments.
_COUNT = whole(0, 100)
NEURON = Domain(
    {"n_positive": _COUNT, "n_negative": _COUNT, **INPUTS.intervals, **CARRIERS.intervals}
)


def checked_noise(noise: object) -> Noise | None:
    """Return the noise distribution, or None for no noise."""
    if isinstance(noise, Noise | None):
        return noise
    raise refuse_type(
        "noise", noise, "a distribution such as polytheory.noise.Bipolar(std=0.1), or None"
    )


def squares(
    overlap: FloatArray, weight: FloatArray, noise: Noise | None
) -> tuple[FloatArray, FloatArray]:
    """Return E y² and E(y − 1)² of the output y = ReLU(μ + wξ), w ≥ 0, at each overlap μ."""
    if noise is None:
        y = np.maximum(overlap, 0.0)
        return y**2, (y - 1.0) ** 2
    flat = np.broadcast_to(weight, overlap.shape).ravel()
    # Many overlaps are equal, and some distributions need a quadrature per overlap.
    cases, where = np.unique(np.stack([overlap.ravel(), flat], 1), axis=0, return_inverse=True)
    F = functionals(cases[:, 0], cases[:, 1:], noise)
    silent, active = np.asarray(F.F), np.asarray(F.F - F.slope + 1.0)
    return silent[where].reshape(overlap.shape), active[where].reshape(overlap.shape)


@overload
def neuron_loss(
    n_positive: Number,
    n_negative: Number,
    *,
    probability: Number,
    amplitude: Number,
    noise: Noise | None = None,
) -> float: ...
@overload
def neuron_loss(
    n_positive: ArrayLike,
    n_negative: ArrayLike,
    *,
    probability: ArrayLike,
    amplitude: ArrayLike,
    noise: Noise | None = None,
) -> FloatArray: ...
@claim(
    Kind.EXACT,
    NEURON,
    says="P features of +x, Q of −x: ΣΣ C(P,a) C(Q,b) pᵃ⁺ᵇ (1−p)^(P+Q−a−b) · errors²",
    source="tradeoff: One neuron",
)
def neuron_loss(
    n_positive: Any, n_negative: Any, *, probability: Any, amplitude: Any, noise: Any = None
) -> Any:
    r"""Return the expected loss of the features on one neuron, P with weight +x and Q with −x.

    .. math:: \ell_{P,Q} = \sum_{a=0}^P\sum_{b=0}^Q \tbinom Pa\tbinom Qb p^{a+b}(1-p)^{P+Q-a-b}
              \bigl[a(y-1)^2 + (P-a)y^2 + b(y'-1)^2 + (Q-b)y'^2\bigr]

    with the neuron at x(a−b), and outputs y = x²(a−b)₊ of positive and y' = x²(b−a)₊ of negative
    features. With noise on the hidden layer y² and (y−1)² become F(μ) and F(μ)−F'(μ)+1 at
    μ = ±x²(a−b), with the functionals of a row of the single weight x.

    Parameters
    ----------
    n_positive : int or array
        P: number of positive features on a neuron; whole, in [0, 100].
    n_negative : int or array
        Q: number of negative features on a neuron; whole, in [0, 100].
    probability : float or array
        p: a probability; in [0, 1].
    amplitude : float or array
        x₊: size of a carrier; in [0, 10].
    noise : polytheory.noise.Noise, optional
        Noise on each neuron at test time; none by default.

    Returns
    -------
    float or ndarray
        Loss per input, without the ℓ1 term.

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside its domain, or `noise` is not a `polytheory.noise.Noise`.

    Notes
    -----
    Kind: exact. Source: derivations/tradeoff, “One neuron”.

    Exact to all orders in p. A feature without a carrier has loss p.

    Examples
    --------
    >>> from polytheory.theory.tradeoff import neuron_loss
    >>> round(neuron_loss(1, 1, probability=0.1, amplitude=1.0), 12)  # both active: both lost
    0.02
    >>> round(neuron_loss(2, 0, probability=0.1, amplitude=1.0), 12)  # one active: both seen
    0.2
    """
    given = NEURON.check(
        n_positive=n_positive, n_negative=n_negative, probability=probability, amplitude=amplitude
    )
    plus, minus, p, x = np.broadcast_arrays(*given)
    noise = checked_noise(noise)
    loss = np.zeros(p.shape)
    for P, Q in set(zip(plus.ravel().tolist(), minus.ravel().tolist(), strict=True)):
        here = (plus == P) & (minus == Q)
        loss[here] = _of_pattern(int(P), int(Q), p[here], x[here], noise)
    return unwrap(loss)


def _of_pattern(P: int, Q: int, p: FloatArray, x: FloatArray, noise: Noise | None) -> FloatArray:
    """Sum over a active positive and b active negative features, on axes 1 and 2."""
    a, b = np.arange(P + 1.0)[:, None], np.arange(Q + 1.0)
    size = x[:, None, None]
    overlap = size**2 * (a - b)
    silent, active = squares(overlap, size, noise)
    silent_negative, active_negative = squares(-overlap, size, noise)
    cost = a * active + (P - a) * silent + b * active_negative + (Q - b) * silent_negative
    chance = _binomial(P, p)[:, :, None] * _binomial(Q, p)[:, None, :]
    return np.asarray((chance * cost).sum(axis=(1, 2)))


def _binomial(n: int, p: FloatArray) -> FloatArray:
    """Return the chances of 0 … n successes, (len(p), n + 1)."""
    k = np.arange(n + 1.0)
    return np.asarray(binom(n, k) * p[:, None] ** k * (1.0 - p[:, None]) ** (n - k))


@overload
def sharing_excess(
    n_positive: Number,
    n_negative: Number,
    *,
    probability: Number,
    amplitude: Number,
    noise: Noise | None = None,
) -> float: ...
@overload
def sharing_excess(
    n_positive: ArrayLike,
    n_negative: ArrayLike,
    *,
    probability: ArrayLike,
    amplitude: ArrayLike,
    noise: Noise | None = None,
) -> FloatArray: ...
@claim(
    Kind.EXACT,
    NEURON,
    says="features that share a neuron: excess loss ℓ(P, Q) − (P+Q) ℓ(1, 0)",
    source="tradeoff: Two of opposite sign",
    rests_on="neuron_loss",
)
def sharing_excess(
    n_positive: Any, n_negative: Any, *, probability: Any, amplitude: Any, noise: Any = None
) -> Any:
    r"""Return the excess loss ℓ(P, Q) − (P+Q)ℓ(1, 0) of features that share a neuron.

    Parameters
    ----------
    n_positive : int or array
        P: number of positive features on a neuron; whole, in [0, 100].
    n_negative : int or array
        Q: number of negative features on a neuron; whole, in [0, 100].
    probability : float or array
        p: a probability; in [0, 1].
    amplitude : float or array
        x₊: size of a carrier; in [0, 10].
    noise : polytheory.noise.Noise, optional
        Noise on each neuron at test time; none by default.

    Returns
    -------
    float or ndarray
        Loss per input; negative where sharing lowers the loss, as for opposite signs under noise at
        small p, see `break_even_probability`.

    Raises
    ------
    TypeError, ValueError
        As `neuron_loss`.

    Notes
    -----
    Kind: exact. Source: derivations/tradeoff, “Two of opposite sign”.

    `pair_excess` is the case (1, 1) in closed form.

    Examples
    --------
    >>> from polytheory.theory.tradeoff import sharing_excess
    >>> round(sharing_excess(1, 1, probability=0.1, amplitude=1.0), 12)
    0.02
    """
    given = {"probability": probability, "amplitude": amplitude, "noise": noise}
    together = neuron_loss(n_positive, n_negative, **given)
    number = np.asarray(n_positive, dtype=np.float64) + np.asarray(n_negative)
    return unwrap(together - number * neuron_loss(1, 0, **given))
