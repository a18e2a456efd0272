"""Two features of the flow: how probably they end on one neuron, and how contact displaces them.

Sampled in the simulator, without using any closed form. A collision of two given features has a
probability of about 1/(2m): to count collisions takes many runs. `shared_probability` makes almost
every run tell something.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from polytheory import _checks
from polytheory._checks import FloatArray
from polytheory.flow.simulate import simulate
from polytheory.flow.two_rows import STEP, follow_pairs
from polytheory.model import ToyModel

__all__ = ["Estimate", "shared_probability", "squared_displacement"]

Whole: TypeAlias = NDArray[np.int64]
Truth: TypeAlias = NDArray[np.bool_]

#: Weights of a run of rows: small enough for the cache, large enough for vectors.
_CHUNK = 200_000
#: A standard error needs this many batches.
_MIN_BATCHES = 20
#: Ranks are drawn with weights r^−POWER: the variance is smallest, and flat, near here.
_POWER = 1.5
#: Share of the draws in which the signs on the neuron agree. A collision then needs a weight that
#: changes its sign and wins: 118 of 54,601 collisions of two rows on 4 neurons, 3 of 28,672 on 8,
#: none of 14,792 on 16 (λ√m = 0.01). From 16 neurons on it is left out.
_AGREE, _WIDE = 0.2, 16
#: Bins of v = |√m W_jb(0)|, narrow also where few weights lie: there contact lasts longest.
_EDGES = np.arange(1, 51) / 10.0


class Estimate(NamedTuple):
    """A mean over samples.

    Attributes
    ----------
    value, standard_error : float
    samples : int
        Number of runs.
    """

    value: float
    standard_error: float
    samples: int


def shared_probability(
    n_features: int,
    n_neurons: int,
    *,
    l1_strength: float,
    samples: int = 10_000,
    rng: Any = None,
    step: float = STEP,
) -> Estimate:
    r"""Estimate the probability that two given features end on one neuron with opposite signs.

    All neurons and both signs are alike, so it is a sum over the ranks r₁, r₂ of the two weights on
    one neuron among the initial weights of their features, and over equal and opposite signs there:

    .. math:: 2m\,P = \sum_{r_1, r_2, s} P(\text{both end on the neuron, with opposite signs}
              \mid r_1, r_2, s).

    Ranks are drawn with weights (r₁r₂)^−1.5, each run counts with the inverse of its weight, and
    the term r₁ = r₂ = 1, which is nearly 1 and most of the sum, serves as control variate.

    Parameters
    ----------
    n_features : int
        n: number of features (rows); 2 ≤ n ≤ 2m.
        The features beyond the two are the others of the layer.
    n_neurons : int
        m: number of neurons (columns); whole, ≥ 1.
    l1_strength : float
        λ: ℓ1 strength, flow units; in [1e-6, 1].
    samples : int
        Number of runs, at least 20; rounded up to whole batches.
    rng : Generator, SeedSequence, int or None
        Passed to `numpy.random.default_rng`.
    step : float
        Step of `follow_pairs`, for n = 2. More features are followed by `simulate`.

    Returns
    -------
    Estimate
        The probability and its standard error from batch means.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or lies outside its range, or n > 2m: 2m signed sites
        cannot hold more features.

    Notes
    -----
    Kind: an unbiased estimate up to the step. Source: ours.

    Counting has a relative variance of 2m per run; this has 5 to 20 for two rows, so it pays from
    m ≈ 16 on. Rare ranks count much: with few samples they are missed, and the standard error is
    too small. From 16 neurons on equal signs are left out: no weight was seen to change its sign
    and win. Features that die end nowhere and do not collide.

    Examples
    --------
    >>> from polytheory.contact import shared_probability
    >>> seen = shared_probability(2, 64, l1_strength=0.004, samples=4000, rng=1)
    >>> 1.0 < 128 * seen.value < 1.4, 128 * seen.standard_error < 0.06
    (True, True)
    """
    n = _checks.integer("n_features", n_features, minimum=2)
    m = _checks.integer("n_neurons", n_neurons, minimum=1)
    if n > 2 * m:
        hint = "2m signed sites cannot hold more features."
        raise _checks.refuse_value("n_features", str(n), f"at most 2 n_neurons = {2 * m}", hint)
    lam = _checks.scalar("l1_strength", l1_strength, low=1e-6, high=1.0)
    weights = np.arange(1.0, m + 1.0) ** -_POWER
    weights /= weights.sum()
    share = _AGREE if m < _WIDE else 0.0
    size, generator = max(_CHUNK // (n * m), 1), _checks.generator(rng)

    def batch(count: int) -> float:
        W = generator.normal(size=(count, n, m)) / np.sqrt(m)
        ranks = generator.choice(m, size=(count, 2), p=weights)
        agree = generator.random(count) < share
        _place(W, ranks, agree)
        probability = weights[ranks].prod(axis=-1) * np.where(agree, share, 1.0 - share)
        control = ~agree & (ranks == 0).all(axis=-1)
        return float(np.mean((_collide(W, lam, step) * 1.0 - control) / probability))

    means, runs = _batches(batch, samples, size)
    return Estimate(float(1.0 + np.mean(means)) / (2 * m), _error(means) / (2 * m), runs)


def _place(W: FloatArray, ranks: Whole, agree: Truth) -> None:
    """Exchange weights of the first two rows so that those on neuron 0 have the given ranks."""
    runs = np.arange(len(W))
    for row in (0, 1):
        w = W[:, row]
        there = np.argsort(-np.abs(w), axis=-1)[runs, ranks[:, row]]
        w[runs, there], w[:, 0] = w[:, 0].copy(), w[runs, there]
    W[:, 0, 0] = np.abs(W[:, 0, 0])
    W[:, 1, 0] = np.where(agree, 1.0, -1.0) * np.abs(W[:, 1, 0])


def _collide(W: FloatArray, lam: float, step: float) -> Truth:
    """Return whether the first two rows of each run end on neuron 0 with opposite signs."""
    _, n, m = W.shape
    if n == 2:
        site = follow_pairs(W, l1_strength=lam, step=step).site
        return np.asarray((np.abs(site) == 1).all(axis=-1) & (site.sum(axis=-1) == 0))
    last = simulate(ToyModel(n, m, l1_strength=lam), W).final[:, :2]
    there = (np.abs(last).argmax(axis=-1) == 0).all(axis=-1)
    return np.asarray(there & (last[..., 0].prod(axis=-1) < 0))


def squared_displacement(
    n_neurons: int,
    *,
    l1_strength: float,
    samples: int = 10_000,
    rng: Any = None,
    step: float = STEP,
) -> Estimate:
    r"""Estimate E j², the mean square of what contact with a second row displaces in the flow.

    .. math:: j(v) = -m\,E[X_{ib} \mid \sqrt m\,W_{jb}(0) = v], \qquad
              E j^2 = \int j(v)^2 \varphi(v)\,dv

    with X the displacements of `follow_pairs`: what row j has moved on neuron b in row i, in units
    of the initial weights, given its own weight there at the start. j is odd, so it is averaged in
    bins of equal probability of |v|; products of different batches estimate its square without
    bias from sampling.

    Parameters
    ----------
    n_neurons : int
        m: number of neurons (columns); whole, ≥ 1.
    l1_strength : float
        λ: ℓ1 strength, flow units; in [1e-6, 1].
    samples : int
        Number of pairs of rows, at least 20; rounded up to whole batches.
    rng : Generator, SeedSequence, int or None
        Passed to `numpy.random.default_rng`.
    step : float
        Step of `follow_pairs`.

    Returns
    -------
    Estimate
        E j² and its standard error, by the jackknife over batches.

    Raises
    ------
    TypeError, ValueError
        If an argument has the wrong type or lies outside its range.

    Notes
    -----
    Kind: an estimate, unbiased up to the step and to the width of the bins. Source: ours.

    Examples
    --------
    >>> from polytheory.contact import squared_displacement
    >>> seen = squared_displacement(16, l1_strength=0.0025, samples=4000, rng=1)
    >>> 0.05 < seen.value < 0.15, seen.standard_error < 0.02
    (True, True)
    """
    m = _checks.integer("n_neurons", n_neurons, minimum=1)
    lam = _checks.scalar("l1_strength", l1_strength, low=1e-6, high=1.0)
    generator = _checks.generator(rng)

    def batch(count: int) -> FloatArray:
        W = generator.normal(size=(count, 2, m)) / np.sqrt(m)
        moved = follow_pairs(W, l1_strength=lam, step=step, displacements=True).displacement
        assert moved is not None
        v = W[:, ::-1] * np.sqrt(m)
        towards = np.ravel(-m * moved * np.sign(v))
        where = np.searchsorted(_EDGES, np.abs(v).ravel())
        bins = _EDGES.size + 1
        return np.stack([np.bincount(where, each, bins) for each in (towards, np.ones(v.size))])

    found, runs = _batches(batch, samples, max(_CHUNK // (2 * m), 1))
    sums = np.stack(found)  # (batch, sum or count, bin)
    jackknife = [_square(np.delete(sums, i, axis=0)) for i in range(len(sums))]
    error = np.sqrt((len(sums) - 1) * np.var(jackknife))
    return Estimate(_square(sums), float(error), runs)


def _square(sums: FloatArray) -> float:
    """Return ∫ j² φ dv from the sums and counts in the bins of each batch.

    Products of different batches only: the square of a noisy mean would be too large.
    """
    crossed = sums.sum(axis=0) ** 2 - np.square(sums).sum(axis=0)
    square = crossed[0] / np.maximum(crossed[1], 1.0)
    return float(2.0 * np.diff(ndtr(np.r_[0.0, _EDGES, np.inf])) @ square)


def _batches(batch: Callable[[int], Any], samples: int, largest: int) -> tuple[list[Any], int]:
    """Return the results of at least 20 batches of equal size, and their number of samples."""
    wanted = _checks.integer("samples", samples, minimum=_MIN_BATCHES)
    count = max(_MIN_BATCHES, -(-wanted // largest))
    size = -(-wanted // count)
    return [batch(size) for _ in range(count)], count * size


def _error(means: list[float]) -> float:
    return float(np.std(means, ddof=1) / np.sqrt(len(means)))
