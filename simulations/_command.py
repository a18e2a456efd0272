"""The command line that scripts with long runs share."""

import argparse
import os
import sys
from pathlib import Path


def seed_number(text):
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"must be a whole number, not negative; got {text!r}")
    return int(text)


def worker_number(text):
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"must be a whole number, at least 1; got {text!r}")
    return int(text)


def folder(text):
    try:
        path = Path(text)
        path.mkdir(parents=True, exist_ok=True)
        (path / ".try").touch()
        (path / ".try").unlink()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise argparse.ArgumentTypeError(f"cannot write into {text!r}: {why}") from None
    return path


def parser(description, sizes):
    """Return the command line; `sizes` are the settings by the words for --size."""
    command = argparse.ArgumentParser(description=description)
    command.add_argument(
        "--out", type=folder, default="figures", metavar="DIR", help="default figures"
    )
    command.add_argument("--size", choices=sizes, default="full", help="full: the paper's scale")
    command.add_argument("--seed", type=seed_number, default=0, help="default 0")
    command.add_argument(
        "--workers",
        type=worker_number,
        metavar="N",
        help="processes; default: one a CPU at full size, none beside this one at small size",
    )
    command.add_argument(
        "--resume", action="store_true", help="go on with what an interrupted run left in DIR"
    )
    return command


def computed(compute, command, name, sizes):
    """Compute as the command line asks, into the files `name` of its folder.

    Returns the record, and the path to which a suffix is to be added.
    """
    arguments = command.parse_args()
    path = arguments.out / name
    workers = arguments.workers
    if workers is None and arguments.size == "full":
        workers = os.cpu_count() or 1
    resume = arguments.resume and path.with_suffix(".json").exists()
    try:
        data = compute(
            **sizes[arguments.size],
            rng=arguments.seed,
            workers=workers,
            progress=sys.stderr.isatty(),
            keep=path,
            resume=resume,
        )
    except KeyboardInterrupt:
        sys.exit(f"interrupted; {path}.npz holds what was computed, --resume goes on with it")
    except ValueError as error:
        if resume:
            command.error(str(error))
        raise
    return data, path
