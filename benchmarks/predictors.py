"""Each closed form: µs of one scalar call, and µs a value in one call for 100,000 values.

Goals: 200 µs a scalar call, 2 µs a value, `l1_norm` 30 µs; `mean_field`, an integral, has none.
The scalar figure is the median over a few drawn cases, each called once before: tables and widths
are remembered. To compare two commits, run both, in turns, on one machine.
"""

from __future__ import annotations

import inspect
import statistics
import timeit
from collections.abc import Callable
from typing import Any

import numpy as np
from _timing import parser, show

from polytheory.noise import Bipolar
from polytheory.theory import predictors

VALUES, CASES = 100_000, 5
#: Ends between which each argument is drawn; whole numbers if both are.
ENDS: dict[str, tuple[float, float]] = {
    "amplitude": (0.6, 1.0),
    "count": (12, 30),
    "excess_kurtosis": (-2.0, -0.5),
    "expected": (0.1, 10.0),
    "fourth_power_sum": (0.1, 0.12),
    "fraction": (0.3, 1.0),
    "initial_cosine": (-0.5, 0.5),
    "initial_weight": (0.2, 1.0),
    "inverse_participation_ratio": (0.5, 0.9),
    "l1_norm": (3.0, 6.0),
    "l1_strength": (2e-3, 4e-3),
    "largest_overlap": (2e-5, 4e-5),
    "learning_rate": (0.01, 0.1),
    "n_equal": (1, 9),
    "n_features": (24, 32),
    "n_living": (20, 30),
    "n_negative": (0, 3),
    "n_neurons": (64, 96),
    "n_positive": (0, 3),
    "nonzero_count": (40, 60),
    "overlap": (-0.1, 0.1),
    "probability": (0.01, 0.1),
    "q": (1.0, 2.0),
    "rate": (0.01, 0.1),
    "scaled_threshold": (4.0, 9.0),
    "sixth_cumulant": (0.0, 1.0),
    "sixth_power_sum": (0.017, 0.02),
    "soft_threshold": (0.4, 0.6),
    "squared_norm": (0.9, 1.0),
    "squared_norm_of_sum": (1.0, 2.0),
    "std": (0.15, 0.3),
    "time": (1.0, 8.0),
}
#: Arguments that are the same in each call, by form and name.
ROW = np.random.default_rng(1).normal(size=64)
FIXED: dict[str, dict[str, Any]] = {
    "break_even_probability": {"noise": Bipolar(std=0.1)},
    "completion_time": {"initial_row": ROW, "l1_strength": 0.01},
    "cubic_flow": {"row": ROW[:16]},
    "overlap_decay": {"time": 0.5, "initial_overlap": 2e-5},
    "hitting_time": {"initial_row": ROW, "l1_strength": 0.01},
    "one_hot_loss": {"encodings": np.eye(16), "noise": None},
    "survival_probability": {"n_neurons": 128},
    "mean_field": {"n_neurons": 10_000, "l1_strength": 0.01},
    "time_to_inverse_participation_ratio": {"row": ROW[:16]},
}
#: Forms whose other numbers are single.
OF_ONE = ("mean_field", "one_hot_loss")


def drawn(name: str, rng: np.random.Generator, size: int | None) -> Any:
    low, high = ENDS[name]
    if isinstance(low, int):
        return rng.integers(low, high, size=size, endpoint=True)
    return rng.uniform(low, high, size=size)


def arguments(form: Callable[..., Any], rng: np.random.Generator, size: int | None) -> Any:
    given = dict(FIXED.get(form.__name__, {}))
    for name, parameter in inspect.signature(form).parameters.items():
        if parameter.default is parameter.empty and name not in given:
            given[name] = drawn(name, rng, size)
            if size is None:
                given[name] = given[name].item() if hasattr(given[name], "item") else given[name]
    if form.__name__ == "mean_field":
        given["time"] = np.sort(np.atleast_1d(given["time"]))
    if form.__name__ == "time_to_inverse_participation_ratio" and size is not None:
        given["row"] = rng.normal(size=(size, 16))
    return given


def microseconds(call: Callable[[], object]) -> float:
    """Least over three repeats of about 20 ms, after a first call."""
    call()
    number = max(1, int(0.02 / timeit.timeit(call, number=1)))
    return min(timeit.repeat(call, number=number, repeat=3)) / number * 1e6


def main() -> None:
    command = parser(__doc__)
    command.add_argument("names", nargs="*", help="predictors, all by default")
    a = command.parse_args()
    figures: dict[str, float] = {}
    for form in predictors():
        name = form.__name__
        if not inspect.isfunction(form) or (a.names and name not in a.names):
            continue
        rng = np.random.default_rng(0)
        spans = []
        for _ in range(CASES):
            one = arguments(form, rng, None)
            spans.append(microseconds(lambda f=form, given=one: f(**given)))
        figures[f"{name}, µs"] = statistics.median(spans)
        if name not in OF_ONE:
            many = arguments(form, rng, VALUES)
            span = microseconds(lambda f=form, given=many: f(**given))
            figures[f"{name}, µs a value"] = span / VALUES
    show(figures, a.json)


if __name__ == "__main__":
    main()
