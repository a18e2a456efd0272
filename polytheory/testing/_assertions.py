"""Assertions that draw cases, simulate, and show the smallest counterexample."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from hypothesis import Phase, Verbosity, find, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky, NoSuchExample, Unsatisfiable

from polytheory import _checks
from polytheory._checks import FloatArray
from polytheory.checking import Law
from polytheory.checking.observed import ask
from polytheory.claims import Kind
from polytheory.compare import FALSE_ALARM, Comparison, compare_case, undecided
from polytheory.domain import Domain
from polytheory.testing._domains import from_domain, from_law
from polytheory.testing._simulations import trajectories
from polytheory.testing._sizes import bound, named


class Undecided(AssertionError):  # noqa: N818 - the word of the judge
    """Raised if no drawn case refutes a law, and none could have confirmed it either."""


#: Name of the only parameter of a case that is a drawn object.
DRAWN = "drawn"


def assert_law(
    law: Law,
    *,
    size: str = "balanced",
    max_examples: int | None = None,
    allow_undecided: bool = False,
) -> None:
    """Assert that prediction and observation agree in drawn cases, by the rule of the law's kind.

    Each case is compared by itself; in the end some case must have been able to refute the law: an
    event was seen, each end of a bound was approached, an order of convergence observed. The
    symbolic form is not used; `polytheory.verify` does that.

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

    Raises
    ------
    AssertionError
        With the simplest case that refutes the law: law, parameters, predicted and observed values,
        their difference and the allowed one.
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
    >>> assert_law(replace(law, predict=lambda **case: 1.0), size="fast")
    Traceback (most recent call last):
        ...
    AssertionError: law 'growth_threshold' (exact) does not hold:
    ...
    """
    examples = bound("max_examples", max_examples, named(size).examples)
    compared = _search(law, from_law(law), examples)
    # Bounds are often tight at the corners of the domain, which the search may miss.
    if law.kind is Kind.BOUND:
        corners = [case for case in law.cases.corners() if law.cases.contains(**case)]
        compared += [compare_case(law, case, FALSE_ALARM / examples) for case in corners]
    if not allow_undecided:
        _refuse_undecided(law, compared)


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
) -> None:
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

    Raises
    ------
    AssertionError
        With the simplest counterexample.
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
    """
    examples = bound("max_examples", max_examples, named(size).examples)
    if lower is None and upper is None:
        raise _checks.refuse_value("lower and upper", "None", "given, at least one of them")
    low = _function("lower", lower, open_end=-np.inf)
    high = _function("upper", upper, open_end=np.inf)
    if not callable(observe):
        raise _checks.refuse_type("observe", observe, "callable")
    drawn = trajectories(size=size) if on is None else on
    if isinstance(drawn, Domain):
        drawn = from_domain(drawn)
    if not isinstance(drawn, st.SearchStrategy):
        raise _checks.refuse_type("on", drawn, "a Domain or a strategy such as trajectories()")

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
    compared = _search(law, drawn.map(_as_case), examples)
    if not allow_undecided:
        _refuse_undecided(law, compared)


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


def _search(law: Law, cases: st.SearchStrategy[Any], examples: int) -> list[Comparison]:
    """Raise AssertionError with the simplest refuting case; else return the comparisons."""
    found: list[Comparison] = []
    level = FALSE_ALARM / examples

    def refuted(case: dict[str, Any]) -> bool:
        compared = compare_case(law, case, level)
        found.append(compared.thinned(1))  # without its arrays, which may be large
        return not compared.holds

    # No database: its key is this function, which is the same for all laws.
    chosen = settings(
        max_examples=examples,
        deadline=None,
        database=None,
        print_blob=False,
        verbosity=Verbosity.quiet,
        phases=[Phase.generate, Phase.shrink],
    )
    try:
        case = find(cases, refuted, settings=chosen)
    except NoSuchExample:
        return found
    except Unsatisfiable:
        where = f" ({law.cases})" if law.cases.intervals else ""
        raise ValueError(
            f"law {law.name!r}: nothing could be drawn; the predicate of its domain{where}, or a"
            " filter of the strategy, is almost never satisfied"
        ) from None
    except Flaky as problem:
        raise AssertionError(_unsteady(law)) from problem
    compared = compare_case(law, case, level)
    raise AssertionError(_unsteady(law) if compared.holds else _words(law, compared))


def _refuse_undecided(law: Law, compared: list[Comparison]) -> None:
    if reason := undecided(law, compared):
        at = "\n".join(f"    {_item(*item)}" for item in compared[-1].case.items())
        words = f"law {law.name!r} ({law.kind.value}) is undecided: {reason}"
        raise Undecided(f"{words}\n    the last of {len(compared)} cases:\n{at}")


def _unsteady(law: Law) -> str:
    hint = "Randomness may depend only on drawn values, such as a parameter called seed."
    return f"law {law.name!r}: the same case sometimes holds and sometimes fails. {hint}"


def _words(law: Law, compared: Comparison) -> str:
    """Return the counterexample as text, one line per item."""
    if law.kind is Kind.BOUND:
        predicted = _between(*compared.predicted)
    else:
        predicted = _number(compared.predicted)
    lines = {
        "states": law.statement,
        "for": "\n".join(_item(*item) for item in compared.case.items()) or "no parameters",
        "predicted": predicted,
        "observed": _number(compared.observed),
        "off by": f"{compared.disagreement:.6g}, allowed {compared.tolerance:.3g}",
        "which is": compared.reason,
    }
    shown = [f"    {label:11}" + _indented(text) for label, text in lines.items() if text]
    return "\n".join([f"law {law.name!r} ({law.kind.value}) does not hold:", *shown])


def _between(lower: FloatArray, upper: FloatArray) -> str:
    if np.isneginf(lower).all():
        return f"at most {_number(upper)}"
    if np.isposinf(upper).all():
        return f"at least {_number(lower)}"
    return f"{_number(lower)} to {_number(upper)}"


def _item(name: str, value: object) -> str:
    return repr(value) if name == DRAWN else f"{name} = {value!r}"


def _number(value: FloatArray) -> str:
    if value.ndim == 0:
        return f"{float(value):.9g}"
    return np.array2string(value, precision=9, threshold=20, separator=", ")


def _indented(text: str) -> str:
    return textwrap.indent(text, " " * 15).lstrip()
