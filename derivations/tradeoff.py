r"""
What sharing a neuron costs
===========================

Basis vectors show one feature at a time, and then two features of opposite sign can share a neuron
for nothing. What if features are active together? Let each be active, with value 1, with
probability p, independently of the others. What is lost on a neuron that carries several; when
would it pay; and does a net that is *trained* on such inputs still end there?
"""

from itertools import product

import sympy as sp

from polytheory.theory.tradeoff.proof import (
    break_even_probability,
    negative_overlap_rate,
    neuron_loss,
    pair_excess,
)

# %%
# One neuron
# ----------
# A neuron has P features of weight :math:`+x` and Q of :math:`-x`, and no feature has another
# neuron. If a of the first and b of the second are active, the neuron reads :math:`x(a-b)`, so a
# positive feature is given :math:`x^2(a-b)_+` and a negative one :math:`x^2(b-a)_+`. Features with
# other neurons see nothing of this: the loss of a layer is a sum over its neurons.

p, x = sp.symbols("probability amplitude", positive=True)
s = x**2


def relu(multiple):
    """Return ReLU(multiple · x²)."""
    return s * max(multiple, 0)


def of_neuron(n_positive, n_negative):
    """Sum over every combination of active features."""
    signs = [1] * n_positive + [-1] * n_negative
    loss = 0
    for active in product((0, 1), repeat=len(signs)):
        read = sum(sign * each for sign, each in zip(signs, active, strict=True))
        chance = sp.prod([p if each else 1 - p for each in active])
        wrong = ((relu(sign * read) - each) ** 2 for sign, each in zip(signs, active, strict=True))
        loss += chance * sum(wrong)
    return sp.expand(loss)


# %%
# Features of one sign are indistinguishable, so combinations are counted by a and b alone, with two
# binomials. That is the finite sum of the library; all of it is a polynomial in p of degree P + Q.


def by_binomials(n_positive, n_negative):
    loss = 0
    for a, b in product(range(n_positive + 1), range(n_negative + 1)):
        ways = sp.binomial(n_positive, a) * sp.binomial(n_negative, b)
        chance = p ** (a + b) * (1 - p) ** (n_positive + n_negative - a - b)
        up, down = relu(a - b), relu(b - a)
        positive = a * (up - 1) ** 2 + (n_positive - a) * up**2
        negative = b * (down - 1) ** 2 + (n_negative - b) * down**2
        loss += ways * chance * (positive + negative)
    return sp.expand(loss)


for pattern in product(range(4), range(3)):
    assert sp.expand(of_neuron(*pattern) - by_binomials(*pattern)) == 0
alone = sp.factor(of_neuron(1, 0))
print(f"a feature alone: {alone}")
assert sp.expand(alone - p * (1 - s) ** 2) == 0

# %%
# With one sign only, the output is linear in a, and two moments are enough:
# :math:`\ell_{P,0} = E[a(sa-1)^2 + (P-a)s^2a^2] = E[a] - 2sE[a^2] + Ps^2E[a^2]`.

number = sp.Symbol("P", positive=True, integer=True)
mean = number * p
square = mean * (1 - p) + mean**2
one_sign = mean - 2 * s * square + number * s**2 * square
closed = number * p * (1 - s * (2 - number * s) * (1 + (number - 1) * p))
assert sp.expand(one_sign - closed) == 0
for k in range(1, 5):
    assert sp.expand(closed.subs(number, k) - of_neuron(k, 0)) == 0
print(f"two of the same sign, x = 1: {sp.factor(closed.subs({number: 2, x: 1}))}")

# %%
# Two of opposite sign
# --------------------
# An input with one of them active is read as if the other were not there; with both active the
# neuron reads nothing and both are lost. So the price is of order p².

excess = sp.factor(of_neuron(1, 1) - 2 * of_neuron(1, 0))
assert sp.expand(excess - 2 * p**2 * (1 - (1 - s) ** 2)) == 0
print(f"two of opposite sign, more than apart: {excess}")

# %%
# Two of the same sign lose at order p already, which is why training never leaves them together.
# And to leave a feature without any neuron costs more than to let it share one, for p < 1/2.

same = sp.expand(of_neuron(2, 0) - 2 * of_neuron(1, 0))
assert sp.limit(same.subs(x, 1) / p, p, 0) == 2
dropped = sp.factor(of_neuron(1, 1) - of_neuron(1, 0) - p)
assert sp.solve(dropped.subs(x, 1), p) == [sp.Rational(1, 2)]

# %%
# A whole layer
# -------------
# If all n features live, C pairs of them on one neuron each and all others alone, the loss is that
# of n features alone and C times the excess. So its mean asks for no more than the mean of C.

for n, C in ((4, 0), (5, 2), (6, 3)):
    layer = C * of_neuron(1, 1) + (n - 2 * C) * of_neuron(1, 0)
    assert sp.expand(layer - n * alone - C * excess) == 0

