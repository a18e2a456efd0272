"""Proofs: how two rows meet, how many rows change one overlap, and what a third row adds."""

from functools import cache

import sympy as sp

from polytheory.algebra.statement import Statement, statement

#: Standard overlap z of a pair with its largest weights on one neuron, with opposite signs.
OVERLAP = sp.Symbol("initial_overlap", real=True)
#: I = ∫⟨Γ₊⟩dt and x = (n − 2)/√m.
PUSHED, CROWDING = sp.symbols("I x", positive=True)
_XI, _A = sp.symbols("xi a", real=True)


def density(at: sp.Expr) -> sp.Expr:
    """Return the standard normal density."""
    return sp.exp(-(at**2) / 2) / sp.sqrt(2 * sp.pi)


def below(at: sp.Expr) -> sp.Expr:
    """Return the standard normal distribution function Φ."""
    return (1 + sp.erf(at / sp.sqrt(2))) / 2


def integral(function: sp.Expr, low: sp.Expr, high: sp.Expr) -> sp.Expr:
    """Return the integral over ξ, in error functions."""
    return sp.integrate(function, (_XI, low, high)).rewrite(sp.erf)


_MEET = density(OVERLAP) / density(sp.S.Zero) / 2
_TAKEN = (1 - sp.exp(-2 * CROWDING * PUSHED)) / CROWDING


@statement
def pair_coincidence(
    opposite: sp.Expr = below(OVERLAP) + _MEET, same: sp.Expr = below(-OVERLAP) + _MEET
) -> Statement:
    r"""Two rows attract: obtuse pairs stay, acute ones forget their signs.

    With :math:`a` and :math:`o` the probabilities that a pair has its largest weights on one
    neuron with opposite signs and is acute or obtuse, and :math:`H` that of a random orthonormal
    pair, either sign,

    .. math:: R_+ = 2m\bigl(o + \tfrac14H\bigr), \qquad R_- = 2m\bigl(a + \tfrac14H\bigr) .

    If the overlap given opposite signs is :math:`N(-z, 1)`, these are
    :math:`\Phi(\pm z) + \frac12 e^{-z^2/2}`.

    Returns
    -------
    Statement
        Its value is the column (opposite, same) of a given z, as ``initial_overlap``.

    Notes
    -----
    Kind: leading order. Source: derivations/two_rows, “Two rows after the fast phase”.

    Examples
    --------
    >>> from polytheory.symbolic import pair_coincidence
    >>> pair_coincidence().evaluate(initial_overlap=0.0).tolist()
    [1.0, 1.0]
    """
    acute, met, m = sp.symbols("a H m", positive=True)
    obtuse = 1 / (2 * m) - acute  # by chance, 1/(2m) in all
    after = [2 * m * (each + met / 4) for each in (obtuse, acute)]
    # P(acute | opposite) = Φ(−z), and H = P(coincidence | overlap 0) = φ(z)/φ(0) / m.
    given = {acute: below(-OVERLAP) / (2 * m), met: density(OVERLAP) / density(sp.S.Zero) / m}
    return Statement(
        claim=sp.Eq(sp.Symbol("R"), opposite),
        residuals={
            "opposite signs": opposite - after[0].subs(given),
            "same signs": same - after[1].subs(given),
            # P(ξ < z) for the overlap ξ − z: its derivative, and its value at z = 0.
            "obtuse": sp.diff(below(OVERLAP), OVERLAP) - density(OVERLAP),
            "obtuse, z = 0": below(sp.S.Zero) - sp.Rational(1, 2),
            "acute": below(OVERLAP) + below(-OVERLAP) - 1,
            "the sum is 1 + mH": sum(after) - 1 - m * met,
            "wide layers, z = 0: chance": (opposite - 1).subs(OVERLAP, 0),
            "the other sign": same - opposite.subs(OVERLAP, -OVERLAP),
        },
        value=sp.Matrix([opposite, same]),
        arguments=(OVERLAP,),
        assumptions="Two rows of independent normal weights, at the end of the flow without ℓ1.",
        not_proved=(
            "That G^(−1/2)W is a random orthonormal pair, independent of G (the density of W "
            "depends on G alone); that the overlap is normal given the two largest weights."
        ),
    )


