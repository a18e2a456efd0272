"""A law that nobody could judge is refused when it is written down, not when it is run."""

import dataclasses
import fnmatch
import inspect
from typing import Any

import numpy as np
import pytest

from polytheory import CATALOGUE, Domain, Interval, Kind, Law, Observation
from polytheory.checking.law import judged
from polytheory.claims import claim, claims_of
from polytheory.laws import laws_named


def decay(x: float) -> float:
    return float(np.exp(-x))


def law(**changes: Any) -> Law:
    toy = {
        "name": "decay",
        "kind": Kind.EXACT,
        "statement": "y = exp(−x)",
        "domain": Domain({"x": Interval(0, 1)}),
        "predict": decay,
        "observe": decay,
        "source": "a textbook",
    }
    return Law(**toy | changes)


def leading(**changes: Any) -> Law:
    return law(kind=Kind.LEADING_ORDER, **changes)


WRONG_TYPES = [
    ("name", 1, "a str"),
    ("kind", "exact", "a Kind"),
    ("domain", {"x": Interval(0, 1)}, "a Domain"),
    ("predict", 1.0, "callable"),
    ("observe", None, "callable"),
    ("prepare", {"x": 0.5}, "callable"),
    ("why", None, "a str"),
    ("cases", 4, "a Domain"),
    ("wrong", [3], "a list of functions"),
    ("wrong", decay, "a list of functions"),
]


@pytest.mark.parametrize(("field", "value", "allowed"), WRONG_TYPES)
def test_a_wrong_type_names_the_field(field: str, value: object, allowed: str) -> None:
    with pytest.raises(TypeError, match=f"^{field} must be {allowed}; got "):
        law(**{field: value})


NOT_JUDGEABLE = [
    pytest.param(leading, {}, "either small and order, or band", id="neither order nor band"),
    pytest.param(
        leading,
        {"small": "x", "order": 1.0, "band": (0.9, 1.1)},
        "either small and order, or band",
        id="both order and band",
    ),
    pytest.param(leading, {"small": "x"}, "must be given together", id="small without order"),
    pytest.param(
        leading,
        {"order": 1.0, "band": (0.9, 1.1)},
        "must be given together",
        id="order without small",
    ),
    pytest.param(law, {"small": "x"}, "must be given together", id="small without order, exact"),
    pytest.param(
        leading, {"small": "y", "order": 1.0}, "a parameter of its cases", id="unknown small"
    ),
    pytest.param(law, {"kind": Kind.BOUND}, "needs tight", id="bound without tight"),
]


@pytest.mark.parametrize(("make", "changes", "words"), NOT_JUDGEABLE)
def test_what_the_judge_would_need_is_asked_for(
    make: Any, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=f"^law 'decay': .*{words}"):
        make(**changes)


# A law with one of these can never fail, or never pass, or fails far from where it was written.
MEANINGLESS = [
    pytest.param(leading, {"small": "x", "order": 0.0}, id="order 0 is met by any constant"),
    pytest.param(leading, {"small": "x", "order": -1.0}, id="order −1 is met by divergence"),
    pytest.param(leading, {"small": "x", "order": np.nan}, id="order NaN"),
    pytest.param(leading, {"band": (1.1, 0.9)}, id="band upside down"),
    pytest.param(leading, {"band": (0.0, np.inf)}, id="band of everything"),
    pytest.param(leading, {"band": (0.9, np.nan)}, id="band with NaN"),
    pytest.param(leading, {"band": (0.9,)}, id="half a band"),
    pytest.param(leading, {"band": ("low", "high")}, id="band in words"),
    pytest.param(law, {"kind": Kind.BOUND, "tight": np.inf}, id="tight ∞: vacuous is fine"),
    pytest.param(law, {"kind": Kind.BOUND, "tight": -1.0}, id="tight negative"),
    pytest.param(law, {"kind": Kind.BOUND, "tight": "very"}, id="tight in words"),
    pytest.param(law, {"draws": 0}, id="no draws"),
    pytest.param(law, {"draws": 2.5}, id="half a draw"),
    pytest.param(law, {"name": ""}, id="no name"),
    pytest.param(law, {"statement": 3}, id="statement no string"),
    pytest.param(law, {"source": None}, id="source no string"),
    pytest.param(law, {"not_compared": True}, id="reason no string"),
    pytest.param(law, {"symbolic": "decay"}, id="symbolic not callable"),
    pytest.param(law, {"closed_form": "decay"}, id="closed form not callable"),
]


@pytest.mark.parametrize(("make", "changes"), MEANINGLESS)
def test_a_meaningless_value_is_refused(make: Any, changes: dict[str, Any]) -> None:
    field = list(changes)[-1]
    with pytest.raises((TypeError, ValueError), match=field):
        make(**changes)


@pytest.mark.parametrize("kind", Kind)
def test_there_is_a_law_of_every_kind(kind: Kind) -> None:
    # The controls above could as well refuse everything.
    assert law(kind=kind, tight=0.1, band=(0.9, 1.1)).kind is kind


def test_the_closed_form_is_the_prediction_unless_stated() -> None:
    assert law().numpy_form is decay
    assert law(closed_form=None).numpy_form is None
    assert law(closed_form=np.cos).numpy_form is np.cos


def test_arguments_are_the_case_unless_prepared() -> None:
    assert law().prepare(x=0.5) == {"x": 0.5}


