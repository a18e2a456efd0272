"""The arguments of all commands. Nothing here loads numerics: help is shown at once.

Only the forms of ``polytheory predict`` are read from the package, and only where they are needed.
"""

from __future__ import annotations

import argparse
from typing import Any

from polytheory import __version__
from polytheory._defaults import CARRIER_RULES, DEFAULT_SEED, RECORDED_METHODS, SIZES

__all__ = ["CONFIRM_FROM_TASKS", "DURATIONS", "add_options", "parser_of"]

#: A sweep of more tasks than this needs --yes.
CONFIRM_FROM_TASKS = 10**5
#: How long all figures take on two cores; a test adds up their minutes.
DURATIONS = {"full": "about 27 minutes", "paper": "about 5.2 hours"}


def parser_of(*, forms: bool = True) -> argparse.ArgumentParser:
    """Return the parser of all commands, with or without the forms of ``predict``."""
    parser = argparse.ArgumentParser(
        prog="polytheory",
        description="Theory, algebra and simulation of incidental polysemanticity.",
        epilog="example: polytheory verify --law carrier_amplitude; polytheory COMMAND --help",
    )
    parser.add_argument("--version", action="version", version=f"polytheory {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_verify(commands)
    predict = _add_predict(commands)
    if forms:
        from polytheory.cli._predict import add_forms

        add_forms(predict)
    _add_diagnose(commands)
    _add_figures(commands)
    _add_sweep(commands)
    return parser


def _add_verify(commands: Any) -> None:
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
    check.add_argument(
        "--power",
        action="store_true",
        help="also print the smallest change of each prediction that would be noticed",
    )
    what.add_argument("--list", action="store_true", help="list the laws and exit")
    what.add_argument(
        "--recorded",
        metavar="FILE",
        help="judge a recorded run instead, .npz or .csv (arrays time, l1_norm, nonzero_count, "
        "initial_row, or time and W, and l1_strength in flow units; method, step, rtol if any)",
    )
    check.add_argument(
        "--case",
        metavar="JSON",
        help="with --law NAME: judge this law in this case only, as the line 'replay' prints it",
    )
    check.add_argument(
        "--certify",
        action="store_true",
        help="also prove bounds by ball arithmetic, where a law has a certificate (extra certify)",
    )
    _add_statement(check)
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


def _add_statement(check: Any) -> None:
    """Add what can be stated about a recorded run."""
    said = check.add_argument_group("how a recorded run was made, if its file does not say")
    said.add_argument(
        "--method",
        choices=RECORDED_METHODS,
        help="default: euler with a step, exact without",
    )
    numbers = {
        "step": "step of a method with fixed steps",
        "rtol": "relative tolerance of an adaptive method",
        "atol": "absolute tolerance of an adaptive method (default: rtol/1000)",
        "tolerance": "relative error of the ℓ1 norm to allow instead (for encodings: of a weight)",
    }
    for name, words in numbers.items():
        said.add_argument(f"--{name}", type=float, metavar="X", help=words)


def _add_predict(commands: Any) -> Any:
    """Add the command; return the parsers of its forms, none so far."""
    predict = commands.add_parser(
        "predict",
        help="evaluate a closed form",
        description="Evaluate a closed form for all combinations of the values of its arguments.",
        epilog="example: polytheory predict nonzero-count --n-neurons 1e5 --l1 1e-5 --time 1e2 1e3",
    )
    return predict.add_subparsers(dest="form", required=True, metavar="FORM")


def _add_diagnose(commands: Any) -> None:
    command = commands.add_parser(
        "diagnose",
        help="report what a weight matrix shows about polysemanticity",
        description=(
            "Report the carriers and shared neurons of a matrix of features (rows) × neurons "
            "(columns), how many of them chance and lack of room explain, and the reservations. "
            "Reads .npy, .npz, .csv, .tsv, .txt, .mat and .safetensors, each also .gz; never "
            "unpickles."
        ),
        epilog=(
            "example: polytheory diagnose run.npz --array W_final --initial-array W_initial "
            "--index 0 --figure matrix.png"
        ),
    )
    command.add_argument("file", metavar="FILE", help="the encodings")
    command.add_argument("--array", metavar="NAME", help="array of FILE, if it has several")
    command.add_argument("--index", type=int, metavar="K", help="matrix of a stack, from 0")
    command.add_argument(
        "--axes",
        metavar="LIST",
        help="what each axis is, e.g. feature,neuron,neuron for a convolution kernel; or run",
    )
    for name, place in (("--header", "first line"), ("--index-column", "first column")):
        command.add_argument(
            name,
            action=argparse.BooleanOptionalAction,
            help=f"the {place} of a table holds names (default: where that is certain)",
        )
    command.add_argument("--transpose", action="store_true", help="FILE holds neurons × features")
    command.add_argument("--initial", metavar="FILE", help="the encodings before training")
    command.add_argument(
        "--initial-array", metavar="NAME", help="array of that file, or of FILE if there is none"
    )
    command.add_argument(
        "--carrier-rule",
        choices=CARRIER_RULES,
        default=CARRIER_RULES[0],
        help="rule that defines a carrier (default: %(default)s)",
    )
    units = command.add_mutually_exclusive_group()
    units.add_argument("--l1", type=float, metavar="X", help="ℓ1 strength λ, flow units")
    units.add_argument(
        "--loss-l1", type=float, metavar="X", help="the same in loss units (4 times as large)"
    )
    command.add_argument("--json", action="store_true", help="print JSON")
    command.add_argument(
        "--figure", metavar="FILE", help="draw the sorted matrix (.png, .svg or .pdf)"
    )


def _add_figures(commands: Any) -> None:
    command = commands.add_parser(
        "figures",
        help="draw the figures of the paper and of this project, with their data",
        description=(
            "Compute and draw figures; write the pictures and the data (.sqlite) of each. Sizes: "
            f"small, a quick look (under a minute for all); full, {DURATIONS['full']} for "
            "all on two cores, some figures with smaller numbers than the paper's (--list says "
            f"which); paper, {DURATIONS['paper']} for all. The data of a figure are stored "
            "task by task: after Ctrl-C the same command continues."
        ),
        epilog=(
            "example: polytheory figures count weight-map --out figures --size small --formats pdf"
        ),
    )
    command.add_argument("names", nargs="*", metavar="NAME", help="figures to draw; by default all")
    add_options(command)
    command.add_argument(
        "--formats",
        default="png,svg",
        metavar="LIST",
        help="formats of the pictures: png, svg, pdf, separated by commas (default: %(default)s)",
    )
    command.add_argument(
        "--list",
        action="store_true",
        help="list the figures and exit; with names, list also their settings",
    )


def add_options(command: argparse.ArgumentParser) -> None:
    """Add the options that gallery scripts also have."""
    command.add_argument(
        "--out", default="figures", metavar="DIR", help="folder to write to (default: %(default)s)"
    )
    command.add_argument("--size", choices=SIZES, default="full", help="default: %(default)s")
    command.add_argument(
        "--seed",
        type=seed,
        default=0,
        metavar="N",
        help="seed of each figure (default: %(default)s)",
    )
    add_workers(command, "by default one per CPU, and this process alone at small size")
    command.add_argument(
        "--fresh",
        action="store_true",
        help="remove the data of these figures from DIR and start again",
    )


def seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"must be a whole number, not negative; got {text!r}")
    return int(text)


