"""Proofs of the slow time of one encoding, the clock of its direction, and of hitting times.

Letters as in the proofs of one row; ς is the slow time, c = ‖w‖₁/‖w‖₂ and r = ‖w‖₂.
"""

from dataclasses import replace

import sympy as sp

from polytheory.algebra.statement import Statement, rate, statement, value_of
from polytheory.theory.sparsification.row import proof as _row
from polytheory.theory.sparsification.row.proof import COUNT, L1, LAMBDA, NORM, ONE_ROW

MEAN, VARIANCE, START, STOP = sp.symbols("mean variance start stop", positive=True)
CLOCK, INITIAL_NORM, REMAINING, INITIAL_RATIO, RATIO, COUNTED = sp.symbols(
    "slow_time initial_norm remaining_square initial_ratio ratio count_integral", positive=True
)

_ROOT = sp.sqrt(COUNT)
_FALLING = _ROOT - INITIAL_RATIO
_RISING = (_ROOT + INITIAL_RATIO) * sp.exp(-2 * _ROOT * CLOCK)

# λt to first order, and the second-order terms: outer solution, and initial layer.
_LOG = sp.log((1 + INITIAL_NORM) / (2 * INITIAL_NORM))
_SHORT = (1 - INITIAL_NORM) / INITIAL_NORM
_FIRST_ORDER = CLOCK - LAMBDA * sp.log(INITIAL_NORM**2 / REMAINING) / 4 - LAMBDA * (_SHORT - _LOG)
_LAYER = 1 / (2 * (1 + INITIAL_NORM)) - _SHORT / (2 * INITIAL_NORM) + _SHORT - 2 * _LOG
_OUTER = (INITIAL_RATIO - RATIO) / 8 - sp.Rational(3, 8) * COUNTED
_SECOND_ORDER = _OUTER + INITIAL_RATIO * _LAYER

# S₁ and S₂ at a threshold, from their values at the start.
_TAU, _S_10, _S_20 = sp.symbols("tau S_10 S_20", positive=True)
_FIRST = _S_10 - COUNT * _TAU
_SECOND = _S_20 - 2 * _S_10 * _TAU + COUNT * _TAU**2


def _reach(tau: sp.Expr) -> sp.Expr:
    return sp.sqrt((MEAN - tau) ** 2 + VARIANCE) + MEAN - tau


@statement
def polar_form(ratio: sp.Expr = _ROOT * (_RISING - _FALLING) / (_RISING + _FALLING)) -> Statement:
    r"""In polar form the direction of an encoding is a function of the slow time ς alone.

    With :math:`r = \|w\|_2`, :math:`c = \|w\|_1/\|w\|_2`, :math:`v = w/r` and
    :math:`\varsigma' = \lambda/r`,

    .. math:: r' = r(1-r^2) - \lambda c, \qquad \frac{dv}{d\varsigma} = c\,v - \mathrm{sign}(v),
              \qquad \frac{dc}{d\varsigma} = c^2 - m',

    so that between two deaths, with :math:`T = \tanh(\sqrt{m'}(\varsigma-\varsigma_0))`,

    .. math:: c = \sqrt{m'}\tanh\big(\sqrt{m'}(\varsigma_\infty - \varsigma)\big)
              = \frac{c_0 - \sqrt{m'}\,T}{1 - c_0 T/\sqrt{m'}}.

    In terms of the soft threshold :math:`d\varsigma = d\tau/\sqrt{S_2(\tau)}`.

    Returns
    -------
    Statement
        Its value is c as a function of ``initial_ratio``, ``nonzero_count``, ``slow_time`` (since
        the start), written with exponentials, which are defined for equal weights.

    Notes
    -----
    Kind: exact, between two deaths. Equal weights have constant :math:`c = \sqrt{m'}`, ς_∞ = ∞.
    Source: derivations/sparsification, “The clock of the direction”.

    Examples
    --------
    >>> from polytheory.symbolic import polar_form
    >>> polar_form().evaluate(initial_ratio=2.0, nonzero_count=4, slow_time=1.5)
    2.0
    """
    radius, c = sp.sqrt(NORM), L1 / sp.sqrt(NORM)
    slow = LAMBDA / radius  # dς/dt
    weight, u, angle, q = sp.symbols("|w| u A q", positive=True)
    speeds = _row.SPEEDS | {weight: _row.weight_speed(weight)}
    t = sp.tanh(_ROOT * CLOCK)
    root_second = sp.sqrt(_SECOND)
    c_tau, direction = _FIRST / root_second, (u - _TAU) / root_second
    return Statement(
        claim=sp.Eq(sp.Symbol("c"), ratio),
        residuals={
            "the radius": rate(radius, speeds) - (radius * (1 - NORM) - LAMBDA * c),
            "the ratio, in slow time": rate(c, speeds) / slow - (c**2 - COUNT),
            "the direction, in slow time": rate(weight / radius, speeds) / slow
            - (c * weight / radius - 1),
            "the ratio solves its equation": sp.diff(ratio, CLOCK) - (ratio**2 - COUNT),
            "the ratio at the start": ratio.subs(CLOCK, 0) - INITIAL_RATIO,
            "the same as an addition of tanh": ratio
            - (INITIAL_RATIO - _ROOT * t) / (1 - INITIAL_RATIO * t / _ROOT),
            "the same as one tanh": ratio.subs(INITIAL_RATIO, _ROOT * sp.tanh(angle))
            - _ROOT * sp.tanh(angle - _ROOT * CLOCK),
            # The same by the soft threshold, where r = √(S₂/q) and dτ/dt = λ√q.
            "dς/dτ = 1/√S₂": (LAMBDA / sp.sqrt(_SECOND / q)) / (LAMBDA * sp.sqrt(q))
            - 1 / root_second,
            "the ratio, by the threshold": root_second * sp.diff(c_tau, _TAU) - (c_tau**2 - COUNT),
            "the direction, by the threshold": root_second * sp.diff(direction, _TAU)
            - (c_tau * direction - 1),
        },
        arguments=(INITIAL_RATIO, COUNT, CLOCK),
        assumptions=f"{ONE_ROW} 1 ≤ c₀ ≤ √m', until the next death.",
    )


