"""The command line with which the galleries run their scripts."""

import atexit
import re
import shutil
import tempfile
from pathlib import Path

PREFIX = "polytheory-gallery-"


def arguments(gallery, script):
    """Return what follows the script's name: simulations at test size, into a folder that goes."""
    script["example_globals"]["__file__"] = script["src_file"]  # as Python sets it
    if Path(script["src_file"]).parent.name != "simulations":
        return []
    folder = tempfile.mkdtemp(prefix=PREFIX)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return ["--size", "small", "--seed", "0", "--out", folder]


def without_folders(text):
    """Return what a script printed with the folder that a reader would name."""
    return re.sub(rf"[^\s'\"]*{PREFIX}\w+", "figures", text)
