"""A run of several laws, which is the same every time and whatever is run with it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from polytheory import CATALOGUE, Domain, Interval, Kind, Law, Verification, verify
from polytheory._defaults import DEFAULT_SEED
from polytheory.verification import LawReport, longest_first

#: Laws of every kind that are judged in a second or so; `polytheory verify` in .ci/run judges all,
#: and test_catalogue.py each by itself.
QUICK = (
    "flow_units",
    "growth_threshold",
    "l1_speed",
    "squared_norm_speed",
    "inverse_l1_speed",
    "squared_cv",
    "completion_time",
    "nonzero_count",
    "carrier_amplitude",
    "initial_interference",
)


@pytest.fixture(scope="module")
def several() -> Verification:
    return verify(named(*QUICK), workers=1)


def named(*names: str) -> list[Law]:
    return [next(law for law in CATALOGUE if law.name == name) for name in names]


def without_clock(report: LawReport) -> LawReport:
    return replace(report, seconds=0.0)


def without_clocks(result: Verification) -> list[LawReport]:
    return [without_clock(report) for report in result.reports]


@pytest.mark.slow
def test_theory_algebra_and_simulation_agree() -> None:
    everything = verify()
    assert everything.holds, str(everything)
    assert [report.name for report in everything.reports] == [law.name for law in CATALOGUE]
    assert all(report.symbolic and report.verdict for report in everything.reports)
    # The list of the longest laws is not out of date: no processes wait long for the last one.
    seconds = {report.law: report.seconds for report in everything.reports}
    for processes in (2, 4, 8):
        best = max(sum(seconds.values()) / processes, *seconds.values())
        assert time_of_all(seconds, longest_first(CATALOGUE), processes) < 1.2 * best


def time_of_all(seconds: Mapping[Law, float], order: Sequence[Law], processes: int) -> float:
    """Return when processes are done that take laws one by one in this order."""
    free = [0.0] * processes
    for law in order:
        free[free.index(min(free))] += seconds[law]
    return max(free)


def test_a_long_law_at_the_end_keeps_the_others_waiting() -> None:
    longest = longest_first(CATALOGUE)[0]
    seconds = {law: 10.0 if law is longest else 0.1 for law in CATALOGUE}
    assert time_of_all(seconds, longest_first(CATALOGUE), 4) == 10.0
    assert time_of_all(seconds, longest_first(CATALOGUE)[::-1], 4) > 1.2 * 10.0


def test_the_same_seed_gives_the_same_result(several: Verification) -> None:
    # Four laws with random rows; a law has its own stream, so the others change nothing.
    some = named(
        "l1_speed", "squared_cv", "completion_time", "nonzero_count"
    )  # in the order of QUICK
    again = verify(some, rng=DEFAULT_SEED)
    before = [r for r in several.reports if r.name in {law.name for law in some}]
    for one, other in zip(again.reports, before, strict=True):
        assert one.name == other.name
        for a, b in zip(one.compared, other.compared, strict=True):
            assert a.case == b.case
            assert np.array_equal(a.observed, b.observed)
            # The tolerance of a sample depends on how many laws share the false-alarm rate.
            assert np.array_equal(a.off, b.off)
    assert again.versions == several.versions
    assert without_clocks(verify(some, rng=DEFAULT_SEED)) == without_clocks(again)


def test_another_seed_draws_other_cases() -> None:
    laws = named("flow_units")
    assert without_clocks(verify(laws, rng=0)) != without_clocks(verify(laws, rng=1))


@pytest.mark.parametrize(
    "rng",
    [np.random.SeedSequence(3), np.random.SeedSequence(3).spawn(1)[0], np.random.default_rng(3)],
    ids=["sequence", "spawned", "generator"],
)
def test_the_integer_that_is_kept_draws_the_same_cases(rng: Any) -> None:
    laws = named("flow_units")
    seen = verify(laws, rng=rng)
    assert without_clocks(verify(laws, rng=seen.seed)) == without_clocks(seen)
    assert without_clocks(verify(laws, rng=4)) != without_clocks(seen)


def test_without_a_seed_each_call_draws_other_cases() -> None:
    laws = named("flow_units")
    first, second = verify(laws, rng=None), verify(laws, rng=None)
    assert first.seed != second.seed
    assert without_clocks(first) != without_clocks(second)


def test_a_law_fares_the_same_alone_and_in_any_company(several: Verification) -> None:
    names = ["squared_norm_speed", "growth_threshold", "l1_speed"]  # not in the catalogue's order
    alone = without_clocks(verify(named(*names)))
    together = {report.name: report for report in without_clocks(several)}
    assert alone == [together[name] for name in names]


def test_each_report_is_handed_over_when_it_is_there() -> None:
    seen: list[LawReport] = []
    result = verify(named("growth_threshold", "l1_speed"), on_report=seen.append)
    assert tuple(seen) == result.reports


def strict_json(result: Verification) -> Any:
    return json.loads(json.dumps(result.to_dict(), allow_nan=False))


def test_the_result_is_plain_data(several: Verification) -> None:
    data = strict_json(several)
    assert data["holds"] is True
    assert data["seed"] == DEFAULT_SEED
    assert {"polytheory", "numpy", "scipy", "sympy", "python"} == set(data["versions"])
    assert [law["name"] for law in data["laws"]] == [*QUICK]
    assert {law["outcome"] for law in data["laws"]} <= {"holds", "measured"}  # measured: empirical


def test_every_law_can_be_read_in_the_report(several: Verification) -> None:
    text = str(several)
    for law in named(*QUICK):
        assert f"{law.name} ({law.kind.value}): {law.statement}" in text
    assert f"{len(QUICK)} of {len(QUICK)} laws hold" in text
    assert len(several.reports[0].line().splitlines()) == 1


# --- and when something is wrong ------------------------------------------------------------------


def doctored() -> Law:
    (law,) = named("growth_threshold")
    return replace(law, predict=lambda **given: 1.01 * law.predict(**given))


def test_one_failing_law_fails_the_run() -> None:
    result = verify([*named("l1_speed"), doctored()])
    assert not result.holds
    assert [report.holds for report in result.reports] == [True, False]
    assert "1 of 2 laws hold; not: growth_threshold" in str(result)
    assert strict_json(result)["laws"][1]["outcome"] == "FAILS"


def test_a_failing_law_says_where() -> None:
    result = verify([doctored()])
    verdict = result.reports[0].verdict
    assert verdict is not None
    assert verdict.disagreement > verdict.tolerance
    for parameter in verdict.worst:
        assert f"{parameter}=" in str(result)


def toy(**changes: Any) -> Law:
    given = {
        "name": "toy",
        "kind": Kind.EXACT,
        "statement": "y = x",
        "domain": Domain({"x": Interval(1, 2)}),
        "predict": lambda x: x,
        "observe": lambda x: x,
        "source": "none",
    }
    return Law(**given | changes)


def anything_goes(**_: float) -> tuple[float, float]:
    return -np.inf, np.inf


def test_a_result_without_a_finite_disagreement_is_plain_data_too() -> None:
    result = verify([toy(kind=Kind.BOUND, tight=0.1, predict=anything_goes)])
    assert not strict_json(result)["holds"]


def test_the_error_of_a_law_is_plain_data() -> None:
    result = verify([toy(observe=lambda x: x + "1")])
    assert strict_json(result)["laws"][0]["error"].startswith("TypeError: ")


def test_a_law_that_is_not_in_the_catalogue_is_judged_too() -> None:
    assert verify([toy()]).holds
    assert not verify([toy(predict=lambda x: -x)]).holds
