"""Proofs of the completion time for initial weights with an exponential tail.

The largest weights of a wide row have spacings u_(j) − u_(j+1) = E_j/j up to scale, with E_j iid
Exp(1) (Rényi; in the limit for every initial distribution in the Gumbel domain, such as the
Gaussian). In step n there are n living weights. Y_n is the squared coefficient of variation of the
n + 1 largest weights measured from the smallest of them; b_n is the share of ‖w‖₁ that is left
after step n.
"""

from dataclasses import replace

import sympy as sp

from polytheory.algebra.statement import Statement, statement, value_of
from polytheory.theory.sparsification.row.proof import COUNT, LAMBDA
from polytheory.theory.sparsification.slow_manifold.proof import hitting_time_of_two, slow_time

SQUARED_CV = sp.Symbol("squared_cv", positive=True)
SHARE = sp.Symbol("share", positive=True)
LARGEST, SECOND = sp.symbols("largest second", positive=True)
_STEP = (sp.asinh(1 / (SHARE * sp.sqrt(SQUARED_CV))) - sp.asinh(1 / sp.sqrt(SQUARED_CV))) / sp.sqrt(
    COUNT
)
_FOLLOWING = (1 + (COUNT + 1) * SHARE**2 * SQUARED_CV) / COUNT
_REST = 1 - (SQUARED_CV - 1) / 12 + 3 * (SQUARED_CV - 1) ** 2 / 160 + sp.Rational(3, 10) / COUNT
_TIME = sp.asinh((LARGEST + SECOND) / (LARGEST - SECOND)) - sp.asinh(1)
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


def _with_next(alive: int) -> list[sp.Expr]:
    """Return these heights and that of the next weight, which is 0."""
    return [*_spaced(alive)[0], sp.S.Zero]


def _squared_variation(values: list[sp.Expr]) -> sp.Expr:
    return len(values) * sum(x**2 for x in values) / sum(values) ** 2 - 1


@statement
def completion_step(duration: sp.Expr = _STEP) -> Statement:
    r"""The slow time during which n of the largest weights live.

    .. math:: \Delta T_n = \frac{1}{\sqrt n}\Big[\mathrm{asinh}\frac{1}{b_n\sqrt{Y_{n-1}}}
              - \mathrm{asinh}\frac{1}{\sqrt{Y_{n-1}}}\Big], \qquad
              b_n = \frac{E_1 + \dots + E_{n-1}}{E_1 + \dots + E_n}

    Returns
    -------
    Statement
        Its value is ΔT_n, of ``nonzero_count`` (n ≥ 2), ``squared_cv`` (Y at n − 1) and ``share``
        (b_n).

    Notes
    -----
    Kind: exact. λT* is the sum over n ≥ 2, so it is independent of the scale of the weights.
    Source: derivations/completion_time, “The distribution of b”.

    Examples
    --------
    >>> from polytheory.symbolic import completion_step
    >>> completion_step().evaluate(nonzero_count=2, squared_cv=1.0, share=1.0)
    0.0
    """
    mean, variance, alive, start, stop = slow_time().arguments
    height = sp.Symbol("height", positive=True)  # the mean of the weights above the stop
    above = {start: mean - height / SHARE, stop: mean - height, variance: SQUARED_CV * height**2}
    slow = value_of(slow_time()).subs(above).subs(alive, COUNT)
    residuals = {
        # d/d share, since the step is 0 at share 1.
        "it is the slow time of the step": sp.diff(duration - slow, SHARE),
        "no time at share 1": duration.subs(SHARE, 1),
    }
    for n in (2, 3, 4):
        heights, gaps = _spaced(n)
        after = [each - gaps[-1] / n for each in heights]
        residuals[f"share, n = {n}"] = sum(after) / sum(heights) - sum(gaps[:-1]) / sum(gaps)
        variations = _squared_variation(after) - _squared_variation(_with_next(n - 1))
        residuals[f"the variation after the step, n = {n}"] = variations
    return Statement(
        claim=sp.Eq(sp.Symbol("Delta T_n"), duration),
        residuals=residuals,
        arguments=(COUNT, SQUARED_CV, SHARE),
        assumptions=f"{_TOP} 0 < b ≤ 1, Y > 0.",
        not_proved="Share and variation for general n: they are checked for n = 2, 3, 4.",
    )


