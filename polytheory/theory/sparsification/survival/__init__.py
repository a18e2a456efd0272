r"""Survival of an encoding under ℓ1.

In polar form r' = r(1 − r²) − λc, where c = ‖w‖₁/‖w‖₂ decreases in time. With r₋(a) the smaller
root of r − r³ = a, a row in one of two traps has a certain fate:

- r < r₋(λ): since c ≥ 1, r keeps decreasing, and the row dies;
- λc < 2/(3√3) and r > r₋(λc): c decreases, so r stays above, and the row survives.

λ > 2/(3√3) kills every row. For Gaussian rows the sums are replaced by their mean given the largest
weight; the scatter of the other weights enters to first order.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, overload

import numpy as np
from numpy.polynomial.legendre import leggauss
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from polytheory import _checks
from polytheory._checks import MAX_VALUE, FloatArray, Number, unwrap
from polytheory.claims import Domain, Interval, Kind, claim, whole
from polytheory.theory.fixed_points import critical_l1, unstable_amplitude
from polytheory.theory.sparsification.curve.moments import moments

__all__ = ["SURVIVAL", "survival_probability"]

SURVIVAL = Domain(
    {
        "l1_strength": Interval(0.0, MAX_VALUE),
        "n_neurons": whole(16, 1e8),
        "scale": Interval(0.3, 3.0),
    }
)

#: threshold → (S₁, S₂), for a batch of rows
Sums = Callable[[FloatArray], tuple[FloatArray, FloatArray]]

_CAP = critical_l1()
#: Multiple of an extra weight that is added to measure the response of the critical strength.
_EXTRA = 0.1
#: A row in neither trap after about 1000 units of time is on the watershed.
_MAX_STEPS = 20_000


def _unstable(strength: FloatArray) -> FloatArray:
    return np.asarray(unstable_amplitude(np.minimum(strength, _CAP)))


def _survives(
    sums: Sums, largest: FloatArray, lam: FloatArray, *, step: float = 0.1
) -> NDArray[np.bool_]:
    """Integrate (√q, τ) by Runge–Kutta until every row is in a trap; True where it survives."""
    root_q, tau = np.ones_like(largest), np.zeros_like(largest)
    alive, open_ = np.zeros(largest.shape, dtype=bool), lam < _CAP

    def rates(p: FloatArray, t: FloatArray) -> tuple[FloatArray, FloatArray]:
        return sums(np.minimum(t, largest))[1] / p - p, lam * p

    for _ in range(_MAX_STEPS):
        if not open_.any():
            break
        first, second = sums(np.minimum(tau, largest))
        r = np.sqrt(second) / root_q
        # No weight is left above the threshold: r is 0, and the ratio does not matter.
        c = first / np.sqrt(np.where(second > 0, second, 1.0))
        alive |= open_ & (lam * c < _CAP) & (r > _unstable(lam * c))
        dead = (tau >= largest) | (r < _unstable(lam))
        open_ &= ~(alive | dead)
        h = step / (1.0 + np.maximum(r * r, 1.0))
        a1, b1 = rates(root_q, tau)
        a2, b2 = rates(root_q + h / 2 * a1, tau + h / 2 * b1)
        a3, b3 = rates(root_q + h / 2 * a2, tau + h / 2 * b2)
        a4, b4 = rates(root_q + h * a3, tau + h * b3)
        root_q = np.where(open_, root_q + h / 6 * (a1 + 2 * a2 + 2 * a3 + a4), root_q)
        tau = np.where(open_, tau + h / 6 * (b1 + 2 * b2 + 2 * b3 + b4), tau)
    return alive


def _mean_sums(b: FloatArray, m: int, scale: float) -> Sums:
    """Return E[S_p | largest weight]: one weight at b standard deviations, the others below."""
    at_b = moments(b)
    others = (m - 1) / m / (1.0 - at_b[0])

    def sums(tau: FloatArray) -> tuple[FloatArray, FloatArray]:
        x = tau * np.sqrt(m) / scale
        g, top = moments(x), b - x
        first = np.maximum(g[1] - at_b[1] - top * at_b[0], 0.0)
        second = np.maximum(g[2] - at_b[2] - 2 * top * at_b[1] - top**2 * at_b[0], 0.0)
        return (
            scale * np.sqrt(m) * (others * first + top / m),
            scale**2 * (others * second + top**2 / m),
        )

    return sums


def _critical(sums: Sums, largest: FloatArray, *, halvings: int = 16) -> FloatArray:
    """Bisect, row by row, for the strength above which the row dies."""
    low, high = np.zeros_like(largest), np.minimum(3.0 * largest, _CAP)
    for _ in range(halvings):
        middle = (low + high) / 2.0
        survive = _survives(sums, largest, middle)
        low, high = np.where(survive, middle, low), np.where(survive, high, middle)
    return np.asarray((low + high) / 2.0)


def _largest_quantile(p: FloatArray, m: int) -> FloatArray:
    """Return the quantile of the largest of m |g|: (1 − 2Q(b))^m = p."""
    return np.asarray(-ndtri(-np.expm1(np.log(p) / m) / 2.0))


@lru_cache(maxsize=32)
def _critical_table(m: int, scale: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return b, and mean and standard deviation of λ_c given the largest weight b.

    With φ(u) the response of λ_c to one more weight of size u, its variance is (m − 1) Var φ.
    """
    low, high = _largest_quantile(np.array([1e-4, 1 - 1e-5]), m)
    b = np.linspace(low, high, 9)
    nodes, weights = leggauss(8)
    u = b[:, None] * (nodes + 1.0) / 2.0
    density = np.exp(-u * u / 2.0) * weights
    density /= density.sum(axis=1, keepdims=True)
    added = np.concatenate([np.zeros((b.size, 1)), u], axis=1)  # first column: nothing added
    base = _mean_sums(np.repeat(b, added.shape[1]), m, scale)

    def sums(tau: FloatArray) -> tuple[FloatArray, FloatArray]:
        first, second = base(tau)
        height = np.maximum(scale * added.ravel() / np.sqrt(m) - tau, 0.0)
        return first + _EXTRA * height, second + _EXTRA * height**2

    largest = scale * np.repeat(b, added.shape[1]) / np.sqrt(m)
    critical = _critical(sums, largest).reshape(added.shape)
    response = (critical[:, 1:] - critical[:, :1]) / _EXTRA
    average = np.sum(response * density, axis=1, keepdims=True)
    spread = np.sqrt((m - 1) * np.sum((response - average) ** 2 * density, axis=1))
    return b, critical[:, 0], np.maximum(spread, 1e-9)


