r"""
How rows push each other apart
==============================

At the start the rows of W are random, so some overlap. How strong is interference beside the two
other forces, and how long does it take?
"""

import sympy as sp

from polytheory.symbolic import (
    cosine_decay,
    initial_feature_benefit,
    initial_interference,
    initial_interference_square,
    initial_norm_speed,
    initial_regularization,
    overlap_decay,
    pair_squared_norm,
)

# %%
# One weight at the start
# -----------------------
# Weights have the law :math:`N(0, 1/m)`. The ReLU lets half of a symmetric law pass, so of even
# powers it keeps half the mean: :math:`E[a_+^2] = 1/(2m)`, :math:`E[a_+^4] = 3/(2m^2)`.

n, m, l1 = sp.symbols("n_features n_neurons l1_strength", positive=True)
a = sp.Symbol("a", real=True)
density = sp.sqrt(m / (2 * sp.pi)) * sp.exp(-m * a**2 / 2)
half = {p: sp.integrate(a**p * density, (a, 0, sp.oo)) for p in (1, 2, 4)}
assert sp.simplify(half[2] - 1 / (2 * m)) == 0
assert sp.simplify(half[4] - 3 / (2 * m**2)) == 0

# %%
# Feature benefit
# ---------------
# :math:`N = \|W_i\|^2` is a sum of m squares. Its mean is 1, so the benefit :math:`(1-N)W_i` is
# nothing but fluctuation: :math:`1 - N` has the root mean square :math:`\sqrt{2/m}`.

mean = m * 2 * half[2]
mean_square = m * 2 * half[4] + m * (m - 1) * (2 * half[2]) ** 2
assert sp.simplify(mean - 1) == 0
assert sp.simplify(mean_square - (1 + 2 / m)) == 0
benefit = sp.sqrt(2 / m)
assert sp.simplify(1 - 2 * mean + mean_square - benefit**2) == 0
print(f"feature benefit, root mean square of 1 - N: {benefit}")

# %%
# Interference
# ------------
# Turn the coordinates so that :math:`W_i = (\sqrt N, 0, \dots)`. Another row is :math:`(a, b)`, b
# standing for the m − 1 coordinates across, and it pushes by
# :math:`\mathrm{ReLU}(\sqrt N a)\,(a, b)`. Along W_i that is :math:`N a_+ a`, on average
# :math:`N/(2m)`, from each of n − 1 rows.

N = sp.Symbol("squared_norm", positive=True)
interference = (n - 1) * N * half[2]
assert sp.simplify(interference - (n - 1) * N / (2 * m)) == 0
print(f"interference, mean along W_i: {sp.factor(interference)}")

# %%
# For the whole vector, a row by itself gives :math:`N a_+^2(a^2+b^2)`. Two rows push in a common
# direction, W_i: of :math:`N a_+ a'_+(aa' + b\cdot b')` the part across averages out and
# :math:`N E[a_+^2]^2` is left. This is why the norm is more than :math:`\sqrt{(n-1)/(2m)}` unless
# n ≪ m.

one_row = N * (half[4] + half[2] * (m - 1) * 2 * half[2])
two_rows = N * half[2] ** 2
square = (n - 1) * (one_row + (n - 2) * two_rows)
assert sp.simplify(square - (n - 1) * (2 * m + n + 2) / (4 * m**2) * N) == 0
assert sp.limit(square.subs(n, 2) / (N / (2 * m)), m, sp.oo) == 1
print(f"interference, mean square, N = 1: {sp.factor(square.subs(N, 1))}")

# %%
# Regularization
# --------------

regularization = l1 * m * 2 * half[1]
assert sp.simplify(regularization - l1 * sp.sqrt(2 * m / sp.pi)) == 0
print(f"regularization, mean along W_i: {sp.simplify(regularization)}")

# %%
# Together they say how a row starts to move: it shrinks, under the benefit too, which takes more
# from a long row than it gives to a short one.

speed = 2 * (mean - mean_square - interference.subs(N, 1) - regularization)
expected = -4 / m - (n - 1) / m - 2 * l1 * sp.sqrt(2 * m / sp.pi)
assert sp.simplify(speed - expected) == 0

# %%
# Two rows, solved
# ----------------
# With all overlaps positive the ReLU does nothing. Without regularization the loss is then
# :math:`\|WW^\top - 1\|^2`, minus a quarter of its gradient is :math:`\dot W = (1-G)W`, and
# :math:`G = WW^\top` has a flow of its own, :math:`\dot G = 2G(1-G)`.

W = sp.Matrix(2, 2, sp.symbols("w_11 w_12 w_21 w_22", real=True))
G = W * W.T
loss = sum(each**2 for each in G - sp.eye(2))
velocity = W.applyfunc(lambda each: -sp.diff(loss, each) / 4)
assert (velocity - (sp.eye(2) - G) * W).expand() == sp.zeros(2, 2)
assert (velocity * W.T + W * velocity.T - 2 * (G - G * G)).expand() == sp.zeros(2, 2)

