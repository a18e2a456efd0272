"""The texts of assertions: a counterexample with its replay line, and the evidence for a law."""

from __future__ import annotations

import json
import shlex
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from polytheory._checks import FloatArray
from polytheory.checking import Law
from polytheory.claims import Kind
from polytheory.compare import Comparison

#: Name of the only parameter of a case that is a drawn object.
DRAWN = "drawn"


def counterexample(law: Law, compared: Comparison, replay: str, evidence: object) -> str:
    """Return the counterexample as text, one line per item."""
    lines = {
        "states": law.statement,
        "for": parameters(compared.case) or "no parameters",
        "predicted": _predicted(law, compared),
        "observed": _number(compared.observed),
        "off by": f"{compared.disagreement:.6g}, allowed {compared.tolerance:.3g}",
        "which is": compared.reason,
        "searched": str(evidence),
    }
    shown = [f"    {label:11}" + _indented(text) for label, text in lines.items() if text]
    shown.append(f"    {'replay':11}{replay}")  # in one line, to be copied
    return "\n".join([f"law {law.name!r} ({law.kind.value}) does not hold:", *shown])


def _predicted(law: Law, compared: Comparison) -> str:
    if law.kind is Kind.BOUND:
        return _between(*compared.predicted)
    return _number(compared.predicted)


def _between(lower: FloatArray, upper: FloatArray) -> str:
    if np.isneginf(lower).all():
        return f"at most {_number(upper)}"
    if np.isposinf(upper).all():
        return f"at least {_number(lower)}"
    return f"{_number(lower)} to {_number(upper)}"


def parameters(case: dict[str, Any]) -> str:
    """Return the parameters of a case, one per line."""
    return "\n".join(
        repr(value) if name == DRAWN else f"{name} = {value!r}" for name, value in case.items()
    )


def _number(value: FloatArray) -> str:
    if value.ndim == 0:
        return f"{float(value):.9g}"
    return np.array2string(value, precision=9, threshold=20, separator=", ")


def _indented(text: str) -> str:
    return textwrap.indent(text, " " * 15).lstrip()


# --- replay ---------------------------------------------------------------------------------------


def replay_law(law: Law, case: dict[str, Any]) -> str:
    """Return the command that judges one case of a law, or the Python call if it has no name."""
    if name := _known_name(law):
        return f"polytheory verify --law {shlex.quote(name)} --case {shlex.quote(json.dumps(case))}"
    return f"polytheory.verify([law], case={case!r})"


def _known_name(law: Law) -> str:
    """Return the name under which ``--law`` finds a law; empty if it finds none."""
    from polytheory.laws import CATALOGUE  # only if a law fails: it imports all checks

    if law in CATALOGUE:
        return law.name
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None) or ""
        if file.endswith(".py"):
            for name, value in list(vars(module).items()):
                if value is law:
                    return f"{_short(file)}:{name}"
                if isinstance(value, list | tuple) and any(each is law for each in value):
                    return f"{_short(file)}:{name}/{law.name}"
    return ""


def _short(file: str) -> str:
    """Return the path of a file from the working folder, if it is in there."""
    path = Path(file)
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def replay_call(observe: Callable[..., Any], case: dict[str, Any]) -> str:
    """Return the Python call that observes one example."""
    name = getattr(observe, "__name__", "observe")
    given = [python(x) if n == DRAWN else f"{n}={python(x)}" for n, x in case.items()]
    return f"{name if name.isidentifier() else 'observe'}({', '.join(given)})"


def python(value: Any) -> str:
    """Return a value as Python with all its digits and without line breaks."""
    if isinstance(value, np.ndarray):
        return f"np.array({value.tolist()!r})"
    return str(getattr(value, "call", None) or repr(value))


# --- what is no counterexample --------------------------------------------------------------------


def evidence_words(cases: int, nearest: tuple[float, float], reached: float, seconds: float) -> str:
    """Return on one line what a search judged."""
    ends = [
        f"{gap:.2g} from the {end} end"
        for gap, end in zip(nearest, ("lower", "upper"), strict=True)
        if np.isfinite(gap)
    ]
    near = f", nearest {' and '.join(ends)}" if ends else ""
    if reached and not ends:
        near = f", at most {reached:.2g} of what is allowed"
    return f"{cases} case{'s' * (cases != 1)} in {seconds:.2g} s{near}"


def unsteady(law: Law) -> str:
    """Return the words for a law whose verdict on one case changes."""
    hint = "Randomness may depend only on drawn values, such as a parameter called seed."
    return f"law {law.name!r}: the same case sometimes holds and sometimes fails. {hint}"


def nothing_drawn(law: Law, cases: object) -> str:
    """Return the words for a strategy without examples."""
    why = "it is empty, or a filter in it is almost never satisfied"
    return f"law {law.name!r}: nothing could be drawn from {cases}; {why}"
