"""From the published loss to the flow: where the factor 4 comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import combinations, product

import sympy as sp

from polytheory.symbolic._statement import Statement

__all__ = ["flow_units", "force", "loss"]

Pattern = Mapping[tuple[int, int], int]


def loss(encodings: sp.Matrix, active: Pattern, signs: sp.Matrix, loss_l1: sp.Expr) -> sp.Expr:
    r"""Return the published loss on one region without kinks.

    .. math:: L = \sum_i \|\mathrm{ReLU}(W W_i) - e_i\|^2 + \lambda_\text{loss}\|W\|_1

    Parameters
    ----------
    encodings : sympy.Matrix
        W, one row a feature, one column a neuron.
    active : mapping of (int, int) to {0, 1}
        For each pair i < j whether W_i·W_j is positive, so that the ReLU lets it pass.
    signs : sympy.Matrix
        The signs of the weights.
    loss_l1 : sympy.Expr
        The ℓ1 strength in loss units.

    Returns
    -------
    sympy.Expr
    """
    gram = encodings * encodings.T
    own = sum((gram[i, i] - 1) ** 2 for i in range(gram.rows))
    # The pair i, j is met twice: feature j answers to input i, and feature i to input j.
    pairs = sum(2 * gram[i, j] ** 2 for (i, j), passes in active.items() if passes)
    return own + pairs + loss_l1 * sum(s * w for s, w in zip(signs, encodings, strict=True))


def force(
    encodings: sp.Matrix, active: Pattern, signs: sp.Matrix, l1_strength: sp.Expr
) -> sp.Matrix:
    r"""Return the velocity of the flow on one region without kinks.

    .. math:: \dot W_i = (1-\|W_i\|^2) W_i - \sum_{j\ne i}\mathrm{ReLU}(W_i\cdot W_j) W_j
              - \lambda\,\mathrm{sign}(W_i)

    Parameters
    ----------
    encodings, active, signs
        As in `loss`.
    l1_strength : sympy.Expr
        λ, in flow units.

    Returns
    -------
    sympy.Matrix
        Of the shape of `encodings`.
    """
    gram = encodings * encodings.T
    velocity = -l1_strength * signs
    for i in range(gram.rows):
        velocity[i, :] += (1 - gram[i, i]) * encodings[i, :]
    for (i, j), passes in active.items():
        if passes:
            velocity[i, :] -= gram[i, j] * encodings[j, :]
            velocity[j, :] -= gram[i, j] * encodings[i, :]
    return velocity


def patterns(n_features: int) -> Iterator[Pattern]:
    """Yield every way in which the pairs of features may or may not be active."""
    pairs = list(combinations(range(n_features), 2))
    for choice in product((0, 1), repeat=len(pairs)):
        yield dict(zip(pairs, choice, strict=True))


def _flow_units_residuals(
    loss_l1: sp.Symbol, l1_strength: sp.Expr, factor: int = 4
) -> dict[str, sp.Expr]:
    residuals = _any_size(loss_l1, l1_strength, factor)
    for n_features, n_neurons in ((2, 2), (3, 1), (3, 2)):
        residuals |= _one_size(n_features, n_neurons, loss_l1, l1_strength, factor)
    return residuals


def _any_size(loss_l1: sp.Symbol, l1_strength: sp.Expr, factor: int) -> dict[str, sp.Expr]:
    # Everything in the loss that contains one weight w = W_ik: the own term of feature i, a term
    # for each other feature j, and the penalty. All other weights sit in the two remainders.
    w, v, s, a = sp.symbols("W_ik W_jk sign active", real=True)
    rest_of_norm, rest_of_overlap = sp.symbols("R_i R_ij", real=True)
    norm, overlap = w**2 + rest_of_norm, w * v + rest_of_overlap
    own = -sp.diff((norm - 1) ** 2, w) - factor * (1 - norm) * w
    pair = -sp.diff(2 * (a * overlap) ** 2, w) + factor * a * overlap * v
    return {
        "any size, own term": own,
        # a² = a, as a is 0 or 1.
        "any size, one pair": sp.expand(pair).subs(a**2, a),
        "any size, penalty": -sp.diff(loss_l1 * s * w, w) + factor * l1_strength * s,
    }


def _one_size(
    n_features: int, n_neurons: int, loss_l1: sp.Symbol, l1_strength: sp.Expr, factor: int
) -> dict[str, sp.Expr]:
    encodings = sp.Matrix(n_features, n_neurons, lambda i, k: sp.Symbol(f"W_{i}{k}", real=True))
    signs = sp.Matrix(n_features, n_neurons, lambda i, k: sp.Symbol(f"s_{i}{k}", real=True))
    residuals = {}
    for active in patterns(n_features):
        descent = -sp.derive_by_array(loss(encodings, active, signs, loss_l1), encodings)
        velocity = force(encodings, active, signs, l1_strength)
        which = ", ".join(f"{i}{j}" for (i, j), passes in active.items() if passes) or "none"
        for i, k in product(range(n_features), range(n_neurons)):
            label = f"n={n_features}, m={n_neurons}, active {which}, W_{i}{k}"
            residuals[label] = descent[i, k] - factor * velocity[i, k]
    return residuals


@cache
def flow_units() -> Statement:
    r"""Minus the gradient of the published loss is four times the flow, with λ = λ_loss / 4.

    .. math:: -\nabla_{W_i} L = 4\Big[(1-\|W_i\|^2) W_i
              - \sum_{j\ne i}\mathrm{ReLU}(W_i\cdot W_j) W_j
              - \tfrac{\lambda_\text{loss}}{4}\,\mathrm{sign}(W_i)\Big]

    Returns
    -------
    Statement
        Without a value: it is an identity between two forces.

    Notes
    -----
    Kind: exact, away from kinks. Source: the loss and the flow are those of arXiv 2312.03096,
    section 2; the factor is worked out here.

    Examples
    --------
    >>> from polytheory.symbolic import flow_units
    >>> flow_units().holds
    True
    """
    loss_l1 = sp.Symbol("loss_l1", nonnegative=True)
    gradient, velocity = sp.symbols("dL/dW dW/dt")
    return Statement(
        name="flow_units",
        claim=sp.Eq(-gradient, 4 * velocity),
        residuals=_flow_units_residuals(loss_l1, loss_l1 / 4),
        assumptions=(
            "No noise; inputs are the basis vectors. No weight and no product W_i·W_j is zero, so "
            "that the point lies in an open region in which the signs of the weights are constant "
            "and every ReLU is either the identity or zero: the sign pattern enters as symbols and "
            "the ReLU pattern as a choice of 0 or 1 for each pair. All patterns are checked, "
            "including those that no W realises."
        ),
        not_proved=(
            "That the loss is a sum of the three kinds of terms, whatever n and m: this is read "
            "off the definition. The flow on the kinks is a definition (Filippov), not a result. "
            "On W_i·W_j = 0 the squared ReLU is differentiable and nothing changes."
        ),
    )
