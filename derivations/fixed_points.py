r"""
Where a carrier comes to rest
=============================

When sparsification is over, each feature that survived is carried by one neuron. How large is that
last weight, how strong a penalty does it bear, and what if two features picked the same neuron?
"""

import sympy as sp

from polytheory.symbolic import (
    carrier_amplitude,
    carrier_amplitude_expansion,
    critical_l1,
    opposite_sign_collision,
    same_sign_collision,
    unstable_amplitude,
)

# %%
# One weight
# ----------
# A row with one living weight :math:`x > 0` has :math:`\|w\|^2 = x^2`, so the flow is
# :math:`\dot x = (1-x^2)x - \lambda`, and rest means a cubic.

x = sp.Symbol("x", positive=True)
l1 = sp.Symbol("l1_strength", positive=True)
speed = x - x**3 - l1

# %%
# The cubic has the form of the triple angle :math:`\cos 3\varphi = 4\cos^3\varphi - 3\cos\varphi`.
# With :math:`x = a\cos\varphi` the two powers must come in the ratio 4 : −3, which fixes :math:`a`.

phi, a = sp.symbols("phi a", positive=True)
(amplitude,) = sp.solve(sp.Eq(a / (-(a**3)), sp.Rational(-3, 4)), a)
assert amplitude == 2 / sp.sqrt(3)

l1_of_angle = sp.expand((x - x**3).subs(x, amplitude * sp.cos(phi)))
assert sp.expand(sp.expand_trig(l1_of_angle + 2 / (3 * sp.sqrt(3)) * sp.cos(3 * phi))) == 0

# %%
# So :math:`\lambda = -\frac{2}{3\sqrt3}\cos 3\varphi`. Solved for the angle this is three roots,
# :math:`\varphi + 2\pi j/3`. At λ = 0, where :math:`3\varphi = \pi/2`, they are 1, 0 and −1: the
# carrier, the empty row, and the mirror image, in which the penalty would have the wrong sign.

critical = 2 / (3 * sp.sqrt(3))
angle = sp.acos(-l1 / critical) / 3
roots = [amplitude * sp.cos(angle + sp.Rational(2 * j, 3) * sp.pi) for j in range(3)]
assert [sp.simplify(root.subs(l1, 0)) for root in roots] == [1, -1, 0]
stable, _, unstable = roots

# %%
# The third one is nicer with a sine, as :math:`\arccos(-z) = \pi/2 + \arcsin z`.

z = sp.Symbol("z")
assert sp.simplify(sp.acos(-z).rewrite(sp.asin) - (sp.pi / 2 + sp.asin(z))) == 0
beta = sp.Symbol("beta", positive=True)  # a third of the arcsine
rewritten = amplitude * sp.cos(sp.pi / 6 + beta + sp.Rational(4, 3) * sp.pi)
assert sp.expand_trig(rewritten - amplitude * sp.sin(beta)) == 0
unstable = amplitude * sp.sin(sp.asin(l1 / critical) / 3)
print(f"stable:   x = {stable}")
print(f"unstable: x = {unstable}")

# %%
# Stability
# ---------
# With β in [0, π/6] both roots are elementary, and the slope of the speed at each is a product of
# positive factors with a sign in front: the larger root attracts, the smaller one repels.

larger, smaller = amplitude * sp.cos(sp.pi / 6 + beta), amplitude * sp.sin(beta)
gap = 2 * sp.cos(sp.pi / 3 + beta)
assert sp.expand(sp.expand_trig(larger - smaller - gap)) == 0
slope = sp.diff(speed, x)
at_larger = slope.subs(x, larger) + gap * (2 * larger + smaller)
at_smaller = slope.subs(x, smaller) - gap * (larger + 2 * smaller)
assert sp.simplify(sp.expand_trig(at_larger)) == 0
assert sp.simplify(sp.expand_trig(at_smaller)) == 0

# %%
# The strongest penalty
# ---------------------
# The gap closes at β = π/6, that is at :math:`\lambda_c = 2/(3\sqrt3)`. That nothing is left beyond
# it is one factorisation: for :math:`x > 0` the speed at :math:`\lambda_c` is minus a square times
# a positive number, and a larger λ only lowers it. At equality the speed is negative on both sides
# of :math:`1/\sqrt3`: stable from above, unstable from below.

assert gap.subs(beta, sp.pi / 6) == 0
top = 1 / sp.sqrt(3)
assert sp.expand(speed.subs(l1, critical) + (x - top) ** 2 * (x + 2 * top)) == 0
print(f"critical strength: {critical} = {sp.N(critical, 5)}")

# %%
# A row of k equal weights is no different. With :math:`w = x/\sqrt k` its norm is x, and it bears a
# penalty that is :math:`\sqrt k` times weaker. (It rests on a knife's edge: at rest a gap between
# two weights grows at the rate :math:`1-\|w\|^2 = \lambda/w > 0`.)

k = sp.Symbol("n_equal", positive=True, integer=True)
w = x / sp.sqrt(k)
together = sp.sqrt(k) * ((1 - k * w**2) * w - l1)
assert sp.expand(together - speed.subs(l1, l1 * sp.sqrt(k))) == 0
(critical_of_k,) = sp.solve(l1 * sp.sqrt(k) - critical, l1)

# %%
# A weak penalty
# --------------
# Put :math:`x = 1 + a_1\lambda + a_2\lambda^2 + a_3\lambda^3` and let each power vanish in turn.

