"""Proofs: fixed points of a carrier, and two features on one neuron."""

import sympy as sp

from polytheory.algebra import model
from polytheory.algebra.statement import Statement, rate, statement

LAMBDA = sp.Symbol("l1_strength", positive=True)
N_EQUAL = sp.Symbol("n_equal", positive=True, integer=True)
_CRITICAL = 2 / (3 * sp.sqrt(3))
_ANGLE = sp.asin(LAMBDA / _CRITICAL) / 3
_STABLE = 2 / sp.sqrt(3) * sp.cos(sp.acos(-LAMBDA / _CRITICAL) / 3)
_UNSTABLE = 2 / sp.sqrt(3) * sp.sin(_ANGLE)

X, Y = sp.symbols("x y", positive=True)

_DOMAIN = "0 ≤ λ ≤ 2/(3√3), flow units; a single living weight x > 0 and no interference."


def _velocity(x: sp.Expr) -> sp.Expr:
    return x - x**3 - LAMBDA


@statement
def carrier_amplitude(x: sp.Expr = _STABLE) -> Statement:
    r"""A lone carrier settles at the larger root of :math:`x - x^3 = \lambda`.

    .. math:: x_+ = \frac{2}{\sqrt3}\cos\Big(\tfrac13\arccos\big(-\tfrac{3\sqrt3}{2}\lambda\big)
              \Big)

    Returns
    -------
    Statement
        Its value is :math:`x_+` as a function of ``l1_strength``.

    Notes
    -----
    Kind: exact, for 0 ≤ λ ≤ 2/(3√3). It is stable: the slope of the speed is −(x₊ − x₋)(2x₊ + x₋).
    Source: derivations/fixed_points, “One weight”.

    Examples
    --------
    >>> from polytheory.symbolic import carrier_amplitude
    >>> round(carrier_amplitude().evaluate(l1_strength=0.1), 6)
    0.945649
    """
    return Statement(
        claim=sp.Eq(sp.Symbol("x_+"), x),
        residuals={
            "it is a fixed point": _velocity(x),
            "it is the root that is 1 at λ = 0": x.subs(LAMBDA, 0) - 1,
            "it is 1/√3 at the critical λ": x.subs(LAMBDA, _CRITICAL) - 1 / sp.sqrt(3),
            # With gap = x₊ − x₋ > 0 this slope is negative: stable.
            "slope = −gap·(2x₊ + x₋)": 1 - 3 * x**2 + (x - _UNSTABLE) * (2 * x + _UNSTABLE),
            # The angle lies in [0, π/6], so the gap is positive and vanishes at the critical λ.
            "gap = 2 cos(π/3 + angle)": x - _UNSTABLE - 2 * sp.cos(sp.pi / 3 + _ANGLE),
        },
        arguments=(LAMBDA,),
        assumptions=_DOMAIN,
        not_proved="The signs of the gap and of the slope, evident from their closed forms.",
    )


@statement
def unstable_amplitude(x: sp.Expr = _UNSTABLE) -> Statement:
    r"""Below the smaller root of :math:`x - x^3 = \lambda` a lone weight dies.

    .. math:: x_- = \frac{2}{\sqrt3}\sin\Big(\tfrac13\arcsin\big(\tfrac{3\sqrt3}{2}\lambda\big)\Big)

    Returns
    -------
    Statement
        Its value is :math:`x_-` as a function of ``l1_strength``.

    Notes
    -----
    Kind: exact, for 0 ≤ λ ≤ 2/(3√3). It is unstable: the slope of the speed is (x₊ − x₋)(x₊ + 2x₋).
    Source: derivations/fixed_points, “One weight”.

    Examples
    --------
    >>> from polytheory.symbolic import unstable_amplitude
    >>> round(unstable_amplitude().evaluate(l1_strength=0.1), 6)
    0.101031
    """
    return Statement(
        claim=sp.Eq(sp.Symbol("x_-"), x),
        residuals={
            "it is a fixed point": _velocity(x),
            "it is the root that is 0 at λ = 0": x.subs(LAMBDA, 0),
            "it is 1/√3 at the critical λ": x.subs(LAMBDA, _CRITICAL) - 1 / sp.sqrt(3),
            # With gap = x₊ − x₋ > 0 this slope is positive: unstable.
            "slope = gap·(x₊ + 2x₋)": 1 - 3 * x**2 - (_STABLE - x) * (_STABLE + 2 * x),
        },
        arguments=(LAMBDA,),
        assumptions=_DOMAIN,
        not_proved="The signs of the gap and of the slope, evident from their closed forms.",
    )


