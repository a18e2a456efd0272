r"""
Two rows of the flow: how often they collide, and how far contact displaces them
================================================================================

The few-body prediction of the number of polysemantic neurons needs two functions of m and
:math:`\Lambda=\lambda\sqrt m`: :math:`2mP`, P the probability that two rows alone end on one neuron
with opposite signs, and :math:`E\,j^2`, the mean square of what contact with a second row displaces
(see `polytheory.pairs`). This script measures both on a grid:

.. code-block:: sh

    python simulations/two_rows.py --out figures

writes the table as ``two_rows.csv``, a line as soon as it is known. The same command continues a
table that is not complete. ``--samples 1`` gives the table that ships with the package, in about
20 minutes on one core; the default is a quick look. In layers of fewer than 64 neurons the table
ends at :math:`\Lambda=0.55`: beyond, rows die.
"""

import argparse
import time
from pathlib import Path

import numpy as np

from polytheory.pairs import shared_probability, squared_displacement

# %%
# The grid
# --------
# Wide layers first: they take longest.

WIDTHS = (1024, 512, 256, 128, 64, 32, 16)
STRENGTHS = (0.003, 0.01, 0.03, 0.1, 0.3, 0.55, 1.0)
#: Runs of a point times m, and at most so many; for the probability and the displacement.
WORK, MOST = (2e7, 5e6), (250_000, 100_000)
SEED = 20
#: In narrower layers strong ℓ1 kills rows, and the functions have an edge.
SURVIVORS, DEADLY = 64, 0.55
HEADER = (
    "n_neurons,l1_strength * sqrt(n_neurons),pair_ratio,standard_error,squared_displacement,"
    "standard_error_of_that,samples,pairs,step,seed"
)


def point(m, strength, share):
    """Return the line of the table for one layer."""
    # Strong ℓ1 acts during the fast relaxation: shorter steps.
    lam, step = strength / np.sqrt(m), 0.015 if strength > 0.3 else 0.06
    runs = [
        max(20, int(share * min(work / m, most))) for work, most in zip(WORK, MOST, strict=True)
    ]
    rng = np.random.default_rng([SEED, m, round(1e4 * strength)])
    ratio = shared_probability(2, m, l1_strength=lam, samples=runs[0], rng=rng, step=step)
    moved = squared_displacement(m, l1_strength=lam, samples=runs[1], rng=rng, step=step)
    numbers = (2 * m * ratio.value, 2 * m * ratio.standard_error, *moved[:2])
    words = ",".join(f"{number:.5f}" for number in numbers)
    return f"{m},{strength:g},{words},{ratio.samples},{moved.samples},{step:g},{SEED}"


def main():
    command = argparse.ArgumentParser(description="Measure the two-row functions on a grid.")
    command.add_argument("--out", type=Path, default=Path("figures"), help="folder of the table")
    command.add_argument("--samples", type=float, default=0.001, help="share of the shipped runs")
    given = command.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    table = given.out / "two_rows.csv"
    if not table.exists():
        table.write_text(HEADER + "\n", encoding="utf-8")
    there = {tuple(line.split(",")[:2]) for line in table.read_text(encoding="utf-8").splitlines()}
    for m in WIDTHS:
        for strength in STRENGTHS:
            dying = m < SURVIVORS and strength > DEADLY
            if dying or (str(m), f"{strength:g}") in there:
                continue
            begin = time.perf_counter()
            line = point(m, strength, given.samples)
            with table.open("a", encoding="utf-8") as lines:
                lines.write(line + "\n")
            print(f"{line}  ({time.perf_counter() - begin:.1f} s)", flush=True)
    print(f"    wrote {table}")


if __name__ == "__main__":
    main()
