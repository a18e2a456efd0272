"""Every law of the catalogue holds where it says, and fails as soon as anything about it is wrong.

What is wrong with a prediction stands beside the check (``wrong=[...]``); simulations that err are
in test_wrong_simulations.py, wrong algebra with the tests of each topic.
"""

import inspect
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from polytheory import CATALOGUE, Claim, Domain, Interval, Kind, Law
from polytheory.checking.wrong import scaled
from polytheory.claims import claims_of
from polytheory.compare import ROUNDING_TOLERANCE
from polytheory.laws import law as named
from polytheory.laws import refuse_incomplete
from polytheory.theory import predictors
from polytheory.theory.sparsification.completion import check as completion_check
from polytheory.verification import LawReport, SymbolicCheck

BY_NAME = {law.name: law for law in CATALOGUE}
NAMES = list(BY_NAME)
TWO_FORMS = [law.name for law in CATALOGUE if law.closed_form is not None]
CLAIMS = {claim.name: claim for form in predictors() for claim in claims_of(form)}
CLAIMS |= {law.name: law.claim for law in CATALOGUE if law.claim}
FORMS = {form.__name__: form for form in predictors()}

Report, Fails = Callable[..., LawReport], Callable[..., bool]
Remembered = Callable[[Law], Callable[..., Any]]


@pytest.mark.parametrize("name", NAMES)
def test_it_holds_and_would_notice_another_factor(
    name: str, report: Report, remembered: Remembered
) -> None:
    law = BY_NAME[name]
    seen = report(law, observe=remembered(law), power=True)
    assert seen.error == ""
    assert seen.holds, seen.line()
    assert seen.power is not None
    assert law.power is not None
    assert seen.power.relative <= law.power, seen.power.words()


@pytest.mark.parametrize("name", NAMES)
def test_every_wrong_variant_is_caught(name: str, fails: Fails, remembered: Remembered) -> None:
    law = BY_NAME[name]
    variants = dict(law.variants())
    assert len(variants) == len(law.wrong)
    for words, variant in variants.items():
        assert fails(variant, observe=remembered(law)), words


def test_what_agrees_to_leading_order_is_not_called_wrong(fails: Fails) -> None:
    # ‖w‖² = 1 − O(λ‖w‖₁) on the slow manifold, so the law without it is the same law.
    def unit_norm(**given: Any) -> Any:
        ratio = given["nonzero_count"] * given["squared_norm"] / given["l1_norm"] ** 2
        return given["l1_strength"] * (ratio - 1.0)

    assert not fails(BY_NAME["inverse_l1_speed"], predict=unit_norm)


# --- the algebra errs -----------------------------------------------------------------------------


def statement(law: Law) -> Any:
    assert law.symbolic is not None
    return law.symbolic()


@pytest.fixture(scope="module")
def algebra(report: Report) -> Callable[..., SymbolicCheck]:
    """Report on the algebra only: what is simulated is the number 1, which takes no time."""

    def one(**_: Any) -> float:
        return 1.0

    def judge(law: Law, **changes: Any) -> SymbolicCheck:
        judged = {"kind": Kind.EXACT, "predict": one, "observe": one}
        seen = report(law, **judged | {"closed_form": law.numpy_form} | changes)
        assert seen.error == ""
        assert seen.symbolic is not None
        assert seen.holds == seen.symbolic.holds
        return seen.symbolic

    return judge


Algebra = Callable[..., SymbolicCheck]


@pytest.mark.parametrize("name", NAMES)
def test_both_forms_are_compared_or_there_is_only_one(name: str, algebra: Algebra) -> None:
    seen = algebra(BY_NAME[name])
    assert seen.holds
    # A law says closed_form=None where the statement has no form in the law's own parameters.
    assert (seen.disagreement is None) == (BY_NAME[name].closed_form is None)


@pytest.mark.parametrize("name", NAMES)
def test_a_law_is_compared_with_its_statement_or_says_why_not(name: str) -> None:
    law = BY_NAME[name]
    compared = law.numpy_form is not None and statement(law).value is not None
    assert compared == (not law.not_compared)


# A hundred times the rounding that two right forms may differ by, and nothing that one would see.
HARDLY = 100.0 * ROUNDING_TOLERANCE


@pytest.mark.parametrize("name", TWO_FORMS)
def test_a_doctored_symbolic_value_is_caught(name: str, algebra: Algebra) -> None:
    import sympy as sp

    law = BY_NAME[name]
    right = statement(law)
    doctored = replace(right, value=right.value * (1 + sp.Float(HARDLY, 30)))
    seen = algebra(law, symbolic=lambda: doctored)
    assert seen.disagreement is not None
    assert seen.disagreement > ROUNDING_TOLERANCE
    assert not seen.holds