@statement
def critical_l1(critical: sp.Expr = _CRITICAL / sp.sqrt(N_EQUAL)) -> Statement:
    r"""A row of k equal weights has a fixed point iff :math:`\lambda \le 2/(3\sqrt{3k})`.

    Equal weights :math:`x/\sqrt k` obey :math:`\dot x = x - x^3 - \lambda\sqrt k`. At equality
    the two fixed points merge in one at :math:`x = 1/\sqrt3`, stable from above and unstable from
    below, since the speed is :math:`-(x-1/\sqrt3)^2(x+2/\sqrt3)`.

    Returns
    -------
    Statement
        Its value is a function of ``n_equal`` (k; 1 for the carrier).

    Notes
    -----
    Kind: exact. For k ≥ 2 the fixed point is unstable: any gap between the weights grows, at the
    rate 1 − ‖w‖² > 0. Source: derivations/fixed_points, “The strongest penalty”.

    Examples
    --------
    >>> from polytheory.symbolic import critical_l1
    >>> round(critical_l1().evaluate(n_equal=1), 6)
    0.3849
    """
    x = sp.Symbol("x", positive=True)
    top, root = 1 / sp.sqrt(3), sp.sqrt(N_EQUAL)
    weight = x / root
    together = root * ((1 - N_EQUAL * weight**2) * weight - LAMBDA)
    at_critical = together.subs(LAMBDA, critical)
    rescaled = _velocity(x).subs(LAMBDA, LAMBDA * root)
    return Statement(
        claim=sp.Eq(sp.Symbol("lambda_c"), critical),
        residuals={
            "k equal weights are a carrier with λ√k": together - rescaled,
            "the speed is flat at 1/√3": sp.diff(together, x).subs(x, top),
            # One identity for three facts: for x > 0 the speed at the critical strength is nowhere
            # positive, so no fixed point is left beyond; it vanishes at one point only.
            "speed = −(x − 1/√3)²(x + 2/√3)": at_critical + (x - top) ** 2 * (x + 2 * top),
            "the stable root merges there": _STABLE.subs(LAMBDA, critical * root) - top,
            "the unstable root merges there": _UNSTABLE.subs(LAMBDA, critical * root) - top,
        },
        arguments=(N_EQUAL,),
        assumptions="One row whose living weights are equal in size; no interference; flow units.",
        not_proved="The sign of the speed, which is evident from its factors.",
    )


@statement
def carrier_amplitude_expansion(first_order: sp.Expr = 1 - LAMBDA / 2) -> Statement:
    r"""For a weak penalty a carrier rests at :math:`1 - \lambda/2`, and always below it.

    .. math:: x_+ = 1 - \tfrac12\lambda - \tfrac38\lambda^2 - \tfrac12\lambda^3 + O(\lambda^4)

    Returns
    -------
    Statement
        Its value is 1 − λ/2 as a function of ``l1_strength``.

    Notes
    -----
    Kind: leading order as λ → 0; an upper bound for 0 < λ ≤ 2/(3√3). Source:
    derivations/fixed_points, “A weak penalty”.

    Examples
    --------
    >>> from polytheory.symbolic import carrier_amplitude_expansion
    >>> carrier_amplitude_expansion().evaluate(l1_strength=0.1)
    0.95
    """
    next_terms = -3 * LAMBDA**2 / 8 - LAMBDA**3 / 2
    difference = _STABLE - (first_order + next_terms)
    residuals = {f"order {k}": sp.diff(difference, LAMBDA, k).subs(LAMBDA, 0) for k in range(4)}
    # The speed there is negative, so x₊ is smaller: the first order is an upper bound.
    below = _velocity(first_order) + LAMBDA**2 * (6 - LAMBDA) / 8
    return Statement(
        claim=sp.Eq(sp.Symbol("x_+"), first_order - 3 * LAMBDA**2 / 8 + sp.O(LAMBDA**3)),
        residuals=residuals | {"speed at 1 − λ/2 = −λ²(6 − λ)/8": below},
        value=first_order,
        arguments=(LAMBDA,),
        assumptions="λ → 0; the next terms are −3λ²/8 − λ³/2.",
        not_proved="That a carrier rests below any x > x₋ at which its speed is negative.",
    )


def _two_features(
    x: sp.Expr, y: sp.Expr, sign_of_y: int
) -> tuple[sp.Matrix, dict[tuple[int, int], int], sp.Matrix]:
    """Return the arguments of `model.loss` and `model.force` for n = 2, m = 1 and x > 0."""
    return sp.Matrix([x, y]), {(0, 1): 1 if sign_of_y > 0 else 0}, sp.Matrix([1, sign_of_y])


