"""The search behind the assertions: what it finds and says, and the line that repeats a case."""

import math
import re
import shlex
import sys
import traceback
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polytheory import Domain, Interval, Kind, Law, Observation, ToyModel, polysemantic_neurons
from polytheory.cli import main
from polytheory.laws import CATALOGUE, LawError
from polytheory.testing import (
    Simulation,
    Undecided,
    assert_bound,
    assert_law,
    assert_predicate,
    encodings,
    from_domain,
    from_law,
    rows,
    trajectories,
)
from polytheory.testing._spread import Search, position, value
from polytheory.testing._words import python, replay_law

UNIT = Interval(0, 1)
LINE, SQUARE = Domain({"x": UNIT}), Domain({"x": UNIT, "y": UNIT})
LOG = Domain({"a": Interval(1e-3, 1e3, log=True), "b": Interval(1e-3, 1e3, log=True)})
COUNTS = Domain({name: Interval(1, 20, integer=True) for name in "nm"} | {"x": UNIT})


@pytest.fixture(autouse=True)
def same_draws() -> Iterator[None]:
    active = settings.get_current_profile_name()
    settings.load_profile("ci")
    yield
    settings.load_profile(active)


def message(call: Callable[[], object], error: type[Exception] = AssertionError) -> str:
    with pytest.raises(error) as caught:
        call()
    return str(caught.value)


# --- easy false bounds are found at size "fast" ---------------------------------------------------


def peak(domain: Domain, share: float, seed: int) -> Callable[..., float]:
    """Positive only near a point of the domain, in this share of its volume; falls off smoothly."""
    d = len(domain.intervals)
    top = np.random.default_rng(seed).uniform(size=d)
    radius = share / 2 if d == 1 else np.sqrt(share / np.pi)

    def observe(**case: float) -> float:
        at = [position(axis, case[name]) for name, axis in domain.intervals.items()]
        return float(radius**2 - np.sum((at - top) ** 2))

    return observe


def band(domain: Domain, share: float, seed: int) -> Callable[..., float]:
    """Positive only in a band of the first parameter; nothing outside points to it."""
    low = np.random.default_rng(seed).uniform(0, 1 - share)
    (name, axis), *_ = domain.intervals.items()
    return lambda **case: 0.1 if low < position(axis, case[name]) < low + share else -0.5


def corner(domain: Domain, share: float, seed: int) -> Callable[..., float]:
    """Positive only in a box of this share of the volume at a corner."""
    ends = np.random.default_rng(seed).integers(2, size=len(domain.intervals))
    width = share ** (1 / len(ends))

    def observe(**case: float) -> float:
        at = [position(axis, case[name]) for name, axis in domain.intervals.items()]
        return 0.1 if np.abs(at - ends).max() < width else -0.5

    return observe


#: Each is false in 1 to 5 % of its domain, at a place drawn with the seed.
FALSE: dict[str, Callable[[int], tuple[Callable[..., float], Domain]]] = {
    "band": lambda seed: (band(LINE, 0.04, seed), LINE),
    "band, log": lambda seed: (band(LOG, 0.05, seed), LOG),
    "peak": lambda seed: (peak(LINE, 0.01, seed), LINE),
    "peak, 2": lambda seed: (peak(SQUARE, 0.01, seed), SQUARE),
    "peak, log": lambda seed: (peak(LOG, 0.02, seed), LOG),
    "corner": lambda seed: (corner(SQUARE, 0.03, seed), SQUARE),
    "n = m": lambda _: (lambda n, m, **_: 0.1 if n == m else -0.5, COUNTS),
}


@pytest.mark.parametrize("claim", FALSE.values(), ids=FALSE)
def test_an_easy_false_bound_is_found_at_size_fast(claim: Any) -> None:
    # Of 22 such claims × 20 seeds, benchmarks/false_bounds.py finds 99 %, and 74 % before cases
    # were spread and aimed (33 % of the peaks). Draws are fixed here: five of five, no chance.
    for seed in range(5):
        observe, domain = claim(seed)
        words = message(lambda o=observe, d=domain: assert_bound(None, 0, o, on=d, size="fast"))
        assert "at most 0" in words


@pytest.mark.parametrize("name", FALSE)
def test_the_same_bound_holds_where_it_is_true(name: str) -> None:
    observe, domain = FALSE[name](0)
    assert assert_bound(None, 0.2, observe, on=domain, size="fast").cases == 50


