"""All independent cases of a law together: what no single sample can show, many may."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from polytheory._checks import FloatArray
from polytheory.checking.law import Law
from polytheory.checking.observation import Observation
from polytheory.checking.observed import Observed
from polytheory.claims import Kind

__all__ = ["pooled"]

#: With fewer cases a slope is not separated from the mean.
_MIN_CASES_FOR_SLOPES = 3


def pooled(law: Law, observed: Sequence[Observed]) -> Observed | None:
    r"""Return the cases of a law with sampled observations as one comparison, if independent.

    Means: with :math:`r_i = \sum_j \hat y_{ij}/\sum_j y_{ij}` (observed over predicted, elements
    of a case may depend on each other, so that their standard errors are added) the comparison has
    one element for the mean of the :math:`r_i`, and one for each argument that varies over the
    cases, the slope of :math:`r_i` against its logarithm; for a true prediction all are 1 (one is
    added to a slope). Weights depend on predictions and sample sizes only: weights from estimated
    errors would favour samples that happen to be low. So would leaving out those that happen to be
    constant.

    Proportions and counts: the sums of events and trials, of one element per case. At one event or
    more from the mean, the tail of a sum of binomial variables is at most that of the binomial
    distribution of the mean probability (Hoeffding, 1956). A level of 1e-3 is reached nearer only
    if a mean of μ < 5e-4 was predicted, where the tail of one event or more is at most μ, and the
    binomial one less by no more than a share μ/2.

    Parameters
    ----------
    law : Law
    observed : sequence of Observed

    Returns
    -------
    Observed or None
        With an empty case. None for bounds and laws judged by refinement, for observations that
        are not sampled, and unless every case has a seed of its own.
    """
    if law.kind is Kind.BOUND or len(observed) < 2 or not _independent(observed):
        return None
    if any(each.refined is not None or not each.seen.sampled for each in observed):
        return None
    if all(each.seen.trials is not None for each in observed):
        return _events(observed, trials=True)
    if all(each.seen.exposure is not None for each in observed):
        return _events(observed, trials=False)
    if any(each.seen.trials is not None or each.seen.exposure is not None for each in observed):
        return None
    return _means(observed, slopes=law.band is None)


def _if_claimed(observed: Sequence[Observed], error: FloatArray) -> FloatArray | None:
    return None if observed[0].claimed is None else error


def _independent(observed: Sequence[Observed]) -> bool:
    seeds = [each.case.get("seed") for each in observed]
    return None not in seeds and len(set(seeds)) == len(seeds)


def _events(observed: Sequence[Observed], *, trials: bool) -> Observed:
    """Return the sums of events and trials, with the mean probability."""
    probability, size, events, bias, claimed = [], [], [], [], []
    for each in observed:
        seen = each.seen
        units = np.asarray(seen.trials if trials else seen.exposure)
        value = np.broadcast_to(each.predicted, seen.value.shape)
        # The element that tells most: chosen by the prediction, not by what was seen.
        at = int(np.argmax(units * value * ((1.0 - value) if trials else 1.0)))
        probability.append(value.flat[at])
        size.append(units.flat[at])
        events.append(np.rint(seen.value.flat[at] * units.flat[at]))
        bias.append(np.broadcast_to(seen.bias, value.shape).flat[at])
        claimed.append(0.0 if each.claimed is None else each.claimed.flat[at])
    share = np.asarray(size) / np.sum(size)
    make = Observation.proportion if trials else Observation.count
    seen = make(np.sum(events), np.sum(size), float(share @ bias))
    mean = np.asarray(share @ probability)
    error = share * probability @ claimed / mean if mean > 0 else 0.0
    return Observed({}, mean, seen, _if_claimed(observed, np.asarray(error)), pooled=True)


def _means(observed: Sequence[Observed], *, slopes: bool) -> Observed | None:
    """Return the mean ratio of observed to predicted and, if wanted, its slopes."""
    told = [each for each in observed if np.any(each.predicted)]
    if len(told) < 2 or not any(np.any(each.seen.error > 0) for each in told):
        return None
    ratio, error, bias, claimed = np.array([_ratio(each) for each in told]).T
    degrees = np.array([each.seen.degrees for each in told])
    weights = _contrasts(told, degrees)[: None if slopes else 1]
    variance = weights**2 * error**2
    total = variance.sum(axis=1)
    effective = total**2 / (variance**2 / degrees).sum(axis=1).clip(1e-300)
    size = np.abs(weights)  # a bias may have another sign in each case
    seen = Observation(
        1.0 + weights @ (ratio - 1.0),
        np.sqrt(total),
        f"{len(told)} independent cases together",
        size @ bias,
        sampled=True,
        degrees=float(effective.min()),
    )
    claim = _if_claimed(observed, size @ claimed)
    return Observed({}, np.ones_like(seen.value), seen, claim, pooled=True)


def _ratio(each: Observed) -> tuple[float, float, float, float]:
    """Return the ratio of sums of one case, its standard error, bias and claimed error."""
    value = np.broadcast_to(each.predicted, each.seen.value.shape)
    size = np.abs(value)
    total = size.sum()
    ratio = (np.sign(value) * each.seen.value).sum() / total
    error = np.broadcast_to(each.seen.error, value.shape).sum() / total
    bias = np.broadcast_to(each.seen.bias, value.shape).sum() / total
    claimed = 0.0 if each.claimed is None else (each.claimed * size).sum() / total
    return float(ratio), float(error), float(bias), float(claimed)


def _contrasts(told: Sequence[Observed], degrees: FloatArray) -> FloatArray:
    """Return (1 + K, C): the weights of the mean, and of K slopes, in the ratios of C cases."""
    known = np.isfinite(degrees).all()
    size = degrees + 1.0 if known else np.ones(len(told))
    rows = [size / size.sum()]
    if len(told) >= _MIN_CASES_FOR_SLOPES:
        for name in told[0].case:
            values = np.array([each.case[name] for each in told], float)
            if name == "seed" or (values <= 0).any():
                continue
            x = np.log(values)
            x = x - rows[0] @ x
            spread = (size * x**2).sum()
            if spread > 1e-12 * size.sum():
                rows.append(size * x / spread)
    return np.array(rows)
