"""What is wrong about pairs of rows."""

import sympy as sp

from polytheory import symbolic
from polytheory.theory.pairs import proof as pairs

z, pushed, x = pairs.OVERLAP, pairs.PUSHED, pairs.CROWDING
opposite, same = symbolic.pair_coincidence().value
shift = symbolic.mean_overlap().claim.rhs


CONTROLS = {
    "pair_coincidence": {
        "chance": (sp.S.One, sp.S.One),
        "signs exchanged": (same, opposite),
        "acute pairs separate": (pairs.below(z), pairs.below(-z)),
    },
    "mean_overlap": {
        "without other rows": sp.S.Zero,
        "pushed once": pushed - (1 - sp.exp(-x * pushed)) / x,
        "the sum of all rows stays": 2 * pushed,
    },
    "third_row_repulsion": {
        "a second moment, E Γ₊²/4": sp.Rational(1, 8),
        "without the ReLU": 1 / (2 * sp.pi),
    },
    "two_by_two_collision": {
        "exclusion": sp.Rational(1, 3),
        "all obtuse pairs": sp.Rational(1, 2),
    },
}
