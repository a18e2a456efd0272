"""The command line: ``polytheory verify``, ``predict``, ``diagnose``, ``figures``, ``sweep``.

Help is shown before numerics are loaded: a command is imported when it runs.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence

from polytheory.cli._parsers import parser_of

__all__ = ["main"]

BAD_INPUT, INTERRUPTED, BROKEN_PIPE = 2, 130, 141


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    words = sys.argv[1:] if argv is None else argv
    arguments = parser_of(forms="predict" in words).parse_args(words)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without λ can show the numbers

    from polytheory._checks import WrongTypeError

    try:
        return _run(arguments)
    except BrokenPipeError:  # the reader has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except (ValueError, WrongTypeError, OSError) as problem:
        print(f"polytheory {arguments.command}: {problem}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt as stop:
        print(f"polytheory {arguments.command}: {str(stop) or 'interrupted'}", file=sys.stderr)
        return INTERRUPTED


def _run(arguments: argparse.Namespace) -> int:
    if arguments.command == "verify":
        from polytheory.cli._verify import run_verify

        return run_verify(arguments)
    if arguments.command == "sweep":
        from polytheory.cli._sweep import run_sweep

        return run_sweep(arguments, print)
    if arguments.command == "diagnose":
        return _print_diagnosis(arguments)
    if arguments.command == "predict":
        from polytheory.cli._predict import run_predict as run
    else:
        from polytheory.cli._figures import run_figures as run
    for line in run(arguments):
        print(line, flush=True)
    return 0


def _print_diagnosis(arguments: argparse.Namespace) -> int:
    from polytheory.cli._diagnose import run_diagnose

    text, warnings = run_diagnose(arguments)
    for warning in warnings:
        print(f"polytheory diagnose: warning: {warning}", file=sys.stderr)
    print(text)
    return 0
