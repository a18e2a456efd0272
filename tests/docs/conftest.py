"""Fixtures for tests of the pages: where they are, and what is code in them and what is prose."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

GENERATED = re.compile(r"docs/(_build|auto_|api/generated)|(^|/)\.")
# What is inside these is prose again, or is checked as prose is.
VERBATIM = {"command-line-help", "eval-rst", "facade", "math", "notation-table", "toctree"}


class Block(NamedTuple):
    """A fenced block: its info string, its text, its first line, the last prose before it."""

    info: str
    text: str
    line: int
    before: str


class Page(NamedTuple):
    """The fenced blocks of a page and, its lines kept in their places, the prose around them."""

    blocks: list[Block]
    prose: str


def split_page(text: str) -> Page:
    blocks: list[Block] = []
    prose: list[str] = []
    last = ""
    lines = iter(enumerate(text.splitlines(), 1))
    for number, line in lines:
        fence = re.match(r"( *)(`{3,}|~{3,}|:{3,})\s*(.*)$", line)
        if not fence:
            prose.append(line)
            last = line if line.strip() else last
            continue
        indent, mark, info = fence.groups()
        inside: list[str] = []
        for _, inner in lines:
            if re.fullmatch(rf" *{mark[0]}{{{len(mark)},}} *", inner):
                break
            inside.append(inner.removeprefix(indent))
        else:
            raise AssertionError(f"line {number}: the block is never closed")
        content = "\n".join(inside) + "\n"
        name = re.match(r"\{([\w:-]+)\}", info)
        if name and name[1] not in VERBATIM:  # an admonition or the like
            nested = split_page(content)
            blocks += [b._replace(line=b.line + number) for b in nested.blocks]
            prose += ["", *nested.prose.splitlines(), ""]
        else:
            prose += [""] * (len(inside) + 2)
        blocks.append(Block(info.strip(), content, number, last))
    return Page(blocks, "\n".join(prose))


@pytest.fixture(scope="session")
def split() -> Callable[[str], Page]:
    return split_page


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each test that asks for a `page` one page after the other."""
    if "page" in metafunc.fixturenames:
        root = Path(__file__).parents[2]
        found = sorted(str(path.relative_to(root)) for path in root.rglob("*.md"))
        pages = [name for name in found if not GENERATED.search(name)]
        metafunc.parametrize("page", [root / name for name in pages], ids=pages)


@pytest.fixture(scope="session")
def repository() -> Path:
    return Path(__file__).parents[2]


@pytest.fixture
def workplace(tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder that looks like a clone, in which commands may write."""
    for name in ("derivations", "simulations", "tests"):
        (tmp_path / name).symlink_to(repository / name, target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.syspath_prepend("")  # also takes away what `polytheory verify` adds
    return tmp_path
