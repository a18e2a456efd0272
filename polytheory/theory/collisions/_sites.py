"""How many features on how many neurons: the domains that the collision laws share."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from polytheory._checks import FloatArray
from polytheory.domain import Domain, Interval

#: Whole numbers up to here, and their small multiples, are exact in double precision.
MOST = 1e15
_COUNT = Interval(1, MOST, integer=True)
_SIZES = {"n_features": _COUNT, "n_neurons": _COUNT}


def fits(n_features: FloatArray, n_neurons: FloatArray) -> Any:
    """Return whether every feature finds a signed site of its own."""
    return n_features <= 2.0 * n_neurons


#: Features that choose sites independently: any number of them.
FEATURES = Domain(_SIZES)
#: Features that exclude one another.
SITES = Domain(
    _SIZES,
    where=fits,
    because="such that n_features ≤ 2 n_neurons",
    instead="There are two signed sites a neuron: one-hot states cannot hold more features.",
)
DOMAINS = {"exclusion": SITES, "paper": SITES, "independent": FEATURES}


def checked(law: str, n_features: ArrayLike, n_neurons: ArrayLike) -> list[FloatArray]:
    """Return both numbers, broadcast together, if the law allows them."""
    given = DOMAINS[law].check(n_features=n_features, n_neurons=n_neurons)
    return list(np.broadcast_arrays(*given))
