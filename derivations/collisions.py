r"""
How many neurons end polysemantic
=================================

After sparsification every feature has one neuron, and a sign on it. Which one is a matter of
chance. How often do two features meet?
"""

from collections import Counter
from itertools import combinations, product

import sympy as sp

from polytheory import symbolic

n = sp.Symbol("n_features", positive=True, integer=True)
m = sp.Symbol("n_neurons", positive=True, integer=True)
x = sp.Symbol("count", nonnegative=True, integer=True)

# %%
# Exchangeability
# ---------------
# Initial weights are independent and symmetric, so the law of the final state does not change when
# neurons are permuted or a neuron's sign is flipped. A feature therefore ends on any of the 2m
# *signed sites* (neuron, sign) with the same probability. For several features at once this is not
# enough, and two idealisations say the rest.
#
# *Exclusion*: interference ends with one winner where two features of the same sign meet (see
# :doc:`fixed_points`), so n features take n different sites; take every choice for equally likely.
# *Independence*: each feature takes a site whatever the others do.
#
# Both are small enough to be counted out.


def choices(n_features: int, n_neurons: int) -> list[int]:
    """Return the number of full neurons for every choice of different sites."""
    sites = list(product(range(n_neurons), (1, -1)))
    counts = [Counter(k for k, _ in chosen) for chosen in combinations(sites, n_features)]
    return [list(each.values()).count(2) for each in counts]


def say(name: str, expression: sp.Expr) -> None:
    """Print a formula in the letters of the text."""
    print(f"{name} = {expression.subs({n: sp.Symbol('n'), m: sp.Symbol('m'), x: sp.Symbol('x')})}")


SIZES = [(a, b) for b in (1, 2, 3, 4) for a in range(1, 2 * b + 1)]

# %%
# One feature after another
# -------------------------
# Let x neurons be full (both sites taken), n − 2x half and the other m − n + x empty. Of the 2m − n
# free sites n − 2x are on half neurons, where the next feature makes a full one.

empty, half, free = m - n + x, n - 2 * x, 2 * m - n
assert sp.expand(2 * empty + half - free) == 0
meets = half / free

# %%
# In how many ways? Choose the full neurons, choose the half ones among the rest, and give each of
# these a sign. All choices of n sites are the denominator.

ways = sp.binomial(m, x) * sp.binomial(m - x, n - 2 * x) * 2 ** (n - 2 * x)
pmf = ways / sp.binomial(2 * m, n)

# %%
# That satisfies the chain: what is at x with n + 1 features was there already and met nobody, or
# came from x − 1. The two ways on have probabilities that add up to 1, so by induction from the one
# feature at x = 0 the probabilities add up to 1 for every n.

