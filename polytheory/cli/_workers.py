"""The option ``--workers``, the same for every command that runs tasks."""

from __future__ import annotations

import argparse
from typing import Any

from polytheory import _checks


def add_workers(options: Any, otherwise: str) -> None:
    """Add the option to a parser or a group; `otherwise` says what happens without it."""
    words = f"processes on this machine; {otherwise}"
    options.add_argument("--workers", type=int, metavar="N", help=words)


def workers(arguments: argparse.Namespace) -> int | None:
    """Return the requested number of processes, if any."""
    if arguments.workers is None:
        return None
    return _checks.integer("--workers", arguments.workers, minimum=1)
