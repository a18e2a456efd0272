"""The clock by which the direction of one encoding moves, and the flow time that belongs to it.

Letters as in `_row`; σ is the slow time, c = ‖w‖₁/‖w‖₂ and r = ‖w‖₂.
"""

from __future__ import annotations

import sympy as sp

from polytheory.algebra.statement import Statement, rate, statement, value_of
from polytheory.theory.sparsification.row import proof as _row
from polytheory.theory.sparsification.row.proof import COUNT, L1, LAMBDA, NORM, ONE_ROW, growth


def _polar_form_residuals(
    ratio: sp.Expr, initial_ratio: sp.Symbol, count: sp.Symbol, elapsed: sp.Symbol
) -> dict[str, sp.Expr]:
    radius, c = sp.sqrt(NORM), L1 / sp.sqrt(NORM)
    slow = LAMBDA / radius  # dσ/dt
    weight, u, angle = sp.symbols("|w| u A", positive=True)
    tau, q, start_square, start_sum = sp.symbols("tau q S_20 S_10", positive=True)
    first = start_sum - count * tau
    second = start_square - 2 * start_sum * tau + count * tau**2
    c_tau, direction = first / sp.sqrt(second), (u - tau) / sp.sqrt(second)
    speeds = _row.SPEEDS | {weight: growth(weight)}
    root = sp.sqrt(count)
    t = sp.tanh(root * elapsed)
    return {
        "the radius": rate(radius, speeds) - (radius * (1 - NORM) - LAMBDA * c),
        "the ratio, in slow time": rate(c, speeds) / slow - (c**2 - count),
        "the direction, in slow time": rate(weight / radius, speeds) / slow
        - (c * weight / radius - 1),
        "the ratio solves its equation": sp.diff(ratio, elapsed) - (ratio**2 - count),
        "the ratio starts where it should": ratio.subs(elapsed, 0) - initial_ratio,
        "the same as an addition of tanh": ratio
        - (initial_ratio - root * t) / (1 - initial_ratio * t / root),
        "the same as one tanh": ratio.subs(initial_ratio, root * sp.tanh(angle))
        - root * sp.tanh(angle - root * elapsed),
        # From here on the same through the soft threshold, where r = √(S₂/q) and dτ/dt = λ√q.
        "dσ/dτ = 1/√S₂": (LAMBDA / sp.sqrt(second / q)) / (LAMBDA * sp.sqrt(q))
        - 1 / sp.sqrt(second),
        "the ratio, by the threshold": sp.sqrt(second) * sp.diff(c_tau, tau) - (c_tau**2 - count),
        "the direction, by the threshold": sp.sqrt(second) * sp.diff(direction, tau)
        - (c_tau * direction - 1),
    }


@statement
def polar_form() -> Statement:
    r"""In polar form the direction of an encoding depends on one clock, the slow time σ, alone.

    With :math:`r = \|w\|_2`, :math:`c = \|w\|_1/\|w\|_2`, :math:`v = w/r` and
    :math:`\sigma' = \lambda/r`,

    .. math:: r' = r(1-r^2) - \lambda c, \qquad \frac{dv}{d\sigma} = c\,v - \mathrm{sign}(v),
              \qquad \frac{dc}{d\sigma} = c^2 - m',

    so that between two deaths, with :math:`T = \tanh(\sqrt{m'}(\sigma-\sigma_0))`,

    .. math:: c = \sqrt{m'}\tanh\big(\sqrt{m'}(\sigma_\infty - \sigma)\big)
              = \frac{c_0 - \sqrt{m'}\,T}{1 - c_0 T/\sqrt{m'}}.

    In terms of the soft threshold :math:`d\sigma = d\tau/\sqrt{S_2(\tau)}`.

    Returns
    -------
    Statement
        Its value is c as a function of ``initial_ratio``, ``nonzero_count``, ``slow_time`` (since
        the start), written with exponentials, which stay meaningful for equal weights.

    Notes
    -----
    Kind: exact, between two deaths. Equal weights have :math:`c = \sqrt{m'}` for ever, σ_∞ = ∞.
    Source: this library.

    Examples
    --------
    >>> from polytheory.symbolic import polar_form
    >>> polar_form().evaluate(initial_ratio=2.0, nonzero_count=4, slow_time=1.5)
    2.0
    """
    initial_ratio = sp.Symbol("initial_ratio", positive=True)
    elapsed = sp.Symbol("slow_time", positive=True)
    root, decay = sp.sqrt(COUNT), sp.exp(-2 * sp.sqrt(COUNT) * elapsed)
    falling, rising = root - initial_ratio, (root + initial_ratio) * decay
    value = root * (rising - falling) / (rising + falling)
    return Statement(
        claim=sp.Eq(sp.Symbol("c"), value),
        residuals=_polar_form_residuals(value, initial_ratio, COUNT, elapsed),
        value=value,
        arguments=(initial_ratio, COUNT, elapsed),
        assumptions=f"{ONE_ROW} 1 ≤ c₀ ≤ √m', until the next death.",
    )


