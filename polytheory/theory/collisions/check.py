"""How many neurons end polysemantic when features exclude one another, or choose independently.

These laws are combinatorics: they are judged against counting and drawing lots. What they say of
the flow is another matter, and judged elsewhere.
"""

from __future__ import annotations

import math
from functools import cache, partial
from typing import Any

import numpy as np

from polytheory._checks import FloatArray
from polytheory.checking import Law, Observation
from polytheory.checking.measure import SEED, symbolic_statement
from polytheory.claims import Kind
from polytheory.domain import Domain, Interval
from polytheory.theory import collisions as theory
from polytheory.theory.collisions import SITES

REFERENCE = "ours; theory 5.2"
DRAWS = 4000


_symbolic = partial(symbolic_statement, "collisions")


# --- every choice of sites, counted ---------------------------------------------------------------


@cache
def exact_frequencies(n_features: int, n_neurons: int) -> FloatArray:
    """Share of the choices of n different sites that fill x neurons, for x = 0 … n/2.

    Counted in whole numbers, neuron by neuron: it takes no feature, one in either of two ways, or
    two. ``ways[j][x]`` is the number of choices of j sites that fill x of the neurons so far.
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


def _counted(value: float) -> Observation:
    # Shares are rounded once each; sums of a few dozen of them are good to about 1e-14.
    return Observation(
        np.asarray(value), np.asarray(1e-14 * abs(value)), "counted in whole numbers"
    )


def _mean(shares: FloatArray) -> float:
    return math.fsum(shares * np.arange(shares.size))


def _counted_mean(n_features: int, n_neurons: int) -> Observation:
    return _counted(_mean(exact_frequencies(n_features, n_neurons)))


def _counted_variance(n_features: int, n_neurons: int) -> Observation:
    shares = exact_frequencies(n_features, n_neurons)
    return _counted(math.fsum(shares * (np.arange(shares.size) - _mean(shares)) ** 2))


def _counted_none(n_features: int, n_neurons: int) -> Observation:
    return _counted(float(exact_frequencies(n_features, n_neurons)[0]))


def _counted_distance(n_features: int, n_neurons: int) -> Observation:
    """Total variation between the counted shares and Poisson's law of the same mean."""
    shares = exact_frequencies(n_features, n_neurons)
    mean = _mean(shares)
    poisson = [math.exp(-mean) * mean**x / math.factorial(x) for x in range(shares.size)]
    beyond = 1.0 - math.fsum(poisson)
    distance = 0.5 * (math.fsum(np.abs(shares - poisson)) + beyond)
    return Observation(np.asarray(distance), np.asarray(1e-14), "counted in whole numbers")


def _below_the_bound(n_features: int, n_neurons: int) -> tuple[float, Any]:
    # Nothing is claimed from below: 0 would be near to anything small.
    return -np.inf, theory.poisson_distance_bound(n_features, n_neurons)


# --- lots drawn -----------------------------------------------------------------------------------


def occupied(n_features: int, n_neurons: int, seed: int) -> FloatArray:
    """Draw a site for each feature, many times: how many are on each, (DRAWS, n_neurons, 2)."""
    sites = 2 * n_neurons
    drawn = np.random.default_rng(seed).integers(sites, size=(DRAWS, n_features))
    places = drawn + sites * np.arange(DRAWS)[:, None]
    counts = np.bincount(places.ravel(), minlength=DRAWS * sites)
    return counts.reshape(DRAWS, n_neurons, 2).astype(np.float64)


def _drawn_mean(n_features: int, n_neurons: int, seed: int) -> Observation:
    both = (occupied(n_features, n_neurons, seed) > 0).all(axis=-1).sum(axis=-1)
    error = both.std(ddof=1) / np.sqrt(DRAWS)
    return Observation(both.mean(), error, f"standard error of {DRAWS} draws")


def _independent(n_features: int, n_neurons: int) -> Any:
    return theory.expected_polysemantic(n_features, n_neurons, law="independent")


def _sizes(n_features: int, n_neurons: int, **_: Any) -> dict[str, Any]:
    return {"n_features": n_features, "n_neurons": n_neurons}


# --- the laws -------------------------------------------------------------------------------------


def _countable(first_feature: int, first_neuron: int) -> Domain:
    """Sizes that can be counted out in a few hundredths of a second."""
    return Domain(
        {
            "n_features": Interval(first_feature, 48, integer=True),
            "n_neurons": Interval(first_neuron, 24, integer=True),
        },
        where=SITES.where,
        because=SITES.because,
    )


#: Wide enough for both signs to be frequent, narrow enough for some neurons to be without.
_DRAWN = Domain(
    {
        "n_features": Interval(20, 100, integer=True),
        "n_neurons": Interval(20, 200, integer=True),
        "seed": SEED,
    }
)

LAWS = (
    Law(
        name="expected_polysemantic",
        kind=Kind.EXACT,
        statement="n features on different ones of 2m signed sites: E[X] = n(n−1)/(2(2m−1))",
        domain=_countable(1, 1),
        predict=theory.expected_polysemantic,
        observe=_counted_mean,
        symbolic=_symbolic("expected_polysemantic"),
        source=REFERENCE,
        note="Exact as combinatorics; what the flow does is compared elsewhere.",
    ),
    Law(
        name="expected_polysemantic_independent",
        kind=Kind.STATISTICAL,
        statement="n independent choices: E[X] = m[1 − 2(1 − 1/2m)ⁿ + (1 − 1/m)ⁿ] with both signs",
        domain=_DRAWN,
        prepare=_sizes,
        predict=_independent,
        observe=_drawn_mean,
        symbolic=_symbolic("expected_polysemantic_independent"),
        source="ours; theory 5.1",
    ),
    Law(
        name="polysemantic_variance",
        kind=Kind.EXACT,
        statement="Var X = n(n−1)(2m−n)(2m−n−1)/(2(2m−1)²(2m−3))",
        domain=_countable(1, 2),
        predict=theory.polysemantic_variance,
        observe=_counted_variance,
        symbolic=_symbolic("polysemantic_variance"),
        source=REFERENCE,
    ),
    Law(
        name="no_collision_probability",
        kind=Kind.EXACT,
        statement="P(no neuron is polysemantic) = C(m,n) 2ⁿ/C(2m,n)",
        domain=_countable(1, 1),
        predict=theory.no_collision_probability,
        observe=_counted_none,
        symbolic=_symbolic("no_collision_probability"),
        source=REFERENCE,
    ),
    Law(
        name="expected_polysemantic_bounds",
        kind=Kind.BOUND,
        statement="n(n−1)/(4m) ≤ E[X] ≤ n²/(4m) for n ≤ 2m",
        domain=_countable(2, 2),
        predict=theory.expected_polysemantic_bounds,
        observe=_counted_mean,
        symbolic=_symbolic("expected_polysemantic_bounds"),
        tight=1e-9,  # the upper one is an equality for n = 2m
        source="arXiv 2312.03096 (n²/(4m)); ours: that it is a bound; theory 5.3",
    ),
    Law(
        name="poisson_distance_bound",
        kind=Kind.BOUND,
        statement="total variation from Poisson(μ) ≤ (1 − e^−μ)(1 − σ²/μ)",
        domain=_countable(2, 2),
        predict=_below_the_bound,
        closed_form=theory.poisson_distance_bound,
        observe=_counted_distance,
        symbolic=_symbolic("poisson_distance_bound"),
        tight=1e-9,  # an equality for n = 2
        source="Barbour, Holst and Janson 1992, Cor. 2.C.2, for this law; theory 5.2",
    ),
)
