r"""
Every wide encoding takes the same way
======================================

An encoding with many weights from :math:`N(0, s^2/m)` has a threshold :math:`\tau` that rises
through a Gaussian. This page goes from the reduction to two scalars, :math:`q' = 2(S_2(\tau)-q)`
and :math:`\tau' = \lambda\sqrt q`, to one curve for all widths, penalties and scales, and finds its
bounds and its end.
"""

import sympy as sp

from polytheory.symbolic import (
    curve_squared_cv,
    fourth_power_sum,
    gaussian_moment,
    l1_norm,
    l1_norm_lower,
    l1_norm_tail,
    l1_norm_upper,
    mean_field,
    nonzero_count,
    nonzero_count_tail,
    paper_count_band,
    paper_l1_band,
    speedup,
    time_to_fraction,
    universal_curve,
)

# %%
# Truncated moments
# -----------------
# The sums :math:`S_p(\tau)=\sum_k(u_k-\tau)_+^p` run over many independent weights. By the law of
# large numbers they are m times a mean: in units of the standard deviation :math:`s/\sqrt m`, with
# :math:`x = \tau\sqrt m/s`, the mean of :math:`(|g|-x)_+^p`. It is an integral that SymPy knows.

x, y, s, m, lam = sp.symbols("scaled_threshold y s n_neurons l1_strength", positive=True)
phi, Q = sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi), sp.erfc(x / sp.sqrt(2)) / 2


def vanishes(expression: sp.Expr) -> bool:
    """Return whether an expression in φ and Q is zero, over a common denominator."""
    return bool(sp.expand(sp.numer(sp.together(expression))) == 0)


G = []
for p in range(5):
    integral = sp.integrate(y**p * sp.exp(-x * y - y**2 / 2), (y, 0, sp.oo))
    G.append(sp.expand(2 * phi * integral.rewrite(sp.erfc)))
assert vanishes(G[0] - 2 * Q)
assert vanishes(G[1] - 2 * (phi - x * Q))
assert vanishes(G[2] - 2 * ((1 + x**2) * Q - x * phi))
for p in range(1, 5):
    assert vanishes(sp.diff(G[p], x) + p * G[p - 1])

# %%
# The curve
# ---------
# The direction of the encoding moves by the slow time :math:`d\sigma = d\tau/\sqrt{S_2}`. As
# :math:`S_2 = s^2G_2` and :math:`d\tau = s\,dx/\sqrt m`, the scale drops out.

unit = s / sp.sqrt(m)
S = [m * unit**p * G[p] for p in range(5)]
by_threshold = sp.sqrt(m) * unit / sp.sqrt(S[2])  # √m dσ/dx
assert sp.simplify(by_threshold - 1 / sp.sqrt(G[2])) == 0
theta = sp.Integral(1 / sp.sqrt(G[2].subs(x, y)), (y, 0, x))
print("θ = √m σ = ∫ dx/√G₂, for every scale s")

# %%
# For a weak penalty the norm settles at 1 and σ is λt, so :math:`\theta=\lambda\sqrt m\,t`. What
# one observes depends on x only, up to powers of m:

count = S[0]
norm_1 = sp.powsimp(S[1] / sp.sqrt(S[2]))
norm_4 = S[4] / S[2] ** 2
kappa = G[1] / sp.sqrt(G[2])
assert sp.simplify(norm_1 - sp.sqrt(m) * kappa) == 0
assert sp.simplify(norm_4 - G[4] / (m * G[2] ** 2)) == 0
rho = G[0] * G[2] / G[1] ** 2 - 1
assert vanishes(count / norm_1**2 - 1 - rho)

# %%
# The clock :math:`\theta'=\lambda\sqrt m` and these expressions must agree with the flow, which
# says :math:`d(1/\|w\|_1)/dt = \lambda\rho` on the unit sphere. They do.

x_speed = lam * sp.sqrt(m) * sp.sqrt(G[2])
assert vanishes(sp.diff(1 / norm_1, x) * x_speed - lam * rho)

