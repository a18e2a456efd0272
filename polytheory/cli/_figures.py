"""The command ``polytheory figures``: its options, which the gallery shares, and what it says."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from polytheory import _checks, plotting
from polytheory.experiments import FIGURES, SIZES, Figure

_FORMATS = ("png", "svg", "pdf")
#: What the files of data hold.
_DATA = {".npz": "its data", ".json": "its parameters, seed and versions"}


def add_figures(commands: Any, run: Any) -> None:
    """Add the command; `run` is called with its arguments."""
    command = commands.add_parser(
        "figures",
        help="draw every figure of the paper and of ours, with its data",
        description=(
            "Compute and draw figures: each as pictures and with its data (.npz, .json). Sizes: "
            f"small, a quick look (under a minute for all); full, {_minutes(FIGURES, 'full')} for "
            "all on two cores, some figures with less than the paper's numbers (--list says "
            f"which); paper, {_minutes(FIGURES, 'paper')} for all. Ctrl-C keeps every figure that "
            "is finished, and what is finished of those that are computed in pieces (see --list)."
        ),
        epilog=(
            "example: polytheory figures count weight-map --out figures --size small --formats pdf"
        ),
    )
    command.add_argument("names", nargs="*", metavar="NAME", help="which; all of them by default")
    add_options(command)
    command.add_argument(
        "--formats",
        default="png,svg",
        metavar="LIST",
        help="of the pictures: png, svg, pdf, joined by commas (default: %(default)s)",
    )
    command.add_argument("--list", action="store_true", help="list the figures and stop")
    command.set_defaults(run=run)


def add_options(command: argparse.ArgumentParser) -> None:
    """Add the options that a gallery script has, too."""
    command.add_argument("--out", default="figures", metavar="DIR", help="default: %(default)s")
    command.add_argument("--size", choices=SIZES, default="full", help="default: %(default)s")
    command.add_argument(
        "--seed", type=seed, default=0, metavar="N", help="of each figure (default: %(default)s)"
    )
    command.add_argument(
        "--workers",
        type=_at_least_one,
        metavar="N",
        help="processes, where a figure is computed in pieces; default: one a CPU, none beside "
        "this one at small size",
    )
    command.add_argument(
        "--resume", action="store_true", help="go on with what an interrupted run left in DIR"
    )


def seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"must be a whole number, not negative; got {text!r}")
    return int(text)


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"must be a whole number, at least 1; got {text!r}")
    return int(text)


def _minutes(figures: dict[str, Figure], size: str) -> str:
    total = sum(figure.minutes[size] for figure in figures.values())
    return f"some {total:.0f} minutes" if total < 90 else f"some {total / 60:.0f} hours"


def writable(name: str) -> Path:
    """Return a folder, made if it has to be, in which a file could be written just now."""
    try:
        path = Path(name)
        path.mkdir(parents=True, exist_ok=True)
        (path / ".try").touch()
        (path / ".try").unlink()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise ValueError(f"--out: cannot write into {name!r}: {why}") from None
    return path


def workers(arguments: argparse.Namespace) -> int | None:
    """Return how many processes are wanted."""
    if arguments.workers is None and arguments.size != "small":
        return os.cpu_count() or 1
    number: int | None = arguments.workers
    return number


def formats(text: str) -> tuple[str, ...]:
    """Return the kinds of pictures that are wanted."""
    given = [
        _checks.one_of("--formats", each.strip().lower(), _FORMATS) for each in text.split(",")
    ]
    return tuple(dict.fromkeys(given))


def _chosen(names: list[str]) -> list[Figure]:
    unknown = [name for name in names if name not in FIGURES]
    if unknown:
        raise ValueError(f"no figure called {', '.join(unknown)}; known: {', '.join(FIGURES)}")
    return [FIGURES[name] for name in dict.fromkeys(names or FIGURES)]


def run_figures(arguments: argparse.Namespace) -> Iterator[str]:
    """Compute and draw; yield what to print, a line a file. Mistakes show before anything runs."""
    chosen, suffixes = _chosen(arguments.names), formats(arguments.formats)
    if arguments.list:
        for figure in chosen:
            cost = ", ".join(f"{size} {figure.minutes[size]:g} min" for size in SIZES[1:])
            less = f"; full: {figure.reduced}" if figure.reduced else ""
            pieces = "; in pieces" if figure.in_pieces() else ""
            yield f"{figure.name:24} {figure.title} ({cost}{pieces}{less})"
        return
    out = writable(arguments.out)
    for figure in chosen:
        path = out / figure.name
        try:
            record = figure.compute(
                arguments.size,
                seed=arguments.seed,
                workers=workers(arguments),
                progress=sys.stderr.isatty(),
                keep=path,
                resume=arguments.resume,
            )
        except KeyboardInterrupt:
            kept = f"in {figure.name}; {out} holds what was finished, --resume goes on with it"
            raise KeyboardInterrupt(f"interrupted {kept}") from None
        less = (
            f" (reduced: {figure.reduced})" if arguments.size == "full" and figure.reduced else ""
        )
        for picture in plotting.save_figure(figure.draw(record), path, formats=suffixes):
            yield f"{picture}: {figure.title}{less}"
        for suffix, words in _DATA.items():
            yield f"{path}{suffix}: {words}"
