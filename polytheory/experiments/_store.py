"""What every experiment shares: seeds that can be told, records that can be kept, progress."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from polytheory import _checks
from polytheory._provenance import versions

__all__ = ["Seed", "freeze", "load", "save", "saved_notes", "streams", "watch"]

T = TypeVar("T")


@dataclass(frozen=True)
class Seed:
    """Where the randomness of a record came from: enough to draw the same again.

    Attributes
    ----------
    entropy : int or tuple of int
        Of the `numpy.random.SeedSequence`; for an integer `rng`, that integer.
    spawn_key : tuple of int
        Its place in the tree of seed sequences.
    spawned : int
        How many streams had been taken from it before.
    """

    entropy: int | tuple[int, ...]
    spawn_key: tuple[int, ...] = ()
    spawned: int = 0

    def generator(self) -> np.random.Generator:
        """Return a generator in the recorded state: passed as `rng`, it gives the record again."""
        sequence = np.random.SeedSequence(
            self.entropy, spawn_key=self.spawn_key, n_children_spawned=self.spawned
        )
        return np.random.default_rng(sequence)


def streams(rng: Any, count: int) -> tuple[list[np.random.Generator], Seed]:
    """Take `count` independent generators from `rng`, and tell where they came from.

    Parameters
    ----------
    rng : Generator, SeedSequence, int or None
        None draws fresh entropy, which the seed keeps. A Generator gives other streams next time.
    count : int

    Returns
    -------
    streams : list of Generator
    seed : Seed

    Raises
    ------
    TypeError
        If `rng` is none of these, or a Generator without a seed sequence.
    """
    sequence = _checks.generator(rng).bit_generator.seed_seq
    if not isinstance(sequence, np.random.SeedSequence):
        raise _checks.refuse_type("rng", rng, "a generator that has a seed sequence")
    entropy: Any = sequence.entropy
    several = isinstance(entropy, Sequence | np.ndarray)
    seed = Seed(
        tuple(int(part) for part in entropy) if several else int(entropy),
        tuple(int(part) for part in sequence.spawn_key),
        int(sequence.n_children_spawned),
    )
    return [np.random.default_rng(child) for child in sequence.spawn(count)], seed


def freeze(record: Any) -> None:
    """Make the arrays of a record read-only: for its ``__post_init__``."""
    for value in vars(record).values():
        if isinstance(value, np.ndarray):
            value.setflags(write=False)


def watch(items: Iterable[T], *, progress: bool, label: str) -> Iterable[T]:
    """Return `items`, with a progress bar on the standard error if wanted."""
    if not progress:
        return items
    from tqdm import tqdm

    bar: Iterable[T] = tqdm(items, desc=label)
    return bar


def _files(path: str | Path) -> tuple[Path, Path]:
    base = Path(path)
    name = base.name.removesuffix(".npz").removesuffix(".json")
    return base.with_name(f"{name}.npz"), base.with_name(f"{name}.json")


def save(record: Any, path: str | Path, *, notes: Mapping[str, Any] | None = None) -> list[Path]:
    """Write a record: its arrays to ``.npz``, its numbers, seed and the versions to ``.json``.

    Parameters
    ----------
    record : one of the records of `polytheory.experiments`
    path : str or Path
        Where; a suffix ``.npz`` or ``.json`` is taken off. The folder must exist.
    notes : mapping, optional
        What else the ``.json`` shall say, such as how the record was made; `load` leaves it.

    Returns
    -------
    list of Path
        The two files.

    Raises
    ------
    OSError
        If a file cannot be written.

    See Also
    --------
    load : the way back.
    """
    arrays_file, numbers_file = _files(path)
    values = {field.name: getattr(record, field.name) for field in fields(record)}
    arrays = {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
    numbers = {
        "record": type(record).__name__,
        "parameters": {n: v for n, v in values.items() if n not in arrays and n != "seed"},
        "seed": asdict(record.seed),
        "versions": versions(),
    }
    if notes is not None:
        numbers["notes"] = dict(notes)
    np.savez_compressed(arrays_file, allow_pickle=False, **arrays)
    text = json.dumps(numbers, indent=2, ensure_ascii=False, allow_nan=False)
    numbers_file.write_text(text + "\n", "utf-8")
    return [arrays_file, numbers_file]


def saved_notes(path: str | Path) -> Any:
    """Return the notes that were saved with a record, or None."""
    return json.loads(_files(path)[1].read_text("utf-8")).get("notes")


def _hashable(value: Any) -> Any:
    return tuple(map(_hashable, value)) if isinstance(value, list) else value


def load(kind: type[T], path: str | Path) -> T:
    """Read a record that `save` wrote.

    Parameters
    ----------
    kind : type
        The record's class.
    path : str or Path
        As given to `save`.

    Returns
    -------
    kind

    Raises
    ------
    OSError
        If one of the two files cannot be read.
    ValueError
        If they hold another kind of record.
    """
    arrays_file, numbers_file = _files(path)
    numbers = json.loads(numbers_file.read_text("utf-8"))
    if numbers["record"] != kind.__name__:
        raise _checks.refuse_value("path", repr(numbers["record"]), f"a saved {kind.__name__}")
    with np.load(arrays_file, allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    parameters = {name: _hashable(value) for name, value in numbers["parameters"].items()}
    seed = Seed(**{name: _hashable(value) for name, value in numbers["seed"].items()})
    build: Any = kind
    record: T = build(**arrays, **parameters, seed=seed)
    return record
