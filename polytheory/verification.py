"""Verification of laws by algebra and simulation, with a report per law."""

from __future__ import annotations

import inspect
import json
import shlex
import textwrap
import time
import warnings
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cached_property
from multiprocessing import current_process, parent_process
from typing import Any, NamedTuple

import numpy as np

from polytheory import _checks
from polytheory._defaults import DEFAULT_SEED
from polytheory._files import as_data
from polytheory._processes import usable_processors
from polytheory._provenance import versions
from polytheory._threads import one_thread
from polytheory._workers import Died, each_result
from polytheory.checking import Law, LawError
from polytheory.checking.law import case_words
from polytheory.checking.observed import Observed, observe_case, prepared
from polytheory.compare import (
    FALSE_ALARM,
    ROUNDING_TOLERANCE,
    Comparison,
    Verdict,
    comparisons,
    judge_case,
    level_of_each,
    summed_up,
)
from polytheory.domain import Case, Domain
from polytheory.flow.progress import progress_bar
from polytheory.laws import CATALOGUE, law, laws_named

__all__ = ["LawReport", "SymbolicCheck", "Verification", "VerifyInterrupt", "verify"]

#: Factor by which a full run draws more cases.
_FULL_FACTOR = 4
#: Relative step of the difference quotients of the symbolic form.
_RELATIVE_STEP = 2.0**-30
#: Starting a process takes as long as judging about two laws: fewer than this each do not pay.
_LAWS_PER_PROCESS = 4
#: The laws that take longest, in this order. Processes judge them first: the last to start decides
#: how long the others wait. A slow test compares the order with measured times.
LONGEST_LAWS = (
    "window_in_the_flow",
    "no_collisions_under_noise",
    "survival_probability",
    "measured_ratio",
    "measured_polysemantic_count",
    "polysemantic_count",
    "time_to_fraction",
)


@dataclass(frozen=True)
class SymbolicCheck:
    """Result of checking a law by algebra.

    Attributes
    ----------
    residuals : int
        Number of expressions that must vanish.
    refuted : tuple of str
        Labels of those that are not zero at a point inside the claim.
    not_shown : tuple of str
        Labels of those that SymPy could neither show to vanish nor refute.
    disagreement : float or None
        Largest relative difference between the NumPy form and the symbolic one at 50 digits;
        None where they are not compared.
    not_proved : str
        The part of the claim that SymPy did not prove.
    not_compared : str
        Why the NumPy form is not compared with the symbolic one; empty if it is.
    build : callable or None
        Returns the statement that was checked; left out of `Verification.to_dict`.
    """

    residuals: int
    refuted: tuple[str, ...]
    not_shown: tuple[str, ...]
    disagreement: float | None
    not_proved: str
    not_compared: str = ""
    build: Callable[[], Any] | None = field(default=None, repr=False, compare=False)

    @cached_property
    def statement(self) -> Any:
        """The `Statement` that was checked."""
        return self.build() if self.build else None

    @property
    def unproved(self) -> tuple[str, ...]:
        """Labels of all residuals that were not shown to vanish."""
        return self.refuted + self.not_shown

    @property
    def agrees(self) -> bool:
        """Whether both forms agree to rounding, as far as they are compared."""
        return self.disagreement is None or self.disagreement <= ROUNDING_TOLERANCE

    @property
    def holds(self) -> bool:
        """Whether every residual vanishes and both forms agree to rounding."""
        return not self.unproved and self.agrees

    @property
    def residual_words(self) -> str:
        """What is known of the residuals, in words."""
        if not self.unproved:
            one = self.residuals == 1
            return "1 residual vanishes" if one else f"{self.residuals} residuals vanish"
        refuted = f"not zero: {', '.join(self.refuted)}" if self.refuted else ""
        return "; ".join(filter(None, (refuted, _not_shown(self.not_shown))))

    @property
    def undecided(self) -> str:
        """What SymPy could not decide, in words; empty if nothing, or if the algebra fails."""
        return _not_shown(self.not_shown) if self.agrees and not self.refuted else ""


