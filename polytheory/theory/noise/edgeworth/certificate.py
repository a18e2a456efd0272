"""Certificate: the bounds on E|z| of bipolar noise, by Haagerup's function."""

import sympy as sp

from polytheory.certificates import Certificate, Inequality, certify
from polytheory.theory.noise.edgeworth.proof_distributions import HAAGERUP, ORDER


def mean_absolute_bounds(function: sp.Expr = HAAGERUP) -> Certificate:
    """Certify that F(ν) ≥ F(2) for ν ≥ 2, hence s/√2 ≤ E|z| ≤ s for bipolar noise.

    F increases on [2, 4], and F(ν + 2) > F(ν) for every ν: so F(ν) ≥ F(2) = 1/√2 for every ν ≥ 2.

    Parameters
    ----------
    function : sympy.Expr
        F, of ν.

    Returns
    -------
    Certificate
    """
    slope = sp.diff(sp.expand_log(sp.log(function), force=True), ORDER)
    increases = Inequality(
        says="d ln F/dν > 0 for 2 ≤ ν ≤ 4", margin=slope, box={ORDER.name: (2, 4)}, strict=True
    )
    return certify(
        "F(ν) ≥ F(2) = 1/√2 for every ν ≥ 2, hence s/√2 ≤ E|z| ≤ s for bipolar noise",
        increases,
        rests_on=(
            "haagerup_function (F(2), F(ν + 2) > F(ν), F as an integral); in words: E|z|/s is at "
            "least Σ a_k F(1/a_k) if no share a_k = w_k²/N exceeds 1/2, else at least the root of "
            "the largest; E|z| ≤ s (Cauchy and Schwarz)"
        ),
    )
