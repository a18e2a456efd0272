"""`import polytheory` against `import numpy, scipy.special`, each in a fresh interpreter.

Goal: at most 1.5 times as long, also where everything is used that needs no extra and no judge.
"""

from __future__ import annotations

import subprocess
import sys

from _timing import parser, seconds, show

#: What loads the simulator, the closed forms and the diagnosis.
USED = "polytheory.simulate, polytheory.train, polytheory.diagnose, polytheory.theory.noise"


def importing(what: str) -> None:
    subprocess.run([sys.executable, "-P", "-c", f"import {what}"], check=True)


def main() -> None:
    command = parser(__doc__)
    command.add_argument("--repeats", type=int, default=15)
    a = command.parse_args()
    nothing = seconds(lambda: importing("sys"), a.repeats)
    base = seconds(lambda: importing("numpy, scipy.special"), a.repeats)
    ours = seconds(lambda: importing("polytheory"), a.repeats)
    used = seconds(lambda: importing(f"polytheory; {USED}"), a.repeats)
    show(
        {
            "python alone, s": nothing,
            "import numpy, scipy.special, s": base,
            "import polytheory, s": ours,
            "ratio, interpreter left out (goal 1.5)": (ours - nothing) / (base - nothing),
            "the same, names used (goal 1.5)": (used - nothing) / (base - nothing),
        },
        a.json,
    )


if __name__ == "__main__":
    main()
