"""Proofs of the Gaussian mean field of one encoding: many weights from N(0, s²/m).

Letters as in the proofs of the row, of the slow time and of the moments: x = τ√m/s is the threshold
in standard deviations of the initial weights, θ = √m·ς the scaled slow time, κ = G₁/√G₂ = c/√m.
"""

from collections.abc import Mapping

import sympy as sp

from polytheory.algebra.statement import Statement, rate, statement, value_of
from polytheory.theory.sparsification.curve.proof_moments import PHI, TAIL, X, moment
from polytheory.theory.sparsification.curve.proof_ratios import (
    leading,
    ratio,
    ratio_series,
    scaled_moment,
)
from polytheory.theory.sparsification.paper.proof import FRACTION, WIDTH
from polytheory.theory.sparsification.row import proof as _row
from polytheory.theory.sparsification.row.proof import COUNT, L1, LAMBDA, NORM
from polytheory.theory.sparsification.slow_manifold.proof import slow_time

#: The norm ‖w‖₂ and λ√m.
RADIUS, STRENGTH = sp.symbols("r Lambda", positive=True)
G0, G1, G2, G3, G4 = (moment(p) for p in range(5))
KAPPA = G1 / sp.sqrt(G2)
CURVE_SQUARED_CV = G0 * G2 / G1**2 - 1
#: θ as a symbol, and Θ(x), the scaled time at which the threshold is x.
CLOCK, _y = sp.Symbol("theta", positive=True), sp.Symbol("y", nonnegative=True)
THETA = sp.Integral(1 / sp.sqrt(G2.subs(X, _y)), (_y, 0, X))
#: Rates along the curve: dθ/dx = 1/√G₂.
ALONG = {X: sp.S.One, CLOCK: 1 / sp.sqrt(G2)}

_CONCENTRATION = (
    "That the sums S_p over m independent weights come close to m times their mean: by the law of "
    "large numbers, with a relative fluctuation of order 1/√m'."
)
_L1, _COUNT = sp.sqrt(WIDTH) * KAPPA, WIDTH * G0
#: How fast the threshold moves on the curve when the norm is 1, where dθ = λ√m dt; and over λ.
_SPEED = LAMBDA * sp.sqrt(WIDTH) * sp.sqrt(G2)
_PACE = _SPEED / LAMBDA


def _on_the_curve(
    name: str,
    value: sp.Expr,
    residuals: Mapping[str, sp.Expr],
    *,
    arguments: tuple[sp.Symbol, ...] = (X, WIDTH),
    where: str = "",
    argued: str = "",
) -> Statement:
    return Statement(
        claim=sp.Eq(sp.Symbol(name), value),
        residuals=residuals,
        arguments=arguments,
        assumptions=(
            "One encoding with N(0, s²/m) weights, no interference; m → ∞ at fixed x, then λ√m → 0;"
            f" flow units. The curve holds as long as many weights live, m' ≳ 10.{where}"
        ),
        not_proved=f"{_CONCENTRATION}{argued}",
    )


@statement
def universal_curve(theta: sp.Expr = THETA, clock_scale: sp.Expr = sp.sqrt(WIDTH)) -> Statement:
    r"""Wide Gaussian encodings of every width and scale follow the same curve.

    With :math:`\theta = \lambda\sqrt m\,t` and :math:`G_p(x) = E(|g|-x)_+^p`,

    .. math:: \theta = \Theta(x) = \int_0^x \frac{dy}{\sqrt{G_2(y)}}, \qquad
              \frac{m'}{m} = 2Q(x), \quad \frac{\|w\|_1}{\sqrt m} = \frac{G_1}{\sqrt{G_2}}, \quad
              m\|w\|_4^4 = \frac{G_4}{G_2^2}, \quad \rho = \frac{G_0G_2}{G_1^2} - 1.

    Returns
    -------
    Statement
        Its value is Θ, of ``scaled_threshold`` (x): an integral, evaluated by quadrature.

    Notes
    -----
    Kind: exact in the limit m → ∞, λ√m → 0. Source: derivations/universal_curve, “The curve”.

    Examples
    --------
    >>> from polytheory.symbolic import universal_curve
    >>> round(universal_curve().evaluate(scaled_threshold=1.0), 6)
    1.623942
    """
    s, g = sp.symbols("s |g|", positive=True)
    unit = s / sp.sqrt(WIDTH)  # one standard deviation of the initial weights
    sums = [WIDTH * unit**p * moment(p) for p in range(5)]
    c = sums[1] / sp.sqrt(sums[2])
    on_it = {COUNT: sums[0], L1: c, NORM: 1}
    # dς/dτ = 1/√S₂ by `slow_time`; τ = unit·x.
    mean, variance, count, _, stop = slow_time().arguments
    clock = sp.diff(value_of(slow_time()), stop)
    any_row = {mean: stop + sums[1] / count, variance: sums[2] / count - (sums[1] / count) ** 2}
    speed, by_clock = sp.simplify(clock).subs(any_row), clock_scale * unit / sp.sqrt(sums[2])
    residuals = {
        "a weight above τ, in standard deviations": (unit * g - unit * X) - unit * (g - X),
        "the clock of a row": speed - 1 / sp.sqrt(sums[2]),
        "dθ = √m dς = dx/√G₂ for every s": sp.diff(theta, X) - by_clock,
        "it starts at 0": theta.subs(X, 0).doit(),
        "m'/m": sums[0] / WIDTH - 2 * TAIL,
        "‖w‖₁/√m": c / sp.sqrt(WIDTH) - KAPPA,
        "the squared coefficient of variation ρ": _row.RHO.subs(on_it) - CURVE_SQUARED_CV,
        "m‖w‖₄⁴": WIDTH * sums[4] / sums[2] ** 2 - G4 / G2**2,
        # The same from the flow instead of the reduction: dc/dς = c² − m', with c = √m κ.
        "dκ/dθ = κ² − m'/m": sp.diff(KAPPA, X) * sp.sqrt(G2) - (KAPPA**2 - G0),
    }
    argued = " That ‖w‖ → 1 as λ√m → 0: see `hitting_time`."
    return _on_the_curve("theta", theta, residuals, arguments=(X,), argued=argued)