@pytest.mark.parametrize("name", TWO_FORMS)
def test_a_doctored_closed_form_is_caught_by_algebra(name: str, algebra: Algebra) -> None:
    law = BY_NAME[name]
    assert law.numpy_form is not None
    assert not algebra(law, closed_form=scaled(1.0 + HARDLY).of(law.numpy_form)).holds


@pytest.mark.parametrize("name", NAMES)
def test_a_residual_that_does_not_vanish_is_caught(name: str, algebra: Algebra) -> None:
    import sympy as sp

    law = BY_NAME[name]
    wrong = {"two things that differ": sp.Symbol("x") ** 2 - sp.Symbol("x")}
    doctored = replace(statement(law), residuals=wrong)
    seen = algebra(law, symbolic=lambda: doctored)
    assert seen.unproved == tuple(wrong)
    assert not seen.holds


# --- the declarations -----------------------------------------------------------------------------


def test_the_catalogue_is_complete() -> None:
    assert len(BY_NAME) == len(CATALOGUE)
    refuse_incomplete(CATALOGUE, tuple(CLAIMS.values()))


@pytest.mark.parametrize("name", FORMS)
def test_every_closed_form_carries_a_claim(name: str) -> None:
    assert claims_of(FORMS[name])


A_CLAIM = Claim(
    name="mine",
    kind=Kind.EXACT,
    domain=Domain({"x": Interval(0, 1)}),
    says="x = x",
    source="model: The loss",
)


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"source": " "}, "source"),
        ({"domain": None}, "domain"),
        ({"says": ""}, "says"),
        ({"source": "Doe 2020, eq. 3"}, "source"),
        ({"domain": Domain({})}, "domain"),
        ({}, "check"),
    ],
)
def test_an_incomplete_claim_is_refused(changes: dict[str, Any], missing: str) -> None:
    with pytest.raises(ValueError, match=rf"mine has no (\w+, no )*{missing}"):
        refuse_incomplete((), (replace(A_CLAIM, **changes),))


def test_a_law_that_stands_twice_or_without_a_claim_is_refused() -> None:
    law = CATALOGUE[0]
    with pytest.raises(ValueError, match=f"{law.name} occurs twice"):
        refuse_incomplete((law, law), ())
    with pytest.raises(ValueError, match=f"{law.name} has no claim"):
        refuse_incomplete((replace(law, claim=None),), ())


def test_a_closed_form_without_a_claim_is_refused() -> None:
    def somebodys_form(x: float) -> float:
        return x

    with pytest.raises(ValueError, match="somebodys_form has no claim"):
        refuse_incomplete((), (), (somebodys_form,))


@pytest.mark.parametrize("name", CLAIMS)
def test_a_source_leads_to_a_section_that_is_there(name: str, repository: Path) -> None:
    claim = CLAIMS[name]
    section = claim.source.partition(": ")[2].partition(" (")[0]
    lines = (repository / claim.derivation).read_text("utf-8").splitlines()
    headings = {above[2:] for above, below in pairwise(lines) if _rule(below)}
    headings |= {line.lstrip("# ") for line in lines if line.startswith("##")}
    assert section in headings


def _rule(line: str) -> bool:
    return line.startswith("# --") and not line.strip("# -")


