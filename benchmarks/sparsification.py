"""The universal curve and the completion time: how fast, and how exact.

Goals: `l1_norm` at least 5 million values a second at 1e-10 relative; `completion_time` at least
200 times faster than plain forward Euler (step 0.5, dead weights dropped) run to completion.
"""

from __future__ import annotations

import numpy as np
from _timing import parser, seconds, show
from numpy.typing import NDArray
from scipy.special import ndtri

from polytheory import initial_row
from polytheory.theory.sparsification import completion_time, l1_norm, time_to_fraction

WIDTH, STRENGTH = 100_000, 1e-5


def plain_completion(row: NDArray[np.float64], step: float = 0.5) -> float:
    w, now = np.abs(row), 0.0
    while w.size > 1:
        w = w + step * ((1.0 - w @ w) * w - STRENGTH)
        w = w[w > 0]
        now += step
    return now


def curve_error() -> float:
    """Compare with mpmath at thresholds whose time is known from 30-digit quadrature."""
    import mpmath as mp

    worst = 0.0
    with mp.workdps(30):

        def second(y: mp.mpf) -> mp.mpf:
            return (1 + y * y) * mp.erfc(y / mp.sqrt(2)) - 2 * y * mp.npdf(y)

        for x in (0.1, 0.5, 1, 2, 3):
            clock = mp.quad(lambda y: 1 / mp.sqrt(second(y)), mp.linspace(0, x, 9))
            first = 2 * mp.npdf(x) - x * mp.erfc(mp.mpf(x) / mp.sqrt(2))
            exact = mp.sqrt(WIDTH) * first / mp.sqrt(second(mp.mpf(x)))
            time = float(clock / (mp.mpf(STRENGTH) * mp.sqrt(WIDTH)))
            ours = l1_norm(time, n_neurons=WIDTH, l1_strength=STRENGTH)
            worst = max(worst, abs(float(ours / exact) - 1.0))
    return worst


def main() -> None:
    command = parser(__doc__)
    command.add_argument("--repeats", type=int, default=5)
    a = command.parse_args()
    last = time_to_fraction(20 / WIDTH, n_neurons=WIDTH, l1_strength=STRENGTH)
    times = np.exp(np.random.default_rng(0).uniform(np.log(1e-2), np.log(last), 1_000_000))
    curve = seconds(lambda: l1_norm(times, n_neurons=WIDTH, l1_strength=STRENGTH), 3 * a.repeats)
    inverse = seconds(lambda: ndtri(times / times.max()), a.repeats)
    row = initial_row(WIDTH, rng=0)
    slow = seconds(lambda: plain_completion(row), max(1, a.repeats // 2))
    fast = seconds(lambda: completion_time(row, l1_strength=STRENGTH), 6 * a.repeats)
    show(
        {
            "l1_norm, million values a second (goal 5)": 1e-6 * times.size / curve,
            "one scipy.special.ndtri call / l1_norm": inverse / curve,
            "error of l1_norm (goal 1e-10)": curve_error(),
            "plain Euler to completion, s": slow,
            "completion_time, s": fast,
            "ratio (goal 200)": slow / fast,
            "completion_time / Euler's": completion_time(row, l1_strength=STRENGTH)
            / plain_completion(row),
        },
        a.json,
    )


if __name__ == "__main__":
    main()
