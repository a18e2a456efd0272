r"""
Why noise can make rows sparse, and how far
===========================================

Noise :math:`\xi` on the hidden layer, no regularization: :math:`y = \mathrm{ReLU}(W(W^Tx + \xi))`.
With bipolar noise rows grow sparse, with Gaussian noise they do not, and their inverse
participation ratio never reaches 1. Why the kurtosis, why a negative one, and why not 1?
"""

import sympy as sp

from polytheory.symbolic import (
    critical_std,
    drift_rate,
    drift_rate_second_order,
    edgeworth_second_moment,
    equilibrium_norm,
    escape_rate,
    fourth_power_sum_of_random_rows,
    gaussian_second_moment,
    initial_inverse_participation_ratio_slope,
    plateau_fourth_power_sum,
    simplex_overlap,
)
from polytheory.theory.noise import equivalent_l1, half_sparsity_time

# %%
# Everything is F
# ---------------
# Feature j hears :math:`\mu + z` when i is active, :math:`\mu = W_i\cdot W_j` and
# :math:`z = W_j\cdot\xi`. So the loss is a sum of :math:`F(\mu) = E\,\mathrm{ReLU}(\mu+z)^2`, and
# of the errors of each feature's own output, for which the ReLU hardly matters. For Gaussian z:

mu, s = sp.Symbol("overlap", real=True), sp.Symbol("noise_std", positive=True)
z, x = sp.Symbol("z", real=True), sp.Symbol("x", real=True)


def phi(x):
    return sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi)


def Phi(x):
    return (1 + sp.erf(x / sp.sqrt(2))) / 2


inside = sp.integrate((x + z) ** 2 * phi(z), z)
passes = sp.limit(inside.subs(x, 1), z, sp.oo) - inside.subs({x: 1, z: -1})
F_unit = (1 + x**2) * Phi(x) + x * phi(x)
assert sp.simplify(passes - F_unit.subs(x, 1)) == 0
F = s**2 * F_unit.subs(x, mu / s)
assert sp.simplify(sp.diff(F, mu, 2) - 2 * Phi(mu / s)) == 0
print("F'' = 2 P(z > -mu): F is convex and rises")

# %%
# Gaussian noise does nothing
# ---------------------------
# F knows the row only by s = σ‖w‖, so the loss is a function of the Gram matrix: turning all rows
# together costs nothing. From a start whose law does not change under rotations, the law of W(t)
# does not either, and a row of a random direction has, on average, the inverse participation ratio
# :math:`3N^2/(m+2)`. At all times: a theorem, at any strength of the noise.

m, N = sp.symbols("n_neurons squared_norm", positive=True)
fourth, eighth = 3 / (m + 2), 105 / ((m + 2) * (m + 4) * (m + 6))
theta = sp.Symbol("theta", real=True)
circle = sp.integrate(2 * sp.cos(theta) ** 4, (theta, 0, 2 * sp.pi)) / (2 * sp.pi)
assert fourth.subs(m, 2) == circle

# %%
# But overlaps fall
# -----------------
# F rises with μ everywhere, so noise pushes every overlap down, below zero, until the rows add up
# to nothing: :math:`\|\sum_iW_i\|^2 = nN + n(n-1)\mu \ge 0`. With all overlaps equal, and the pull
# :math:`h = \tfrac12F'`, the force is :math:`cW_j - h\sum_{i\ne j}W_i`.

n, h, c, m12 = sp.symbols("n_features h c mu", real=True)
norm_speed = 2 * (c * N - h * (n - 1) * m12)
speed = 2 * (c * m12 - h * (N + (n - 2) * m12))
speed = sp.factor(speed.subs(c, sp.solve(norm_speed, c)[0]))
assert sp.simplify(speed + 2 * h / N * (N - m12) * (N + (n - 1) * m12)) == 0
simplex = sp.solve(N + (n - 1) * m12, m12)[0]
print(f"overlaps fall to mu = {simplex}: a regular simplex")

# %%
# Its norm balances the benefit and the noise; dL/dN = 0 for
# :math:`L = (N-1)^2 + \sigma^2N + (n-1)F`:

