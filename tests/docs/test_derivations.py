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
    assert "error: --out: cannot write into 'file': File exists" in done.stderr
    assert "Traceback" not in done.stderr


def test_all_may_stand_anywhere(spoiled: Path, tmp_path: Path) -> None:
    text = (spoiled / "wrong.md").read_text("utf-8").replace("x == 2", "x == 1")
    for name in ("wrong", "right"):
        (spoiled / f"{name}.md").write_text(text.replace("# One", f"# {name}", 1), "utf-8")
    done = run("right", "all", "right", cwd=tmp_path, folder=spoiled)
    assert [line for line in done.stdout.splitlines() if line[0] != " "] == ["right", "wrong"]
    done = run("all", "wrung", cwd=tmp_path, folder=spoiled)
    assert done.returncode == 2
    assert "no derivation 'wrung'; there are right, wrong, and 'all'" in done.stderr


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
        ("raise SystemExit(3)", "line 13: SystemExit: 3: raise SystemExit(3)"),
        (">>> x\n2", "line 13: expected 2, got 1"),
        (">>> y = x\n>>> y\n2", "line 14: expected 2, got 1"),
        (">>> print('a\\nb')\na", "line 13: expected\na,\ngot\na\nb"),
        (">>> x", "line 13: expected nothing, got 1"),
        (">>> 1 / 0", "line 13: ZeroDivisionError: division by zero: 1 / 0"),
        (">>> raise SystemExit(3)", "line 13: SystemExit: 3: raise SystemExit(3)"),
        (">>> x  # doctest: +SKIP", "no example is run"),
        (">>> x\n1\n>>>y", "line 15: lacks blank after >>>: '>>>y'"),
    ],
)
def test_what_fails_is_described(spoiled: Path, tmp_path: Path, block: str, words: str) -> None:
    page = spoiled / "wrong.md"
    text = page.read_text("utf-8").replace("assert x == 2", block)
    page.write_text(text.replace("y = x\n", "\n", 1), "utf-8")
    done = run("wrong", cwd=tmp_path, folder=spoiled)
    assert done.returncode == 1
    assert done.stderr.startswith(f"FAILS: {page}, block 2")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("block", ["raise_signal(SIGINT)", ">>> raise_signal(SIGINT)"])
def test_ctrl_c_names_the_block(spoiled: Path, tmp_path: Path, block: str) -> None:
    page = spoiled / "wrong.md"
    text = page.read_text("utf-8").replace("assert x == 2", block).replace("y = x\n", "")
    setting = "from signal import *; signal(SIGINT, default_int_handler)"
    page.write_text(text.replace("x = 1", setting), "utf-8")
    done = run("wrong", cwd=tmp_path, folder=spoiled)
    assert done.returncode == 130
    assert done.stderr == f"interrupted in {page}, block 2\n"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"# One\n\n```python\nx = 1\n", "line 3: the block is never closed"),
        (b"# One\n:::{note}\nA\n```python\n1\n:::\n", "line 4: the block is never closed"),
        (b"# One\n\n\xff\n", "line 3: not UTF-8"),
    ],
)
def test_a_page_that_cannot_be_read_is_named(
    spoiled: Path, tmp_path: Path, content: bytes, words: str
) -> None:
    page = spoiled / "wrong.md"
    page.write_bytes(content)
    done = run("wrong", cwd=tmp_path, folder=spoiled)
    assert done.returncode == 1
    assert done.stderr == f"FAILS: {page}, {words}\n"


def test_a_page_that_is_not_utf_8_is_named_in_the_list(spoiled: Path, tmp_path: Path) -> None:
    (spoiled / "wrong.md").write_bytes(b"# \xff\n")
    done = run(cwd=tmp_path, folder=spoiled)
    assert done.returncode == 1
    assert done.stderr == f"FAILS: {spoiled / 'wrong.md'}, line 1: not UTF-8\n"
