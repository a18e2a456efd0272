"""What is wrong about the noise mechanism, the simplex and its rows."""

import sympy as sp

from polytheory import symbolic
from polytheory.theory.noise import proof_gaussian as gaussian
from polytheory.theory.noise.drift import proof as drift
from polytheory.theory.noise.edgeworth import proof as edgeworth
from polytheory.theory.noise.edgeworth import proof_distributions as distributions
from polytheory.theory.noise.edgeworth.proof_distributions import DISTRIBUTIONS
from polytheory.theory.noise.rows.proof import RATE, WIDTH
from polytheory.theory.noise.simplex import proof as simplex
from polytheory.theory.noise.simplex.proof import N_FEATURES as n  # noqa: N811
from polytheory.theory.noise.simplex.proof import XI

mu, s, N, sigma = gaussian.MU, gaussian.SCALE, gaussian.NORM, gaussian.STD
m, kappa, q = drift.WIDTH, edgeworth.KURTOSIS, edgeworth.FOURTH_POWER_SUM
F, F1 = symbolic.gaussian_second_moment().value, symbolic.edgeworth_second_moment().value
slope, series = symbolic.edgeworth_slope().value, symbolic.edgeworth_mean_absolute().value
gamma, gamma2 = symbolic.drift_rate().value, symbolic.drift_rate_second_order().value
gaussian_part, gradient = F1.subs(kappa, 0), symbolic.edgeworth_gradient().claim.rhs
lost, lost_slope = sp.symbols("F(−a) F′(−a)")
half, root_half = sp.Rational(1, 2), 1 / sp.sqrt(2)
speed, balance = simplex.overlap_speed().claim.rhs, simplex.equilibrium_norm().claim.lhs


CONTROLS = {
    "gaussian_second_moment": {
        "without its density": F - mu * s * gaussian.density(mu / s),
        "half the variance": F.subs(s, s / sp.sqrt(2)),
    },
    "gaussian_derivatives": {"without the alternating sign": 1},
    "gaussian_invariance": {"fourth powers in the loss": sp.Rational(1, 100)},
    "diagonal_loss": {"without the slope": lost, "the sign of the slope": lost - lost_slope},
    "edgeworth_second_moment": {
        "the sign of the kurtosis": 2 * gaussian_part - F1,
        "1/24 for 1/12": gaussian_part + (F1 - gaussian_part) / 2,
    },
    "edgeworth_slope": {"the sign of the kurtosis": 2 * slope.subs(kappa, 0) - slope},
    "edgeworth_mean_absolute": {
        "κ² shifted": series + kappa**2 * q**2 / N**4 * sigma / 100,
        "without κ₆": series.subs(edgeworth.SIXTH, 0),
    },
    "edgeworth_gradient": {
        "without the part along the row": gradient.subs(q, 0),
        "uphill": -gradient,
    },
    "mean_absolute_bounds": {
        "Khintchine 1/2": (half, sp.sqrt(3) / 2, root_half),
        "Laplace 1/2": (root_half, sp.sqrt(3) / 2, half),
    },
    "haagerup_function": {
        "half": distributions.HAAGERUP / 2,
        "another Γ": distributions.HAAGERUP * distributions.ORDER / 2,
    },
    "cumulants": {
        "fourth moment off by one": {"bipolar": (DISTRIBUTIONS["bipolar"][0], -3, 16)},
        "Laplace of another variance": {"laplace": (DISTRIBUTIONS["laplace"][0], 6, 30)},
    },
    "few_weights": {"the largest always": sum(sp.symbols("a b c", positive=True))},
    "drift_rate": {"the sign": -gamma, "a third": gamma / 3},
    "drift_rate_second_order": {"twice as wide": gamma2.subs(m, 2 * m), "first order only": gamma},
    "late_rate": {"twice as fast": sigma * sp.sqrt(N) / 2},
    "escape_rate": {
        "without the partner": sigma * sp.sqrt(2 * N / sp.pi),
        "twice": 2 * symbolic.escape_rate().value,
    },
    "expected_force": {"half of the gradient": sp.Rational(1, 2)},
    "overlap_speed": {"half as fast": speed / 2, "one more row": speed.subs(n, n + 1)},
    "simplex_overlap": {"1/n": -N / n},
    "equilibrium_norm": {
        "the own noise forgotten": balance + sigma**2 / 2,
        "one more row": balance.subs(n, n + 1),
    },
    "critical_std": {"another g": simplex._INVERSE_SQUARE_STD + XI},
    "cubic_flow": {"time reversed": -1, "half as fast": 2},
    "fourth_power_sum_of_random_rows": {"Gaussian weights": 3 * N**2 / WIDTH},
    "initial_inverse_participation_ratio_slope": {"to leading order": 24 * RATE / WIDTH**2},
    "plateau_fourth_power_sum": {
        "one-hot rows": N**2,
        "symmetric": N**2 * (((n - 1) / n) ** 2 + 1 / (n**2 * (n - 1))),
    },
}
