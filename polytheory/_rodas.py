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
    h: float,
    jacobian: tuple[float, float, float, float],
) -> tuple[Pair, Pair]:
    """Return the solution of ``state' = field(*state)`` after `h`, and its error estimate.

    `jacobian` contains the derivative of `field` at `state`, row by row.
    """
    x, y = state
    # Inverse of 1/(γh) − J: every stage solves with the same 2 × 2 matrix.
    g = 1.0 / (_GAMMA * h)
    a, b, c, d = g - jacobian[0], -jacobian[1], -jacobian[2], g - jacobian[3]
    determinant = a * d - b * c
    ia, ib, ic, id_ = d / determinant, -b / determinant, -c / determinant, a / determinant

    fx, fy = field(x, y)
    kx, ky = [ia * fx + ib * fy], [ic * fx + id_ * fy]
    for row_a, row_c in zip(_A[1:], _C[1:5], strict=True):
        px, py, qx, qy = x, y, 0.0, 0.0
        for ax, cx, ux, uy in zip(row_a, row_c, kx, ky, strict=True):
            px += ax * ux
            py += ax * uy
            qx += cx * ux
            qy += cx * uy
        fx, fy = field(px, py)
        fx += qx / h
        fy += qy / h
        kx.append(ia * fx + ib * fy)
        ky.append(ic * fx + id_ * fy)
    # Stiffly accurate: the argument of the last stage is the result of order 3, its increment the
    # error estimate.
    px += kx[4]
    py += ky[4]
    fx, fy = field(px, py)
    for cx, ux, uy in zip(_C[5], kx, ky, strict=True):
        fx += cx * ux / h
        fy += cx * uy / h
    ex, ey = ia * fx + ib * fy, ic * fx + id_ * fy
    return (px + ex, py + ey), (ex, ey)
