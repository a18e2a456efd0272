"""The command ``polytheory figures``: its computation, shared with the gallery, and its output."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from polytheory import _checks, plotting
from polytheory._processes import usable_processors
from polytheory.cli._workers import workers
from polytheory.experiments import FIGURES, SIZES, Figure, FigureError
from polytheory.sweeps import SweepInterrupted, SweepStoppedError
from polytheory.sweeps.file import DamagedStoreError
from polytheory.sweeps.store import Store

_FORMATS = ("png", "svg", "pdf")


def writable(name: str) -> Path:
    """Return a folder in which files can be written; create it if it does not exist."""
    try:
        path = Path(name)
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise ValueError(f"--out: cannot write into {name!r}: {why}") from None
    return path


def require_usable(
    figures: Iterable[Figure],
    arguments: argparse.Namespace,
    suffixes: Iterable[str] = ("png", "svg"),
) -> None:
    """Raise, before anything is computed, if a store or a picture of a figure is in the way."""
    for figure in figures:
        for suffix in suffixes:
            picture = Path(arguments.out) / f"{figure.name}.{suffix}"
            if picture.is_dir():
                raise ValueError(f"--out: cannot write {picture}: it is a folder")
        _require_same_data(figure, arguments)


def _store(figure: Figure, arguments: argparse.Namespace) -> Path:
    return Path(arguments.out) / f"{figure.name}.sqlite"


def _require_same_data(figure: Figure, arguments: argparse.Namespace) -> None:
    """Raise if the store of a figure exists and holds anything but the requested data."""
    path, elsewhere = _store(figure, arguments), "another --out, or --fresh"
    if not path.exists():
        return
    try:
        with Store.reading(path) as store:
            identity, had = store.identity(), store.notes()
    except DamagedStoreError as damaged:
        if arguments.fresh:
            return
        raise damaged.with_hint(f"Use {elsewhere}.") from None
    except ValueError as problem:
        raise ValueError(f"{problem} Move it away, or choose another --out.") from None
    if arguments.fresh or identity is None:
        return
    if had.get("figure") != figure.name:
        raise ValueError(f"{path} holds other data than those of {figure.name}. Use {elsewhere}.")
    asked = _notes(figure, arguments.size)
    if had != asked:
        sizes = [size for size in SIZES if had == _notes(figure, size)]
        if sizes:
            made, here, use = f"--size {sizes[0]}", arguments.size, f"--size {sizes[0]}, "
        else:
            names = [name for name in {**asked, **had} if asked.get(name) != had.get(name)]
            made, here = (_listed(each, names) for each in (had, asked))
            use = ""
        raise ValueError(f"{path} was made with {made}, not {here}. Use {use}{elsewhere}.")
    if (identity.entropy, identity.spawn_key) != (arguments.seed, ()):
        plain = isinstance(identity.entropy, int) and not identity.spawn_key
        made = f"--seed {identity.entropy}" if plain else "a seed from Python"
        use = f"{made}, " if plain else ""
        words = f"{path} was made with {made}, not {arguments.seed}"
        raise ValueError(f"{words}. Use {use}{elsewhere}.")


def _notes(figure: Figure, size: str) -> Any:
    """Return the notes of a store of this size, as read from JSON."""
    return json.loads(json.dumps(figure.notes(figure.checked(size, {}))))


def _listed(values: dict[str, Any], names: list[str]) -> str:
    return ", ".join(f"{name} = {values.get(name)}" for name in names)


def computed(figure: Figure, arguments: argparse.Namespace) -> tuple[Any, Path]:
    """Return the record of a figure and the path of its store."""
    store = _store(figure, arguments)
    processes = workers(arguments)
    if processes is None and arguments.size != "small":
        processes = usable_processors()
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
    """Return the requested formats."""
    given = [
        _checks.one_of("--formats", each.strip().lower(), _FORMATS) for each in text.split(",")
    ]
    return tuple(dict.fromkeys(given))


def _chosen(names: list[str]) -> list[Figure]:
    unknown = [name for name in names if name not in FIGURES]
    if unknown:
        near = [each for name in unknown for each in get_close_matches(name, FIGURES, 1)]
        hint = f". Did you mean {', '.join(near)}?" if near else ""
        known = ", ".join(FIGURES)
        raise ValueError(f"no figure called {', '.join(unknown)}; known: {known}{hint}")
    return [FIGURES[name] for name in dict.fromkeys(names or FIGURES)]


def run_figures(arguments: argparse.Namespace) -> Iterator[str]:
    """Compute and draw; yield the lines to print, one per file. Check everything beforehand."""
    chosen, suffixes = _chosen(arguments.names), formats(arguments.formats)
    workers(arguments)
    if arguments.list:
        for figure in chosen:
            cost = ", ".join(f"{size} {figure.minutes[size]:g} min" for size in SIZES[1:])
            less = f"; full: {figure.reduced}" if figure.reduced else ""
            yield f"{figure.name:24} {figure.title} ({cost}{less})"
            if arguments.names:
                yield from figure.describe().splitlines()[1:]
        return
    out = writable(arguments.out)
    require_usable(chosen, arguments, suffixes)
    for figure in chosen:
        record, store = computed(figure, arguments)
        reduced = arguments.size == "full" and figure.reduced
        words = f"{figure.title} (reduced: {figure.reduced})" if reduced else figure.title
        path = out / figure.name
        for picture in plotting.save_figure(figure.draw(record), path, formats=suffixes):
            yield f"{picture}: {words}"
        load = f"polytheory.experiments.FIGURES[{figure.name!r}].load({str(store)!r})"
        yield f"{store}: its data, {figure.caption(record)}; in Python: {load}"
