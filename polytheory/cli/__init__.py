"""The command line: ``polytheory verify``, ``predict``, ``diagnose``, ``figures``, ``sweep``."""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from polytheory import __version__, _checks
from polytheory._checks import WrongTypeError
from polytheory.checking import Law
from polytheory.cli._diagnose import add_diagnose, run_diagnose
from polytheory.cli._figures import add_figures, run_figures
from polytheory.cli._sweep import add_sweep, run_sweep
from polytheory.cli._workers import add_workers, workers
from polytheory.diagnosis import read_encodings
from polytheory.laws import CATALOGUE, laws_named
from polytheory.notation import VOCABULARY, Symbol, flow_l1
from polytheory.own_laws import load_laws, names_of
from polytheory.predict import PREDICTORS, WORDS, predict_each
from polytheory.recorded import judge_recorded
from polytheory.report import require_writable, write_report
from polytheory.verification import DEFAULT_SEED, LawReport, VerifyInterrupt, verify

__all__ = ["main"]

FAILED, BAD_INPUT, UNDECIDED, INTERRUPTED, BROKEN_PIPE = 1, 2, 3, 130, 141


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="polytheory",
        description="Theory, algebra and simulation of incidental polysemanticity.",
        epilog="example: polytheory verify --law carrier_amplitude; polytheory COMMAND --help",
    )
    parser.add_argument("--version", action="version", version=f"polytheory {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    check = commands.add_parser(
        "verify",
        help="check every law by algebra and simulation",
        description=(
            "Check every law of the catalogue by algebra (SymPy) and simulation (NumPy), or a "
            "recorded run against the exact reduction. Exit status: 0 if everything holds, 1 if "
            "something fails, 3 if nothing fails and something is undecided, 2 for invalid input."
        ),
        epilog="example: polytheory verify --law carrier_amplitude --report report.html",
    )
    what = check.add_mutually_exclusive_group()
    what.add_argument(
        "--law",
        action="append",
        metavar="NAME|MODULE:NAME",
        help="judge only this law, or the laws that match a pattern such as 'paper_*' (repeatable; "
        "--list prints the names). A law of your own: mymodule:MY_LAW (the working folder is "
        "searched first) or path/to/file.py:MY_LAW",
    )
    check.add_argument(
        "--full", action="store_true", help="paper scale and more cases (some minutes)"
    )
    what.add_argument("--list", action="store_true", help="list the laws and exit")
    what.add_argument(
        "--recorded",
        metavar="FILE.npz",
        help="judge a recorded run of one encoding instead (arrays time, l1_norm, nonzero_count, "
        "initial_row, l1_strength in flow units, and step if it was forward Euler)",
    )
    check.add_argument(
        "--case",
        metavar="JSON",
        help="with --law NAME: judge this law in this case only, as the line 'replay' prints it",
    )
    check.add_argument("--json", metavar="FILE", help="also write the result to FILE ('-': stdout)")
    check.add_argument(
        "--report",
        metavar="FILE.html",
        help="also write an HTML page with the formula, picture and residuals of each law",
    )
    check.add_argument(
        "--seed", type=int, default=DEFAULT_SEED, help="seed of the cases (default: %(default)s)"
    )
    add_workers(check, "by default one per processor, and this process alone for a few laws")
    check.set_defaults(run=_verify)
    _add_predict(commands)
    add_diagnose(commands, _diagnose)
    add_figures(commands, _figures)
    add_sweep(commands, lambda arguments: run_sweep(arguments, print))
    return parser


def _add_predict(commands: Any) -> None:
    predict = commands.add_parser(
        "predict",
        help="evaluate a closed form",
        description="Evaluate a closed form for all combinations of the values of its arguments.",
        epilog="example: polytheory predict nonzero-count --n-neurons 1e5 --l1 1e-5 --time 1e2 1e3",
    )
    forms = predict.add_subparsers(dest="form", required=True, metavar="FORM")
    for name, predictor in PREDICTORS.items():
        form = forms.add_parser(name, help=predictor.summary, description=predictor.summary)
        for argument in predictor.needed + predictor.optional:
            needed = argument in predictor.needed
            if argument == "l1_strength":
                units = form.add_mutually_exclusive_group(required=needed)
                _add_list(units, "l1_strength")
                _add_list(units, "loss_l1")
            else:
                _add_list(form, argument, required=needed)
        form.add_argument("--json", action="store_true", help="print JSON, one row per combination")
        form.set_defaults(run=_predict, names=(*predictor.needed, *predictor.optional, "loss_l1"))


