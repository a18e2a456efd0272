"""Assertions that draw cases, simulate, and show the smallest counterexample."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from hypothesis import strategies as st

from polytheory import _checks
from polytheory.checking import Law
from polytheory.checking.observed import ask
from polytheory.claims import Kind
from polytheory.compare import undecided
from polytheory.domain import Domain
from polytheory.testing._domains import from_domain, from_law
from polytheory.testing._search import Evidence, Judged, search
from polytheory.testing._simulations import trajectories
from polytheory.testing._sizes import bound, named
from polytheory.testing._words import DRAWN, parameters, replay_call, replay_law


class Undecided(AssertionError):  # noqa: N818 - the word of the judge
    """Raised if no drawn case refutes a law, and none could have confirmed it either."""


def assert_law(
    law: Law,
    *,
    size: str = "balanced",
    max_examples: int | None = None,
    allow_undecided: bool = False,
) -> Evidence:
    """Assert that prediction and observation agree in drawn cases, by the rule of the law's kind.

    Each case is compared by itself; in the end some case must have been able to refute the law: an
    event was seen, each end of a bound was approached, an order of convergence observed. The
    symbolic form is not used; `polytheory.verify` does that.

    Up to a fifth of the cases are corners of the domain. The others are spread evenly; in some,
    parameters are equal or one is at an end, and a third of them follow the earlier ones that came
    nearest to refuting the law. Hypothesis draws the last ones and simplifies a counterexample.

    Parameters
    ----------
    law : Law
        A law of the catalogue, or your own.
    size : {"fast", "balanced", "thorough"}
        50, 100 or 1,000 cases.
    max_examples : int
        Number of cases, instead.
    allow_undecided : bool
        Whether to pass if no case could have refuted the law.

    Returns
    -------
    Evidence
        How many cases were drawn, how near they came to refuting the law, how long it took.

    Raises
    ------
    AssertionError
        With the simplest case that refutes the law: law, parameters, predicted and observed values,
        their difference and the allowed one, and the command that judges this case again.
    Undecided
        An AssertionError: no case refutes the law, and none could have.
    LawError
        If a part of the law raises; the original error is its cause.
    TypeError, ValueError
        If an argument is invalid, or the values of the law cannot be compared.

    Examples
    --------
    >>> from dataclasses import replace
    >>> import polytheory
    >>> from polytheory.testing import assert_law
    >>> law = polytheory.law("growth_threshold")
    >>> assert_law(law, size="fast")
    50 cases in ..., at most ... of what is allowed
    >>> assert_law(replace(law, predict=lambda **case: 1.0), size="fast")
    Traceback (most recent call last):
        ...
    AssertionError: law 'growth_threshold' (exact) does not hold:
    ...
    """
    examples = bound("max_examples", max_examples, named(size).examples)
    strategy = from_law(law)
    replay = partial(replay_law, law)
    judged = search(law, strategy, examples, domain=law.cases, replay=replay)
    return _evidence(law, judged, allow_undecided)


def assert_law_can_fail(
    law: Law, *, size: str = "balanced", max_examples: int | None = None
) -> None:
    """Assert that every wrong variant of a law is refuted, so that its check can fail.

    Parameters
    ----------
    law : Law
        A law with wrong variants (``wrong=[...]``).
    size, max_examples
        As for `assert_law`, for each variant.

    Raises
    ------
    AssertionError
        With the description of the first variant that holds.
    LawError, TypeError, ValueError
        As for `assert_law`, and if the law has no wrong variants.

    Examples
    --------
    >>> import polytheory
    >>> from polytheory.testing import assert_law_can_fail
    >>> assert_law_can_fail(polytheory.law("carrier_amplitude"), max_examples=5)
    """
    if not isinstance(law, Law):
        raise _checks.refuse_type("law", law, "a Law")
    if not law.wrong:
        raise _checks.refuse_value("law", f"{law.name!r}", "one with wrong=[...]")
    for words, variant in law.variants():
        try:
            assert_law(variant, size=size, max_examples=max_examples)
        except AssertionError:
            continue
        raise AssertionError(
            f"law {law.name!r}: its wrong variant {words!r} holds, too; the check cannot fail"
        )


def assert_bound(
    lower: Any,
    upper: Any,
    observe: Callable[..., Any],
    *,
    on: Domain | st.SearchStrategy[Any] | None = None,
    tight: float | tuple[float | None, float | None] | None = None,
    name: str = "bound",
    size: str = "balanced",
    max_examples: int | None = None,
    allow_undecided: bool = False,
) -> Evidence:
    """Assert that lower ≤ observed ≤ upper for all drawn examples.

    Parameters
    ----------
    lower, upper : callable, number or None
        The bounds: functions of the drawn example, or constants. None leaves a side open.
    observe : callable
        The bounded quantity: a function that returns numbers or an `Observation`.
    on : Domain or SearchStrategy, optional
        The source of examples. Cases of a domain and other mappings are passed by keyword, anything
        else as the only argument. By default `polytheory.testing.trajectories`.
    tight : float or pair, optional
        Some observation must come within this relative distance of each end that is given;
        otherwise the bound may be vacuous. A pair gives the distances of the lower and the upper
        end, None for an end that need not be tight.
    name : str
        Name of the bound in messages.
    size : {"fast", "balanced", "thorough"}
        50, 100 or 1,000 examples, and the size of the default simulations.
    max_examples : int
        Number of examples, instead.
    allow_undecided : bool
        Whether to pass if an end that should be tight was not approached.

    Returns
    -------
    Evidence
        How many examples were drawn, how near they came to each end, how long it took.

    Raises
    ------
    AssertionError
        With the simplest counterexample and the call that repeats it.
    Undecided
        An AssertionError: every observation lies inside, but none near an end.
    LawError
        If one of the functions raises; the original error is its cause.
    TypeError, ValueError
        If an argument is invalid, or the returned values cannot be compared.

    Examples
    --------
    >>> from polytheory import polysemantic_neurons
    >>> from polytheory.testing import assert_bound
    >>> def count(drawn):
    ...     return polysemantic_neurons(drawn.run.final)
    >>> assert_bound(0, lambda drawn: drawn.model.n_features / 2, count, size="fast")
    50 cases in ... s, nearest ... from the lower end and ... from the upper end
    """
    if lower is None and upper is None:
        raise _checks.refuse_value("lower and upper", "None", "given, at least one of them")
    low = _function("lower", lower, open_end=-np.inf)
    high = _function("upper", upper, open_end=np.inf)
    if not callable(observe):
        raise _checks.refuse_type("observe", observe, "callable")

    def predict(**case: Any) -> tuple[Any, Any]:
        return _apply(name, "lower", low, case), _apply(name, "upper", high, case)

    law = Law(
        name=name,
        kind=Kind.BOUND,
        domain=Domain({}),
        predict=predict,
        observe=lambda **case: _apply(name, "observe", observe, case),
        tight=_checks.MAX_VALUE if tight is None else tight,
    )
    judged = _judged(law, observe, on, size, max_examples)
    return _evidence(law, judged, allow_undecided)


def assert_predicate(
    statement: Callable[..., Any],
    *,
    on: Domain | st.SearchStrategy[Any] | None = None,
    name: str = "statement",
    size: str = "balanced",
    max_examples: int | None = None,
) -> Evidence:
    """Assert that a statement is true for all drawn examples.

    As a `Law`, it is exact and predicts True: ``Law(kind=Kind.EXACT, predict=lambda **_: True,
    observe=statement, ...)``.

    Parameters
    ----------
    statement : callable
        Returns whether the statement is true for the drawn example: True or False, or an array of
        them, all of which must be true.
    on : Domain or SearchStrategy, optional
        The source of examples, as for `assert_bound`.
    name : str
        Name of the statement in messages.
    size, max_examples
        As for `assert_bound`.

    Returns
    -------
    Evidence
        How many examples were drawn, and how long it took.

    Raises
    ------
    AssertionError
        With the simplest counterexample and the call that repeats it.
    LawError
        If the statement raises, or returns something else; the original error is its cause.
    TypeError, ValueError
        If an argument is invalid.

    Examples
    --------
    >>> from polytheory.testing import assert_predicate, rows
    >>> assert_predicate(lambda row: abs(row).sum() >= abs(row).max(), on=rows(), size="fast")
    50 cases in ...
    """
    if not callable(statement):
        raise _checks.refuse_type("statement", statement, "callable")

    law = Law(
        name=name,
        kind=Kind.EXACT,
        domain=Domain({}),
        statement="true (1), not false (0)",
        predict=lambda **_: 1.0,
        observe=lambda **case: _truth(_apply(name, "statement", statement, case)),
    )
    return _judged(law, statement, on, size, max_examples).evidence


def _truth(answer: Any) -> float:
    answers = np.asarray(answer)
    if answers.dtype != bool or answers.size == 0:
        raise _checks.refuse_type("statement", answer, "True or False in each case")
    return float(answers.all())


def _judged(
    law: Law, observe: Callable[..., Any], on: Any, size: str, max_examples: int | None
) -> Judged:
    """Search a domain or strategy for an example that refutes a law made of functions."""
    examples = bound("max_examples", max_examples, named(size).examples)
    drawn = trajectories(size=size) if on is None else on
    domain = drawn if isinstance(drawn, Domain) else None
    if domain is not None:
        drawn = from_domain(domain)
    if not isinstance(drawn, st.SearchStrategy):
        raise _checks.refuse_type("on", drawn, "a Domain or a strategy such as trajectories()")
    replay = partial(replay_call, observe)
    return search(law, drawn.map(_as_case), examples, domain=domain, replay=replay)


def _function(name: str, end: Any, *, open_end: float) -> Callable[..., Any]:
    if callable(end):
        return end  # type: ignore[no-any-return]  # nothing else can be checked
    constant = open_end if end is None else _checks.scalar(name, end, low=-_checks.MAX_VALUE)
    return lambda *_, **__: constant


def _as_case(drawn: Any) -> dict[str, Any]:
    named_values = isinstance(drawn, Mapping) and all(isinstance(key, str) for key in drawn)
    return dict(drawn) if named_values else {DRAWN: drawn}


def _apply(law: str, part: str, call: Callable[..., Any], case: dict[str, Any]) -> Any:
    if set(case) == {DRAWN}:
        return ask(law, part, case, call, case[DRAWN])
    return ask(law, part, case, call, **case)


def _evidence(law: Law, judged: Judged, allow_undecided: bool) -> Evidence:
    """Return the evidence for a law that no case refutes, unless none could have."""
    if not allow_undecided and (reason := undecided(law, judged.compared)):
        last = textwrap.indent(parameters(judged.compared[-1].case), "    ")
        words = f"law {law.name!r} ({law.kind.value}) is undecided: {reason}"
        raise Undecided(f"{words}\n    {judged.evidence}; the last:\n{last}")
    return judged.evidence