def test_bounds_on_a_strategy_are_aimed_at() -> None:
    # The norm of 6 weights of at most 2 is at most 4.9, which is 0.02 from 5. In 8 runs the
    # nearest was at 0.02 to 0.08; without aim (`target`) at 0.15 to 0.28.
    found = assert_bound(None, 5, np.linalg.norm, on=rows(size="fast"), max_examples=200)
    assert found.nearest[1] < 0.1


def searched(domain: Domain, judge: Callable[..., float], count: int = 50) -> list[dict[str, Any]]:
    """Return the cases of a search in which nothing is refuted."""
    seen: list[dict[str, Any]] = []

    def judged(case: Any) -> tuple[bool, dict[str, float]]:
        seen.append(case)
        return False, {"upper": judge(**case)}

    assert Search(domain, judged, count, np.random.default_rng(0)).run() is None
    assert all(domain.contains(**case) for case in seen)
    return seen


def flat(**_: Any) -> float:
    return 0.0


def test_the_search_judges_each_case_once_and_no_more_than_asked() -> None:
    for domain in (SQUARE, LOG, COUNTS):
        seen = searched(domain, flat)
        assert len(seen) == 50
        assert len({tuple(case.values()) for case in seen}) == 50
    assert len(searched(Domain({"n": Interval(1, 7, integer=True)}), flat)) == 7
    assert searched(Domain({}), flat) == [{}]


def test_the_search_begins_with_corners_and_has_ties_and_edges() -> None:
    seen = [(case["x"], case["y"]) for case in searched(SQUARE, flat)]
    assert seen[:2] == [(0.0, 0.0), (1.0, 1.0)]
    assert set(seen[:4]) == {(0.0, 0.0), (1.0, 1.0), (0.0, 1.0), (1.0, 0.0)}
    assert sum(x == y for x, y in seen[4:]) >= 4
    assert sum({x, y} & {0.0, 1.0} != set() for x, y in seen[4:]) >= 5


def test_the_search_climbs() -> None:
    # Even draws alone end at a distance of about 0.05; the parabola of a parabola is exact.
    def gap(case: Any) -> float:
        return math.hypot(case["x"] - 0.3, case["y"] - 0.62)

    best = min(searched(SQUARE, lambda **case: -(gap(case) ** 2)), key=gap)
    assert gap(best) < 1e-6
    assert gap(min(searched(SQUARE, flat), key=gap)) > 0.01


def test_seeds_are_drawn_also_at_corners() -> None:
    seeded = Domain({"seed": Interval(0, 2**32 - 1, integer=True), "x": UNIT})
    assert len({case["seed"] for case in searched(seeded, flat)}) == 50


AXES = [
    UNIT,
    Interval(-3, 5, open_low=True, open_high=True),
    Interval(1e-6, 1e6, log=True),
    Interval(0.5, np.inf),
    Interval(-np.inf, 2),
    Interval(-np.inf, np.inf),
    Interval(0, 1e50),
    Interval(1, 400, integer=True),
    Interval(0, 9, integer=True, open_low=True, open_high=True),
    Interval(2, 2),
]


@pytest.mark.parametrize("axis", AXES, ids=str)
@given(u=st.floats(0, 1))
@settings(max_examples=20)
def test_positions_are_inside_and_lead_back(axis: Interval, u: float) -> None:
    x = value(axis, u)
    assert axis.contains(x)
    assert isinstance(x, int if axis.integer else float)
    if not axis.integer and axis.low < axis.high:  # 2⁻²⁰ at an end that is left out or infinite
        assert position(axis, x) == pytest.approx(u, abs=2e-6)


# --- what a search says ---------------------------------------------------------------------------


def test_the_evidence_counts_and_measures() -> None:
    seen: list[float] = []
    found = assert_bound(0, 1, lambda x: seen.append(x) or 0.25 + x / 2, on=LINE, size="fast")
    assert found.cases == len(seen) == 50
    assert found.nearest == pytest.approx((1.0, 0.25))  # relative to the larger: 0.25/0.25, 0.25/1
    assert 0 < found.seconds < 60
    pattern = r"50 cases in \S+ s, nearest 1 from the lower end and 0\.25 from the upper end"
    assert re.fullmatch(pattern, str(found))
    one_sided = assert_bound(None, 1, lambda x: x / 2, on=LINE, size="fast")
    assert one_sided.nearest == (math.inf, pytest.approx(0.5))


