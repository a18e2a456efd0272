"""Proofs: loss of features that share a neuron, and decay of overlaps in training."""

from collections.abc import Callable
from itertools import product

import sympy as sp

from polytheory.algebra.statement import Statement, rate, statement

P = sp.Symbol("probability", positive=True)
X = sp.Symbol("amplitude", positive=True)
STD = sp.Symbol("std", positive=True)
S = X**2

#: All (P, Q) of a few features.
_SIZES = ((0, 0), (1, 0), (0, 1), (1, 1), (2, 0), (2, 1), (1, 2), (2, 2), (3, 1))
#: Loss of a neuron, by P and Q.
_Losses = Callable[[int, int], sp.Expr]


def _output(overlap: sp.Expr) -> sp.Expr:
    """Return ReLU of a multiple of x² > 0."""
    return overlap if (overlap / S).is_positive else sp.S.Zero


def _enumerated(n_positive: int, n_negative: int) -> sp.Expr:
    """Sum the loss over all combinations of active features, one by one."""
    signs = [1] * n_positive + [-1] * n_negative
    loss = sp.S.Zero
    for active in product((0, 1), repeat=len(signs)):
        read = sum(sign * a for sign, a in zip(signs, active, strict=True))
        errors = (_output(sign * read * S) - a for sign, a in zip(signs, active, strict=True))
        chance = P ** sum(active) * (1 - P) ** (len(signs) - sum(active))
        loss += chance * sum(error**2 for error in errors)
    return sp.expand(loss)


def _finite_sum(n_positive: int, n_negative: int) -> sp.Expr:
    """Sum the loss over the numbers of active positive and negative features."""
    loss = sp.S.Zero
    for a, b in product(range(n_positive + 1), range(n_negative + 1)):
        ways = sp.binomial(n_positive, a) * sp.binomial(n_negative, b)
        chance = P ** (a + b) * (1 - P) ** (n_positive + n_negative - a - b)
        up, down = S * max(a - b, 0), S * max(b - a, 0)
        of_positive = a * (up - 1) ** 2 + (n_positive - a) * up**2
        of_negative = b * (down - 1) ** 2 + (n_negative - b) * down**2
        loss += ways * chance * (of_positive + of_negative)
    return sp.expand(loss)


@statement
def neuron_loss(loss: _Losses = _finite_sum) -> Statement:
    r"""Loss of P features with weight x and Q with −x on one neuron, each active independently.

    .. math:: \ell_{P,Q} = \sum_{a,b} \tbinom Pa\tbinom Qb p^{a+b}(1-p)^{P+Q-a-b}
              \bigl[a(y-1)^2 + (P-a)y^2 + b(y'-1)^2 + (Q-b)y'^2\bigr]

    with :math:`y = x^2(a-b)_+` and :math:`y' = x^2(b-a)_+`.

    Returns
    -------
    Statement
        Its value is the column of the sums for the sizes (P, Q) below, of ``probability`` and
        ``amplitude``.

    Notes
    -----
    Kind: exact, to all orders in p. Source: derivations/tradeoff, “One neuron”.

    Examples
    --------
    >>> from polytheory.theory.tradeoff.proof import neuron_loss
    >>> neuron_loss().holds
    True
    >>> neuron_loss().evaluate(probability=0.1, amplitude=1.0).round(3)[:4]
    array([0.  , 0.  , 0.  , 0.02])
    """
    number = sp.Symbol("n", positive=True, integer=True)
    alone = number * P * (1 - S * (2 - number * S) * (1 + (number - 1) * P))
    mean = number * P
    square = mean * (1 - P) + mean**2  # moments of the number of active features of one sign
    by_moments = mean - 2 * S * square + number * S**2 * square
    missed = sum((loss(*size) - _enumerated(*size)) ** 2 for size in _SIZES)
    mirrored = sum((loss(i, j) - loss(j, i)) ** 2 for i, j in _SIZES)
    one_sign = sum((loss(k, 0) - alone.subs(number, k)) ** 2 for k in range(1, 5))
    rare = sp.limit(sp.expand(loss(2, 1)) / P, P, 0)
    return Statement(
        claim=sp.Eq(sp.Symbol("ell_11"), sp.factor(loss(1, 1))),
        residuals={
            "enumeration of a few features": sp.expand(missed),
            "symmetry under a flip of the neuron": sp.expand(mirrored),
            "one sign: np[1 − s(2 − ns)(1 + (n−1)p)]": sp.expand(one_sign),
            "one sign, any number of features": sp.expand(by_moments - alone),
            "one feature: p(1 − x²)²": sp.expand(loss(1, 0) - P * (1 - S) ** 2),
            "p → 0: one active feature": sp.expand(rare - 3 * (1 - S) ** 2 - 2 * S**2),
        },
        value=sp.ImmutableMatrix([loss(*size) for size in _SIZES]),
        arguments=(P, X),
        assumptions="Inputs 0 or 1, independent, with probability p of 1; weights ±x, one per row.",
        not_proved="More features than enumerated: equal inputs are counted by binomials.",
    )


