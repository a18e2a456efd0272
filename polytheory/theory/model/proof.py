"""Proof of the factor 4 between the published loss and the flow."""

from itertools import product

import sympy as sp

from polytheory.algebra.model import force, loss, patterns
from polytheory.algebra.statement import Statement, statement

LOSS_L1 = sp.Symbol("loss_l1", nonnegative=True)


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


@statement
def flow_units(
    loss_l1: sp.Symbol = LOSS_L1, l1_strength: sp.Expr = LOSS_L1 / 4, factor: int = 4
) -> Statement:
    r"""Minus the gradient of the published loss is four times the flow, with λ = λ_loss / 4.

    .. math:: -\nabla_{W_i} L = 4\Big[(1-\|W_i\|^2) W_i
              - \sum_{j\ne i}\mathrm{ReLU}(W_i\cdot W_j) W_j
              - \tfrac{\lambda_\text{loss}}{4}\,\mathrm{sign}(W_i)\Big]

    Returns
    -------
    Statement
        Its value is the factor 4, which has no arguments.

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
    gradient, velocity = sp.symbols("dL/dW dW/dt")
    residuals = _any_size(loss_l1, l1_strength, factor)
    for n_features, n_neurons in ((2, 2), (3, 1), (3, 2)):
        residuals |= _one_size(n_features, n_neurons, loss_l1, l1_strength, factor)
    return Statement(
        claim=sp.Eq(-gradient, 4 * velocity),
        residuals=residuals,
        value=sp.Integer(factor),
        assumptions=(
            "No noise; inputs are the basis vectors. No weight and no product W_i·W_j is zero, so "
            "that the point lies in an open region in which the signs of the weights are constant "
            "and every ReLU is either the identity or zero: the sign pattern enters as symbols and "
            "the ReLU pattern as a choice of 0 or 1 for each pair. All patterns are checked, "
            "including those that no W realises."
        ),
        not_proved=(
            "That the loss is a sum of the three kinds of terms for any n and m: this is evident "
            "from the definition. The flow on the kinks is a definition (Filippov), not a result. "
            "On W_i·W_j = 0 the squared ReLU is differentiable and nothing changes."
        ),
    )