def _slow_time_residuals(
    clock: sp.Expr, mean: sp.Symbol, variance: sp.Symbol, start: sp.Symbol, stop: sp.Symbol
) -> dict[str, sp.Expr]:
    def first(tau: sp.Expr) -> sp.Expr:
        return COUNT * (mean - tau)

    def second(tau: sp.Expr) -> sp.Expr:
        return COUNT * ((mean - tau) ** 2 + variance)

    def logarithm(tau: sp.Expr) -> sp.Expr:
        return -sp.log(sp.sqrt(COUNT * second(tau)) + first(tau)) / sp.sqrt(COUNT)

    def inverse_sinh(tau: sp.Expr) -> sp.Expr:
        return -sp.asinh((mean - tau) / sp.sqrt(variance)) / sp.sqrt(COUNT)

    rest, step = sp.symbols("rest step", positive=True)
    equal = {start: mean - rest - step, stop: mean - rest, variance: 0}
    return {
        "it is the integral of 1/√S₂": sp.diff(clock, stop) - 1 / sp.sqrt(second(stop)),
        "from the start on": sp.diff(clock, start) + 1 / sp.sqrt(second(start)),
        "which begins at 0": clock.subs(stop, start),
        "ln(√(m'S₂) + S₁) is its antiderivative": sp.diff(logarithm(stop) - clock, stop),
        "asinh is its antiderivative": sp.diff(inverse_sinh(stop) - clock, stop),
        "equal weights": clock.subs(equal).doit() - sp.log((rest + step) / rest) / sp.sqrt(COUNT),
    }


@statement
def slow_time() -> Statement:
    r"""The slow time between two thresholds, while the same weights are alive.

    .. math:: \Delta\sigma = \int_a^b\frac{d\tau}{\sqrt{S_2(\tau)}}
              = \frac{1}{\sqrt{m'}}\ln\frac{\sqrt{m'S_2(a)} + S_1(a)}{\sqrt{m'S_2(b)} + S_1(b)}
              = \frac{1}{\sqrt{m'}}\Big[\mathrm{asinh}\frac{\mu-a}{\sqrt v}
              - \mathrm{asinh}\frac{\mu-b}{\sqrt v}\Big]

    where μ and v are mean and variance of the initial sizes of the m' weights that are alive.

    Returns
    -------
    Statement
        Its value is Δσ as a function of ``mean``, ``variance``, ``nonzero_count``, ``start``
        (a) and ``stop`` (b).

    Notes
    -----
    Kind: exact. It is λ times the flow time to leading order (`slow_manifold_time`). Source: this
    library.

    Examples
    --------
    >>> import math
    >>> from polytheory.symbolic import slow_time
    >>> equal = slow_time().evaluate(mean=1.0, variance=0.0, nonzero_count=4, start=0.0, stop=0.5)
    >>> math.isclose(equal, math.log(2) / 2)
    True
    """
    mean, variance, start, stop = sp.symbols("mean variance start stop", positive=True)

    def reach(tau: sp.Expr) -> sp.Expr:
        return sp.sqrt((mean - tau) ** 2 + variance) + mean - tau

    value = sp.log(reach(start) / reach(stop)) / sp.sqrt(COUNT)
    return Statement(
        claim=sp.Eq(sp.Symbol("Delta sigma"), value),
        residuals=_slow_time_residuals(value, mean, variance, start, stop),
        value=value,
        arguments=(mean, variance, COUNT, start, stop),
        assumptions="No death between start and stop; stop below the smallest living weight.",
    )


def _slow_manifold_time_residuals(
    scaled_time: sp.Expr, clock: sp.Symbol, initial_norm: sp.Symbol, remaining: sp.Symbol
) -> dict[str, sp.Expr]:
    r, c, tau, start_square, start_sum = sp.symbols("r c tau S_20 S_10", positive=True)
    first = start_sum - COUNT * tau
    second = start_square - 2 * start_sum * tau + COUNT * tau**2
    # In slow time the radius obeys λ dr/dσ = r²(1 − r²) − λ c r, and λ dt = r dσ.
    outer = 1 - LAMBDA * c / 2
    balance = outer**2 * (1 - outer**2) - LAMBDA * c * outer
    # In the first moments the penalty is negligible: dσ/dr = λ/(r²(1 − r²)), so the part of the
    # time that the outer solution r = 1 misses is λ∫(r − 1)/(r²(1 − r²))dr = λ[excess].
    excess = 1 / r + sp.log(r) - sp.log(1 + r)
    layer = excess.subs(r, 1) - excess.subs(r, initial_norm)
    drift = sp.log(initial_norm**2 / remaining) / 2
    return {
        "the slow manifold, r = 1 − λc/2": sp.diff(balance, LAMBDA).subs(LAMBDA, 0),
        "the integral of c": first / sp.sqrt(second) / sp.sqrt(second)
        + sp.diff(sp.log(second) / 2, tau),
        "the first moments": sp.diff(excess, r) - (r - 1) / (r**2 * (1 - r**2)),
        "the parts together, order λ": sp.diff(scaled_time, LAMBDA) - (layer - drift / 2),
        "the parts together, order 1": scaled_time.subs(LAMBDA, 0) - clock,
    }


