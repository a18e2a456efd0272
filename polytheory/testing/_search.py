"""The search for a case that refutes a law, and what is left of it if there is none."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import Phase, Verbosity, find, settings, target
from hypothesis import strategies as st
from hypothesis.database import ExampleDatabase, choices_to_bytes
from hypothesis.errors import Flaky, NoSuchExample, Unsatisfiable

from polytheory.checking import Law, LawError
from polytheory.compare import FALSE_ALARM, Comparison, compare_case
from polytheory.domain import Case, Domain
from polytheory.testing._spread import Scores, Search
from polytheory.testing._words import counterexample, evidence_words, nothing_drawn, unsteady

#: Share of the cases of a domain that Hypothesis draws, which likes other numbers than we do.
DRAWN_SHARE = 0.1
#: Below this share of what is allowed, a difference is rounding, which points nowhere.
LEAST_SHARE = 0.01
#: Under which Hypothesis looks for examples first.
FIRST_KEY = b"polytheory"


@dataclass(frozen=True)
class Evidence:
    """What an assertion that passed rests on.

    Attributes
    ----------
    cases : int
        Number of cases that were judged.
    nearest : (float, float)
        Bounds: the smallest relative distance from each end, in any case. Infinite if there is no
        such end.
    reached : float
        Others: the largest share of what is allowed (stated error, error of the observation) that
        a case shows; zero if none differs.
    seconds : float
    """

    cases: int
    nearest: tuple[float, float]
    reached: float
    seconds: float

    def __str__(self) -> str:
        return evidence_words(self.cases, self.nearest, self.reached, self.seconds)

    __repr__ = __str__


class _Start(ExampleDatabase):
    """A database with a single example, from which the search starts and failures shrink."""

    def __init__(self, choices: Iterable[float]) -> None:
        super().__init__()
        self.example = choices_to_bytes(choices)

    def fetch(self, key: bytes) -> Iterable[bytes]:
        # What is found under the first key counts as shrunk; the others are its variations.
        return [] if key == FIRST_KEY else [self.example]

    def save(self, key: bytes, value: bytes) -> None:
        """Keep nothing."""

    def delete(self, key: bytes, value: bytes) -> None:
        """Keep the example."""


class Judged:
    """Judges the cases of a law and keeps the comparisons, without their arrays."""

    def __init__(self, law: Law, cases: int) -> None:
        self.law, self.level = law, FALSE_ALARM / cases
        self.compared: list[Comparison] = []
        self.last: Case = {}
        self.reached = 0.0
        self.began = time.perf_counter()

    def compare(self, case: Case) -> Comparison:
        """Compare one case without keeping it."""
        return compare_case(self.law, case, self.level)

    def __call__(self, case: Case) -> tuple[bool, Scores]:
        """Return whether the case refutes the law, and how near it comes to that in each way."""
        self.last = case
        compared = self.compare(case)
        self.compared.append(compared.thinned(1))
        if compared.holds:
            self.reached = max(self.reached, share(compared))
        return not compared.holds, scores(compared)

    def aimed(self, case: Case) -> bool:
        """Return whether the case refutes the law; Hypothesis prefers those that come near."""
        refuted, near = self(case)
        for way, score in () if refuted else near.items():
            target(score, label=way)
        return refuted

    def refuted(self, case: Case) -> bool:
        """Return whether the case refutes the law, without keeping it."""
        return not self.compare(case).holds

    @property
    def evidence(self) -> Evidence:
        """What was judged so far; how near the cases came that do not refute the law."""
        held = [each for each in self.compared if each.holds]
        low, high = (min((each.nearest[i] for each in held), default=np.inf) for i in (0, 1))
        seconds = time.perf_counter() - self.began
        return Evidence(len(self.compared), (low, high), self.reached, seconds)


def share(compared: Comparison) -> float:
    """Return the largest share of what is allowed that an element shows."""
    if compared.claimed is None:
        return compared.disagreement / max(compared.tolerance, 1e-300)
    error = np.abs(compared.observed / compared.predicted - 1.0)
    return float(np.max(error / (compared.claimed + compared.allowed)))


def scores(compared: Comparison) -> Scores:
    """Return how near a case comes to refuting its law, for the search: not the verdict's rule."""
    if not isinstance(compared.predicted, tuple):
        near = share(compared)
        return {"share": near} if near > LEAST_SHARE else {}
    nearest = {}
    for name, end in zip(("lower", "upper"), compared.predicted, strict=True):
        gap = np.abs(compared.observed - end)
        size = np.broadcast_to(np.where(end == 0, 1.0, np.abs(end)), gap.shape)
        if (there := np.isfinite(gap)).any():
            gap, size = gap[there], size[there]
            nearest[name] = -float(np.min(gap / (size + gap)))
    return nearest