@pytest.mark.parametrize("name", CLAIMS)
def test_what_no_law_judges_is_tested(name: str, repository: Path) -> None:
    claim = CLAIMS[name]
    assert (name in BY_NAME) != bool(claim.tested_in)
    if claim.tested_in:
        assert claim.predictor is not None
        assert claim.predictor.__name__ in (repository / claim.tested_in).read_text("utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_the_law_of_that_name_has_every_part(name: str) -> None:
    law = named(name)
    assert law is BY_NAME[name]
    assert law.claim is not None
    assert (law.kind, law.domain, law.source) == (
        law.claim.kind,
        law.claim.domain,
        law.claim.source,
    )
    assert law.proof.name == (law.claim.rests_on or name)
    assert law.check.startswith("polytheory.theory.")
    assert law.draws >= (1 if name in TAKES_SECONDS else 2)  # both corners


#: Simulations of which a default run can afford one case.
TAKES_SECONDS = {
    *("measured_ratio", "measured_polysemantic_count", "no_collisions_under_noise"),
    "few_body_count",
}


# What is predicted is more than one number, or less than the closed form has to say.
PREDICTED_OTHERWISE = {
    "mean_field": "‖w‖₁, N, m' and ‖w‖₄⁴ of what it returns",
    "completion_distribution": "its mean and its survival function",
    "expected_polysemantic_independent": "with null_model='independent'",
    "measured_polysemantic_count": "with null_model='measured'",
    "squared_cv": "a bound: no less than 0",
    "necessary_polysemantic": "a bound: no fewer than it says",
    "measured_ratio": "without its standard error",
    "few_body_count": "with null_model='few-body'",
    "pair_probability_in_the_flow": "without its standard error",
    "three_body_slope": "without its standard error",
    "pair_coincidence": "for both signs",
    "working_window": "its two ends as one array",
    "poisson_distance_bound": "a bound: no more than it says",
    "simplex_overlap": "a bound: no less than it says",
}


@pytest.mark.parametrize("name", [law.name for law in CATALOGUE if law.predictor is not None])
def test_the_form_that_is_judged_is_the_one_that_people_call(name: str) -> None:
    law = BY_NAME[name]
    assert (law.predict is law.predictor) != (name in PREDICTED_OTHERWISE)


# Where the statement has a value in the arguments that are there, but not that of the prediction.
NOT_ITS_VALUE = {
    "l1_norm_bounds": "that of the upper bound alone",
    "polysemantic_pmf": "its gamma functions have poles where the probability is 0",
    "necessary_polysemantic": "the surplus, where it is positive",
    "width_for": "the width before it is rounded up",
    "sgd_temperature": "that of the drift",
    "largest_learning_rate": "that of the drift",
    "time_to_fraction": "an integral, which takes a second or so a point",
    "two_by_two_end": "the share of such ends",
    "two_by_two_collision": "1/4, which depends on nothing",
    "escape_in_the_flow": "that of one law of noise; the rate is another law",
}


@pytest.mark.parametrize("name", [name for name in NAMES if name not in TWO_FORMS])
def test_two_forms_are_compared_wherever_there_are_two(name: str) -> None:
    law = BY_NAME[name]
    if law.proof.value is None:
        return
    (case,) = some_cases(law, 3)[-1:]
    there = case | dict(law.prepare(**case))
    possible = {symbol.name for symbol in law.proof.arguments} <= set(there)
    assert possible == (name in NOT_ITS_VALUE)


@pytest.mark.parametrize("wrong", ["cosine_decoy", "", "*", "paper_*"])
def test_an_unknown_name_is_refused_with_what_is_near(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"must be the name of a law; .*(Close matches|--list)"):
        named(wrong)
    with pytest.raises(TypeError, match="name must be"):
        named(3)  # type: ignore[arg-type]  # that is what is being tried


def asked(law: Law, **case: Any) -> list[Domain]:
    """Call the predictor as a case has it, and return the domains that were asked."""
    seen = []
    right = Domain.check

    def check(domain: Domain, **values: Any) -> Any:
        seen.append(domain)
        return right(domain, **values)

    given = law.prepare(**case)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Domain, "check", check)
        law.predict(**given)
        if law.claim and law.claim.predictor and law.kind is Kind.BOUND:  # whose ends may be plain
            law.claim.predictor(**given)
    return seen


def some_cases(law: Law, count: int, cases: Domain | None = None) -> list[Any]:
    return list((cases or law.cases).cases(np.random.default_rng(7), count))


@pytest.mark.parametrize("name", [law.name for law in CATALOGUE if law.predictor is not None])
def test_the_domain_is_the_one_that_the_predictor_asks(name: str) -> None:
    law = BY_NAME[name]
    if name == "polysemantic_count":
        return  # about the flow, on a part of the domain of the null model that it quotes
    assert any(domain is law.domain for domain in asked(law, **some_cases(law, 3)[-1]))


def test_another_domain_is_noticed() -> None:
    law = BY_NAME["carrier_amplitude"]
    copy = replace(law, domain=Domain(law.domain.intervals))
    assert not any(domain is copy.domain for domain in asked(copy, l1_strength=0.1))


@pytest.mark.parametrize("name", NAMES)
def test_prepared_cases_lie_in_the_domain_and_are_reproducible(name: str) -> None:
    law = BY_NAME[name]
    cases = some_cases(law, law.draws)
    assert cases == some_cases(law, law.draws)
    for case in cases:
        assert law.domain.contains(**arguments(law, case))


def arguments(law: Law, case: Any) -> dict[str, Any]:
    """Return what a case makes of the parameters of the domain; defaults where it makes nothing."""
    if law.predictor is None:
        return dict(case)
    parameters = inspect.signature(law.predictor).parameters
    defaults = {name: p.default for name, p in parameters.items() if p.default is not p.empty}
    given = defaults | case | dict(law.prepare(**case))
    if law.name == "completion_distribution":  # an object; its methods are asked at four times
        return {"x": completion_check.PROBES}
    return {name: given[name] for name in law.domain.intervals}


@pytest.mark.parametrize("name", [law.name for law in CATALOGUE if law.full_cases])
def test_cases_at_paper_scale_lie_in_the_domain(name: str) -> None:
    law = BY_NAME[name]
    for case in some_cases(law, 4, law.full_cases):
        assert law.domain.contains(**arguments(law, case))


@pytest.mark.parametrize("name", NAMES)
def test_cases_that_cover_less_say_why(name: str) -> None:
    law = BY_NAME[name]
    assert law.covers or law.why
