r"""
How long until one weight is left
=================================

The time to completion of a wide encoding is random, and it has a law that depends neither on the
number of weights nor on their scale nor on λ. This page derives the Markov chain behind that law
and the rate of its tail.
"""

import sympy as sp

from polytheory.symbolic import (
    completion_squared_cv,
    completion_step,
    completion_tail_rate,
    completion_time,
    slow_time,
)

# %%
# Spacings
# --------
# The largest of many weights have spacings :math:`u_{(j)}-u_{(j+1)} = E_j/j`, up to one common
# scale, with independent exponential :math:`E_j`. (For weights from an exponential law exactly, by
# Rényi; for all laws of the Gumbel domain, as the Gaussian, in the limit.) When n weights are left
# and the next has just died their heights above the threshold are sums of these.


def heights(n: int) -> tuple[list[sp.Expr], list[sp.Symbol]]:
    """Return the n living heights, largest first, and the spacings."""
    E = list(sp.symbols(f"E_1:{n + 1}", positive=True))
    return [sum(E[i - 1] / sp.Integer(i) for i in range(j, n + 1)) for j in range(1, n + 1)], E


# %%
# Their sum is that of all :math:`E_j`; when the smallest of them dies it is that of all but the
# last. Let b be the share that remains.

for n in (2, 3, 4, 5):
    living, E = heights(n)
    assert sp.expand(sum(living) - sum(E)) == 0
    assert sp.expand(sum(each - E[-1] / n for each in living) - sum(E[:-1])) == 0

# %%
# One step
# --------
# The step takes a slow time that depends on two numbers only: b, and the squared coefficient of
# variation Y of the n weights at its end, one of which is then zero. Their variance does not change
# during the step, and their mean μ falls to bμ.

n, Y, b, end = sp.symbols("nonzero_count squared_cv share height", positive=True)
mean, variance, alive, start, stop = slow_time().arguments
position = {start: mean - end / b, stop: mean - end, variance: Y * end**2, alive: n}
duration = (sp.asinh(1 / (b * sp.sqrt(Y))) - sp.asinh(1 / sp.sqrt(Y))) / sp.sqrt(n)
assert sp.simplify(sp.diff(duration - slow_time().value.subs(position), b)) == 0
assert duration.subs(b, 1) == 0
print("ΔT_n = [asinh(1/(b√Y)) − asinh(1/√Y)]/√n")

# %%
# The next Y, backwards in time, is that of the n weights at the start of the step together with the
# one that has just died.

total, square = n * end / b, n * ((end / b) ** 2 + Y * end**2)
following = sp.expand(sp.simplify((n + 1) * square / total**2 - 1))
assert sp.expand(following - (1 + (n + 1) * b**2 * Y) / n) == 0
print("Y_n = (1 + (n + 1)b²Y)/n")


def squared_variation(values: list[sp.Expr]) -> sp.Expr:
    """Return the squared coefficient of variation."""
    return len(values) * sum(x**2 for x in values) / sum(values) ** 2 - 1


for size in (2, 3, 4):
    (fewer, _), (more, E) = heights(size - 1), heights(size)
    known = {n: size, Y: squared_variation([*fewer, 0]), b: sum(E[:-1]) / sum(E)}
    assert sp.simplify(following.subs(known) - squared_variation([*more, 0])) == 0
assert squared_variation([end, sp.S.Zero]) == 1

# %%
# The law of b
# ------------
# A sum S of n − 1 exponentials has a gamma law, and :math:`b=S/(S+E_n)`: it is below β if
# :math:`E_n > S(1/\beta-1)`. As such a sum is independent of the ratios of its terms, each b is
# independent of all the others and of Y.

S, beta, N = sp.symbols("S beta N", positive=True)
integrand = S ** (N - 1) * sp.exp(-S / beta) / sp.gamma(N)
assert sp.simplify(sp.exp(-S) * sp.exp(-S * (1 / beta - 1)) - sp.exp(-S / beta)) == 0
chance = sp.integrate(integrand, (S, 0, sp.oo))
assert sp.simplify(chance - beta**N) == 0
print("P(b_n < β) = β^(n − 1)")

# %%
# So λT* = ΣΔT_n with a Markov chain :math:`Y_1=1, Y_2, \dots`: no m, no λ, no scale is left in it.
#
# The tail
# --------
# A step takes long only if b is small, a near tie of the n largest: a time x needs
# :math:`b\approx e^{-\sqrt n\,x}`, up to a factor.

late = (duration + sp.log(b) / sp.sqrt(n)).rewrite(sp.log)
offset = (sp.log(2 / sp.sqrt(Y)) - sp.asinh(1 / sp.sqrt(Y))) / sp.sqrt(n)
assert sp.simplify(sp.limit(late, b, 0, "+") - offset.rewrite(sp.log)) == 0

# %%
# The chance of that is :math:`b^{n-1}`, so step n has a tail of rate :math:`(n-1)\sqrt n`. The last
# step, n = 2, has the slowest, and therefore sets that of the whole.

x = sp.Symbol("x", positive=True)
rate = -sp.diff(sp.expand_log(sp.log(sp.exp(-sp.sqrt(n) * x) ** (n - 1)), force=True), x)
assert sp.simplify(rate - (n - 1) * sp.sqrt(n)) == 0
rates = [rate.subs(n, size) for size in (2, 3, 4)]
assert sp.simplify(rates[0] - sp.sqrt(2)) == 0
print(f"rates of the steps: {', '.join(str(sp.simplify(each)) for each in rates)}, …")

# %%
# The last step alone is the time of two weights: :math:`b=(u_1-u_2)/(u_1+u_2)`.

u_1, u_2, lam = sp.symbols("largest second l1_strength", positive=True)
duel = duration.subs({n: 2, Y: 1, b: (u_1 - u_2) / (u_1 + u_2)}) / lam

# %%
# The same, in the library
# ------------------------

for ours, statement in (
    (duration, completion_step()),
    (following, completion_squared_cv()),
    (rate, completion_tail_rate()),
    (duel, completion_time()),
):
    assert sp.simplify(ours - statement.value) == 0
    assert statement.holds
