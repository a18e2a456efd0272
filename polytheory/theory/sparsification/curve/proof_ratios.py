"""Ratios of neighbouring Gaussian moments, and their series for a high threshold.

F_p = G_p/p! with F_{−1} = 2φ, so that F_p' = −F_{p−1}; h_p = F_{p−1}/F_p: h₀ = φ/Q is the hazard
rate, h₁ = G₀/G₁, h₂ = 2G₁/G₂. Each solves h' = h² − xh − p, and h_{p−1} = x + p/h_p.
"""

import sympy as sp

from polytheory.theory.sparsification.curve.proof_moments import PHI, moment

#: 1/x, in which the series are written.
Z = sp.Symbol("z", positive=True)


def scaled_moment(power: int) -> sp.Expr:
    """Return F_p, including p = −1."""
    return 2 * PHI if power < 0 else moment(power) / sp.factorial(power)


def ratio(power: int) -> sp.Expr:
    """Return h_p as a function of x."""
    return scaled_moment(power - 1) / scaled_moment(power)


def ratio_series(power: int, terms: int) -> sp.Expr:
    """Return the series of h_p in z = 1/x: z⁻¹ and ``terms`` − 1 powers after it.

    By Watson's lemma ∫ y^p exp(−xy − y²/2) dy may be expanded in y² under the integral.
    """

    def watson(p: int) -> list[sp.Rational]:  # of F_p z^(−p−1)/(2φ), in powers of z²
        return [
            (-sp.Rational(1, 2)) ** j * sp.factorial(p + 2 * j) / sp.factorial(j) / sp.factorial(p)
            for j in range(terms)
        ]

    # 2φ itself has one term only, and h₀ = 2φ/F₀.
    above = watson(power - 1) if power else [sp.S.One] + [sp.S.Zero] * (terms - 1)
    below = watson(power)
    quotient: list[sp.Rational] = []
    for j in range(terms):
        known = sum(quotient[i] * below[j - i] for i in range(j))
        quotient.append(above[j] - known)
    return sum(each * Z ** (2 * j - 1) for j, each in enumerate(quotient))


def leading(series: sp.Expr, power: int) -> sp.Expr:
    """Return the part of a sum of powers of z up to and including ``z**power``."""
    shift = 4  # no series here begins before z⁻⁴
    terms = sp.Poly(sp.expand(series * Z**shift), Z).terms()
    return sum(each * Z ** (p - shift) for (p,), each in terms if p - shift <= power)