@statement
def slow_manifold_time() -> Statement:
    r"""The flow time from the slow time, to the order after the leading one.

    .. math:: \lambda t = \sigma - \frac{\lambda}{4}\ln\frac{S_2(0)}{S_2(\tau)}
              - \lambda\Big[\frac{1-r_0}{r_0} - \ln\frac{1+r_0}{2r_0}\Big]
              + O(\lambda^2\|w(0)\|_1), \qquad r_0 = \sqrt{S_2(0)} = \|w(0)\|_2

    Returns
    -------
    Statement
        Its value is λt as a function of ``slow_time``, ``initial_norm`` (r₀),
        ``remaining_square`` (S₂ at the present threshold) and ``l1_strength``.

    Notes
    -----
    Kind: leading order as λ‖w(0)‖₁ → 0, with its first correction; once t is large compared to 1.
    Source: this library.

    Examples
    --------
    >>> from polytheory.symbolic import slow_manifold_time
    >>> time = slow_manifold_time()
    >>> time.evaluate(slow_time=1.5, initial_norm=1.0, remaining_square=1.0, l1_strength=0.01)
    1.5
    """
    clock, initial_norm, remaining = sp.symbols(
        "slow_time initial_norm remaining_square", positive=True
    )
    layer = (1 - initial_norm) / initial_norm - sp.log((1 + initial_norm) / (2 * initial_norm))
    drift = sp.log(initial_norm**2 / remaining)
    value = clock - LAMBDA * drift / 4 - LAMBDA * layer
    return Statement(
        claim=sp.Eq(sp.Symbol("lambda t"), value),
        residuals=_slow_manifold_time_residuals(value, clock, initial_norm, remaining),
        value=value,
        arguments=(clock, initial_norm, remaining, LAMBDA),
        assumptions=(
            "One encoding, no interference; λ‖w(0)‖₁ → 0 and t ≫ 1; flow units. r₀ of order 1: "
            "for small r₀ the remainder grows like 1/r₀³."
        ),
        not_proved=(
            "That the outer and the inner part add up to this order (matching), and the size of "
            "the remainder."
        ),
    )


def _slow_manifold_time_second_order_residuals(
    scaled_time: sp.Expr, ratio: sp.Symbol, counted: sp.Symbol
) -> dict[str, sp.Expr]:
    _, r_0, _, _ = slow_manifold_time().arguments
    c_0 = sp.Symbol("initial_ratio", positive=True)
    new = scaled_time - value_of(slow_manifold_time())
    return {
        **_outer_residuals(scaled_time, ratio, counted),
        **_inner_residuals(scaled_time, r_0, c_0),
        "nothing new below λ²": new - LAMBDA**2 * sp.diff(new, LAMBDA, 2) / 2,
    }


def _outer_residuals(
    scaled_time: sp.Expr, ratio: sp.Symbol, counted: sp.Symbol
) -> dict[str, sp.Expr]:
    # In slow time: λ dr/dσ = r²(1 − r²) − λcr and dc/dσ = c² − m'; `counted` is ∫m' dσ.
    rates = {ratio: ratio**2 - COUNT, counted: COUNT}
    second = rates[ratio] / 4 - sp.Rational(3, 8) * ratio**2
    r = 1 - LAMBDA * ratio / 2 + LAMBDA**2 * second
    balance = sp.expand(r**2 * (1 - r**2) - LAMBDA * ratio * r - LAMBDA * rate(r, rates))
    quadratic = sp.diff(scaled_time, LAMBDA, 2) / 2
    return {
        "outer, order λ": balance.coeff(LAMBDA, 1),
        "outer, order λ²": balance.coeff(LAMBDA, 2),
        "its integral": rate(quadratic, rates) - second,
        "∫c² dσ = ∫m' dσ + c − c₀": rate(counted + ratio, rates) - ratio**2,
    }


