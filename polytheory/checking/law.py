"""The class `Law`: a claim with its prediction, observation, proof, cases and wrong variants."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from pathlib import Path
from types import EllipsisType
from typing import Any

from polytheory import _checks
from polytheory.checking.observation import Observation
from polytheory.checking.wrong import Wrong, instead
from polytheory.claims import Claim, Kind, claims_of
from polytheory.domain import Case, Domain, Interval

__all__ = ["Law", "LawError", "Observation", "case_words", "judged"]


class LawError(RuntimeError):
    """Error in a part of a law; the original exception is its ``__cause__``.

    Attributes
    ----------
    where : str
        The part that raised the exception, the line and the case.
    """

    def __init__(self, law: str, part: str, case: Case, problem: BaseException) -> None:
        self.where = f"raised by {part}{_line_of(problem)} for {case_words(case)}"
        super().__init__(f"law {law!r}: {type(problem).__name__}: {problem} ({self.where})")


def case_words(case: Case) -> str:
    """Return a case on one line."""
    return ", ".join(f"{name}={_short(value)}" for name, value in case.items()) or "no parameters"


def _short(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else repr(value)


def _line_of(problem: BaseException) -> str:
    """Return the line of the part that raised, if it was reached (the first frame is our call)."""
    lines = traceback.extract_tb(problem.__traceback__)[1:2]
    return "".join(f" ({Path(line.filename).name}, line {line.lineno})" for line in lines)


#: Largest number of cases: all of them and what was observed are kept.
MAX_DRAWS = 1_000_000
#: Relative change of a prediction of the catalogue that its check should notice.
POWER_WANTED = {
    Kind.EXACT: 1e-5,
    Kind.BOUND: 1e-5,
    Kind.LEADING_ORDER: 0.02,
    Kind.STATISTICAL: 0.03,
    Kind.EMPIRICAL: 0.03,
}
_TEXTS = ("name", "statement", "source", "why", "note", "not_compared", "limited_by")


@dataclass(frozen=True, kw_only=True, eq=False)
class Law:
    """A claim about the model, with everything needed to judge it.

    A *case* is a mapping from parameter name to number, drawn from `cases`. The judge turns it
    into the arguments of the closed form with `prepare`, calls `predict` on them, evaluates the
    symbolic form on the same arguments, and compares with `observe(**case)`.

    A user-defined law is judged like those of the catalogue: by `polytheory.verify`, by
    ``polytheory verify --law mymodule:MY_LAW`` and by `polytheory.testing.assert_law`. It needs
    only name, kind, domain, `predict` and `observe`.

    Attributes
    ----------
    name : str
        The same in theory, symbolic, catalogue and tests.
    kind : Kind
        Decides how the law is judged.
    domain : Domain
        The arguments for which the statement holds.
    predict : callable
        The closed form. A bound returns a pair (lower, upper).
    observe : callable
        Takes the case by keyword, returns an `Observation` (or plain numbers) from simulation.
        Randomness comes only from a parameter of the case called ``seed``.
    statement : str, optional
        The formula, readable in a terminal.
    source : str, optional
        Where the claim comes from.
    cases : Domain, optional
        The domain from which cases are drawn; `domain` by default.
    draws : int
        Number of cases in a default run.
    why : str, optional
        Why the cases cover less than the domain, if they do.
    full_cases : Domain, optional
        The cases at paper scale, for ``verify(full=True)``; `cases` by default.
    prepare : callable, optional
        Takes the case by keyword, returns the arguments of `predict`. The case itself by default.
    symbolic : callable, optional
        Returns the `Statement` of `polytheory.symbolic`. Called only when the law is judged.
    certificate : callable, optional
        Proves the statement, or a part of it, by ball arithmetic: returns a
        `polytheory.certificates.Certificate`. Called only by ``verify(certify=True)``.
    closed_form : callable or None, optional
        The NumPy form of the statement's `value`, if that is not `predict`: takes the statement's
        arguments by keyword. None if the statement has none in the law's parameters.
    not_compared : str
        Why the statement has no `value` in the law's parameters, for the report.
    evaluate_at : callable, optional
        Takes the case, returns the arguments of the statement's `value` if they are not those of
        `predict`.
    small, order : str and float, optional
        Leading order by refinement: halving the parameter `small` must shrink the relative error
        like small**order.
    band : (float, float), optional
        Leading order by constant: observed / predicted stays in this band over all cases.
    error : callable, optional
        Leading order by a stated error: takes the arguments of `predict`, returns the largest
        relative error; for laws of the catalogue, that of the claim.
    refined_to : float, optional
        Lowest value of `small` at which the law may be evaluated. By default the low end of its
        interval in `domain`, or in `cases`.
    tight : float or pair, optional
        A bound: each end is approached to this relative distance in some case. One number for both
        ends, or a pair, in which None marks an end that is true but not claimed to be tight. An end
        that `predict` returns as None is not claimed at all.
    wrong : sequence, optional
        Variants that must fail: functions with the arguments of `predict`, or variants from
        `polytheory.checking.wrong` (``scaled(1.01)``).
    power : float, optional
        The relative change of the prediction, either way, that a default run must notice; a test
        compares it with the power of the verdict (see `polytheory.power`).
    limited_by : str
        Why it is not smaller.
    note : str
        A remark for readers of the report.
    claim : Claim, optional
        For laws of the catalogue, the claim that is judged.

    Raises
    ------
    TypeError, ValueError
        If a field has the wrong type or value, or the kind requires a field that is missing.

    Examples
    --------
    A lone weight without ℓ1 follows x' = (1 − x²) x:

    >>> from math import exp, sqrt
    >>> from polytheory import Domain, Interval, Kind, Law, Observation, row_flow, verify
    >>> def observe(start, time):
    ...     run = row_flow([start], l1_strength=0.0, time=[time])
    ...     return Observation(run.l1_norm[0], 1e-9, "tolerance of row_flow")
    >>> law = Law(
    ...     name="lone_weight",
    ...     kind=Kind.EXACT,
    ...     domain=Domain({"start": Interval(0.1, 2.0), "time": Interval(0.0, 5.0)}),
    ...     predict=lambda start, time: 1 / sqrt(1 + (start**-2 - 1) * exp(-2 * time)),
    ...     observe=observe,
    ... )
    >>> verify([law]).holds
    True
    """

    name: str
    kind: Kind
    domain: Domain
    predict: Callable[..., Any]
    observe: Callable[..., Any]
    statement: str = ""
    source: str = ""
    cases: Domain = None  # type: ignore[assignment]  # the domain, set below
    draws: int = 8
    why: str = ""
    full_cases: Domain | None = None
    prepare: Callable[..., Mapping[str, Any]] = dict
    symbolic: Callable[[], Any] | None = None
    certificate: Callable[[], Any] | None = None
    closed_form: Callable[..., Any] | EllipsisType | None = ...
    evaluate_at: Callable[..., Mapping[str, Any]] | None = None
    not_compared: str = ""
    small: str | None = None
    order: float | None = None
    band: tuple[float, float] | None = None
    error: Callable[..., Any] | None = None
    refined_to: float | None = None
    tight: float | tuple[float | None, float | None] | None = None
    wrong: Sequence[Wrong | Callable[..., Any]] = ()
    power: float | None = None
    limited_by: str = ""
    note: str = ""
    claim: Claim | None = None

    def __post_init__(self) -> None:
        words = dict.fromkeys(_TEXTS, str)
        for field, wanted in (words | {"kind": Kind, "domain": Domain}).items():
            if not isinstance(getattr(self, field), wanted):
                raise _checks.refuse_type(field, getattr(self, field), f"a {wanted.__name__}")
        if not self.name:
            raise _checks.refuse_value("name", "''", "a non-empty string")
        for field in ("predict", "observe", "prepare"):
            if not callable(getattr(self, field)):
                raise _checks.refuse_type(field, getattr(self, field), "callable")
        for field in ("symbolic", "certificate", "closed_form", "evaluate_at", "error"):
            value = getattr(self, field)
            if not (callable(value) or value is None or value is ...):
                raise _checks.refuse_type(field, value, "callable or None")
        wrong: Any = self.wrong
        if not isinstance(wrong, list | tuple) or not all(map(callable, wrong)):
            raise _checks.refuse_type("wrong", wrong, "a list of functions")
        if vars(self)["cases"] is None:
            object.__setattr__(self, "cases", self.domain)
        if self.power is not None:
            _checks.scalar("power", self.power, low=1e-12, high=10.0)
        _checks.integer("draws", self.draws, minimum=1)
        if self.draws > MAX_DRAWS:
            raise _checks.refuse_value("draws", str(self.draws), f"at most {MAX_DRAWS}")
        self._check_domains()
        self._check_kind()

    def _check_domains(self) -> None:
        cases: Any = self.cases
        if not isinstance(cases, Domain):
            raise _checks.refuse_type("cases", cases, "a Domain", "draws= is their number.")
        if not isinstance(self.full_cases, Domain | None):
            raise _checks.refuse_type("full_cases", self.full_cases, "a Domain or None")
        named = {"domain": self.domain, "cases": self.cases, "full_cases": self.full_cases}
        for field, domain in named.items():
            for name, interval in (domain.intervals if domain else {}).items():
                if not isinstance(interval, Interval):
                    raise _checks.refuse_type(f"{field}: {name}", interval, "an Interval")
                claimed = self.domain.intervals.get(name)
                if claimed is not None and self.prepare is dict and not claimed.covers(interval):
                    words = f"{field} have {name} in {interval}, the domain only in {claimed}"
                    raise self._refused(words)

    def _check_kind(self) -> None:
        """Raise unless the fields that the kind requires are present and valid."""
        ways = [self.small is not None, self.band is not None, self.error is not None]
        if self.kind is Kind.LEADING_ORDER and sum(ways) != 1:
            raise self._refused("leading order needs either small and order, or band, or error")
        if (self.small is None) != (self.order is None):
            raise self._refused("small and order must be given together")
        if self.small is not None and self.small not in self.cases.intervals:
            raise self._refused("small must be a parameter of its cases")
        if self.order is not None:
            _checks.scalar("order", self.order, low=1e-3, high=1e3)
        if self.band is not None:
            ends = _checks.real_array("band", self.band)
            if ends.shape != (2,) or not ends[0] < ends[1]:
                raise _checks.refuse_value(
                    "band", repr(self.band), "a pair (low, high), low < high"
                )
        tight_ends = self.tight_ends
        if self.kind is Kind.BOUND and self.tight is None:
            raise self._refused("a bound needs tight, or it could be vacuous")
        if self.kind is Kind.BOUND and tight_ends == (None, None):
            raise self._refused("one end of a bound must be claimed tight, or it could be vacuous")

    def _refused(self, words: str) -> ValueError:
        return ValueError(f"law {self.name!r}: {words}")

    @property
    def tight_ends(self) -> tuple[float | None, float | None]:
        """The relative distance to which each end is approached; None if not claimed."""
        tight: Any = self.tight
        both = tight if isinstance(tight, tuple) else (tight, tight)
        if len(both) != 2:
            raise _checks.refuse_value("tight", repr(tight), "a number, or a pair (low, high)")
        low, high = (None if end is None else _checks.scalar("tight", end) for end in both)
        return low, high

    @property
    def numpy_form(self) -> Callable[..., Any] | None:
        """The NumPy form that the symbolic `value` is compared with, if any."""
        return self.predict if isinstance(self.closed_form, EllipsisType) else self.closed_form

    @property
    def predictor(self) -> Callable[..., Any] | None:
        """The public closed form; for user-defined laws, `predict`."""
        return self.claim.predictor if self.claim else self.predict

    @property
    def proof(self) -> Any:
        """The `Statement` of `polytheory.symbolic` on which the law rests, or None."""
        return self.symbolic() if self.symbolic else None

    @property
    def derivation(self) -> str:
        """The file of the repository in which the law is derived; empty if user-defined."""
        return self.claim.derivation if self.claim else ""

    @property
    def check(self) -> str:
        """The module that defines how the law is observed."""
        return self.observe.__module__

    @property
    def covers(self) -> bool:
        """Whether the cases cover the domain in each of its parameters."""
        drawn = self.cases.intervals
        return self.cases.where is self.domain.where and all(
            name in drawn and drawn[name] == interval
            for name, interval in self.domain.intervals.items()
        )

    def variants(self) -> Iterator[tuple[str, Law]]:
        """Yield the wrong variants, laws that must fail, each with its description."""
        for each in self.wrong:
            words = getattr(each, "__name__", repr(each))
            wrong = each if isinstance(each, Wrong) else instead(words, each)
            yield wrong.words, replace(self, predict=wrong.of(self.predict), wrong=())


def judged(
    what: Callable[..., Any] | Claim,
    name: str = "",
    *,
    observe: Callable[..., Any],
    predict: Callable[..., Any] | None = None,
    prepare: Callable[..., Mapping[str, Any]] | None = None,
    **how: Any,
) -> Law:
    """Return the law of a claim, given how the claim is observed.

    Parameters
    ----------
    what : callable or Claim
        The closed form to which the claim is attached, or a claim without a closed form.
    name : str
        Name of the claim, if the closed form has several.
    observe, predict, prepare, **how
        The fields of `Law`. By default `predict` is the closed form, which is also compared with
        the symbolic form, and `prepare` returns the parameters of the case that the domain names.

    Returns
    -------
    Law
    """
    claim = what if isinstance(what, Claim) else _claim_of(what, name)

    def arguments(**case: Any) -> Mapping[str, Any]:
        return {each: case[each] for each in claim.domain.intervals if each in case}

    law = Law(
        name=claim.name,
        kind=claim.kind,
        domain=claim.domain,
        statement=claim.says,
        source=claim.source,
        note=claim.note,
        claim=claim,
        predict=predict or claim.predictor,  # type: ignore[arg-type]  # Law refuses None
        observe=observe,
        prepare=prepare or arguments,
        **{
            "symbolic": partial(_statement, claim.rests_on or claim.name),
            "closed_form": ... if claim.predictor else None,
            "error": claim.error,
            "power": POWER_WANTED[claim.kind],
        }
        | how,
    )
    if law.power is not None and law.power > POWER_WANTED[law.kind] and not law.limited_by:
        raise ValueError(f"law {law.name!r}: its power is low; give limited_by=")
    if not law.covers and not law.why:
        raise ValueError(f"law {law.name!r}: its cases cover less than its domain; give why=")
    return law


def _claim_of(form: Any, name: str) -> Claim:
    found = [each for each in claims_of(form) if not name or each.name == name]
    if len(found) != 1:
        there = ", ".join(each.name for each in claims_of(form)) or "none"
        words = f"{form.__name__}: {len(found)} claims"
        raise _checks.refuse_value("name", words, f"one of its claims ({there})")
    return found[0]


def _statement(name: str) -> Any:
    return getattr(import_module("polytheory.symbolic"), name)()