def test_the_evidence_for_a_law_is_its_share_of_the_tolerance() -> None:
    law = Law(
        name="toy",
        kind=Kind.EXACT,
        domain=LINE,
        predict=lambda x: 1 + x,
        observe=lambda x: Observation(1 + x + 0.03 * x, 0.1, "a ruler"),
    )
    found = assert_law(law, size="fast")
    assert found.reached == pytest.approx(0.3)
    assert str(found).endswith("at most 0.3 of what is allowed")


def test_a_failure_and_an_undecided_bound_say_it_too() -> None:
    words = message(lambda: assert_bound(None, 0.7, lambda x: x, on=LINE, size="fast"))
    assert re.search(r"searched   \d+ cases? in .* s, nearest .* from the upper end\n", words)
    vacuous = {"on": LINE, "size": "fast", "tight": 0.1}
    words = message(lambda: assert_bound(None, 9, lambda x: x, **vacuous), Undecided)
    assert "50 cases in" in words
    assert "nearest 0.89 from the upper end" in words


def test_no_text_of_hypothesis_is_shown() -> None:
    def broken(x: float) -> float:
        return 1 / 0 if x > 0.5 else x

    for drawn in (LINE, st.floats(0, 1)):
        for call in (broken, lambda x: x):
            with pytest.raises((AssertionError, LawError)) as caught:
                assert_bound(None, 0.4, call, on=drawn, size="fast", max_examples=200)
            shown = "".join(traceback.format_exception(caught.value, limit=0))
            assert "hypothesis" not in shown.lower()
            assert "Falsifying" not in shown


def test_a_case_of_a_domain_shrinks_to_simple_numbers() -> None:
    domain = Domain(
        {
            "fixed": Interval(2, 2),
            "one": Interval(0.5, 1.5, integer=True),
            "n": Interval(0, 1000, integer=True),
            "x": Interval(-5, 5),
            "seed": Interval(0, 2**32 - 1, integer=True),
        }
    )
    words = message(
        lambda: assert_predicate(lambda n, x, **_: n < 18 or x < 1.3, on=domain, size="fast")
    )
    found = [line.removeprefix("    for").strip() for line in words.splitlines()[2:7]]
    assert found == ["fixed = 2.0", "one = 1", "n = 18", "x = 2.0", "seed = 0"]


# --- replay ---------------------------------------------------------------------------------------


def replay(words: str) -> str:
    (line,) = [line for line in words.splitlines() if line.startswith("    replay")]
    return line.removeprefix("    replay").strip()


FILE = """
from polytheory import Domain, Interval, Kind, Law

def law(name):
    return Law(name=name, kind=Kind.EXACT, domain=Domain({"x": Interval(0, 1)}),
               predict=lambda x: x, observe=lambda x: x * (1.02 if x > 0.9 else 1))

WRONG = law("wrong")
LAWS = [law("first"), law("second one")]
"""