@dataclass(frozen=True)
class LawReport:
    """Outcome of judging one law.

    If the law raised an exception, `error` describes it and `where` says which part raised it, and
    `compared` ends before that case. `law` and `compared` serve `polytheory.report` and are left
    out of `Verification.to_dict`.
    """

    name: str
    kind: str
    statement: str
    domain: str
    judged_on: str
    why: str
    source: str
    note: str
    cases: int
    symbolic: SymbolicCheck | None
    verdict: Verdict | None
    seconds: float
    law: Law = field(repr=False, compare=False)
    error: str = ""
    where: str = ""
    compared: tuple[Comparison, ...] = field(default=(), repr=False, compare=False)

    @property
    def holds(self) -> bool:
        """Whether algebra and simulation both agree with the law."""
        symbolic = self.symbolic is None or self.symbolic.holds
        return not self.error and symbolic and self.verdict is not None and self.verdict.holds

    @property
    def undecided(self) -> str:
        """Why the law is neither confirmed nor refuted; empty if it holds, fails or raised."""
        if self.error or self.verdict is None:
            return ""
        by_algebra = self.symbolic.undecided if self.symbolic else ""
        refuted = self.symbolic is not None and not self.symbolic.holds and not by_algebra
        if refuted or not (self.verdict.holds or self.verdict.undecided):
            return ""
        return self.verdict.undecided or by_algebra

    @property
    def outcome(self) -> str:
        """The outcome: holds, measured (an empirical law that holds), UNDECIDED, FAILS or ERROR."""
        if self.error:
            return "ERROR"
        if self.undecided:
            return "UNDECIDED"
        if not self.holds:
            return "FAILS"
        return "measured" if self.kind == "empirical" else "holds"

    @property
    def replay(self) -> str:
        """The options of ``polytheory verify`` that judge the worst case alone, without --law."""
        if self.verdict is None:
            return ""
        return f"--case {shlex.quote(json.dumps(self.verdict.worst))}"

    def line(self) -> str:
        """Return the outcome on one line, for a log."""
        symbolic = "no algebra" if self.symbolic is None else _symbolic_words(self.symbolic)
        seen = self.error or (
            f"off by {self.verdict.disagreement:.1e}, allowed {self.verdict.tolerance:.1e}"
            if self.verdict
            else ""
        )
        return (
            f"{self.outcome:8} {self.name} ({self.kind}): {symbolic}; {seen} [{self.seconds:.1f} s]"
        )