sigma = sp.Symbol("std", positive=True)
at_simplex = {mu: simplex, s: sigma * sp.sqrt(N)}
loss = (N - 1) ** 2 + sigma**2 * N + (n - 1) * F.subs(at_simplex)
x_star = -sp.sqrt(N) / ((n - 1) * sigma)
pull = x_star * Phi(x_star) + phi(x_star)
balance = 1 - N - sigma**2 / 2 * (1 + (n - 1) * Phi(x_star)) + sigma * sp.sqrt(N) * pull
assert sp.simplify(balance + sp.diff(loss, N) / 2) == 0
start = sp.limit(balance.subs({n: 9, sigma: 1}), N, 0)
assert start == 1 - sp.Rational(9 + 1, 4)
print("at N = 0 the balance is 1 - (n+1) std^2/4: features shrink above std = 2/sqrt(n+1) or so")

# %%
# Kurtosis tells bases apart
# --------------------------
# Independent components add their cumulants, so z has the excess kurtosis
# :math:`\kappa_z = \kappa q/N^2`, :math:`q = \|w\|_4^4`: here the basis enters. To first order the
# density of z/s is :math:`\varphi(1 + \kappa_z He_4/24)`. Since F″ = 2P(z > −μ), and −He₃φ is the
# antiderivative of He₄φ, F changes by

q, kappa = sp.symbols("fourth_power_sum excess_kurtosis", real=True)
He3, He4 = x**3 - 3 * x, x**4 - 6 * x**2 + 3
assert sp.expand(sp.diff(He3 * phi(x), x) + He4 * phi(x)) == 0
change = -x * phi(x) / 12  # times κ_z s²
assert sp.simplify(sp.diff(change, x, 2) - 2 * He3.subs(x, -x) * phi(x) / 24) == 0
first_order = kappa * q / N**2 * sigma**2 * N * change.subs(x, mu / (sigma * sp.sqrt(N)))
print("F changes by -(kappa q / 12 N^2) s mu phi(mu/s): for mu < 0, sparse rows pay iff kappa < 0")

# %%
# How large the noise of a row is
# -------------------------------
# Rows without overlap are pulled down by F′(0) = E\|z\|. With two more terms of the same expansion,
# where :math:`\kappa_{6z} = \kappa_6\sum_kw_k^6/N^3`, that is, over :math:`s\sqrt{2/\pi}`,

kappa_z, kappa_6z = sp.symbols("kappa_z kappa_6z", real=True)
y = sp.Symbol("y", positive=True)
He6 = x**6 - 15 * x**4 + 45 * x**2 - 15
He8 = x**8 - 28 * x**6 + 210 * x**4 - 420 * x**2 + 105
added = kappa_z * He4 / 24 + kappa_6z * He6 / 720 + kappa_z**2 * He8 / 1152
terms = sp.Poly((1 + added).subs(x, y), y).terms()
size = sum(2 * c * sp.integrate(y ** (p + 1) * phi(y), (y, 0, sp.oo)) for (p,), c in terms)
series = 1 - kappa_z / 24 + kappa_6z / 240 - 5 * kappa_z**2 / 384
assert sp.simplify(size - sp.sqrt(2 / sp.pi) * series) == 0
print(f"E|z| is that of a Gaussian times {series}")

# %%
# Rows of few weights are beyond it. Under bipolar noise one weight has \|z\| = s always, two equal
# weights have \|z\| = 0 or √2 s, each half the time. These are the extremes of all rows: E\|z\| ≤ s
# is Cauchy and Schwarz's inequality, E\|z\| ≥ s/√2 is Khintchine's with its best constant.

one, two_equal = (sum(sizes) / sp.Integer(len(sizes)) for sizes in ([1], [0, sp.sqrt(2)]))
assert (two_equal, one) == (1 / sp.sqrt(2), 1)

# %%
# The drift
# ---------
# The force of a row on its weights: of its terms, one is cubic in the weight, and one is along the
# row.

v, w = sp.symbols("v w", positive=True)
two = {N: v**2 + w**2, q: v**4 + w**4}
X = mu / (sigma * sp.sqrt(N))
bracket = w**3 - q * w * (3 - X**2) / (4 * N)
by_weight = -kappa * sigma**2 / 3 * X * phi(X) / N * bracket
assert sp.simplify(sp.diff(first_order.subs(two), w) - by_weight.subs(two)) == 0

