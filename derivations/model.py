r"""
From the loss to the flow
=========================

The published experiments minimise a loss; the theory speaks about a flow. They are the same thing
in different units, and the exchange rate is 4: for the time, and for the strength of the penalty.
"""

import sympy as sp

from polytheory.algebra import model
from polytheory.symbolic import flow_units

# %%
# The loss
# --------
# The model answers to the input :math:`e_i` with :math:`\mathrm{ReLU}(W W_i)`, where :math:`W_i` is
# row :math:`i` of :math:`W`, and is asked for :math:`e_i` itself:
#
# .. math:: L = \sum_i\|\mathrm{ReLU}(W W_i) - e_i\|^2 + \lambda_\text{loss}\|W\|_1.
#
# Here is that sentence for two features on two neurons, with a true ReLU.

loss_l1 = sp.Symbol("loss_l1", positive=True)
W = sp.Matrix(2, 2, lambda i, k: sp.Symbol(f"W_{i}{k}", real=True))
reconstruction = (W * W.T).applyfunc(lambda overlap: sp.Max(overlap, 0))
errors = reconstruction - sp.eye(2)
loss = sum(e**2 for e in errors) + loss_l1 * sum(sp.Abs(w) for w in W)

# %%
# And this is the flow, feature benefit, interference and penalty, with a strength λ of its own.

l1_strength = loss_l1 / 4
flow = sp.zeros(2, 2)
for i, j in ((0, 1), (1, 0)):
    benefit = (1 - W[i, :].dot(W[i, :])) * W[i, :]
    interference = sp.Max(W[i, :].dot(W[j, :]), 0) * W[j, :]
    flow[i, :] = benefit - interference - l1_strength * W[i, :].applyfunc(sp.sign)

# %%
# Two points, one where the encodings overlap and one where they do not, in exact arithmetic: minus
# the gradient is four times the flow.


def descent_and_flow(*weights: sp.Rational) -> tuple[sp.Matrix, sp.Matrix]:
    """Return both sides at one point; there is no kink at any of them."""
    point = dict(zip(W, weights, strict=True))
    descent = W.applyfunc(lambda w: -sp.diff(loss, w).subs(point).doit())
    return descent.applyfunc(sp.expand), (4 * flow.subs(point)).applyfunc(sp.expand)


half, third = sp.Rational(1, 2), sp.Rational(1, 3)
overlapping, apart = (half, third, third, -half / 4), (half, third, third, -2 * third)
for weights in (overlapping, apart):
    descent, four_times_the_flow = descent_and_flow(*weights)
    assert descent == four_times_the_flow
print("two points, n = m = 2: −gradient = 4 · flow")

# %%
# Any size
# --------
# Take one weight :math:`w = W_{ik}` among :math:`n \times m`. It enters the loss in three ways
# only. First, through feature :math:`i` and its own input: :math:`(\|W_i\|^2 - 1)^2`, where all
# other weights of the row are a constant :math:`R` for :math:`w`.

w, R = sp.symbols("w R", real=True)
squared_norm = w**2 + R
own = -sp.diff((squared_norm - 1) ** 2, w)
assert sp.expand(own - 4 * (1 - squared_norm) * w) == 0

# %%
# Second, through each other feature :math:`j`, twice: feature :math:`j` answers to input :math:`i`,
# and feature :math:`i` to input :math:`j`, each with :math:`\mathrm{ReLU}(W_i\cdot W_j)^2`. So the
# factor is 4 again, for another reason: the outer square gives one 2 in both terms, but the second
# comes from :math:`w^2` above and from the two meetings here. Where the overlap is negative the
# ReLU and its derivative vanish, and so do both sides.

v, rest = sp.symbols("v rest", real=True)
overlap = w * v + rest
pair = -sp.diff(2 * overlap**2, w)
assert sp.expand(pair - 4 * (-overlap * v)) == 0

# %%
# Third, through the penalty, whose slope is :math:`\lambda_\text{loss}` times the sign. It does not
# have a factor 4 to share, so λ has to be a quarter of it.

sign = sp.Symbol("sign", real=True)
flow_l1 = sp.Symbol("flow_l1")
penalty = -sp.diff(loss_l1 * sign * w, w)
(solution,) = sp.solve(penalty - 4 * (-flow_l1 * sign), flow_l1)
assert solution == loss_l1 / 4
print(f"flow strength: {solution}")

# %%
# Gradient descent with learning rate η moves by :math:`-\eta\nabla L = 4\eta\cdot` flow in one
# step: the time of the flow is :math:`t = 4\eta\cdot` steps.
#
# The library has the same loss and the same flow, with the ReLU replaced by a choice for each pair
# of features, and goes through every choice at three small sizes.

for weights, active in ((overlapping, 1), (apart, 0)):
    point = dict(zip(W, weights, strict=True))
    region = (W, {(0, 1): active}, W.subs(point).applyfunc(sp.sign))
    assert sp.expand((loss - model.loss(*region, loss_l1)).subs(point)) == 0
    difference = flow - model.force(*region, solution)
    assert difference.subs(point).applyfunc(sp.expand) == sp.zeros(2, 2)

statement = flow_units()
assert statement.holds
print(f"{statement.name}: {len(statement.residuals)} residuals vanish")