# --- with noise -----------------------------------------------------------------------------------
# F and F' at 0 and at −s, of a row with the single weight x; v = x²σ² is the variance of its noise.

_F0, _FM, _D0, _DM, _V = sp.symbols("F(0) F(−s) F'(0) F'(−s) v", real=True)


def _noisy_excess() -> sp.Expr:
    """Return ℓ(1,1) − 2ℓ(1,0) under noise, input by input, in F at 0, s and −s."""
    F_s, D_s = S**2 + _V - _FM, 2 * S + _DM  # F(μ) + F(−μ) = μ² + v, F'(μ) − F'(−μ) = 2μ
    active = F_s - D_s + 1
    alone = (1 - P) * _F0 + P * active
    none, one, both = 2 * _F0, active + _FM, 2 * (_F0 - _D0 + 1)
    together = (1 - P) ** 2 * none + 2 * P * (1 - P) * one + P**2 * both
    return sp.expand((together - 2 * alone).subs(_V, 2 * _F0))  # F(0) = v/2


@statement
def pair_excess(excess: sp.Expr = 2 * P**2 * (1 - (1 - S) ** 2)) -> Statement:
    r"""Two features of opposite sign on one neuron have excess loss :math:`2p^2(1-(1-x^2)^2)`.

    Under noise :math:`2p^2[s(2-s) - F'(0) + F'(-s)] - 2p[F(0) - F(-s)]`, :math:`s = x^2`, with the
    functionals of a row of the single weight x.

    Returns
    -------
    Statement
        Its value is a function of ``probability`` and ``amplitude``, without noise.

    Notes
    -----
    Kind: exact. Source: derivations/tradeoff, “Two of opposite sign”.

    Examples
    --------
    >>> from polytheory.theory.tradeoff.proof import pair_excess
    >>> round(pair_excess().evaluate(probability=0.1, amplitude=1.0), 12)
    0.02
    """
    noisy = 2 * P**2 * (S * (2 - S) - _D0 + _DM) - 2 * P * (_F0 - _FM)
    silent = {_F0: 0, _FM: 0, _D0: 0, _DM: 0}
    return Statement(
        claim=sp.Eq(sp.Symbol("excess"), excess),
        residuals={
            "enumeration, on one neuron and on two": sp.expand(
                _enumerated(1, 1) - 2 * _enumerated(1, 0) - excess
            ),
            "only inputs with both active": sp.expand(excess / P**2).diff(P),
            "perfect carriers lose both features": excess.subs(X, 1) - 2 * P**2,
            "with noise": sp.expand(_noisy_excess() - noisy),
            "the case without noise": sp.expand(noisy.subs(silent) - excess),
        },
        arguments=(P, X),
        assumptions="Carriers +x and −x on one neuron, or each on its own; noise symmetric.",
        not_proved="F(μ) + F(−μ) = μ² + v and F'(μ) − F'(−μ) = 2μ: symmetry of the noise.",
    )


