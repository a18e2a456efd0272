"""The overhead of a sweep, and the gain from two processes.

Goals: at most 5 ms per task in this process, and 1.8 times the speed on two processes for tasks of
100 ms. Also the rate and size of a store: tasks per second, and bytes per task.
"""

from __future__ import annotations

import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from _timing import parser, show

from polytheory import sweep
from polytheory.sweeps import count_task

#: About 100 ms on the machines that we know; measured, not assumed.
TARGET = 0.1


def nothing(_parameters: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    return {"x": rng.random(), "count": 3, "word": "settled", "share": 0.5}


def busy(parameters: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """Work of Python and NumPy of a given length, independent of the load."""
    x = rng.standard_normal(256)
    for _ in range(parameters["rounds"]):
        x = np.sin(x) + 1e-3 * np.cumsum(x)
    return {"x": float(x.sum())}


def seconds(grid: dict[str, Any], task: Any, **options: Any) -> float:
    began = time.perf_counter()
    sweep(grid, task, rng=0, progress=False, **options)
    return time.perf_counter() - began


def rounds_for(target: float) -> int:
    rounds, rng = 2_000, np.random.default_rng(0)
    began = time.perf_counter()
    busy({"rounds": rounds}, rng)
    return max(1, round(rounds * target / (time.perf_counter() - began)))


def cost_of_a_task(count: int, folder: Path) -> dict[str, float]:
    grid = {"k": range(count)}
    store = folder / "nothing.sqlite"
    in_memory, on_disk = seconds(grid, nothing), seconds(grid, nothing, store=store)
    empty = {"k": range(1)}
    start = seconds(empty, nothing, store=folder / "empty.sqlite")
    return {
        "overhead in memory, ms a task (goal 5)": 1e3 * in_memory / count,
        "overhead with a store, ms a task (goal 5)": 1e3 * (on_disk - start) / count,
        "tasks a second into a store": count / (on_disk - start),
        "bytes a task in a store": store.stat().st_size / count,
        "opening a store and a rerun, s": seconds(grid, nothing, store=store),
    }


def gain_of_two(count: int, pairs: int) -> dict[str, float]:
    rounds = rounds_for(TARGET)
    ratios, alone = [], []
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        sweep({"rounds": 1, "k": range(8)}, busy, rng=0, executor=pool)  # started, imported
        for _ in range(pairs):  # in turn: the machine may change its speed
            grid = {"rounds": rounds, "k": range(count)}
            serial = seconds(grid, busy)
            ratios.append(serial / seconds(grid, busy, executor=pool))
            alone.append(serial / count)
    return {
        "length of a task, ms": 1e3 * float(np.median(alone)),
        "two processes, times the speed (goal 1.8)": float(np.median(ratios)),
        "the least of the pairs": min(ratios),
    }


def cost_of_counting(count: int) -> dict[str, float]:
    figures = {}
    for n, m in ((16, 32), (64, 128)):
        grid = {"n_features": n, "n_neurons": m, "l1_strength": 0.01, "repeat": range(count)}
        took = 1e3 * seconds(grid, count_task) / count
        figures[f"count_task, n = {n}, m = {m}, λ = 0.01: ms"] = took
    return figures


def main() -> None:
    command = parser(__doc__)
    command.add_argument("--count", type=int, default=2000, help="tasks that do nothing")
    command.add_argument("--pairs", type=int, default=5, help="serial and parallel, in turn")
    a = command.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = cost_of_a_task(a.count, Path(folder))
    show(figures | gain_of_two(60, a.pairs) | cost_of_counting(10), a.json)


if __name__ == "__main__":  # the workers read this file, too
    main()
