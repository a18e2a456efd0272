"""What is wrong about one row, the slow time and the paper's laws."""

import sympy as sp

from polytheory import symbolic
from polytheory.theory.sparsification.curve.proof import G0, G2, KAPPA
from polytheory.theory.sparsification.curve.proof_moments import moment
from polytheory.theory.sparsification.paper import proof as paper
from polytheory.theory.sparsification.paper import proof_bands as bands
from polytheory.theory.sparsification.row import proof as row
from polytheory.theory.sparsification.slow_manifold import proof as clocks

lam, N, s, k = row.LAMBDA, row.NORM, row.L1, row.COUNT
u, tau, q = row.INITIAL, row.THRESHOLD, row.Q
c0, clock, r0 = clocks.INITIAL_RATIO, clocks.CLOCK, clocks.INITIAL_NORM
t, m, theta = paper.TIME, paper.WIDTH, bands.CLOCK
left = symbolic.paper_time_to_count().arguments[0]
ratio, duration = symbolic.polar_form().value, symbolic.slow_time().value
first_order = symbolic.hitting_time().value
second_order = symbolic.hitting_time_second_order().value
(norm,) = set(symbolic.paper_l1_norm().value.args) - {sp.S.One}
as_if_equal = sp.log((clocks.MEAN - clocks.START) / (clocks.MEAN - clocks.STOP)) / sp.sqrt(k)


CONTROLS = {
    "growth_threshold": {"minus the norm": lam / (1 + N), "loss units": lam / (4 * (1 - N))},
    "soft_threshold_reduction": {
        "q for its root": (u - tau) / q,
        "twice the threshold": (u - 2 * tau) / sp.sqrt(q),
        "scaled before it is shifted": u / sp.sqrt(q) - tau,
    },
    "l1_speed": {"sign": (1 - N) * s + lam * k, "whatever the count": (1 - N) * s - lam},
    "squared_norm_speed": {
        "half": N * (1 - N) - lam * s,
        "the count for the norm": 2 * N * (1 - N) - 2 * lam * k,
    },
    "squared_cv": {
        "not less 1": k * N / s**2,
        "not squared": k * N / s - 1,
        "upside down": 1 - s**2 / (k * N),
    },
    "inverse_l1_speed": {
        "whatever the norm": lam * (k * N / s**2 - 1),
        "not less 1": lam * k / s**2,
        "sign": -lam * (k * N / s**2 - 1) / N,
    },
    "polar_form": {
        "time reversed": ratio.subs(clock, -clock),
        "half the speed": ratio.subs(clock, clock / 2),
        "another start": ratio.subs(c0, 1),
    },
    "slow_time": {"as if all were equal": as_if_equal, "start and stop exchanged": -duration},
    "hitting_time": {
        "leading order only": clock,
        "sign of the drift": first_order + lam * sp.log(r0**2 / clocks.REMAINING) / 2,
        "half of the first moments": first_order + lam * (1 - r0) / r0,
    },
    "hitting_time_second_order": {
        "first order only": first_order,
        "another share of c₀ − c": second_order + lam**2 * (c0 - clocks.RATIO) / 8,
        "without the first moments": second_order - lam**2 * c0 / 4,
        "a third order": second_order + lam**3,
    },
    "paper_l1_norm": {
        "twice the strength": 1 / (1 / sp.sqrt(m) + 2 * lam * t),
        "from m on": 1 / (1 / m + lam * t),
    },
    "paper_nonzero_count": {"twice": 2 * norm**2, "not squared": norm},
    "paper_time_to_count": {
        "without the roots": (1 / left - 1 / m) / lam,
        "from the end on": 1 / (lam * sp.sqrt(left)),
    },
    "paper_l1_band": {
        "the law without its 1/√m": theta * KAPPA,
        "not the root": (1 + theta) * moment(1) / G2,
    },
    "paper_count_band": {
        "one sign only": (1 + theta) ** 2 * G0 / 2,
        "m' = ‖w‖₁²": ((1 + theta) * KAPPA) ** 2,
    },
}
