"""Checks of the null models of the number of polysemantic neurons, by enumeration and sampling.

They are tested as combinatorics. The comparison with the flow is in ``check_flow.py``.
"""

import math
from dataclasses import replace
from functools import cache, partial
from typing import Any

import numpy as np

from polytheory._checks import FloatArray
from polytheory.checking import Observation, drawn, judged, mean_of
from polytheory.checking.wrong import OFF_BY_A_THOUSANDTH, instead, narrowed, scaled, widened
from polytheory.domain import whole
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
            *OFF_BY_A_THOUSANDTH,
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
            *(scaled(1.05), scaled(0.95)),  # 4000 draws: error about 1 %
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
        wrong=OFF_BY_A_THOUSANDTH,
    ),
    judged(
        closed.no_collision_probability,
        observe=lambda n_features, n_neurons: _counted(exact_frequencies(n_features, n_neurons)[0]),
        **_countable(1, 1),
        wrong=[
            *OFF_BY_A_THOUSANDTH,
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
        tight=1e-9,  # the upper one is an equality for n = 2m
        wrong=[narrowed(1.02), widened(1.001)],
    ),
    judged(
        closed.poisson_distance_bound,
        # No lower bound: 0 would count as tight for every small distance.
        predict=lambda **sizes: (-np.inf, closed.poisson_distance_bound(**sizes)),
        closed_form=closed.poisson_distance_bound,
        observe=_counted_distance,
        **_countable(2, 2, "; one feature or one neuron is trivial"),
        tight=1e-9,  # an equality for n = 2
        wrong=OFF_BY_A_THOUSANDTH,
    ),
)
