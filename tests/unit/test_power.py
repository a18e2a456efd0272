"""The power of a verdict, where it is known what it must be."""

from typing import Any

import numpy as np
import pytest
from scipy.special import stdtrit

from polytheory import Domain, Interval, Kind, Law, Observation, verify
from polytheory.checking import mean_of
from polytheory.checking.observed import Observed, observe_case
from polytheory.checking.pooled import pooled
from polytheory.checking.tails import p_values
from polytheory.domain import whole
from polytheory.power import Power, power_of

CASES = [{"x": x, "seed": k} for k, x in enumerate((0.5, 1.0, 2.0, 4.0))]
# The smallest change is found to a factor of 10^(1/16) = 1.15.
FOUND = 0.15


def line(observe: Any, kind: Kind = Kind.EXACT, **how: Any) -> Law:
    domain = Domain({"x": Interval(0.1, 10.0), "seed": whole(0, 10**9)})
    return Law(name="line", kind=kind, domain=domain, observe=observe, **how)


def power(law: Law, level: float = 1e-3) -> Power:
    return power_of(law, [observe_case(law, case) for case in CASES], level)


def identity(x: float, **_: float) -> float:
    return x


@pytest.mark.parametrize("error", [1e-9, 1e-4, 0.01])
def test_an_exact_law_notices_the_error_of_its_best_observation(error: float) -> None:
    law = line(lambda x, **_: Observation(x, error, "stated"), predict=identity)
    seen = power(law)
    largest = max(case["x"] for case in CASES)
    # Downwards x(1 − 1/(1 + ε)) = error, and upwards x ε.
    assert seen.lower == pytest.approx(error / largest, rel=FOUND)
    assert seen.higher == pytest.approx(error / largest, rel=FOUND)
    # (x/x̄)^δ at x = 4, x̄ = √2: 4 δ ln √8.
    assert seen.exponents == {"x": pytest.approx(error / (4.0 * np.log(8.0**0.5)), rel=FOUND)}


def test_samples_of_independent_cases_are_pooled() -> None:
    def observe(x: float, **_: float) -> Observation:
        return Observation(x, 0.01 * x, "known", sampled=True)

    seen = power(line(observe, Kind.STATISTICAL, predict=identity), level=1e-3)
    # Four cases, their mean and slope: six comparisons.
    z = -stdtrit(1e15, 1e-3 / 6.0 / 2.0)
    assert seen.higher == pytest.approx(z * 0.01 / np.sqrt(4.0), rel=FOUND)
    apart = line(observe, Kind.STATISTICAL, predict=identity)
    one = power_of(apart, [observe_case(apart, CASES[0])], 1e-3 / 6.0)
    assert one.higher == pytest.approx(2.0 * seen.higher, rel=2.0 * FOUND)


def test_a_slope_of_the_samples_is_noticed_where_no_single_case_could() -> None:
    cases = [{"x": float(x), "seed": k} for k, x in enumerate(np.geomspace(0.1, 10.0, 40))]

    def observe(x: float, **_: float) -> Observation:
        return Observation(x, 0.05 * x, "known", sampled=True)

    law = line(observe, Kind.STATISTICAL, predict=identity)
    observed = [observe_case(law, case) for case in cases]
    spread = np.log([case["x"] for case in cases]).std()
    z = -stdtrit(1e15, 1e-3 / 42.0 / 2.0)
    found = power_of(law, observed).exponents["x"]
    # To leading order in δ the slope is δ and its standard error 0.05/(√40 spread).
    assert found == pytest.approx(z * 0.05 / np.sqrt(40.0) / spread, rel=0.2)
    alone = z * 0.05 / np.log(10.0)  # the largest x is ten times the mean
    assert found < alone


def test_a_bound_notices_an_end_that_is_no_longer_tight() -> None:
    law = line(
        lambda x, **_: x,
        Kind.BOUND,
        predict=lambda x, **_: (x, None),
        tight=0.1,
    )
    seen = power(law)
    assert seen.higher < 1e-10  # raised above what is observed
    assert seen.lower == pytest.approx(1.0 / 0.9 - 1.0, rel=FOUND)  # lowered: out of reach


def test_an_order_of_convergence_notices_a_wrong_constant() -> None:
    law = line(
        lambda x, **_: Observation(x * (1.0 + x**2), 0.0, "exact"),
        Kind.LEADING_ORDER,
        predict=identity,
        cases=Domain({"x": Interval(0.1, 0.2), "seed": whole(0, 10**9)}),
        small="x",
        order=2.0,
        refined_to=0.01,
    )
    observed = [observe_case(law, {"x": 0.2, "seed": 1})]
    assert power_of(law, observed).relative < 0.04  # the error itself is 0.04


def test_a_prediction_of_zero_has_no_factor() -> None:
    law = line(lambda **_: Observation(0.0, 1e-9, "stated"), predict=lambda x, **_: 0.0 * x)
    assert power(law).relative == np.inf
    assert "more than a factor of 10" in power(law).words()


def test_a_vacuous_check_has_no_power() -> None:
    law = line(lambda x, **_: Observation(x, 0.4 * x, "a very bad one"), predict=identity)
    assert power(law).relative > 0.4


def test_verify_finds_it_on_request_only() -> None:
    law = line(lambda x, **_: Observation(x, 1e-6, "stated"), predict=identity, power=1e-5)
    assert verify(law).reports[0].power is None
    report = verify(law, power=True).reports[0]
    assert report.power is not None
    assert 1e-8 < report.power.relative < 1e-4
    assert "power" in verify(law, power=True).to_dict()["laws"][0]


