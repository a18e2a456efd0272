"""Every code block on every page runs, and what it is said to print is printed.

A block is, by its language:

- ``python`` with prompts: a doctest; the blocks of a page share their names;
- ``python`` without: saved, if the line before says as what (and run, if it is a script), or else
  executed;
- ``console``: a command after ``$``, and its output;
- ``sh``: commands, a line each; a long one is replaced by a short one of the same kind;
- ``toml``: has to parse, and is saved in the same way; ``text``: anything.

Nothing else is allowed, so that no example escapes.
"""

from __future__ import annotations

import doctest
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from polytheory.cli import main

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
# Which counterexample is the smallest that is found may differ between versions of Hypothesis; what
# it looks like is tested with the assertions.
DRAWS = {"property_test.md": FLAGS | doctest.IGNORE_EXCEPTION_DETAIL}
SAVED = re.compile(r"Save this as `([\w/]+\.(?:py|toml))`")
PROMPT = re.compile(r"^\s*>>>", re.MULTILINE)
FAILS = re.compile(r"^FAILS", re.MULTILINE)
DIRECTIVES = {
    "admonition", "command-line-help", "eval-rst", "facade", "figure", "hint", "image", "important",
    "math", "notation-table", "note", "seealso", "tip", "toctree", "warning",
}  # fmt: skip
REPOSITORY = Path(__file__).parents[2]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]


@pytest.fixture
def run_page(
    workplace: Path, split: Callable[[str], Any], capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., int]]:
    """Return a function that runs the blocks of a page and returns how many there were."""
    active, loaded = settings.get_current_profile_name(), set(sys.modules)
    settings.load_profile("ci")  # the same draws every time

    def run(text: str, flags: int = FLAGS) -> int:
        page, names = split(text), {"__name__": "__main__"}
        assert not PROMPT.search(page.prose), "an example outside of a python block"
        for block in page.blocks:
            kind, place = block.info, f"line {block.line}"
            if kind == "python":
                _python(block, names, flags, place)
            elif kind == "console":
                _console(block.text, flags, place, capsys)
            elif kind == "sh":
                for command in _commands(block.text):
                    _shell(command, place)
            elif kind == "toml":
                tomllib.loads(block.text)
                _save(block)
            elif directive := re.match(r"\{([\w-]+)\}", kind):
                assert directive[1] in DIRECTIVES, f"{place}: directive {kind}"
                code = re.search(r"\.\. (code|source|doctest|test|parsed|literal)|>>>", block.text)
                assert directive[1] != "eval-rst" or not code, f"{place}: code in eval-rst"
            else:
                assert kind == "text", f"{place}: a block of language {kind!r}"
        return len(page.blocks)

    yield run
    settings.load_profile(active)
    for name in set(sys.modules) - loaded:  # saved by a page
        if str(getattr(sys.modules[name], "__file__", None) or "").startswith(str(workplace)):
            del sys.modules[name]
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


def _python(block: Any, names: dict[str, Any], flags: int, place: str) -> None:
    if not PROMPT.search(block.text):
        if file := _save(block):
            if "__main__" in block.text:
                _shell(["python", file], place)
        else:
            exec(compile(block.text, place, "exec"), names)  # as a reader would
        return
    test = doctest.DocTestParser().get_doctest(block.text, names, place, None, 0)
    told: list[str] = []
    found = doctest.DocTestRunner(optionflags=flags).run(test, out=told.append, clear_globs=False)
    assert found.failed == 0, "".join(told)
    assert found.attempted > 0
    names.update(test.globs)


def _save(block: Any) -> str:
    """Save what the line before says is to be saved; return the file's name, or nothing."""
    file = SAVED.search(block.before)
    if file:
        Path(file[1]).parent.mkdir(parents=True, exist_ok=True)
        Path(file[1]).write_text(block.text, "utf-8")
    return file[1] if file else ""


