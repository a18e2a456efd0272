"""The normal distribution in SymPy: its density and moments, with and without a ReLU."""

import sympy as sp


def density(x: sp.Expr) -> sp.Expr:
    """Return φ(x)."""
    return sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi)


def distribution(x: sp.Expr) -> sp.Expr:
    """Return Φ(x)."""
    return (1 + sp.erf(x / sp.sqrt(2))) / 2


def rectified_mean(x: sp.Expr) -> sp.Expr:
    """Return h₁(x) = E ReLU(x + Z)."""
    return x * distribution(x) + density(x)


def second_moment(mu: sp.Expr, s: sp.Expr) -> sp.Expr:
    """Return F of Gaussian noise whose standard deviation along the row is s."""
    x = mu / s
    return (mu**2 + s**2) * distribution(x) + mu * s * density(x)


def hermite(degree: int, x: sp.Expr) -> sp.Expr:
    """Return He_k(x), the Hermite polynomial of the density φ."""
    return sp.expand(2 ** (-sp.Rational(degree, 2)) * sp.hermite(degree, x / sp.sqrt(2)))
