"""Order of the gallery and the command-line arguments of its scripts."""

import atexit
import re
import shutil
import tempfile
from pathlib import Path

# In the order of the theory; other scripts follow by name.
ORDER = (
    "sparsification",
    "collisions",
    "collision_ratio",
    "few_body",
    "two_rows",
    "winner_fidelity",
    "weight_map",
    "pairs",
    "phase_diagram",
    "mechanisms",
    "tradeoff",
    "avoidance",
    "diagnosis",
    "digits",
)
PREFIX = "polytheory-gallery-"


def place(file):
    name = Path(file).stem
    return ORDER.index(name) if name in ORDER else len(ORDER), name


def arguments(gallery, script):
    """Return a script's arguments: test size, and a temporary folder for its output."""
    script["example_globals"]["__file__"] = script["src_file"]  # as Python sets it
    folder = tempfile.mkdtemp(prefix=PREFIX)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return ["--size", "small", "--seed", "0", "--out", folder]


def readable(page):
    """Return a page with `figures` in place of the temporary folder."""
    return re.sub(rf"[^\s'\"]*{PREFIX}\w+", "figures", page)
