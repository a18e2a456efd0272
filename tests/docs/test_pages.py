"""Every code block on every page runs, and what it is said to print is printed: see pages.py."""

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.image import imread, imsave

pytestmark = pytest.mark.usefixtures("workplace")  # pages save files where they are run


def test_what_a_page_shows_is_true_in_a_process_of_its_own(
    page: Path, workplace: Path, pages: Any
) -> None:
    command = [sys.executable, "-P", "-W", "error", pages.__file__, str(page)]
    done = subprocess.run(command, cwd=workplace, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-5000:]
    drawn = workplace.glob("*.png") if page.parent.name == "derivations" else ()
    for picture in drawn:  # a chapter shows what it draws
        assert alike(picture, page.parent / "pictures" / picture.name)


def alike(one: Path, other: Path) -> bool:
    """Say whether two pictures differ by no more than fonts do between versions of matplotlib."""
    a, b = imread(one)[..., :3], imread(other)[..., :3]
    if max(abs(a.shape[i] - b.shape[i]) for i in (0, 1)) > 4:
        return False
    height, width = (min(a.shape[i], b.shape[i]) for i in (0, 1))
    return float(np.mean(np.abs(a[:height, :width] - b[:height, :width]))) < 0.02


def test_a_picture_of_something_else_is_caught(repository: Path, tmp_path: Path) -> None:
    kept = repository / "derivations" / "pictures" / "fixed_points.png"
    assert alike(kept, kept)
    assert not alike(kept, kept.with_name("collisions.png"))
    imsave(tmp_path / "moved.png", np.roll(imread(kept), 20, axis=0))
    assert not alike(tmp_path / "moved.png", kept)


def test_a_page_sees_only_what_it_imports(tmp_path: Path, pages: Any) -> None:
    shown = block("python", ">>> import polytheory.model", ">>> polytheory.cli")
    (tmp_path / "page.md").write_text(shown, "utf-8")
    command = [sys.executable, "-P", pages.__file__, "page.md"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "has no attribute" in done.stderr or "No polytheory attribute" in done.stderr


def block(language: str, *lines: str) -> str:
    return "\n".join(["Words.", "", f"```{language}", *lines, "```", ""])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (block("python", ">>> 1 + 1", "3"), "block 1, line 4: expected 3, got 2"),
        (
            block("python", ">>> x = 1") + block("python", ">>> x + 1", "3"),
            "block 2, line 9: expected 3, got 2",
        ),
        (block("python", "assert 1 == 2"), "block 1, line 4: AssertionError: assert 1 == 2"),
        (block("console", "$ polytheory verify --law carrier_amplitude", "FAILS ..."), "HOLDS"),
        (block("console", "$ polytheory predict carrier-amplitude", "..."), "status 2"),
        (block("console", "polytheory --version"), "begins with a prompt"),
        (block("console", "$ rm -r x"), "not run"),
        (block("sh", "polytheory diagnose nothing.npz"), "diagnose nothing.npz"),
        (block("sh", "python simulations/nothing.py"), "nothing.py"),
        (block("sh", "python derivations nothing"), "nothing"),
        (block("sh", "pip install '.[nothing]'"), "to install"),
        (block("sh", "pip install . && pip install numpy"), "to install"),
        (block("sh", "pytest tests/nothing.py"), "no tests/nothing.py"),
        (block("sh", "curl example.org"), "not known"),
        (block("bash", "true"), "language 'bash'"),
        (block("", "true"), "language ''"),
        (block("{code-block} python", "1"), "directive"),
        (block("{eval-rst}", ".. code-block:: python"), "code in eval-rst"),
        (":::{note}\n" + block("python", ">>> 1", "2") + ":::\n", "line 5: expected 2, got 1"),
        (">>> 1 + 1\n3\n", "outside of a python block"),
        ("```python\n>>> 1\n", "never closed"),
    ],
)
def test_a_page_that_is_wrong_is_caught(text: str, words: str, pages: Any) -> None:
    with pytest.raises(AssertionError, match=words):
        pages.run_page(text)


def test_toml_that_does_not_parse_is_caught(pages: Any) -> None:
    with pytest.raises(tomllib.TOMLDecodeError):
        pages.run_page(block("toml", "a = "))


def test_a_page_that_is_right_passes(workplace: Path, pages: Any) -> None:
    page = (
        block("python", ">>> x = 1")
        + block("python", "y = x + 1")
        + block("python", ">>> y", "2")
        + "Save this as `kept/as.toml`:\n\n```toml\na = 1\n```\n"
        + block("text", ">>> anything")
        + block("sh", "polytheory --version  # which one", "pip install -e '.[dev]'")
        + block("console", "$ polytheory --version", "polytheory ...")
    )
    assert pages.run_page(page) == 7
    assert pages.run_page("Save this as `kept.py`:\n\n```python\nz = 1\n```\n") == 1
    assert (workplace / "kept.py").read_text("utf-8") == "z = 1\n"
    assert (workplace / "kept" / "as.toml").read_text("utf-8") == "a = 1\n"


def test_a_script_that_is_saved_runs(pages: Any) -> None:
    script = "Save this as `it.py`:\n\n```python\nif __name__ == '__main__':\n    1 / {}\n```\n"
    pages.run_page(script.format(1))
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        pages.run_page(script.format(0))


def test_a_long_command_is_replaced(pages: Any) -> None:
    assert pages.cheap(["polytheory", "verify", "--full"])[2:] == ["--law", "carrier_amplitude"]
    assert pages.cheap(["polytheory", "verify", "--list"])[2:] == ["--list"]
    assert pages.cheap(["simulations/x.py"])[1:] == ["--size", "small"]
    assert pages.cheap(["polytheory", "figures"])[2:] == ["weight-map", "--size", "small"]
    assert pages.cheap(["polytheory", "figures", "--list"])[2:] == ["--list"]
