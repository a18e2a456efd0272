"""The command line: ``polytheory verify``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from polytheory import __version__
from polytheory.laws import CATALOGUE
from polytheory.recorded import judge_recorded
from polytheory.verification import DEFAULT_SEED, LawReport, verify

__all__ = ["main"]

FAILED, BAD_INPUT = 1, 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="polytheory",
        description="Theory, algebra and simulation of incidental polysemanticity.",
    )
    parser.add_argument("--version", action="version", version=f"polytheory {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    check = commands.add_parser(
        "verify",
        help="hold every law against algebra and simulation",
        description=(
            "Hold every law of the catalogue against algebra (SymPy) and simulation (NumPy), or a "
            "recorded run against the exact reduction. Exit status: 0 if everything holds, 1 if "
            "something fails, 2 for unusable input."
        ),
        epilog="example: polytheory verify --law carrier_amplitude --json report.json",
    )
    check.add_argument(
        "--law",
        action="append",
        metavar="NAME",
        help="judge only this law (repeat for more); --list shows the names",
    )
    check.add_argument("--list", action="store_true", help="list the laws and stop")
    check.add_argument(
        "--recorded",
        metavar="FILE.npz",
        help="judge a recorded run of one encoding instead (arrays time, l1_norm, nonzero_count, "
        "initial_row, l1_strength in flow units, and step if it was forward Euler)",
    )
    check.add_argument("--json", metavar="FILE", help="also write the result to FILE ('-': stdout)")
    check.add_argument(
        "--seed", type=int, default=DEFAULT_SEED, help="draws the cases (default: %(default)s)"
    )
    check.set_defaults(run=_verify)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except (ValueError, OSError) as problem:
        print(f"polytheory {arguments.command}: {problem}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print(f"polytheory {arguments.command}: interrupted", file=sys.stderr)
        return 130


def _verify(arguments: argparse.Namespace) -> int:
    if arguments.list:
        for law in CATALOGUE:
            print(f"{law.name:28} {law.kind.value:14} {law.statement}")
        return 0
    if arguments.recorded is not None:
        return _finish(arguments, judge_recorded(arguments.recorded))
    laws = _chosen(arguments.law)
    with _Progress(len(laws)) as report:
        result = verify(laws, seed=arguments.seed, progress=report)
    return _finish(arguments, result)


def _finish(arguments: argparse.Namespace, result: Any) -> int:
    text = json.dumps(result.to_dict(), indent=2, ensure_ascii=False)
    if arguments.json == "-":
        print(text)
    else:
        print(result)
        if arguments.json:
            Path(arguments.json).write_text(text + "\n", encoding="utf-8")
    return 0 if result.holds else FAILED


def _chosen(names: list[str] | None) -> list[Any]:
    if names is None:
        return list(CATALOGUE)
    by_name = {law.name: law for law in CATALOGUE}
    unknown = [name for name in names if name not in by_name]
    if unknown:
        raise ValueError(f"--law: no law called {', '.join(unknown)}; known: {', '.join(by_name)}")
    return [by_name[name] for name in names]


class _Progress:
    """Show laws as they are judged: a bar on a terminal, a line a law elsewhere."""

    def __init__(self, total: int) -> None:
        self._bar: Any = tqdm(total=total, unit="law", file=sys.stderr, disable=None, leave=False)

    def __enter__(self) -> Callable[[LawReport], None]:
        return self._report

    def _report(self, report: LawReport) -> None:
        if self._bar.disable:
            print(report.line(), file=sys.stderr, flush=True)
        else:
            self._bar.set_postfix_str(f"{report.name} {report.word}")
            self._bar.update()

    def __exit__(self, *_: object) -> None:
        self._bar.close()
