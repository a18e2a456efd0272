r"""
When the threshold arrives
==========================

In slow time the direction of an encoding does not know its length. This page goes back to the flow
time: from the slow time σ between two thresholds, by way of the radius, to second order in λ.
"""

import sympy as sp

from polytheory.symbolic import (
    completion_time,
    hitting_time,
    hitting_time_second_order,
    polar_form,
    slow_time,
)

# %%
# The radius follows the direction
# --------------------------------
# With :math:`r=\|w\|` and :math:`c=\|w\|_1/\|w\|`, which is a function of σ alone, the polar form
# is :math:`\dot r = r(1-r^2)-\lambda c` and :math:`\lambda\,dt = r\,d\sigma`. So the flow time is
# an integral over the radius, and the radius obeys one scalar equation,
#
# .. math:: \lambda\frac{dr}{d\sigma} = r^2(1-r^2) - \lambda c r .

lam, r, c, k = sp.symbols("lambda r c nonzero_count", positive=True)
r_speed = r * (1 - r**2) - lam * c
sigma_speed = lam / r
slope = r**2 * (1 - r**2) - lam * c * r
assert sp.expand(lam * r_speed / sigma_speed - slope) == 0

# %%
# While k weights are alive, :math:`dc/d\sigma = c^2-k`.

c_slope = c**2 - k

# %%
# After the first moments
# -----------------------
# λ multiplies the highest derivative, so r is soon where the right-hand side nearly vanishes. Look
# for :math:`r = 1+\lambda d_1+\lambda^2 d_2+\dots` with :math:`d_i` that depend on σ through c.

d_1, d_2 = sp.symbols("d_1 d_2")
first = -c / 2
outer = 1 + lam * first + lam**2 * d_2
balance = sp.expand(slope.subs(r, outer) - lam**2 * sp.diff(first, c) * c_slope)
assert balance.coeff(lam, 1) == 0
(second,) = sp.solve(balance.coeff(lam, 2), d_2)
assert sp.expand(second - (c_slope / 4 - sp.Rational(3, 8) * c**2)) == 0
print(f"r = 1 − λc/2 + λ²({second.subs(k, sp.Symbol('k'))}) + …")

# %%
# Its integral over σ. For the first correction, :math:`c\,d\sigma = S_1\,d\tau/S_2` is half of
# minus :math:`d\ln S_2`, as :math:`dS_2 = -2S_1\,d\tau`. For the second, :math:`c^2 = dc/d\sigma+k`
# leaves only c itself and the integral K of the number of living weights.

tau = sp.Symbol("tau", positive=True)
S_1, S_2 = sp.Function("S_1")(tau), sp.Function("S_2")(tau)
logarithm = sp.diff(-sp.log(S_2) / 2, tau).subs(sp.diff(S_2, tau), -2 * S_1)
assert sp.simplify(logarithm - S_1 / S_2) == 0
by_c, by_k = -sp.Rational(1, 8), -sp.Rational(3, 8)
assert sp.expand(second - (by_c * c_slope + by_k * k)) == 0

# %%
# The first moments
# -----------------
# They take a slow time of order λ: let :math:`\sigma=\lambda\eta`. To leading order r is p(η) with
# :math:`dp/d\eta = f(p)`, which does not know c, and the next order P, in units of λc₀, obeys the
# linearised equation. As p is monotone, P may be taken as a function of p.

p, s, r_0 = sp.symbols("p s initial_norm", positive=True)
f = p**2 * (1 - p**2)
rate = 1 / (s**3 * (1 - s**2) ** 2)
inverse = (2 * s**2 - 1) / (2 * s**2 * (1 - s**2)) + 2 * sp.log(s) - sp.log(1 - s**2)
assert sp.simplify(sp.diff(inverse, s) - rate) == 0
P = -f * (inverse.subs(s, p) - inverse.subs(s, r_0))
assert sp.simplify(f * sp.diff(P, p) - (sp.diff(f, p) * P - p)) == 0
assert P.subs(p, r_0) == 0

