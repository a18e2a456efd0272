"""The figures as values, and the command that draws them: kept, resumed, refused in a line."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure as Canvas

from polytheory.cli import main
from polytheory.experiments import FIGURES, SIZES, Figure, load
from polytheory.experiments.collisions import _weights

Capture = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch

#: Two figures that take no time, the first computed in pieces, the second at once.
PIECES, ONCE = "diagnosis", "tradeoff-count"


def plain(settings: Mapping[str, Any]) -> Any:
    return json.loads(json.dumps(dict(settings), default=list))


def registry_flaws(figures: Mapping[str, Figure]) -> list[str]:
    """Say which entries lack something, or say something that is not so."""
    flaws = []
    for name, figure in figures.items():
        if name != figure.name or not name.replace("-", "").isalpha() or name != name.lower():
            flaws.append(f"{name}: name")
        if set(figure.settings) != set(SIZES) or set(figure.minutes) != set(SIZES[1:]):
            flaws.append(f"{name}: sizes")
        elif (figure.reduced != "") != (
            plain(figure.settings["full"]) != plain(figure.settings["paper"])
        ):
            flaws.append(f"{name}: reduced")
    if sum(figure.minutes["full"] for figure in figures.values()) > 30:
        flaws.append("more than half an hour")
    return flaws


def test_the_registry_is_in_order() -> None:
    assert registry_flaws(FIGURES) == []
    assert [name for name, figure in FIGURES.items() if not figure.formula] == ["tradeoff-training"]


@pytest.mark.parametrize(
    ("changes", "flaw"),
    [
        ({"name": "other"}, "count: name"),
        ({"settings": {"full": {}, "paper": {}}}, "count: sizes"),
        ({"reduced": ""}, "count: reduced"),
        ({"settings": {size: {} for size in SIZES}}, "count: reduced"),
        ({"minutes": {"full": 31, "paper": 31}}, "more than half an hour"),
    ],
)
def test_a_slip_in_the_registry_is_caught(changes: dict[str, Any], flaw: str) -> None:
    assert registry_flaws({"count": replace(FIGURES["count"], **changes)}) == [flaw]


@pytest.mark.parametrize("name", [PIECES, ONCE])
def test_a_figure_is_computed_kept_and_drawn(name: str, tmp_path: Path) -> None:
    figure, path = FIGURES[name], tmp_path / name
    record = figure.compute("small", seed=3, keep=path)
    assert isinstance(record, figure.record)
    assert record.seed.entropy == 3
    kept = json.loads(path.with_suffix(".json").read_text("utf-8"))
    assert kept["notes"] == {"figure": name, "settings": plain(figure.settings["small"]), "seed": 3}
    canvas = Canvas()
    assert figure.draw(record, canvas) is canvas
    assert canvas.axes

    def never(**_: Any) -> None:
        raise AssertionError("computed again")

    finished = replace(figure, run=never)
    again = finished.compute("small", seed=3, keep=path, resume=True)
    for field in vars(record):
        assert np.array_equal(getattr(record, field), getattr(again, field))
    with pytest.raises(AssertionError, match="computed again"):
        finished.compute("small", seed=3, keep=path)
    for size, seed in (("small", 4), ("full", 3)):
        with pytest.raises(ValueError, match=r"^keep must be that of the run to resume"):
            finished.compute(size, seed=seed, keep=path, resume=True)
    with pytest.raises(AssertionError, match="computed again"):  # nothing there: a first run
        finished.compute("small", seed=3, keep=tmp_path / "other", resume=True)


def test_a_figure_does_not_depend_on_workers() -> None:
    figure = FIGURES[PIECES]
    alone, pair = (figure.compute("small", seed=1, workers=workers) for workers in (None, 1))
    assert np.array_equal(alone.end, pair.end)
    assert [each.name for each in FIGURES.values() if not each.in_pieces()] == [
        "speed-of-sparsification",
        "scaling-collapse",
        "completion-time",
        "tradeoff",
        "tradeoff-count",
        "tradeoff-training",
        "avoidance",
    ]


def test_a_figure_refuses() -> None:
    with pytest.raises(ValueError, match=r"^size must be one of 'small', 'full', 'paper'"):
        FIGURES[ONCE].compute("huge")
    with pytest.raises(ValueError, match=r"^seed must be an integer of at least 0"):
        FIGURES[ONCE].compute("small", seed=-1)


# The command


def test_a_line_a_file(tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "new" / "folder"
    options = ["--out", str(out), "--size", "small", "--formats", "svg", "--seed", "2"]
    assert main(["figures", PIECES, ONCE, PIECES, *options]) == 0
    told = capsys.readouterr().out.splitlines()
    kinds = ("svg", "npz", "json")
    files = [out / f"{name}.{kind}" for name in (PIECES, ONCE) for kind in kinds]
    assert sorted(out.iterdir()) == sorted(files)
    assert [line.partition(": ")[0] for line in told] == [str(file) for file in files]
    assert told[0].endswith(FIGURES[PIECES].title)
    assert load(FIGURES[ONCE].record, out / ONCE).seed.entropy == 2  # type: ignore[attr-defined]


def test_reduced_figures_are_said_to_be(
    tmp_path: Path, capsys: Capture, monkeypatch: Patch
) -> None:
    quick = dict.fromkeys(SIZES, FIGURES[ONCE].settings["small"])
    changed = replace(FIGURES[ONCE], settings=quick, reduced="half as much")
    monkeypatch.setitem(FIGURES, ONCE, changed)
    for size, words in (("full", True), ("small", False)):
        options = ["--out", str(tmp_path), "--size", size, "--formats", "png"]
        assert main(["figures", ONCE, *options]) == 0
        assert ("(reduced: half as much)" in capsys.readouterr().out) is words


def test_the_list_and_the_help(working_folder: Path, capsys: Capture) -> None:
    assert main(["figures", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(FIGURES)
    assert all(figure.title in line for figure, line in zip(FIGURES.values(), lines, strict=True))
    with pytest.raises(SystemExit) as stopped:
        main(["figures", "--help"])
    assert stopped.value.code == 0
    told = capsys.readouterr().out
    assert "example: polytheory figures" in told
    assert all(option in told for option in ("--out", "--size", "--seed", "--workers", "--list"))
    assert list(working_folder.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["luck"], "polytheory figures: no figure called luck; known: speed-of-sparsification, "),
        (["--out", "file"], "polytheory figures: --out: cannot write into 'file'"),
        (["--out", "file/below"], "polytheory figures: --out: cannot write into 'file/below'"),
        (["--formats", "png,gif"], "polytheory figures: --formats must be one of 'png', 'svg', "),
        (["--formats", ""], "polytheory figures: --formats must be one of 'png', 'svg', "),
    ],
)
def test_a_mistake_is_one_line_before_anything_runs(
    arguments: list[str], words: str, working_folder: Path, capsys: Capture, monkeypatch: Patch
) -> None:
    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("computed")

    monkeypatch.setattr(Figure, "compute", never)
    (working_folder / "file").write_text("in the way", "utf-8")
    assert main(["figures", *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(words)
    assert told.err.count("\n") == 1
    assert [path.name for path in working_folder.iterdir()] == ["file"]


def test_ctrl_c_loses_nothing(tmp_path: Path, capsys: Capture, interrupted_after: Any) -> None:
    name = "weight-map"
    options = ["--out", str(tmp_path), "--size", "small", "--formats", "png"]
    with interrupted_after(5, _weights, "follow_weights"):
        assert main(["figures", ONCE, name, *options]) == 130
    told = capsys.readouterr()
    assert (tmp_path / f"{ONCE}.png").exists()
    assert told.err == (
        f"polytheory figures: interrupted in {name}; {tmp_path} holds what was finished, "
        "--resume goes on with it\n"
    )
    kept = load(_weights.Weights, tmp_path / name)
    assert int(np.isfinite(kept.end[0, :, 0, 0]).sum()) == 5
    assert main(["figures", ONCE, name, *options, "--resume"]) == 0
    whole = load(_weights.Weights, tmp_path / name)
    assert np.array_equal(whole.end, FIGURES[name].compute("small").end)
    capsys.readouterr()
    assert main(["figures", name, *options, "--resume", "--seed", "1"]) == 2
    assert "keep must be that of the run to resume" in capsys.readouterr().err