@statement
def slow_time(clock: sp.Expr = sp.log(_reach(START) / _reach(STOP)) / _ROOT) -> Statement:
    r"""The slow time between two thresholds, while the same weights are alive.

    .. math:: \Delta\varsigma = \int_a^b\frac{d\tau}{\sqrt{S_2(\tau)}}
              = \frac{1}{\sqrt{m'}}\ln\frac{\sqrt{m'S_2(a)} + S_1(a)}{\sqrt{m'S_2(b)} + S_1(b)}
              = \frac{1}{\sqrt{m'}}\Big[\mathrm{asinh}\frac{\mu-a}{\sqrt v}
              - \mathrm{asinh}\frac{\mu-b}{\sqrt v}\Big]

    where μ and v are mean and variance of the initial sizes of the m' weights that are alive.

    Returns
    -------
    Statement
        Its value is Δς as a function of ``mean``, ``variance``, ``nonzero_count``, ``start``
        (a) and ``stop`` (b).

    Notes
    -----
    Kind: exact. It is λ times the flow time to leading order (`hitting_time`). Source:
    derivations/slow_manifold, “The slow time is elementary”.

    Examples
    --------
    >>> import math
    >>> from polytheory.symbolic import slow_time
    >>> equal = slow_time().evaluate(mean=1.0, variance=0.0, nonzero_count=4, start=0.0, stop=0.5)
    >>> math.isclose(equal, math.log(2) / 2)
    True
    """

    def second(tau: sp.Expr) -> sp.Expr:
        return COUNT * ((MEAN - tau) ** 2 + VARIANCE)

    first = COUNT * (MEAN - STOP)
    logarithm = -sp.log(sp.sqrt(COUNT * second(STOP)) + first) / _ROOT
    inverse_sinh = -sp.asinh((MEAN - STOP) / sp.sqrt(VARIANCE)) / _ROOT
    rest, step = sp.symbols("rest step", positive=True)
    equal = clock.subs({START: MEAN - rest - step, STOP: MEAN - rest, VARIANCE: 0}).doit()
    return Statement(
        claim=sp.Eq(sp.Symbol("Delta varsigma"), clock),
        residuals={
            "it is the integral of 1/√S₂": sp.diff(clock, STOP) - 1 / sp.sqrt(second(STOP)),
            "its derivative by the start": sp.diff(clock, START) + 1 / sp.sqrt(second(START)),
            "it is 0 at the start": clock.subs(STOP, START),
            "ln(√(m'S₂) + S₁) is its antiderivative": sp.diff(logarithm - clock, STOP),
            "asinh is its antiderivative": sp.diff(inverse_sinh - clock, STOP),
            "equal weights": equal - sp.log((rest + step) / rest) / _ROOT,
        },
        arguments=(MEAN, VARIANCE, COUNT, START, STOP),
        assumptions="No death between start and stop; stop below the smallest living weight.",
    )