@pytest.mark.parametrize("one", ["WRONG", "LAWS/second one"])
def test_the_replay_line_of_a_law_in_a_file_judges_the_case(
    one: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path.copy())
    file = tmp_path / "my_laws.py"
    file.write_text(FILE)
    spec = spec_from_file_location("my_replayed_laws", file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    wrong = module.WRONG if one == "WRONG" else module.LAWS[1]

    command, *arguments = shlex.split(replay(message(lambda: assert_law(wrong, size="fast"))))
    assert (command, *arguments[:3]) == ("polytheory", "verify", "--law", f"my_laws.py:{one}")
    assert arguments[3:] == ["--case", '{"x": 1.0}']
    assert main(arguments) == 1
    assert "FAILS" in capsys.readouterr().out


def test_a_law_of_the_catalogue_is_replayed_by_name() -> None:
    words = replay_law(CATALOGUE[0], {"x": 0.5})
    expected = f"polytheory verify --law {CATALOGUE[0].name} --case '{{\"x\": 0.5}}'"
    assert words == expected


def test_the_replay_of_a_bound_is_a_call_that_runs() -> None:
    def count(drawn: Any) -> Any:
        return polysemantic_neurons(drawn.run.final, carrier_rule="share")

    def norm(row: Any) -> float:
        return float(np.linalg.norm(row))

    names = {"np": np, "count": count, "norm": norm, "Simulation": Simulation, "ToyModel": ToyModel}
    colliding = trajectories(encodings(size="fast", sorts=["collisions"]))
    words = message(lambda: assert_bound(None, 0, count, on=colliding, size="fast"))
    assert eval(replay(words), names) == 1
    words = message(lambda: assert_bound(None, 1, norm, on=rows(), size="fast"))
    assert eval(replay(words), names) > 1
    words = message(lambda: assert_bound(None, 0.25, lambda x, y: x * y, on=SQUARE, size="fast"))
    assert eval(replay(words), {"observe": lambda x, y: x * y}) > 0.25


def test_arrays_are_written_with_all_digits() -> None:
    assert python(np.array([1 / 3])) == "np.array([0.3333333333333333])"


# --- statements that are true or false ------------------------------------------------------------


def test_a_statement_is_asserted() -> None:
    assert str(assert_predicate(lambda x: x <= 1, on=LINE, size="fast")).startswith("50 cases in ")
    assert_predicate(lambda row: np.abs(row) <= 2, on=rows(), size="fast")
    for drawn in (SQUARE, from_domain(SQUARE)):
        small = message(
            lambda d=drawn: assert_predicate(lambda x, y: x + y < 1.5, on=d, name="small")
        )
        assert small.startswith("law 'small' (exact) does not hold:")
        assert "observed   0\n" in small
    assert replay(small).startswith("observe(x=")


@pytest.mark.parametrize("answer", [None, 0.5, 1, "yes", []])
def test_a_statement_that_is_neither_true_nor_false_is_refused(answer: Any) -> None:
    words = message(lambda: assert_predicate(lambda **_: answer, on=LINE), LawError)
    assert "statement must be True or False in each case; got" in words


def test_an_error_in_a_statement_has_its_line() -> None:
    words = message(lambda: assert_predicate(lambda x: x / 0 > 1, on=LINE), LawError)
    assert "ZeroDivisionError" in words
    assert "raised by statement (test_testing_search.py, line " in words


# --- nothing to draw ------------------------------------------------------------------------------

LAST = float(np.nextafter(1, 2))
EMPTY = {
    "predicate": Domain({"x": UNIT}, where=lambda x: x > 2, because="x > 2"),
    "no parameters": Domain({}, where=lambda: False, because="never"),
    "no number between": Domain({"x": Interval(1, LAST, open_low=True, open_high=True)}),
    "subnormal": Domain({"x": Interval(0, 1e-310, open_low=True)}),
    "at infinity": Domain({"x": Interval(np.inf, np.inf)}),
    "whole, at infinity": Domain({"x": Interval(np.inf, np.inf, integer=True)}),
}


@pytest.mark.parametrize("empty", EMPTY.values(), ids=EMPTY)
def test_an_empty_domain_is_refused_in_words(empty: Domain) -> None:
    law = Law(name="toy", kind=Kind.EXACT, domain=empty, predict=flat, observe=flat)
    for call, name in (
        (lambda: from_domain(empty), "domain"),
        (lambda: from_law(law), "law 'toy': its cases"),
        (lambda: assert_law(law), "law 'toy': its cases"),
        (lambda: assert_predicate(lambda **_: True, on=empty), "domain"),
    ):
        words = message(call, ValueError)
        assert words.startswith(f"{name} must be non-empty; got ")
        assert empty.because in words


@pytest.mark.parametrize("empty", [st.nothing(), st.floats(0, 1).filter(lambda x: x > 2)])
def test_an_empty_strategy_is_refused_in_words(empty: Any) -> None:
    words = message(lambda: assert_predicate(lambda _: True, on=empty), ValueError)
    assert "law 'statement': nothing could be drawn from " in words


def test_a_domain_that_is_rarely_met_is_searched() -> None:
    equal = Domain({"x": UNIT, "y": UNIT}, where=lambda x, y: x == y, because="x = y")
    assert assert_predicate(lambda x, y: x == y, on=equal, size="fast").cases >= 7


BAD = [
    (lambda: assert_predicate(True), "statement", TypeError),
    (lambda: assert_predicate(flat, on=[1, 2]), "on", TypeError),
    (lambda: assert_predicate(flat, on=LINE, name=""), "name", ValueError),
    (lambda: assert_predicate(flat, on=LINE, size="huge"), "size", ValueError),
    (lambda: assert_predicate(flat, on=LINE, max_examples=0), "max_examples", ValueError),
]


@pytest.mark.parametrize(("call", "name", "error"), BAD)
def test_refusals_name_the_argument(call: Any, name: str, error: type[Exception]) -> None:
    with pytest.raises(error, match=f"^{name} must be .*; got "):
        call()