def search(
    law: Law,
    cases: st.SearchStrategy[Any],
    examples: int,
    *,
    domain: Domain | None,
    replay: Callable[[Case], str],
) -> Judged:
    """Raise AssertionError with the simplest refuting case; else return what was judged.

    In a domain most of the cases are spread by our own rules (`Search`) and Hypothesis draws the
    rest; where there is only a strategy, it draws all. It simplifies what refutes.
    """
    judged = Judged(law, examples)
    case = None if domain is None else _spread(judged, domain, cases, examples)
    left = examples - len(judged.compared)
    if case is None and left and (domain is None or domain.intervals):
        case = _drawn(judged, cases, left)
    if case is None:
        return judged
    compared = judged.compare(case)
    if compared.holds:
        raise AssertionError(unsteady(law))
    raise AssertionError(counterexample(law, compared, replay(case), judged.evidence))


def _spread(
    judged: Judged, domain: Domain, cases: st.SearchStrategy[Any], examples: int
) -> Case | None:
    """Return the simplest refuting case, starting from one of those that we spread."""
    count = examples - int(DRAWN_SHARE * examples)
    rng = np.random.default_rng(0 if settings().derandomize else None)
    problem = start = None
    try:
        start = Search(domain, judged, count, rng).run()
    except (LawError, ValueError) as raised:
        problem, start = raised, judged.last
    if start is None:
        return None
    simple = _simplest(judged, cases, domain, start)  # or it raises in a simpler case
    if problem is not None:
        raise problem
    if simple is None and not all(judged.refuted(start) for _ in range(3)):
        raise AssertionError(unsteady(judged.law))
    return simple or start


def _simplest(
    judged: Judged, cases: st.SearchStrategy[Any], domain: Domain, start: Case
) -> Case | None:
    """Let Hypothesis simplify a refuting case; None if it no longer refutes."""
    # In `from_domain`, the choices of Hypothesis are the values of the parameters.
    database = _Start(start[name] for name in domain.intervals)
    phases = [Phase.reuse, Phase.shrink]
    return _find(judged.law, cases, judged.refuted, phases=phases, database=database)


def _drawn(judged: Judged, cases: st.SearchStrategy[Any], examples: int) -> Case | None:
    """Let Hypothesis draw cases; return the simplest that refutes the law, if any."""
    phases = [Phase.generate, Phase.target, Phase.shrink]
    try:
        return _find(
            judged.law, cases, judged.aimed, max_examples=examples, phases=phases, database=None
        )
    except Unsatisfiable:
        if not judged.compared:
            raise ValueError(nothing_drawn(judged.law, cases)) from None
        return None  # the predicate is met too rarely for draws without aim


def _find(
    law: Law, cases: st.SearchStrategy[Any], refuted: Callable[[Case], bool], **how: Any
) -> Case | None:
    chosen = settings(deadline=None, print_blob=False, verbosity=Verbosity.quiet, **how)
    try:
        found: Case = find(cases, refuted, settings=chosen, database_key=FIRST_KEY)
    except NoSuchExample:
        return None
    except Flaky:
        raise AssertionError(unsteady(law)) from None
    except (LawError, ValueError) as problem:
        problem.__notes__ = []  # of Hypothesis
        raise
    return found
