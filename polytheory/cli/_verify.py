"""The command ``polytheory verify``: what it judges, prints and writes."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from polytheory import _checks
from polytheory._defaults import DEFAULT_SEED
from polytheory.checking import Law
from polytheory.cli._workers import workers
from polytheory.laws import CATALOGUE, laws_named
from polytheory.own_laws import load_laws, names_of
from polytheory.recorded import judge_recorded
from polytheory.report import require_writable, write_report
from polytheory.verification import LawReport, VerifyInterrupt, verify

FAILED, UNDECIDED = 1, 3
#: What can be stated about a recorded run.
_STATEMENT = ("method", "step", "rtol", "atol", "tolerance")


def run_verify(arguments: argparse.Namespace) -> int:
    """Run the command; return the exit status."""
    if arguments.list and arguments.json:
        raise ValueError("--list: judges no law, so --json has no result to write; leave it out")
    if arguments.json not in (None, "-"):
        require_writable(arguments.json, "--json")
    if arguments.report is not None:
        _check_report(arguments)
    processes = workers(arguments)
    changed = arguments.seed != DEFAULT_SEED or processes is not None
    changed = changed or arguments.case is not None
    others = arguments.full or arguments.power or arguments.certify or changed
    if arguments.recorded is not None and others:
        words = "--full, --power, --certify, --case, --seed and --workers apply to laws only"
        raise ValueError(f"--recorded: judges one run; {words}")
    statement = {name: getattr(arguments, name) for name in _STATEMENT}
    if arguments.recorded is None and any(value is not None for value in statement.values()):
        names = ", ".join(f"--{name}" for name, value in statement.items() if value is not None)
        raise ValueError(f"{names}: only with --recorded")
    if arguments.list:
        for law in CATALOGUE:
            print(f"{law.name:28} {law.kind.value:14} {law.statement}")
        return 0
    if arguments.recorded is not None:
        return _finish(arguments, judge_recorded(arguments.recorded, **statement))
    laws = _chosen(arguments.law)
    seed = _checks.integer("--seed", arguments.seed, minimum=0)
    # On a terminal there is a bar, elsewhere a line per law.
    on_report = None if sys.stderr.isatty() else _print_report
    case = None if arguments.case is None else _case(arguments.case, laws)
    how: dict[str, Any] = {"full": arguments.full, "rng": seed, "case": case, "workers": processes}
    how |= {"power": arguments.power}
    if arguments.certify:
        _require_certify()
        how["certify"] = True
    try:
        return _finish(arguments, verify(list(laws), on_report=on_report, **how), laws)
    except VerifyInterrupt as stop:
        _finish(arguments, stop.result, laws)
        raise


def _require_certify() -> None:
    """Raise unless the extra is there."""
    from polytheory.certificates import require_flint

    try:
        require_flint()
    except ImportError as missing:
        raise ValueError(f"--certify: {missing}") from None


def _case(text: str, laws: Mapping[Law, str]) -> dict[str, Any]:
    """Return the case of --case."""
    if len(laws) != 1:
        raise _checks.refuse_value("--case", f"with {len(laws)} laws", "given with one --law NAME")
    try:
        case = json.loads(text)
    except ValueError:
        case = None
    if not isinstance(case, dict):
        raise _checks.refuse_value("--case", repr(text), 'an object in JSON, {"parameter": number}')
    return case


def _check_report(arguments: argparse.Namespace) -> None:
    """Raise, before anything is judged, if the report cannot be written."""
    if arguments.list or arguments.recorded is not None:
        raise ValueError("--report: reports on judged laws; not allowed with --list or --recorded")
    file = require_writable(arguments.report, "--report")
    if arguments.json not in (None, "-") and file.absolute() == Path(arguments.json).absolute():
        raise ValueError(f"--report: {file} is the file of --json; choose another")


def _finish(
    arguments: argparse.Namespace, result: Any, sources: Mapping[Law, str] | None = None
) -> int:
    text = json.dumps(result.to_dict(), indent=2, ensure_ascii=False)
    words = result if sources is None else result.text(sources)
    try:
        print(text if arguments.json == "-" else words)
    finally:  # the files are written even if the reader has closed the pipe
        _write_files(arguments, result, text, sources)
    if result.holds:
        return 0
    undecided = result.undecided if sources is None else not result.failed
    return UNDECIDED if undecided else FAILED


def _write_files(
    arguments: argparse.Namespace, result: Any, text: str, sources: Mapping[Law, str] | None
) -> None:
    """Write the requested files; if one fails, still write the other."""
    problems = []
    if arguments.json not in (None, "-"):
        try:
            Path(arguments.json).write_text(text + "\n", encoding="utf-8")
        except OSError as problem:
            problems.append(f"--json: {arguments.json} cannot be written ({problem.strerror})")
    if arguments.report is not None:
        try:
            write_report(result, arguments.report, sources=sources)
        except (OSError, ValueError) as problem:
            problems.append(f"--report: {arguments.report} cannot be written ({problem})")
    if problems:
        raise ValueError(f"{'; '.join(problems)}; the result is printed above")


def _chosen(names: list[str] | None) -> dict[Law, str]:
    """Return the laws to judge, each once, and the name under which --law finds it."""
    if names is None:
        return {law: law.name for law in CATALOGUE}
    if any(":" in name for name in names) and not sys.flags.safe_path and "" not in sys.path:
        sys.path.insert(0, "")  # the working folder, as for `python -m`
    chosen: dict[Law, str] = {}
    for name in names:
        if ":" in name:
            found = names_of(load_laws(name), name)
        else:
            found = {law: law.name for law in laws_named(name, "--law")}
        for law, known in found.items():
            chosen.setdefault(law, known)
    return chosen


def _print_report(report: LawReport) -> None:
    print(report.line(), file=sys.stderr, flush=True)
