"""One encoding under the ℓ1 penalty, without interference: dw/dt = (1 − ‖w‖²)w − λ sign(w).

Letters: N = ‖w‖², s = ‖w‖₁, m' the number of living weights; u the initial sizes, τ the threshold,
S_p(τ) = Σ_k (u_k − τ)₊^p and q the two scalars' bookkeeping; σ the slow time, c = ‖w‖₁/‖w‖₂.
Everything holds between two deaths, where the set of living weights is constant, and extends over
them by continuity.
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from polytheory.symbolic._statement import Statement, rate

__all__ = [
    "growth_threshold",
    "inverse_l1_speed",
    "l1_speed",
    "paper_l1_norm",
    "paper_nonzero_count",
    "polar_form",
    "slow_manifold_time",
    "slow_time",
    "soft_threshold_reduction",
    "spread",
    "squared_norm_speed",
]

LAMBDA = sp.Symbol("l1_strength", positive=True)
NORM = sp.Symbol("squared_norm", positive=True)
L1 = sp.Symbol("l1_norm", positive=True)
COUNT = sp.Symbol("nonzero_count", positive=True)

# How N and s move; `squared_norm_speed` and `l1_speed` prove it, the others build on it.
_SPEEDS = {NORM: 2 * NORM * (1 - NORM) - 2 * LAMBDA * L1, L1: (1 - NORM) * L1 - LAMBDA * COUNT}
_RHO = COUNT * NORM / L1**2 - 1

_ONE_ROW = "One encoding, no interference, no noise; flow units; between two deaths."


def _speed(weight: sp.Expr, sign: int = 1) -> sp.Expr:
    return (1 - NORM) * weight - LAMBDA * sign


def _total(term: sp.Expr, size: sp.Symbol) -> sp.Expr:
    """Sum over the living weights a polynomial in their size: Σ 1 = m', Σ|w| = s, Σ w² = N."""
    constant, linear, square = (sp.expand(term).coeff(size, power) for power in range(3))
    return constant * COUNT + linear * L1 + square * NORM


def _growth_threshold_residuals(threshold: sp.Expr) -> dict[str, sp.Expr]:
    size = sp.Symbol("|w|", positive=True)
    return {
        # d|w|/dt = sign(w)·dw/dt, the same for either sign, and proportional to |w| − θ.
        f"growth of a weight of sign {sign:+d}": sign * _speed(sign * size, sign)
        - (1 - NORM) * (size - threshold)
        for sign in (1, -1)
    }


@cache
def growth_threshold() -> Statement:
    r"""Weights larger than :math:`\theta = \lambda/(1-\|w\|^2)` grow, smaller ones shrink.

    .. math:: \frac{d|w_k|}{dt} = (1-\|w\|^2)\,(|w_k| - \theta)

    Returns
    -------
    Statement
        Its value is θ as a function of ``squared_norm`` and ``l1_strength``.

    Notes
    -----
    Kind: exact, for ‖w‖² < 1; from ‖w‖² = 1 on every weight shrinks. Source: arXiv 2312.03096.

    Examples
    --------
    >>> from polytheory.symbolic import growth_threshold
    >>> growth_threshold().evaluate(squared_norm=0.75, l1_strength=0.125)
    0.5
    """
    threshold = LAMBDA / (1 - NORM)
    return Statement(
        name="growth_threshold",
        claim=sp.Eq(sp.Symbol("d|w|/dt"), (1 - NORM) * (sp.Symbol("|w|") - threshold)),
        residuals=_growth_threshold_residuals(threshold),
        value=threshold,
        arguments=(NORM, LAMBDA),
        assumptions=f"{_ONE_ROW} ‖w‖² < 1.",
        not_proved="The signs, which are read off the factors.",
    )


