"""Checks of carriers: fixed points, collapse, and two features on one neuron."""

from dataclasses import replace
from typing import Any

import numpy as np

from polytheory._checks import MAX_VALUE, FloatArray
from polytheory.checking import (
    Law,
    Observation,
    bisected,
    halved,
    instead,
    judged,
    rest,
)
from polytheory.claims import Claim, Domain, Interval, Kind
from polytheory.flow.plain import integrate
from polytheory.flow.row import row_flow
from polytheory.model import noise_free_force
from polytheory.theory import fixed_points as closed


def _resting_carrier(l1_strength: float, time: float = 2000.0) -> Observation:
    """Simulate a lone weight from size 1 to rest.

    It converges like 1/t at the critical strength and exponentially elsewhere: in both cases twice
    the last change bounds the remaining one.
    """
    half, full = rest(np.array([1.0]), l1_strength, time)
    error = 2.0 * np.abs(full - half) + 1e-14
    return Observation(full[0], error[0], "twice the change over the second half of the run")


def _watershed(l1_strength: float) -> Observation:
    """Bisect for the size above which a lone weight grows and below which it shrinks."""

    def shrinks(x: float) -> Any:
        return rest(np.array([x]), l1_strength, 0.5)[-1, 0] <= x

    _, high = bisected(shrinks, 0.0, 1.0 / np.sqrt(3.0))
    # Where the force changes sign at a slope s, rounding hides |x| < eps/s; at a double root √eps.
    slope = 1.0 - 3.0 * high**2
    hidden = min(1e-14 / max(slope, 1e-300), 1e-7)
    return Observation(high, hidden, "rounding of the force at its zero")


def _last_surviving_strength(n_equal: int) -> Observation:
    """Bisect for the strength above which a row of equal weights shrinks at every size.

    Equal weights stay equal: their common size moves on a line, so that the row dies unless it does
    not shrink at some size.
    """
    spacing = 5e-4
    sizes = np.arange(0.4, 0.8, spacing)
    rows = np.repeat(sizes[:, None] / np.sqrt(n_equal), n_equal, axis=1)

    def survives(strength: float) -> Any:
        return (rest(rows, strength, 0.5)[-1] >= rows).any()

    low, high = bisected(survives, 0.0, 1.0, halvings=24)
    # The force is quadratic about its largest value, whose relative curvature is −9.
    error = low * 9.0 * (spacing / 2.0) ** 2 / 2.0 + (high - low)
    return Observation(low, error, "the spacing of the sizes")


def _pair_flow(
    first_weight: float, second_weight: float, l1_strength: float, time: float
) -> Observation:
    """Simulate the weights of two features on one neuron in the full model."""
    initial = np.array([[first_weight], [second_weight]])

    def simulate(step: float) -> FloatArray:
        return integrate(
            noise_free_force,
            initial,
            l1_strength=l1_strength,
            time=np.array([time]),
            step=step,
            method="strang",
        )[-1, :, 0]

    seen = halved(simulate)
    # The prediction follows the reduction, to about 1e-11.
    return replace(seen, error=seen.error + 1e-11)


def _same_sign(
    first_weight: float, second_weight: float, l1_strength: float, time: float
) -> FloatArray:
    run = row_flow([first_weight, second_weight], l1_strength=l1_strength, time=[time])
    return np.asarray(run.weights()[-1])


def _opposite_sign(
    first_weight: float, second_weight: float, l1_strength: float, time: float
) -> FloatArray:
    run = row_flow([[first_weight], [-second_weight]], l1_strength=l1_strength, time=[time])
    return np.asarray(run.weights()[-1, :, 0])


_WEIGHT, _FROM_ZERO = Interval(1 / MAX_VALUE, MAX_VALUE), Interval(0.0, MAX_VALUE)
_TWO = Domain(
    {
        "first_weight": _WEIGHT,
        "second_weight": _WEIGHT,
        "l1_strength": _FROM_ZERO,
        "time": _FROM_ZERO,
    }
)
_PAIR = Domain(
    {
        "first_weight": Interval(0.05, 1.2),
        "second_weight": Interval(0.05, 1.2),
        "l1_strength": Interval(0.0, 0.2),
        "time": Interval(0.1, 30.0),
    }
)


def _collision(name: str, says: str, section: str, note: str = "", **how: Any) -> Law:
    """Return the law of two features on one neuron."""
    source = f"fixed_points: {section}"
    claim = Claim(name=name, kind=Kind.EXACT, domain=_TWO, says=says, source=source, note=note)
    why = "fixed steps: late times need many, large weights and strong penalties short ones"
    return judged(
        claim,
        cases=_PAIR,
        why=why,
        not_compared="two flows, neither of which has a closed form",
        **how,
    )


LAWS = (
    judged(
        closed.carrier_amplitude,
        observe=_resting_carrier,
        wrong=[
            instead("the other root", closed.unstable_amplitude),
            instead("the expansion as exact", closed.carrier_amplitude_expansion),
        ],
    ),
    judged(closed.unstable_amplitude, observe=_watershed),
    judged(
        closed.critical_l1,
        observe=_last_surviving_strength,
        cases=Domain({"n_equal": Interval(1, 16, integer=True)}),
        draws=4,
        why="k equal weights move as one of size ‖w‖ under λ√k: larger k adds nothing",
        wrong=[instead("1/k for 1/√k", lambda n_equal: 0.3849 / n_equal)],
    ),
    judged(
        closed.carrier_amplitude_expansion,
        observe=lambda l1_strength: _resting_carrier(l1_strength, time=60.0),
        cases=Domain({"l1_strength": Interval(1e-3, 0.05, log=True)}),
        why="the order is measured at small λ",
        small="l1_strength",
        order=2.0,
    ),
    _collision(
        "same_sign_collision",
        "two features of the same sign on one neuron move as one row; under ℓ1 the smaller dies",
        "Two features of the same sign on one neuron",
        note="equal weights stay equal, and the larger may die too; without ℓ1 both survive",
        predict=_same_sign,
        observe=_pair_flow,
    ),
    _collision(
        "opposite_sign_collision",
        "two features of opposite signs on one neuron move as two independent rows",
        "Opposite signs",
        predict=_opposite_sign,
        observe=lambda second_weight, **case: _pair_flow(second_weight=-second_weight, **case),
    ),
)
