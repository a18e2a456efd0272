"""Every script in simulations/ runs, keeps what it drew, and explains a mistake in one line."""

import ast
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest

from polytheory.experiments import FIGURES
from polytheory.sweeps import _tasks

Capture = pytest.CaptureFixture[str]
Run = Callable[..., None]

SCRIPTS = sorted((Path(__file__).parents[2] / "simulations").glob("[!_]*.py"))

each_script = pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
ModulesAfter = Callable[[str], set[str]]
Flaws = Callable[..., list[str]]

#: What is no figure of the package, and why: it needs scikit-learn's data.
ON_ITS_OWN = {"digits": {"digits"}}


def figures_of(source: str) -> set[str]:
    """Return the names of figures that a script is about: all words of `Page(description, …)`."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    pages = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Page"]
    words = [each for page in pages for each in page.args[1:]]
    return {str(word.value) for word in words if isinstance(word, ast.Constant)}


def unmatched(sources: dict[str, str], names: set[str]) -> list[str]:
    """Say which figures have no script, or two, and which scripts show what is no figure."""
    shown = [name for source in sources.values() for name in figures_of(source)]
    without = [f"{name} has no script" for name in sorted(names - set(shown))]
    unknown = [f"{name} is no figure" for name in sorted(set(shown) - names)]
    twice = [f"{name} is shown twice" for name in sorted(set(shown)) if shown.count(name) > 1]
    empty = [f"{script} shows nothing" for script in sources if not figures_of(sources[script])]
    return without + unknown + twice + empty


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run a script in this process, where the universal law may be known already."""
    import matplotlib.pyplot as plt

    def call(script: Path, *arguments: str) -> None:
        monkeypatch.syspath_prepend(str(script.parent))  # as if it were run from the command line
        monkeypatch.setattr(sys, "argv", [str(script), *arguments])
        runpy.run_path(str(script), run_name="__main__")

    before = mpl.get_backend()
    plt.switch_backend("agg")
    yield call
    plt.close("all")
    plt.switch_backend(before)