def _add_sweep(commands: Any) -> None:
    command = commands.add_parser(
        "sweep",
        help="run a task over a grid of parameters, into a file that survives a crash",
        description=(
            "Run a task for every set of parameters of a grid, and write each result to an SQLite "
            "file as it arrives. Results in the file are not computed again: after Ctrl-C, a "
            "crash or a full disk the same command continues. Exit status: 0 if every task is "
            "done, 1 if some failed, 2 for invalid input, 130 after Ctrl-C, 143 after SIGTERM."
        ),
        epilog="example: polytheory sweep sweep.toml --store runs.sqlite --workers 2",
    )
    command.add_argument(
        "spec",
        metavar="SPEC.toml",
        nargs="?",
        help="task, grid, seed and repeat; not needed for --status and --export",
    )
    command.add_argument("--store", metavar="FILE", required=True, help="the SQLite file")
    where = command.add_mutually_exclusive_group()
    add_workers(where, "by default only this process")
    where.add_argument("--dask", metavar="ADDRESS", help="scheduler, such as tcp://10.0.0.1:8786")
    command.add_argument("--retry-failed", action="store_true", help="run failed tasks again")
    command.add_argument(
        "--extend", action="store_true", help="add the tasks of a changed grid to the store"
    )
    command.add_argument(
        "--yes",
        action="store_true",
        help=f"allow more than {CONFIRM_FROM_TASKS:,} tasks",
    )
    command.add_argument(
        "--status", action="store_true", help="print the progress of the store and its failures"
    )
    command.add_argument(
        "--export",
        metavar="FILE.csv",
        help="write the finished tasks (after the run, if any)",
    )


def add_workers(options: Any, otherwise: str) -> None:
    """Add the option to a parser or a group; `otherwise` says what happens without it."""
    words = f"processes on this machine; {otherwise}"
    options.add_argument("--workers", type=int, metavar="N", help=words)