# %%
# On the simplex, where the n − 1 overlaps are :math:`-N/(n-1)`, minus a quarter of it turns the
# rows by :math:`\dot w_k = \gamma(w_k^3 - qw_k)` in units of their norm. All other terms mix rows
# symmetrically, :math:`BW` with :math:`B=B^T`, and no rotation feels those.

cube = sp.expand(-(n - 1) / 4 * by_weight.subs(mu, simplex)).coeff(w, 3)
gamma = -kappa * sigma * sp.sqrt(N) / 12 * phi(x_star)
assert sp.simplify(cube * N - gamma) == 0
print("drift gamma = -kappa std sqrt(N) phi(x*)/12, x* = -sqrt(N)/((n - 1) std)")

# %%
# The inverse participation ratio then rises from that of random rows by 4γ(E Σw⁶ − E q²):

square = eighth * (1 + (m - 1) * sp.Rational(9, 105))
slope = sp.factor(4 * (15 / ((m + 2) * (m + 4)) - square))
assert sp.simplify(slope - 24 * (m - 1) / ((m + 2) * (m + 4) * (m + 6))) == 0

# %%
# and one row by itself can be solved. With u = w², :math:`u_k = A_k/E`, :math:`A_k = a_k/(1-Ia_k)`,
# :math:`E = \sum A_k`, and the clock :math:`2\gamma\,dt = E\,dI`:

I, g = sp.symbols("I gamma", positive=True)
starts = sp.symbols("a b c", positive=True)
A = [a / (1 - I * a) for a in starts]
E = sum(A)
u = [each / E for each in A]
for each in u:
    wanted = 2 * g * (each**2 - each * sum(k**2 for k in u))
    assert sp.cancel(sp.together(sp.diff(each, I) * 2 * g / E - wanted)) == 0
print("cubic flow solved; the order of sizes never changes")

# %%
# The drift to second order
# -------------------------
# The next terms of the density are :math:`\kappa_{6z}He_6/720 + \kappa_z^2He_8/1152`. As
# :math:`-He_{k-1}\varphi` is the antiderivative of :math:`He_k\varphi`, they change F by two terms,
# whose forces are :math:`w^5` and :math:`q w^3`.

sixth_change, square_change = -He3 * phi(x) / 360, -(x**5 - 10 * x**3 + 15 * x) * phi(x) / 576
for changed, density in ((sixth_change, He6 / 720), (square_change, He8 / 1152)):
    # F″ = 2P(z > −μ), so F‴ is twice the density at −μ, an even function here.
    assert sp.simplify(sp.diff(changed, x, 3) - 2 * density * phi(x)) == 0

# %%
# For random rows, Gaussian weights of variance 1/m, :math:`w^5 = He_5 + 10He_3 + 15w` in units of
# :math:`1/\sqrt m`: its part that turns them as the cube does is :math:`10w^3/m`. And q is 3/m. So
# all three forces are cubic, and in γ the kurtosis is replaced by a bracket:

assert sp.expand(x**5 - (x**5 - 10 * x**3 + 15 * x) - 10 * He3 - 15 * x) == 0
kappa6 = sp.Symbol("sixth_cumulant", real=True)
cubic = (
    4 * kappa * change + 6 * kappa6 * sixth_change * 10 / m + 8 * kappa**2 * square_change * 3 / m
)
bracket = kappa - kappa6 * (3 - x**2) / (2 * m) + kappa**2 * (x**4 - 10 * x**2 + 15) / (8 * m)
assert sp.simplify(cubic - 4 * change * bracket) == 0
second_order = (gamma / kappa) * bracket.subs(x, x_star)
print("to order 1/m kappa becomes kappa - kappa6 (3-x^2)/(2m) + kappa^2 (x^4-10x^2+15)/(8m)")