def console(script: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(script), *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_every_figure_has_its_script() -> None:
    sources = {s.stem: s.read_text("utf-8") for s in SCRIPTS if s.stem not in ON_ITS_OWN}
    assert unmatched(sources, set(FIGURES)) == []


@pytest.mark.parametrize(
    ("sources", "offence"),
    [
        ({"a": 'Page("A.", "count")'}, "ratio has no script"),
        ({"a": 'Page("A.", "count", "ratio", "luck")'}, "luck is no figure"),
        ({"a": 'Page("A.", "count", "ratio")', "b": 'Page("B.", "count")'}, "count is shown twice"),
        ({"a": 'Page("A.", "count", "ratio")', "b": "print()"}, "b shows nothing"),
    ],
)
def test_a_figure_without_script_and_the_reverse_are_caught(
    sources: dict[str, str], offence: str
) -> None:
    assert unmatched(sources, {"count", "ratio"}) == [offence]


@each_script
def test_its_first_lines_are_a_gallery_header(script: Path) -> None:
    lines = (ast.get_docstring(ast.parse(script.read_text("utf-8"))) or "").splitlines()
    title, rule, below = lines[:3]
    assert set(rule) == {"="}
    assert len(rule) == len(title)
    assert below == ""
    assert f"    python simulations/{script.name} --out figures" in lines
    above = lines.index(f"    python simulations/{script.name} --out figures") - 2
    assert lines[above] == ".. code-block:: sh"


@each_script
def test_it_runs_and_keeps_what_it_drew(
    script: Path, working_folder: Path, run: Run, capsys: Capture, flaws: Flaws
) -> None:
    import matplotlib.pyplot as plt

    if script.stem == "digits":
        pytest.importorskip("sklearn")  # of the extra docs
    out = working_folder / "new" / "folder"
    run(script, "--size", "small", "--seed", "1", "--out", str(out))
    told = capsys.readouterr().out
    names = ON_ITS_OWN.get(script.stem) or figures_of(script.read_text("utf-8"))
    pictures = list(out.glob("*.png"))
    assert {picture.stem for picture in pictures} == names
    for name in names & set(FIGURES):  # what the gallery finds in pyplot
        assert name in plt.get_figlabels()
        assert flaws(plt.figure(name), FIGURES[name].formula) == []
        assert FIGURES[name].caption(FIGURES[name].load(out / f"{name}.sqlite")) in told
    for picture in pictures:
        assert mpl.image.imread(picture)[..., :3].std() > 0.02  # not blank
        for suffix in (".svg", ".sqlite"):
            assert picture.with_suffix(suffix).stat().st_size > 0
        assert str(picture) in told
    assert [path.name for path in working_folder.iterdir()] == ["new"]  # and nothing beside


@each_script
def test_help_tells_the_arguments(
    script: Path, working_folder: Path, run: Run, capsys: Capture
) -> None:
    with pytest.raises(SystemExit) as stopped:
        run(script, "--help")
    assert stopped.value.code == 0
    told = capsys.readouterr().out
    assert all(name in told for name in ("--out", "--size", "--seed", "--workers", "--fresh"))
    assert list(working_folder.iterdir()) == []


def test_a_script_finds_its_neighbours_from_any_folder(tmp_path: Path) -> None:
    done = console(SCRIPTS[0], tmp_path, "--help")
    assert done.returncode == 0, done.stderr
    assert "--out" in done.stdout


@each_script
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--out", "file"), "--out: cannot write into 'file'"),
        (("--out", "file/folder"), "--out: cannot write into 'file/folder'"),
        (("--seed=-1",), "--seed: must be a whole number"),
        (("--size", "huge"), "--size: invalid choice"),
        (("--workers", "0"), "--workers must be an integer of at least 1; got 0"),
    ],
    ids=("a file", "below a file", "seed", "size", "workers"),
)
def test_a_mistake_is_one_clear_line(
    script: Path,
    working_folder: Path,
    run: Run,
    capsys: Capture,
    arguments: tuple[str, ...],
    words: str,
) -> None:
    (working_folder / "file").write_text("in the way", "utf-8")
    with pytest.raises(SystemExit) as stopped:  # and no other exception, so no traceback
        run(script, *arguments)
    assert stopped.value.code == 2
    told = capsys.readouterr()
    assert words in told.err
    assert told.out == ""
    assert [path.name for path in working_folder.iterdir()] == ["file"]


def test_an_interrupted_run_goes_on(
    tmp_path: Path, run: Run, capsys: Capture, interrupted_after: Any
) -> None:
    script = next(script for script in SCRIPTS if script.stem == "collisions")
    arguments = ("--size", "small", "--out", str(tmp_path))
    goes_on = pytest.raises(SystemExit, match=r"10 of 24 tasks are done.*again to continue")
    with goes_on, interrupted_after(10, _tasks, "simulate"):
        run(script, *arguments)
    assert list(tmp_path.glob("*.png")) == []
    with pytest.raises(SystemExit):
        run(script, *arguments, "--seed", "1")
    assert "was made with --seed 0, not 1. Use --seed 0, another --out" in capsys.readouterr().err
    with interrupted_after(14, _tasks, "simulate"):  # exactly the others are computed
        run(script, *arguments)
    assert (tmp_path / "count.png").exists()


def test_experiments_load_without_matplotlib(modules_after: ModulesAfter) -> None:
    loaded = modules_after("import polytheory.experiments, polytheory.plotting")
    assert {f"polytheory.experiments.{name}" for name in ("collisions", "sparsification")} <= loaded
    assert not {"matplotlib", "tqdm", "sympy"} & loaded


def test_drawing_leaves_pyplot_alone(modules_after: ModulesAfter) -> None:
    drawing = (
        "from polytheory.experiments import FIGURES; figure = FIGURES['tradeoff-count']; "
        "figure.draw(figure.compute('small'))"
    )
    loaded = modules_after(drawing)
    assert "matplotlib.axes" in loaded
    assert "matplotlib.pyplot" not in loaded


def test_the_probe_sees_pyplot(modules_after: ModulesAfter) -> None:
    assert "matplotlib.pyplot" in modules_after("import polytheory, matplotlib.pyplot")
