"""Reports: what was found of each law, and of a whole run, as data and as text."""

from __future__ import annotations

import json
import shlex
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from polytheory._files import as_data
from polytheory.checking import Law
from polytheory.compare import FALSE_ALARM, Comparison, Verdict
from polytheory.power import Power
from polytheory.verification._algebra import SymbolicCheck

if TYPE_CHECKING:
    from polytheory.certificates import Certificate


@dataclass(frozen=True)
class LawReport:
    """Outcome of judging one law; `power` is that of its verdict, if it was asked for.

    If the law raised an exception, `error` describes it and `where` says which part raised it, and
    `compared` ends before that case. `certificate` is None unless one was asked for. `law` and
    `compared` serve `polytheory.report` and are left out of `Verification.to_dict`.
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
    power: Power | None = None
    certificate: Certificate | None = None

    @property
    def holds(self) -> bool:
        """Whether algebra and simulation both agree with the law, and no certificate refutes it."""
        symbolic = self.symbolic is None or self.symbolic.holds
        seen = self.verdict is not None and self.verdict.holds
        return not self.error and symbolic and seen and not self._refuted

    @property
    def _refuted(self) -> bool:
        return self.certificate is not None and self.certificate.refuted

    @property
    def undecided(self) -> str:
        """Why the law is neither confirmed nor refuted; empty if it holds, fails or raised."""
        if self.error or self.verdict is None:
            return ""
        by_algebra = self.symbolic.undecided if self.symbolic else ""
        refuted = self.symbolic is not None and not self.symbolic.holds and not by_algebra
        if self._refuted or refuted or not (self.verdict.holds or self.verdict.undecided):
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
        """The options of ``polytheory verify`` that judge the worst case alone, without --law.

        None are needed if it is all cases together that refute the law.
        """
        if self.verdict is None or self.verdict.pooled:
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
        certified = f"; certificate {self.certificate.outcome}" if self.certificate else ""
        found = f"{symbolic}; {seen}{certified} [{self.seconds:.1f} s]"
        return f"{self.outcome:8} {self.name} ({self.kind}): {found}"


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
    if report.power is not None:
        rows += [("power", report.power.words()), ("limited by", report.law.limited_by)]
    if report.certificate is not None:
        rows += [("certificate", report.certificate.words())]
    rows += [("error", report.error), ("where", report.where), ("note", report.note)]
    head = f"{report.outcome.upper():8} {report.name} ({report.kind})"
    head += f": {report.statement}" if report.statement else ""
    lines = [head, *(_wrapped(label, text) for label, text in rows if text)]
    if not report.holds and report.verdict is not None:  # in one line, to be copied
        replay = f"polytheory verify --law {shlex.quote(name)} {report.replay}".rstrip()
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
