"""Letters in formulas for the symbols of statements, which have the names of the code.

`polytheory.report._mathml.written` reads the values: `_` and `^` put the next item (one character,
or the text in braces) below or above, a word in double quotes is upright, and `//` separates the
numerator and the denominator of a fraction.
"""

from __future__ import annotations

from collections.abc import Mapping

from polytheory.notation import SYMBOLS

#: The vocabulary; the threshold in units of s/√m is short in formulas.
_NAMES = {each.name: each.letter for each in SYMBOLS} | {"scaled_threshold": "x"}

#: Left-hand sides of statements, which are symbols too.
_SIDES = {
    "(w³ − q w)": "(w^3−qw)",
    "Delta T_n": "ΔT_n",
    "E dq/dt": "𝔼[dq/dt]",
    "E q": "𝔼[q]",
    "E": "𝔼[X]",
    "E[(1-N)^2]": "𝔼[(1−N)^2]",
    "E[dN/dt]": "𝔼[dN/dt]",
    "E[lambda |W_i|_1]": "𝔼[λ‖W_i‖_1]",
    "E[sum_j ReLU(G_ij) G_ij]": '𝔼[∑_j"ReLU"(G_{ij})G_{ij}]',
    "E[|sum_j ReLU(G_ij) W_j|^2]": '𝔼[‖∑_j"ReLU"(G_{ij})W_j‖^2]',
    "E|z|": "𝔼|z|",
    "E|z|/s": "𝔼|z|//s",
    "F'": "F′",
    "F′(0) − F′(−N)": "F′(0)−F′({−N})",
    "G_ij(t)": "G_{ij}(t)",
    "N_1(t)": "N_1(t)",
    "T*": "T^∗",
    "c(t)": "c(t)",
    "d(1/|w|_1)/dt": "d(1/‖w‖_1)//dt",
    "dL/dW": "∂L//∂W",
    "dW/dt": "dW//dt",
    "d_TV": 'd_{"TV"}',
    "dr/dt": "dr//dt",
    "dtheta/dt": "dθ//dt",
    "dw/dt": "dw//dt",
    "dx/dt": "dx//dt",
    "d|w|/dt": "d|w|//dt",
    "d|w|^2/dt": "d‖w‖^2//dt",
    "d|w|_1/dt": "d‖w‖_1//dt",
    "ell_11": "ℓ_{11}",
    "excess": '"excess"',
    "lambda t": "λt",
    "m'": "m′",
    "mean overlap": '"mean"_{i≠j} W_i·W_j',
    "min g": '"min" g',
    "nonzero_count": "m′",
    "p*": "p^∗",
    "speedup": '"speedup"',
    "x_+": "x_+",
    "x_-": "x_−",
    "r_-": "r_−",
    "|w|": "|w|",
    "|w|_1": "‖w‖_1",
    "|w|_4^4": "‖w‖_4^4",
}

#: Statements in which a name has another letter.
_OWN = {
    "cosine_decay": {"squared_norm": "N_1"},
    "mean_field": {"scaled_threshold": "θ"},
    "pair_squared_norm": {"squared_norm": "N_1"},
}


def letters(statement: str) -> Mapping[str, str]:
    """Return the letter of each known symbol in the statement of that name."""
    return _NAMES | _SIDES | _OWN.get(statement, {})
