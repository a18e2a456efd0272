"""What is wrong about the universal curve, its bounds and its tails."""

import sympy as sp

from polytheory import symbolic
from polytheory.theory.sparsification.curve import proof_tails
from polytheory.theory.sparsification.curve.proof import CLOCK, KAPPA, RADIUS, STRENGTH, THETA
from polytheory.theory.sparsification.curve.proof_bounds import _series_term
from polytheory.theory.sparsification.curve.proof_moments import X, moment
from polytheory.theory.sparsification.curve.proof_ratios import Z
from polytheory.theory.sparsification.paper.proof import FRACTION, TIME, WIDTH
from polytheory.theory.sparsification.row.proof import LAMBDA

G = tuple(moment(p) for p in range(5))
root_m = sp.sqrt(WIDTH)
norm, curve_speedup = symbolic.l1_norm().value, symbolic.speedup().value
curve_squared_cv = symbolic.curve_squared_cv().value
lower, upper = symbolic.l1_norm_lower().value, symbolic.l1_norm_upper().value
relaxing, left = RADIUS * (1 - RADIUS**2), sp.sqrt(2) * sp.erfinv(1 - FRACTION)


CONTROLS = {
    "gaussian_moment": {
        "one twice": ((G[0], G[1], 2 * G[2], *G[3:]),),
        "one sign of g only": (tuple(each / 2 for each in G),),
        "another argument": (tuple(each.subs(X, X**2) for each in G),),
    },
    "universal_curve": {
        "θ = λm·t": (THETA, WIDTH),
        "half": (THETA / 2, root_m),
        "a late start": (THETA + 1, root_m),
        "as if S₂ = 1": (X, root_m),
    },
    "l1_norm": {"not over the norm": (root_m * G[1],), "from √m on": (norm * sp.sqrt(sp.pi / 2),)},
    "nonzero_count": {"one sign only": (WIDTH * G[0] / 2,), "m' = ‖w‖₁²": (norm**2,)},
    "fourth_power_sum": {
        "over one norm": (G[4] / (WIDTH * G[2]),),
        "as at the start": (3 / WIDTH,),
    },
    "mean_field": {
        "whatever the radius": (relaxing - STRENGTH * KAPPA, STRENGTH),
        "κ = 1": (relaxing - STRENGTH, STRENGTH / RADIUS),
        "sign": (-relaxing - STRENGTH * KAPPA, STRENGTH / RADIUS),
    },
    "speedup": {"twice": (2 * curve_speedup,), "2‖w‖₁ from the start on": (2 * norm,)},
    "time_to_fraction": {
        "whatever m": (CLOCK / LAMBDA, left),
        "m for √m": (CLOCK / (LAMBDA * WIDTH), left),
        "one sign of the weights": (CLOCK / (LAMBDA * root_m), left.subs(FRACTION, FRACTION / 2)),
    },
    "moment_series": {
        "no alternating sign": (lambda p, j: abs(_series_term(p, j)),),
        "one factor 1/2": (lambda p, j: _series_term(p, j) * 2 ** max(j - 1, 0),),
        "the remainder alone is wrong": (lambda p, j: _series_term(p, j) * (1 + j // 6),),
    },
    "curve_squared_cv": {
        "not less 1": (curve_squared_cv + 1,),
        "not squared": (G[0] * G[2] / G[1] - 1,),
        "as at the start": (sp.pi / 2 - 1,),
    },
    "l1_norm_lower": {"the upper": (upper,), "the law": (1 / (1 / root_m + LAMBDA * TIME),)},
    "l1_norm_upper": {"the lower": (lower,), "twice": (2 * upper,)},
    "l1_norm_bounds": {
        "the ends exchanged": (upper, lower),
        "only the upper is wrong": (lower, 2 * upper),
        "only the lower is wrong": (lower / 2, upper),
    },
    "l1_norm_tail": {
        "one term less": (1 + 2 * Z**2, -6 * Z**4),
        "second term": (1 + 3 * Z**2 - 6 * Z**4, 90 * Z**6),
        "the error": (proof_tails.L1_TAIL, 80 * Z**6),
        "twice": (2 * proof_tails.L1_TAIL, 180 * Z**6),
    },
    "nonzero_count_tail": {
        "published constant": (proof_tails.COUNT_TAIL / 2, 95 * Z**6),
        "the error": (proof_tails.COUNT_TAIL, proof_tails.L1_NEXT),
        "one term less": (2 + 6 * Z**2, -6 * Z**4),
    },
}
