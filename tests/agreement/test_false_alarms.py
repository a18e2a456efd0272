"""Chance makes a run fail no more often than it says."""

from collections import defaultdict

import numpy as np
import pytest
from scipy import stats
from scipy.special import ndtri

from polytheory import CATALOGUE, Domain, Kind, Law, Observation, verify
from polytheory.compare import FALSE_ALARM
from polytheory.verification import LawReport, Verification


def off_by_chance(name: str, p_value: float) -> Law:
    """Return a law whose observation is off by so many standard errors that this is its p-value."""
    off = -float(ndtri(p_value / 2.0))
    return Law(
        name=name,
        kind=Kind.STATISTICAL,
        domain=Domain({}),
        predict=lambda: 100.0,
        observe=lambda: Observation(100.0 + off, 1.0, "an instrument"),
        draws=1,
    )


EXACT = Law(
    name="exact",
    kind=Kind.EXACT,
    domain=Domain({}),
    predict=lambda: 1.0,
    observe=lambda: 1.0,
    draws=1,
)


def holding(result: Verification) -> list[str]:
    return [each.name for each in result.reports if each.holds]


def test_the_level_is_shared_among_the_laws() -> None:
    # Of four laws one may be off by chance with p = 1e-3/4; alone with p = 1e-3.
    chance = off_by_chance("chance", 0.9 * FALSE_ALARM)
    assert holding(verify([chance])) == []
    others = [off_by_chance(f"other {k}", 0.5) for k in range(3)]
    assert len(holding(verify([chance, *others]))) == 4
    worse = off_by_chance("worse", 0.9 * FALSE_ALARM / 4)
    assert len(holding(verify([worse, *others]))) == 3


def test_laws_without_chance_take_no_share() -> None:
    chance = off_by_chance("chance", 0.9 * FALSE_ALARM)
    assert holding(verify([EXACT, chance])) == ["exact"]


def test_what_has_failed_takes_no_share_of_the_rest() -> None:
    # Holm: after the first of two, the second is judged at 1e-3; Bonferroni stops at 5e-4.
    first, second = off_by_chance("first", 1e-9), off_by_chance("second", 0.9 * FALSE_ALARM)
    assert holding(verify([off_by_chance("other", 0.5), second])) == ["other", "second"]
    assert holding(verify([second, first])) == []


def test_each_element_counts() -> None:
    def law(off: float, size: int) -> Law:
        seen = 100.0 + off * (np.arange(size) == 0)
        return Law(
            name="several",
            kind=Kind.STATISTICAL,
            domain=Domain({}),
            predict=lambda: np.full(size, 100.0),
            observe=lambda: Observation(seen, np.ones(size), "an instrument"),
            draws=1,
        )

    off = -float(ndtri(0.9 * FALSE_ALARM / 2.0))
    assert not verify([law(off, 1)]).holds
    assert verify([law(off, 2)]).holds
    assert not verify([law(-float(ndtri(0.9 * FALSE_ALARM / 4.0)), 2)]).holds


#: Seeds of the catalogue in the slow test, and the failures that chance allows: at a rate of 1 in
#: 1,000 runs, more than 2 of 200 have a probability of 1e-3.
SEEDS, MAX_FAILURES = 200, 2


#: Laws of a plain mean without a stated bias: their p-values are uniform.
MEANS = (
    "initial_feature_benefit",
    "initial_interference",
    "initial_interference_square",
    "initial_regularization",
    "initial_norm_speed",
    "expected_polysemantic_independent",
    "fourth_power_sum_of_random_rows",
    "initial_inverse_participation_ratio_slope",
    "gaussian_noise_in_the_flow",
)


def single_p_values(report: LawReport) -> list[float]:
    """Return a p-value per case, which is not below a uniform one if the law is true."""
    return [
        min(1.0, each.p_value * each.observed.size)
        for each in report.compared
        if each.p_value is not None
    ]


@pytest.mark.slow
def test_random_seeds_fail_no_more_often_than_stated() -> None:
    sampled = [
        law.name
        for law, report in zip(CATALOGUE, verify().reports, strict=True)
        if report.verdict is not None and report.verdict.p_value is not None
    ]
    assert len(sampled) > 10
    failures, found = 0, defaultdict[str, list[float]](list)
    for seed in range(SEEDS):
        result = verify(sampled, rng=seed)
        failures += bool(result.failed)
        for report in result.reports:
            found[report.name] += single_p_values(report)
    assert failures <= MAX_FAILURES
    assert set(MEANS) <= set(found)
    level = FALSE_ALARM / len(found)
    for name, each in found.items():
        if name in MEANS:
            assert stats.kstest(each, "uniform").pvalue > level, name
        # Bands, stated errors and counts make p-values larger, and must not make them smaller.
        for share in (0.5, 0.1, 0.02):
            below = int(np.count_nonzero(np.asarray(each) <= share))
            chance = stats.binomtest(below, len(each), share, alternative="greater").pvalue
            assert chance > level / 3, (name, share)
