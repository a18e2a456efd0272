"""Every script in simulations/ runs, keeps what it drew, and explains a mistake in one line."""

from __future__ import annotations

import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import matplotlib as mpl
import pytest

from polytheory.experiments import load
from polytheory.experiments.collisions import Ends, _follow

SCRIPTS = sorted((Path(__file__).parents[2] / "simulations").glob("[!_]*.py"))

each_script = pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
ModulesAfter = Callable[[str], set[str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
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


def test_there_are_scripts() -> None:
    names = {
        "avoidance",
        "collision_ratio",
        "collisions",
        "mechanisms",
        "sparsification",
        "winner_fidelity",
    }
    assert {script.stem for script in SCRIPTS} >= names


@each_script
def test_it_runs_and_keeps_what_it_drew(
    script: Path,
    tmp_path: Path,
    run: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if script.stem == "digits":
        pytest.importorskip("sklearn")  # of the extra docs
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "new" / "folder"
    run(script, "--size", "small", "--seed", "1", "--out", str(out))
    told = capsys.readouterr().out
    pictures = list(out.glob("*.png"))
    assert pictures
    for picture in pictures:
        assert mpl.image.imread(picture)[..., :3].std() > 0.02  # not blank
        for suffix in (".svg", ".npz", ".json"):
            assert picture.with_suffix(suffix).stat().st_size > 0
        assert str(picture) in told
    assert [path.name for path in tmp_path.iterdir()] == ["new"]  # and nothing beside


@each_script
def test_help_tells_the_arguments(script: Path, tmp_path: Path) -> None:
    done = console(script, tmp_path, "--help")
    assert done.returncode == 0
    assert all(name in done.stdout for name in ("--out", "--size", "--seed"))
    assert list(tmp_path.iterdir()) == []


@each_script
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--out", "file"), "--out: cannot write into 'file'"),
        (("--out", "file/folder"), "--out: cannot write into 'file/folder'"),
        (("--seed=-1",), "--seed: must be a whole number"),
        (("--size", "huge"), "--size: invalid choice"),
    ],
    ids=("a file", "below a file", "seed", "size"),
)
def test_a_mistake_is_one_clear_line(
    script: Path,
    tmp_path: Path,
    run: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("in the way", "utf-8")
    with pytest.raises(SystemExit) as stopped:  # and no other exception, so no traceback
        run(script, *arguments)
    assert stopped.value.code == 2
    told = capsys.readouterr()
    assert words in told.err
    assert told.out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_an_interrupted_run_goes_on(
    tmp_path: Path,
    run: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    script = next(script for script in SCRIPTS if script.stem == "collisions")
    arguments = ("--size", "small", "--out", str(tmp_path))
    ends = []

    def end(task: _follow.Task) -> _follow.End:
        if len(ends) == 10:
            raise KeyboardInterrupt
        ends.append(instance(task))
        return ends[-1]

    instance = _follow.follow_instance
    monkeypatch.setattr(_follow, "follow_instance", end)
    with pytest.raises(SystemExit, match="--resume goes on"):
        run(script, *arguments)
    assert load(Ends, tmp_path / "collisions").done().tolist() == [8, 2, 0]
    assert list(tmp_path.glob("*.png")) == []
    monkeypatch.setattr(_follow, "follow_instance", instance)
    with pytest.raises(SystemExit):
        run(script, *arguments, "--resume", "--seed", "1")
    assert "keep must be that of the run to resume" in capsys.readouterr().err
    run(script, *arguments, "--resume")
    assert load(Ends, tmp_path / "collisions").done().tolist() == [8, 8, 8]
    assert (tmp_path / "collisions.png").exists()


def test_experiments_load_without_matplotlib(modules_after: ModulesAfter) -> None:
    loaded = modules_after("import polytheory.experiments, polytheory.plotting")
    assert {f"polytheory.experiments.{name}" for name in ("collisions", "sparsification")} <= loaded
    assert not {"matplotlib", "tqdm", "sympy"} & loaded


def test_drawing_leaves_pyplot_alone(modules_after: ModulesAfter) -> None:
    drawing = (
        "from matplotlib.figure import Figure; from polytheory import plotting; "
        "from polytheory.experiments import sparsification as s; plotting.style().__enter__(); "
        "data = s.compute_collapse(settings=[(50, 1e-3)], rng=0); "
        "s.draw_collapse(data, Figure().add_subplot())"
    )
    loaded = modules_after(drawing)
    assert "matplotlib.axes" in loaded
    assert "matplotlib.pyplot" not in loaded


def test_the_probe_sees_pyplot(modules_after: ModulesAfter) -> None:
    assert "matplotlib.pyplot" in modules_after("import polytheory, matplotlib.pyplot")
