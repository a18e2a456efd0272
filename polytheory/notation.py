"""The symbols of the theory, their names in code, and the two unit systems.

The published training loss and the gradient flow use different units of ℓ1 strength and time. With
``L = sum_i |ReLU(W W_i) - e_i|^2 + lambda_loss |W|_1`` the gradient carries a factor 4 that the
flow leaves out, so

    lambda = lambda_loss / 4    and, for plain gradient descent,    t = 4 * learning_rate * steps.

The factor is defined only here. The steps of AdamW have no such relation to flow time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike

from polytheory._checks import MAX_VALUE, FloatArray, Number, unwrap
from polytheory.domain import Domain, Interval

__all__ = [
    "GRADIENT_FACTOR",
    "SYMBOLS",
    "VOCABULARY",
    "Domain",
    "Interval",
    "Symbol",
    "flow_l1",
    "flow_time",
    "loss_l1",
    "training_steps",
]

#: minus the gradient of the published loss = GRADIENT_FACTOR * (velocity of the flow)
GRADIENT_FACTOR = 4.0

_NON_NEGATIVE = Interval(0, np.inf)
_POSITIVE = Interval(0, np.inf, open_low=True)
_OVERLAPS = "bound on |W_i·W_j| and |1 − ‖W_i‖²|"
_ANY = Interval(-np.inf, np.inf)
_COUNT = Interval(0, np.inf, integer=True)
_SIZE = Interval(1, np.inf, integer=True)
_SHARE = Interval(0, 1)
_COSINE = Interval(-1, 1)


@dataclass(frozen=True)
class Symbol:
    """One entry of the vocabulary: its letter, its name in code and on the command line.

    Attributes
    ----------
    letter : str
        As in formulas; ``_`` and ``^`` put the next character, or the text in braces, below or
        above.
    name : str
        Name of the argument or field in code, and of the symbol in SymPy.
    shape : str
        ``"()"`` for a number.
    domain : Interval or None
        The values that it can have; None for strings and objects. A claim may restrict them.
    meaning : str
        Short description.
    unit : str
        Empty for a pure number.
    example : object
        One allowed value; together the examples lie in the domain of every closed form.
    flag : str
        The command-line flag, if it is not the name with hyphens.
    """

    letter: str
    name: str
    shape: str
    domain: Interval | None
    meaning: str
    unit: str = ""
    example: Any = None
    flag: str = ""

    @property
    def option(self) -> str:
        """The command-line flag."""
        return self.flag or f"--{self.name.replace('_', '-')}"

    @property
    def plain(self) -> str:
        """Return the letter without markup, for a terminal or a table."""
        text = self.letter.replace("{", "").replace("}", "").replace('"', "")
        return re.sub("([_^])([0-9+−])", lambda m: _SCRIPTS[m[1]][m[2]], text)


_SCRIPTS = {
    "_": dict(zip("0123456789+−", "₀₁₂₃₄₅₆₇₈₉₊₋", strict=True)),
    "^": dict(zip("0123456789+−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", strict=True)),
}

_FLOW = "flow units"
_WEIGHTS = (9.0, -7.0, 3.0, 2.0)
_NOISE = "a distribution of polytheory.noise, or DISTRIBUTION:STD"

#: The vocabulary: every argument of a closed form, and the symbols of statements and results.
SYMBOLS: tuple[Symbol, ...] = (
    Symbol("n", "n_features", "()", _SIZE, "number of features (rows)", "", 250),
    Symbol("m", "n_neurons", "()", _SIZE, "number of neurons (columns)", "", 1000),
    Symbol("λ", "l1_strength", "()", _NON_NEGATIVE, "ℓ1 strength", _FLOW, 1e-3, "--l1"),
    Symbol("λ_{loss}", "loss_l1", "()", _NON_NEGATIVE, "ℓ1 strength", "loss units", 4e-3),
    Symbol("t", "time", "(T,)", _NON_NEGATIVE, "flow time", _FLOW, 100.0),
    Symbol("W", "encodings", "(..., n, m)", _ANY, "row i encodes feature i", "", np.eye(2)),
    Symbol("u", "initial_row", "(..., m)", _ANY, "one row of W at time zero", "", _WEIGHTS),
    Symbol("w", "row", "(..., m)", _ANY, "one row of W", "", (5.0, -4.0, 3.0, 2.0)),
    Symbol("u_k", "initial_weight", "()", _ANY, "one weight at time zero", "", 9.0),
    Symbol("N", "squared_norm", "(T, ...)", _NON_NEGATIVE, "Σ_k w_k² of a row", "", 0.9),
    Symbol("N_2", "other_squared_norm", "()", _NON_NEGATIVE, "Σ_k w_k² of the other row", "", 0.5),
    Symbol("‖w‖_1", "l1_norm", "(T, ...)", _NON_NEGATIVE, "Σ_k |w_k| of a row", "", 2.0),
    Symbol(
        "‖w‖_4^4/N^2",
        "inverse_participation_ratio",
        "(T, ...)",
        _SHARE,
        "1 for a row with one weight, 1/k for k equal weights",
        "",
        0.4,
    ),
    Symbol("‖w‖_4^4", "fourth_power_sum", "(T, ...)", _NON_NEGATIVE, "Σ_k w_k⁴ of a row", "", 0.4),
    Symbol("‖w‖_6^6", "sixth_power_sum", "(T, ...)", _NON_NEGATIVE, "Σ_k w_k⁶ of a row", "", 0.2),
    Symbol("m′", "nonzero_count", "(T, ...)", _COUNT, "number of living weights", "", 20),
    Symbol("x", "count", "()", _COUNT, "number of weights or neurons", "", 20),
    Symbol("f", "fraction", "()", _SHARE, "fraction of the weights that live", "", 0.5),
    Symbol(
        "τ",
        "soft_threshold",
        "(T, ...)",
        _NON_NEGATIVE,
        "initial size below which weights have died",
        "",
        5.0,
    ),
    Symbol("τ√m/s", "scaled_threshold", "()", _NON_NEGATIVE, "τ in units of s/√m", "", 5.0),
    Symbol("q", "q", "()", _POSITIVE, "scale S₂(τ)/N of the reduction", "", 1.0),
    Symbol(
        "ρ",
        "squared_cv",
        "(T, ...)",
        _NON_NEGATIVE,
        "m'N/‖w‖₁² − 1, squared coefficient of variation of |w_k|",
    ),
    Symbol("ς", "slow_time", "()", _ANY, "∫ dτ/√S₂, slow time"),
    Symbol("λt", "scaled_time", "()", _NON_NEGATIVE, "time in units of 1/λ", "", 2.0),
    Symbol("s", "scale", "()", _POSITIVE, "initial standard deviation times √m", "", 1.0),
    Symbol("n_{living}", "n_living", "()", _SIZE, "number of living features", "", 4),
    Symbol(
        "‖Σ_i W_i‖^2", "squared_norm_of_sum", "()", _NON_NEGATIVE, "over all encodings", "", 1.0
    ),
    Symbol("k", "n_equal", "()", _SIZE, "number of equal weights", "", 2),
    Symbol("x_+", "amplitude", "()", _SHARE, "size of a carrier", "", 0.9),
    Symbol("E", "expected", "()", _POSITIVE, "expected number of polysemantic neurons", "", 1.0),
    Symbol("p", "probability", "()", _SHARE, "a probability", "", 0.5),
    Symbol("P", "n_positive", "()", _COUNT, "number of positive features on a neuron", "", 2),
    Symbol("Q", "n_negative", "()", _COUNT, "number of negative features on a neuron", "", 1),
    Symbol("c_0", "initial_cosine", "()", _COSINE, "cosine of two rows at time zero", "", 0.5),
    Symbol("G_{ij}(0)", "initial_overlap", "()", _ANY, "W_i·W_j at time zero", "", 1e-6),
    Symbol("μ", "overlap", "()", _ANY, "W_i·W_j", "", -0.05),
    Symbol("σ", "std", "()", _NON_NEGATIVE, "standard deviation of the noise on a neuron", "", 0.1),
    Symbol(
        "κ",
        "excess_kurtosis",
        "()",
        Interval(-2, np.inf),
        "excess kurtosis of the noise: −2 bipolar, −1.2 uniform, 3 Laplace",
        "",
        -1.0,
    ),
    Symbol(
        "κ_6",
        "sixth_cumulant",
        "()",
        _ANY,
        "sixth cumulant of the noise over σ⁶: 16 bipolar, 48/7 uniform",
        "",
        6.0,
    ),
    Symbol("γ", "rate", "()", _ANY, "drift rate", _FLOW, 2e-3),
    Symbol("η", "learning_rate", "()", _POSITIVE, "learning rate of gradient descent", "", 0.01),
    Symbol("Θ", "temperature", "()", _POSITIVE, "ratio of diffusion to drift", "", 0.3),
    Symbol("noise", "noise", "", None, _NOISE, "", "bipolar:0.1"),
    Symbol("distribution", "distribution", "", None, "name of the noise distribution"),
    Symbol("null model", "null_model", "", None, "name of the null model"),
    Symbol("signs", "signs", "", None, "signs of the pairs that count"),
    Symbol("shape", "shape", "", None, "name of the shape of the simplex"),
    Symbol("diagonal", "diagonal", "", None, "treatment of a feature's own output"),
    Symbol("shared", "noise_shared_over", "", None, "what shares one noise vector"),
    Symbol("order", "order", "", None, "number of terms of the expansion, 1 or 2"),
    Symbol("r_0", "initial_norm", "()", _POSITIVE, "‖w‖ at time zero"),
    Symbol("u_1", "largest", "()", _POSITIVE, "largest weight at time zero"),
    Symbol("u_2", "second", "()", _POSITIVE, "second largest weight at time zero"),
    Symbol("R", "ratio", "()", _POSITIVE, "‖w‖₁/‖w‖₂"),
    Symbol("S_2", "remaining_square", "()", _POSITIVE, "Σ_k (u_k − τ)₊²"),
    Symbol("(n−1)σ", "scaled_std", "()", _NON_NEGATIVE, "σ in units of an overlap 1/(n−1)"),
    Symbol("σ/σ_c", "std_over_critical", "()", _NON_NEGATIVE, "σ in units of the critical one"),
    Symbol("a", "bipolar_share", "()", _SHARE, "share of the noise variance that is bipolar"),
    Symbol("τ/u_2", "threshold_fraction", "()", _SHARE, "τ over the second largest weight"),
    Symbol("λ√m", "scaled_l1", "()", _NON_NEGATIVE, "ℓ1 strength in units of 1/√m"),
    Symbol("1/p", "inverse_probability", "()", _SIZE, "reciprocal of a probability"),
    Symbol("std ln|w|", "log_size_std", "()", _NON_NEGATIVE, "standard deviation of ln |w_k|"),
    Symbol("ε", "largest_overlap", "()", _NON_NEGATIVE, _OVERLAPS, "", 1e-6),
    Symbol("1 − c", "mean_removed", "()", _SHARE, "fraction of the mean row subtracted from each"),
    Symbol("uniform", "uniform_noise", "", None, "1 for uniform noise, 0 for bipolar"),
    Symbol("Gaussian", "gaussian_noise", "", None, "1 for Gaussian noise, 0 for bipolar"),
    Symbol("n/2", "n_pairs", "()", _SIZE, "number of pairs of opposite features"),
    Symbol("w_1(0)", "first_weight", "()", _POSITIVE, "size of the first of two weights"),
    Symbol("w_2(0)", "second_weight", "()", _POSITIVE, "size of the second of two weights"),
    Symbol("b", "share", "()", _SHARE, "(E₁ + … + E_{n−1})/(E₁ + … + E_n), the part that remains"),
)

#: The vocabulary by name.
VOCABULARY: Mapping[str, Symbol] = {each.name: each for each in SYMBOLS}

# Bounded, so that no product or quotient below can overflow.
_RATE, _UP_TO_LARGEST = Interval(1 / MAX_VALUE, MAX_VALUE), Interval(0, MAX_VALUE)
_L1 = Domain({"loss_l1": _UP_TO_LARGEST, "l1_strength": _UP_TO_LARGEST})
_CLOCK = Domain({"learning_rate": _RATE, "steps": _UP_TO_LARGEST, "time": _UP_TO_LARGEST})


@overload
def flow_l1(*, loss_l1: Number) -> float: ...
@overload
def flow_l1(*, loss_l1: ArrayLike) -> FloatArray: ...
def flow_l1(*, loss_l1: Any) -> Any:
    """Convert an ℓ1 strength from loss units to flow units: λ = λ_loss / 4.

    Parameters
    ----------
    loss_l1 : float or array
        The coefficient of ``|W|_1`` in the published loss, non-negative.

    Returns
    -------
    float or ndarray

    Examples
    --------
    >>> from polytheory.notation import flow_l1
    >>> flow_l1(loss_l1=1e-3)
    0.00025
    """
    (strength,) = _L1.check(loss_l1=loss_l1)
    return unwrap(strength / GRADIENT_FACTOR)


@overload
def loss_l1(*, l1_strength: Number) -> float: ...
@overload
def loss_l1(*, l1_strength: ArrayLike) -> FloatArray: ...
def loss_l1(*, l1_strength: Any) -> Any:
    """Convert an ℓ1 strength from flow units to loss units; the inverse of `flow_l1`.

    Parameters
    ----------
    l1_strength : float or array
        λ in flow units, non-negative.

    Returns
    -------
    float or ndarray

    Examples
    --------
    >>> from polytheory.notation import loss_l1
    >>> loss_l1(l1_strength=0.00025)
    0.001
    """
    (strength,) = _L1.check(l1_strength=l1_strength)
    return unwrap(strength * GRADIENT_FACTOR)


@overload
def flow_time(*, learning_rate: Number, steps: Number) -> float: ...
@overload
def flow_time(*, learning_rate: ArrayLike, steps: ArrayLike) -> FloatArray: ...
def flow_time(*, learning_rate: Any, steps: Any) -> Any:
    """Return the flow time reached by plain gradient descent: t = 4 · learning_rate · steps.

    Parameters
    ----------
    learning_rate : float or array
        Positive.
    steps : float or array
        Non-negative.

    Returns
    -------
    float or ndarray

    Notes
    -----
    The steps of adaptive optimizers (AdamW) have no such relation to flow time.

    Examples
    --------
    >>> from polytheory.notation import flow_time
    >>> flow_time(learning_rate=0.25, steps=1000)
    1000.0
    """
    rate, count = _CLOCK.check(learning_rate=learning_rate, steps=steps)
    return unwrap(GRADIENT_FACTOR * rate * count)


@overload
def training_steps(*, learning_rate: Number, time: Number) -> float: ...
@overload
def training_steps(*, learning_rate: ArrayLike, time: ArrayLike) -> FloatArray: ...
def training_steps(*, learning_rate: Any, time: Any) -> Any:
    """Return the gradient-descent steps to a flow time, not rounded; the inverse of `flow_time`.

    Parameters
    ----------
    learning_rate : float or array
        Positive.
    time : float or array
        Flow time, non-negative.

    Returns
    -------
    float or ndarray

    Examples
    --------
    >>> from polytheory.notation import training_steps
    >>> training_steps(learning_rate=0.25, time=1000.0)
    1000.0
    """
    rate, target = _CLOCK.check(learning_rate=learning_rate, time=time)
    return unwrap(target / (GRADIENT_FACTOR * rate))
