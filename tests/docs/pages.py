"""Run the code blocks of a page: python tests/docs/pages.py PAGE, in a process of its own.

A block is, by its language:

- ``python`` with prompts: a doctest; the blocks of a page share their names;
- ``python`` without: saved, if the line before says as what (and run, if it is a script), or else
  executed;
- ``console``: a command after ``$``, and its output;
- ``sh``: commands, a line each; a long one is replaced by a short one of the same kind;
- ``toml``: has to parse, and is saved in the same way; ``text``: anything.

Nothing else is allowed, so that no example escapes. Nothing of the package is imported but by the
page; its commands run in processes of their own.
"""

import doctest
import os
import re
import shlex
import subprocess
import sys
import tempfile
import tomllib
import traceback
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]
sys.path.insert(0, str(REPOSITORY / "derivations"))

from blocks import FLAGS, PROMPT, run_python, split_page  # noqa: E402  the path comes first

# Which counterexample is the smallest that is found may differ between versions of Hypothesis; what
# it looks like is tested with the assertions.
DRAWS = {"property_test.md": FLAGS | doctest.IGNORE_EXCEPTION_DETAIL}
SAVED = re.compile(r"Save this as `([\w/]+\.(?:py|toml))`")
FAILS = re.compile(r"^FAILS", re.MULTILINE)
DIRECTIVES = {
    "admonition", "command-line-help", "eval-rst", "facade", "figure", "hint", "image", "important",
    "math", "notation-table", "note", "seealso", "tip", "toctree", "warning",
}  # fmt: skip
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]


def run_page(text: str, flags: int = FLAGS, path: Path = Path("page.md")) -> int:
    """Run the blocks of a page and return how many there were."""
    page, names = split_page(text), {"__name__": "__main__"}
    assert not PROMPT.search(page.prose), "an example outside of a python block"
    for number, block in enumerate(page.blocks, 1):
        kind, place = block.info, f"line {block.line}"
        if kind == "python":
            if file := PROMPT.search(block.text) is None and _save(block):
                if "__main__" in block.text:
                    _shell(["python", file], place)
            else:
                run_python(block, names, path, number, flags)
        elif kind == "console":
            _console(block.text, flags, place)
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


def _save(block: Any) -> str:
    """Save what the line before says is to be saved; return the file's name, or nothing."""
    file = SAVED.search(block.before)
    if file:
        Path(file[1]).parent.mkdir(parents=True, exist_ok=True)
        Path(file[1]).write_text(block.text, "utf-8")
    return file[1] if file else ""


def _console(text: str, flags: int, place: str) -> None:
    assert text.startswith("$ "), f"{place}: a console block begins with a prompt"
    for session in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, shown = session.partition("\n")
        status, printed = _polytheory(shlex.split(command))
        assert doctest.OutputChecker().check_output(shown, printed, flags), f"{place}:\n{printed}"
        assert status == (1 if FAILS.search(shown) else 0), f"{place}: status {status}"


def _polytheory(words: list[str]) -> tuple[int, str]:
    """Run the command in a fork, so that the page does not see what it imports."""
    assert words[0] == "polytheory", f"{words[0]} is not run in a console block"
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out:
        child = os.fork()
        if child == 0:
            os._exit(_in_the_fork(words[1:], out))
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        out.seek(0)
        return status, out.read()


def _in_the_fork(words: list[str], out: Any) -> int:
    from polytheory.cli import main

    try:
        with redirect_stdout(out):
            return main(words)
    except SystemExit as stopped:  # --help, or a mistake in the arguments
        return int(stopped.code or 0)
    except BaseException:  # noqa: BLE001 - the parent sees the status
        traceback.print_exc()
        return 70
    finally:
        out.flush()


def _commands(text: str) -> list[list[str]]:
    lines = text.replace("\\\n", " ").splitlines()
    parts = [part for line in lines for part in line.split(" && ")]
    return [words for part in parts if (words := shlex.split(part, comments=True))]


def _shell(words: list[str], place: str) -> None:
    """Run a command, or a cheap one of its kind; of what cannot run here, check what it names."""
    said = f"{place}: {shlex.join(words)}"
    match words:
        case ["polytheory", *_]:
            assert _polytheory(cheap(words))[0] == 0, said
        case ["python", "derivations", *names]:
            known = {path.stem for path in (REPOSITORY / "derivations").glob("*.md")}
            assert {*names} <= known, said  # the pages themselves are run
        case ["python", "docs/generate.py", *_]:  # writes into the clone; --check is tested
            assert (REPOSITORY / words[1]).is_file()
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


if __name__ == "__main__":
    sys.path.insert(0, "")  # as for a reader
    path = Path(sys.argv[1])
    text = path.read_text("utf-8")
    draws = re.search(r"(import|from) hypothesis|testing import", text)
    if draws:  # to load it takes half a second
        from hypothesis import settings

        settings.register_profile("page", derandomize=True, deadline=None, database=None)
        settings.load_profile("page")  # the same draws every time
    run_page(text, DRAWS.get(path.name, FLAGS), path)
    assert draws or "hypothesis" not in sys.modules, "with other draws every time"
