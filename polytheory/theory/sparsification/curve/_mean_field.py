r"""Gaussian mean field for any λ√m and any initial scale.

A row of any scale follows the universal curve, with a clock of its own. With Λ = λ√m, θ the
coordinate on the curve and κ = G₁/√G₂ there, the polar form reads

.. math:: (\ln r)' = 1 - r^2 - \Lambda\kappa(\theta)/r, \qquad \theta' = \Lambda/r.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from polytheory import _checks
from polytheory._checks import MAX_VALUE, FloatArray
from polytheory.claims import Domain, Interval, Kind, claim
from polytheory.theory.sparsification.curve._domains import MIN_LIVING
from polytheory.theory.sparsification.curve._tables import on_curve, scalar_ratio

__all__ = ["MEAN_FIELD", "MeanField", "mean_field", "mean_field_error"]

#: Stronger ℓ1 kills the largest of 10^130 weights.
MAX_STRENGTH = 25.0
#: A trial step of the integrator may overshoot; e^-300 still divides.
_MAX_LOG = 300.0
#: Between two requested times.
_MAX_STEPS = 100_000

#: Largest error of the mean over rows, times the number of living weights (measured).
_FEW = 2.0


def _weak(n_neurons: FloatArray, l1_strength: FloatArray, scale: FloatArray) -> Any:
    strongest = l1_strength * np.sqrt(n_neurons) * np.maximum(1.0, 1.0 / scale)
    return strongest <= MAX_STRENGTH


def _living(time: float, n_neurons: float, l1_strength: float, scale: float) -> float:
    _, theta = _states(np.array([time]), l1_strength * np.sqrt(n_neurons), scale)
    return float(n_neurons * on_curve("nonzero_count", theta)[0])


def _in_range(
    n_neurons: FloatArray, l1_strength: FloatArray, scale: FloatArray, time: Any = None
) -> Any:
    weak = _weak(n_neurons, l1_strength, scale)
    if time is None:  # asked before it is integrated
        return weak
    living = np.vectorize(_living)(time, n_neurons, np.where(weak, l1_strength, 0.0), scale)
    return weak & (living >= _MIN_LIVING)


def mean_field_error(time: Any, n_neurons: Any, l1_strength: Any, scale: Any = 1.0) -> Any:
    """Return the relative error of ‖w‖₁, N and m', as means over rows."""
    return _FEW / np.vectorize(_living)(time, n_neurons, l1_strength, scale)


_MIN_LIVING = MIN_LIVING * (1.0 - 1e-9)  # slack for rounding
_WEAK_ENOUGH = f"l1_strength·√n_neurons·max(1, 1/scale) ≤ {MAX_STRENGTH:g}"
MEAN_FIELD = Domain(
    {
        "time": Interval(0.0, MAX_VALUE),
        "n_neurons": Interval(MIN_LIVING, 1e30, integer=True),
        "l1_strength": Interval(0.0, MAX_STRENGTH),
        "scale": Interval(1e-3, 1e3),
    },
    where=_in_range,
    because=f"where {_WEAK_ENOUGH} and at least {MIN_LIVING} weights live",
    instead="Use row_flow for stronger ℓ1, and where fewer weights live.",
)


@dataclass(frozen=True, eq=False)
class MeanField:
    """A wide Gaussian row at the requested times; all arrays have shape (T,) and are read-only.

    Attributes
    ----------
    time : ndarray
        Flow times.
    l1_norm, squared_norm, fourth_power_sum, nonzero_count : ndarray
        ‖w‖₁, N, ‖w‖₄⁴ and m' (not rounded).
    scaled_threshold : ndarray
        x, in standard deviations of the initial weights.
    """

    time: FloatArray
    l1_norm: FloatArray
    squared_norm: FloatArray
    fourth_power_sum: FloatArray
    nonzero_count: FloatArray
    scaled_threshold: FloatArray

    def __post_init__(self) -> None:
        for value in vars(self).values():
            value.setflags(write=False)


