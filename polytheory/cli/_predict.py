"""The command ``polytheory predict``: its forms and its output."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import Any

from polytheory.diagnosis import read_encodings
from polytheory.notation import VOCABULARY, Symbol, flow_l1
from polytheory.predict import PREDICTORS, WORDS, predict_each


def add_forms(forms: Any) -> None:
    """Add a parser for each closed form."""
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
        form.set_defaults(names=(*predictor.needed, *predictor.optional, "loss_l1"))


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


def run_predict(arguments: argparse.Namespace) -> Iterator[str]:
    """Evaluate; yield the lines to print."""
    given = {n: v for n in arguments.names if (v := getattr(arguments, n, None)) is not None}
    if "loss_l1" in given:
        given["l1_strength"] = [flow_l1(loss_l1=value) for value in given.pop("loss_l1")]
    if "encodings" in given:
        (given["encodings"],) = map(read_encodings, given["encodings"])
    rows = list(predict_each(arguments.form, given))
    if arguments.json:
        yield json.dumps(rows, indent=2)
        return
    names = list(rows[0])
    cells = [names, *([_cell(row[name]) for name in names] for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(names))]
    for line in cells:
        yield "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True))


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name} {_cell(part)}" for name, part in value.items())
    if isinstance(value, list):
        return " … ".join(map(_cell, value))
    return f"{value:.10g}" if isinstance(value, int | float) else str(value)