def _inner_residuals(scaled_time: sp.Expr, r_0: sp.Symbol, c_0: sp.Symbol) -> dict[str, sp.Expr]:
    # In the first moments, σ = λη: dr/dη = r²(1 − r²) − λcr. To leading order r = p with
    # dp/dη = f(p); the correction λc₀P, as a function of p, follows from dP/dη = f'(p)P − p.
    p, s, eta = sp.symbols("p s eta", positive=True)
    f = p**2 * (1 - p**2)
    inverse = (2 * s**2 - 1) / (2 * s**2 * (1 - s**2)) + 2 * sp.log(s) - sp.log(1 - s**2)
    integrand = 1 / (s**3 * (1 - s**2) ** 2)
    correction = -f * (inverse.subs(s, p) - inverse.subs(s, r_0))
    ratio, counted = sp.symbols("ratio count_integral", positive=True)
    start = {ratio: c_0, counted: 0}
    layer = (sp.diff(scaled_time, LAMBDA, 2) / 2).subs(start) / c_0
    # ∫(P + 1/2)dη = ∫(P + 1/2)dp/f from r₀ to 1, by r₀: the lower end, and P under the integral.
    by_start = -1 / (2 * f.subs(p, r_0)) + (1 - r_0) * integrand.subs(s, r_0)
    at_one = -(1 - sp.exp(-2 * eta)) / 2
    return {
        "inner, an antiderivative": sp.diff(inverse, s) - integrand,
        "inner, order λ": f * sp.diff(correction, p) - (sp.diff(f, p) * correction - p),
        "it starts at 0": correction.subs(p, r_0),
        "it ends where the outer one starts": sp.limit(correction.subs(r_0, 1 / sp.S(2)), p, 1, "-")
        + sp.S.Half,
        "its integral, by the initial norm": sp.diff(layer, r_0) - by_start,
        "from norm 1 on, the correction": sp.diff(at_one, eta) - (-2 * at_one - 1),
        "from norm 1 on, its integral": layer.subs(r_0, 1)
        - sp.integrate(at_one + sp.S.Half, (eta, 0, sp.oo)),
    }


@statement
def slow_manifold_time_second_order() -> Statement:
    r"""The flow time from the slow time, to second order.

    To the right-hand side of `slow_manifold_time` comes, with c₀ and c at the start and now,

    .. math:: \lambda^2\Big[\frac{c_0 - c}{8} - \frac38\int_0^\sigma m'\,d\sigma + c_0B(r_0)\Big],
              \qquad B(r) = \frac{1}{2(1+r)} - \frac{1-r}{2r^2} + \frac{1-r}{r}
              - 2\ln\frac{1+r}{2r}.

    The integral is the sum of m'Δσ over the pieces between deaths.

    Returns
    -------
    Statement
        Its value is λt as a function of ``slow_time``, ``initial_norm`` (r₀),
        ``remaining_square`` (S₂ at the present threshold), ``initial_ratio`` (c₀), ``ratio`` (c),
        ``count_integral`` (∫m'dσ) and ``l1_strength``.

    Notes
    -----
    Kind: leading order as λ‖w(0)‖₁ → 0, with its first two corrections; the remainder is of order
    λ³c₀², once t is large compared to 1. Source: this library.

    Examples
    --------
    >>> from polytheory.symbolic import slow_manifold_time_second_order
    >>> later = slow_manifold_time_second_order()
    >>> row = {"initial_norm": 1.0, "remaining_square": 1.0, "initial_ratio": 2.0}
    >>> now = {"slow_time": 1.5, "ratio": 2.0, "count_integral": 6.0}
    >>> later.evaluate(**row, **now, l1_strength=0.0)
    1.5
    """
    first_order = slow_manifold_time()
    clock, r, remaining, _ = first_order.arguments
    initial_ratio, ratio, counted = sp.symbols("initial_ratio ratio count_integral", positive=True)
    layer = 1 / (2 * (1 + r)) - (1 - r) / (2 * r**2) + (1 - r) / r - 2 * sp.log((1 + r) / (2 * r))
    outer = (initial_ratio - ratio) / 8 - sp.Rational(3, 8) * counted
    value = value_of(first_order) + LAMBDA**2 * (outer + initial_ratio * layer)
    return Statement(
        claim=sp.Eq(sp.Symbol("lambda t"), value),
        residuals=_slow_manifold_time_second_order_residuals(value, ratio, counted),
        value=value,
        arguments=(clock, r, remaining, initial_ratio, ratio, counted, LAMBDA),
        assumptions=(
            "One encoding, no interference; λ‖w(0)‖₁ → 0 and t ≫ 1; flow units. r₀ of order 1."
        ),
        not_proved=(
            "That the outer and the inner part add up to this order (matching), and the size of "
            "the remainder. At a death dc/dσ jumps, so that r has a corner there: its layer is of "
            "size λ² for a slow time λ, one order later."
        ),
    )
