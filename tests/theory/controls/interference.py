"""What is wrong about interference."""

import sympy as sp

from polytheory import symbolic
from polytheory.theory.interference.initial import proof as initial
from polytheory.theory.interference.pair import proof as pair

n, m, square = initial.FEATURES, initial.WIDTH, initial.NORM
cosine, later, g = pair.COSINE, pair.TIME, pair.OVERLAP
along, whole = (symbolic.initial_interference().value, symbolic.initial_interference_square().value)
norm_speed = symbolic.initial_norm_speed().value
apart, corner = pair.cosine_decay().claim.rhs, pair.pair_squared_norm().claim.rhs


CONTROLS = {
    "initial_feature_benefit": {
        "half the inputs": sp.sqrt(1 / m),
        "another next order": sp.sqrt(2 / m) * sp.sqrt(1 + 4 / m),
    },
    "initial_interference": {
        "without the ReLU": 2 * along,
        "of itself too": along * n / (n - 1),
        "whatever the norm": along / square,
    },
    "initial_interference_square": {
        "for n ≪ m only": along,
        "without the ReLU": 2 * whole,
        "without pairs of rows": (n - 1) * (m + 2) / (2 * m**2) * square,
    },
    "initial_regularization": {"the whole force": initial.L1 * sp.sqrt(m)},
    "initial_norm_speed": {"half": norm_speed / 2, "without the benefit": norm_speed + 4 / m},
    "cosine_decay": {
        "leading order": cosine * sp.exp(-2 * later),
        "twice as fast": apart.subs(later, 2 * later),
        "one norm for both": apart.subs(pair.FIRST, pair.SECOND),
    },
    "pair_squared_norm": {
        "as if alone": corner.subs(cosine, 0),
        "c for c²": corner.subs(cosine, cosine**2),
    },
    "overlap_decay": {
        "half the rate": g * sp.exp(-later),
        "twice the rate": g * sp.exp(-4 * later),
    },
}
