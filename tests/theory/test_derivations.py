"""The derivations run: every step in them is asserted by SymPy."""

import runpy
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "derivations"
SCRIPTS = sorted(FOLDER.glob("*.py"))


def test_they_are_found() -> None:
    topics = {"completion_time", "fixed_points", "model", "slow_manifold", "sparsification"}
    assert {script.stem for script in SCRIPTS} >= topics | {"universal_curve"}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_it_runs_and_says_something(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(script), run_name="__main__")
    printed = capsys.readouterr().out.splitlines()
    assert 1 <= len(printed) <= 20
    assert all(len(line) <= 100 for line in printed)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_gallery_can_be_made_of_it(script: Path) -> None:
    source = script.read_text("utf-8")
    title, underline = source.partition('"""')[2].splitlines()[1:3]
    assert set(underline) == {"="}
    assert len(underline) >= len(title)
    assert source.count("# %%") >= 3
