"""`assert_law` and `assert_bound` pass what is true, and show the smallest case where it is not."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st

from polytheory import CATALOGUE, Domain, Interval, Kind, Law, Observation, polysemantic_neurons
from polytheory.checking.wrong import instead, scaled
from polytheory.laws import LawError
from polytheory.testing import (
    Undecided,
    assert_bound,
    assert_law,
    assert_law_can_fail,
    encodings,
    rows,
    trajectories,
)

UNIT = Domain({"x": Interval(0, 1)})


@pytest.fixture(autouse=True)
def same_draws() -> Iterator[None]:
    active = settings.get_current_profile_name()
    settings.load_profile("ci")
    yield
    settings.load_profile(active)


def law(**changes: Any) -> Law:
    given = {
        "name": "toy",
        "kind": Kind.EXACT,
        "domain": UNIT,
        "predict": lambda x: x * x,
        "observe": lambda x: x**2,
    }
    return Law(**given | changes)


def message(call: Callable[[], object], error: type[Exception] = AssertionError) -> str:
    with pytest.raises(error) as caught:
        call()
    return str(caught.value)


# --- laws -----------------------------------------------------------------------------------------


def decay(x: float) -> Observation:
    return Observation(np.exp(-x), 1e-9, "the instrument")


def sampled(x: float, seed: int) -> Observation:
    draws = np.random.default_rng(seed).normal(x, 1.0, 400)
    return Observation(draws.mean(), 0.05, "400 draws")


SEEDED = Domain({"x": Interval(0, 1), "seed": Interval(0, 2**32 - 1, integer=True)})
TRUE = {
    "exact": law(),
    "an array": law(predict=lambda x: [x, x], observe=lambda x: np.array([x, x])),
    "slope": law(
        kind=Kind.LEADING_ORDER,
        domain=Domain({"x": Interval(1e-3, 0.1)}),
        predict=lambda x: 1 - x,
        observe=decay,
        small="x",
        order=2.0,
    ),
    "band": law(
        kind=Kind.LEADING_ORDER, predict=lambda **_: 1.0, observe=decay, band=(np.exp(-1), 1.0)
    ),
    "bound": law(kind=Kind.BOUND, predict=lambda x: (1 - x, 1), observe=decay, tight=0.01),
    "statistical": law(
        kind=Kind.STATISTICAL, domain=SEEDED, predict=lambda x, **_: x, observe=sampled
    ),
}


@pytest.mark.parametrize("true", TRUE.values(), ids=TRUE)
def test_a_true_law_passes(true: Law) -> None:
    assert_law(true, size="fast")


WRONG = {
    "exact": {"predict": lambda x: x},
    "an array": {"predict": lambda x: [x, x + 1e-9]},
    "slope": {"order": 3.0},
    "band": {"band": (0.5, 1.0)},
    "bound": {"predict": lambda x: (1 - x / 2, 1)},
    "statistical": {"predict": lambda x, **_: x + 0.6},
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_law_is_refuted(kind: str) -> None:
    wrong = replace(TRUE[kind], **WRONG[kind])
    words = message(lambda: assert_law(wrong, size="fast"))
    assert words.startswith(f"law 'toy' ({wrong.kind.value}) does not hold:\n")


def test_the_catalogue_can_be_asserted() -> None:
    (true,) = [each for each in CATALOGUE if each.name == "carrier_amplitude"]
    assert_law(true, max_examples=5)
    wrong = replace(true, predict=lambda l1_strength: 1 - l1_strength / 2)
    assert true.statement in message(lambda: assert_law(wrong, max_examples=20))


def test_wrong_variants_are_refuted_or_named() -> None:
    can_fail = law(wrong=[lambda x: x + 1.0, scaled(1.5)])
    assert_law_can_fail(can_fail, size="fast")
    right = law(wrong=[scaled(1.5), instead("the law itself", can_fail.predict)])
    words = message(lambda: assert_law_can_fail(right, size="fast"))
    assert "'toy': its wrong variant 'the law itself' holds, too" in words


def test_a_refutation_says_everything() -> None:
    wrong = law(
        statement="y = x",
        predict=lambda x: x,
        observe=lambda x: Observation(min(x, 0.5), 0.125, "a ruler"),
    )
    lines = message(lambda: assert_law(wrong)).splitlines()
    items = {line.split()[0]: " ".join(line.split()[1:]) for line in lines[1:]}
    assert items["which"].startswith("is ")
    assert items["states"] == "y = x"
    assert items["for"].startswith("x = ")
    x = float(items["for"].removeprefix("x = "))
    assert x > 0.625
    assert float(items["predicted"]) == pytest.approx(x, rel=1e-8, abs=0)
    assert items["observed"] == "0.5"
    gap, allowed = (float(part.split()[-1]) for part in items["off"].split(","))
    assert gap == pytest.approx(x - 0.5, rel=1e-5, abs=0)
    assert allowed == pytest.approx(0.125, rel=1e-2, abs=0)
    assert "a ruler" in items["which"]
    assert re.fullmatch(r"\d+ cases? in .* s(, at most .* of what is allowed)?", items["searched"])
    assert items["replay"] == f"polytheory.verify([law], case={{'x': {x!r}}})"


def test_the_simplest_case_is_shown() -> None:
    counted = law(
        domain=Domain({"n": Interval(0, 1000, integer=True), "x": Interval(0, 1)}),
        predict=lambda n, **_: min(n, 17),
        observe=lambda n, **_: n,
    )
    words = message(lambda: assert_law(counted))
    assert "n = 18\n" in words
    assert "x = 0.0\n" in words


def test_a_law_may_have_no_parameters() -> None:
    calls = []
    assert_law(law(domain=Domain({}), predict=lambda: 1, observe=lambda: calls.append(1) or 1))
    assert len(calls) == 1
    words = message(
        lambda: assert_law(law(domain=Domain({}), predict=lambda: 1, observe=lambda: 2))
    )
    assert "no parameters" in words


def test_a_vacuous_bound_does_not_pass() -> None:
    vacuous = replace(TRUE["bound"], predict=lambda **_: (-5, 5))
    assert "of the lower bound" in message(lambda: assert_law(vacuous))
    with pytest.raises(Undecided):
        assert_law(vacuous)
    assert_law(vacuous, allow_undecided=True)
    unseen = replace(TRUE["slope"], observe=lambda x: Observation(np.exp(-x), 1.0, ""))
    assert "hides" in message(lambda: assert_law(unseen))


def test_a_bound_that_is_tight_in_a_corner_is_not_vacuous() -> None:
    # Only where all six are at their upper ends; draws inside hardly ever show it.
    names = "abcdef"
    corner = law(
        kind=Kind.BOUND,
        domain=Domain({name: Interval(0.5, 0.75) for name in names}),
        predict=lambda **_: (0, 0.75**6),
        observe=lambda **case: np.prod(list(case.values())),
        tight=(None, 1e-9),
    )
    assert_law(corner, size="fast")


def test_chance_that_does_not_come_from_the_case_is_named() -> None:
    coin = np.random.default_rng(0)
    unsteady = law(predict=lambda **_: 0.0, observe=lambda **_: float(coin.integers(2)))
    assert "seed" in message(lambda: assert_law(unsteady))


# --- what a law raises is shown as its own --------------------------------------------------------


class OwnError(Exception):
    pass


def explode(**_: Any) -> Any:
    raise OwnError("out of order")


@pytest.mark.parametrize("part", ["predict", "observe", "prepare"])
def test_the_error_of_a_law_is_the_cause(part: str) -> None:
    with pytest.raises(LawError, match="law 'toy': OwnError: out of order") as caught:
        assert_law(law(**{part: explode}))
    assert isinstance(caught.value.__cause__, OwnError)
    assert f"raised by {part} (test_testing_assertions.py, line " in str(caught.value)
    assert "x=0" in str(caught.value)


UNUSABLE = {
    "another shape": (
        {"predict": lambda x: [x, x]},
        r"predict returned shape \(2,\), observe \(\)",
    ),
    "words": ({"observe": lambda **_: "much"}, "observe returned 'much'.*must be numbers"),
    "nothing": ({"predict": lambda **_: None}, "predict returned .*empty or NaN"),
    "NaN": ({"observe": lambda **_: np.nan}, "observe returned .*NaN"),
    "an error of another shape": (
        {"observe": lambda x: Observation([x, x], [0.1] * 3, "")},
        r"observe returned shape \(2,\), its error \(3,\)",
    ),
    "no pair": ({"kind": Kind.BOUND, "tight": 1, "predict": lambda x: x}, ".*a bound is a pair"),
    "ends of another shape": (
        {"kind": Kind.BOUND, "tight": 1, "predict": lambda **_: ([0, 0], 1)},
        r"observe returned shape \(\), predict \(2,\)",
    ),
}


@pytest.mark.parametrize(("changes", "words"), UNUSABLE.values(), ids=UNUSABLE)
def test_what_cannot_be_compared_is_refused_by_name(changes: Any, words: str) -> None:
    with pytest.raises(ValueError, match=f"^law 'toy': {words}"):
        assert_law(law(**changes))


def test_a_domain_that_holds_nothing_is_refused_by_name() -> None:
    empty = Domain({"x": Interval(0, 1)}, where=lambda x: x > 2, because="x > 2")
    with pytest.raises(ValueError, match=r"^law 'toy': its cases must be non-empty; got .*x > 2"):
        assert_law(law(domain=empty))


# --- bounds ---------------------------------------------------------------------------------------


def count(drawn: Any) -> Any:
    return polysemantic_neurons(drawn.run.final, carrier_rule="share")


def necessary(drawn: Any) -> int:
    return max(drawn.model.n_features - drawn.model.n_neurons, 0)


def test_a_true_bound_on_runs_passes() -> None:
    assert_bound(0, lambda drawn: drawn.model.n_features / 2, count, size="fast")


def test_a_false_bound_on_runs_shows_the_smallest_run() -> None:
    colliding = trajectories(encodings(size="fast", sorts=["collisions"]))
    words = message(lambda: assert_bound(None, necessary, count, on=colliding, name="as few"))
    assert words.startswith("law 'as few' (bound) does not hold:")
    assert "ToyModel(n_features=2, n_neurons=2, " in words
    assert "predicted  at most 0\n" in words
    assert "observed   1\n" in words


def test_a_false_bound_on_rows_shrinks_to_two_or_three_weights() -> None:
    # ‖w‖₂ ≤ ‖w‖₁ always; by a factor of 0.9 less it takes one weight to refute, and
    # ‖w‖₂ ≥ ‖w‖₁/√2 takes three, being true for two.
    def l1(row: Any) -> float:
        return float(np.abs(row).sum())

    def l2(row: Any) -> float:
        return float(np.sqrt(row @ row))

    assert_bound(None, l1, l2, on=rows())
    assert "array([1.])" in message(
        lambda: assert_bound(None, lambda r: 0.9 * l1(r), l2, on=rows())
    )
    words = message(lambda: assert_bound(lambda r: l1(r) / np.sqrt(2), None, l2, on=rows()))
    assert "array([1., 1., 1.])" in words
    assert "at least 2.12132" in words


@pytest.mark.parametrize("drawn", [UNIT, st.fixed_dictionaries({"x": st.floats(0, 1)})])
def test_mappings_are_passed_by_keyword(drawn: Any) -> None:
    assert_bound(0, lambda x: x, lambda x: x * x, on=drawn)
    assert "x = " in message(lambda: assert_bound(lambda x: x, 1, lambda x: x * x, on=drawn))


def test_a_bound_may_have_to_be_tight() -> None:
    assert_bound(0, 1e6, lambda x: x + 1, on=UNIT)
    far = {"observe": lambda x: x + 1, "on": UNIT, "tight": 0.1}
    assert "of the lower bound" in message(lambda: assert_bound(0, 1e6, **far))
    assert "of the upper bound" in message(lambda: assert_bound(1, 1e6, **far))
    assert "of the upper bound" in message(lambda: assert_bound(None, 1e6, **far))
    assert_bound(1, 1e6, **far, allow_undecided=True)
    assert_bound(1, 1e6, **far | {"tight": (0.1, None)})
    assert_bound(0, 2, **far | {"tight": (None, 0.1)})
    assert_bound(1, 2, lambda x: x + 1, on=UNIT, tight=0.1)


@pytest.mark.parametrize("part", ["lower", "upper", "observe"])
def test_the_error_of_a_function_is_the_cause(part: str) -> None:
    functions: Any = {"lower": 0, "upper": 1, "observe": lambda x: x} | {part: explode}
    with pytest.raises(LawError, match=f"law 'mine': OwnError: .*raised by {part} ") as caught:
        assert_bound(**functions, on=UNIT, name="mine")
    assert isinstance(caught.value.__cause__, OwnError)


def test_the_number_of_examples_is_that_of_the_size() -> None:
    seen: list[float] = []
    strategy = st.floats(0, 1)
    for options, examples in (({"size": "fast"}, 50), ({}, 100), ({"max_examples": 7}, 7)):
        seen.clear()
        assert_bound(0, 1, lambda x: seen.append(x) or x, on=strategy, **options)
        assert len(seen) <= examples
        assert len(seen) > 0.8 * examples  # repeats are drawn once


# --- bad arguments --------------------------------------------------------------------------------


def observe(x: float) -> float:
    return x


BAD = [
    (lambda: assert_law("toy"), "law", TypeError),
    (lambda: assert_law(law(), size="huge"), "size", ValueError),
    (lambda: assert_law(law(), max_examples=0), "max_examples", ValueError),
    (lambda: assert_law_can_fail("toy"), "law", TypeError),
    (lambda: assert_law_can_fail(law()), "law", ValueError),
    (lambda: assert_bound(None, None, observe, on=UNIT), "lower and upper", ValueError),
    (lambda: assert_bound("low", 1, observe, on=UNIT), "lower", TypeError),
    (lambda: assert_bound(0, np.nan, observe, on=UNIT), "upper", ValueError),
    (lambda: assert_bound(0, [1, 2], observe, on=UNIT), "upper", ValueError),
    (lambda: assert_bound(0, 1, 0.5, on=UNIT), "observe", TypeError),
    (lambda: assert_bound(0, 1, observe, on=[0.1, 0.2]), "on", TypeError),
    (lambda: assert_bound(0, 1, observe, on=UNIT, tight=-1), "tight", ValueError),
    (lambda: assert_bound(0, 1, observe, on=UNIT, name=""), "name", ValueError),
    (lambda: assert_bound(0, 1, observe, on=UNIT, size="many"), "size", ValueError),
]


@pytest.mark.parametrize(("call", "name", "error"), BAD)
def test_refusals_name_the_argument(call: Any, name: str, error: type[Exception]) -> None:
    with pytest.raises(error, match=f"^{name} must be .*; got "):
        call()