@claim(
    Kind.LEADING_ORDER,
    MEAN_FIELD,
    says="r' = r(1 − r²) − Λκ(θ), θ' = Λ/r, with Λ = λ√m, for any Λ and initial scale",
    source="universal_curve: Any penalty and any scale",
    note="means over Gaussian rows: ‖w‖₁, N and m' within 2/m' of it, ‖w‖₄⁴ within 11/(m' + 11)",
    error=mean_field_error,
)
def mean_field(
    time: ArrayLike, *, n_neurons: int, l1_strength: float, scale: float = 1.0
) -> MeanField:
    r"""Integrate a wide Gaussian row for any λ√m and any initial scale.

    Only Λ = λ√m and the scale s matter: :math:`r' = r(1-r^2) - \Lambda\kappa(\theta)`,
    :math:`\theta' = \Lambda/r`, r(0) = s, with κ = G₁/√G₂ on the universal curve; equivalently
    q' = 2(s²G₂(x) − q), x' = (Λ/s)√q.

    Parameters
    ----------
    time : array (T,)
        t: flow time, flow units; ≥ 0.
        Strictly increasing.
    n_neurons : int
        m: number of neurons (columns); whole, ≥ 10.
    l1_strength : float
        λ: ℓ1 strength, flow units; in [0, 25].
        Such that Λ max(1, 1/s) ≤ 25.
    scale : float
        s: initial standard deviation times √m; in [0.001, 1000].
        1 in the paper.

    Returns
    -------
    MeanField
        To about 1e-9 relative; to 2e-8 where strong ℓ1, Λ/s > 10, has made the norm tiny.

    Raises
    ------
    TypeError, ValueError
        If an argument lies outside the domain, or fewer than 10 weights live at a requested time:
        the mean field retains an infinite tail, which no finite row has.

    Notes
    -----
    Kind: leading order. Source: derivations/universal_curve, “Any penalty and any scale”.

    Exact for m → ∞ at fixed Λ and s. The means of ‖w‖₁, N and m' over Gaussian rows are within
    2/m' (relative), that of ‖w‖₄⁴ within 11/(m' + 11). The mean field never dies: under strong ℓ1
    its norm falls to exp(−Λ²/4s²), then recovers by its far tail.

    Examples
    --------
    >>> from polytheory.theory.sparsification import mean_field
    >>> run = mean_field([0.0, 1.0, 10.0], n_neurons=10_000, l1_strength=0.01)
    >>> run.nonzero_count.round(1).tolist()
    [10000.0, 3862.5, 157.2]
    """
    t = _checks.increasing_times(time)
    given = {"n_neurons": n_neurons, "l1_strength": l1_strength, "scale": scale}
    for name, value in zip(given, MEAN_FIELD.check(**given), strict=True):
        if value.ndim:
            raise _checks.refuse_value(name, _checks.shown(value), "a single number")
    m, lam, s = map(float, given.values())
    r, theta = _states(t, lam * np.sqrt(m), s)
    count = m * on_curve("nonzero_count", theta)
    words = f"early enough that at least {MIN_LIVING} weights live"
    _checks.require("time", t, count >= _MIN_LIVING, words, "Use row_flow where fewer live.")
    return MeanField(
        time=t,
        l1_norm=r * np.sqrt(m) * on_curve("l1_norm", theta),
        squared_norm=r**2,
        fourth_power_sum=r**4 / m * on_curve("fourth_power_sum", theta),
        nonzero_count=count,
        scaled_threshold=on_curve("scaled_threshold", theta),
    )


def _states(t: FloatArray, strength: float, scale: float) -> tuple[FloatArray, FloatArray]:
    """Return r and θ at increasing times."""
    from scipy.integrate import odeint  # its loop over steps is compiled, that of solve_ivp is not

    ratio = scalar_ratio()

    # Logarithms of r and of 1 + θ: both may span many orders of magnitude.
    def within(state: FloatArray) -> tuple[float, float]:
        log_r, log_growth = state.tolist()
        return math.exp(min(max(log_r, -_MAX_LOG), _MAX_LOG)), max(log_growth, 0.0)

    def rates(_: float, state: FloatArray) -> tuple[float, float]:
        r, log_growth = within(state)
        push = strength / r
        return 1.0 - r * r - push * ratio(log_growth)[0], push * math.exp(-log_growth)

    def jacobian(_: float, state: FloatArray) -> tuple[tuple[float, float], tuple[float, float]]:
        r, log_growth = within(state)
        push = strength / r
        kappa, slope = ratio(log_growth)
        drift = push * math.exp(-log_growth)
        return (push * kappa - 2.0 * r * r, -push * slope), (-drift, -drift)

    if t[-1] == 0.0:
        return np.full(1, scale), np.zeros(1)
    start, times = (math.log(scale), 0.0), t if t[0] == 0.0 else np.concatenate(([0.0], t))
    found, report = odeint(
        rates,
        start,
        times,
        Dfun=jacobian,
        tfirst=True,
        rtol=5e-14,  # of ln r, which falls to -156
        atol=1e-13,
        mxstep=_MAX_STEPS,
        full_output=True,
    )
    if report["message"] != "Integration successful.":
        raise RuntimeError(f"the mean field could not be integrated: {report['message']}")
    log_r, log_growth = found[-t.size :].T
    return np.exp(log_r), np.expm1(log_growth)
