"""The format of recorded runs: the two tables that the how-to prints and the messages use."""

from __future__ import annotations

from dataclasses import dataclass

from polytheory._defaults import RECORDED_METHODS

#: Name, shape of one run, shape of a batch, contents.
ARRAYS = (
    ("time", "(T,)", "(T,)", "flow times, increasing"),
    ("l1_norm", "(T,)", "(T, B)", "Σ|w| at these times"),
    ("nonzero_count", "(T,)", "(T, B)", "living weights"),
    ("initial_row", "(m,)", "(B, m)", "the weights at time zero"),
    ("W", "(T, n, m)", "(T, B, n, m)", "whole encodings, instead of the three above"),
    ("l1_strength", "()", "()", "λ in **flow units**, see [](units.md)"),
    ("method", "()", "()", "optional text: a method of the next table"),
    ("step", "()", "()", "the step, for a method with fixed steps"),
    ("rtol, atol", "()", "()", "for an adaptive method; `atol` is rtol/1000 if left out"),
    (
        "tolerance",
        "()",
        "()",
        "optional: the relative error of Σ|w| (for `W`, the error of a weight) to allow instead",
    ),
)


@dataclass(frozen=True)
class Method:
    """A method that a run can be made with: what it needs, its step, its tolerance."""

    needs: str
    meaning: str
    tolerance: str

    @property
    def fixed(self) -> bool:
        return self.needs == "step"

    @property
    def adaptive(self) -> bool:
        return self.needs == "rtol"


_ADAPTIVE = "4 × the error of SciPy's solver at these tolerances, measured"

METHODS = dict(
    zip(
        RECORDED_METHODS,
        (
            Method("", "the flow itself, up to rounding (default without a step)", "1e-8"),
            Method(
                "step",
                "forward Euler; a weight that crosses zero is set to zero (default with a step)",
                "2 × its error, computed",
            ),
            Method(
                "step",
                "forward Euler with λ sign(w) and no clipping: weights chatter around zero",
                "2 × its error, measured",
            ),
            Method(
                "step",
                "proximal Euler: soft threshold after the step (for one row the same as `euler`)",
                "2 × its error, computed",
            ),
            Method(
                "step",
                "the classical Runge–Kutta method of order 4, λ sign(w) in each stage",
                "2 × its error, measured",
            ),
            Method("rtol", "adaptive Runge–Kutta of order 3(2)", _ADAPTIVE),
            Method("rtol", "adaptive Runge–Kutta of order 5(4), Dormand–Prince", _ADAPTIVE),
            Method("rtol", "adaptive Runge–Kutta of order 8(5,3)", _ADAPTIVE),
        ),
        strict=True,
    )
)
