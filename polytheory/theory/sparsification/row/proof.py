"""Proofs for one encoding under ℓ1: dw/dt = (1 − ‖w‖²)w − λ sign(w).

Letters: N = ‖w‖², s = ‖w‖₁, m' the number of living weights; u the initial sizes, τ the threshold,
S_p(τ) = Σ_k (u_k − τ)₊^p and q the scale of the reduction. There is no interference. Everything
holds between two deaths, where the set of living weights is constant, and extends by continuity.
"""

import sympy as sp

from polytheory.algebra.statement import Statement, rate, statement

LAMBDA = sp.Symbol("l1_strength", positive=True)
NORM = sp.Symbol("squared_norm", positive=True)
L1 = sp.Symbol("l1_norm", positive=True)
COUNT = sp.Symbol("nonzero_count", positive=True)
INITIAL = sp.Symbol("initial_weight", positive=True)
THRESHOLD, Q = sp.symbols("soft_threshold q", positive=True)
_SIZE = sp.Symbol("|w|", positive=True)

# Rates of N and s, proved by `squared_norm_speed` and `l1_speed` and used by the others.
SPEEDS = {NORM: 2 * NORM * (1 - NORM) - 2 * LAMBDA * L1, L1: (1 - NORM) * L1 - LAMBDA * COUNT}
RHO = COUNT * NORM / L1**2 - 1
_SQRT_Q = sp.sqrt(Q)

ONE_ROW = "One encoding, no interference, no noise; flow units; between two deaths."


def weight_speed(weight: sp.Expr, sign: int = 1) -> sp.Expr:
    """Return the rate of a weight of the given sign."""
    return (1 - NORM) * weight - LAMBDA * sign


def _total(term: sp.Expr, size: sp.Symbol = _SIZE) -> sp.Expr:
    """Sum a polynomial in the size over the living weights: Σ 1 = m', Σ|w| = s, Σ w² = N."""
    constant, linear, square = (sp.expand(term).coeff(size, power) for power in range(3))
    return constant * COUNT + linear * L1 + square * NORM


@statement
def growth_threshold(threshold: sp.Expr = LAMBDA / (1 - NORM)) -> Statement:
    r"""Weights larger than :math:`\theta = \lambda/(1-\|w\|^2)` grow, smaller ones shrink.

    .. math:: \frac{d|w_k|}{dt} = (1-\|w\|^2)\,(|w_k| - \theta)

    Returns
    -------
    Statement
        Its value is θ as a function of ``squared_norm`` and ``l1_strength``.

    Notes
    -----
    Kind: exact, for ‖w‖² < 1; for ‖w‖² ≥ 1 every weight shrinks. Source: arXiv 2312.03096.

    Examples
    --------
    >>> from polytheory.symbolic import growth_threshold
    >>> growth_threshold().evaluate(squared_norm=0.75, l1_strength=0.125)
    0.5
    """
    return Statement(
        claim=sp.Eq(sp.Symbol("d|w|/dt"), (1 - NORM) * (_SIZE - threshold)),
        residuals={
            # d|w|/dt = sign(w)·dw/dt, the same for either sign, and proportional to |w| − θ.
            f"growth of a weight of sign {sign:+d}": sign * weight_speed(sign * _SIZE, sign)
            - (1 - NORM) * (_SIZE - threshold)
            for sign in (1, -1)
        },
        value=threshold,
        arguments=(NORM, LAMBDA),
        assumptions=f"{ONE_ROW} ‖w‖² < 1.",
        not_proved="The signs, which are evident from the factors.",
    )