@statement
def hitting_time(scaled_time: sp.Expr = _FIRST_ORDER) -> Statement:
    r"""Hitting time: flow time as a function of slow time, to first order.

    .. math:: \lambda t = \varsigma - \frac{\lambda}{4}\ln\frac{S_2(0)}{S_2(\tau)}
              - \lambda\Big[\frac{1-r_0}{r_0} - \ln\frac{1+r_0}{2r_0}\Big]
              + O(\lambda^2\|w(0)\|_1), \qquad r_0 = \sqrt{S_2(0)} = \|w(0)\|_2

    Returns
    -------
    Statement
        Its value is λt as a function of ``slow_time``, ``initial_norm`` (r₀),
        ``remaining_square`` (S₂ at the present threshold) and ``l1_strength``.

    Notes
    -----
    Kind: leading order as λ‖w(0)‖₁ → 0, with its first correction; for t ≫ 1.
    Source: derivations/slow_manifold, “The hitting time”.

    Examples
    --------
    >>> from polytheory.symbolic import hitting_time
    >>> time = hitting_time()
    >>> time.evaluate(slow_time=1.5, initial_norm=1.0, remaining_square=1.0, l1_strength=0.01)
    1.5
    """
    r, c = sp.symbols("r c", positive=True)
    # In slow time the radius obeys λ dr/dς = r²(1 − r²) − λ c r, and λ dt = r dς.
    outer = 1 - LAMBDA * c / 2
    balance = outer**2 * (1 - outer**2) - LAMBDA * c * outer
    # In the initial layer the penalty is negligible: dς/dr = λ/(r²(1 − r²)), so the part of the
    # time that the outer solution r = 1 misses is λ∫(r − 1)/(r²(1 − r²))dr = λ[excess].
    excess = 1 / r + sp.log(r) - sp.log(1 + r)
    layer = excess.subs(r, 1) - excess.subs(r, INITIAL_NORM)
    drift = sp.log(INITIAL_NORM**2 / REMAINING) / 2
    return Statement(
        claim=sp.Eq(sp.Symbol("lambda t"), scaled_time),
        residuals={
            "the slow manifold, r = 1 − λc/2": sp.diff(balance, LAMBDA).subs(LAMBDA, 0),
            "the integral of c": _FIRST / sp.sqrt(_SECOND) / sp.sqrt(_SECOND)
            + sp.diff(sp.log(_SECOND) / 2, _TAU),
            "the initial layer": sp.diff(excess, r) - (r - 1) / (r**2 * (1 - r**2)),
            "sum of the parts, order λ": sp.diff(scaled_time, LAMBDA) - (layer - drift / 2),
            "sum of the parts, order 1": scaled_time.subs(LAMBDA, 0) - CLOCK,
        },
        arguments=(CLOCK, INITIAL_NORM, REMAINING, LAMBDA),
        assumptions=(
            "One encoding, no interference; λ‖w(0)‖₁ → 0 and t ≫ 1; flow units. r₀ of order 1: "
            "for small r₀ the remainder grows like 1/r₀³."
        ),
        not_proved=(
            "That the outer and the inner part add up to this order (matching), and the size of "
            "the remainder."
        ),
    )


def hitting_time_of_two() -> Statement:
    """Return `hitting_time` with the flow time of two weights as value, until the second dies.

    Its arguments are ``largest``, ``second``, ``soft_threshold`` and ``l1_strength``.
    """
    largest, second = sp.symbols("largest second", positive=True)
    threshold = sp.Symbol("soft_threshold", nonnegative=True)
    both = {MEAN: (largest + second) / 2, VARIANCE: (largest - second) ** 2 / 4, COUNT: 2}
    row = {
        CLOCK: value_of(slow_time()).subs(both | {START: 0, STOP: threshold}),
        INITIAL_NORM: sp.sqrt(largest**2 + second**2),
        REMAINING: (largest - threshold) ** 2 + (second - threshold) ** 2,
    }
    general = hitting_time()
    arguments = (largest, second, threshold, LAMBDA)
    return replace(general, value=value_of(general).subs(row) / LAMBDA, arguments=arguments)


def _outer(quadratic: sp.Expr) -> dict[str, sp.Expr]:
    # In slow time: λ dr/dς = r²(1 − r²) − λcr and dc/dς = c² − m'; `COUNTED` is ∫m' dς.
    rates = {RATIO: RATIO**2 - COUNT, COUNTED: COUNT}
    second = rates[RATIO] / 4 - sp.Rational(3, 8) * RATIO**2
    r = 1 - LAMBDA * RATIO / 2 + LAMBDA**2 * second
    balance = sp.expand(r**2 * (1 - r**2) - LAMBDA * RATIO * r - LAMBDA * rate(r, rates))
    return {
        "outer, order λ": balance.coeff(LAMBDA, 1),
        "outer, order λ²": balance.coeff(LAMBDA, 2),
        "its integral": rate(quadratic, rates) - second,
        "∫c² dς = ∫m' dς + c − c₀": rate(COUNTED + RATIO, rates) - RATIO**2,
    }


