"""Examples per second of the strategies in `polytheory.testing`, at each named size.

Goal: 1,000 `encodings()` at size "fast" in under 5 s, with silent health checks.
"""

from __future__ import annotations

import time
from typing import Any

from _timing import parser, show
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from polytheory import testing

SIZES = ("fast", "balanced", "thorough")
STRATEGIES = {
    "rows": testing.rows,
    "times": testing.times,
    "models": testing.models,
    "encodings": testing.encodings,
    "trajectories": testing.trajectories,
}


def drawing(strategy: st.SearchStrategy[Any], count: int) -> tuple[float, int]:
    """Seconds to draw, and how many were drawn: Hypothesis stops where it has seen everything."""
    drawn = 0

    # The health checks stay on: one that speaks ends the script.
    @settings(max_examples=count, deadline=None, database=None, phases=[Phase.generate])
    @given(strategy)
    def draw(_: Any) -> None:
        nonlocal drawn
        drawn += 1

    began = time.perf_counter()
    draw()
    return time.perf_counter() - began, drawn


def main() -> None:
    command = parser(__doc__)
    command.add_argument("--count", type=int, default=1000)
    a = command.parse_args()
    figures = {}
    for name, strategy in STRATEGIES.items():
        for size in SIZES:
            seconds, drawn = drawing(strategy(size=size), a.count)
            figures[f"{name}, {size}: s for {a.count:,}"] = seconds * a.count / drawn
    show(figures, a.json)


if __name__ == "__main__":
    main()
