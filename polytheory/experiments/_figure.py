"""A figure as a value: its settings, the tasks that compute it, and how it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from polytheory import _checks, plotting
from polytheory.experiments._record import Record
from polytheory.experiments._settings import Setting, Settings
from polytheory.sweeps import SweepTable, sweep
from polytheory.sweeps.executors import process_pool
from polytheory.sweeps.file import DifferentSweepError, remove
from polytheory.sweeps.store import Store

if TYPE_CHECKING:
    import matplotlib.figure

__all__ = ["SIZES", "Computation", "Figure", "FigureError"]

#: How much is computed: a quick look, what fits into half an hour altogether, the paper's scale.
SIZES = ("small", "full", "paper")


class FigureError(RuntimeError):
    """A task of a figure failed; what other tasks returned is kept in the store."""


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
    r"""One figure: the same for the command line, the gallery and your own code.

    Attributes
    ----------
    name : str
        In words joined by hyphens: the name of its files.
    title : str
        What it shows, in a line.
    settings : mapping from str to Setting
        What can be chosen; `describe` lists it.
    paper : mapping
        The value of each setting at size "paper".
    full, small : mapping
        The values that differ at these sizes.
    computation : Computation
    panels : callable
        Draws a record on an empty matplotlib Figure.
    minutes : mapping from size to float
        What "full" and "paper" take on two cores, roughly.
    formula : str
        The prediction as a legend gives it, in mathtext; empty if there is none.
    reduced : str
        What "full" leaves out of "paper", in words; empty if they are the same.
    version : int
        Counts up when a task returns something else for the same parameters.

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
        """Compute what the figure shows, through `polytheory.sweep`.

        Parameters
        ----------
        size : {"small", "full", "paper"}
            Where the settings come from that are not given.
        rng : Generator, SeedSequence, int or None
            The seed; None takes that of the store, or fresh entropy.
        workers : int, optional
            Processes on this machine. The data do not depend on their number.
        executor : concurrent.futures.Executor, optional
            What runs the tasks instead, as for `polytheory.sweep`; this process by default.
        store : str or Path, optional
            An SQLite file that keeps every task that is finished. The same call again goes on with
            it, after an interruption or a failure, and reads it if nothing is left to do.
        fresh : bool
            Remove the store first.
        progress : bool, optional
            Whether to show a bar, one unit per task; on a terminal by default.
        **settings
            Other values of the figure's own settings, which `describe` lists.

        Returns
        -------
        Record
            Of the figure's own class.

        Raises
        ------
        TypeError, ValueError
            If an argument or a setting lies outside its range, or the store is something else or
            has other settings, another seed or another version of the figure.
        polytheory.sweeps.StoreError
            An `OSError`: the store cannot be written.
        FigureError
            If a task failed; the same call again runs it again.
        polytheory.sweeps.SweepInterrupted
            A `KeyboardInterrupt` at Ctrl-C; what was computed is in the store.
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
            with nullcontext(executor) if workers is None else process_pool(workers) as runner:
                table = sweep(
                    grid,
                    self.computation.task,
                    executor=runner,
                    store=store,
                    rng=rng,
                    retry_failed=True,
                    progress=progress,
                    notes=self._notes(chosen),
                )
        except DifferentSweepError as other:
            hint = "Choose another store (--out), or begin anew with fresh=True (--fresh)."
            raise other.with_hint(hint) from None
        if table.failures:
            count, first = len(table.failures), table.failures[0]
            which = ", ".join(f"{name}={value!r}" for name, value in first.parameters.items())
            words = f"{count} of {len(grid)} tasks of {self.name} failed; the first, {which}:"
            raise FigureError(f"{words} {first.error}")
        return self.computation.build(chosen, table)

    def load(self, path: str | Path) -> Any:
        """Return the record that a finished store holds.

        Parameters
        ----------
        path : str or Path
            As given to `compute` as `store`.

        Returns
        -------
        Record

        Raises
        ------
        FileNotFoundError
        ValueError
            If it is not the store of this figure in this version, or not complete.
        polytheory.sweeps.StoreError
            An `OSError`: it cannot be read.
        """
        with Store.reading(path) as store:
            notes, status, table = store.notes(), store.status(), store.table()
        if (notes.get("figure"), notes.get("version")) != (self.name, self.version):
            of = f"of {notes['figure']}, version {notes['version']}" if notes else "of no figure"
            allowed = f"a store of {self.name}, version {self.version}"
            raise _checks.refuse_value("path", f"{path}, {of}", allowed)
        if status.done < status.total:
            came = f"{path}, with {status.done} of {status.total} tasks done"
            hint = "compute(store=path) goes on with it."
            raise _checks.refuse_value("path", came, "a finished store", hint)
        return self.computation.build(self._settings(notes), table)

    def checked(self, size: str, settings: Mapping[str, Any]) -> Settings:
        """Return the settings of a size, with changes; refuse what is unknown or out of range."""
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

    def _notes(self, settings: Settings) -> dict[str, Any]:
        return {"figure": self.name, "version": self.version, **settings}

    def describe(self) -> str:
        """Return title and settings in words, with the values at each size."""
        lines = [f"{self.name}: {self.title}"]
        for name, setting in self.settings.items():
            values = (f"{size} {_listed(self.values(size)[name])}" for size in SIZES)
            lines += [f"    {name}: {setting.meaning}", f"        {'; '.join(values)}"]
        return "\n".join(lines)

    def caption(self, record: Record) -> str:
        """Return what a record is of: sizes, strength in flow units, number of instances."""
        shown = (
            self.settings[name].captioned(value)
            for name, value in record.settings.items()
            if self.settings[name].caption
        )
        return "; ".join(filter(None, [*shown, record.instances()]))

    def draw(
        self, record: Any, figure: matplotlib.figure.Figure | None = None
    ) -> matplotlib.figure.Figure:
        """Draw a record, in the shared look, with its caption below.

        Parameters
        ----------
        record : Record
            From `compute` or `load`.
        figure : matplotlib Figure, optional
            An empty one, such as ``pyplot.figure()``; a new one, unknown to pyplot, by default.

        Returns
        -------
        matplotlib Figure
            To be written with `polytheory.plotting.save_figure`.
        """
        import matplotlib.figure

        with plotting.style():
            drawn = matplotlib.figure.Figure() if figure is None else figure
            drawn.set_layout_engine("constrained")
            self.panels(record, drawn)
            words = self.caption(record)
            look: Any = {"color": plotting.MUTED, "fontsize": 7, "x": 0.01, "ha": "left"}
            drawn.supxlabel(words, **look)
            # Not to be seen: what the gallery takes for the text that stands for the picture.
            drawn.suptitle(f"{self.title}: {words}", visible=False, in_layout=False)
        return drawn


def _listed(value: Any) -> str:
    values = list(value) if isinstance(value, list | tuple | range) else [value]
    return ", ".join(f"{each:g}" if isinstance(each, float) else str(each) for each in values)
