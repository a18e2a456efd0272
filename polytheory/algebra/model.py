"""The published loss and the flow in SymPy, on one region without kinks."""

from collections.abc import Iterator, Mapping
from itertools import combinations, product

import sympy as sp

__all__ = ["Pattern", "force", "loss", "patterns"]

Pattern = Mapping[tuple[int, int], int]


def loss(encodings: sp.Matrix, active: Pattern, signs: sp.Matrix, loss_l1: sp.Expr) -> sp.Expr:
    r"""Return the published loss on one region without kinks.

    .. math:: L = \sum_i \|\mathrm{ReLU}(W W_i) - e_i\|^2 + \lambda_\text{loss}\|W\|_1

    Parameters
    ----------
    encodings : sympy.Matrix
        W, one row per feature, one column per neuron.
    active : mapping of (int, int) to {0, 1}
        For each pair i < j whether W_i·W_j is positive, so that the ReLU is the identity.
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
    # The pair i, j counts twice: output j on input i, and output i on input j.
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
    """Yield every pattern of active pairs of features."""
    pairs = list(combinations(range(n_features), 2))
    for choice in product((0, 1), repeat=len(pairs)):
        yield dict(zip(pairs, choice, strict=True))
