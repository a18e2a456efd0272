"""Checks of the null models of the number of polysemantic neurons, by enumeration and sampling.

They are tested as combinatorics. The comparison with the flow is in ``check_flow.py``.
"""

import math
from dataclasses import replace
from functools import cache, partial
from itertools import combinations, product
from typing import Any

import numpy as np

from polytheory._checks import FloatArray
from polytheory.checking import Observation, drawn, judged, mean_of
from polytheory.checking.wrong import (
    altered,
    instead,
    narrowed,
    widened,
)
from polytheory.domain import Domain, Interval, whole
from polytheory.theory import collisions as closed

_DRAWS = 4000


# --- enumeration ----------------------------------------------------------------------------------


@cache
def exact_frequencies(n_features: int, n_neurons: int) -> FloatArray:
    """Return the share of choices of n different sites that fill x neurons, for x = 0 … n/2.

    Counted in integers, neuron by neuron: it carries no feature, one (of either sign) or two.
    ``ways[j][x]`` is the number of choices of j sites that fill x of the neurons so far.
    """
    ways = [[0] * (n_features // 2 + 1) for _ in range(n_features + 1)]
    ways[0][0] = 1
    for _ in range(n_neurons):
        for j in range(n_features, 0, -1):
            for x in range(j // 2, -1, -1):
                ways[j][x] += 2 * ways[j - 1][x]
                if j >= 2 and x >= 1:
                    ways[j][x] += ways[j - 2][x - 1]
    total = sum(ways[n_features])
    return np.array([each / total for each in ways[n_features]])


def _counted(value: Any, error: Any = None) -> Observation:
    # Shares are rounded once each; sums of a few dozen of them are good to about 1e-14.
    return Observation(value, error or 1e-14 * abs(value), "enumeration in integers")


def _mean(shares: FloatArray) -> float:
    return math.fsum(shares * np.arange(shares.size))


def _counted_mean(n_features: int, n_neurons: int) -> Observation:
    return _counted(_mean(exact_frequencies(n_features, n_neurons)))


def _counted_variance(n_features: int, n_neurons: int) -> Observation:
    shares = exact_frequencies(n_features, n_neurons)
    return _counted(math.fsum(shares * (np.arange(shares.size) - _mean(shares)) ** 2))


def _counted_distance(n_features: int, n_neurons: int) -> Observation:
    """Return the total variation distance from the Poisson distribution of the same mean."""
    shares = exact_frequencies(n_features, n_neurons)
    mean = _mean(shares)
    poisson = [math.exp(-mean) * mean**x / math.factorial(x) for x in range(shares.size)]
    beyond = 1.0 - math.fsum(poisson)
    return _counted(0.5 * (math.fsum(np.abs(shares - poisson)) + beyond), 1e-14)


def _frequencies(n_features: int, n_neurons: int) -> Observation:
    shares = exact_frequencies(n_features, n_neurons)
    return Observation(shares, 1e-13 * shares, "enumeration in integers")


def _with_counts(n_features: int, n_neurons: int) -> dict[str, Any]:
    counts = np.arange(n_features // 2 + 1)
    return {"count": counts, "n_features": n_features, "n_neurons": n_neurons}


def _fewest(n_features: int, n_neurons: int) -> Observation:
    """Return the fewest polysemantic neurons of any choice of sites."""
    return _counted(np.flatnonzero(exact_frequencies(n_features, n_neurons))[0], 1e-12)


def _share_of_pairs(n_neurons: int) -> Observation:
    """Enumerate the pairs of different sites (neuron, sign)."""
    sites = list(product(range(n_neurons), (1, -1)))
    pairs = [one[0] == other[0] for one, other in combinations(sites, 2)]
    return _counted(sum(pairs) / len(pairs))


def _first_width(expected: float, n_features: int) -> Observation:
    """Try one width after the other."""
    width = math.ceil(n_features / 2)
    while _mean(exact_frequencies(n_features, width)) > expected:
        width += 1
    return _counted(width, 1e-12)


_SOON = Domain(
    {"n_features": whole(1, 12), "expected": Interval(0.4, 6.0)},
    where=lambda n_features, expected, **_: n_features**2 <= 100.0 * expected,
    because="widths up to about 25",
)


# --- sampling -------------------------------------------------------------------------------------


def occupied(n_features: int, n_neurons: int, seed: int) -> FloatArray:
    """Draw a site for each feature and return the occupancies, (DRAWS, n_neurons, 2)."""
    sites = 2 * n_neurons
    drawn = np.random.default_rng(seed).integers(sites, size=(_DRAWS, n_features))
    places = drawn + sites * np.arange(_DRAWS)[:, None]
    counts = np.bincount(places.ravel(), minlength=_DRAWS * sites)
    return counts.reshape(_DRAWS, n_neurons, 2).astype(np.float64)


def _drawn_mean(n_features: int, n_neurons: int, seed: int) -> Observation:
    both = (occupied(n_features, n_neurons, seed) > 0).all(axis=-1).sum(axis=-1)
    return mean_of(both, f"standard error of {_DRAWS} draws")


# --- the laws -------------------------------------------------------------------------------------


def _countable(first_feature: int, first_neuron: int, but: str = "") -> dict[str, Any]:
    sizes = {"n_features": whole(first_feature, 48), "n_neurons": whole(first_neuron, 24)}
    return {
        "cases": replace(closed.SITES, intervals=sizes),
        "why": f"sizes enumerated in a few hundredths of a second{but}",
    }


LAWS = (
    judged(
        closed.expected_polysemantic,
        "expected_polysemantic",
        observe=_counted_mean,
        **_countable(1, 1),
        wrong=[
            instead(
                "the paper's, correct to leading order",
                closed.expected_polysemantic,
                null_model="paper",
            ),
            instead("independent features", closed.expected_polysemantic, null_model="independent"),
        ],
    ),
    judged(
        closed.expected_polysemantic,
        "expected_polysemantic_independent",
        predict=partial(closed.expected_polysemantic, null_model="independent"),
        observe=_drawn_mean,
        cases=drawn(n_features=whole(20, 100), n_neurons=whole(20, 200)),
        why="neurons with both signs are frequent, but not all neurons have both",
        wrong=[
            instead(
                "any signs",
                closed.expected_polysemantic,
                null_model="independent",
                signs="any",
            ),
        ],
    ),
    judged(
        closed.polysemantic_variance,
        observe=_counted_variance,
        **_countable(1, 2, "; with one neuron the variance is 0"),
    ),
    judged(
        closed.no_collision_probability,
        observe=lambda n_features, n_neurons: _counted(exact_frequencies(n_features, n_neurons)[0]),
        **_countable(1, 1),
        wrong=[
            instead(
                "no shared neuron, if independent",
                closed.no_collision_probability,
                null_model="independent",
            ),
        ],
    ),
    judged(
        closed.expected_polysemantic_bounds,
        observe=_counted_mean,
        **_countable(2, 2, "; one feature or one neuron is trivial"),
        tight=(0.05, 1e-9),  # the upper one is an equality for n = 2m, the lower one off by 1/2m
        wrong=[narrowed(1.02), widened(1.001)],
    ),
    judged(
        closed.poisson_distance_bound,
        predict=lambda **sizes: (None, closed.poisson_distance_bound(**sizes)),
        closed_form=closed.poisson_distance_bound,
        observe=_counted_distance,
        **_countable(2, 2, "; one feature or one neuron is trivial"),
        tight=(None, 1e-9),  # an equality for n = 2
        wrong=[
            altered("a thousandth higher", lambda ends: (None, 1.001 * ends[1])),
            altered("a thousandth lower", lambda ends: (None, 0.999 * ends[1])),
        ],
    ),
    judged(
        closed.polysemantic_pmf,
        closed_form=None,
        not_compared="its gamma functions have poles where the probability is 0",
        observe=_frequencies,
        prepare=_with_counts,
        **_countable(1, 1),
        wrong=[
            instead("independent features", closed.polysemantic_pmf, null_model="independent"),
        ],
    ),
    judged(
        closed.pair_probability,
        observe=_share_of_pairs,
        cases=Domain({"n_neurons": whole(1, 24)}),
        why="pairs of sites enumerated in thousandths of a second",
        wrong=[
            instead("independent features", closed.pair_probability, null_model="independent"),
        ],
    ),
    judged(
        closed.necessary_polysemantic,
        predict=lambda **sizes: (closed.necessary_polysemantic(**sizes), None),
        closed_form=None,
        not_compared="the statement is n − m, where that is positive",
        observe=_fewest,
        **_countable(1, 1),
        tight=(1e-9, None),  # attained without an empty neuron
        wrong=[
            altered("one more", lambda ends: (ends[0] + 1.0, None)),
            altered("one less", lambda ends: (ends[0] - 1.0, None)),
        ],
    ),
    judged(
        closed.width_for,
        closed_form=None,
        not_compared="the statement gives the width before it is rounded up",
        observe=_first_width,
        cases=_SOON,
        why="widths enumerated in hundredths of a second",
        wrong=[
            altered("one neuron more", lambda width: width + 1.0),
            altered("one neuron less", lambda width: width - 1.0),
            instead("the paper's", closed.width_for, null_model="paper"),
        ],
    ),
)