@dataclass(frozen=True)
class Verification:
    """Result of `verify`: one report per law, with the versions, seed and scale of the run."""

    reports: tuple[LawReport, ...]
    seed: int
    versions: dict[str, str] = field(default_factory=dict)
    full: bool = False
    stopped: bool = False

    @property
    def holds(self) -> bool:
        """Whether every law holds."""
        return all(report.holds for report in self.reports)

    @property
    def failed(self) -> tuple[LawReport, ...]:
        """The laws that fail, or of which a part raised an exception."""
        return tuple(each for each in self.reports if not (each.holds or each.undecided))

    @property
    def undecided(self) -> tuple[LawReport, ...]:
        """The laws that are neither confirmed nor refuted."""
        return tuple(each for each in self.reports if each.undecided)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data, ready for `json.dumps`."""
        laws = [
            as_data(r, strict=True)
            | {"holds": r.holds, "outcome": r.outcome, "undecided": r.undecided}
            for r in self.reports
        ]
        return {
            "holds": self.holds,
            "failed": [each.name for each in self.failed],
            "undecided": [each.name for each in self.undecided],
            "stopped": self.stopped,
            "false_alarm": FALSE_ALARM,
            "seed": self.seed,
            "versions": dict(self.versions),
            "laws": laws,
        }

    def summary(self) -> str:
        """Return the numbers of laws that hold, fail and are undecided, with their names."""
        held = sum(report.holds for report in self.reports)
        words = [f"{held} of {len(self.reports)} laws hold"]
        for label, which in (("not", self.failed), ("undecided", self.undecided)):
            if which:
                words.append(f"{label}: {', '.join(each.name for each in which)}")
        return "; ".join(words) + ("; stopped before the rest" if self.stopped else "")

    def text(self, names: Mapping[Law, str] | None = None) -> str:
        """Return the report as text.

        Parameters
        ----------
        names : mapping of Law to str, optional
            Under which name ``--law`` finds a law, if that is not its own.
        """
        known = names or {}
        blocks = [_block(each, known.get(each.law, each.name)) for each in self.reports]
        summary = self.summary()
        return "\n".join([*blocks, f"{summary}." if self.holds else summary])

    def __str__(self) -> str:
        return self.text()


class VerifyInterrupt(KeyboardInterrupt):
    """Ctrl-C in `verify`; ``result`` is the `Verification` of the laws judged before."""

    def __init__(self, result: Verification, laws: int) -> None:
        super().__init__(f"interrupted after {len(result.reports)} of {laws} laws")
        self.result = result


def _not_shown(labels: Sequence[str]) -> str:
    return f"not shown: {', '.join(labels)} (SymPy could not decide)" if labels else ""


def _symbolic_words(check: SymbolicCheck) -> str:
    if check.disagreement is None:
        return f"{check.residual_words}, not compared with NumPy ({check.not_compared})"
    agree = "NumPy = SymPy to" if check.agrees else "NumPy and SymPy differ by"
    return f"{check.residual_words}, {agree} {check.disagreement:.1e}"


def _block(report: LawReport, name: str) -> str:
    rows = [("domain", report.domain), ("cases", report.judged_on), ("because", report.why)]
    if report.symbolic is not None:
        rows += [
            ("symbolic", _symbolic_words(report.symbolic)),
            ("by hand", report.symbolic.not_proved),
        ]
    if (v := report.verdict) is not None:
        seen = f"{v.disagreement:.2e} against {v.tolerance:.2e}, worst of {report.cases} cases"
        where = ", ".join(f"{key}={x:.6g}" for key, x in v.worst.items())
        rows += [("simulation", seen), ("tolerance", v.reason), ("at", where)]
        if v.p_value is not None:
            chance = f"p = {v.p_value:.2g} over all comparisons; it fails below {v.false_alarm:.1e}"
            rows += [("chance", chance)]
        if not report.holds:
            rows += [("predicted", _pair_words(v.predicted)), ("observed", repr(v.observed))]
            rows += [("undecided", report.undecided)]
    rows += [("error", report.error), ("where", report.where), ("note", report.note)]
    head = f"{report.outcome.upper():8} {report.name} ({report.kind})"
    head += f": {report.statement}" if report.statement else ""
    lines = [head, *(_wrapped(label, text) for label, text in rows if text)]
    if not report.holds and report.verdict is not None:  # in one line, to be copied
        replay = f"polytheory verify --law {shlex.quote(name)} {report.replay}"
        lines.append(f"    {'replay':11} {replay}")
    return "\n".join(lines)


def _pair_words(predicted: Any) -> str:
    if isinstance(predicted, tuple | list):
        return " to ".join(repr(end) for end in predicted)
    return repr(predicted)


def _wrapped(label: str, text: str) -> str:
    indent = f"    {label:11} "
    return textwrap.fill(
        text, width=100, initial_indent=indent, subsequent_indent=" " * len(indent)
    )


def _check_symbolic(
    law: Law, cases: Sequence[Case], arguments: Sequence[Mapping[str, Any]]
) -> SymbolicCheck | None:
    if law.symbolic is None:
        return None
    statement = law.symbolic()
    compared = statement.value is not None and law.numpy_form is not None
    given: list[Mapping[str, Any]] = []
    if compared:
        if law.evaluate_at is not None:
            arguments = [law.evaluate_at(**case) for case in cases]
        given = [case | dict(each) for case, each in zip(cases, arguments, strict=True)]
        _refuse_other_arguments(law, statement, given[0], arguments[0])
    outcomes = statement.outcomes(law.domain)

    def labels(outcome: str) -> tuple[str, ...]:
        return tuple(label for label, each in outcomes.items() if each.value == outcome)

    return SymbolicCheck(
        residuals=len(outcomes),
        refuted=labels("refuted"),
        not_shown=labels("undecided"),
        disagreement=(
            max(_disagreement(law, statement, each) for each in given) if compared else None
        ),
        not_proved=statement.not_proved,
        not_compared="" if compared else _why_not_compared(law, statement),
        build=lambda: statement,
    )


def _why_not_compared(law: Law, statement: Any) -> str:
    missing = "the statement has no value" if statement.value is None else "closed_form is None"
    return law.not_compared or missing


def _refuse_other_arguments(
    law: Law, statement: Any, given: Mapping[str, Any], arguments: Mapping[str, Any]
) -> None:
    """Refuse a value of a statement whose arguments are not those of the NumPy form."""
    wanted = [symbol.name for symbol in statement.arguments]
    if set(wanted) <= set(given) and _takes(law.numpy_form, wanted):
        return
    raise ValueError(
        f"law {law.name!r}: the value of its statement takes {', '.join(wanted) or 'nothing'}; "
        f"its prediction is given {', '.join(arguments) or 'nothing'}. Name the arguments of "
        "the statement like those of the prediction, or give closed_form= and evaluate_at="
    )


def _takes(form: Any, names: Sequence[str]) -> bool:
    """Return whether a function can be called with these arguments, by keyword."""
    try:
        signature = inspect.signature(form)
    except (TypeError, ValueError):  # a function in C may have none: the call will tell
        return True
    try:
        signature.bind(**dict.fromkeys(names))
    except TypeError:
        return False
    return True


def _disagreement(law: Law, statement: Any, given: Mapping[str, Any]) -> float:
    """Return the difference of the NumPy form and the symbolic one over |f| + Σ|x ∂f/∂x|.

    Rounding the arguments changes f by that scale times the machine precision: where terms cancel,
    no formula in double precision can do better.
    """
    arguments = {s.name: np.asarray(given[s.name], dtype=float) for s in statement.arguments}
    assert law.numpy_form is not None
    ours = np.asarray(law.numpy_form(**arguments))
    theirs = np.asarray(statement.evaluate(**arguments))
    scale = np.abs(theirs)
    for name, value in arguments.items():
        moved = np.asarray(statement.evaluate(**arguments | {name: value * (1.0 - _RELATIVE_STEP)}))
        scale = scale + np.abs(moved - theirs) / _RELATIVE_STEP
    # Both may be zero, and then so is the scale.
    gap = np.where(ours == theirs, 0.0, np.abs(ours - theirs))
    return float(np.max(gap / np.maximum(scale, np.finfo(float).tiny)))


@one_thread()
def report_on(
    law: Law,
    *,
    rng: np.random.Generator,
    full: bool = False,
    level: float = FALSE_ALARM,
    case: Case | None = None,
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

    Returns
    -------
    LawReport
    """
    began = time.perf_counter()
    symbolic, verdict = None, None
    error, where = "", ""
    cases: list[Case] = []
    observed: list[Observed] = []
    try:
        cases = [case] if case is not None else _drawn(law, rng, full=full)
        arguments = [prepared(law, each) for each in cases]  # once: it may simulate
        _refuse_outside(law, cases, arguments)
        symbolic = _check_symbolic(law, cases, arguments)
        for each, given in zip(cases, arguments, strict=True):
            # One by one: what has been observed is kept if the next one raises.
            observed.append(observe_case(law, each, given))
    except (Exception, SystemExit) as problem:  # noqa: BLE001 - user code; the other laws go on
        error, where = _problem_words(problem)
    compared: list[Comparison] = []
    try:
        share = level_of_each(observed, level)
        compared = [judge_case(law, each, share) for each in observed]
        if not error:
            verdict = summed_up(law, compared, level, comparisons(observed))
    except (Exception, SystemExit) as problem:  # noqa: BLE001
        error, where = _problem_words(problem)
    return replace(
        _not_judged(law, error, full=full),
        cases=len(cases),
        symbolic=symbolic,
        verdict=verdict,
        seconds=time.perf_counter() - began,
        where=where,
        compared=tuple(each.thinned() for each in compared),
    )