@statement
def same_sign_collision(joint_norm: sp.Expr = X**2 + Y**2) -> Statement:
    r"""Two features of the same sign on one neuron move as one row, and the smaller dies.

    For m = 1 and x > y > 0 the interference of each completes the norm of the other,

    .. math:: \dot x = (1 - x^2 - y^2)x - \lambda, \qquad \dot y = (1 - x^2 - y^2)y - \lambda,

    so that :math:`\frac{d}{dt}\frac{x-y}{x} = \lambda\frac{x-y}{x^2} > 0`. As x stays below
    X = max(1, x(0)), the relative gap g grows at least like :math:`e^{\lambda t/X}` and reaches 1,
    where y is gone, before :math:`t = (X/\lambda)\ln(1/g(0))`. x, being larger, cannot
    die first.

    Returns
    -------
    Statement
        Without a closed form.

    Notes
    -----
    Kind: exact, for λ > 0. The larger need not survive: it dies too if it is then below x₋. Two
    equal weights stay equal. Source: derivations/fixed_points, “Two features of the
    same sign on one neuron”.

    Examples
    --------
    >>> from polytheory.symbolic import same_sign_collision
    >>> same_sign_collision().holds
    True
    """
    region = _two_features(X, Y, 1)
    loss = model.loss(*region, 4 * LAMBDA)
    speed_x, speed_y = model.force(*region, LAMBDA)
    rates = {X: speed_x, Y: speed_y}
    return Statement(
        claim=sp.Eq(sp.Symbol("dx/dt"), (1 - joint_norm) * X - LAMBDA),
        residuals={
            "the flow descends the loss, x": -sp.diff(loss, X) - 4 * speed_x,
            "the flow descends the loss, y": -sp.diff(loss, Y) - 4 * speed_y,
            "x moves as a weight of one row": speed_x - ((1 - joint_norm) * X - LAMBDA),
            "y moves as a weight of one row": speed_y - ((1 - joint_norm) * Y - LAMBDA),
            "the gap": rate(X - Y, rates) - (1 - joint_norm) * (X - Y),
            "the relative gap grows": rate((X - Y) / X, rates) - LAMBDA * (X - Y) / X**2,
            "the relative gap grows exponentially": rate(sp.log((X - Y) / X), rates) - LAMBDA / X,
            "the survivor then moves as if alone": speed_x.subs(Y, 0) - _velocity(X),
            "the other is not revived": speed_y.subs(Y, 0) + LAMBDA,
        },
        assumptions="Two features alone on one neuron, x > y > 0, λ > 0 in flow units.",
        not_proved="From the growth of the relative gap to the death of the smaller weight.",
    )


def _alone(weight: sp.Expr) -> sp.Expr:
    return model.loss(sp.Matrix([weight]), {}, sp.Matrix([1]), 4 * LAMBDA)


@statement
def opposite_sign_collision(amplitude: sp.Expr = _STABLE) -> Statement:
    r"""Two features of opposite sign on one neuron do not interact: a benign collision.

    For m = 1, x > 0 and y = −z < 0 the ReLU of xy is zero, the loss has no cross term,

    .. math:: L = (x^2-1)^2 + (z^2-1)^2 + \lambda_\text{loss}(x + z),

    and each moves as a lone carrier, to :math:`x_+` if it starts above :math:`x_-`.

    Returns
    -------
    Statement
        Without a value: two uncoupled flows. They rest at `carrier_amplitude`.

    Notes
    -----
    Kind: exact, for 0 ≤ λ ≤ 2/(3√3). Source: derivations/fixed_points, “Opposite signs”.

    Examples
    --------
    >>> from polytheory.symbolic import opposite_sign_collision
    >>> opposite_sign_collision().holds
    True
    """
    x, z = X, sp.Symbol("z", positive=True)
    region = _two_features(x, -z, -1)
    loss = model.loss(*region, 4 * LAMBDA)
    speed_x, speed_y = model.force(*region, LAMBDA)
    at_rest = loss.subs({x: amplitude, z: amplitude})
    return Statement(
        claim=sp.Eq(sp.Symbol("L"), model.loss(*region, sp.Symbol("loss_l1"))),
        residuals={
            "the flow descends the loss, x": -sp.diff(loss, x) - 4 * speed_x,
            "the flow descends the loss, −z": -sp.diff(loss, z) + 4 * speed_y,
            "x moves as if alone": speed_x - _velocity(x),
            "−z moves as if alone": speed_y + _velocity(z),
            "the loss is that of two lone features": loss - _alone(x) - _alone(z),
            "x rests": speed_x.subs(x, amplitude),
            "−z rests": speed_y.subs(z, amplitude),
            "at λ = 0 they rest at a loss of zero": at_rest.subs(LAMBDA, 0),
        },
        assumptions=(
            "Two features alone on one neuron, x > 0 > y, both starting above x₋ in size; "
            "0 ≤ λ ≤ 2/(3√3), flow units."
        ),
        not_proved="That a weight that starts above x₋ tends to x₊: the sign of x − x³ − λ.",
    )