unknowns = sp.symbols("a_1:4")
series = 1 + sum(c * l1 ** (k + 1) for k, c in enumerate(unknowns))
found: dict[sp.Symbol, sp.Rational] = {}
for power, unknown in enumerate(unknowns, start=1):
    equation = sp.expand(speed.subs(x, series)).coeff(l1, power).subs(found)
    (found[unknown],) = sp.solve(equation, unknown)
assert tuple(found.values()) == (-sp.Rational(1, 2), -sp.Rational(3, 8), -sp.Rational(1, 2))
first_order = 1 + found[unknowns[0]] * l1
print(f"weak penalty: x = {series.subs(found)} + ...")

# %%
# The first order is also an upper bound: the speed there is negative.

assert sp.expand(speed.subs(x, first_order) + l1**2 * (6 - l1) / 8) == 0

# %%
# Two features of the same sign on one neuron
# -------------------------------------------
# For two features and one neuron the loss is :math:`(x^2-1)^2 + (y^2-1)^2 + 2\,\mathrm{ReLU}(xy)^2
# + \lambda_\text{loss}(|x|+|y|)`. With both weights positive the ReLU lets the product through.

y = sp.Symbol("y", positive=True)
own_terms = (x**2 - 1) ** 2 + (y**2 - 1) ** 2
loss = own_terms + 2 * (x * y) ** 2 + 4 * l1 * (x + y)
velocity = {each: sp.expand(-sp.diff(loss, each) / 4) for each in (x, y)}


def rate(quantity: sp.Expr) -> sp.Expr:
    """Return the derivative of a function of x and y along the flow."""
    return sum(sp.diff(quantity, each) * velocity[each] for each in (x, y))


# %%
# The interference is exactly what is missing for x and y to be two weights of *one* row, with
# squared norm :math:`x^2+y^2`. Everything that is known of rows holds for them: the gap feels no
# penalty, but the penalty takes relatively more from the smaller one.

joint_norm = x**2 + y**2
for each in (x, y):
    assert sp.expand(velocity[each] - ((1 - joint_norm) * each - l1)) == 0
assert sp.expand(rate(x - y) - (1 - joint_norm) * (x - y)) == 0
relative_gap = (x - y) / x
assert sp.simplify(rate(relative_gap) - l1 * relative_gap / x) == 0

# %%
# As :math:`\dot x < 0` from 1 on, x stays below :math:`X = \max(1, x(0))`, and the relative gap
# grows at least at the rate :math:`\lambda/X` until it is 1. There y is dead, x is alone, and no
# force is left on y that could revive it.

assert sp.expand(velocity[x].subs(y, 0) - speed) == 0
assert sp.expand(velocity[y].subs(y, 0)) == -l1
print("same sign: one row of two weights; the smaller dies")

# %%
# Opposite signs
# --------------
# With y = −z the product is negative, the ReLU is silent, and nothing in the loss connects x and z.
# Both come to rest at the same amplitude, and neither pays for the other.

z = sp.Symbol("z", positive=True)
loss = (x**2 - 1) ** 2 + (z**2 - 1) ** 2 + 4 * l1 * (x + z)
assert sp.diff(loss, x, z) == 0
for each in (x, z):
    assert sp.expand(-sp.diff(loss, each) / 4 - speed.subs(x, each)) == 0
print("opposite signs: two lone carriers; a benign collision")

# %%
# Settled rows
# ------------
# The same holds for any number of rows and neurons, once no neuron has two living weights of the
# same sign. Then every product :math:`W_{ik}W_{jk}`, :math:`i\ne j`, is at most 0, so are the
# overlaps :math:`W_i\cdot W_j`, which are their sums, and every ReLU is silent. Each row moves by
# itself, :math:`\dot w_k = (1-\|w\|^2)w_k - \lambda\,\mathrm{sign}(w_k)`: no weight changes its
# sign, a dead one is not pushed, and so the state stays settled. Of two sizes :math:`u>v` in one
# row the relative gap grows, whatever the squared norm N of the row is.

u, v, N = sp.symbols("u v N", positive=True)
size_speed = {each: (1 - N) * each - l1 for each in (u, v)}
settled_gap = (u - v) / u
gap_speed = sum(sp.diff(settled_gap, each) * size_speed[each] for each in (u, v))
assert sp.simplify(gap_speed - l1 * settled_gap / u) == 0

# %%
# As above it reaches 1, where v is dead, if :math:`\lambda>0` and u lives that long. So of a row
# that survives only the largest weight is left, if there is one largest (a tie stays a tie), and
# that is a lone carrier: it can rest at the two roots, and all that does not die comes to
# :math:`x_+`, the one that attracts (or starts at :math:`x_-` and stays, the watershed itself).

assert sp.expand(size_speed[u].subs(N, u**2) - speed.subs(x, u)) == 0
print("settled rows: each by itself, to its largest weight at x₊")

# %%
# The same, in the library
# ------------------------

assert carrier_amplitude().value == stable
assert unstable_amplitude().value == unstable
assert sp.simplify(critical_l1().value - critical_of_k) == 0
assert carrier_amplitude_expansion().value == first_order
loss_l1 = sp.Symbol("loss_l1")
assert sp.expand(opposite_sign_collision().claim.rhs - loss.subs(4 * l1, loss_l1)) == 0
assert sp.expand(same_sign_collision().claim.rhs - velocity[x]) == 0
for statement in (
    carrier_amplitude(),
    unstable_amplitude(),
    critical_l1(),
    carrier_amplitude_expansion(),
    same_sign_collision(),
    opposite_sign_collision(),
):
    assert statement.holds
