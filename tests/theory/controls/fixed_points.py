"""What is wrong about resting carriers and collisions of two."""

import sympy as sp

from polytheory.symbolic import carrier_amplitude, critical_l1, unstable_amplitude
from polytheory.theory.fixed_points.proof import LAMBDA as lam  # noqa: N811
from polytheory.theory.fixed_points.proof import N_EQUAL, X, Y

stable, unstable = carrier_amplitude().value, unstable_amplitude().value
mirror = -stable - unstable  # the third root of the cubic: at rest, but on the wrong side of zero
critical = critical_l1().value


CONTROLS = {
    "carrier_amplitude": {
        "the unstable root": unstable,
        "the third root": mirror,
        "sign of λ": stable.subs(lam, -lam),
        "first order": 1 - lam / 2,
    },
    "unstable_amplitude": {"the stable root": stable, "the third root": mirror, "first order": lam},
    "critical_l1": {
        "half": 1 / (3 * sp.sqrt(3 * N_EQUAL)),
        "whatever k": critical * sp.sqrt(N_EQUAL),
    },
    "carrier_amplitude_expansion": {
        "sign of λ": 1 + lam / 2,
        "twice": 1 - lam,
        "another second order": 1 - lam / 2 - lam**2 / 8,
    },
    "same_sign_collision": {"each by itself": X**2, "interference twice": X**2 + 2 * Y**2},
    "opposite_sign_collision": {"whatever λ": sp.S.One, "first order": 1 - lam / 2},
}