stay = pmf * (1 - meets)
come = (pmf * meets).subs(x, x - 1)
later = pmf.subs(n, n + 1)
assert sp.simplify(sp.gammasimp((later - stay) / come) - 1) == 0
assert pmf.subs({n: 1, x: 0}).expand(func=True).simplify() == 1
for a, b in SIZES:
    counts = choices(a, b)
    for value in range(a // 2 + 1):
        seen = sp.Rational(counts.count(value), len(counts))
        assert pmf.subs({n: a, m: b, x: value}) == seen
say("P(x)", pmf)

# %%
# Mean
# ----
# Taking one full neuron out leaves the same problem with two features and one neuron less. So
# :math:`x P(x; n, m)` is a multiple of :math:`P(x-1; n-2, m-1)`; summed over x, the multiple is the
# mean.

without_one = pmf.subs({n: n - 2, m: m - 1}, simultaneous=True).subs(x, x - 1)
mean = sp.factor(sp.gammasimp(x * pmf / without_one))
assert sp.simplify(mean - n * (n - 1) / (2 * (2 * m - 1))) == 0
say("mean", mean)

# %%
# Another way to the same: a feature leaves 2m − 1 sites, one of which is on its own neuron. There
# are n(n−1)/2 pairs of features, and a full neuron holds exactly one of them.

pair = 1 / (2 * m - 1)
assert sp.simplify(mean - n * (n - 1) / 2 * pair) == 0
for a, b in SIZES:
    counts = choices(a, b)
    assert mean.subs({n: a, m: b}) == sp.Rational(sum(counts), len(counts))

# %%
# To leading order this is the published :math:`n^2/4m`. The error has a definite sign up to n = 2m,
# where all sites are taken, and so has that of n(n−1)/4m.

lower, upper = n * (n - 1) / (4 * m), n**2 / (4 * m)
common = n / (4 * m * (2 * m - 1))
assert sp.simplify(mean - lower - common * (n - 1)) == 0
assert sp.simplify(upper - mean - common * (2 * m - n)) == 0
c = sp.Symbol("c", positive=True)
assert sp.limit((mean / m).subs(n, c * m), m, sp.oo) == c**2 / 4

# %%
# Solved for the width, it says how wide a layer must be for E polysemantic neurons.

expected = sp.Symbol("expected", positive=True)
(width,) = sp.solve(mean - expected, m)
say("width", width)

# %%
# Variance
# --------
# Taking two full neurons out gives the second factorial moment. The variance has one factor for
# each case in which nothing varies: no pair of features, and no pair of free sites.

without_two = pmf.subs({n: n - 4, m: m - 2}, simultaneous=True).subs(x, x - 2)
second = sp.gammasimp(x * (x - 1) * pmf / without_two)
variance = sp.factor(second + mean - mean**2)
factors = n * (n - 1) * free * (free - 1)
assert sp.simplify(variance - factors / (2 * (2 * m - 1) ** 2 * (2 * m - 3))) == 0
for a, b in SIZES:
    counts = choices(a, b)
    squares = sp.Rational(sum(each**2 for each in counts), len(counts))
    assert variance.subs({n: a, m: b}) == squares - mean.subs({n: a, m: b}) ** 2
say("variance", variance)

# %%
# Nobody meets
# ------------
# The probability that there is no full neuron is the product of the chances to meet nobody.

alone = pmf.subs(x, 0)
avoids = (1 - meets).subs(x, 0)
assert sp.simplify(sp.gammasimp(alone.subs(n, n + 1) / alone) - avoids) == 0
assert sp.simplify(avoids - 2 * (m - n) / (2 * m - n)) == 0

# %%
# Rare meetings
# -------------
# If the width grows with :math:`n^2 = 4\mu m` the mean stays at μ, and the ratio of neighbouring
# probabilities becomes that of Poisson's law.

mu = sp.Symbol("mu", positive=True)
ratio = sp.gammasimp(pmf.subs(x, x + 1) / pmf)
assert sp.simplify(sp.limit(ratio.subs(n, 2 * sp.sqrt(mu * m)), m, sp.oo) - mu / (x + 1)) == 0

# %%
# How near is it? A full neuron makes other full ones less likely, and for such indicators the total
# variation is at most :math:`(1-e^{-\mu})(1-\sigma^2/\mu)`. What is left of the mean in the
# variance is about n/m; for two features, X being 0 or 1, the bound is an equality.

bound = (1 - sp.exp(-mean)) * (1 - variance / mean)
lack = (2 * m * (2 * n - 3) - n * (n + 1) + 3) / ((2 * m - 1) * (2 * m - 3))
assert sp.simplify(1 - variance / mean - lack) == 0
p = sp.Symbol("p", positive=True)
poisson = [sp.exp(-p), p * sp.exp(-p)]
# Poisson(p) has more at 0, since e^−p > 1 − p, less at 1, and all of what is beyond.
distance = (poisson[0] - (1 - p) + p - poisson[1] + 1 - sum(poisson)) / 2
assert sp.simplify(distance.subs(p, mean.subs(n, 2)) - bound.subs(n, 2)) == 0

# %%
# Independence
# ------------
# A site stays free with probability :math:`(1-1/2m)^n`, a whole neuron with :math:`(1-1/m)^n`.
# Inclusion and exclusion give the chance that a neuron has both signs. Meetings of equal sign do
# not last, so this is the count that compares.

site, neuron = (1 - 1 / (2 * m)) ** n, (1 - 1 / m) ** n
independent = m * (1 - 2 * site + neuron)
for a, b in [(1, 1), (3, 1), (2, 2), (4, 2), (3, 3)]:
    sites = list(product(range(b), (1, -1)))
    full = [
        sum({(k, 1), (k, -1)} <= set(chosen) for k in range(b))
        for chosen in product(sites, repeat=a)
    ]
    assert independent.subs({n: a, m: b}) == sp.Rational(sum(full), len(full))

# %%
# For n ≪ m it is the same again, but for n = m = 64 it gives 9.9 instead of 15.9: same-sign
# meetings use up features.

assert [sp.limit(4 * m * independent.subs(n, a), m, sp.oo) for a in (2, 3, 4)] == [2, 6, 12]
both = [float(form.subs({n: 64, m: 64})) for form in (mean, independent)]
print(f"n = m = 64: {both[0]:.2f} under exclusion, {both[1]:.2f} if independent")

# %%
# No room
# -------
# Whatever the law: if no neuron holds more than two, m = empty + half + full and n = half + 2 full,
# so full = n − m + empty. Beyond n = m some polysemanticity is necessary; the rest is incidental.

assert sp.expand(x - (n - m + empty)) == 0

# %%
# The count is an overlap
# -----------------------
# Let every living row have one weight, of size a. A neuron with p carriers of sign + and q of
# sign − has p + q of the n living rows (dead ones are not counted), and there the sum of all
# encodings has the component (p − q)a. Half the difference of the two counts pairs: those of
# opposite signs less those of equal signs.

p, q = sp.symbols("p q", nonnegative=True, integer=True)
a = sp.Symbol("a", positive=True)
on_a_neuron = (p + q - ((p - q) * a) ** 2 / a**2) / 2
equal_signs = p * (p - 1) / 2 + q * (q - 1) / 2
assert sp.expand(on_a_neuron - (p * q - equal_signs)) == 0

# %%
# Where no neuron has two of one sign, p and q are 0 or 1 and this is 1 on full neurons, 0 on all
# others. Summed over neurons it is the number of polysemantic ones.

for plus, minus in product((0, 1), repeat=2):
    assert on_a_neuron.subs({p: plus, q: minus}) == plus * minus
square, living, amplitude = sp.symbols("squared_norm_of_sum n_living amplitude", positive=True)
in_the_end = (living - square / amplitude**2) / 2

# %%
# As :math:`\|\sum_i W_i\|^2 = n a^2 + 2\sum_{i<j} W_i\cdot W_j`, the count is minus the overlap of
# all pairs of encodings, in units of a². It says nothing of chance: it holds in every such state.

overlap = sp.Symbol("overlap")
as_overlap = in_the_end.subs(square, living * amplitude**2 + 2 * overlap)
assert sp.expand(as_overlap + overlap / amplitude**2) == 0

# %%
# The same, in the library
# ------------------------

assert symbolic.polysemantic_pmf().value == pmf
assert sp.simplify(symbolic.expected_polysemantic().value - mean) == 0
assert sp.simplify(symbolic.polysemantic_variance().value - variance) == 0
none = symbolic.no_collision_probability().claim.rhs
assert sp.simplify(sp.gammasimp(none / alone) - 1) == 0
assert symbolic.pair_probability().value == pair
assert sp.simplify(symbolic.width_for().value - width) == 0
assert sp.simplify(symbolic.poisson_distance_bound().value - bound) == 0
assert symbolic.expected_polysemantic_independent().value == independent
E = sp.Symbol("E")
claim = symbolic.expected_polysemantic_bounds().claim
assert claim == sp.And(sp.Le(lower, E), sp.Le(E, upper))
count = symbolic.polysemantic_from_overlap()
stated = dict(zip(count.arguments, (square, living, amplitude), strict=True))
assert sp.expand(count.claim.rhs.subs(stated) - in_the_end) == 0
for statement in (
    count,
    symbolic.polysemantic_pmf(),
    symbolic.expected_polysemantic(),
    symbolic.polysemantic_variance(),
    symbolic.no_collision_probability(),
    symbolic.pair_probability(),
    symbolic.width_for(),
    symbolic.poisson_distance_bound(),
    symbolic.expected_polysemantic_independent(),
    symbolic.expected_polysemantic_bounds(),
    symbolic.necessary_polysemantic(),
):
    assert statement.holds
