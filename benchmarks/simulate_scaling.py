"""How the cost of `simulate` to the settled state grows with n, m, 1/λ and the number of instances.

Seconds an instance (single precision, the median over instances), and the exponent fitted over the
range, one quantity at a time. Also the memory of one instance, from which follows what fits.
"""

from __future__ import annotations

import statistics
import time
import tracemalloc

import numpy as np
from _timing import parser, show

from polytheory import ToyModel, initial_encodings, simulate

#: Where one quantity is varied, the others are these.
N, M, L1 = 128, 256, 2e-3


def instance_seconds(n: int, m: int, l1_strength: float, instances: int = 3) -> float:
    """Median seconds to follow one instance to its end."""
    model = ToyModel(n, m, l1_strength=l1_strength)
    spans = []
    for start in initial_encodings(model, instances, rng=0):
        began = time.perf_counter()
        simulate(model, start, dtype="float32")
        spans.append(time.perf_counter() - began)
    return statistics.median(spans)


def batch_seconds(count: int) -> float:
    """Seconds to follow a batch of small instances."""
    model = ToyModel(32, 64, l1_strength=0.01)
    start = initial_encodings(model, count, rng=0)
    began = time.perf_counter()
    simulate(model, start, dtype="float32")
    return time.perf_counter() - began


def peak_per_weight(n: int, m: int) -> float:
    """Bytes at the peak, per weight of a single instance."""
    model = ToyModel(n, m, l1_strength=L1)
    start = initial_encodings(model, rng=0).astype(np.float32)
    tracemalloc.start()
    simulate(model, start, dtype="float32", until=1.0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / start.size


def exponent(sizes: list[float], seconds: list[float]) -> float:
    """Slope of log seconds against log size."""
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def main() -> None:
    arguments = parser(__doc__).parse_args()
    instance_seconds(8, 16, 0.05)  # load everything
    ranges: dict[str, tuple[list[float], list[float]]] = {}
    sizes = [64, 128, 256, 512]
    ranges["n = m/2, λ√m fixed"] = (
        [float(n) for n in sizes],
        [instance_seconds(n, 2 * n, L1 * np.sqrt(M / (2 * n))) for n in sizes],
    )
    widths = [128, 256, 512, 1024, 2048]
    ranges["m, n = 128"] = (
        [float(m) for m in widths],
        [instance_seconds(N, m, L1) for m in widths],
    )
    strengths = [1.6e-2, 4e-3, 1e-3, 2.5e-4]
    ranges["1/λ, n = 128, m = 256"] = (
        [1.0 / each for each in strengths],
        [instance_seconds(N, M, each) for each in strengths],
    )
    counts = [16, 64, 256]
    ranges["instances, n = 32, m = 64"] = (
        [float(count) for count in counts],
        [batch_seconds(count) for count in counts],
    )
    figures: dict[str, float] = {}
    for name, (values, seconds) in ranges.items():
        for value, span in zip(values, seconds, strict=True):
            figures[f"{name}: {value:g}, s"] = span
        figures[f"{name}: exponent"] = exponent(values, seconds)
    figures["peak, bytes a weight (n = 256, m = 1024)"] = peak_per_weight(256, 1024)
    show(figures, arguments.json)


if __name__ == "__main__":
    main()