def _console(text: str, flags: int, place: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert text.startswith("$ "), f"{place}: a console block begins with a prompt"
    for session in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, shown = session.partition("\n")
        capsys.readouterr()
        status = _polytheory(shlex.split(command))
        printed = capsys.readouterr().out
        assert doctest.OutputChecker().check_output(shown, printed, flags), f"{place}:\n{printed}"
        assert status == (1 if FAILS.search(shown) else 0), f"{place}: status {status}"


def _polytheory(words: list[str]) -> int:
    assert words[0] == "polytheory", f"{words[0]} is not run in a console block"
    try:
        return main(words[1:])
    except SystemExit as stopped:  # --help, or a mistake in the arguments
        return int(stopped.code or 0)


def _commands(text: str) -> list[list[str]]:
    lines = text.replace("\\\n", " ").splitlines()
    parts = [part for line in lines for part in line.split(" && ")]
    return [words for part in parts if (words := shlex.split(part, comments=True))]


def _shell(words: list[str], place: str) -> None:
    """Run a command, or a cheap one of its kind; of what cannot run here, check what it names."""
    said = f"{place}: {shlex.join(words)}"
    match words:
        case ["polytheory", *_]:
            assert _polytheory(cheap(words)) == 0, said
        case ["python", script, *_]:
            assert Path(script).is_file(), said
            command = [sys.executable, *cheap(words[1:])]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{said}\n{done.stderr}"
        case ["pip", "install", *what]:
            for name in what:
                assert installable(name), f"{said}: there is no {name!r} to install"
        case ["pytest", *arguments]:
            for name in arguments:
                known = name.startswith("-") or name in {"auto", "slow"}
                assert known or (REPOSITORY / name).exists(), f"{said}: no {name}"
        case ["bash", script]:
            assert (REPOSITORY / script).is_file(), said
        case ["pre-commit", "install"] | ["pre-commit", "run", "--all-files"]:
            assert (REPOSITORY / ".pre-commit-config.yaml").is_file()
        case ["sphinx-build", *_, "docs", "docs/_build"]:  # .ci/run builds the site
            assert (REPOSITORY / "docs" / "conf.py").is_file()
        case ["git", "clone", address]:
            assert address == PROJECT["urls"]["Source"], said
        case ["cd", "polytheory"]:
            pass
        case _:
            raise AssertionError(f"{said}: not known to the tests of the pages")


def cheap(words: list[str]) -> list[str]:
    """Return a command of the same kind that takes seconds."""
    match words:
        case ["polytheory", "verify", *rest] if not {"--law", "--recorded", "--list"} & {*rest}:
            return [*(word for word in words if word != "--full"), "--law", "carrier_amplitude"]
        case ["polytheory", "figures", *rest] if "--list" not in rest:
            return [*words, "weight-map", "--size", "small"]
        case [script, *rest] if script.startswith("simulations/") and "--size" not in rest:
            return [*words, "--size", "small"]
    return words


def installable(name: str) -> bool:
    """Say whether `pip install` has something to do: this project, with extras that it has."""
    asked = re.fullmatch(r"(?:\.|polytheory)(?:\[([\w,]+)\])?", name)
    extras = asked[1].split(",") if asked and asked[1] else []
    return name == "-e" or (asked is not None and {*extras} <= {*PROJECT["optional-dependencies"]})


def test_what_a_page_shows_is_true(page: Path, run_page: Callable[..., int]) -> None:
    run_page(page.read_text("utf-8"), DRAWS.get(page.name, FLAGS))


def block(language: str, *lines: str) -> str:
    return "\n".join(["Words.", "", f"```{language}", *lines, "```", ""])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (block("python", ">>> 1 + 1", "3"), "Expected"),
        (block("python", ">>> x = 1") + block("python", ">>> x + 1", "3"), "Expected"),
        (block("python", "assert 1 == 2"), "assert|^$"),
        (block("console", "$ polytheory verify --law carrier_amplitude", "FAILS ..."), "HOLDS"),
        (block("console", "$ polytheory predict carrier-amplitude", "..."), "status 2"),
        (block("console", "polytheory --version"), "begins with a prompt"),
        (block("console", "$ rm -r x"), "not run"),
        (block("sh", "polytheory diagnose nothing.npz"), "diagnose nothing.npz"),
        (block("sh", "python simulations/nothing.py"), "nothing.py"),
        (block("sh", "pip install '.[nothing]'"), "to install"),
        (block("sh", "pip install . && pip install numpy"), "to install"),
        (block("sh", "pytest tests/nothing.py"), "no tests/nothing.py"),
        (block("sh", "curl example.org"), "not known"),
        (block("bash", "true"), "language 'bash'"),
        (block("", "true"), "language ''"),
        (block("{code-block} python", "1"), "directive"),
        (block("{eval-rst}", ".. code-block:: python"), "code in eval-rst"),
        (":::{note}\n" + block("python", ">>> 1", "2") + ":::\n", "Expected"),
        (">>> 1 + 1\n3\n", "outside of a python block"),
        ("```python\n>>> 1\n", "never closed"),
    ],
)
def test_a_page_that_is_wrong_is_caught(
    text: str, words: str, run_page: Callable[..., int]
) -> None:
    with pytest.raises(AssertionError, match=words):
        run_page(text)


def test_toml_that_does_not_parse_is_caught(run_page: Callable[..., int]) -> None:
    with pytest.raises(tomllib.TOMLDecodeError):
        run_page(block("toml", "a = "))


def test_a_page_that_is_right_passes(run_page: Callable[..., int], workplace: Path) -> None:
    page = (
        block("python", ">>> x = 1")
        + block("python", "y = x + 1")
        + block("python", ">>> y", "2")
        + "Save this as `kept/as.toml`:\n\n```toml\na = 1\n```\n"
        + block("text", ">>> anything")
        + block("sh", "polytheory --version  # which one", "pip install -e '.[dev]'")
        + block("console", "$ polytheory --version", "polytheory ...")
    )
    assert run_page(page) == 7
    assert run_page("Save this as `kept.py`:\n\n```python\nz = 1\n```\n") == 1
    assert (workplace / "kept.py").read_text("utf-8") == "z = 1\n"
    assert (workplace / "kept" / "as.toml").read_text("utf-8") == "a = 1\n"


def test_a_script_that_is_saved_runs(run_page: Callable[..., int]) -> None:
    script = "Save this as `it.py`:\n\n```python\nif __name__ == '__main__':\n    1 / {}\n```\n"
    run_page(script.format(1))
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        run_page(script.format(0))


def test_a_long_command_is_replaced() -> None:
    assert cheap(["polytheory", "verify", "--full"])[2:] == ["--law", "carrier_amplitude"]
    assert cheap(["polytheory", "verify", "--list"])[2:] == ["--list"]
    assert cheap(["simulations/x.py"])[1:] == ["--size", "small"]
    assert cheap(["polytheory", "figures"])[2:] == ["weight-map", "--size", "small"]
    assert cheap(["polytheory", "figures", "--list"])[2:] == ["--list"]
