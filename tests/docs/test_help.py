"""Every command's help ends in an example, and the example runs."""

import re
import shlex
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from polytheory.cli import main
from polytheory.cli._parsers import parser_of

PROGRAM = "polytheory"
SWEEP = """\
task = "count"
seed = 0
repeat = 2

[grid]
n_features = 8
n_neurons = 16
l1_strength = 0.1
"""


def parsers() -> Iterator[tuple[str, ArgumentParser]]:
    program = parser_of()
    yield PROGRAM, program
    for action in program._actions:
        if action.dest == "command":
            for name, command in dict(action.choices or {}).items():
                yield f"{PROGRAM} {name}", command


def examples(text: str) -> list[list[str]]:
    """Return the commands after the word `example:`, in a help or in an epilog."""
    _, _, after = text.partition("example: ")
    return [shlex.split(command) for command in " ".join(after.split()).split(";") if command]


def cheap(words: list[str]) -> list[str]:
    """Return a command of the same kind that takes seconds."""
    if words[1:2] == ["verify"] and "--law" not in words:
        return [*words, "--law", "carrier_amplitude"]
    return ["verify" if word == "COMMAND" else word for word in words]


@pytest.fixture
def called(workplace: Path, repository: Path) -> Callable[[list[str]], int]:
    """Return a function that runs a command where the files are that examples talk of."""
    recorded = repository / "tests" / "reference" / "training_n64_m128.npz"
    (workplace / "run.npz").symlink_to(recorded)
    (workplace / "sweep.toml").write_text(SWEEP, "utf-8")

    def call(words: list[str]) -> int:
        assert words[0] == PROGRAM
        try:
            return main(words[1:])
        except SystemExit as stopped:
            return int(stopped.code or 0)

    return call


@pytest.mark.parametrize(("name", "parser"), [*parsers()], ids=[n for n, _ in parsers()])
def test_the_help_has_an_example_that_runs(
    name: str,
    parser: ArgumentParser,
    called: Callable[[list[str]], int],
    workplace: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert called([*name.split(), "--help"]) == 0
    shown = examples(capsys.readouterr().out)
    assert shown
    assert shown == examples(parser.epilog or "")  # the words survive the wrapping
    for words in shown:
        assert " ".join(words).startswith(name.removesuffix(" COMMAND"))
        assert called(cheap(words)) == 0, words
        for flag in ("--json", "--figure", "--out", "--report"):
            if flag in words:
                assert (workplace / words[words.index(flag) + 1]).exists()


def test_the_commands_are_found() -> None:
    names = {name for name, _ in parsers()}
    assert names >= {"polytheory", "polytheory verify", "polytheory predict"}


@pytest.mark.parametrize(
    "wrong",
    [
        "example: polytheory verify --law nothing",
        "example: polytheory predict nonzero-count --nothing",
        "example: polytheory diagnose nothing.npz",
    ],
)
def test_an_example_that_does_not_run_is_caught(
    wrong: str, called: Callable[[list[str]], int]
) -> None:
    (words,) = examples(wrong)
    assert called(cheap(words)) == 2


def test_a_help_without_an_example_is_caught() -> None:
    assert examples("usage: polytheory [-h]") == []


def test_wrapped_and_several_examples_are_read() -> None:
    text: Any = "Words.\n\nexample: polytheory verify\n--law x; polytheory COMMAND --help\n"
    first, second = examples(text)
    assert first == ["polytheory", "verify", "--law", "x"]
    assert cheap(second) == ["polytheory", "verify", "--help"]
    assert not re.search("COMMAND", " ".join(cheap(second)))
