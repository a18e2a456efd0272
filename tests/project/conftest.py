"""Fixtures for tests that read the project's own source instead of running it."""

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import polytheory

Trees = dict[str, ast.Module]


@pytest.fixture(scope="session")
def package() -> Path:
    """Return the folder of the copy that runs, installed or not."""
    return Path(polytheory.__file__).parent


@pytest.fixture(scope="session")
def parse_folder() -> Callable[[Path], Trees]:
    """Return a function from a folder to its syntax trees, by path relative to the folder."""

    def parse(folder: Path) -> Trees:
        files = sorted(folder.rglob("*.py"))
        return {str(f.relative_to(folder)): ast.parse(f.read_text("utf-8")) for f in files}

    return parse


@pytest.fixture
def modules_after(tmp_path: Path) -> Callable[[str], set[str]]:
    """Return a function from a statement to the modules that a fresh interpreter then holds."""

    def modules(statement: str) -> set[str]:
        code = f"import json, sys\n{statement}\nprint(json.dumps(list(sys.modules)))"
        # -P: an import must find the installed copy, not whatever lies in the working folder
        command = [sys.executable, "-P", "-c", code]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        return set(json.loads(done.stdout))

    return modules


def _look(line: Any) -> tuple[Any, ...]:
    """Return all by which a line is told from others in grey."""
    face = line.get_markerfacecolor()
    hollow = isinstance(face, str) and face in {"none", "white"}
    marker = line.get_marker()
    if marker in {"None", "none", "", " ", None}:
        return (None, str(line._unscaled_dash_pattern))
    dashes = line.get_linestyle() not in {"None", "none", "", " "}
    pattern = str(line._unscaled_dash_pattern) if dashes else None
    return (str(marker), hollow, line.get_fillstyle(), pattern)


def _alike(ax: Any) -> bool:
    """Return whether two series differ by colour only; caps and reference lines are none."""
    colours: dict[tuple[Any, ...], set[str]] = {}
    for line in ax.lines:
        x, marker = line.get_xdata(), line.get_marker()
        cap = marker in {"_", "|"} or isinstance(marker, int)
        reference = list(x) in ([0, 1], [0.0, 1.0]) and len(set(line.get_ydata())) == 1
        if len(x) and not cap and not reference:
            colours.setdefault(_look(line), set()).add(str(line.get_color()))
    return any(len(several) > 1 for several in colours.values())


def _unnamed(axis: Any) -> bool:
    """Return whether an axis shows numbers and does not say what they are."""
    numbers = [t for t in axis.get_ticklabels() if t.get_visible() and t.get_text()]
    return bool(numbers) and axis.get_visible() and not axis.get_label_text()


@pytest.fixture(scope="session")
def flaws() -> Callable[..., list[str]]:
    """Return a function from a drawn figure, and the formula it should show, to what is wrong."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    def find(figure: Any, formula: str = "") -> list[str]:
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        found = []
        if np.asarray(canvas.buffer_rgba())[..., :3].std() < 2.0:
            found.append("blank")
        legends = [ax.get_legend() for ax in figure.axes if ax.get_legend() is not None]
        words = [text.get_text() for each in legends for text in each.get_texts()]
        words += [each.get_title().get_text() for each in legends]
        if not any(formula in text for text in words):
            found.append("no legend has the formula")
        for k, ax in enumerate(figure.axes):
            bare = [axis.axis_name for axis in (ax.xaxis, ax.yaxis) if _unnamed(axis)]
            found += [f"axis {k}{letter} has no name" for letter in bare]
            if _alike(ax):
                found.append(f"series of axes {k} differ by colour alone")
        return found

    return find