# %%
# How long it takes
# -----------------
# The time at which a row has :math:`q = \tfrac12` is a function of the order statistics of its
# weights. When the largest square :math:`a_1` holds its own against all others, I is near
# :math:`1/a_1`, and the clock of the cubic flow has run for
# :math:`2\gamma t = -\sum_l\ln(1-Ia_l) \approx \sum_l a_l/a_1 = 1/a_1`. Of m Gaussian weights the
# largest square is :math:`2\ln m/m` and scatters by a part 1/ln m of it: to leading order in 1/ln m
# all rows take the time :math:`\gamma t = m/(4\ln m)`, and so does the row whose weights are at the
# medians of their ranks. That row is what the library follows, exactly, as the logarithms are slow:

widths = [8, 64, 4096, 10**6]
for width, time in zip(widths, half_sparsity_time(widths, rate=1.0), strict=True):
    per_leading = time * 4 * float(sp.log(width)) / width
    assert 1.2 < per_leading < 1.9
    print(f"m = {width}: {per_leading:.2f} times m/(4 ln m)")

# %%
# Under ℓ1 the same row has :math:`q = \tfrac12` at some λt, on its slow manifold (see
# :doc:`slow_manifold`): 0.3 at m = 8, and 0.7 from m = 64 on. The λ that takes as long as noise
# does is the quotient of the two, a number near 1 or 2 times γ ln m/m.

for width, strength in zip(widths, equivalent_l1(widths, rate=1.0), strict=True):
    assert 0.9 < strength * width / float(sp.log(width)) < 2.4

# %%
# The window
# ----------
# With :math:`\sqrt N = (n-1)\sigma\xi`, so that :math:`x^* = -\xi`, the balance of the norm reads
# :math:`1 = \sigma^2g(\xi)`. It can be met up to :math:`\sigma_c = (\min_\xi g)^{-1/2}`; beyond,
# noise outweighs the benefit at every norm.

k, xi = sp.symbols("k xi", positive=True)  # k = n − 1
spread = (1 + k * Phi(-xi)) / 2
g_of = k**2 * xi**2 + spread - k * xi * (phi(xi) - xi * Phi(-xi))
in_xi = balance.subs(n, k + 1).subs(N, (k * sigma * xi) ** 2)
assert sp.simplify(in_xi - (1 - sigma**2 * g_of)) == 0

# %%
# At ξ = 0, where the norm vanishes, g is (n+1)/4 and still falls: σ_c lies above 2/√(n+1), and at
# it the norm is not zero. For ξ > 3/(4(n−1)) g rises.

assert sp.expand(g_of.subs(xi, 0) - (k + 2) / 4) == 0
slope_of_g = sp.simplify(sp.diff(g_of, xi) - k * (2 * k * xi + 2 * xi * Phi(-xi) - 3 * phi(xi) / 2))
assert slope_of_g == 0
at_eight = g_of.subs(k, 7)
lowest = sp.nsolve(sp.diff(at_eight, xi), xi, 0.07)
critical = 1 / sp.sqrt(at_eight.subs(xi, lowest).evalf())
print(f"n = 8: features shrink above {critical:.4f}, where 2/sqrt(n+1) is 0.6667")

# %%
# Downwards the drift per σ dies with :math:`\varphi(x^*)`, :math:`x^* \approx -1/((n-1)\sigma)`.
# Where to call it dead is a convention: at :math:`(n-1)\sigma = 0.4` it has 4 % of what it is at
# x = 0.

assert round(float(phi(x).subs(x, 1 / 0.4) / phi(x).subs(x, 0)), 2) == 0.04

# %%
# Why not 1
# ---------
# Rows of a simplex cannot all be one-hot: one-hot rows have overlaps 0 or ±N. Let n − 1 of them be
# nearly so, :math:`(\alpha+\beta)e_j + \beta(1-e_j)`; the last is minus their sum, equal on all.

r = sp.Symbol("r", positive=True)  # √(n − 1)
alpha = sp.sqrt(r**2 + 1) / r
beta = (1 / r - alpha) / r**2
own = alpha + beta
assert sp.simplify(own**2 + (r**2 - 1) * beta**2 - 1) == 0
assert sp.simplify(2 * own * beta + (r**2 - 2) * beta**2 + 1 / r**2) == 0
assert sp.simplify(own + (r**2 - 1) * beta - 1 / r) == 0  # so minus the sum is −1/√(n−1)
plateau = (r**2 * (own**4 + (r**2 - 1) * beta**4) + 1 / r**2) / (r**2 + 1)
assert sp.limit(plateau, r, sp.oo) == 1
print(f"inverse participation ratio at the end, n = 8: {sp.N(plateau.subs(r, sp.sqrt(7)), 4)}")