# %%
# It ends where the outer solution begins: at −1/2.

assert sp.limit(P.subs(r_0, sp.Rational(1, 3)), p, 1, "-") == -sp.Rational(1, 2)

# %%
# What the first moments add to the time is the integral of the difference: for the leading order
# :math:`\int(p-1)d\eta`,

layer = sp.integrate(sp.apart(sp.cancel((p - 1) / f), p), p)
A = sp.simplify(layer.subs(p, 1) - layer.subs(p, r_0))
assert sp.simplify(A + (1 - r_0) / r_0 - sp.log((1 + r_0) / (2 * r_0))) == 0

# %%
# and for the next :math:`B=\int(P+\frac12)d\eta`, which we find from its derivative by the initial
# radius: one part from the lower end and one from P.

B_slope = -1 / (2 * f.subs(p, r_0)) + (1 - r_0) * rate.subs(s, r_0)
B = sp.integrate(sp.apart(sp.cancel(B_slope), r_0), r_0)

# %%
# The constant is fixed by a row of norm 1, for which p = 1 for ever: then :math:`P' = -2P-1`.

eta = sp.Symbol("eta", positive=True)
at_one = (sp.exp(-2 * eta) - 1) / 2
assert sp.expand(sp.diff(at_one, eta) + 2 * at_one + 1) == 0
B = B - B.subs(r_0, 1) + sp.integrate(at_one + sp.Rational(1, 2), (eta, 0, sp.oo))
assert sp.simplify(B.subs(r_0, 1)) == sp.Rational(1, 4)
print("first moments: λA(r₀) + λ²c₀B(r₀)")

# %%
# Together
# --------
# Outside :math:`\int r\,d\sigma` from σ = 0 on, plus what the first moments differ from it.

sigma, S_now, c_0, c_now, K, l1 = sp.symbols(
    "slow_time remaining_square initial_ratio ratio count_integral l1_strength", positive=True
)
to_first = sigma - l1 * sp.log(r_0**2 / S_now) / 4 + l1 * A
to_second = to_first + l1**2 * (by_c * (c_now - c_0) + by_k * K + c_0 * B)


def same(ours: sp.Expr, theirs: sp.Expr) -> bool:
    """Return whether two closed forms in positive symbols are equal."""
    return bool(sp.simplify(sp.expand_log(sp.expand(ours - theirs), force=True)) == 0)


assert same(to_first, hitting_time().value)
assert same(to_second, hitting_time_second_order().value)

# %%
# Two weights
# -----------
# A row is complete when its second largest weight dies. So T* is the time above at the threshold
# :math:`\tau=u_{(2)}`, whatever the other weights are.
#
# The slow time itself is elementary between two deaths. Two weights :math:`u_1>u_2` have mean
# :math:`(u_1+u_2)/2` and standard deviation :math:`(u_1-u_2)/2`, and it is over when the threshold
# is :math:`u_2`.

u_2, gap = sp.symbols("second gap", positive=True)
u_1 = u_2 + gap
S_of = (u_1 - tau) ** 2 + (u_2 - tau) ** 2
clock = -sp.asinh((u_1 + u_2 - 2 * tau) / gap) / sp.sqrt(2)
assert sp.simplify(sp.diff(clock, tau) - 1 / sp.sqrt(S_of)) == 0
duel = (clock.subs(tau, u_2) - clock.subs(tau, 0)) / l1
largest = sp.Symbol("largest", positive=True)
theirs = completion_time().value.subs(largest, u_1)
assert sp.simplify(duel - theirs) == 0
print("two weights: λT* = [asinh((u₁ + u₂)/(u₁ − u₂)) − asinh 1]/√2")

for statement in (
    polar_form(),
    slow_time(),
    hitting_time(),
    hitting_time_second_order(),
    completion_time(),
):
    assert statement.holds
