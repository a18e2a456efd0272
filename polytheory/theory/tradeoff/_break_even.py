"""Two features of opposite sign on one neuron: excess loss and break-even probability."""

from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike

from polytheory._checks import FloatArray, Number, unwrap
from polytheory.claims import Domain, Kind, claim
from polytheory.noise import Noise, functionals
from polytheory.theory.tradeoff._neuron import CARRIERS, INPUTS, checked_noise

__all__ = ["break_even_probability", "pair_excess"]

PAIR = Domain({**INPUTS.intervals, **CARRIERS.intervals})


def _gain_and_price(x: FloatArray, noise: Noise | None) -> tuple[FloatArray, FloatArray]:
    """Return F(0) − F(−s) and s(2−s) − (F'(0) − F'(−s)), s = x²: the terms in p and in p²."""
    s = x**2
    if noise is None:
        return np.zeros_like(s), s * (2.0 - s)
    row = x[..., None]
    level, below = functionals(0.0, row, noise), functionals(-s, row, noise)
    gain = np.asarray(level.F - below.F)
    return gain, np.asarray(s * (2.0 - s) - (level.slope - below.slope))


@overload
def pair_excess(*, probability: Number, amplitude: Number, noise: Noise | None = None) -> float: ...
@overload
def pair_excess(
    *, probability: ArrayLike, amplitude: ArrayLike, noise: Noise | None = None
) -> FloatArray: ...
@claim(
    Kind.EXACT,
    PAIR,
    says="opposite signs on one neuron: excess loss 2p²(1 − (1 − x₊²)²) over two neurons",
    source="tradeoff: Two of opposite sign",
    note="Without noise; with noise there is a term in p, see break_even_probability.",
)
def pair_excess(*, probability: Any, amplitude: Any, noise: Any = None) -> Any:
    r"""Return the excess loss of two features of opposite sign on one neuron over two neurons.

    .. math:: 2p^2\bigl(1-(1-x^2)^2\bigr) \quad\text{without noise, and with it}\quad
              2p^2\bigl[s(2-s) - F'(0) + F'(-s)\bigr] - 2p\bigl[F(0)-F(-s)\bigr],\; s = x^2.

    Without noise only inputs with both features active lose. With noise there is also a gain: while
    its partner is active, the output of a feature is below the kink, where noise has no effect.

    Parameters
    ----------
    probability : float or array
        p: a probability; in [0, 1].
    amplitude : float or array
        x₊: size of a carrier; in [0, 10].
    noise : polytheory.noise.Noise, optional
        Noise on each neuron at test time.

    Returns
    -------
    float or ndarray
        Loss per input.

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside its domain, or `noise` is not a `polytheory.noise.Noise`.

    Notes
    -----
    Kind: exact. Source: derivations/tradeoff, “Two of opposite sign”.

    Examples
    --------
    >>> from polytheory.noise import Bipolar
    >>> from polytheory.theory.tradeoff import pair_excess
    >>> round(pair_excess(probability=0.1, amplitude=1.0), 12)
    0.02
    >>> round(pair_excess(probability=0.01, amplitude=1.0, noise=Bipolar(std=0.2)), 12)
    -0.00024
    """
    p, x = PAIR.check(probability=probability, amplitude=amplitude)
    gain, price = _gain_and_price(x, checked_noise(noise))
    return unwrap(2.0 * p**2 * price - 2.0 * p * gain)


@overload
def break_even_probability(*, amplitude: Number, noise: Noise) -> float: ...
@overload
def break_even_probability(*, amplitude: ArrayLike, noise: Noise) -> FloatArray: ...
@claim(
    Kind.EXACT,
    CARRIERS,
    says="under noise sharing lowers the loss below p* = (F(0) − F(−s))/(s(2−s) − F′(0) + F′(−s))",
    source="tradeoff: Noise at the time of the test",
    note="For every symmetric distribution. Above 1 or infinite: sharing lowers it at every p.",
)
def break_even_probability(*, amplitude: Any, noise: Noise) -> Any:
    r"""Return the probability p* below which opposite features lose less on a shared neuron.

    .. math:: p^* = \frac{F(0)-F(-s)}{s(2-s) - F'(0) + F'(-s)},\qquad s = x^2;\qquad
              \frac{\sigma^2 x}{2[x(2-x^2) - \sigma]} \text{ for bipolar noise of } \sigma \le x

    Parameters
    ----------
    amplitude : float or array
        x₊: size of a carrier; in [0, 10].
    noise : polytheory.noise.Noise
        Noise on each neuron at test time.

    Returns
    -------
    float or ndarray
        About σ²/2 for weak noise and x near 1. Above 1, or infinite (for x > 1 only), sharing
        lowers the loss at every p. 0 for x = 0.

    Raises
    ------
    TypeError, ValueError
        If the amplitude lies outside its domain, or `noise` is not a `polytheory.noise.Noise`.

    Notes
    -----
    Kind: exact. Source: derivations/tradeoff, “Noise at the time of the test”.

    For every symmetric distribution. One-hot states are compared; under noise the flow need not end
    at either (chapter noise).

    Examples
    --------
    >>> from polytheory.noise import Bipolar
    >>> from polytheory.theory.tradeoff import break_even_probability
    >>> round(break_even_probability(amplitude=1.0, noise=Bipolar(std=0.2)), 12)
    0.025
    """
    (x,) = CARRIERS.check(amplitude=amplitude)
    given = checked_noise(noise)
    if given is None:
        return unwrap(np.zeros_like(x))
    gain, price = _gain_and_price(x, given)
    ratio = np.where(price > 0, gain / np.where(price > 0, price, 1.0), np.inf)
    return unwrap(np.where(x > 0, ratio, 0.0))
