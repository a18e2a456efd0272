"""An exact test of the number of neurons with both signs against random signed sites."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from polytheory import _checks
from polytheory.theory import collisions


@dataclass(frozen=True)
class Chance:
    """An observed count compared with the exclusion null model.

    Attributes
    ----------
    n_sites, n_neurons : int
        K, the number of signed sites (neuron, sign) that are taken, and m, of 2m sites in all.
    observed : int
        Number of neurons with both sites taken.
    expected, standard_deviation : float
        Mean and standard deviation of that number X if all sets of K sites are equally likely.
    p_fewer, p_more : float
        P(X ≤ observed) and P(X ≥ observed), as exact sums.
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
    x = _checks.integer("observed", observed, minimum=0)
    K = _checks.integer("n_sites", n_sites, minimum=1)
    m = _checks.integer("n_neurons", n_neurons, minimum=1)
    collisions.SITES.check(n_features=K, n_neurons=m)
    least, most = max(K - m, 0), K // 2
    if not least <= x <= most:
        raise _checks.refuse_value("observed", str(x), f"between {least} and {most}")
    level = check_level(level)
    tail = (1.0 - level) / 2.0
    counts = np.arange(least, most + 1)
    pmf = np.atleast_1d(collisions.polysemantic_pmf(counts, K, m))
    # Sum each tail from its far end, where the terms are smallest.
    fewer = np.minimum(np.cumsum(pmf), 1.0)
    more = np.minimum(np.cumsum(pmf[::-1])[::-1], 1.0)
    inside = counts[(fewer > tail) & (more > tail)]
    return Chance(
        n_sites=K,
        n_neurons=m,
        observed=x,
        expected=float(collisions.expected_polysemantic(K, m)),
        standard_deviation=float(np.sqrt(collisions.polysemantic_variance(K, m))),
        p_fewer=float(fewer[x - least]),
        p_more=float(more[x - least]),
        p_value=float(min(1.0, 2.0 * min(fewer[x - least], more[x - least]))),
        interval=(int(inside[0]), int(inside[-1])),
        level=level,
        possible=(least, most),
    )


def check_level(level: float) -> float:
    """Return the level as a float in (0, 1)."""
    value = _checks.scalar("level", level)
    if not 0.0 < value < 1.0:
        raise _checks.refuse_value("level", f"{value:g}", "between 0 and 1, both excluded")
    return value
