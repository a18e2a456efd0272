"""How long until one weight is left, when the initial weights have an exponential tail.

The largest weights of a wide row have spacings u_(j) − u_(j+1) = E_j/j up to scale, with E_j iid
Exp(1) (Rényi; in the limit for every initial law in the Gumbel domain, such as the Gaussian). In
step n there are n living weights. Y_n is the squared coefficient of variation of the n + 1 largest
weights measured from the smallest of them; b_n is the share of ‖w‖₁ that step n leaves.
"""

from __future__ import annotations

import sympy as sp

from polytheory.algebra.statement import Statement, statement, value_of
from polytheory.theory.sparsification.row.proof import COUNT, LAMBDA
from polytheory.theory.sparsification.slow_time.proof import slow_time

SPREAD = sp.Symbol("spread", positive=True)
SHARE = sp.Symbol("share", positive=True)
_TOP = (
    "Slow time: λ times the flow time, to leading order in λ‖w‖₁. Initial weights whose largest "
    "have the spacings E_j/j: exact for Laplace rows, the limit m → ∞ for the Gumbel domain."
)


def _spaced(alive: int) -> tuple[list[sp.Expr], list[sp.Symbol]]:
    """Return the heights of the ``alive`` largest weights above the next one, and the E_j."""
    gaps = list(sp.symbols(f"E_1:{alive + 1}", positive=True))
    heights = [
        sum(gaps[i - 1] / sp.Integer(i) for i in range(j, alive + 1)) for j in range(1, alive + 1)
    ]
    return heights, gaps


def _squared_variation(values: list[sp.Expr]) -> sp.Expr:
    return len(values) * sum(x**2 for x in values) / sum(values) ** 2 - 1


def _completion_step_residuals(
    duration: sp.Expr, count: sp.Symbol, spread: sp.Symbol, share: sp.Symbol
) -> dict[str, sp.Expr]:
    mean, variance, alive, start, stop = slow_time().arguments
    height = sp.Symbol("height", positive=True)  # the mean of the weights above the stop
    above = {start: mean - height / share, stop: mean - height, variance: spread * height**2}
    residuals = {
        # d/d share, since the step is 0 when nothing is lost.
        "it is the slow time of the step": sp.diff(
            duration - value_of(slow_time()).subs(above).subs(alive, count), share
        ),
        "no time if nothing is lost": duration.subs(share, 1),
    }
    for n in (2, 3, 4):
        heights, gaps = _spaced(n)
        lost = gaps[-1] / n
        after = [each - lost for each in heights]
        residuals[f"share, n = {n}"] = sum(after) / sum(heights) - sum(gaps[:-1]) / sum(gaps)
        residuals[f"the spread of the step, n = {n}"] = _squared_variation(
            after
        ) - _squared_variation([*_spaced(n - 1)[0], sp.S.Zero])
    return residuals


@statement
def completion_step() -> Statement:
    r"""The slow time during which n of the largest weights live.

    .. math:: \Delta T_n = \frac{1}{\sqrt n}\Big[\mathrm{asinh}\frac{1}{b_n\sqrt{Y_{n-1}}}
              - \mathrm{asinh}\frac{1}{\sqrt{Y_{n-1}}}\Big], \qquad
              b_n = \frac{E_1 + \dots + E_{n-1}}{E_1 + \dots + E_n}

    Returns
    -------
    Statement
        Its value is ΔT_n, of ``nonzero_count`` (n ≥ 2), ``spread`` (Y at n − 1) and ``share``
        (b_n).

    Notes
    -----
    Kind: exact. λT* is the sum over n ≥ 2, so that the scale of the weights has no part in it.
    Source: this library.

    Examples
    --------
    >>> from polytheory.symbolic import completion_step
    >>> completion_step().evaluate(nonzero_count=2, spread=1.0, share=1.0)
    0.0
    """
    root = sp.sqrt(SPREAD)
    value = (sp.asinh(1 / (SHARE * root)) - sp.asinh(1 / root)) / sp.sqrt(COUNT)
    return Statement(
        claim=sp.Eq(sp.Symbol("Delta T_n"), value),
        residuals=_completion_step_residuals(value, COUNT, SPREAD, SHARE),
        value=value,
        arguments=(COUNT, SPREAD, SHARE),
        assumptions=f"{_TOP} 0 < b ≤ 1, Y > 0.",
        not_proved="Share and spread for general n: they are checked for n = 2, 3, 4.",
    )


