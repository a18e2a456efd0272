"""The command ``polytheory diagnose``: its output."""

from __future__ import annotations

import argparse
import json
from typing import Any

from polytheory import plotting
from polytheory.cli._paths import file_to_write
from polytheory.diagnosis import Diagnosis, LabelledEncodings, diagnose, read_labelled
from polytheory.notation import flow_l1

_FIGURES = (".pdf", ".png", ".svg")


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

        figure = draw_diagnosis(found, encodings.values)
        plotting.save_figure(figure, picture.with_suffix(""), formats=(picture.suffix[1:],))
    warnings = _warnings(found)
    if arguments.json:
        return json.dumps(found.to_dict(), indent=2, ensure_ascii=False, allow_nan=False), warnings
    return str(found), warnings


def _warnings(found: Diagnosis) -> list[str]:
    """Return what the report says about a matrix that may be transposed."""
    count = (found.n_neurons < found.n_features) + found.unit_columns
    return list(found.reservations[:count])


def _initial(arguments: argparse.Namespace) -> Any:
    if arguments.initial is None and arguments.initial_array is None:
        return None
    return _read(arguments, arguments.initial or arguments.file, arguments.initial_array)


def _read(arguments: argparse.Namespace, file: str, array: str | None) -> LabelledEncodings:
    W = read_labelled(
        file,
        array=array,
        index=arguments.index,
        axes=arguments.axes,
        header=arguments.header,
        index_column=arguments.index_column,
    )
    return W.T if arguments.transpose else W