# %%
# And collisions?
# ---------------
# Two opposite features on one neuron, :math:`W_2 = -W_1`. The other rows add up to
# :math:`-(W_1+W_2)` on a simplex, and push both of the pair by half of F′(0) times that, outwards;
# their partner pulls back by F′(−N). The angle opens at the rate F′(0) − F′(−N), near σ√N and at
# least 15 times faster than γ: under noise alone collisions do not last.

F_slope = sp.diff(F, mu).subs(s, sigma * sp.sqrt(N))
opening = F_slope.subs(mu, 0) - F_slope.subs(mu, -N)
assert sp.limit(opening.subs(N, 1) / sigma, sigma, 0) == sp.sqrt(2 / sp.pi)
print(f"opposite-sign collisions open at {sp.simplify(F_slope.subs(mu, 0))}, weak Gaussian noise")

# %%
# Sampled noise heats
# -------------------
# Training draws the noise instead of averaging over it. In a neuron that no row uses, the gradient
# of row j is twice the noise of that neuron times the sum of its errors over the inputs:
# ReLU(μ + z) for each of the n − 1 other features, and z for its own. What all rows have in common
# the overlaps pull back at once. So the variance is σ²V. If all inputs of a step share their noise,
# V = 4 E[(n − 1)(ReLU(μ + z) − E ReLU(μ + z)) + z]²; if each has its own,
# V = 4[(n − 1)v + s²] with v the variance of ReLU(μ + z). The means, in units of s and at x = 1:


def mean(expression):
    inside = sp.integrate(sp.expand(expression * phi(z)), z)
    return sp.limit(inside, z, sp.oo) - inside.subs(z, -1)


h1 = x * Phi(x) + phi(x)
assert sp.simplify(mean(1 + z) - h1.subs(x, 1)) == 0
assert sp.simplify(mean((1 + z) ** 2) - F_unit.subs(x, 1)) == 0
assert sp.simplify(mean((1 + z) * z) - Phi(1)) == 0
print("V = 4[(n-1)^2 v + 2(n-1) s^2 Phi(x) + s^2], v = s^2[(1+x^2) Phi + x phi - h1^2]")

# %%
# A step of the published training moves W by η times the gradient and takes the flow's time 4η. So
# each component diffuses with :math:`D = \eta\sigma^2V/8`; against the drift stands
# :math:`\Theta = mD/\gamma`.

eta, V = sp.symbols("learning_rate V", positive=True)
diffusion = eta**2 * sigma**2 * V / (4 * eta) / 2
assert diffusion == eta * sigma**2 * V / 8

# %%
# Solved for the learning rate at which Θ has a value, :math:`\eta = 8\gamma\Theta/(m\sigma^2V)`.
# Which value is too much for sparse rows is not derived: it was measured.

# %%
# The same, in the library
# ------------------------

rate = sp.Symbol("rate", real=True)
real = {sp.Symbol("n_features", real=True): sp.Symbol("n_features", positive=True)}
kinds = {q: sp.Symbol("fourth_power_sum", positive=True)}
library = (
    (gaussian_second_moment, F),
    (simplex_overlap, simplex),
    (drift_rate, gamma),
    (drift_rate_second_order, second_order),
    (edgeworth_second_moment, F.subs(s, sigma * sp.sqrt(N)) + first_order),
    (fourth_power_sum_of_random_rows, fourth * N**2),
    (initial_inverse_participation_ratio_slope, slope * rate),
    (escape_rate, opening),
)
for statement, here in library:
    assert sp.simplify(statement().value - here.subs(real | kinds)) == 0
many = sp.Symbol("n_features", positive=True)
found = plateau_fourth_power_sum().value.subs(many, r**2 + 1)
assert sp.expand(sp.numer(sp.together(found - N**2 * plateau))) == 0
assert sp.simplify(equilibrium_norm().claim.lhs - balance.subs(real)) == 0
for statement in (*(each for each, _ in library), plateau_fourth_power_sum, critical_std):
    assert statement().holds
