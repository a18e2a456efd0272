"""What the gallery's scripts share: the options of `polytheory figures`, and how a page is made.

A page computes a figure of `polytheory.experiments.FIGURES`, draws it on a figure of pyplot's,
where the gallery finds it, and writes both. The settings are those of the registry, and only there.
"""

import argparse
import sys

import matplotlib.pyplot as plt

from polytheory import plotting
from polytheory.cli._figures import add_options, seed, workers, writable
from polytheory.experiments import FIGURES

__all__ = ["Page", "parsed", "seed"]

SCALES = ("full", "paper")


def parsed(command):
    """Return the command line, with a folder that can be written into."""
    arguments = command.parse_args()
    try:
        arguments.out = writable(arguments.out)
    except ValueError as problem:
        command.error(str(problem))
    return arguments


class Page:
    """A gallery page about some of the figures."""

    def __init__(self, description, *names):
        full, paper = (sum(FIGURES[name].minutes[size] for name in names) for size in SCALES)
        self.command = argparse.ArgumentParser(
            description=description,
            epilog=f"On two cores it takes about {full:.2g} minutes; at paper size {paper:.3g}.",
        )
        add_options(self.command)
        self.arguments = parsed(self.command)

    def compute(self, name):
        """Return the record of a figure, which is then on disk, too."""
        given, path = self.arguments, self.path(name)
        try:
            return FIGURES[name].compute(
                given.size,
                seed=given.seed,
                workers=workers(given),
                progress=sys.stderr.isatty(),
                keep=path,
                resume=given.resume,
            )
        except KeyboardInterrupt:
            sys.exit(f"interrupted; {path}.npz holds what was computed, --resume goes on with it")
        except ValueError as error:
            if given.resume:
                self.command.error(str(error))
            raise

    def draw(self, name, record):
        """Return a figure of pyplot's, under its name."""
        return FIGURES[name].draw(record, plt.figure(name, clear=True))

    def write(self, name, figure):
        """Write the pictures, and say what there is of this figure."""
        path = self.path(name)
        pictures = plotting.save_figure(figure, path)
        print(f"    wrote {path}.npz, {path}.json, {', '.join(map(str, pictures))}")

    def path(self, name):
        """Return where the files of a figure are, without their suffix."""
        return self.arguments.out / name