@statement
def completion_squared_cv(following: sp.Expr = _FOLLOWING) -> Statement:
    r"""Recursion for the squared coefficient of variation of the largest weights.

    .. math:: Y_n = \frac{1 + (n+1)\,b_n^2\,Y_{n-1}}{n}, \qquad Y_1 = 1, \qquad
              P(b_n < \beta) = \beta^{n-1}

    The b_n are independent: a sum of exponentials is independent of the ratios of its terms. So
    λT* = ΣΔT_n (`completion_step`) is a sum over a Markov chain in one variable.

    Returns
    -------
    Statement
        Its value is Y_n, of ``nonzero_count`` (n), ``squared_cv`` (Y at n − 1) and ``share`` (b_n).

    Notes
    -----
    Kind: exact. Source: derivations/completion_time, “One step”.

    Examples
    --------
    >>> from polytheory.symbolic import completion_squared_cv
    >>> completion_squared_cv().evaluate(nonzero_count=2, squared_cv=1.0, share=1.0)
    2.0
    """
    # n weights with mean μ and variance Yμ² above the stop of the step, mean μ/b above its start.
    mean = sp.Symbol("mean", positive=True)
    total, square = COUNT * mean / SHARE, COUNT * (mean**2 / SHARE**2 + SQUARED_CV * mean**2)
    residuals = {
        "with the next weight, at height 0": following - ((COUNT + 1) * square / total**2 - 1),
        "two weights, Y = 1": _squared_variation([mean, sp.S.Zero]) - 1,
    }
    for n in (2, 3, 4):
        _, gaps = _spaced(n)
        before, left = _squared_variation(_with_next(n - 1)), sum(gaps[:-1]) / sum(gaps)
        after = following.subs({COUNT: n, SQUARED_CV: before, SHARE: left})
        residuals[f"by the spacings, n = {n}"] = after - _squared_variation(_with_next(n))
    # A sum S of n − 1 exponentials and another one: P(b < β) = E exp(−S(1/β − 1)).
    level, others = sp.symbols("beta S", positive=True)
    shape = sp.Symbol("n_minus_1", positive=True, integer=True)
    density = others ** (shape - 1) * sp.exp(-others) / sp.gamma(shape)
    below = sp.powsimp(sp.expand(density * sp.exp(-others * (1 / level - 1))))
    chance = sp.integrate(below, (others, 0, sp.oo), conds="none")
    return Statement(
        claim=sp.Eq(sp.Symbol("Y_n"), following),
        residuals=residuals | {"P(b < β) = β^(n − 1)": chance - level**shape},
        arguments=(COUNT, SQUARED_CV, SHARE),
        assumptions=f"{_TOP} 0 < b ≤ 1, Y > 0.",
        not_proved=(
            "That a sum of exponentials is independent of the ratios of its terms, and that the "
            "spacings of the largest of many weights tend to E_j/j (Rényi; Weissman)."
        ),
    )


def _series(expression: sp.Expr, eta: sp.Symbol) -> sp.Expr:
    """Return the terms up to η⁵ of a series that begins with η."""
    return sp.expand(eta * sp.series(sp.simplify(expression / eta), eta, 0, 5).removeO())


@statement
def completion_rest(rest: sp.Expr = sp.sqrt(2 / COUNT) * _REST) -> Statement:
    r"""Mean total time of all steps beyond the n-th.

    .. math:: E\Big[\sum_{j>n}\Delta T_j\,\Big|\,Y_n\Big] = \sqrt{\frac2n}\Big[1 - \frac{Y_n-1}{12}
              + \frac{3(Y_n-1)^2}{160} + \frac{3}{10n} + O(n^{-3/2})\Big]

    for :math:`Y_n - 1` of order :math:`1/\sqrt n`, its typical size.

    Returns
    -------
    Statement
        Its value is the mean without the remainder, of ``nonzero_count`` (n) and ``squared_cv``
        (Y_n).

    Notes
    -----
    Kind: leading order as n → ∞, with its next orders. Source: derivations/completion_time, “The
    tail”.

    Examples
    --------
    >>> from polytheory.symbolic import completion_rest
    >>> round(completion_rest().evaluate(nonzero_count=200, squared_cv=1.0), 5)
    0.10015
    """
    # For large n: n = 1 + 1/η², Y = 1 + ηd, b = exp(−η²t) with t ~ Exp(1), as P(b < β) = β^(n−1).
    eta, d, t = sp.symbols("eta d t", positive=True)
    n = 1 + 1 / eta**2
    before = {COUNT: 1 / eta**2, SQUARED_CV: 1 + eta * d}
    now = {COUNT: n, SQUARED_CV: 1 + eta * d, SHARE: sp.exp(-t * eta**2)}
    after = {COUNT: n, SQUARED_CV: value_of(completion_squared_cv()).subs(now)}
    step = _series(value_of(completion_step()).subs(now), eta)
    later = _series(rest.subs(after, simultaneous=True), eta)
    # E t^p = p!
    balance = sp.Poly(step + later - _series(rest.subs(before), eta), t)
    mean = sp.expand(sum(each * sp.factorial(p) for (p,), each in balance.terms()))
    return Statement(
        claim=sp.Eq(sp.Symbol("E sum Delta T_j"), rest),
        residuals={
            f"rest before = E[step + rest after], order n^(−{p}/2)": mean.coeff(eta, p)
            for p in range(1, 6)
        },
        arguments=(COUNT, SQUARED_CV),
        assumptions=f"{_TOP} n → ∞, Y − 1 = O(1/√n).",
        not_proved=(
            "That the mean has such a series, and the size of the remainder. The recursion leaves "
            "a constant undetermined, which is 0 because the mean tends to 0."
        ),
    )