@statement
def soft_threshold_reduction(living: sp.Expr = (INITIAL - THRESHOLD) / _SQRT_Q) -> Statement:
    r"""An encoding is its initial value under a moving soft threshold, rescaled.

    .. math:: |w_k(t)| = \frac{(|w_k(0)| - \tau)_+}{\sqrt q}, \qquad
              \tau' = \lambda\sqrt q, \quad q' = 2(S_2(\tau) - q), \quad \tau(0) = 0,\ q(0) = 1

    with :math:`S_2(\tau) = \sum_k(|w_k(0)|-\tau)_+^2`. Hence signs and order never change, and the
    ratios of gaps between living weights are constants of motion.

    Returns
    -------
    Statement
        Its value is |w| as a function of ``initial_weight`` (its size), ``soft_threshold`` and
        ``q``.

    Notes
    -----
    Kind: exact. Source: derivations/sparsification, “Two scalars instead of m”; the constant ratios
    are in arXiv 2312.03096.

    Examples
    --------
    >>> from polytheory.symbolic import soft_threshold_reduction
    >>> soft_threshold_reduction().evaluate(initial_weight=[0.5, 0.1], soft_threshold=0.25, q=0.25)
    array([0.5, 0. ])
    """
    second, *sizes = sp.symbols("S_2 u_j u_k u_l", positive=True)
    rates = {THRESHOLD: LAMBDA * _SQRT_Q, Q: 2 * (second - Q)}
    u_j, u_k, u_l = sizes
    w_j, w_k, w_l = (living.subs(INITIAL, each) for each in sizes)
    left = INITIAL - THRESHOLD
    return Statement(
        claim=sp.Eq(_SIZE, sp.Max(left, 0) / _SQRT_Q),
        residuals={
            "a living weight obeys the flow": rate(living, rates)
            - ((1 - second / Q) * living - LAMBDA),
            "at time 0": living.subs({THRESHOLD: 0, Q: 1}) - INITIAL,
            "a weight dies when τ reaches it": living.subs(THRESHOLD, INITIAL),
            "‖w‖₁ = S₁/√q": _total(living, INITIAL) - _total(left, INITIAL) / _SQRT_Q,
            "‖w‖² = S₂/q": _total(living**2, INITIAL) - _total(left**2, INITIAL) / Q,
            "order is kept": (w_j - w_k) - (u_j - u_k) / _SQRT_Q,
            "ratios of gaps are kept": (w_j - w_k) / (w_l - w_k) - (u_j - u_k) / (u_l - u_k),
            "gaps are independent of the penalty": rate(w_j - w_k, rates)
            - (1 - second / Q) * (w_j - w_k),
        },
        arguments=(INITIAL, THRESHOLD, Q),
        assumptions="One encoding, no interference, no noise; flow units; λ ≥ 0.",
        not_proved=(
            "That a dead weight stays dead: the other force on it is (1 − ‖w‖²)·0 = 0 ≤ λ. That "
            "the solution is unique: the field is locally Lipschitz minus λ times a monotone "
            "one (the subgradient of ‖w‖₁), for which Filippov solutions are unique."
        ),
    )