def test_a_law_that_fails_has_none() -> None:
    law = line(lambda x, **_: Observation(2.0 * x, 1e-6, "stated"), predict=identity)
    assert verify(law, power=True).reports[0].power is None


@pytest.mark.parametrize("power", [0.0, -1.0, 100.0, np.nan, "much"])
def test_bad_power(power: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="power"):
        line(identity, predict=identity, power=power)


# --- pooling --------------------------------------------------------------------------------------

STATISTICAL = line(identity, Kind.STATISTICAL, predict=identity)


def gaussian(rng: np.random.Generator, mean: float) -> Observation:
    return mean_of(rng.normal(mean, 0.5 * mean, 10))


def counts(rng: np.random.Generator, mean: float) -> Observation:
    return mean_of(rng.poisson(mean, 24))  # few and skewed: a low mean has a small error


def skewed(rng: np.random.Generator, mean: float) -> Observation:
    return mean_of(rng.exponential(mean, 30))


def dependent(rng: np.random.Generator, mean: float) -> Observation:
    same = rng.normal(mean, 0.5 * mean, 20)
    one = mean_of(same)
    factor = np.array([1.0, 1.0, 2.0])
    return Observation(factor * one.value, factor * one.error, "", sampled=True, degrees=19)


def shares(rng: np.random.Generator, mean: float) -> Observation:
    return Observation.proportion(rng.binomial(50, mean / 8.0), 50)


def rates(rng: np.random.Generator, mean: float) -> Observation:
    return Observation.count(rng.poisson(10.0 * mean), 10.0)


MEANS = {gaussian: 1.0, counts: 1.0, skewed: 1.0, rates: 1.0, shares: 1 / 8}
MEANS |= {dependent: np.array([1.0, 1.0, 2.0])}


@pytest.mark.parametrize("sample", MEANS, ids=lambda each: each.__name__)
def test_true_laws_are_refuted_as_rarely_as_stated(sample: Any) -> None:
    rng = np.random.default_rng(5)
    refuted = []
    for _ in range(1000):
        observed = [
            Observed({"x": x, "seed": seed}, np.asarray(x * MEANS[sample]), sample(rng, x))
            for seed, x in enumerate((1.0, 2.0, 4.0, 3.0, 2.5))
        ]
        together = pooled(STATISTICAL, observed)
        assert together is not None
        refuted.append(p_values(together.predicted, together.seen) < 0.05)
    # 1000 sets give a share of 5 % to 0.7 %; a Student variable of skewed samples is off by 1 %.
    assert (np.mean(refuted, axis=0) < 0.05 + 3.0 * 0.007 + 0.01).all()
    assert (np.mean(refuted, axis=0) > 0.003).all()  # tails of counts are steps, not far below


def test_samples_that_happen_to_be_constant_count_too() -> None:
    # A third of the samples of 20 have no event: the mean of the others is too high by a half.
    rng = np.random.default_rng(6)
    observed = [
        Observed({"seed": seed}, np.asarray(0.05), mean_of(1.0 * (rng.random(20) < 0.05)))
        for seed in range(400)
    ]
    together = pooled(STATISTICAL, observed)
    assert together is not None
    # 400 events: the mean ratio is known to 5 %.
    assert float(together.seen.value[0]) == pytest.approx(1.0, abs=0.2)


def test_each_element_may_have_a_bias_of_its_own() -> None:
    one, two = np.array([0.5, 0.25]), np.array([0.1, 0.2])
    means = Observation(one, two, "known", two, sampled=True)
    shares = Observation.proportion([50, 25], 100, two)
    for seen, bias in ((means, 0.3 / 0.75), (shares, 0.1)):  # the largest share tells most
        observed = [Observed({"seed": k}, one, seen) for k in range(2)]
        together = pooled(STATISTICAL, observed)
        assert together is not None
        assert np.asarray(together.seen.bias).item() == pytest.approx(bias)


def test_cases_of_one_seed_or_without_one_are_not_pooled() -> None:
    seen = Observation(1.0, 0.1, "known", sampled=True)
    one = np.asarray(1.0)
    assert pooled(STATISTICAL, [Observed({"x": 1.0, "seed": k}, one, seen) for k in (1, 2)])
    assert not pooled(STATISTICAL, [Observed({"x": 1.0, "seed": 1}, one, seen)] * 2)
    assert not pooled(STATISTICAL, [Observed({"x": x}, one, seen) for x in (1.0, 2.0)])
    assert not pooled(STATISTICAL, [Observed({"x": 1.0, "seed": 1}, one, seen)])


def test_what_all_cases_together_refute_fails_and_is_replayed_as_a_whole() -> None:
    def observe(x: float, **_: float) -> Observation:
        return Observation(1.1 * x, 0.05 * x, "known", sampled=True)  # two standard errors

    report = verify(line(observe, Kind.STATISTICAL, predict=identity, draws=20)).reports[0]
    assert report.outcome == "FAILS"
    assert report.verdict is not None
    assert report.verdict.pooled
    assert "20 independent cases together" in report.verdict.reason
    assert report.replay == ""
    alone = verify(line(observe, Kind.STATISTICAL, predict=identity, draws=1))
    assert alone.holds
