"""What the benchmark scripts share: the clock, and the printing of figures."""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path


def seconds(call: Callable[[], object], repeats: int) -> float:
    """Median over `repeats` calls, after one that is not counted."""
    call()
    spans = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        spans.append(time.perf_counter() - began)
    return statistics.median(spans)


def parser(description: str | None) -> argparse.ArgumentParser:
    command = argparse.ArgumentParser(description=description)
    command.add_argument("--json", metavar="FILE", help="also write the figures to FILE")
    return command


def show(figures: dict[str, float], path: str | None) -> None:
    for name, value in figures.items():
        print(f"{name:45} {value:.4g}")
    if path:
        Path(path).write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