def _completion_spread_residuals(
    following: sp.Expr, count: sp.Symbol, spread: sp.Symbol, share: sp.Symbol
) -> dict[str, sp.Expr]:
    # n weights with mean μ and variance Yμ² above the stop of the step, mean μ/b above its start.
    mean = sp.Symbol("mean", positive=True)
    total, square = count * mean / share, count * (mean**2 / share**2 + spread * mean**2)
    residuals = {
        "with the next weight, at height 0": following - ((count + 1) * square / total**2 - 1),
        "two weights, Y = 1": _squared_variation([mean, sp.S.Zero]) - 1,
    }
    for n in (2, 3, 4):
        heights, gaps = _spaced(n)
        before = _squared_variation([*_spaced(n - 1)[0], sp.S.Zero])
        left = sum(gaps[:-1]) / sum(gaps)
        residuals[f"by the spacings, n = {n}"] = following.subs(
            {count: n, spread: before, share: left}
        ) - _squared_variation([*heights, sp.S.Zero])
    # A sum S of n − 1 exponentials and another one: P(b < β) = E exp(−S(1/β − 1)).
    level, total_of_others = sp.symbols("beta S", positive=True)
    shape = sp.Symbol("n_minus_1", positive=True, integer=True)
    density = total_of_others ** (shape - 1) * sp.exp(-total_of_others) / sp.gamma(shape)
    below = density * sp.exp(-total_of_others * (1 / level - 1))
    chance = sp.integrate(sp.powsimp(sp.expand(below)), (total_of_others, 0, sp.oo), conds="none")
    return residuals | {"P(b < β) = β^(n − 1)": chance - level**shape}


@statement
def completion_spread() -> Statement:
    r"""How the spread of the largest weights follows from that of one weight fewer.

    .. math:: Y_n = \frac{1 + (n+1)\,b_n^2\,Y_{n-1}}{n}, \qquad Y_1 = 1, \qquad
              P(b_n < \beta) = \beta^{n-1}

    The b_n are independent: a sum of exponentials is independent of the ratios of its terms. So the
    law of λT* = ΣΔT_n (`completion_step`) is that of a Markov chain in one variable.

    Returns
    -------
    Statement
        Its value is Y_n, of ``nonzero_count`` (n), ``spread`` (Y at n − 1) and ``share`` (b_n).

    Notes
    -----
    Kind: exact. Source: this library.

    Examples
    --------
    >>> from polytheory.symbolic import completion_spread
    >>> completion_spread().evaluate(nonzero_count=2, spread=1.0, share=1.0)
    2.0
    """
    value = (1 + (COUNT + 1) * SHARE**2 * SPREAD) / COUNT
    return Statement(
        claim=sp.Eq(sp.Symbol("Y_n"), value),
        residuals=_completion_spread_residuals(value, COUNT, SPREAD, SHARE),
        value=value,
        arguments=(COUNT, SPREAD, SHARE),
        assumptions=f"{_TOP} 0 < b ≤ 1, Y > 0.",
        not_proved=(
            "That a sum of exponentials is independent of the ratios of its terms, and that the "
            "spacings of the largest of many weights tend to E_j/j (Rényi; Weissman)."
        ),
    )


