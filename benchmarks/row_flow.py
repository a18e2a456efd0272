"""`row_flow` against a plain NumPy loop: one encoding, followed until one weight is left.

The baseline is forward Euler with step 0.5 that drops dead weights and records the ℓ1 norm at the
same times. Goal: at least 180 times faster, with ‖w‖₁ within 1e-8 of a tight reference, in memory
O(m) instead of O(m · times).
"""

from __future__ import annotations

import tracemalloc

import numpy as np
from _timing import parser, seconds, show
from numpy.typing import NDArray

from polytheory import initial_row, row_flow

Floats = NDArray[np.float64]


def plain_euler(
    row: Floats, l1_strength: float, step: float, recorded: int
) -> tuple[Floats, Floats]:
    """Run until one weight is left; return evenly spaced times and ‖w‖₁ there (all steps kept)."""
    w, now, times, norms = np.abs(row), 0.0, [0.0], [float(np.abs(row).sum())]
    while w.size > 1:
        w = w + step * ((1.0 - w @ w) * w - l1_strength)
        w = w[w > 0]
        now += step
        times.append(now)
        norms.append(float(w.sum()))
    keep = np.linspace(0, len(times) - 1, recorded).astype(int)
    return np.array(times)[keep], np.array(norms)[keep]


def main() -> None:
    command = parser(__doc__)
    command.add_argument("--n-neurons", type=int, default=100_000)
    command.add_argument("--l1-strength", type=float, default=1e-5)
    command.add_argument("--times", type=int, default=200)
    command.add_argument("--repeats", type=int, default=5)
    a = command.parse_args()
    row = initial_row(a.n_neurons, rng=0)

    times, euler = plain_euler(row, a.l1_strength, 0.5, a.times)
    slow = seconds(lambda: plain_euler(row, a.l1_strength, 0.5, a.times), max(1, a.repeats // 2))
    fast = seconds(lambda: row_flow(row, l1_strength=a.l1_strength, time=times), 4 * a.repeats)
    ours = row_flow(row, l1_strength=a.l1_strength, time=times)
    tight = row_flow(row, l1_strength=a.l1_strength, time=times, rtol=1e-12)

    tracemalloc.start()
    row_flow(row, l1_strength=a.l1_strength, time=times)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    show(
        {
            "plain Euler, s": slow,
            "row_flow, s": fast,
            "ratio (goal 180)": slow / fast,
            "error of ‖w‖₁ (goal 1e-8)": float(np.max(np.abs(ours.l1_norm / tight.l1_norm - 1.0))),
            "error of Euler's ‖w‖₁": float(np.max(np.abs(euler / tight.l1_norm - 1.0))),
            "sorting the row alone, s": seconds(lambda: np.sort(row), 20),
            "peak memory / row": peak / row.nbytes,
        },
        a.json,
    )


if __name__ == "__main__":
    main()