def _settings(law: Law, *, full: bool) -> Domain:
    """Return the domain from which cases are drawn."""
    return law.full_cases if full and law.full_cases is not None else law.cases


def _not_judged(law: Law, error: str, *, full: bool) -> LawReport:
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


def _chosen(laws: object) -> tuple[Law, ...]:
    """Return the laws to judge, each once."""
    several = [laws] if isinstance(laws, str | Law) else laws
    allowed = "a name, a pattern, a Law, or a sequence of them"
    if not isinstance(several, Iterable):
        raise _checks.refuse_type("laws", laws, allowed)
    found: dict[Law, None] = {}
    for each in several:
        if not isinstance(each, str | Law):
            raise _checks.refuse_type("laws", each, allowed)
        found |= dict.fromkeys(laws_named(each) if isinstance(each, str) else [each])
    if not found:
        raise _checks.refuse_value("laws", "none", "at least one law")
    return tuple(found)


def verify(
    laws: str | Law | Sequence[str | Law] | None = None,
    *,
    full: bool = False,
    rng: Any = DEFAULT_SEED,
    progress: bool | None = None,
    on_report: Callable[[LawReport], object] | None = None,
    case: Mapping[str, Any] | None = None,
    workers: int | None = None,
) -> Verification:
    """Judge laws by algebra and simulation, by default the whole catalogue.

    Parameters
    ----------
    laws : str, Law, or sequence of them, optional
        The laws to judge: names and patterns (``"paper_*"``) of the catalogue, or user-defined
        laws.
    full : bool
        Paper scale: each law on its full cases, 4 times as many, with corners and edges.
    rng : Generator, SeedSequence, int or None
        Draws the cases. Each law has its own stream, so its cases do not depend on the other laws.
        The attribute ``seed`` of the result is an integer that draws the same cases as `rng`.
    progress : bool or None
        Whether to show a bar (None: on a terminal), one unit per law.
    on_report : callable, optional
        Called with the `LawReport` of each law as soon as it is judged; with several processes,
        in the order in which they finish.
    case : mapping, optional
        Judge a single law in this case only.
    workers : int, optional
        Processes that judge laws of the catalogue, each on one thread; 1: this process alone.
        By default one per processor that this process may use, with at least four laws each.

    Returns
    -------
    Verification

    Raises
    ------
    TypeError, ValueError
        If `laws` is empty, names an unknown law or contains another type, `rng` is invalid,
        `case` has other parameters than the law, or `workers` is not positive, or more than 1 in a
        daemonic process.
    VerifyInterrupt
        On Ctrl-C, a KeyboardInterrupt with the result of the laws judged so far.

    Notes
    -----
    In a run in which all laws are true, chance makes some law fail with a probability of at most
    `polytheory.compare.FALSE_ALARM`, by Holm's procedure over all comparisons with a sample.

    The result is the same for any number of processes, except for the times. User-defined laws are
    judged in this process. Other processes judge the package as it is on disk: what is replaced in
    this one (a simulator, for a test) needs ``workers=1``. If a process dies, the outcome of the
    law that it was judging is ERROR, and the others are judged.

    Examples
    --------
    >>> from polytheory import verify
    >>> verify("flow_units").holds
    True
    """
    chosen = CATALOGUE if laws is None else _chosen(laws)
    seed = _seed(rng)
    only = None if case is None else _only_case(chosen, case)

    count = _processes(workers, len(_in_catalogue(chosen)))
    judge = _Judge(seed, bool(full), FALSE_ALARM / len(chosen), only)
    reports: dict[Law, LawReport] = {}  # in the order in which they are ready

    def result(*, stopped: bool = False) -> Verification:
        found = tuple(reports[law] for law in chosen if law in reports)
        return Verification(found, seed, versions(), bool(full), stopped)

    try:
        with (
            progress_bar(len(chosen), show=progress, label="verify", unit="law") as bar,
            closing(_reports(chosen, judge, count)) as found,
        ):
            for report in found:
                reports[report.law] = report
                bar.set_postfix(law=report.name, refresh=False)
                bar.update()
                if on_report is not None:
                    on_report(report)
        reports |= _judged_again({each: reports[each] for each in chosen}, judge)
    except KeyboardInterrupt:
        raise VerifyInterrupt(result(stopped=True), len(chosen)) from None
    return result()


