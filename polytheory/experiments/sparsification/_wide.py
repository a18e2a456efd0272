"""What the figures of wide rows share: where a run starts and ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from polytheory import _checks
from polytheory.theory.sparsification import (
    CURVE,
)

if TYPE_CHECKING:
    pass

#: A row counts as wide on the curve while so many weights live; later it is left to itself.
FEWEST = 10
#: A run starts at θ = λ√m t = 0.01, where 1 % of the weights have died, and ends at λt = 6, which
#: one row in a thousand outlives with more than one weight.
START, END = 0.01, 6.0


def check_setting(n_neurons: Any, l1_strength: Any) -> tuple[int, float]:
    """Return m and λ > 0 where the universal curve holds at the start."""
    m = _checks.integer("n_neurons", n_neurons, minimum=FEWEST)
    lam = _checks.scalar("l1_strength", l1_strength, low=1e-30)
    CURVE.check(time=0.0, n_neurons=m, l1_strength=lam)
    return m, lam
