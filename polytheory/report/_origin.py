"""Where the code that judged came from."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

__all__ = ["commit"]

INSTALLED = "unknown (installed copy)"


def commit(package: Path) -> str:
    """Return the git commit of the source tree that holds `package`, or why it is not known."""
    tree = package.parent
    # A repository further up may hold a virtual environment, and is not that of the package.
    if not ((tree / ".git").exists() and (tree / "pyproject.toml").exists()):
        return INSTALLED
    try:
        name = _git(tree, "rev-parse", "HEAD")
        changed = _git(tree, "status", "--porcelain", "--untracked-files=no", "--", package.name)
    except (OSError, subprocess.SubprocessError):
        return "unknown (git does not answer)"
    return f"{name}, with changes that are not committed" if changed else name


def _git(tree: Path, *arguments: str) -> str:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    done = subprocess.run(
        ["git", "-C", str(tree), *arguments],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=10,
    )
    return done.stdout.strip()
