"""`python derivations NAME` runs a chapter by name and says where one fails."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "derivations"


def run(*words: str, cwd: Path, folder: Path = FOLDER) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", str(folder), *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.fixture
def spoiled(tmp_path: Path) -> Path:
    """Return a copy of the folder with one chapter, whose second block fails in line 13."""
    folder = tmp_path / "derivations"
    folder.mkdir()
    for name in ("__main__.py", "blocks.py"):
        shutil.copy(FOLDER / name, folder)
    lines = ["# One", "", "## Two", "", "```python", "x = 1", "```", "", "Words.", ""]
    lines += ["```python", "y = x", "assert x == 2", "```", ""]
    (folder / "wrong.md").write_text("\n".join(lines), "utf-8")
    return folder


def test_without_a_name_they_are_listed(tmp_path: Path) -> None:
    done = run(cwd=tmp_path)
    names = [line.split()[0] for line in done.stdout.splitlines()]
    assert names == [page.stem for page in sorted(FOLDER.glob("*.md")) if page.stem != "README"]


def test_one_runs_and_draws_its_picture(tmp_path: Path) -> None:
    done = run("fixed_points", "--out", "pictures", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "One weight" in done.stdout
    assert re.search(r"\d+ blocks hold", done.stdout)
    assert (tmp_path / "pictures" / "fixed_points.png").is_file()


def test_an_unknown_name_is_refused(tmp_path: Path) -> None:
    done = run("fixed_point", cwd=tmp_path)
    assert done.returncode == 2
    assert "no derivation 'fixed_point'" in done.stderr
    assert "Did you mean fixed_points?" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run("fixed_points", "--out", "file", cwd=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_block_that_fails_is_named(spoiled: Path, tmp_path: Path) -> None:
    done = run("wrong", cwd=tmp_path, folder=spoiled)
    assert done.returncode == 1
    assert done.stderr.startswith(f"FAILS: {spoiled / 'wrong.md'}, block 2, line 13: ")
    assert "assert x == 2" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ("1 / 0", "line 13: ZeroDivisionError: division by zero: 1 / 0"),
        ("x = = 1", "line 13: SyntaxError"),
        (">>> x\n2", "block 2:"),
    ],
)
def test_what_fails_is_described(spoiled: Path, tmp_path: Path, block: str, words: str) -> None:
    page = spoiled / "wrong.md"
    text = page.read_text("utf-8").replace("assert x == 2", block)
    page.write_text(text.replace("y = x\n", "\n"), "utf-8")
    done = run("wrong", cwd=tmp_path, folder=spoiled)
    assert done.returncode == 1
    assert words in done.stderr
