"""A figure as a value: its settings by size, what is computed, and how it is drawn."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polytheory import _checks, plotting
from polytheory.experiments._store import load, save, saved_notes

if TYPE_CHECKING:
    import matplotlib.figure

__all__ = ["SIZES", "Figure"]

#: How much is computed: a quick look, what fits into half an hour altogether, the paper's scale.
SIZES = ("small", "full", "paper")


@dataclass(frozen=True)
class Figure:
    r"""One figure: the same for the command line, the gallery and your own code.

    Attributes
    ----------
    name : str
        In words joined by hyphens: the name of its files.
    title : str
        What it shows, in a line.
    record : type
        What is computed, for `polytheory.experiments.load`.
    run : callable
        Computes it, from settings and ``rng``, ``progress``; if it can, also with ``workers``,
        ``keep`` and ``resume``.
    panels : callable
        Draws a record on an empty matplotlib Figure.
    settings : mapping from size to mapping
        Arguments of `run` for "small", "full" and "paper".
    minutes : mapping from size to float
        What "full" and "paper" take on two cores, roughly.
    formula : str
        The law it is held against as its legend gives it, in mathtext; empty if there is none.
    reduced : str
        What "full" leaves out of "paper", in words; empty if they are the same.

    Examples
    --------
    >>> from polytheory.experiments import FIGURES
    >>> figure = FIGURES["count"]
    >>> figure.title
    'polysemantic neurons against the width of the layer'
    >>> figure.draw(figure.compute("small", seed=0)).axes[0].get_xlabel()
    'neurons $m$'
    """

    name: str
    title: str
    record: type
    run: Callable[..., Any]
    panels: Callable[[Any, matplotlib.figure.Figure], None]
    settings: Mapping[str, Mapping[str, Any]]
    minutes: Mapping[str, float]
    formula: str = ""
    reduced: str = ""

    def in_pieces(self) -> bool:
        """Return whether it is computed over processes and kept piece by piece."""
        return "keep" in signature(self.run).parameters

    def compute(
        self,
        size: str = "full",
        *,
        seed: int = 0,
        workers: int | None = None,
        progress: bool = False,
        keep: str | Path | None = None,
        resume: bool = False,
    ) -> Any:
        """Compute what the figure shows.

        Parameters
        ----------
        size : {"small", "full", "paper"}
        seed : int
            Each figure draws from this seed itself, so that it does not depend on others.
        workers : int, optional
            Processes, for the figures that use them; in this process by default.
        progress : bool
            Whether to show a progress bar.
        keep : str or Path, optional
            Where to `save` the record: in the end, and if it comes in pieces also as it goes.
        resume : bool
            Use what is at `keep`: a whole record as it is, a part to go on with.

        Returns
        -------
        record

        Raises
        ------
        TypeError, ValueError
            If an argument lies outside its range, or `keep` holds a record of another run.
        OSError
            If `keep` cannot be written or read.
        """
        settings = self.settings[_checks.one_of("size", size, SIZES)]
        seed = _checks.integer("seed", seed, minimum=0)
        notes = {"figure": self.name, "settings": _plain(settings), "seed": seed}
        there = resume and keep is not None and Path(f"{keep}.json").exists()
        if there and keep is not None and (found := saved_notes(keep)):
            if found != notes:
                came = "a record with other settings or another seed"
                hint = "Choose another path, or do not resume."
                raise _checks.refuse_value("keep", came, "that of the run to resume", hint)
            return load(self.record, keep)
        pieces: dict[str, Any] = {}
        if self.in_pieces():
            pieces = {"workers": workers, "keep": keep, "resume": there}
        record = self.run(**settings, rng=seed, progress=progress, **pieces)
        if keep is not None:
            save(record, keep, notes=notes)
        return record

    def draw(
        self, record: Any, figure: matplotlib.figure.Figure | None = None
    ) -> matplotlib.figure.Figure:
        """Draw a record, in the shared look.

        Parameters
        ----------
        record
            From `compute`, or loaded.
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
            # Not to be seen: what the gallery takes for the text that stands for the picture.
            drawn.suptitle(self.title, visible=False, in_layout=False)
        return drawn


def _plain(settings: Mapping[str, Any]) -> Any:
    """Return settings as they come back from JSON."""
    return json.loads(json.dumps(dict(settings), default=list))