def test_a_law_is_a_value() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        law().name = "growth"  # type: ignore[misc]  # that is the point
    # Positions would not survive a new field.
    parameters = inspect.signature(Law).parameters.values()
    assert {each.kind for each in parameters} == {inspect.Parameter.KEYWORD_ONLY}


def test_an_observation_is_taken_as_it_is() -> None:
    seen = Observation(np.array(1.0), np.array(0.1), "a ruler")
    assert Observation.of(seen) is seen


@pytest.mark.parametrize("plain", [2, 2.0, np.float32(2.0), [1, 2], np.eye(2)])
def test_plain_numbers_are_observed_without_error(plain: Any) -> None:
    seen = Observation.of(plain)
    assert seen.value.dtype == seen.error.dtype == np.float64
    assert np.array_equal(seen.value, plain)
    assert seen.error.shape == seen.value.shape
    assert not seen.error.any()
    assert seen.source


# --- the parts of a law, and how a claim becomes one ----------------------------------------------

UNIT, WIDER = Domain({"x": Interval(0, 1)}), Domain({"x": Interval(0, 2)})


def test_how_many_are_drawn_is_not_what_is_drawn() -> None:
    with pytest.raises(TypeError, match=r"^cases must be a Domain; got 4 \(int\)\. .*draws="):
        law(cases=4)


def test_the_cases_are_the_domain_unless_stated() -> None:
    own = law()
    assert own.cases is own.domain
    assert own.covers
    assert law(domain=UNIT, cases=UNIT).covers
    less = law(domain=WIDER, cases=UNIT, why="no time")
    assert (less.cases, less.covers, less.why) == (UNIT, False, "no time")
    # Settings that are drawn besides do not make it less, another predicate does.
    assert law(domain=UNIT, cases=Domain({"x": Interval(0, 1), "seed": Interval(0, 9)})).covers
    assert not law(domain=UNIT, cases=Domain({"y": Interval(0, 1)})).covers
    assert not law(domain=UNIT, cases=Domain(UNIT.intervals, where=lambda x: x < 1)).covers


def test_the_parts_of_one_s_own_law() -> None:
    own = law(symbolic=lambda: "the statement")
    assert own.claim is None
    assert (own.predictor, own.proof, own.derivation) == (decay, "the statement", "")
    assert own.check == decay.__module__
    assert law().proof is None


@claim(Kind.EXACT, UNIT, says="e⁻ˣ", source="model: The loss", rests_on="flow_units")
@claim(Kind.BOUND, UNIT, says="e⁻ˣ ≤ 1", source="elsewhere", name="at_most_one", note="weak")
def claimed(x: float) -> float:
    return decay(x)


def test_a_claim_is_judged_as_it_says() -> None:
    first, second = claims_of(claimed)
    made = judged(claimed, "claimed", observe=decay, draws=3)
    assert (made.name, made.kind, made.domain) == ("claimed", Kind.EXACT, UNIT)
    assert (made.statement, made.source, made.note) == ("e⁻ˣ", "model: The loss", "")
    assert (made.claim, made.predict, made.predictor) == (first, claimed, claimed)
    assert (made.derivation, made.draws) == ("derivations/model.md", 3)
    assert made.proof.name == "flow_units"
    assert made.prepare(x=0.5, seed=3) == {"x": 0.5}
    other = judged(second, observe=decay, tight=1.0, predict=lambda **_: (0.0, 1.0))
    assert (other.name, other.note, other.derivation) == ("at_most_one", "weak", "")
    assert other.predictor is claimed


@pytest.mark.parametrize(
    ("form", "name", "words"),
    [
        (claimed, "", r"one of its claims \(claimed, at_most_one\); got claimed: 2 claims"),
        (claimed, "unknown", r"one of its claims \(claimed, at_most_one\); got claimed: 0 claims"),
        (decay, "", r"one of its claims \(none\); got decay: 0 claims"),
    ],
)
def test_an_ambiguous_or_unknown_claim_is_refused(form: Any, name: str, words: str) -> None:
    with pytest.raises(ValueError, match=rf"^name must be .*{words}"):
        judged(form, name, observe=decay)


def test_cases_that_cover_less_need_a_reason() -> None:
    less = {"observe": decay, "cases": Domain({"x": Interval(0, 0.5)})}
    with pytest.raises(ValueError, match=r"'claimed': its cases cover less .* give why="):
        judged(claimed, "claimed", **less)
    assert judged(claimed, "claimed", **less, why="no time").why == "no time"
    # Who judges for himself need not say so.
    assert law(cases=Domain({"x": Interval(0, 0.5)})).why == ""


@pytest.mark.parametrize("field", ["name", "says", "source", "rests_on", "note", "tested_in"])
def test_a_claim_is_made_of_words(field: str) -> None:
    with pytest.raises(TypeError, match=f"^{field} must be a str; got 3"):
        dataclasses.replace(claims_of(claimed)[0], **{field: 3})


def test_laws_are_found_by_pattern_in_the_order_of_the_catalogue() -> None:
    names = [each.name for each in CATALOGUE]
    for pattern in ("*", "paper_*", "?quared_cv", "[ps]*e*", "l1_norm"):
        found = [each.name for each in laws_named(pattern)]
        assert found == fnmatch.filter(names, pattern) != []
    with pytest.raises(ValueError, match=r"^laws must be .*Close matches: squared_cv"):
        laws_named("squared_cw")
    with pytest.raises(ValueError, match=r"^--law must be .*--list"):
        laws_named("[x]*", "--law")