@cache
def _wide_limit() -> tuple[sp.Expr, sp.Expr]:
    """Return A/x and d⟨Γ⟩/dx at x = 0 from the equation of the end, to second order in x."""
    x, slope = sp.symbols("x slope", positive=True)
    shift = slope * x
    left = density(shift) - shift * below(-shift)
    end = x * left - 1 + sp.exp(-x * (shift + left))
    second = sp.expand(sp.diff(end, x, 2).subs(x, 0))  # linear in the slope
    found = -second.subs(slope, 0) / sp.diff(second, slope)
    return found, sp.diff(-left, x).subs(x, 0).subs(slope, found)


@statement
def mean_overlap(
    shift: sp.Expr = 2 * PUSHED - _TAKEN,
    positive: sp.Expr = density(_A) + _A * below(_A) - 2 * PUSHED,
) -> Statement:
    r"""One overlap among many rows in the fast phase, with I as the clock.

    .. math:: \dot\Gamma = -2\Gamma_+ - 2x\langle\Gamma_+\rangle\langle\Gamma\rangle, \qquad
              1 + x\langle\Gamma\rangle = e^{-2xI}, \qquad \dot I = \langle\Gamma_+\rangle

    A negative overlap has risen by :math:`A = 2I + \langle\Gamma\rangle`, and
    :math:`\langle\Gamma_+\rangle = \varphi(A) + A\Phi(A) - 2I`: a single equation is left.

    Returns
    -------
    Statement
        Without a value: I(t) is an integral.

    Notes
    -----
    Kind: leading order for m → ∞ at constant x. Source: derivations/two_rows, “One overlap among
    many”.

    Examples
    --------
    >>> from polytheory.symbolic import mean_overlap
    >>> mean_overlap().holds
    True
    """
    x, pushed = CROWDING, PUSHED
    mean = shift - 2 * pushed
    now = positive.subs(_A, shift)
    source = -2 * x * now * mean  # the force of all third rows on every overlap
    left = density(_A) - _A * below(-_A)
    slope, mean_slope = _wide_limit()
    zero = {pushed: 0}
    return Statement(
        claim=sp.Eq(sp.Symbol("A"), shift),
        residuals={
            "A at time 0": shift.subs(zero),
            "⟨Γ₊⟩ at time 0": now.subs(zero) - integral(_XI * density(_XI), 0, sp.oo),
            "dA/dt": now * sp.diff(shift, pushed) - source,
            "d⟨Γ⟩/dt": now * sp.diff(mean, pushed) + 2 * now - source,
            "1 + x⟨Γ⟩ = exp(−2xI)": 1 + x * mean - sp.exp(-2 * x * pushed),
            # Φ(A) is the share of positive overlaps.
            "d⟨Γ₊⟩/dt": now * sp.diff(now, pushed) + 2 * now - source * below(shift),
            "⟨Γ⟩ is that of positive and negative ones": _A
            - 2 * pushed
            - positive
            - integral((_XI + _A) * density(_XI), -sp.oo, -_A),
            "what is left": integral((_XI + _A) * density(_XI), -sp.oo, -_A) + left,
            "without others A = 0": sp.limit(shift, x, 0),
            "few others: A = x/(4π)": slope - 1 / (4 * sp.pi),
            "few others: d⟨Γ⟩/dx = 1/(8π)": mean_slope - 1 / (8 * sp.pi),
        },
        assumptions="m → ∞ at constant x = n/√m, initial weights N(0, 1/m), no ℓ1.",
        not_proved=(
            "That sums over third rows are n times their means: relative corrections √(n/m) for "
            "one overlap and 1/√m for the mean."
        ),
    )


