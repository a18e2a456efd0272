"""One step of the RODAS method for two unknowns, in plain floats.

RODAS is a Rosenbrock method of order 4 with an embedded order 3, L-stable and stiffly accurate: a
row relaxes to its slow manifold in time O(1) and then moves on it for O(1/λ), so an explicit method
would need O(1/λ) steps. With two unknowns NumPy's overhead per operation would dominate, hence
plain floats. Coefficients: E. Hairer, G. Wanner, Solving Ordinary Differential Equations II (1996),
section IV.7, in the form in which the stages are u_i.
"""

from __future__ import annotations

from collections.abc import Callable

Pair = tuple[float, float]

_GAMMA = 0.25
_A: tuple[tuple[float, ...], ...] = (
    (),
    (1.544,),
    (0.9466785280815826, 0.2557011698983284),
    (3.314825187068521, 2.896124015972201, 0.9986419139977817),
    (1.221224509226641, 6.019134481288629, 12.53708332932087, -0.687886036105895),
)
_C: tuple[tuple[float, ...], ...] = (
    (),
    (-5.6688,),
    (-2.430093356833875, -0.2063599157091915),
    (-0.1073529058151375, -9.594562251023355, -20.47028614809616),
    (7.496443313967647, -10.24680431464352, -33.99990352819905, 11.7089089320616),
    (
        8.083246795921522,
        -7.981132988064893,
        -31.52159432874371,
        16.31930543123136,
        -6.058818238834054,
    ),
)


def rodas_step(
    field: Callable[[float, float], Pair],
    state: Pair,
    slope: Pair,
    h: float,
    jacobian: tuple[float, float, float, float],
) -> tuple[Pair, Pair]:
    """Return the solution of ``state' = field(*state)`` after `h`, and its error estimate.

    `slope` is `field` at `state`, and `jacobian` contains its derivative there, row by row. The
    stages are written out: loops over so few numbers would take most of the time.
    """
    _, (a21,), (a31, a32), (a41, a42, a43), (a51, a52, a53, a54) = _A
    _, (c21,), (c31, c32), (c41, c42, c43), (c51, c52, c53, c54), last = _C
    c61, c62, c63, c64, c65 = last
    x, y = state
    # Inverse of 1/(γh) − J: every stage solves with the same 2 × 2 matrix.
    g = 1.0 / (_GAMMA * h)
    a, b, c, d = g - jacobian[0], -jacobian[1], -jacobian[2], g - jacobian[3]
    determinant = a * d - b * c
    ia, ib, ic, id_ = d / determinant, -b / determinant, -c / determinant, a / determinant

    fx, fy = slope
    x1, y1 = ia * fx + ib * fy, ic * fx + id_ * fy
    fx, fy = field(x + a21 * x1, y + a21 * y1)
    fx += c21 * x1 / h
    fy += c21 * y1 / h
    x2, y2 = ia * fx + ib * fy, ic * fx + id_ * fy
    fx, fy = field(x + a31 * x1 + a32 * x2, y + a31 * y1 + a32 * y2)
    fx += (c31 * x1 + c32 * x2) / h
    fy += (c31 * y1 + c32 * y2) / h
    x3, y3 = ia * fx + ib * fy, ic * fx + id_ * fy
    fx, fy = field(x + a41 * x1 + a42 * x2 + a43 * x3, y + a41 * y1 + a42 * y2 + a43 * y3)
    fx += (c41 * x1 + c42 * x2 + c43 * x3) / h
    fy += (c41 * y1 + c42 * y2 + c43 * y3) / h
    x4, y4 = ia * fx + ib * fy, ic * fx + id_ * fy
    px = x + a51 * x1 + a52 * x2 + a53 * x3 + a54 * x4
    py = y + a51 * y1 + a52 * y2 + a53 * y3 + a54 * y4
    fx, fy = field(px, py)
    fx += (c51 * x1 + c52 * x2 + c53 * x3 + c54 * x4) / h
    fy += (c51 * y1 + c52 * y2 + c53 * y3 + c54 * y4) / h
    x5, y5 = ia * fx + ib * fy, ic * fx + id_ * fy
    # Stiffly accurate: the argument of the last stage is the result of order 3, its increment the
    # error estimate.
    px += x5
    py += y5
    fx, fy = field(px, py)
    fx += (c61 * x1 + c62 * x2 + c63 * x3 + c64 * x4 + c65 * x5) / h
    fy += (c61 * y1 + c62 * y2 + c63 * y3 + c64 * y4 + c65 * y5) / h
    ex, ey = ia * fx + ib * fy, ic * fx + id_ * fy
    return (px + ex, py + ey), (ex, ey)
