"""The command ``polytheory diagnose``: its arguments and its output."""

from __future__ import annotations

import argparse
import json
from typing import Any

from polytheory import plotting
from polytheory.cli._paths import file_to_write
from polytheory.diagnosis import CARRIER_RULES, Diagnosis, diagnose, read_encodings
from polytheory.notation import flow_l1

_FIGURES = (".pdf", ".png", ".svg")


def add_diagnose(commands: Any, run: Any) -> None:
    """Add the command; `run` is called with its arguments."""
    command = commands.add_parser(
        "diagnose",
        help="report what a weight matrix shows about polysemanticity",
        description=(
            "Report the carriers and shared neurons of a matrix of features (rows) × neurons "
            "(columns), how many of them chance and lack of room explain, and the reservations. "
            "Reads .npy, .npz, .csv and, with the extra safetensors, .safetensors; never unpickles."
        ),
        epilog=(
            "example: polytheory diagnose run.npz --array W_final --initial-array W_initial "
            "--index 0 --figure matrix.png"
        ),
    )
    command.add_argument("file", metavar="FILE", help="the encodings")
    command.add_argument("--array", metavar="NAME", help="array of FILE, if it has several")
    command.add_argument("--index", type=int, metavar="K", help="matrix of a stack, from 0")
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
    command.set_defaults(run=run)


def run_diagnose(arguments: argparse.Namespace) -> tuple[str, list[str]]:
    """Diagnose, and draw if requested; return the text to print and the warnings."""
    picture = file_to_write("--figure", arguments.figure, _FIGURES)
    encodings = _read(arguments, arguments.file, arguments.array)
    strength = arguments.l1
    if arguments.loss_l1 is not None:
        strength = flow_l1(loss_l1=arguments.loss_l1)
    found: Diagnosis = diagnose(
        encodings,
        initial=_initial(arguments),
        carrier_rule=arguments.carrier_rule,
        l1_strength=strength,
    )
    if picture is not None:
        from polytheory.experiments.diagnosis import draw_diagnosis

        figure = draw_diagnosis(found, encodings)
        plotting.save_figure(figure, picture.with_suffix(""), formats=(picture.suffix[1:],))
    warnings = [found.reservations[0]] if found.n_neurons < found.n_features else []
    if arguments.json:
        return json.dumps(found.to_dict(), indent=2, ensure_ascii=False, allow_nan=False), warnings
    return str(found), warnings


def _initial(arguments: argparse.Namespace) -> Any:
    if arguments.initial is None and arguments.initial_array is None:
        return None
    return _read(arguments, arguments.initial or arguments.file, arguments.initial_array)


def _read(arguments: argparse.Namespace, file: str, array: str | None) -> Any:
    W = read_encodings(file, array=array, index=arguments.index)
    return W.T if arguments.transpose else W