def _soft_threshold_reduction_residuals(
    size: sp.Expr, u: sp.Symbol, threshold: sp.Symbol, q: sp.Symbol
) -> dict[str, sp.Expr]:
    second = sp.Symbol("S_2", positive=True)
    rates = {threshold: LAMBDA * sp.sqrt(q), q: 2 * (second - q)}
    norm = second / q
    u_j, u_k, u_l = sp.symbols("u_j u_k u_l", positive=True)
    w_j, w_k, w_l = (size.subs(u, each) for each in (u_j, u_k, u_l))
    return {
        "a living weight obeys the flow": rate(size, rates) - ((1 - norm) * size - LAMBDA),
        "it starts where it should": size.subs({threshold: 0, q: 1}) - u,
        "a weight dies when τ reaches it": size.subs(threshold, u),
        "‖w‖₁ = S₁/√q": _total(size, u) - _total(u - threshold, u) / sp.sqrt(q),
        "‖w‖² = S₂/q": _total(size**2, u) - _total((u - threshold) ** 2, u) / q,
        "order is kept": (w_j - w_k) - (u_j - u_k) / sp.sqrt(q),
        "ratios of gaps are kept": (w_j - w_k) / (w_l - w_k) - (u_j - u_k) / (u_l - u_k),
        "gaps feel no penalty": rate(w_j - w_k, rates) - (1 - norm) * (w_j - w_k),
    }


@cache
def soft_threshold_reduction() -> Statement:
    r"""An encoding is its initial one under a moving soft threshold, rescaled: two scalars.

    .. math:: |w_k(t)| = \frac{(|w_k(0)| - \tau)_+}{\sqrt q}, \qquad
              \tau' = \lambda\sqrt q, \quad q' = 2(S_2(\tau) - q), \quad \tau(0) = 0,\ q(0) = 1

    with :math:`S_2(\tau) = \sum_k(|w_k(0)|-\tau)_+^2`. Hence signs and order never change, and the
    ratios of gaps between living weights are constants of motion.

    Returns
    -------
    Statement
        Its value is |w| as a function of ``initial_weight`` (its size), ``threshold`` and ``q``.

    Notes
    -----
    Kind: exact. Source: this library; the constant ratios are in arXiv 2312.03096.

    Examples
    --------
    >>> from polytheory.symbolic import soft_threshold_reduction
    >>> soft_threshold_reduction().evaluate(initial_weight=[0.5, 0.1], threshold=0.25, q=0.25)
    array([0.5, 0. ])
    """
    initial_weight = sp.Symbol("initial_weight", positive=True)
    threshold, q = sp.Symbol("threshold", positive=True), sp.Symbol("q", positive=True)
    living = (initial_weight - threshold) / sp.sqrt(q)
    value = sp.Max(initial_weight - threshold, 0) / sp.sqrt(q)
    return Statement(
        name="soft_threshold_reduction",
        claim=sp.Eq(sp.Symbol("|w|"), value),
        residuals=_soft_threshold_reduction_residuals(living, initial_weight, threshold, q),
        value=value,
        arguments=(initial_weight, threshold, q),
        assumptions="One encoding, no interference, no noise; flow units; λ ≥ 0.",
        not_proved=(
            "That a dead weight stays dead: the other force on it is (1 − ‖w‖²)·0 = 0 ≤ λ. That "
            "this is the only solution: the field is locally Lipschitz minus λ times a monotone "
            "one (the subgradient of ‖w‖₁), for which Filippov solutions are unique."
        ),
    )


def _l1_speed_residuals(speed: sp.Expr) -> dict[str, sp.Expr]:
    size = sp.Symbol("|w|", positive=True)
    return {"sum over the living weights": _total(_speed(size), size) - speed}


@cache
def l1_speed() -> Statement:
    r"""The speed of the ℓ1 norm.

    .. math:: \frac{d\|w\|_1}{dt} = (1-\|w\|^2)\|w\|_1 - \lambda m'

    Returns
    -------
    Statement
        Its value is the speed, of ``nonzero_count``, ``l1_norm``, ``squared_norm``,
        ``l1_strength``.

    Notes
    -----
    Kind: exact. Source: arXiv 2312.03096.

    Examples
    --------
    >>> from polytheory.symbolic import l1_speed
    >>> speed = l1_speed()
    >>> speed.evaluate(nonzero_count=10, l1_norm=2.0, squared_norm=0.5, l1_strength=0.125)
    -0.25
    """
    speed = _SPEEDS[L1]
    return Statement(
        name="l1_speed",
        claim=sp.Eq(sp.Symbol("d|w|_1/dt"), speed),
        residuals=_l1_speed_residuals(speed),
        value=speed,
        arguments=(COUNT, L1, NORM, LAMBDA),
        assumptions=_ONE_ROW,
    )


