"""What is wrong about completion and survival."""

import sympy as sp

from polytheory import symbolic
from polytheory.theory.sparsification.completion.proof import SHARE, SQUARED_CV
from polytheory.theory.sparsification.row.proof import COUNT, LAMBDA
from polytheory.theory.sparsification.survival.proof import RATIO

step, following = symbolic.completion_step().value, symbolic.completion_squared_cv().value
duel = symbolic.completion_time().value
larger_root = symbolic.carrier_amplitude().value.subs(LAMBDA, LAMBDA * RATIO)


CONTROLS = {
    "completion_step": {
        "without 1/√n": step * sp.sqrt(COUNT),
        "sign": -step,
        "Y is not squared": step.subs(SQUARED_CV, SQUARED_CV**2),
    },
    "completion_squared_cv": {
        "b for b²": following.subs(SHARE, sp.sqrt(SHARE)),
        "without the 1": following - 1 / COUNT,
    },
    "completion_rest": {"one term": sp.sqrt(2 / COUNT), "without 2": sp.sqrt(1 / COUNT)},
    "completion_tail_rate": {
        "not less 1": sp.sqrt(COUNT),
        "over the root": (COUNT - 1) / sp.sqrt(COUNT),
    },
    "completion_time": {
        "without 1/√2": sp.sqrt(2) * duel,
        "without asinh 1": duel + sp.asinh(1) / (sp.sqrt(2) * LAMBDA),
    },
    "survival_traps": {
        "the larger root": larger_root,
        "as if c were 1": symbolic.unstable_amplitude().value,
    },
}
