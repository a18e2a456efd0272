"""`diagnose` on a memory-mapped matrix of a gibibyte, in a process of its own.

Goals: less than 30 s, and a peak of memory of at most twice the file. The peak is that of the whole
process, the mapped pages of the file included. The baseline is one product W Wᵀ of the same size in
the same process, which costs about half of what any plain way to the dimensionalities does.

The file (1 GiB at the default size) is made in a temporary folder and taken away again.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from _timing import parser, show

from polytheory import diagnose
from polytheory.diagnosis import read_weights

BLOCK = 256


def make(path: Path, n: int, m: int) -> None:
    """Write a matrix with a carrier a feature, and noise on every weight."""
    rng = np.random.default_rng(0)
    header = {"descr": "<f4", "fortran_order": False, "shape": (n, m)}
    with path.open("wb") as file:  # not mapped: a child inherits the peak of its parent
        np.lib.format.write_array_header_1_0(file, header)
        for start in range(0, n, BLOCK):
            rows = rng.standard_normal((min(BLOCK, n - start), m), dtype=np.float32) / m
            at = np.arange(len(rows)), rng.integers(0, m, len(rows))
            rows[at] = rng.choice([-1, 1], len(rows))
            rows.astype("<f4").tofile(file)


def measure(path: Path) -> None:
    """Print seconds, by the clock and of the processor, and peaks: what the child does."""
    W = read_weights(path)
    before = peak()
    began, busy = time.perf_counter(), time.process_time()
    found = diagnose(W)
    spent, busy = time.perf_counter() - began, time.process_time() - busy
    print(spent, busy, peak(), before, found.polysemantic_neurons)


def peak() -> int:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def main() -> None:
    command = parser(__doc__)
    command.add_argument("--n-features", type=int, default=4096)
    command.add_argument("--n-neurons", type=int, default=65_536)
    command.add_argument("--measure", metavar="FILE", help="only diagnose this file")
    a = command.parse_args()
    if a.measure:
        measure(Path(a.measure))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "weights.npy")
        make(path, a.n_features, a.n_neurons)
        load = os.getloadavg()[0]
        again = [sys.executable, __file__, "--measure", str(path)]
        done = subprocess.run(again, capture_output=True, text=True, check=True)
        spent, busy, highest, before, count = map(float, done.stdout.split())
        W = np.load(path, mmap_mode="r", allow_pickle=False)
        began = time.process_time()
        np.matmul(W, W.T)
        product = time.process_time() - began
        size = path.stat().st_size
    show(
        {
            "file, GiB": size / 2**30,
            "diagnose, s (goal 30 at full size)": spent,
            "diagnose, processor time, s": busy,
            "peak memory of the process / file (goal 2)": highest / size,
            "before it began / file": before / size,
            "one product W Wᵀ, processor time, s": product,
            "diagnose / product, processor time": busy / product,
            "polysemantic neurons": count,
            "other load on the machine when it began": load,
        },
        a.json,
    )


if __name__ == "__main__":
    main()