@statement
def l1_norm(norm: sp.Expr = _L1) -> Statement:
    r"""The ℓ1 norm on the universal curve.

    .. math:: \|w\|_1 = \sqrt m\,\frac{G_1(x)}{\sqrt{G_2(x)}} \quad\text{at}\quad
              \lambda\sqrt m\,t = \Theta(x)

    Returns
    -------
    Statement
        Its value is the norm, of ``scaled_threshold`` (x) and ``n_neurons``.

    Notes
    -----
    Kind: exact in the limit m → ∞, λ√m → 0; Θ is `universal_curve`. Source:
    derivations/universal_curve, “The curve”.

    Examples
    --------
    >>> from polytheory.symbolic import l1_norm
    >>> round(l1_norm().evaluate(scaled_threshold=1.0, n_neurons=10_000), 3)
    42.927
    """
    residuals = {
        "d(1/‖w‖₁)/dt = λρ": sp.diff(1 / norm, X) * _SPEED - LAMBDA * CURVE_SQUARED_CV,
        "it starts at √(2m/π)": norm.subs(X, 0) - sp.sqrt(2 * WIDTH / sp.pi),
    }
    return _on_the_curve("|w|_1", norm, residuals)


@statement
def nonzero_count(count: sp.Expr = _COUNT) -> Statement:
    r"""The number of living weights on the universal curve.

    .. math:: m' = 2m\,Q(x) \quad\text{at}\quad \lambda\sqrt m\,t = \Theta(x)

    Returns
    -------
    Statement
        Its value is the count, of ``scaled_threshold`` (x) and ``n_neurons``.

    Notes
    -----
    Kind: exact in the limit m → ∞, λ√m → 0; Θ is `universal_curve`. Source:
    derivations/universal_curve, “The curve”.

    Examples
    --------
    >>> from polytheory.symbolic import nonzero_count
    >>> round(nonzero_count().evaluate(scaled_threshold=2.0, n_neurons=10_000), 2)
    455.0
    """
    residuals = {
        # A weight dies when the threshold reaches it; the density of |g| is 2φ.
        "deaths": sp.diff(count, X) + WIDTH * 2 * PHI,
        "all live at first": count.subs(X, 0) - WIDTH,
        "dc/dς = c² − m'": sp.diff(_L1, X) * _PACE - (_L1**2 - count),
    }
    return _on_the_curve("m'", count, residuals)


@statement
def fourth_power_sum(fourth: sp.Expr = G4 / (WIDTH * G2**2)) -> Statement:
    r"""The sum of fourth powers on the universal curve.

    .. math:: \|w\|_4^4 = \frac{G_4(x)}{m\,G_2(x)^2} \quad\text{at}\quad
              \lambda\sqrt m\,t = \Theta(x)

    Returns
    -------
    Statement
        Its value is the sum of the fourth powers, of ``scaled_threshold`` (x) and ``n_neurons``.

    Notes
    -----
    Kind: exact in the limit m → ∞, λ√m → 0; Θ is `universal_curve`. Source:
    derivations/universal_curve, “The curve”.

    Examples
    --------
    >>> from polytheory.symbolic import fourth_power_sum
    >>> fourth_power_sum().evaluate(scaled_threshold=0.0, n_neurons=100)
    0.03
    """
    # `polar_form` has dv/dς = cv − 1 for every |v| of the direction; sum 4v³ times this.
    third = G3 / sp.sqrt(G2) ** 3 / sp.sqrt(WIDTH)
    summed = 4 * _L1 * fourth - 4 * third
    residuals = {
        "the direction moves as in polar form": sp.diff(fourth, X) * _PACE - summed,
        "it starts at 3/m": fourth.subs(X, 0) - 3 / WIDTH,
    }
    return _on_the_curve("|w|_4^4", fourth, residuals)


