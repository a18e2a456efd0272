"""The command line with which the galleries run their scripts."""

import atexit
import re
import shutil
import tempfile
from pathlib import Path

# As the theory unfolds; what is not named follows, by name.
ORDER = (
    "model",
    "sparsification",
    "slow_manifold",
    "universal_curve",
    "completion_time",
    "fixed_points",
    "interference",
    "collisions",
    "collision_ratio",
    "winner_fidelity",
    "weight_map",
    "phase_diagram",
    "noise",
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
    """Return what follows the script's name: simulations at test size, into a folder that goes."""
    script["example_globals"]["__file__"] = script["src_file"]  # as Python sets it
    if Path(script["src_file"]).parent.name != "simulations":
        return []
    folder = tempfile.mkdtemp(prefix=PREFIX)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return ["--size", "small", "--seed", "0", "--out", folder]


def readable(page):
    """Return a page with the folder that a reader would name, and commands set as commands."""
    page = re.sub(rf"[^\s'\"]*{PREFIX}\w+", "figures", page)
    return re.sub(r"(?m)(?<=\n\n)    (python \S+\.py .*)$", r".. code-block:: sh\n\n    \1", page)
