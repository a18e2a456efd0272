"""Provenance of a result: the versions that it depends on and the commit of the source."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("polytheory", "numpy", "scipy", "sympy")
#: Seconds to wait for Git.
GIT_TIMEOUT = 10.0


def versions() -> dict[str, str]:
    """Return the versions that a result depends on."""
    found = {"python": sys.version.split()[0]}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # run from a source tree without installing it
            found[name] = "not installed"
    return found


def commit_of(file: str | Path | None) -> str | None:
    """Return the commit of the checkout that holds `file`, with "-dirty" if there are changes.

    None if no checkout tracks the file or Git cannot be run.
    """
    if file is None:
        return None
    path = Path(file).resolve()
    # A file inside a checkout that is not tracked, as in a virtual environment, has no commit.
    if _git(path.parent, "ls-files", "--error-unmatch", path.name) is None:
        return None
    return _git(path.parent, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")


def _git(folder: Path, *arguments: str) -> str | None:
    command = ["git", "-C", str(folder), *arguments]
    # Git hooks set variables that point to another repository.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            command,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=GIT_TIMEOUT,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() or None