def _squared_norm_speed_residuals(speed: sp.Expr) -> dict[str, sp.Expr]:
    size = sp.Symbol("|w|", positive=True)
    return {"sum over the living weights": _total(2 * size * _speed(size), size) - speed}


@cache
def squared_norm_speed() -> Statement:
    r"""The speed of the squared norm.

    .. math:: \frac{d\|w\|^2}{dt} = 2\|w\|^2(1-\|w\|^2) - 2\lambda\|w\|_1

    Returns
    -------
    Statement
        Its value is the speed, of ``l1_norm``, ``squared_norm``, ``l1_strength``.

    Notes
    -----
    Kind: exact. Source: this library.

    Examples
    --------
    >>> from polytheory.symbolic import squared_norm_speed
    >>> squared_norm_speed().evaluate(l1_norm=2.0, squared_norm=0.5, l1_strength=0.125)
    0.0
    """
    speed = _SPEEDS[NORM]
    return Statement(
        name="squared_norm_speed",
        claim=sp.Eq(sp.Symbol("d|w|^2/dt"), speed),
        residuals=_squared_norm_speed_residuals(speed),
        value=speed,
        arguments=(L1, NORM, LAMBDA),
        assumptions=_ONE_ROW,
    )


def _spread_residuals(spread: sp.Expr) -> dict[str, sp.Expr]:
    mean, variance = L1 / COUNT, NORM / COUNT - (L1 / COUNT) ** 2
    a, b = sp.symbols("|w_j| |w_k|", positive=True)
    residuals = {
        "squared coefficient of variation": spread - variance / mean**2,
        # Each unordered pair is met twice. A sum of squares over a square: never negative.
        "Lagrange's identity, any m'": spread - _total(_total((a - b) ** 2, b), a) / (2 * L1**2),
    }
    for count in (1, 2, 3, 4):
        sizes = sp.symbols(f"a_1:{count + 1}", positive=True)
        moments = {COUNT: count, L1: sum(sizes), NORM: sum(x**2 for x in sizes)}
        gaps = sum((x - y) ** 2 for i, x in enumerate(sizes) for y in sizes[:i])
        label = f"Lagrange's identity, m' = {count}"
        residuals[label] = spread.subs(moments) - gaps / sum(sizes) ** 2
    return residuals


@cache
def spread() -> Statement:
    r"""The spread of the living weights is their squared coefficient of variation.

    .. math:: \rho = \frac{m'\|w\|^2}{\|w\|_1^2} - 1
              = \frac{\sum_{j<k}(|w_j|-|w_k|)^2}{\|w\|_1^2} \ge 0

    Returns
    -------
    Statement
        Without a value, for it is a bound; ρ is the right-hand side of its claim.

    Notes
    -----
    Kind: exact, and a bound, ρ ≥ 0 for every row, with equality for equal weights only. Source:
    this library.

    Examples
    --------
    >>> from polytheory.symbolic import spread
    >>> spread().holds
    True
    """
    return Statement(
        name="spread",
        claim=sp.Eq(sp.Symbol("rho"), _RHO),
        residuals=_spread_residuals(_RHO),
        assumptions="Any row that is not zero.",
        not_proved="That a sum of squares is not negative.",
    )