@statement
def speedup(speedup: sp.Expr = sp.sqrt(WIDTH) * PHI / TAIL * sp.sqrt(G2)) -> Statement:
    r"""Rate at which living weights die, in units of λ.

    .. math:: \frac1\lambda\Big(-\frac{d\ln m'}{dt}\Big)
              = \sqrt m\,\frac{\varphi(x)}{Q(x)}\sqrt{G_2(x)}

    It starts at :math:`2\varphi(0)\sqrt m = \|w\|_1` and lies between :math:`\|w\|_1` and
    :math:`2\|w\|_1`, which it approaches.

    Returns
    -------
    Statement
        Its value is the speedup, of ``scaled_threshold`` (x) and ``n_neurons``.

    Notes
    -----
    Kind: exact in the limit m → ∞, λ√m → 0. arXiv 2312.03096 uses the term
    without a definition; this one is ours.

    Examples
    --------
    >>> from polytheory.symbolic import speedup
    >>> round(speedup().evaluate(scaled_threshold=0.0, n_neurons=10_000), 3)
    79.788
    """
    h_0, h_1 = ratio(0), ratio(1)
    share = PHI * G2 / (TAIL * 2 * G1)
    above, first, second = (scaled_moment(p) for p in (-1, 1, 2))
    residuals = {
        "−d ln m'/dt in units of λ": speedup + sp.diff(sp.log(_COUNT), X) * _PACE,
        "it starts at 2φ(0)√m": speedup.subs(X, 0) - 2 * PHI.subs(X, 0) * sp.sqrt(WIDTH),
        "which is ‖w‖₁": (speedup - _L1).subs(X, 0),
        "as a share of 2‖w‖₁": speedup / (2 * _L1) - share,
        "the share is h₀/h₂": share - h_0 / ratio(2),
        "for x → ∞ it is 1, as h₀ ~ h₂": leading(ratio_series(0, 2) - ratio_series(2, 2), -1),
        # h₁' = h₁(h₁ − h₀): the share is not below 1/2 if h₀ < h₁, and below 1 if h₀ < h₂. Each
        # is a difference that falls to 0 at infinity, so it is positive before.
        "the share is 1/2 + x h₁'/(2h₁)": share - sp.S.Half - X * sp.diff(h_1, X) / h_1 / 2,
        "h₁' = h₁(h₁ − h₀)": sp.diff(h_1, X) - h_1 * (h_1 - h_0),
        "h₀ < h₁": sp.diff(G0**2 / above - first, X) + G0 * first / above,
        "h₀ < h₂": sp.diff(G0 * first / above - second, X) + 2 * G0 * second / above,
    }
    argued = (
        " For the bounds ‖w‖₁ and 2‖w‖₁ the signs, evident from the derivatives, and the limits "
        "0 at infinity; Watson's lemma for the limit of the share."
    )
    return _on_the_curve("speedup", speedup, residuals, argued=argued)


