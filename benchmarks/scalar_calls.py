"""One number from a closed form: microseconds per call, and how many times a bare NumPy formula.

Goals: carrier_amplitude ≤ 4 µs, pair_probability ≤ 4, cosine_decay ≤ 12, nonzero_count ≤ 40. The
ratios are against the first formula of the table without any check of its argument, in the same
run.
"""

from __future__ import annotations

import statistics
import timeit
from collections.abc import Callable

import numpy as np
from _timing import parser, show

from polytheory.theory import collisions, fixed_points, interference, sparsification

CALLS: dict[str, Callable[[], object]] = {
    "carrier_amplitude (4)": lambda: fixed_points.carrier_amplitude(0.1),
    "pair_probability (4)": lambda: collisions.pair_probability(64),
    "cosine_decay (12)": lambda: interference.cosine_decay(0.5, 1.0),
    "nonzero_count (40)": lambda: sparsification.nonzero_count(
        1e3, n_neurons=100_000, l1_strength=1e-5
    ),
}


def bare(strength: float = 0.1) -> float:
    """Return the carrier's amplitude as NumPy has it, nothing asked."""
    return float(2 / np.sqrt(3) * np.cos(np.arccos(-1.5 * np.sqrt(3) * strength) / 3))


def microseconds(call: Callable[[], object], number: int = 2000, repeats: int = 15) -> float:
    """Median over the repeats, after one that is not counted."""
    call()
    spans = timeit.repeat(call, number=number, repeat=repeats)
    return statistics.median(spans) / number * 1e6


def main() -> None:
    a = parser(__doc__).parse_args()
    base = microseconds(bare)
    figures = {"bare NumPy formula, µs": base}
    for name, call in CALLS.items():
        span = microseconds(call)
        figures |= {f"{name}, µs": span, f"{name}, ratio": span / base}
    show(figures, a.json)


if __name__ == "__main__":
    main()