@statement
def l1_speed(speed: sp.Expr = SPEEDS[L1]) -> Statement:
    r"""Rate of the ℓ1 norm.

    .. math:: \frac{d\|w\|_1}{dt} = (1-\|w\|^2)\|w\|_1 - \lambda m'

    Returns
    -------
    Statement
        Its value is the rate, of ``nonzero_count``, ``l1_norm``, ``squared_norm``,
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
    return Statement(
        claim=sp.Eq(sp.Symbol("d|w|_1/dt"), speed),
        residuals={"sum over the living weights": _total(weight_speed(_SIZE)) - speed},
        arguments=(COUNT, L1, NORM, LAMBDA),
        assumptions=ONE_ROW,
    )


@statement
def squared_norm_speed(speed: sp.Expr = SPEEDS[NORM]) -> Statement:
    r"""Rate of the squared norm.

    .. math:: \frac{d\|w\|^2}{dt} = 2\|w\|^2(1-\|w\|^2) - 2\lambda\|w\|_1

    Returns
    -------
    Statement
        Its value is the rate, of ``l1_norm``, ``squared_norm``, ``l1_strength``.

    Notes
    -----
    Kind: exact. Source: derivations/sparsification, “Norms”.

    Examples
    --------
    >>> from polytheory.symbolic import squared_norm_speed
    >>> squared_norm_speed().evaluate(l1_norm=2.0, squared_norm=0.5, l1_strength=0.125)
    0.0
    """
    return Statement(
        claim=sp.Eq(sp.Symbol("d|w|^2/dt"), speed),
        residuals={"sum over the living weights": _total(2 * _SIZE * weight_speed(_SIZE)) - speed},
        value=SPEEDS[NORM],
        arguments=(L1, NORM, LAMBDA),
        assumptions=ONE_ROW,
    )


@statement
def squared_cv(ratio: sp.Expr = RHO) -> Statement:
    r"""ρ = m'N/‖w‖₁² − 1 is the squared coefficient of variation of the living weights.

    .. math:: \rho = \frac{m'\|w\|^2}{\|w\|_1^2} - 1
              = \frac{\sum_{j<k}(|w_j|-|w_k|)^2}{\|w\|_1^2} \ge 0

    Returns
    -------
    Statement
        Its value is ρ, of ``nonzero_count``, ``l1_norm`` and ``squared_norm``.

    Notes
    -----
    Kind: exact, and a bound, ρ ≥ 0 for every row, with equality for equal weights only. Source:
    derivations/sparsification, “What drives sparsification”.

    Examples
    --------
    >>> from polytheory.symbolic import squared_cv
    >>> squared_cv().holds
    True
    """
    mean, variance = L1 / COUNT, NORM / COUNT - (L1 / COUNT) ** 2
    a, b = sp.symbols("|w_j| |w_k|", positive=True)
    residuals = {
        "squared coefficient of variation": ratio - variance / mean**2,
        # The sum counts each unordered pair twice. It is a sum of squares: never negative.
        "Lagrange's identity, any m'": ratio - _total(_total((a - b) ** 2, b), a) / (2 * L1**2),
    }
    for count in (1, 2, 3, 4):
        sizes = sp.symbols(f"a_1:{count + 1}", positive=True)
        moments = {COUNT: count, L1: sum(sizes), NORM: sum(x**2 for x in sizes)}
        gaps = sum((x - y) ** 2 for i, x in enumerate(sizes) for y in sizes[:i])
        label = f"Lagrange's identity, m' = {count}"
        residuals[label] = ratio.subs(moments) - gaps / sum(sizes) ** 2
    return Statement(
        claim=sp.Eq(sp.Symbol("rho"), ratio),
        residuals=residuals,
        arguments=(COUNT, L1, NORM),
        assumptions="Any row that is not zero.",
        not_proved="That a sum of squares is not negative.",
    )


@statement
def inverse_l1_speed(speed: sp.Expr = LAMBDA * RHO / NORM) -> Statement:
    r"""To leading order the variation of the weights sets the rate of 1/‖w‖₁.

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
    Kind: leading order in λ‖w‖₁. Source: derivations/sparsification, “What drives sparsification”.

    Examples
    --------
    >>> from polytheory.symbolic import inverse_l1_speed
    >>> speed = inverse_l1_speed()
    >>> speed.evaluate(nonzero_count=8, l1_norm=2.0, squared_norm=1.0, l1_strength=0.125)
    0.125
    """
    exact = rate(1 / L1, SPEEDS)
    correction = -SPEEDS[NORM] / (2 * NORM * L1)
    # On the slow manifold N is a function of s alone: a series in x = λs whose terms follow from
    # dN/dt = (dN/ds)(ds/dt), order by order.
    x, rho = sp.symbols("x rho", positive=True)
    norm = 1 - x - (1 + rho / 2) * x**2
    on_it = {COUNT: (1 + rho) * L1**2 / NORM}
    drift = [SPEEDS[each].subs(on_it).subs({NORM: norm, L1: x / LAMBDA}) for each in (NORM, L1)]
    invariance = drift[0] - sp.diff(norm, x) * LAMBDA * drift[1]
    # The norm relaxes at rate 2, far faster than 1/s changes.
    attraction = sp.diff(SPEEDS[NORM], NORM).subs({NORM: 1, L1: 0})
    relative = (correction / exact).subs(on_it).subs({NORM: norm, L1: x / LAMBDA})
    return Statement(
        claim=sp.Eq(sp.Symbol("d(1/|w|_1)/dt"), speed),
        residuals={
            "exactly: the claim − (dN/dt)/(2Ns)": exact - speed - correction,
            "slow manifold, order λs": sp.limit(invariance / x, x, 0),
            "slow manifold, order (λs)²": sp.limit(invariance / x**2, x, 0),
            "slow manifold, attraction": attraction + 2,
            "on it the correction is a relative −λs/2": sp.limit(relative / x, x, 0) + sp.S.Half,
        },
        arguments=(COUNT, L1, NORM, LAMBDA),
        assumptions=f"{ONE_ROW} λ‖w‖₁ → 0, after the norm has settled.",
        not_proved=(
            "That the slow manifold exists and attracts (the linearised rate is checked). In its "
            "second order ρ counts as constant: ρ changes at the rate λ‖w‖₁ between two deaths, "
            "which enters one order later."
        ),
    )
