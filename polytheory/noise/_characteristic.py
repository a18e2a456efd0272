r"""The functionals from the characteristic function of the row, for any symmetric distribution.

With φ(t) = Π_k c(v_k t) and the Gaussian values f_G as control variate,

.. math:: f = f_G + \frac2\pi\int_0^\infty \sin(xt)\,\frac{e^{-t^2/2}-\varphi(t)}{t^3}\,dt

and likewise for the derivatives. The only error of the trapezoid rule with step h is aliasing:
copies of the function shifted by multiples of 2π/h. As f − f_G is zero in double precision beyond
the reaches of ζ and of the Gaussian, the step costs no accuracy. The cutoff does: the integrand is
faded out smoothly, which smears ζ over a width of about 10/cutoff. This matters only if ζ has an
atom or a narrow cluster that close to −x. The difference from fading at half the cutoff estimates
the error, unless φ grows again beyond the cutoff. The typical size of that part is estimated, too:
from the fluctuating number of atoms within 1/cutoff of the kink, as if placed at random.
"""

from __future__ import annotations

import numpy as np

from polytheory._checks import Array, FloatArray
from polytheory.noise._distributions import Noise
from polytheory.noise._unit import Request, UnitValues, gaussian

#: Cutoffs tried, in units of 1/s: doubled from the first until the estimate is small enough.
FIRST_CUTOFF = 32.0
LAST_CUTOFF = 1024.0
#: Distance beyond which the Gaussian control variate is zero in double precision.
GAUSSIAN_REACH = 8.5
#: Multiple of the estimated fluctuation of the number of atoms near the kink.
SAFETY_FACTOR = 16.0
#: First and last reach tried for a distribution of unknown reach; overlaps beyond the last are not
#: resolved.
FIRST_REACH = 24.0
LAST_REACH = 400.0
#: Relative tolerance of the reach: a depth equal to it is inside.
REACH_TOLERANCE = 1e-13
#: Largest size of one array, to fit in the cache.
CHUNK_SIZE = 2**16


def characteristic(
    asked: Request, *, noise: Noise, rtol: float, cutoff: float | None
) -> UnitValues:
    """Return the values at the given cutoff, or at the first of a doubling sequence within rtol."""
    known, count = noise.reach(asked.rows), len(asked.rows)
    if np.isfinite(known).all():
        inside = asked.depth <= known[:, None] * (1 + REACH_TOLERANCE)
        return _cut_off(asked, inside, known, noise, rtol, cutoff)
    # The tail is unknown: double the reach until the values no longer change.
    reach, inside = np.full(count, FIRST_REACH), asked.depth <= LAST_REACH
    last = _cut_off(asked, inside, reach, noise, rtol, cutoff)
    while True:
        reach = 2 * reach
        values = _cut_off(asked, inside, reach, noise, rtol, cutoff)
        pairs = zip(values[:4], last[:4], strict=True)
        moved = [np.abs(x - y).reshape(count, -1).max(axis=-1) for x, y in pairs]
        error = np.maximum(values.error, np.max([moved[0], moved[1], moved[3]], axis=0))
        if (error <= rtol).all() or reach[0] >= LAST_REACH:
            return values._replace(error=error)
        last = values


def _cut_off(
    asked: Request,
    inside: Array,
    reach: FloatArray,
    noise: Noise,
    rtol: float,
    cutoff: float | None,
) -> UnitValues:
    """Return the values, with the cutoff doubled for rows that have not reached `rtol`."""
    depth, rows, a, b = asked
    # Outside the reach no probability is above the kink (for bounded noise, exactly).
    a, b = a * inside[:, None, :], b * inside[:, None, :]
    near = np.where(inside, depth, 0.0)
    asked = Request(near, rows, a, b)
    result = UnitValues(
        f=np.zeros(depth.shape),
        slope=np.zeros(depth.shape),
        curvature=np.zeros(depth.shape),
        gradient=np.zeros((*a.shape[:2], rows.shape[-1])),
        error=np.zeros(len(rows)),
    )
    todo = np.flatnonzero(inside.any(axis=-1))
    level, last = (FIRST_CUTOFF, LAST_CUTOFF) if cutoff is None else (cutoff, cutoff)
    while todo.size:
        points = level * float((near.max(axis=-1) + np.maximum(reach, GAUSSIAN_REACH)).max()) / 6
        size = max(1, int(CHUNK_SIZE / (points * max(rows.shape[-1], depth.shape[-1]))))
        failed = []
        for k in range(0, todo.size, size):
            some = todo[k : k + size]
            values = _integrate(asked.of(some), reach[some], noise, level)
            for whole, part in zip(result, values, strict=True):
                whole[some] = part
            failed.append(some[~(values.error <= rtol)])
        todo = np.concatenate(failed) if level < last else todo[:0]
        level *= 2
    outside = ~inside
    for each in result[:3]:
        each[outside] = 0.0
    return result