def _inner(quadratic: sp.Expr) -> dict[str, sp.Expr]:
    # In the initial layer, ς = λη: dr/dη = r²(1 − r²) − λcr. To leading order r = p with
    # dp/dη = f(p); the correction λc₀P, as a function of p, follows from dP/dη = f'(p)P − p.
    p, s, eta = sp.symbols("p s eta", positive=True)
    f = p**2 * (1 - p**2)
    inverse = (2 * s**2 - 1) / (2 * s**2 * (1 - s**2)) + 2 * sp.log(s) - sp.log(1 - s**2)
    integrand = 1 / (s**3 * (1 - s**2) ** 2)
    correction = -f * (inverse.subs(s, p) - inverse.subs(s, INITIAL_NORM))
    its_end = sp.limit(correction.subs(INITIAL_NORM, 1 / sp.S(2)), p, 1, "-")
    layer = quadratic.subs({RATIO: INITIAL_RATIO, COUNTED: 0}) / INITIAL_RATIO
    # ∫(P + 1/2)dη = ∫(P + 1/2)dp/f from r₀ to 1, by r₀: the lower end, and P under the integral.
    lower_end = -1 / (2 * f.subs(p, INITIAL_NORM))
    by_start = lower_end + (1 - INITIAL_NORM) * integrand.subs(s, INITIAL_NORM)
    at_one = -(1 - sp.exp(-2 * eta)) / 2
    whole = sp.integrate(at_one + sp.S.Half, (eta, 0, sp.oo))
    return {
        "inner, an antiderivative": sp.diff(inverse, s) - integrand,
        "inner, order λ": f * sp.diff(correction, p) - (sp.diff(f, p) * correction - p),
        "it is 0 at the start": correction.subs(p, INITIAL_NORM),
        "it matches the start of the outer one": its_end + sp.S.Half,
        "its integral, by the initial norm": sp.diff(layer, INITIAL_NORM) - by_start,
        "initial norm 1, the correction": sp.diff(at_one, eta) - (-2 * at_one - 1),
        "initial norm 1, its integral": layer.subs(INITIAL_NORM, 1) - whole,
    }


@statement
def hitting_time_second_order(
    scaled_time: sp.Expr = _FIRST_ORDER + LAMBDA**2 * _SECOND_ORDER,
) -> Statement:
    r"""Hitting time: flow time as a function of slow time, to second order.

    The right-hand side of `hitting_time` plus, with c₀ the initial and c the present value,

    .. math:: \lambda^2\Big[\frac{c_0 - c}{8} - \frac38\int_0^\varsigma m'\,d\varsigma
              + c_0B(r_0)\Big], \qquad B(r) = \frac{1}{2(1+r)} - \frac{1-r}{2r^2} + \frac{1-r}{r}
              - 2\ln\frac{1+r}{2r}.

    The integral is the sum of m'Δς over the pieces between deaths.

    Returns
    -------
    Statement
        Its value is λt as a function of ``slow_time``, ``initial_norm`` (r₀),
        ``remaining_square`` (S₂ at the present threshold), ``initial_ratio`` (c₀), ``ratio`` (c),
        ``count_integral`` (∫m'dς) and ``l1_strength``.

    Notes
    -----
    Kind: leading order as λ‖w(0)‖₁ → 0, with its first two corrections; the remainder is of order
    λ³c₀², for t ≫ 1. Source: derivations/slow_manifold, “The hitting time”.

    Examples
    --------
    >>> from polytheory.symbolic import hitting_time_second_order
    >>> later = hitting_time_second_order()
    >>> row = {"initial_norm": 1.0, "remaining_square": 1.0, "initial_ratio": 2.0}
    >>> now = {"slow_time": 1.5, "ratio": 2.0, "count_integral": 6.0}
    >>> later.evaluate(**row, **now, l1_strength=0.0)
    1.5
    """
    new = scaled_time - _FIRST_ORDER
    quadratic = sp.diff(scaled_time, LAMBDA, 2) / 2
    return Statement(
        claim=sp.Eq(sp.Symbol("lambda t"), scaled_time),
        residuals={
            **_outer(quadratic),
            **_inner(quadratic),
            "the new terms are of order λ²": new - LAMBDA**2 * sp.diff(new, LAMBDA, 2) / 2,
        },
        arguments=(CLOCK, INITIAL_NORM, REMAINING, INITIAL_RATIO, RATIO, COUNTED, LAMBDA),
        assumptions=(
            "One encoding, no interference; λ‖w(0)‖₁ → 0 and t ≫ 1; flow units. r₀ of order 1."
        ),
        not_proved=(
            "That the outer and the inner part add up to this order (matching), and the size of "
            "the remainder. At a death dc/dς jumps, so that r has a corner there: its layer is of "
            "size λ² for a slow time λ, one order later."
        ),
    )