# %%
# Any penalty and any scale
# -------------------------
# If λ√m is not small the norm :math:`r=\sqrt{S_2/q}` is not 1, and σ is not λt. But the way is the
# same: with :math:`\Lambda=\lambda\sqrt m` only the clock is another, :math:`\theta'=\Lambda/r`.

q, strength = sp.symbols("q Lambda", positive=True)
threshold_speed, q_speed = strength / s * sp.sqrt(q), 2 * (s**2 * G[2] - q)
r = s * sp.sqrt(G[2] / q)
r_speed = sp.diff(r, x) * threshold_speed + sp.diff(r, q) * q_speed
assert vanishes(r_speed - (r * (1 - r**2) - strength * kappa))
assert sp.simplify(threshold_speed / sp.sqrt(G[2]) - strength / r) == 0
print("r' = r(1 − r²) − Λκ(θ),  θ' = Λ/r")

# %%
# How fast
# --------
# The rate at which weights die, in units of λ, starts as :math:`\|w\|_1`.

rate_of_death = -sp.diff(sp.log(count), x) * x_speed / lam
assert vanishes(rate_of_death - sp.sqrt(m) * phi / Q * sp.sqrt(G[2]))
assert sp.simplify((rate_of_death - norm_1).subs(x, 0)) == 0

# %%
# All that depends on m and λ is the clock. The time to a fraction f of the weights is Θ at the x
# with 2Q(x) = f, divided by λ√m.

f = sp.Symbol("fraction", positive=True)
at_fraction = sp.sqrt(2) * sp.erfinv(1 - f)
assert sp.simplify(2 * Q.subs(x, at_fraction) - f) == 0
time = theta.subs(x, at_fraction) / (lam * sp.sqrt(m))

# %%
# The spread increases
# --------------------
# With :math:`h=G_0/G_1` the recursion for :math:`G_2` gives ρ as a function of x and h, and h obeys
# a Riccati equation.

h = G[0] / G[1]
assert vanishes(G[2] - (G[0] - x * G[1]))
assert vanishes(sp.diff(h, x) - (h**2 - x * h - 1))

# %%
# The slope of ρ has the sign of a cubic C in h. Note :math:`h-x=G_2/G_1>0`.


def C(h: sp.Expr) -> sp.Expr:
    """Return the cubic."""
    return 2 * h**3 - 3 * x * h**2 + (x**2 - 3) * h + x


assert vanishes(sp.diff(rho, x) / (1 + rho) - C(h) / (h * (h - x)))
assert sp.simplify(C(h).subs(x, 0) - sp.sqrt(sp.pi / 2) * (sp.pi - 3)) == 0

# %%
# C starts positive. Could it become negative? With y = h − x, it moves at a speed that, *where
# C = 0*, is :math:`-2y(x+y)/(2y+x)^2`: the remainder of a division by C. So C could only cross zero
# downwards, and never come back.

cubic = sp.expand(C(x + y))
y_speed = sp.expand((x + y) ** 2 - x * (x + y) - 2)
C_speed = sp.diff(cubic, x) + sp.diff(cubic, y) * y_speed
left = sp.expand((2 * y + x) ** 2 * C_speed + 2 * y * (x + y))
_, remainder = sp.div(sp.Poly(left, y), sp.Poly(cubic, y))
assert remainder == 0

# %%
# But for a high threshold C is positive again. The moments have a series in z = 1/x there, as
# :math:`e^{-y^2/2}` may be expanded under the integral (Watson's lemma).

z = sp.Symbol("z", positive=True)


def watson(p: int) -> sp.Expr:
    """Return the series of G_p/(2φ) for a high threshold."""
    half = -sp.Rational(1, 2)
    return sum(
        half**j * sp.factorial(p + 2 * j) / sp.factorial(j) * z ** (p + 2 * j + 1) for j in range(5)
    )


def series(expression: sp.Expr, order: int) -> sp.Expr:
    """Return the terms below the given power of z."""
    return sp.series(sp.together(expression), z, 0, order).removeO()


