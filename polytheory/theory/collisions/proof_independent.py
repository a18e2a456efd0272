"""Proofs for n features that choose among the 2m signed sites independently."""

from itertools import product

import sympy as sp

from polytheory.algebra.statement import Statement, statement
from polytheory.theory.collisions.proof_exclusion import M, N, at, squares

#: Sizes with up to 6³ assignments of features to sites.
_SIZES = ((1, 1), (2, 1), (3, 1), (1, 2), (2, 2), (3, 2), (4, 2), (2, 3), (3, 3))
_ONE_FREE, _BOTH_FREE = (1 - 1 / (2 * M)) ** N, (1 - 1 / M) ** N


def _mean(n_features: int, n_neurons: int) -> sp.Rational:
    """Return the mean number of neurons with both signs over all assignments of features."""
    sites = [(neuron, sign) for neuron in range(n_neurons) for sign in (1, -1)]
    total = sum(
        sum({(k, 1), (k, -1)} <= set(chosen) for k in range(n_neurons))
        for chosen in product(sites, repeat=n_features)
    )
    return sp.Rational(total, len(sites) ** n_features)


@statement
def expected_polysemantic_independent(
    mean: sp.Expr = M * (1 - 2 * _ONE_FREE + _BOTH_FREE),
) -> Statement:
    r"""Mean number of neurons that independent features choose with both signs.

    .. math:: E = m\bigl[1 - 2(1-\tfrac1{2m})^n + (1-\tfrac1m)^n\bigr]

    Returns
    -------
    Statement
        Its value is a function of ``n_features`` and ``n_neurons``.

    Notes
    -----
    Kind: exact. By induction: a neuron with one sign is completed by the next feature with
    probability 1/2m. Source: derivations/collisions, “Independence”.

    Examples
    --------
    >>> from polytheory.symbolic import expected_polysemantic_independent
    >>> round(expected_polysemantic_independent().evaluate(n_features=64, n_neurons=64), 3)
    9.875
    """
    half = 2 * M * (_ONE_FREE - _BOTH_FREE)  # neurons with exactly one sign
    return Statement(
        claim=sp.Eq(sp.Symbol("E"), mean),
        residuals={
            "enumeration of a few features": squares(
                at(mean, n, m) - _mean(n, m) for n, m in _SIZES
            ),
            "one feature: 0": mean.subs(N, 1),
            "one feature more completes a half neuron": sp.powsimp(
                sp.expand(mean.subs(N, N + 1) - mean - half / (2 * M), power_exp=True)
            ),
            "m → ∞: n(n−1)/4m, as under exclusion": squares(
                sp.limit(4 * M * mean.subs(N, n), M, sp.oo) - n * (n - 1) for n in range(1, 6)
            ),
        },
        arguments=(N, M),
        assumptions="Each feature takes any of the 2m signed sites, independently of the others.",
        not_proved="The probability that one site, or both of a neuron, stay free: a power of n.",
    )
