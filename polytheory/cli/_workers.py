"""The check of ``--workers``, the same for every command that has it."""

from __future__ import annotations

import argparse

from polytheory import _checks


def workers(arguments: argparse.Namespace) -> int | None:
    """Return the requested number of processes, if any."""
    if arguments.workers is None:
        return None
    return _checks.integer("--workers", arguments.workers, minimum=1)