@statement
def break_even_probability(bipolar: sp.Expr = STD**2 * X / (2 * (X * (2 - S) - STD))) -> Statement:
    r"""Below :math:`p^*` two features of opposite sign have less loss on one neuron than on two.

    .. math:: p^* = \frac{F(0)-F(-s)}{s(2-s)-F'(0)+F'(-s)}, \qquad
              p^*_{\text{bipolar}} = \frac{\sigma^2 x}{2[x(2-x^2)-\sigma]}

    Returns
    -------
    Statement
        Its value is that of bipolar noise, a function of ``amplitude`` and ``std``.

    Notes
    -----
    Kind: exact, bipolar for σ ≤ x and σ < x(2 − x²). Source: derivations/tradeoff, “Noise at the
    time of the test”.

    Examples
    --------
    >>> from polytheory.theory.tradeoff.proof import break_even_probability
    >>> round(break_even_probability().evaluate(amplitude=1.0, std=0.2), 12)
    0.025
    """
    general = (_F0 - _FM) / (S * (2 - S) - _D0 + _DM)
    # F and F' of ±xσ with σ < x: above the kink with probability 1/2 at 0, and never at −s.
    signs = {_F0: (X * STD) ** 2 / 2, _FM: 0, _D0: X * STD, _DM: 0}
    weak = sp.limit(bipolar.subs(X, 1) / STD**2, STD, 0)
    return Statement(
        claim=sp.Eq(sp.Symbol("p*"), bipolar),
        residuals={
            "there the excess vanishes": sp.simplify(_noisy_excess().subs(P, general)),
            "of bipolar noise": sp.simplify(general.subs(signs) - bipolar),
            "weak noise: σ²/2 of perfect carriers": weak - sp.Rational(1, 2),
        },
        arguments=(X, STD),
        assumptions="As for pair_excess; the noise on a neuron is ±σ, σ ≤ x.",
        not_proved="That the excess is negative below it: it is p times an increasing line in p.",
    )


# --- training on co-occurring features ------------------------------------------------------------


@statement
def negative_overlap_rate(slower: sp.Expr = 1 + P - sp.sqrt((1 - P) ** 2 + 4 * P**2)) -> Statement:
    r"""A small negative overlap of two rows decays at the rate :math:`1+p-\sqrt{(1-p)^2+4p^2}`.

    Returns
    -------
    Statement
        Its value is a function of ``probability``.

    Notes
    -----
    Kind: exact in linear order about two orthogonal unit rows, without ℓ1; flow units, for the loss
    divided by p. Source: derivations/tradeoff, “Training on such inputs”.

    Examples
    --------
    >>> from polytheory.theory.tradeoff.proof import negative_overlap_rate
    >>> round(negative_overlap_rate().evaluate(probability=0.01), 6)
    0.019798
    """
    a, b, c, d = weights = sp.symbols("a b c d", real=True)
    first, second, overlap = a**2 + b**2, c**2 + d**2, a * c + b * d
    # With one of the two active, a share 1 − p of the inputs in which a feature is, ReLU(G) = 0;
    # with both active each output is its norm plus G.
    alone = (first - 1) ** 2 + (second - 1) ** 2
    together = (first + overlap - 1) ** 2 + (second + overlap - 1) ** 2
    loss = (1 - P) * alone + P * together
    speeds = {w: -sp.diff(loss, w) / 4 for w in weights}
    # Two unit rows that are nearly orthogonal: (1 + δ/2, 0) and (g, 1 + δ/2), to first order.
    small, delta, g = sp.symbols("epsilon delta g")
    near = {a: 1 + small * delta / 2, b: 0, c: small * g, d: 1 + small * delta / 2}
    of_first, of_second, of_overlap = (
        sp.diff(sp.expand(rate(each, speeds)).subs(near), small).subs(small, 0)
        for each in (first, second, overlap)
    )
    matrix = -2 * sp.Matrix([[1, P], [P, P]])  # on (δ, g), norms equal
    expected = list(matrix * sp.Matrix([delta, g]))
    faster = -matrix.trace() - slower
    return Statement(
        claim=sp.Eq(sp.Symbol("r"), slower),
        residuals={
            "rate of the norms": sp.expand(of_first - expected[0]),
            "the same for both norms": sp.expand(of_second - of_first),
            "rate of the overlap": sp.expand(of_overlap - expected[1]),
            "−r is an eigenvalue": sp.simplify((matrix + slower * sp.eye(2)).det()),
            "the other is faster by 2√((1−p)² + 4p²)": sp.expand(
                (faster - slower) ** 2 - 4 * ((1 - P) ** 2 + 4 * P**2)
            ),
            "2p − 2p² for small p": sp.series(slower, P, 0, 3).removeO() - 2 * P + 2 * P**2,
            "p = 1: rate 0": slower.subs(P, 1),
        },
        arguments=(P,),
        assumptions="Two features, inputs 0 or 1 with probability p of 1; overlap just below 0.",
    )