# %%
# Noise at the time of the test
# -----------------------------
# With noise ξ on the neuron an output is ReLU(μ + xξ), and in the mean
# :math:`y^2 \to F(\mu)`, :math:`(y-1)^2 \to F(\mu) - F'(\mu) + 1`. Symmetric noise of variance v
# (of :math:`x\xi`) has :math:`F(\mu) + F(-\mu) = \mu^2 + v`, so F and F' at 0 and −s are enough.

F0, Fm, D0, Dm, v = sp.symbols("F0 Fm D0 Dm v", positive=True)
F = {0: F0, -1: Fm, 1: s**2 + v - Fm}
D = {0: D0, -1: Dm, 1: 2 * s + Dm}
noisy = 0
for a, b in product((0, 1), repeat=2):
    chance = p ** (a + b) * (1 - p) ** (2 - a - b)
    for sign, active in ((1, a), (-1, b)):
        level = sign * (a - b)
        noisy += chance * (F[level] - D[level] + 1 if active else F[level])
single = p * (F[1] - D[1] + 1) + (1 - p) * F[0]
noisy_excess = sp.expand((noisy - 2 * single).subs(v, 2 * F0))
price = s * (2 - s) - D0 + Dm
assert sp.expand(noisy_excess - 2 * p**2 * price + 2 * p * (F0 - Fm)) == 0

# %%
# There is a gain at order p. While its partner is active, a feature lies at :math:`-x^2`, below the
# kink, where noise hardly gets through; alone, it would lie at the kink and let half of it through.
# So under noise sharing *pays* for rare features, below

(break_even,) = (root for root in sp.solve(noisy_excess, p) if root != 0)
assert sp.simplify(break_even - (F0 - Fm) / price) == 0

# %%
# For noise ±σ with σ < x, :math:`F(0) = x^2\sigma^2/2` and :math:`F'(0) = x\sigma`, and nothing
# gets through at −x².

sigma = sp.Symbol("std", positive=True)
bipolar = {F0: (x * sigma) ** 2 / 2, Fm: 0, D0: x * sigma, Dm: 0}
bipolar_break_even = sp.simplify(break_even.subs(bipolar))
print(f"sharing pays below p = {bipolar_break_even} (noise ±std)")

# %%
# Training on such inputs
# -----------------------
# Take the mean loss over p, so that a feature counts as much as in the published one. Two rows have
# squared norms M, N and an overlap G < 0: an input in which only one is active feels no overlap; in
# the share p of those in which both are, each output is its norm plus G.

a, b, c, d = weights = sp.symbols("a b c d", real=True)
M, N, G = a**2 + b**2, c**2 + d**2, a * c + b * d
only_one = (M - 1) ** 2 + (N - 1) ** 2
both = (M + G - 1) ** 2 + (N + G - 1) ** 2
loss = (1 - p) * only_one + p * both
velocity = {each: -sp.diff(loss, each) / 4 for each in weights}


def speed(quantity):
    return sum(sp.diff(quantity, each) * velocity[each] for each in weights)


# %%
# Near two unit rows at a right angle, :math:`M = N = 1 + \delta` and :math:`G = g`:

epsilon, delta, g = sp.symbols("epsilon delta g")
near = {a: 1 + epsilon * delta / 2, b: 0, c: epsilon * g, d: 1 + epsilon * delta / 2}
linear = [sp.diff(speed(each).subs(near), epsilon).subs(epsilon, 0) for each in (M, N, G)]
assert sp.expand(linear[0] - linear[1]) == 0
matrix = sp.Matrix([linear[0], linear[2]]).jacobian([delta, g]).applyfunc(sp.expand)
assert matrix == -2 * sp.Matrix([[1, p], [p, p]])

# %%
# The norms follow at the rate 2; the overlap that is left decays at the slower rate, about 2p.
# Under basis vectors, p → 0, it would stay for ever. Collisions form while ℓ1 sparsifies, which
# takes a time of order 1/λ: what decides is p/λ.

rates = sorted((-value for value in matrix.eigenvals()), key=lambda r: r.subs(p, sp.Rational(1, 9)))
slow = rates[0]
assert sp.series(slow, p, 0, 3).removeO() == 2 * p - 2 * p**2
print(f"a negative overlap decays at the rate {slow}")

# %%
# The same, in the library
# ------------------------

assert sp.expand(pair_excess().value - excess) == 0
assert sp.simplify(break_even_probability().value - bipolar_break_even) == 0
assert sp.simplify(negative_overlap_rate().value - slow) == 0
assert sp.expand(neuron_loss().claim.rhs - of_neuron(1, 1)) == 0
for statement in (neuron_loss(), pair_excess(), break_even_probability(), negative_overlap_rate()):
    assert statement.holds
