"""Links lead somewhere: to files and headings of the repository, to objects of the package.

The build of the site checks its own links and needs Sphinx; this reads every page without it, those
that are not on the site included. Addresses on the web are not fetched.
"""

import pkgutil
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

LINK = re.compile(r"(?<!\\)\[[^\[\]]*\]\(([^()\s]+)\)|^\[[^\]]+\]:\s+(\S+)", re.MULTILINE)
ROLE = re.compile(r"(?<!`)\{([\w:]+)\}`([^`]+)`")
NO_LINK = re.compile(r"`[^`\n]*`|\$\$.*?\$\$|\$[^$]*\$", re.DOTALL)  # code and formulas
Split = Callable[[str], Any]


@pytest.fixture
def broken(split: Split, repository: Path) -> Callable[[Path, str], list[str]]:
    """Return a function from a page's place and text to the targets that lead nowhere."""

    def find(place: Path, text: str) -> list[str]:
        prose = split(text).prose
        shown = NO_LINK.sub("", ROLE.sub("", prose))
        targets = [first or second for first, second in LINK.findall(shown)]
        wrong = [t for t in targets if not _leads(t, place, repository, split, text)]
        return wrong + [
            f"{role} {target}"
            for role, target in ROLE.findall(prose)
            if not _names(role, target.strip(), repository)
        ]

    return find


def _leads(target: str, place: Path, repository: Path, split: Split, text: str) -> bool:
    if re.match(r"https?://|mailto:", target):
        return True
    path, _, anchor = target.partition("#")
    if path.startswith("source:"):
        return (repository / path.removeprefix("source:")).exists() and not anchor
    there = place.parent / path if path else place
    if not there.exists() and path:
        return False
    if not anchor:
        return True
    return anchor in headings(split(there.read_text("utf-8") if path else text).prose)


def headings(prose: str) -> set[str]:
    """Return the anchors that GitHub, and MyST for the site, give to the headings."""
    found = [line.lstrip("# ") for line in prose.splitlines() if re.match("#{1,6} ", line)]
    plain = [re.sub(r"[`*]|\]\([^)]*\)|\[", "", heading).strip().lower() for heading in found]
    return {re.sub(r"[^\w -]", "", heading).replace(" ", "-") for heading in plain}


def _names(role: str, target: str, repository: Path) -> bool:
    """Say whether a role of MyST names something: a page, or an object of the package."""
    if inside := re.search(r"<(.+)>$", target):
        target = inside[1]
    if role == "doc":
        folder, _, name = target.strip("/").rpartition("/")
        if folder == "auto_simulations":
            return name == "index" or (repository / "simulations" / f"{name}.py").is_file()
        return (repository / "docs" / f"{target.strip('/')}.md").is_file()
    if role.startswith("py:"):
        try:
            pkgutil.resolve_name(target.lstrip("~"))
        except (ImportError, AttributeError, ValueError):
            return False
        return True
    return role in {"math", "ref"}  # checked where the site is built


def test_links_lead_somewhere(page: Path, broken: Callable[[Path, str], list[str]]) -> None:
    assert broken(page, page.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "wrong",
    [
        "[a](nothing.md)",
        "[a](../nothing)",
        "[a](#nothing)",
        "[a](design.md#nothing)",
        "[a](source:tests/nothing.py)",
        "[a]: nothing.md",
        "![a](nothing.png)",
        "{doc}`/auto_simulations/nothing`",
        "{doc}`words </nothing>`",
        "{py:mod}`polytheory.nothing`",
        "{py:mod}`no name`",
        "{py:func}`words <polytheory.theory.collisions.nothing>`",
        "{nothing}`x`",
    ],
)
def test_a_link_that_leads_nowhere_is_caught(
    wrong: str, repository: Path, broken: Callable[[Path, str], list[str]]
) -> None:
    assert len(broken(repository / "docs" / "page.md", f"# A\n\n{wrong}\n")) == 1


@pytest.mark.parametrize(
    "right",
    [
        "[a](design.md)",
        "[a](../README.md)",
        "[a](design.md#layout-and-import-direction)",
        "[a](#a)",
        "[](howto/own_law.md)",
        "[a](source:tests/reference)",
        "[a](https://example.org)",
        "`[a](nothing.md)`",
        "```text\n[a](nothing.md)\n```",
        "$[a](b)$ and $$[a](b)$$",
        "{doc}`/auto_simulations/collisions`",
        "{doc}`words </notation>`",
        "{py:mod}`polytheory.theory.collisions`",
        "{py:func}`~polytheory.training.train`",
    ],
)
def test_a_link_that_leads_somewhere_passes(
    right: str, repository: Path, broken: Callable[[Path, str], list[str]]
) -> None:
    assert broken(repository / "docs" / "page.md", f"# A\n\n{right}\n") == []


def test_there_are_pages(repository: Path) -> None:
    names = {path.name for path in (repository / "docs").glob("*.md")}
    assert {"bibliography.md", "design.md", "findings.md", "index.md", "notation.md"} <= names
