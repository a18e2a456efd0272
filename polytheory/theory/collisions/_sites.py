"""Domains of the numbers of features and neurons, shared by the null models."""

from typing import Any

from polytheory._checks import FloatArray
from polytheory.domain import Domain, Interval, whole

#: Whole numbers up to here, and their small multiples, are exact in double precision.
MAX_SIZE = 1e15
_SIZES = {"n_features": whole(1, MAX_SIZE), "n_neurons": whole(1, MAX_SIZE)}


def fits(n_features: FloatArray, n_neurons: FloatArray, **_: Any) -> Any:
    """Return whether there is a signed site for every feature."""
    return n_features <= 2.0 * n_neurons


def _exclusive(**more: Interval) -> Domain:
    return Domain(
        more | _SIZES,
        where=fits,
        because="such that n_features ≤ 2 n_neurons",
        instead="A neuron has two signed sites: one-hot states cannot hold more features.",
    )


#: The width alone.
NEURONS = Domain({"n_neurons": whole(1, MAX_SIZE)})
#: Features that choose sites independently: any number.
FEATURES = Domain(_SIZES)
#: Features that exclude one another.
SITES = _exclusive()
DOMAINS = {"exclusion": SITES, "paper": SITES, "independent": FEATURES}
_COUNT = whole(-MAX_SIZE, MAX_SIZE)
#: The same with any number of polysemantic neurons.
COUNT_DOMAINS = {
    "exclusion": _exclusive(count=_COUNT),
    "independent": Domain({"count": _COUNT} | _SIZES),
}
