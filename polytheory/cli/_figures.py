"""The command ``polytheory figures``: its options, which the gallery shares, and what it says."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from polytheory import _checks, plotting
from polytheory.cli._workers import add_workers, workers
from polytheory.experiments import FIGURES, SIZES, Figure, FigureError
from polytheory.sweeps import SweepInterrupted, SweepStoppedError

_FORMATS = ("png", "svg", "pdf")


def add_figures(commands: Any, run: Any) -> None:
    """Add the command; `run` is called with its arguments."""
    command = commands.add_parser(
        "figures",
        help="draw every figure of the paper and of ours, with its data",
        description=(
            "Compute and draw figures: each as pictures and with its data (.sqlite). Sizes: "
            f"small, a quick look (under a minute for all); full, {_minutes(FIGURES, 'full')} for "
            "all on two cores, some figures with less than the paper's numbers (--list says "
            f"which); paper, {_minutes(FIGURES, 'paper')} for all. The data of a figure are kept "
            "task by task: after Ctrl-C the same command goes on where it was."
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
    command.add_argument(
        "--list",
        action="store_true",
        help="list the figures and stop; of those that are named, also their settings",
    )
    command.set_defaults(run=run)


def add_options(command: argparse.ArgumentParser) -> None:
    """Add the options that a gallery script has, too."""
    command.add_argument("--out", default="figures", metavar="DIR", help="default: %(default)s")
    command.add_argument("--size", choices=SIZES, default="full", help="default: %(default)s")
    command.add_argument(
        "--seed", type=seed, default=0, metavar="N", help="of each figure (default: %(default)s)"
    )
    add_workers(command, "by default one per CPU, and this process alone at small size")
    command.add_argument(
        "--fresh",
        action="store_true",
        help="remove what DIR holds of the data of these figures, and begin anew",
    )


def seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"must be a whole number, not negative; got {text!r}")
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


def computed(figure: Figure, arguments: argparse.Namespace) -> tuple[Any, Path]:
    """Return the record of a figure, and the store that holds its data."""
    store = Path(arguments.out) / f"{figure.name}.sqlite"
    processes = workers(arguments)
    if processes is None and arguments.size != "small":
        processes = os.cpu_count() or 1
    try:
        record = figure.compute(
            arguments.size,
            rng=arguments.seed,
            workers=processes,
            store=store,
            fresh=arguments.fresh,
        )
    except SweepInterrupted as stop:
        raise KeyboardInterrupt(f"{figure.name} {str(stop).replace('sweep', 'command')}") from None
    except (FigureError, SweepStoppedError) as problem:
        raise ValueError(str(problem)) from None
    return record, store


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
            yield f"{figure.name:24} {figure.title} ({cost}{less})"
            if arguments.names:
                yield from figure.describe().splitlines()[1:]
        return
    workers(arguments)
    out = writable(arguments.out)
    for figure in chosen:
        record, store = computed(figure, arguments)
        reduced = arguments.size == "full" and figure.reduced
        words = f"{figure.title} (reduced: {figure.reduced})" if reduced else figure.title
        path = out / figure.name
        for picture in plotting.save_figure(figure.draw(record), path, formats=suffixes):
            yield f"{picture}: {words}"
        read = f"FIGURES[{figure.name!r}].load reads them"
        yield f"{store}: its data, {figure.caption(record)}; {read}"