def _completion_rest_residuals(
    rest: sp.Expr, count: sp.Symbol, spread: sp.Symbol
) -> dict[str, sp.Expr]:
    # For large n: n = 1 + 1/η², Y = 1 + ηd, b = exp(−η²t) with t ~ Exp(1), as P(b < β) = β^(n−1).
    eta, d, t = sp.symbols("eta d t", positive=True)
    n = 1 + 1 / eta**2
    before, left = {count: 1 / eta**2, spread: 1 + eta * d}, sp.exp(-t * eta**2)
    now = {COUNT: n, SPREAD: 1 + eta * d, SHARE: left}
    step = _series(value_of(completion_step()).subs(now), eta)
    following = value_of(completion_spread()).subs(now)
    after = _series(rest.subs({count: n, spread: following}), eta)
    # E t^p = p!
    balance = sp.Poly(step + after - _series(rest.subs(before), eta), t)
    mean = sp.expand(sum(each * sp.factorial(p) for (p,), each in balance.terms()))
    return {
        f"rest before = E[step + rest after], order n^(−{p}/2)": mean.coeff(eta, p)
        for p in range(1, 6)
    }


def _series(expression: sp.Expr, eta: sp.Symbol) -> sp.Expr:
    """Return the terms up to η⁵ of what begins with η."""
    return sp.expand(eta * sp.series(sp.simplify(expression / eta), eta, 0, 5).removeO())


@statement
def completion_rest() -> Statement:
    r"""The mean time that all steps beyond the n-th take together.

    .. math:: E\Big[\sum_{j>n}\Delta T_j\,\Big|\,Y_n\Big] = \sqrt{\frac2n}\Big[1 - \frac{Y_n-1}{12}
              + \frac{3(Y_n-1)^2}{160} + \frac{3}{10n} + O(n^{-3/2})\Big]

    for :math:`Y_n - 1` of order :math:`1/\sqrt n`, as it is.

    Returns
    -------
    Statement
        Its value is the mean without the remainder, of ``nonzero_count`` (n) and ``spread`` (Y_n).

    Notes
    -----
    Kind: leading order as n → ∞, with its next orders. Source: this library.

    Examples
    --------
    >>> from polytheory.symbolic import completion_rest
    >>> round(completion_rest().evaluate(nonzero_count=200, spread=1.0), 5)
    0.10015
    """
    excess = SPREAD - 1
    bracket = 1 - excess / 12 + 3 * excess**2 / 160 + sp.Rational(3, 10) / COUNT
    value = sp.sqrt(2 / COUNT) * bracket
    return Statement(
        claim=sp.Eq(sp.Symbol("E sum Delta T_j"), value),
        residuals=_completion_rest_residuals(value, COUNT, SPREAD),
        value=value,
        arguments=(COUNT, SPREAD),
        assumptions=f"{_TOP} n → ∞, Y − 1 = O(1/√n).",
        not_proved=(
            "That the mean has such a series, and the size of the remainder; the recursion alone "
            "leaves a constant open, which is 0 because the mean falls to 0."
        ),
    )


def _completion_tail_rate_residuals(tail_rate: sp.Expr, count: sp.Symbol) -> dict[str, sp.Expr]:
    root = sp.sqrt(SPREAD)
    step = value_of(completion_step()).subs(COUNT, count)
    # asinh(1/(b√Y)) = ln(2/(b√Y)) + O(b²): the step needs a near tie, b → 0.
    offset = (sp.log(2 / root) - sp.asinh(1 / root)) / sp.sqrt(count)
    remainder = (step + sp.log(SHARE) / sp.sqrt(count) - offset).rewrite(sp.log)
    elapsed = sp.Symbol("x", positive=True)
    needed = sp.exp(-sp.sqrt(count) * elapsed)  # the b that takes the time x, up to a factor
    last = {count: 2, SPREAD: 1}
    return {
        "a near tie takes ln(1/b)/√n": sp.limit(remainder, SHARE, 0, "+"),
        "its chance falls at this rate": sp.diff(sp.log(needed ** (count - 1)), elapsed)
        + tail_rate,
        "the last step has the slowest": tail_rate.subs(count, 2) - sp.sqrt(2),
        "its offset": sp.exp(sp.sqrt(2) * offset.subs(last)) - 2 / (1 + sp.sqrt(2)),
        "after a tie of the two largest": value_of(completion_spread()).subs(
            {COUNT: 2, SPREAD: 1, SHARE: 0}
        )
        - sp.S.Half,
    }