class _Judge(NamedTuple):
    """How the laws of a run are judged; plain data, which can be sent to another process."""

    seed: int
    full: bool
    level: float
    case: Case | None

    def report(self, law: Law) -> LawReport:
        """Judge a law on its own stream of random numbers."""
        stream = np.random.SeedSequence([self.seed, *law.name.encode("utf-8", "surrogatepass")])
        rng = np.random.default_rng(stream)
        return report_on(law, rng=rng, full=self.full, level=self.level, case=self.case)


def _in_catalogue(laws: Iterable[Law]) -> list[Law]:
    """Return the laws that another process finds by their names."""
    return [each for each in laws if each in CATALOGUE]


def longest_first(laws: Iterable[Law]) -> list[Law]:
    """Return the laws in the order in which several processes start them."""
    places = {name: place for place, name in enumerate(LONGEST_LAWS)}
    return sorted(laws, key=lambda each: places.get(each.name, len(places)))


def _processes(workers: object, laws: int) -> int:
    """Return how many processes judge that many laws of the catalogue; 1 is this process."""
    if workers is None:
        alone = parent_process() is not None  # it may be one of many
        return 1 if alone else max(1, min(usable_processors(), laws // _LAWS_PER_PROCESS))
    count = _checks.integer("workers", workers, minimum=1)
    if count > 1 and current_process().daemon:
        allowed = "1 in a daemonic process, which must not start others"
        raise _checks.refuse_value("workers", str(count), allowed)
    return min(count, max(1, laws))


def _reports(chosen: Sequence[Law], judge: _Judge, processes: int) -> Generator[LawReport]:
    """Judge laws; those of the catalogue in several processes."""
    remaining = dict.fromkeys(chosen)
    if processes > 1:
        tasks = {each: (each.name, judge) for each in longest_first(_in_catalogue(chosen))}
        with closing(each_result(_report_by_name, tasks, processes)) as results:
            for each, found in results:
                del remaining[each]
                yield _restored(each, found, judge)
        if left := len(_in_catalogue(remaining)):
            words = f"could not be started; this process judges the remaining {left} laws"
            warnings.warn(f"workers: {words}", RuntimeWarning, stacklevel=3)
    yield from map(judge.report, remaining)


def _report_by_name(name: str, judge: _Judge) -> LawReport:
    """Judge a law of the catalogue; leave out of the report what cannot be sent."""
    report = judge.report(law(name))
    bare: Any = report.symbolic and replace(report.symbolic, build=None)
    return replace(report, symbolic=bare, law=None)  # type: ignore[arg-type]  # set by _restored


def _restored(law: Law, found: LawReport | Died, judge: _Judge) -> LawReport:
    """Return the report of another process with what could not be sent."""
    if isinstance(found, Died):
        error = f"not judged: its process ended early ({found.words})"
        return _not_judged(law, error, full=judge.full)
    symbolic = found.symbolic and replace(found.symbolic, build=law.symbolic)
    return replace(found, symbolic=symbolic, law=law)


def _only_case(chosen: Sequence[Law], case: object) -> Case:
    if len(chosen) != 1:
        raise _checks.refuse_value("case", f"with {len(chosen)} laws", "given for one law only")
    (law,) = chosen
    names = ", ".join(sorted(law.cases.intervals))
    if not isinstance(case, Mapping) or set(case) != set(law.cases.intervals):
        raise _checks.refuse_value("case", repr(case), f"a mapping with the parameters {names}")
    for name, value in case.items():
        _checks.scalar(f"case: {name}", value, low=-_checks.MAX_VALUE)
    return dict(case)


def _judged_again(reports: Mapping[Law, LawReport], judge: _Judge) -> dict[Law, LawReport]:
    """Return new reports on laws that fail by Holm's procedure, though not by Bonferroni's.

    While the laws are judged, it is not known in how many of them chance plays a part; each then
    has an equal share of the false-alarm rate among all laws. Holm's procedure takes the laws in
    the order of their p-values and leaves out those that have failed. It rarely changes anything.
    """
    chances = {
        law: each.verdict.p_value
        for law, each in reports.items()
        if each.verdict is not None and each.verdict.p_value is not None
    }
    again = {}
    ordered = sorted(chances, key=chances.__getitem__)
    for rank, each in enumerate(ordered):
        level = FALSE_ALARM / (len(ordered) - rank)
        if chances[each] > level:
            break
        verdict = reports[each].verdict
        if verdict is not None and (verdict.holds or verdict.undecided):
            again[each] = judge._replace(level=level).report(each)
    return again


def _seed(rng: Any) -> int:
    """Return an integer seed equivalent to `rng`: an integer itself, else 128 bits from it."""
    source = _checks.seed_sequence(rng)
    if isinstance(source.entropy, int) and not source.spawn_key:
        return source.entropy
    return int.from_bytes(source.generate_state(4).tobytes(), "little")