def _integrate(asked: Request, reach: FloatArray, noise: Noise, cutoff: float) -> UnitValues:
    """Return the values by the trapezoid rule, faded out at the cutoff and at half of it."""
    depth, rows, a, b = asked
    period = depth.max(axis=-1) + np.maximum(reach, GAUSSIAN_REACH)
    step = 2 * np.pi / period
    count = int(np.ceil(cutoff / step.min()))
    t = step[:, None] * np.arange(1, count + 1)  # (R, K)
    fade = _fade(count) * (2 / np.pi * step)[:, None, None]  # (R, 2, K)
    damped = np.exp(-0.5 * t**2)
    rest, parts, typical = _differences(t, rows, damped, noise)

    sine, cosine = np.sin(depth[..., None] * t[:, None]), np.cos(depth[..., None] * t[:, None])
    faded = np.swapaxes(fade * rest[:, None], -1, -2)  # (R, K, 2)
    f = -sine @ (faded / t[..., None] ** 3)
    slope = cosine @ (faded / t[..., None] ** 2)
    curvature = sine @ (faded[..., :1] / t[..., None])
    phase = b @ (cosine / t[:, None] ** 2) - a @ (sine / t[:, None] ** 3)  # (R, Q, K)
    gradient = (phase[:, None] * fade[:, :, None]).reshape(len(rows), -1, count) @ parts
    gradient = gradient.reshape(len(rows), 2, a.shape[1], rows.shape[-1])

    plain = gaussian(asked)
    faded_twice = [f, slope, gradient[:, :, :1].swapaxes(1, -1)]
    moved = [np.ptp(each, axis=-1).reshape(len(rows), -1).max(axis=-1) for each in faded_twice]
    density = np.exp(-0.5 * depth**2) / np.sqrt(2 * np.pi) - 0.5 * (cosine @ faded[..., 1:])[..., 0]
    graininess = np.sqrt(np.abs(density).max(axis=-1) * typical) * t[:, -1] ** -1.5
    error = np.max([*moved, SAFETY_FACTOR * graininess], axis=0)
    return UnitValues(
        np.maximum(plain.f + f[..., 0], 0.0),
        np.maximum(plain.slope + slope[..., 0], 0.0),
        np.clip(plain.curvature + curvature[..., 0], 0.0, 2.0),
        plain.gradient + gradient[:, 0],
        error,
    )


def _fade(count: int) -> FloatArray:
    """Return weights that fall smoothly from 1 to 1e-16, over all points and the first half."""
    u = np.arange(1, count + 1) / count
    return np.stack([np.exp(-36 * u**8), np.exp(-36 * (2 * u) ** 8)])


def _differences(
    t: FloatArray, rows: FloatArray, damped: FloatArray, noise: Noise
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return e^{−t²/2} − φ(t), (R, K), its gradient in v, (R, K, m), and the typical late φ², (R,).

    The last is the product of the mean squares of the factors of φ, as if they were independent.
    """
    u = t[..., None] * rows[:, None, :]
    c = np.asarray(noise.characteristic_function(u), dtype=np.float64)
    # The product of all factors but one, from both ends: a quotient would fail at a zero factor.
    before, after = np.ones_like(c), np.ones_like(c)
    np.cumprod(c[..., :-1], axis=-1, out=before[..., 1:])
    np.cumprod(c[..., :0:-1], axis=-1, out=after[..., -2::-1])
    others = before * after
    parts = others * noise.characteristic_derivative(u)
    parts *= -t[..., None]
    parts -= u * (t * damped)[..., None]
    late = np.square(c[:, c.shape[1] // 2 :]).mean(axis=1)
    return damped - before[..., -1] * c[..., -1], parts, np.asarray(late.prod(axis=-1))