@statement
def completion_tail_rate() -> Statement:
    r"""A late completion is a near tie of the largest weights: the exponential rates of the tail.

    .. math:: P(\Delta T_n > x) \sim e^{-(n-1)\sqrt n\,x}, \qquad
              P(\lambda T^* > x) \sim \frac{2}{1+\sqrt2}\,
              E\big[e^{\sqrt2 R}\,\big|\,Y_2 = \tfrac12\big]\,e^{-\sqrt2 x}

    with R the sum of all steps but the last, n = 2.

    Returns
    -------
    Statement
        Its value is the rate (n − 1)√n, of ``nonzero_count`` (n ≥ 2); √2 for the whole.

    Notes
    -----
    Kind: leading order as x → ∞. Source: this library.

    Examples
    --------
    >>> from polytheory.symbolic import completion_tail_rate
    >>> completion_tail_rate().evaluate(nonzero_count=[2, 3, 4]).round(4)
    array([1.4142, 3.4641, 6.    ])
    """
    value = (COUNT - 1) * sp.sqrt(COUNT)
    return Statement(
        claim=sp.Eq(sp.Symbol("rate"), value),
        residuals=_completion_tail_rate_residuals(value, COUNT),
        value=value,
        arguments=(COUNT,),
        assumptions=_TOP,
        not_proved=(
            "That E exp(√2 R) is finite, for which the rates of all other steps exceed √2, and "
            "that the limit b → 0 may be taken under it."
        ),
    )


def _completion_time_residuals(
    time: sp.Expr, largest: sp.Symbol, second: sp.Symbol
) -> dict[str, sp.Expr]:
    mean, variance, alive, start, stop = slow_time().arguments
    both = {
        mean: (largest + second) / 2,
        variance: (largest - second) ** 2 / 4,
        alive: 2,
        start: 0,
        stop: second,
    }
    step = {COUNT: 2, SPREAD: 1, SHARE: (largest - second) / (largest + second)}
    factor, gap = sp.symbols("factor gap", positive=True)
    difference = LAMBDA * time - value_of(slow_time()).subs(both)
    exact = sp.sqrt(2) * LAMBDA * time
    return {
        # At a fixed gap, and d/d second of it: both are 0 at second = 0.
        "the slow time until the second is gone": sp.diff(
            difference.subs(largest, second + gap), second
        ),
        "a lone weight has no time to wait": time.subs(second, 0),
        "the last step": LAMBDA * time - value_of(completion_step()).subs(step),
        "the scale does not matter": time.subs({largest: factor * largest, second: factor * second})
        - time,
        "a tie takes for ever, like ln(1/gap)": sp.limit(
            (exact.rewrite(sp.log) + sp.log(1 - second / largest)).subs(
                second, largest * (1 - factor)
            ),
            factor,
            0,
            "+",
        )
        - sp.log(4 / (1 + sp.sqrt(2))),
    }


@statement
def completion_time() -> Statement:
    r"""The time until one of two weights is left.

    .. math:: \lambda T^* = \frac{1}{\sqrt2}\Big[\mathrm{asinh}\frac{u_1+u_2}{u_1-u_2}
              - \mathrm{asinh}\,1\Big]

    Returns
    -------
    Statement
        Its value is T*, of ``largest``, ``second`` (the sizes of the two initial weights) and
        ``l1_strength``.

    Notes
    -----
    Kind: leading order as λ → 0. A row of more weights adds a step for each (`slow_time`); it ends
    with this one, from the death of the third on. Source: this library.

    Examples
    --------
    >>> from polytheory.symbolic import completion_time
    >>> round(completion_time().evaluate(largest=0.8, second=0.6, l1_strength=0.01), 3)
    124.645
    """
    largest, second = sp.symbols("largest second", positive=True)
    ratio = (largest + second) / (largest - second)
    value = (sp.asinh(ratio) - sp.asinh(1)) / (sp.sqrt(2) * LAMBDA)
    return Statement(
        claim=sp.Eq(sp.Symbol("T*"), value),
        residuals=_completion_time_residuals(value, largest, second),
        value=value,
        arguments=(largest, second, LAMBDA),
        assumptions="Two weights, no interference; λ‖w(0)‖₁ → 0; 0 < second < largest; flow units.",
    )
