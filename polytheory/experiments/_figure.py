"""The class `Figure`: settings, the tasks that compute the data, and the drawing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from polytheory import _checks, plotting
from polytheory._defaults import SIZES
from polytheory.experiments._record import Record
from polytheory.experiments._settings import Setting, Settings
from polytheory.sweeps import SweepTable, sweep
from polytheory.sweeps.executors import process_pool
from polytheory.sweeps.file import DamagedStoreError, DifferentSweepError, intact, remove
from polytheory.sweeps.store import Store

if TYPE_CHECKING:
    import matplotlib.figure

__all__ = ["SIZES", "Computation", "Figure", "FigureError"]


class FigureError(RuntimeError):
    """A task of a figure failed; the results of the other tasks are kept in the store."""


class Computation(NamedTuple):
    """How the record of a figure is computed.

    Attributes
    ----------
    grid : callable
        Takes the `Settings`, returns the parameters of the tasks: a list of dicts of scalars.
    task : callable
        A task of `polytheory.sweep`.
    build : callable
        Takes the settings and the table of all tasks, in the order of the grid, and returns a
        `Record`.
    """

    grid: Callable[[Settings], Sequence[Mapping[str, Any]]]
    task: Callable[..., Any]
    build: Callable[[Settings, SweepTable], Record]


@dataclass(frozen=True, eq=False, kw_only=True)
class Figure:
    r"""A figure, for the command line, the gallery and code of your own.

    Attributes
    ----------
    name : str
        Words joined by hyphens; also the name of its files.
    title : str
        What it shows, on one line.
    settings : mapping from str to Setting
        The settings, which `describe` lists.
    paper : mapping
        The value of each setting at size "paper".
    full, small : mapping
        The values that differ at these sizes.
    computation : Computation
    panels : callable
        Draws a record on an empty matplotlib Figure.
    minutes : mapping from size to float
        Approximate duration of "full" and "paper" on two cores.
    formula : str
        The prediction as in a legend, in mathtext; empty if there is none.
    reduced : str
        How "full" differs from "paper", in words; empty if they are the same.
    version : int
        Incremented when a task returns different results for the same parameters.

    Examples
    --------
    >>> from polytheory.experiments import FIGURES
    >>> figure = FIGURES["count"]
    >>> figure.title
    'polysemantic neurons against the width of the layer'
    >>> data = figure.compute("small", n_instances=2)
    >>> data.polysemantic.shape
    (3, 2)
    >>> figure.caption(data)
    'n = 16; m = 16, 32, 64; λ = 0.01 (flow units); 2 instances'
    >>> figure.draw(data).axes[0].get_xlabel()
    'neurons $m$'
    """

    name: str
    title: str
    settings: Mapping[str, Setting]
    paper: Mapping[str, Any]
    small: Mapping[str, Any]
    computation: Computation
    panels: Callable[[Any, matplotlib.figure.Figure], None]
    minutes: Mapping[str, float]
    full: Mapping[str, Any] = field(default_factory=dict)
    formula: str = ""
    reduced: str = ""
    version: int = 1

    def values(self, size: str) -> dict[str, Any]:
        """Return the settings of "small", "full" or "paper"."""
        changes = {"small": self.small, "full": self.full, "paper": {}}
        return {**self.paper, **changes[_checks.one_of("size", size, SIZES)]}

    def compute(
        self,
        size: str = "full",
        *,
        rng: Any = 0,
        workers: int | None = None,
        executor: Executor | None = None,
        store: str | Path | None = None,
        fresh: bool = False,
        progress: bool | None = None,
        **settings: Any,
    ) -> Any:
        """Compute the data of the figure with `polytheory.sweep`.

        Parameters
        ----------
        size : {"small", "full", "paper"}
            Supplies the settings that are not given.
        rng : Generator, SeedSequence, int or None
            The seed; None takes that of the store, or fresh entropy.
        workers : int, optional
            Processes on this machine. The data do not depend on their number. If the system has no
            room for them, this process runs the tasks, with a warning.
        executor : concurrent.futures.Executor, optional
            Runs the tasks instead, as for `polytheory.sweep`; by default this process does.
        store : str or Path, optional
            An SQLite file that stores every finished task. After an interruption or a failure the
            same call continues; if no task is left, it only reads the file.
        fresh : bool
            Remove the store first.
        progress : bool, optional
            Whether to show a bar, one unit per task; on a terminal by default.
        **settings
            Values of the figure's settings, which `describe` lists.

        Returns
        -------
        Record
            Of the figure's own class.

        Raises
        ------
        TypeError, ValueError
            If an argument or a setting is outside its range, or the file is not a store or has
            other settings, another seed or another version of the figure.
        polytheory.sweeps.StoreError
            An `OSError`: the store is damaged or cannot be written.
        FigureError
            If a task failed; the same call runs it again.
        polytheory.sweeps.SweepInterrupted
            A `KeyboardInterrupt` at Ctrl-C; the finished tasks are in the store.
        polytheory.sweeps.SweepStoppedError
            If a worker died, or the executor takes no more tasks.
        """
        chosen = self.checked(size, settings)
        if workers is not None and executor is not None:
            came, allowed = "both", "given alone: workers makes a pool of processes"
            raise _checks.refuse_value("workers and executor", came, allowed)
        if workers is not None:
            workers = _checks.integer("workers", workers, minimum=1)
        grid = self.computation.grid(chosen)
        if fresh and store is not None:
            remove(store)
        try:
            pool = nullcontext(executor) if workers is None else process_pool(workers, len(grid))
            with pool as runner:
                table = sweep(
                    grid,
                    self.computation.task,
                    executor=runner,
                    store=store,
                    rng=rng,
                    retry_failed=True,
                    progress=progress,
                    notes=self.notes(chosen),
                )
        except (DifferentSweepError, DamagedStoreError) as problem:
            hint = "Choose another store, or start again with fresh=True."
            raise problem.with_hint(hint) from None
        if table.failures:
            count, first = len(table.failures), table.failures[0]
            which = ", ".join(f"{name}={value!r}" for name, value in first.parameters.items())
            words = f"{count} of {len(grid)} tasks of {self.name} failed; the first, {which}:"
            raise FigureError(f"{words} {first.error}")
        return self.computation.build(chosen, table)

    def load(self, path: str | Path) -> Any:
        """Return the record of a finished store.

        Parameters
        ----------
        path : str or Path
            The argument `store` of `compute`.

        Returns
        -------
        Record

        Raises
        ------
        FileNotFoundError
        ValueError
            If it is not the store of this figure in this version, or not finished.
        polytheory.sweeps.StoreError
            An `OSError`: it is damaged or cannot be read.
        """
        with Store.reading(path) as store:
            notes, status, table = store.notes(), store.status(), store.table()
        if (notes.get("figure"), notes.get("version")) != (self.name, self.version):
            known = "figure" in notes
            of = f"of {notes['figure']}, version {notes['version']}" if known else "of no figure"
            allowed = f"a store of {self.name}, version {self.version}"
            raise _checks.refuse_value("path", f"{path}, {of}", allowed)
        if status.done < status.total:
            came = f"{path}, with {status.done} of {status.total} tasks done"
            hint = "compute(store=path) continues it."
            raise _checks.refuse_value("path", came, "a finished store", hint)
        with intact(path):
            settings = self._settings(notes)
        return self.computation.build(settings, table)

    def checked(self, size: str, settings: Mapping[str, Any]) -> Settings:
        """Return the settings of a size, with changes; refuse unknown or invalid ones."""
        given = {**self.values(size), **settings}
        for name in given:
            if name not in self.settings:
                allowed = f"one of {', '.join(self.settings)}"
                raise _checks.refuse_value(f"a setting of {self.name}", repr(name), allowed)
        return self._settings(given)

    def _settings(self, given: Mapping[str, Any]) -> Settings:
        return Settings(
            {name: each.check(name, given[name]) for name, each in self.settings.items()}
        )

    def notes(self, settings: Settings) -> dict[str, Any]:
        """Return what identifies the data in a store."""
        return {"figure": self.name, "version": self.version, **settings}

    def describe(self) -> str:
        """Return the title, and the meaning of each setting with its values at each size."""
        lines = [f"{self.name}: {self.title}"]
        for name, setting in self.settings.items():
            values = (f"{size} {_listed(self.values(size)[name])}" for size in SIZES)
            lines += [f"    {name}: {setting.meaning}", f"        {'; '.join(values)}"]
        return "\n".join(lines)

    def caption(self, record: Record) -> str:
        """Return the caption of a record: sizes, strength in flow units, number of instances."""
        shown = (
            self.settings[name].captioned(value)
            for name, value in record.settings.items()
            if self.settings[name].caption
        )
        return "; ".join(filter(None, [*shown, record.instances()]))

    def draw(
        self, record: Any, figure: matplotlib.figure.Figure | None = None
    ) -> matplotlib.figure.Figure:
        """Draw a record in the common style, with its caption below.

        Parameters
        ----------
        record : Record
            From `compute` or `load` of this figure.
        figure : matplotlib Figure, optional
            An empty one, such as ``pyplot.figure()``; a new one, unknown to pyplot, by default.

        Returns
        -------
        matplotlib Figure
            To be written with `polytheory.plotting.save_figure`.

        Raises
        ------
        TypeError
            For a record with other settings.
        """
        if not isinstance(record, Record) or {*record.settings} != {*self.settings}:
            of = f" of {', '.join(record.settings)}" if isinstance(record, Record) else ""
            words = f"record must be one of {self.name}, of {', '.join(self.settings)}"
            raise _checks.WrongTypeError(f"{words}; got {type(record).__name__}{of}.")
        import matplotlib.figure

        with plotting.style():
            drawn = matplotlib.figure.Figure() if figure is None else figure
            drawn.set_layout_engine("constrained")
            self.panels(record, drawn)
            words = self.caption(record)
            look: Any = {"color": plotting.MUTED, "fontsize": 7, "x": 0.01, "ha": "left"}
            drawn.supxlabel(words, **look)
            # Invisible; the gallery uses it as alternative text.
            drawn.suptitle(f"{self.title}: {words}", visible=False, in_layout=False)
        return drawn


def _listed(value: Any) -> str:
    values = list(value) if isinstance(value, list | tuple | range) else [value]
    return ", ".join(f"{each:g}" if isinstance(each, float) else str(each) for each in values)
