"""Judgement of one law: its algebra, its cases and the verdict on them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from polytheory import _checks
from polytheory._threads import one_thread
from polytheory.checking import Law, LawError
from polytheory.checking.law import case_words
from polytheory.checking.observed import Observed, observe_case, prepared
from polytheory.compare import FALSE_ALARM, Comparison, judge_observed
from polytheory.domain import Case, Domain
from polytheory.power import Power, power_of
from polytheory.verification._algebra import check_symbolic
from polytheory.verification._reports import LawReport

if TYPE_CHECKING:
    from polytheory.certificates import Certificate

#: Factor by which a full run draws more cases.
_FULL_FACTOR = 4


@one_thread()
def report_on(
    law: Law,
    *,
    rng: np.random.Generator,
    full: bool = False,
    level: float = FALSE_ALARM,
    case: Case | None = None,
    power: bool = False,
    certify: bool = False,
) -> LawReport:
    """Judge one law; an exception raised by the law is recorded in its report.

    Parameters
    ----------
    law : Law
    rng : Generator
        Draws the cases.
    full : bool
        Whether to judge the full cases.
    level : float
        Probability that chance makes this law fail, if it is true.
    case : dict, optional
        The only case to judge, instead of drawn ones.
    power : bool
        Whether to find the power of the verdict, if the law holds.
    certify : bool
        Whether to run the certificate of the law.

    Returns
    -------
    LawReport
    """
    began = time.perf_counter()
    symbolic, verdict, certificate = None, None, None
    error, where = "", ""
    cases: list[Case] = []
    observed: list[Observed] = []
    try:
        cases = [case] if case is not None else _drawn(law, rng, full=full)
        arguments = [prepared(law, each) for each in cases]  # once: it may simulate
        _refuse_outside(law, cases, arguments)
        symbolic = check_symbolic(law, cases, arguments)
        certificate = _certificate(law) if certify else None
        for each, given in zip(cases, arguments, strict=True):
            # One by one: what has been observed is kept if the next one raises.
            observed.append(observe_case(law, each, given))
    except (Exception, SystemExit) as problem:  # noqa: BLE001 - user code; the other laws go on
        error, where = _problem_words(problem)
    compared: list[Comparison] = []
    found: Power | None = None
    try:
        if observed or not error:
            judged, compared = judge_observed(law, observed, level)
            verdict = None if error else judged
            if power and verdict and verdict.holds:
                found = power_of(law, observed, level)
    except (Exception, SystemExit) as problem:  # noqa: BLE001
        error, where = _problem_words(problem)
    return replace(
        not_judged(law, error, full=full),
        cases=len(cases),
        symbolic=symbolic,
        verdict=verdict,
        seconds=time.perf_counter() - began,
        where=where,
        compared=tuple(each.thinned() for each in compared if not each.pooled),
        power=found,
        certificate=certificate,
    )


def _certificate(law: Law) -> Certificate:
    """Run the certificate of a law."""
    from polytheory.certificates import Certificate, no_certificate

    found = law.certificate() if law.certificate else no_certificate()
    if not isinstance(found, Certificate):
        raise _checks.refuse_type("the value of certificate", found, "a Certificate")
    return found


def _settings(law: Law, *, full: bool) -> Domain:
    """Return the domain from which cases are drawn."""
    return law.full_cases if full and law.full_cases is not None else law.cases


def not_judged(law: Law, error: str, *, full: bool) -> LawReport:
    """Return the report on a law before it is judged."""
    settings = _settings(law, full=full)
    return LawReport(
        name=law.name,
        kind=law.kind.value,
        statement=law.statement,
        domain=law.domain.words(),
        judged_on="" if settings is law.domain else settings.words(),
        why=law.why,
        source=law.claim.citation if law.claim else law.source,
        note=law.note,
        cases=0,
        symbolic=None,
        verdict=None,
        seconds=0.0,
        error=error,
        law=law,
    )


def _drawn(law: Law, rng: np.random.Generator, *, full: bool) -> list[Case]:
    draws = law.draws * (_FULL_FACTOR if full else 1)
    return list(_settings(law, full=full).cases(rng, draws, edges=full))


def _problem_words(problem: BaseException) -> tuple[str, str]:
    """Return what a law raised, and which part of it raised that where."""
    if isinstance(problem, LawError):
        own = problem.__cause__
        return f"{type(own).__name__}: {own}", problem.where
    return f"{type(problem).__name__}: {problem}", ""


def _refuse_outside(
    law: Law, cases: Sequence[Case], arguments: Sequence[Mapping[str, Any]]
) -> None:
    """Raise unless the arguments of every case lie in the domain for which the law is claimed."""
    for case, given in zip(cases, arguments, strict=True):
        if set(law.domain.intervals) <= set(given) and not law.domain.contains(
            **{name: given[name] for name in law.domain.intervals}
        ):
            words = f"its cases lie outside its domain ({law.domain.words()}), as does"
            raise ValueError(f"law {law.name!r}: {words} {case_words(case)}")