@statement
def completion_tail_rate(tail_rate: sp.Expr = (COUNT - 1) * sp.sqrt(COUNT)) -> Statement:
    r"""Near ties of the largest weights give the exponential rates of the tail.

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
    Kind: leading order as x → ∞. Source: derivations/completion_time, “The tail”.

    Examples
    --------
    >>> from polytheory.symbolic import completion_tail_rate
    >>> completion_tail_rate().evaluate(nonzero_count=[2, 3, 4]).round(4)
    array([1.4142, 3.4641, 6.    ])
    """
    # asinh(1/(b√Y)) = ln(2/(b√Y)) + O(b²): the step needs a near tie, b → 0.
    root = sp.sqrt(SQUARED_CV)
    offset = (sp.log(2 / root) - sp.asinh(1 / root)) / sp.sqrt(COUNT)
    near = (value_of(completion_step()) + sp.log(SHARE) / sp.sqrt(COUNT) - offset).rewrite(sp.log)
    elapsed = sp.Symbol("x", positive=True)
    needed = sp.exp(
        -sp.sqrt(COUNT) * elapsed
    )  # the b for which the step takes the time x, up to a factor
    last = {COUNT: 2, SQUARED_CV: 1}
    tied = value_of(completion_squared_cv()).subs(last | {SHARE: 0})
    log_chance = sp.log(needed ** (COUNT - 1))
    return Statement(
        claim=sp.Eq(sp.Symbol("rate"), tail_rate),
        residuals={
            "a near tie takes ln(1/b)/√n": sp.limit(near, SHARE, 0, "+"),
            "its probability decays at this rate": sp.diff(log_chance, elapsed) + tail_rate,
            "the last step has the smallest rate": tail_rate.subs(COUNT, 2) - sp.sqrt(2),
            "the offset of the last step": sp.exp(sp.sqrt(2) * offset.subs(last))
            - 2 / (1 + sp.sqrt(2)),
            "after a tie of the two largest": tied - sp.S.Half,
        },
        arguments=(COUNT,),
        assumptions=_TOP,
        not_proved=(
            "That E exp(√2 R) is finite, as the rates of all other steps exceed √2, and "
            "that the limit b → 0 may be taken under it."
        ),
    )


@statement
def completion_time(time: sp.Expr = _TIME / (sp.sqrt(2) * LAMBDA)) -> Statement:
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
    Kind: leading order as λ → 0. A row of more weights adds a step per weight (`slow_time`); this
    is the last step, from the death of the third weight on. Source: derivations/slow_manifold, “Two
    weights”.

    Examples
    --------
    >>> from polytheory.symbolic import completion_time
    >>> round(completion_time().evaluate(largest=0.8, second=0.6, l1_strength=0.01), 3)
    124.645
    """
    mean, variance, alive, start, stop = slow_time().arguments
    middle, variation = (LARGEST + SECOND) / 2, (LARGEST - SECOND) ** 2 / 4
    both = {mean: middle, variance: variation, alive: 2, start: 0, stop: SECOND}
    last = {COUNT: 2, SQUARED_CV: 1, SHARE: (LARGEST - SECOND) / (LARGEST + SECOND)}
    factor, gap = sp.symbols("factor gap", positive=True)
    difference = (LAMBDA * time - value_of(slow_time()).subs(both)).subs(LARGEST, SECOND + gap)
    scaled = time.subs({LARGEST: factor * LARGEST, SECOND: factor * SECOND})
    offset = (sp.sqrt(2) * LAMBDA * time).rewrite(sp.log) + sp.log(1 - SECOND / LARGEST)
    tied = sp.limit(offset.subs(SECOND, LARGEST * (1 - factor)), factor, 0, "+")
    return Statement(
        claim=sp.Eq(sp.Symbol("T*"), time),
        residuals={
            # At a fixed gap, and d/d second of it: both are 0 at second = 0.
            "the slow time until the second is gone": sp.diff(difference, SECOND),
            "a lone weight: no time": time.subs(SECOND, 0),
            "the last step": LAMBDA * time - value_of(completion_step()).subs(last),
            "it is independent of the scale": scaled - time,
            "a near tie: diverges like ln(1/gap)": tied - sp.log(4 / (1 + sp.sqrt(2))),
        },
        arguments=(LARGEST, SECOND, LAMBDA),
        assumptions="Two weights, no interference; λ‖w(0)‖₁ → 0; 0 < second < largest; flow units.",
    )


def completion_time_of_two() -> Statement:
    """Return `completion_time` with the value to first order in λ, as it is predicted."""
    of_two = hitting_time_of_two()
    largest, second, threshold, strength = of_two.arguments
    value = value_of(of_two).subs(threshold, second)
    return replace(completion_time(), value=value, arguments=(largest, second, strength))