def _inverse_l1_speed_residuals(speed: sp.Expr) -> dict[str, sp.Expr]:
    exact = rate(1 / L1, _SPEEDS)
    correction = -_SPEEDS[NORM] / (2 * NORM * L1)
    # On the slow manifold N is a function of s alone: a series in x = λs whose terms follow from
    # dN/dt = (dN/ds)(ds/dt), order by order.
    x, rho = sp.symbols("x rho", positive=True)
    norm = 1 - x - (1 + rho / 2) * x**2
    on_it = {COUNT: (1 + rho) * L1**2 / NORM}
    drift = [_SPEEDS[each].subs(on_it).subs({NORM: norm, L1: x / LAMBDA}) for each in (NORM, L1)]
    invariance = drift[0] - sp.diff(norm, x) * LAMBDA * drift[1]
    # The norm itself is approached at rate 2, far faster than 1/s moves.
    attraction = sp.diff(_SPEEDS[NORM], NORM).subs({NORM: 1, L1: 0})
    relative = (correction / exact).subs(on_it).subs({NORM: norm, L1: x / LAMBDA})
    return {
        "exactly: the claim − (dN/dt)/(2Ns)": exact - speed - correction,
        "slow manifold, order λs": sp.limit(invariance / x, x, 0),
        "slow manifold, order (λs)²": sp.limit(invariance / x**2, x, 0),
        "slow manifold, attraction": attraction + 2,
        "on it the correction is −λs/2 of the whole": sp.limit(relative / x, x, 0) + sp.S.Half,
    }


@cache
def inverse_l1_speed() -> Statement:
    r"""To leading order 1/‖w‖₁ grows at a rate set by the spread of the weights alone.

    .. math:: \frac{d}{dt}\frac{1}{\|w\|_1} = \frac{\lambda\rho}{\|w\|^2}
              - \frac{1}{2\|w\|^2\|w\|_1}\frac{d\|w\|^2}{dt}
              = \frac{\lambda\rho}{\|w\|^2}\big(1 - \tfrac12\lambda\|w\|_1
              + O(\lambda^2\|w\|_1^2)\big)

    The first equation is exact. The second holds once the norm has settled, at rate 2, on the slow
    manifold :math:`\|w\|^2 = 1 - \lambda\|w\|_1 - (1+\rho/2)\lambda^2\|w\|_1^2 + \dots`

    Returns
    -------
    Statement
        Its value is λρ/‖w‖², of ``nonzero_count``, ``l1_norm``, ``squared_norm``,
        ``l1_strength``.

    Notes
    -----
    Kind: leading order in λ‖w‖₁. Source: this library.

    Examples
    --------
    >>> from polytheory.symbolic import inverse_l1_speed
    >>> speed = inverse_l1_speed()
    >>> speed.evaluate(nonzero_count=8, l1_norm=2.0, squared_norm=1.0, l1_strength=0.125)
    0.125
    """
    value = LAMBDA * _RHO / NORM
    return Statement(
        name="inverse_l1_speed",
        claim=sp.Eq(sp.Symbol("d(1/|w|_1)/dt"), value),
        residuals=_inverse_l1_speed_residuals(value),
        value=value,
        arguments=(COUNT, L1, NORM, LAMBDA),
        assumptions=f"{_ONE_ROW} λ‖w‖₁ → 0, after the norm has settled.",
        not_proved=(
            "That the slow manifold exists and attracts (the linearised rate is checked). In its "
            "second order ρ counts as constant: ρ changes at the rate λ‖w‖₁ between two deaths, "
            "which enters one order later."
        ),
    )


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
    speeds = _SPEEDS | {weight: _speed(weight)}
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


@cache
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
        name="polar_form",
        claim=sp.Eq(sp.Symbol("c"), value),
        residuals=_polar_form_residuals(value, initial_ratio, COUNT, elapsed),
        value=value,
        arguments=(initial_ratio, COUNT, elapsed),
        assumptions=f"{_ONE_ROW} 1 ≤ c₀ ≤ √m', until the next death.",
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


@cache
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
        name="slow_time",
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


@cache
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
        name="slow_manifold_time",
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


TIME = sp.Symbol("time", positive=True)
WIDTH = sp.Symbol("n_neurons", positive=True)
_PAPER_NORM = 1 / (1 / sp.sqrt(WIDTH) + LAMBDA * TIME)
_AT_FLOOR = {TIME: (1 - 1 / sp.sqrt(WIDTH)) / LAMBDA}


