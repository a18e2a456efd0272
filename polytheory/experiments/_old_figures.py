"""A figure as a value: its settings by size, what is computed, and how it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from polytheory import _checks, plotting

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

    def compute(
        self, size: str = "full", *, rng: int = 0, progress: bool | None = None, **_: Any
    ) -> Any:
        """Compute, without a store."""
        settings = self.settings[_checks.one_of("size", size, SIZES)]
        return self.run(**settings, rng=rng, progress=bool(progress))

    def caption(self, _record: Any) -> str:
        """Return nothing."""
        return ""

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
