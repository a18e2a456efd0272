"""`polytheory --help` and other answers without a computation, against `python -c pass`.

Goal: each at most 60 ms longer, in a fresh interpreter.
"""

from __future__ import annotations

import subprocess
import sys

from _timing import parser, seconds, show

#: Commands that load no numerics.
QUICK = ("--help", "--version", "verify --help", "figures --help", "sweep --help", "unknown")
GOAL = 0.06


def start(*words: str) -> None:
    subprocess.run([sys.executable, "-P", *words], capture_output=True, check=False)


def main() -> None:
    command = parser(__doc__)
    command.add_argument("--repeats", type=int, default=15)
    a = command.parse_args()
    nothing = seconds(lambda: start("-c", "pass"), a.repeats)
    figures = {"python -c pass, s": nothing}
    for words in QUICK:
        # As the console script does: `-m` would also load runpy.
        code = f"import sys; from polytheory.cli import main; main({words.split()})"
        spent = seconds(lambda code=code: start("-c", code), a.repeats)
        figures[f"{words}: over that, s (goal {GOAL})"] = spent - nothing
        figures[f"{words}: ratio"] = spent / nothing
    show(figures, a.json)


if __name__ == "__main__":
    main()