@statement
def third_row_repulsion(mean_square: sp.Expr = 1 / (8 * sp.pi)) -> Statement:
    r"""A third row pushes two others the same way: E j² = 1/(8π) in the fast phase.

    .. math:: j(v) = \tfrac12E[\Gamma_+]\,v, \qquad E\,j^2 = \tfrac14E[\Gamma_+]^2 = \frac1{8\pi}

    Returns
    -------
    Statement
        Its value, E j², has no arguments.

    Notes
    -----
    Kind: leading order. Source: derivations/two_rows, “A third row repels”.

    Examples
    --------
    >>> from polytheory.symbolic import third_row_repulsion
    >>> round(third_row_repulsion().evaluate(), 5)
    0.03979
    """
    v, h, time, share = sp.symbols("v h t r", positive=True)
    half = integral(_XI * density(_XI), 0, sp.oo)
    push = half * sp.integrate(sp.exp(-2 * time), (time, 0, sp.oo))
    first, second = sp.symbols("X_i X_j", real=True)
    # Both displacements normal, of variance s and covariance r.
    spread = sp.Symbol("s", positive=True)
    exponent = h * (first - second)
    variance = sp.expand(exponent**2).subs(
        {first * second: share, first**2: spread, second**2: spread}
    )
    both = variance / 2 - h**2 * spread  # each alone only sets its own chance, exp(h²s/2)
    return Statement(
        claim=sp.Eq(sp.Symbol("E j^2"), mean_square),
        residuals={
            "E j²": mean_square - sp.integrate((push * v) ** 2 * 2 * density(v), (v, 0, sp.oo)),
            "the slope of the mean overlap": mean_square - _wide_limit()[1],
            "covariance r lowers ln R by h²r": both + h**2 * share,
        },
        value=mean_square,
        arguments=(),
        assumptions="Overlaps of order 1/√m; the fast phase alone.",
        not_proved="That displacements are normal and small against 1/(h√m).",
    )


@statement
def two_by_two_collision(probability: sp.Expr = sp.Rational(1, 4)) -> Statement:
    r"""Two rows on two neurons, λ → 0, collide with probability 1/4.

    On the circle :math:`\|w\|_1 = |\cos\theta| + |\sin\theta|`, the slow flow turns each row to its
    nearest axis and is the same after a quarter turn. So a right angle is kept, an obtuse one stays
    obtuse, and a collision is "the nearest axes are opposite".

    Returns
    -------
    Statement
        Its value, 1/4, has no arguments.

    Notes
    -----
    Kind: exact, for n = m = 2 and λ → 0. Source: derivations/two_rows, “Two rows on two neurons”.

    Examples
    --------
    >>> from polytheory.symbolic import two_by_two_collision
    >>> two_by_two_collision().evaluate()
    0.25
    """
    angle = sp.Symbol("theta", positive=True)
    norm = sp.cos(angle) + sp.sin(angle)  # in the first quadrant
    speed = -sp.diff(norm, angle)  # projected gradient flow of ‖w‖₁
    quarter = sp.pi / 2
    turned = -sp.diff(sp.sin(angle) - sp.cos(angle), angle).subs(angle, angle + quarter)
    # The other row, by the angle from the axis that is opposite to that of the first.
    first, second = sp.symbols("alpha beta", real=True)
    near = (-quarter / 2, quarter / 2)
    chance = sp.integrate(sp.integrate(1 / (2 * sp.pi), (second, *near)) / quarter, (first, *near))
    return Statement(
        claim=sp.Eq(sp.Symbol("P"), probability),
        residuals={
            "the speed after a quarter turn": speed - turned,
            "the diagonal is at rest": speed.subs(angle, quarter / 2),
            "it repels": sp.diff(speed, angle).subs(angle, quarter / 2) - sp.sqrt(2),
            "uniform directions": probability - chance,
            "the smallest angle of such a pair is right": sp.pi - 2 * near[1] - quarter,
        },
        value=probability,
        arguments=(),
        assumptions="n = m = 2, initial directions independent and uniform, λ → 0.",
        not_proved="That rows on a line keep their order, so that an obtuse angle stays obtuse.",
    )