def _paper_l1_norm_residuals(norm: sp.Expr) -> dict[str, sp.Expr]:
    return {
        "ds/dt = −λs²": sp.diff(norm, TIME) + LAMBDA * norm**2,
        "it starts at √m": norm.subs(TIME, 0) - sp.sqrt(WIDTH),
        "it reaches the floor when λt = 1 − 1/√m": norm.subs(_AT_FLOOR) - 1,
    }


@cache
def paper_l1_norm() -> Statement:
    r"""The published law of the ℓ1 norm.

    .. math:: \|w\|_1 \approx \max\Big(\frac{1}{1/\sqrt m + \lambda t},\, 1\Big)

    The solution of :math:`\dot s = -\lambda s^2`, :math:`s(0) = \sqrt m`, held at 1, the least
    that a row of norm 1 can have.

    Returns
    -------
    Statement
        Its value is the law, of ``time``, ``n_neurons``, ``l1_strength``.

    Notes
    -----
    Kind: leading order; exponents right, constants off, see ``assumptions``. Source: arXiv
    2312.03096.

    Examples
    --------
    >>> from polytheory.symbolic import paper_l1_norm
    >>> paper_l1_norm().evaluate(time=[0.0, 75.0, 1e6], n_neurons=16, l1_strength=0.01)
    array([4., 1., 1.])
    """
    value = sp.Max(_PAPER_NORM, 1)
    return Statement(
        name="paper_l1_norm",
        claim=sp.Eq(sp.Symbol("|w|_1"), value),
        residuals=_paper_l1_norm_residuals(_PAPER_NORM),
        value=value,
        arguments=(TIME, WIDTH, LAMBDA),
        assumptions=(
            "ds/dt = −λs² is d(1/s)/dt = λρ/‖w‖² (inverse_l1_speed) with ρ/‖w‖² set to 1, while "
            "the ρ of a random row grows from π/2 − 1 to about 1; and s(0) = √m is only the "
            "largest that a row of norm 1 can have, a Gaussian one has √(2m/π)."
        ),
        not_proved="That the law is close to the flow: that is for simulation to say.",
    )


def _paper_nonzero_count_residuals(count: sp.Expr) -> dict[str, sp.Expr]:
    return {
        "m' = s²": count - _PAPER_NORM**2,
        "dm'/dt = −2λm'^(3/2)": sp.diff(count, TIME) + 2 * LAMBDA * sp.sqrt(count) ** 3,
        "it starts at m": count.subs(TIME, 0) - WIDTH,
        "it reaches the floor when λt = 1 − 1/√m": count.subs(_AT_FLOOR) - 1,
    }


@cache
def paper_nonzero_count() -> Statement:
    r"""The published law of the number of living weights.

    .. math:: m' \approx \max\Big(\frac{1}{(1/\sqrt m + \lambda t)^2},\, 1\Big)

    Returns
    -------
    Statement
        Its value is the law, of ``time``, ``n_neurons``, ``l1_strength``.

    Notes
    -----
    Kind: leading order; exponents right, constants off, see ``assumptions``. Source: arXiv
    2312.03096.

    Examples
    --------
    >>> from polytheory.symbolic import paper_nonzero_count
    >>> paper_nonzero_count().evaluate(time=[0.0, 25.0], n_neurons=16, l1_strength=0.01)
    array([16.,  4.])
    """
    count = _PAPER_NORM**2
    value = sp.Max(count, 1)
    return Statement(
        name="paper_nonzero_count",
        claim=sp.Eq(sp.Symbol("m'"), value),
        residuals=_paper_nonzero_count_residuals(count),
        value=value,
        arguments=(TIME, WIDTH, LAMBDA),
        assumptions=(
            "As for paper_l1_norm, and m' = s². The two do not fit together exactly: with ‖w‖ = 1 "
            "and ρ = 1 the definition of ρ gives m' = 2s², and m' = s² would mean ρ = 0, equal "
            "weights, for which s does not move. Hence a constant between π/2 and 2 is missing."
        ),
        not_proved="That the law is close to the flow: that is for simulation to say.",
    )