h_far = series(watson(0) / watson(1) * z, 10) / z
assert series(C(h_far).subs(x, 1 / z), 4) == 4 * z**3
rho_far = series(watson(0) * watson(2) / watson(1) ** 2 - 1, 8)
print(f"ρ increases from {rho.subs(x, 0)} to {rho_far.subs(z, 0)}")

# %%
# Hence two bounds for the norm, by integrating :math:`d(1/\|w\|_1)/dt=\lambda\rho`.

t = sp.Symbol("time", positive=True)
start = norm_1.subs(x, 0)
bounds = [1 / (1 / start + spread * lam * t) for spread in (sp.S.One, sp.pi / 2 - 1)]

# %%
# The end
# -------
# Late on the curve :math:`V=\theta\kappa=\|w\|_1\,\lambda t` obeys a linear equation, whose
# coefficients have series.

th = sp.Symbol("theta", positive=True)
V = th * kappa
V_slope = sp.diff(V, x) + sp.diff(V, th) / sp.sqrt(G[2])
by_ratios = G[1] / G[2] + V * (G[1] / G[2] - G[0] / G[1])
assert vanishes(V_slope - by_ratios)
a, b = sp.symbols("a b")
guess = 1 + a * z**2 + b * z**4
g_far = series(watson(1) / watson(2) * z, 10) / z
mismatch = series(-(z**2) * sp.diff(guess, z) - g_far - guess * (g_far - h_far), 4)
(solution,) = sp.solve([mismatch.coeff(z, p) for p in (1, 3)], [a, b], dict=True)
tail = guess.subs(solution)
count_tail = series(tail**2 * (1 + rho_far), 5)
print(f"‖w‖₁·λt → {tail},  m'·(λt)² → {count_tail},  z = 1/x")

# %%
# The published laws have 1 in both places, and depend on the same θ as the truth: their errors are
# functions of x alone.

bands = [(1 + th) * kappa, (1 + th) ** 2 * G[0]]
for band, at_start in zip(bands, (sp.sqrt(2 / sp.pi), 1), strict=True):
    assert sp.simplify(band.subs({x: 0, th: 0}) - at_start) == 0

# %%
# The same, in the library
# ------------------------


def same(ours: sp.Expr, theirs: sp.Expr) -> bool:
    """Return whether two closed forms are equal; the library allows the threshold to be 0."""
    theirs = theirs.subs({each: x for each in theirs.free_symbols if each.name == x.name})
    names = {each: sp.Symbol(each.name, positive=True) for each in theirs.free_symbols}
    return vanishes(ours - theirs.subs(names))


for p, (closed_form, _) in enumerate(gaussian_moment().value.args[:5]):
    assert same(G[p], closed_form)
for ours, statement in (
    (norm_1, l1_norm()),
    (count, nonzero_count()),
    (norm_4, fourth_power_sum()),
    (rho, curve_squared_cv()),
    (rate_of_death, speedup()),
    (bounds[0], l1_norm_lower()),
    (bounds[1], l1_norm_upper()),
    (tail.subs(z, 1 / x), l1_norm_tail()),
    (count_tail.subs(z, 1 / x), nonzero_count_tail()),
):
    assert same(ours, statement.value), statement.name
    assert statement.holds

# %%
# An integral is the same if its slope is, and if both begin at 0.

for ours, statement in ((theta, universal_curve()), (time, time_to_fraction())):
    (argument,) = (each for each in ours.free_symbols if each in (x, f))
    theirs = statement.value.subs(dict.fromkeys(statement.arguments[:1], argument))
    theirs = theirs.subs(
        {each: sp.Symbol(each.name, positive=True) for each in statement.arguments[1:]}
    )
    assert sp.simplify(sp.diff(ours, argument) / sp.diff(theirs, argument)) == 1
    assert statement.holds
for ours, statement in zip(bands, (paper_l1_band(), paper_count_band()), strict=True):
    theirs = statement.value.replace(lambda each: isinstance(each, sp.Integral), lambda _: th)
    assert same(ours, theirs)
    assert statement.holds
assert mean_field().holds
