"""An exact test of the number of neurons with both signs against random signed sites."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from polytheory import _checks
from polytheory._checks import FloatArray
from polytheory.theory import collisions

#: The mean of the flow is taken anywhere within so many of its standard errors.
_ERRORS = 2.0


@dataclass(frozen=True)
class Chance:
    """An observed count compared with the exclusion null model, or with that of the flow.

    Attributes
    ----------
    n_sites, n_neurons : int
        K, the number of signed sites (neuron, sign) that are taken, and m, of 2m sites in all.
    observed : int
        Number of neurons with both sites taken.
    expected, standard_deviation : float
        Mean and standard deviation of that number X if all sets of K sites are equally likely, or
        in the flow.
    p_fewer, p_more : float
        P(X ≤ observed) and P(X ≥ observed), as exact sums. In the flow the largest that the
        uncertainty of its mean allows.
    p_value : float
        Two-sided: twice the smaller of the two, at most 1. Under the null hypothesis it is ≤ p with
        a probability of at most p.
    interval : (int, int)
        The counts with p_value > 1 − level. Under the null hypothesis X lies outside with a
        probability of at most 1 − level, at most half of that on each side.
    level : float
        Nominal probability of the interval.
    possible : (int, int)
        Smallest and largest possible count for K sites on m neurons.
    """

    n_sites: int
    n_neurons: int
    observed: int
    expected: float
    standard_deviation: float
    p_fewer: float
    p_more: float
    p_value: float
    interval: tuple[int, int]
    level: float
    possible: tuple[int, int]

    @property
    def consistent(self) -> bool:
        """Whether the observed count lies in the interval."""
        return self.interval[0] <= self.observed <= self.interval[1]

    @property
    def powerless(self) -> bool:
        """Whether every possible count lies in the interval, so that the test cannot reject."""
        return self.interval == self.possible


def compare_with_chance(
    observed: int, n_sites: int, n_neurons: int, *, level: float = 0.95
) -> Chance:
    r"""Return an exact test of the number of neurons that carry both signs against chance.

    Null hypothesis: the K signed sites that are taken are a random subset of the 2m. Then

    .. math:: P(X=x) = \binom mx\binom{m-x}{K-2x}2^{K-2x}\Big/\binom{2m}K.

    The test is conditional on K, so it makes no assumption about how many features live. The null
    hypothesis covers features that exclude one another from equal sites, and features that choose
    sites independently: given K different sites, all sets of K are equally likely.

    Parameters
    ----------
    observed : int
        Number of neurons with both sites taken.
    n_sites, n_neurons : int
        K and m, with 1 ≤ K ≤ 2m.
    level : float
        Nominal probability of the interval, in (0, 1).

    Returns
    -------
    Chance

    Raises
    ------
    TypeError, ValueError
        If a count is not a whole number or is impossible for the others, or `level` is not in
        (0, 1).

    Notes
    -----
    Kind: exact, as a test of this hypothesis. Source: ours.

    Examples
    --------
    >>> from polytheory.diagnosis import compare_with_chance
    >>> seen = compare_with_chance(2, 64, 128)
    >>> seen.interval, round(seen.expected, 2), round(seen.p_value, 4)
    ((4, 12), 7.91, 0.0059)
    """
    x, K, m, level = _checked(observed, n_sites, n_neurons, level)
    counts, pmf = _null_model(K, m)
    fewer, more = _tails(pmf)
    mean = float(collisions.expected_polysemantic(K, m))
    deviation = float(np.sqrt(collisions.polysemantic_variance(K, m)))
    return _judged(x, K, m, level, counts, (fewer, more), (mean, deviation))


def compare_with_flow(
    observed: int,
    n_sites: int,
    n_neurons: int,
    *,
    ratio: float,
    error: float = 0.0,
    level: float = 0.95,
) -> Chance:
    r"""Return the same test for a flow whose mean count is `ratio` times that of exclusion.

    Null hypothesis: each pair that shares a neuron multiplies the probability by the same weight w,

    .. math:: P(X=x) \propto w^x \binom mx\binom{m-x}{K-2x}2^{K-2x},

    with w such that the mean is `ratio` times that of `compare_with_chance`.

    Parameters
    ----------
    observed : int
        Number of neurons with both sites taken.
    n_sites, n_neurons : int
        K and m, with 1 ≤ K ≤ 2m.
    ratio, error : float
        Mean count in the flow over that of exclusion, and its standard error, at most a third of
        it. Every ratio within two standard errors is allowed: p-values are the largest and the
        interval the widest.
    level : float
        Nominal probability of the interval, in (0, 1).

    Returns
    -------
    Chance

    Raises
    ------
    TypeError, ValueError
        As for `compare_with_chance`; if `ratio` or `error` is out of range, or the mean is not
        between the smallest and the largest possible count.

    Notes
    -----
    Kind: exact, as a test of this hypothesis. Source: ours.

    Examples
    --------
    >>> from polytheory.diagnosis import compare_with_flow
    >>> seen = compare_with_flow(2, 64, 128, ratio=0.85, error=0.02)
    >>> seen.interval, round(seen.expected, 2), round(seen.p_value, 4)
    ((3, 11), 6.72, 0.0382)
    """
    x, K, m, level = _checked(observed, n_sites, n_neurons, level)
    middle = _checks.scalar("ratio", ratio, low=1e-3, high=1e3)
    spread = _ERRORS * _checks.scalar("error", error, high=middle / 3.0)
    counts, pmf = _null_model(K, m)
    mean = float(collisions.expected_polysemantic(K, m))
    low, here, high = (
        _weighted(counts, pmf, each * mean) for each in (middle - spread, middle, middle + spread)
    )
    tails = _tails(low)[0], _tails(high)[1]
    deviation = float(np.sqrt(here @ np.square(counts - here @ counts)))
    return _judged(x, K, m, level, counts, tails, (float(here @ counts), deviation))


def _checked(
    observed: int, n_sites: int, n_neurons: int, level: float
) -> tuple[int, int, int, float]:
    x = _checks.integer("observed", observed, minimum=0)
    K = _checks.integer("n_sites", n_sites, minimum=1)
    m = _checks.integer("n_neurons", n_neurons, minimum=1)
    collisions.SITES.check(n_features=K, n_neurons=m)
    least, most = max(K - m, 0), K // 2
    if not least <= x <= most:
        raise _checks.refuse_value("observed", str(x), f"between {least} and {most}")
    return x, K, m, check_level(level)


def _null_model(K: int, m: int) -> tuple[FloatArray, FloatArray]:
    """Return the possible counts and their probabilities under exclusion."""
    counts = np.arange(max(K - m, 0), K // 2 + 1, dtype=np.float64)
    return counts, np.atleast_1d(collisions.polysemantic_pmf(counts, K, m))


def _weighted(counts: FloatArray, pmf: FloatArray, mean: float) -> FloatArray:
    """Return the probabilities times w^x, normalized, with w such that they have this mean."""
    from scipy.optimize import brentq  # imported here only: used nowhere else

    if counts.size == 1:  # no choice
        return pmf
    if not counts[0] < mean < counts[-1]:
        allowed = f"such that the mean count lies between {counts[0]:.0f} and {counts[-1]:.0f}"
        raise _checks.refuse_value("ratio", f"mean count {mean:.4g}", allowed)
    # A probability that underflows stays 0 for any weight.
    log_pmf = np.log(np.where(pmf > 0, pmf, 1.0))

    def at(log_weight: float) -> FloatArray:
        logs = np.where(pmf > 0, log_pmf + log_weight * counts, -np.inf)
        found = np.exp(logs - logs.max())
        return np.asarray(found / found.sum())

    span = 100.0
    return at(float(brentq(lambda w: float(at(w) @ counts) - mean, -span, span, xtol=1e-12)))


def _tails(pmf: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return P(X ≤ x) and P(X ≥ x), each summed from its far end, where the terms are smallest."""
    return np.minimum(np.cumsum(pmf), 1.0), np.minimum(np.cumsum(pmf[::-1])[::-1], 1.0)


def _judged(
    x: int,
    K: int,
    m: int,
    level: float,
    counts: FloatArray,
    tails: tuple[FloatArray, FloatArray],
    moments: tuple[float, float],
) -> Chance:
    fewer, more = tails
    least, tail = int(counts[0]), (1.0 - level) / 2.0
    inside = counts[(fewer > tail) & (more > tail)]
    return Chance(
        n_sites=K,
        n_neurons=m,
        observed=x,
        expected=moments[0],
        standard_deviation=moments[1],
        p_fewer=float(fewer[x - least]),
        p_more=float(more[x - least]),
        p_value=float(min(1.0, 2.0 * min(fewer[x - least], more[x - least]))),
        interval=(int(inside[0]), int(inside[-1])),
        level=level,
        possible=(least, int(counts[-1])),
    )


def check_level(level: float) -> float:
    """Return the level as a float in (0, 1)."""
    value = _checks.scalar("level", level)
    if not 0.0 < value < 1.0:
        raise _checks.refuse_value("level", f"{value:g}", "between 0 and 1, both excluded")
    return value
