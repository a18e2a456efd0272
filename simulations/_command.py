"""What the gallery's scripts share: the options of `polytheory figures` and the class `Page`.

A page computes figures, draws them on pyplot figures, where the gallery finds them, and writes
them. Settings are only in `polytheory.experiments.FIGURES`.
"""

import argparse
import sys

import matplotlib.pyplot as plt

from polytheory import plotting
from polytheory.cli._figures import computed, require_usable, workers, writable
from polytheory.cli._parsers import add_options
from polytheory.experiments import FIGURES

__all__ = ["Page"]


class Page:
    """A gallery page about some figures, given by name or, if not in FIGURES, as a `Figure`.

    `arguments` are those of the command line.
    """

    def __init__(self, description, *figures):
        chosen = [FIGURES.get(each, each) for each in figures]
        self.figures = {figure.name: figure for figure in chosen}
        full, paper = (sum(each.minutes[size] for each in chosen) for size in ("full", "paper"))
        self.command = argparse.ArgumentParser(
            description=description,
            epilog=f"On two cores it takes about {full:.2g} minutes; at paper size {paper:.3g}.",
        )
        add_options(self.command)
        self.arguments = self.command.parse_args()
        try:
            workers(self.arguments)
            self.out = writable(self.arguments.out)
            require_usable(chosen, self.arguments)
        except (ValueError, OSError) as problem:
            self.command.error(str(problem))

    def show(self, name, also=None):
        """Compute, draw and write a figure, and return its record.

        `also` is called with the record and the drawn figure, to draw more on it.
        """
        figure = self.figures[name]
        try:
            record, store = computed(figure, self.arguments)
        except KeyboardInterrupt as stop:
            sys.exit(str(stop))
        except (ValueError, OSError) as problem:
            self.command.error(str(problem))
        drawn = figure.draw(record, plt.figure(name, clear=True))
        if also is not None:
            with plotting.style():
                also(record, drawn)
        pictures = plotting.save_figure(drawn, self.out / name)
        print(f"{figure.title}: {figure.caption(record)}")
        print(f"    wrote {', '.join(map(str, (store, *pictures)))}")
        return record