# %%
# An eigenvalue of G obeys the logistic equation, and an eigenvector does not move:

t, gamma = sp.symbols("t gamma", positive=True)
e = sp.exp(-2 * t)
logistic = gamma / (e + (1 - e) * gamma)
assert sp.simplify(sp.diff(logistic, t) - 2 * logistic * (1 - logistic)) == 0

# %%
# hence :math:`G(t) = G(0)[e + (1-e)G(0)]^{-1}`. The larger eigenvalue stays the larger one, so a
# positive overlap of two rows stays positive and the solution is one for all times. (The rows end
# at :math:`G(0)^{-1/2}W(0)`, the orthonormal pair nearest to them.)

z, N1, N2, c = sp.symbols("z N_1 N_2 c", positive=True)  # z for exp(−2t)
overlap = c * sp.sqrt(N1 * N2)
start = sp.Matrix([[N1, overlap], [overlap, N2]])
solved = (start * (z * sp.eye(2) + (1 - z) * start).inv()).applyfunc(sp.factor)
riccati = -2 * z * sp.diff(solved, z) - 2 * (solved - solved * solved)
assert riccati.applyfunc(sp.cancel) == sp.zeros(2, 2)
assert solved.subs(z, 1).applyfunc(sp.simplify) == start

# %%
# Divided by the norms, the overlap is a product of two factors, one for each row:

cosine = c * z / sp.sqrt((z + (1 - z) * (1 - c**2) * N1) * (z + (1 - z) * (1 - c**2) * N2))
assert sp.cancel(cosine**2 - solved[0, 1] ** 2 / (solved[0, 0] * solved[1, 1])) == 0

# %%
# It falls at the rate :math:`(1-c^2)(N_1+N_2)`, which is 2 as soon as the rows have unit length and
# are nearly orthogonal. Equal unit rows have :math:`c/[c^2 + (1-c^2)e^{2t}]`.

fall = -2 * z * sp.diff(cosine**2, z)
rate = (1 - cosine**2) * (solved[0, 0] + solved[1, 1])
assert sp.cancel(sp.together(fall + 2 * cosine**2 * rate)) == 0
late = sp.cancel(cosine**2 / z**2).subs(z, 0)
assert sp.cancel(late - c**2 / (N1 * N2 * (1 - c**2) ** 2)) == 0
unit = c / (c**2 + (1 - c**2) / z)
assert sp.cancel(unit**2 - (cosine**2).subs({N1: 1, N2: 1})) == 0
print(f"cosine of unit rows, z = exp(-2t): {unit}")

# %%
# Many rows
# ---------
# For n ≪ m overlaps are of the order :math:`\varepsilon = 1/\sqrt m`. The others enter the rate of
# one overlap by products of two, so that to first order each overlap is on its own:
# :math:`\dot g = 2g - 2g - 2g` if the ReLU passes, from benefit twice and interference twice,
# and :math:`\dot g = 0` if it does not.

eps = sp.Symbol("epsilon", positive=True)
A = sp.Matrix(3, 3, lambda i, k: sp.Symbol(f"A_{i}{k}", real=True))
rows = sp.eye(3) + eps * A
G = rows * rows.T
first_order = sp.diff(G, eps).subs(eps, 0)
for passes in (0, 1):
    # Rows 0 and 1 overlap or not; row 2 overlaps both.
    seen = sp.Matrix([[G[0, 0], passes * G[0, 1], G[0, 2]], [passes * G[1, 0], *G[1, 1:]], G[2, :]])
    moves = (sp.eye(3) - seen) * rows
    slope = sp.diff(moves * rows.T + rows * moves.T, eps).subs(eps, 0)[0, 1]
    assert sp.expand(slope + 2 * passes * first_order[0, 1]) == 0
print("many rows: positive overlaps decay like exp(-2t), negative ones stay")

# %%
# The same, in the library
# ------------------------

library = (
    (initial_feature_benefit, benefit),
    (initial_interference, interference),
    (initial_interference_square, square),
    (initial_regularization, regularization),
    (initial_norm_speed, speed),
)
for statement, here in library:
    assert sp.simplify(statement().value - here) == 0

cosine_0, time, square_1, square_2 = cosine_decay().arguments
here = {c: cosine_0, N1: square_1, N2: square_2, z: sp.exp(-2 * time)}
value = cosine_decay().claim.rhs
assert sp.cancel(sp.together(value**2 - (cosine**2).subs(here))) == 0
value = pair_squared_norm().claim.rhs
assert sp.cancel(sp.together(value - solved[0, 0].subs(here))) == 0
overlap_0, time = overlap_decay().arguments
assert overlap_decay().claim.rhs == overlap_0 * sp.exp(-2 * time)
for statement in (*(each for each, _ in library), cosine_decay, pair_squared_norm, overlap_decay):
    assert statement().holds
