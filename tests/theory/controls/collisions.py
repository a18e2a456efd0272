"""What is wrong about collisions."""

import sympy as sp

from polytheory import symbolic
from polytheory.theory.collisions.proof_bounds import EXPECTED as E
from polytheory.theory.collisions.proof_exclusion import M, N, X

pmf, mean = symbolic.polysemantic_pmf().value, symbolic.expected_polysemantic().value
variance, bound = symbolic.polysemantic_variance().value, symbolic.poisson_distance_bound().value
independent = symbolic.expected_polysemantic_independent().value
none = sp.binomial(M, N) * 2**N / sp.binomial(2 * M, N)
counted = symbolic.polysemantic_from_overlap().value
S, n_living, x = symbolic.polysemantic_from_overlap().arguments
lower, upper = N * (N - 1) / (4 * M), N**2 / (4 * M)


CONTROLS = {
    "polysemantic_pmf": {
        "one sign only": pmf / 2 ** (N - 2 * X),
        "one neuron more": pmf.subs(M, M + 1),
        "twice": 2 * pmf,
    },
    "expected_polysemantic": {
        "the paper's": upper,
        "the lower bound": lower,
        "ordered pairs": N * (N - 1) / (2 * M - 1),
    },
    "expected_polysemantic_independent": {"exclusion": mean, "any sign": 2 * independent},
    "polysemantic_variance": {
        "Poisson's": mean,
        "one power more": variance * (2 * M - 3) / (2 * M - 1),
    },
    "no_collision_probability": {"one sign only": none / 2**N, "Poisson's": sp.exp(-mean)},
    "pair_probability": {"independent": 1 / M, "with replacement": 1 / (2 * M)},
    "expected_polysemantic_bounds": {
        "n(n−1) above": (lower, upper - lower / N),
        "no lower bound": (mean, upper),
    },
    "poisson_distance_bound": {"half": bound / 2, "without the mean": N / M},
    "width_for": {"without the half": N * (N - 1) / (4 * E), "the paper's": N**2 / (4 * E)},
    "necessary_polysemantic": {"two a neuron": N - 2 * M},
    "polysemantic_from_overlap": {
        "without the half": 2 * counted,
        "sign": (n_living + S / x**2) / 2,
        "without x₊²": (n_living - S) / 2,
        "x₊ for x₊²": (n_living - S / x) / 2,
    },
}
