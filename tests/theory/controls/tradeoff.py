"""What is wrong about the cost of sharing."""

import sympy as sp

from polytheory.theory.tradeoff import proof as tradeoff
from polytheory.theory.tradeoff.proof import STD, P, X

excess = tradeoff.pair_excess().value
break_even = tradeoff.break_even_probability().value
rate = tradeoff.negative_overlap_rate().value


def as_if_apart(n_positive: int, n_negative: int) -> sp.Expr:
    return tradeoff._finite_sum(n_positive, 0) + tradeoff._finite_sum(n_negative, 0)


def twice(n_positive: int, n_negative: int) -> sp.Expr:
    return 2 * tradeoff._finite_sum(n_positive, n_negative)


CONTROLS = {
    "neuron_loss": {"signs apart": as_if_apart, "twice": twice},
    "pair_excess": {
        "perfect carriers": 2 * P**2,
        "one order more": excess * P,
        "one of the two only": excess / 2,
    },
    "break_even_probability": {"weak noise only": STD**2 / 2 * X, "twice": 2 * break_even},
    "negative_overlap_rate": {
        "small p only": 2 * P,
        "the faster": 1 + P + sp.sqrt((1 - P) ** 2 + 4 * P**2),
        "half": rate / 2,
    },
}
