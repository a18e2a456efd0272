"""The figures as values, and the command that draws them: kept, gone on with, refused in a line."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure as Canvas

from polytheory.cli import main
from polytheory.cli._parsers import DURATIONS
from polytheory.experiments import FIGURES, SIZES, Figure, weights

Capture = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch

#: Two figures that take no time.
ONE, OTHER = "diagnosis", "tradeoff-count"


def registry_flaws(figures: Mapping[str, Figure]) -> list[str]:
    """Say which entries lack something, or say something that is not so."""
    flaws = []
    for name, figure in figures.items():
        if name != figure.name or not name.replace("-", "").isalpha() or name != name.lower():
            flaws.append(f"{name}: name")
        known = set(figure.settings)
        if set(figure.minutes) != set(SIZES[1:]):
            flaws.append(f"{name}: minutes")
        if set(figure.paper) != known or not {*figure.full, *figure.small} <= known:
            flaws.append(f"{name}: settings")
        if (figure.reduced != "") != (figure.values("full") != figure.paper):
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
        ({"minutes": {"full": 1}}, "count: minutes"),
        ({"paper": {"n_features": 256}}, "count: settings"),
        ({"small": {"n_rows": 3}}, "count: settings"),
        ({"full": {"rtol": 0.01}}, "count: reduced"),
        ({"reduced": ""}, "count: reduced"),
        ({"minutes": {"full": 31, "paper": 31}}, "more than half an hour"),
    ],
)
def test_a_slip_in_the_registry_is_caught(changes: dict[str, Any], flaw: str) -> None:
    assert registry_flaws({"count": replace(FIGURES["count"], **changes)}) == [flaw]


@pytest.mark.parametrize("name", [ONE, OTHER])
def test_a_figure_is_computed_and_drawn(name: str) -> None:
    figure, canvas = FIGURES[name], Canvas()
    record = figure.compute("small", rng=3)
    assert record.seed.entropy == 3
    assert dict(record.settings) == {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in figure.values("small").items()
    }
    assert figure.draw(record, canvas) is canvas
    assert canvas.axes
    assert canvas.get_supxlabel() == figure.caption(record)
    assert canvas.get_suptitle() == f"{figure.title}: {figure.caption(record)}"


def test_captions_have_sizes_strength_and_instances() -> None:
    caption = FIGURES["count"].caption(FIGURES["count"].compute("small", n_instances=1))
    assert caption == "n = 16; m = 16, 32, 64; λ = 0.01 (flow units); 1 instance"
    wide = FIGURES["count"].settings["n_neurons"].captioned(tuple(range(256, 4097, 256)))
    assert wide == "m = 256 … 4096"
    for figure in FIGURES.values():
        captions = " ".join(setting.caption for setting in figure.settings.values())
        assert "λ" not in captions or "flow units" in captions


# The command


def test_a_line_per_file(tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "new" / "folder"
    options = ["--out", str(out), "--size", "small", "--formats", "svg", "--seed", "2"]
    assert main(["figures", ONE, OTHER, ONE, *options]) == 0
    lines = capsys.readouterr().out.splitlines()
    files = [out / f"{name}.{kind}" for name in (ONE, OTHER) for kind in ("svg", "sqlite")]
    locks = [out / f"{name}.sqlite-lock" for name in (ONE, OTHER)]
    assert sorted(out.iterdir()) == sorted([*files, *locks])
    assert [line.partition(": ")[0] for line in lines] == [str(file) for file in files]
    assert lines[0].endswith(FIGURES[ONE].title)
    record = FIGURES[OTHER].load(out / f"{OTHER}.sqlite")
    assert record.seed.entropy == 2
    assert FIGURES[OTHER].caption(record) in lines[3]
    assert lines[3].endswith(
        f"in Python: polytheory.experiments.FIGURES['{OTHER}'].load('{files[3]}')"
    )


def test_a_file_of_the_user_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".try").write_text("mine", "utf-8")
    assert main(["figures", ONE, "--out", str(tmp_path), "--size", "small"]) == 0
    assert (tmp_path / ".try").read_text("utf-8") == "mine"


def test_reduced_figures_are_said_to_be(
    tmp_path: Path, capsys: Capture, monkeypatch: Patch
) -> None:
    quick = FIGURES[OTHER].values("small")
    changed = replace(FIGURES[OTHER], paper=quick, reduced="half as much")
    monkeypatch.setitem(FIGURES, OTHER, changed)
    for size, words in (("full", True), ("small", False)):
        options = ["--out", str(tmp_path), "--size", size, "--formats", "png"]
        assert main(["figures", OTHER, *options]) == 0
        assert ("(reduced: half as much)" in capsys.readouterr().out) is words


def test_the_list_and_the_help(working_folder: Path, capsys: Capture) -> None:
    assert main(["figures", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(FIGURES)
    assert all(figure.title in line for figure, line in zip(FIGURES.values(), lines, strict=True))
    with pytest.raises(SystemExit) as stopped:
        main(["figures", "--help"])
    assert stopped.value.code == 0
    help_text = capsys.readouterr().out
    assert "example: polytheory figures" in help_text
    assert all(
        option in help_text
        for option in ("--out", "--size", "--seed", "--workers", "--fresh", "--list")
    )
    assert main(["figures", ONE, "--list"]) == 0
    assert "n_features: number of features n" in capsys.readouterr().out
    assert list(working_folder.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["luck"], "polytheory figures: no figure called luck; known: speed-of-sparsification, "),
        (["--list", "--workers", "0"], "polytheory figures: --workers must be an integer of at "),
        (["--out", "file"], "polytheory figures: --out: cannot write into 'file'"),
        (["--out", "file/below"], "polytheory figures: --out: cannot write into 'file/below'"),
        (["--formats", "png,gif"], "polytheory figures: --formats must be one of 'png', 'svg', "),
        (
            ["--workers", "0"],
            "polytheory figures: --workers must be an integer of at least 1; got 0",
        ),
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
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(words)
    assert printed.err.count("\n") == 1
    assert [path.name for path in working_folder.iterdir()] == ["file"]


def test_a_name_like_the_unknown_one_is_suggested(capsys: Capture) -> None:
    assert main(["figures", "weight-mop"]) == 2
    assert capsys.readouterr().err.endswith(". Did you mean weight-map?\n")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--seed", "1"], "was made with --seed 0, not 1. Use --seed 0, another --out, or --fresh"),
        (["--size", "full"], "was made with --size small, not full. Use --size small, another "),
    ],
)
def test_the_data_of_another_run_are_refused_before_anything_runs(
    options: list[str], words: str, tmp_path: Path, capsys: Capture
) -> None:
    same = ["--out", str(tmp_path), "--size", "small", "--formats", "png"]
    assert main(["figures", OTHER, *same]) == 0
    before = sorted(tmp_path.iterdir())
    capsys.readouterr()
    assert main(["figures", ONE, OTHER, *same, *options]) == 2
    assert capsys.readouterr().err.startswith(
        f"polytheory figures: {tmp_path / OTHER}.sqlite {words}"
    )
    assert sorted(tmp_path.iterdir()) == before


def test_other_settings_are_named(tmp_path: Path, capsys: Capture) -> None:
    store = tmp_path / f"{OTHER}.sqlite"
    FIGURES[OTHER].compute("small", store=store, rng=0, n_inputs=7)
    assert main(["figures", OTHER, "--out", str(tmp_path), "--size", "small"]) == 2
    words = f"{store} was made with n_inputs = 7, not n_inputs = 2000. Use another --out, or"
    assert words in capsys.readouterr().err
    store.rename(tmp_path / f"{ONE}.sqlite")
    assert main(["figures", ONE, "--out", str(tmp_path), "--size", "small"]) == 2
    assert f"holds other data than those of {ONE}." in capsys.readouterr().err


@pytest.mark.parametrize("fresh", [[], ["--fresh"]])
@pytest.mark.parametrize(
    ("name", "words"),
    [
        (f"{OTHER}.png", f"--out: cannot write {OTHER}.png: it is a folder"),
        (f"{OTHER}.sqlite", "store must be a file; got tradeoff-count.sqlite, a folder."),
    ],
)
def test_a_folder_in_the_way_is_refused_before_anything_runs(
    name: str, words: str, fresh: list[str], working_folder: Path, capsys: Capture
) -> None:
    (working_folder / name).mkdir()
    assert main(["figures", ONE, OTHER, "--out", ".", "--size", "small", *fresh]) == 2
    assert words in capsys.readouterr().err
    assert [path.name for path in working_folder.iterdir()] == [name]


def test_what_is_no_store_is_refused_with_a_way_out(working_folder: Path, capsys: Capture) -> None:
    (working_folder / f"{OTHER}.sqlite").write_text("mine " * 100, "utf-8")
    options = ["--out", ".", "--size", "small", "--fresh"]
    assert main(["figures", ONE, OTHER, *options]) == 2
    err = capsys.readouterr().err
    assert err.endswith("is not an SQLite file. Move it away, or choose another --out.\n")
    assert [path.name for path in working_folder.iterdir()] == [f"{OTHER}.sqlite"]


def test_a_damaged_store_is_refused_with_a_way_out(tmp_path: Path, capsys: Capture) -> None:
    options = ["--out", str(tmp_path), "--size", "small", "--formats", "png"]
    store = tmp_path / f"{OTHER}.sqlite"
    assert main(["figures", OTHER, *options]) == 0
    store.write_bytes(store.read_bytes()[:5000])
    assert main(["figures", OTHER, *options]) == 2
    err = capsys.readouterr().err
    assert "is damaged: " in err
    assert err.endswith("Use another --out, or --fresh.\n")
    assert main(["figures", OTHER, *options, "--fresh"]) == 0


def test_ctrl_c_loses_nothing(tmp_path: Path, capsys: Capture, interrupted_after: Any) -> None:
    name = "weight-map"
    options = ["--out", str(tmp_path), "--size", "small", "--formats", "png"]
    with interrupted_after(6, weights, "simulate"):  # one of them for the first figure
        assert main(["figures", ONE, name, *options]) == 130
    printed = capsys.readouterr()
    assert (tmp_path / f"{ONE}.png").exists()
    assert not (tmp_path / f"{name}.png").exists()
    assert printed.err == (
        f"polytheory figures: {name} interrupted: 5 of 16 tasks are done and in "
        f"{tmp_path / name}.sqlite; run the same command again to continue\n"
    )
    with interrupted_after(11, weights, "simulate"):  # exactly the others are computed
        assert main(["figures", ONE, name, *options]) == 0
    whole = FIGURES[name].load(tmp_path / f"{name}.sqlite")
    assert whole.end.tobytes() == FIGURES[name].compute("small").end.tobytes()
    capsys.readouterr()
    assert main(["figures", name, *options, "--seed", "1"]) == 2
    printed = capsys.readouterr()
    assert "was made with --seed 0, not 1. Use --seed 0, another --out, or --fresh." in printed.err
    assert main(["figures", name, *options, "--seed", "1", "--fresh"]) == 0
    assert FIGURES[name].load(tmp_path / f"{name}.sqlite").seed.entropy == 1


def test_a_failed_task_is_one_line(tmp_path: Path, capsys: Capture, monkeypatch: Patch) -> None:
    def never_works(*_: Any, **__: Any) -> None:
        raise LookupError("nothing there")

    monkeypatch.setattr(weights, "simulate", never_works)
    assert main(["figures", ONE, "--out", str(tmp_path), "--size", "small"]) == 2
    printed = capsys.readouterr()
    assert printed.err.splitlines()[-1] == (
        "polytheory figures: 1 of 1 tasks of diagnosis failed; the first, n_features=16, "
        "n_neurons=24, l1_strength=0.01, repeat=0: LookupError: nothing there"
    )
    monkeypatch.undo()
    assert main(["figures", ONE, "--out", str(tmp_path), "--size", "small"]) == 0


@pytest.mark.parametrize("size", sorted(DURATIONS))
def test_the_help_says_how_long_all_figures_take(size: str) -> None:
    total = sum(figure.minutes[size] for figure in FIGURES.values())
    words = f"{total:.0f} minutes" if total < 90 else f"{total / 60:.1f} hours"
    assert DURATIONS[size] == f"about {words}"