@statement
def time_to_fraction(
    time: sp.Expr = CLOCK / (LAMBDA * sp.sqrt(WIDTH)),
    # 1 − f instead of the complementary inverse, which mpmath lacks.
    threshold: sp.Expr = sp.sqrt(2) * sp.erfinv(1 - FRACTION),
) -> Statement:
    r"""The time after which a given fraction of the weights is left.

    .. math:: T(f) = \frac{\Theta\big(Q^{-1}(f/2)\big)}{\lambda\sqrt m}

    so that between two settings the ratio of times is exactly
    :math:`(\lambda_2\sqrt{m_2})/(\lambda_1\sqrt{m_1})` for every fraction.

    Returns
    -------
    Statement
        Its value is T, of ``fraction``, ``n_neurons`` and ``l1_strength``: an integral, evaluated
        by quadrature.

    Notes
    -----
    Kind: exact in the limit m → ∞, λ√m → 0, for 0 < f ≤ 1. Source: derivations/universal_curve,
    “The speedup”.

    Examples
    --------
    >>> from polytheory.symbolic import time_to_fraction
    >>> half = time_to_fraction().evaluate(fraction=0.5, n_neurons=10_000, l1_strength=1e-4)
    >>> round(half, 2)
    91.59
    """
    m_1, m_2, l_1, l_2 = sp.symbols("m_1 m_2 lambda_1 lambda_2", positive=True)
    first, second = (time.subs({WIDTH: m, LAMBDA: each}) for m, each in ((m_1, l_1), (m_2, l_2)))
    # θ = Θ(threshold), and Θ' = 1/√G₂; the fraction m'/m falls by 2φ per unit of the threshold.
    along = sp.diff(threshold, FRACTION) / sp.sqrt(G2.subs(X, threshold))
    slope, falling = rate(time, {FRACTION: 1, CLOCK: along}), (2 * PHI * _SPEED).subs(X, threshold)
    residuals = {
        "at this threshold the fraction is left": G0.subs(X, threshold) - FRACTION,
        "all live at time 0": time.subs(CLOCK, threshold.subs(FRACTION, 1)),
        "its rate inverts that of the fraction": slope * falling + 1,
        "two settings": first * l_1 * sp.sqrt(m_1) - second * l_2 * sp.sqrt(m_2),
    }
    value, arguments = time.subs(CLOCK, THETA.subs(X, threshold)), (FRACTION, WIDTH, LAMBDA)
    return _on_the_curve("T", value, residuals, arguments=arguments, where=" 0 < f ≤ 1.")


@statement
def mean_field(
    radius_speed: sp.Expr = RADIUS * (1 - RADIUS**2) - STRENGTH * KAPPA,
    theta_speed: sp.Expr = STRENGTH / RADIUS,
) -> Statement:
    r"""A wide encoding of any scale and any penalty obeys two differential equations.

    With :math:`\Lambda = \lambda\sqrt m`, :math:`r = \|w\|_2` and :math:`\kappa(\theta)` that of
    the universal curve,

    .. math:: r' = r(1-r^2) - \Lambda\kappa(\theta), \quad \theta' = \Lambda/r,
              \quad r(0) = s,\ \theta(0) = 0
              \qquad\Longleftrightarrow\qquad
              q' = 2(s^2G_2(x) - q), \quad x' = \frac{\Lambda}{s}\sqrt q,

    so that every row follows the universal curve with a clock of its own:
    :math:`\|w\|_1 = \sqrt m\,r\,\kappa`, :math:`m' = 2mQ`, :math:`\|w\|_4^4 = r^4G_4/(mG_2^2)`.

    Returns
    -------
    Statement
        Without a value: the solution has no closed form.

    Notes
    -----
    Kind: exact in the limit m → ∞. Source: derivations/universal_curve, “Any penalty and any
    scale”.

    Examples
    --------
    >>> from polytheory.symbolic import mean_field
    >>> mean_field().holds
    True
    """
    q, s = sp.symbols("q s", positive=True)
    # The reduction with S_p replaced by its mean: τ' = λ√q, q' = 2(S₂ − q), S₂ = s²G₂, λ√m = Λ.
    lam, root_m = STRENGTH / sp.sqrt(WIDTH), sp.sqrt(WIDTH)
    rates = {X: root_m / s * lam * sp.sqrt(q), q: 2 * (s**2 * G2 - q)}
    radius = s * sp.sqrt(G2 / q)
    finite = {LAMBDA: lam, NORM: RADIUS**2, L1: RADIUS * root_m * KAPPA}
    # To first order in Λ on the slow manifold.
    on_it = {RADIUS: 1 - STRENGTH * KAPPA / 2}
    settled, clock = (
        sp.diff(each.subs(on_it), STRENGTH).subs(STRENGTH, 0)
        for each in (radius_speed, theta_speed)
    )
    return Statement(
        claim=sp.And(
            sp.Eq(sp.Symbol("dr/dt"), radius_speed), sp.Eq(sp.Symbol("dtheta/dt"), theta_speed)
        ),
        residuals={
            "the radius": rate(radius, rates) - radius_speed.subs(RADIUS, radius),
            "the clock of the curve": rates[X] / sp.sqrt(G2) - theta_speed.subs(RADIUS, radius),
            "it starts at θ = 0 with ‖w‖ = s": radius.subs({X: 0, q: 1}) - s,
            "‖w‖₁ = √m r κ": root_m * s * G1 / sp.sqrt(q) - root_m * radius * KAPPA,
            # The speed of ‖w‖² of any row, with this ‖w‖₁.
            "the speed of the norm of a row": _row.SPEEDS[NORM].subs(finite)
            - 2 * RADIUS * radius_speed,
            "for Λ → 0 the norm settles at 1 − Λκ/2": settled,
            "and θ' = Λ": clock - 1,
        },
        assumptions="One encoding with N(0, s²/m) weights, no interference; m → ∞; flow units.",
        not_proved=_CONCENTRATION,
    )
