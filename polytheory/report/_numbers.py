"""Numbers as text: a true minus sign, ∞, and no leading zeros in exponents."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from polytheory.domain import SUPERSCRIPTS

_EXPONENT = re.compile(r"e([+-])0*")


def number(value: Any, digits: int = 8) -> str:
    """Return a number for a table or a sentence."""
    x = float(value)
    if np.isnan(x):
        return "–"
    if np.isinf(x):
        return "∞" if x > 0 else "−∞"
    text = _EXPONENT.sub(lambda sign: "e-" if sign[1] == "-" else "e", f"{x:.{digits}g}")
    return text.replace("-", "−")


def tick(value: float) -> str:
    """Return the label of a tick, with large and small powers of ten as such."""
    power = np.log10(abs(value)) if value else 0.0
    if abs(power) >= 4 and abs(power - round(power)) < 1e-9:
        return f"{'−' if value < 0 else ''}10{str(round(power)).translate(SUPERSCRIPTS)}"
    if 0 < abs(value) < 1e-3:  # shorter than with leading zeros
        mantissa, exponent = f"{value:.3e}".split("e")
        return f"{float(mantissa):g}e{int(exponent)}".replace("-", "−")
    return number(value, 5)