@overload
def survival_probability(l1_strength: Number, *, n_neurons: int, scale: float = 1.0) -> float: ...
@overload
def survival_probability(
    l1_strength: ArrayLike, *, n_neurons: int, scale: float = 1.0
) -> FloatArray: ...
@claim(
    Kind.STATISTICAL,
    SURVIVAL,
    says="P(survival) ≈ E_b Φ((λ_c(b) − λ)/sd(b)), b the largest weight",
    source="sparsification: Two traps",
    rests_on="survival_traps",
    note="an approximation: within min(0.16, 0.005 + 0.8 s²/m) of simulation",
)
def survival_probability(l1_strength: Any, *, n_neurons: int, scale: float = 1.0) -> Any:
    r"""Return the probability that a row with N(0, scale²/m) weights survives ℓ1 of strength λ.

    .. math:: P \approx E_b\,\Phi\!\left(\frac{\lambda_c(b)-\lambda}{\mathrm{sd}(b)}\right)

    over the distribution of the largest weight b, where the mean row with largest weight b
    collapses above λ_c(b), and sd(b) is the first-order standard deviation of λ_c due to the other
    weights.

    Parameters
    ----------
    l1_strength : float or array
        λ: ℓ1 strength, flow units; ≥ 0.
        Above 2/(3√3) no row survives.
    n_neurons : int
        m: number of neurons (columns); whole, in [16, 10⁸].
        For a narrower row use `polytheory.row_flow`.
    scale : float
        s: initial standard deviation times √m; in [0.3, 3].
        1 in the paper.

    Returns
    -------
    float or ndarray
        Within min(0.16, 0.005 + 0.8 s²/m) of simulation. The largest error seen, 0.154 at
        m = 16 and s = 3, is next to 2/(3√3), where few rows survive.

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside its domain.

    Notes
    -----
    Kind: statistical. Source: derivations/sparsification, “Two traps”.

    The first call for an (m, scale) takes about a second. For the exact fate of one row use
    `polytheory.row_flow`.

    Examples
    --------
    >>> from polytheory.theory.sparsification import survival_probability
    >>> survival_probability([0.1, 0.19, 0.3], n_neurons=128).round(1).tolist()
    [1.0, 0.4, 0.0]
    """
    m = _checks.integer("n_neurons", n_neurons, minimum=16)
    s = _checks.scalar("scale", scale, low=0.3, high=3.0)
    lam, _, _ = SURVIVAL.check(l1_strength=l1_strength, n_neurons=m, scale=s)
    b, mean, spread = _critical_table(m, s)
    p = np.asarray((np.arange(1000) + 0.5) / 1000.0)
    position = np.clip(_largest_quantile(p, m), b[0], b[-1])
    centre, width = np.interp(position, b, mean), np.interp(position, b, spread)
    chance = ndtr((centre - np.minimum(lam, 1.0)[..., None]) / width).mean(axis=-1)
    return unwrap(np.where(lam <= _CAP, chance, 0.0))