def _add_list(parser: Any, name: str, **options: Any) -> None:
    """Add the flag of an argument, as defined in the vocabulary."""
    symbol = VOCABULARY.get(name) or Symbol(name, name, "()", None, name.replace("_", " "))
    words = f"{symbol.plain}: {symbol.meaning}" if symbol.domain else symbol.meaning
    parser.add_argument(
        symbol.option,
        dest=name,
        type=str if name in WORDS or name == "encodings" else float,
        nargs="+",
        metavar={"encodings": "FILE"}.get(name, "WORD" if name in WORDS else "X"),
        help=", ".join(filter(None, [words, symbol.unit])),
        **options,
    )


def _predict(arguments: argparse.Namespace) -> int:
    given = {n: v for n in arguments.names if (v := getattr(arguments, n, None)) is not None}
    if "loss_l1" in given:
        given["l1_strength"] = [flow_l1(loss_l1=value) for value in given.pop("loss_l1")]
    if "encodings" in given:
        (given["encodings"],) = map(read_encodings, given["encodings"])
    rows = list(predict_each(arguments.form, given))
    if arguments.json:
        print(json.dumps(rows, indent=2))
        return 0
    names = list(rows[0])
    cells = [names, *([_cell(row[name]) for name in names] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(names))]
    for line in cells:
        print("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)))
    return 0


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name} {_cell(part)}" for name, part in value.items())
    if isinstance(value, list):
        return " … ".join(map(_cell, value))
    return f"{value:.10g}" if isinstance(value, int | float) else str(value)


def _diagnose(arguments: argparse.Namespace) -> int:
    text, warnings = run_diagnose(arguments)
    for warning in warnings:
        print(f"polytheory diagnose: warning: {warning}", file=sys.stderr)
    print(text)
    return 0


def _figures(arguments: argparse.Namespace) -> int:
    for line in run_figures(arguments):
        print(line, flush=True)
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    arguments = _parser().parse_args(argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without λ can show the numbers
    try:
        return int(arguments.run(arguments))
    except BrokenPipeError:  # the reader has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except (ValueError, WrongTypeError, OSError) as problem:
        print(f"polytheory {arguments.command}: {problem}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt as stop:
        print(f"polytheory {arguments.command}: {str(stop) or 'interrupted'}", file=sys.stderr)
        return INTERRUPTED


def _verify(arguments: argparse.Namespace) -> int:
    if arguments.list and arguments.json:
        raise ValueError("--list: judges no law, so --json has no result to write; leave it out")
    if arguments.json not in (None, "-"):
        require_writable(arguments.json, "--json")
    if arguments.report is not None:
        _check_report(arguments)
    processes = workers(arguments)
    others = arguments.full or arguments.seed != DEFAULT_SEED or processes is not None
    if arguments.recorded is not None and others:
        words = "--full, --seed and --workers apply to laws only"
        raise ValueError(f"--recorded: judges one run; {words}")
    if arguments.list:
        for law in CATALOGUE:
            print(f"{law.name:28} {law.kind.value:14} {law.statement}")
        return 0
    if arguments.recorded is not None:
        return _finish(arguments, judge_recorded(arguments.recorded))
    laws = _chosen(arguments.law)
    seed = _checks.integer("--seed", arguments.seed, minimum=0)
    # On a terminal there is a bar, elsewhere a line per law.
    on_report = None if sys.stderr.isatty() else _print_report
    case = None if arguments.case is None else _case(arguments.case, laws)
    how: dict[str, Any] = {"full": arguments.full, "rng": seed, "case": case, "workers": processes}
    try:
        return _finish(arguments, verify(list(laws), on_report=on_report, **how), laws)
    except VerifyInterrupt as stop:
        _finish(arguments, stop.result, laws)
        raise


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
    return UNDECIDED if sources is not None and not result.failed else FAILED


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
