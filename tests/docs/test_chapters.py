"""The theory chapters have one form, leave out no result, and lead to its other trees."""

import re
from pathlib import Path

import pytest

from polytheory.laws import CATALOGUE, Law

REPOSITORY = Path(__file__).parents[2]
PAGES = sorted((REPOSITORY / "docs" / "theory").glob("*.md"))
CHAPTERS = [page for page in PAGES if page.stem != "index"]
SECTIONS = [
    "Question",
    "Model",
    "Derivation",
    "Statement",
    "What simulation says",
    "Limits",
    "Exercises",
    "Where this is in the code",
]
COLUMNS = ["statement", "kind", "domain", "law"]  # the last as the catalogue calls it


def objections(name: str, text: str) -> list[str]:
    """Say what a chapter lacks."""
    found = []
    if re.findall(r"^## (.*)$", text, re.MULTILINE) != SECTIONS:
        found.append("sections")
    parts = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    head = re.search(r"^\|(.*)\|$", parts.get("Statement", ""), re.MULTILINE)
    if head is None or [cell.strip() for cell in head[1].split("|")] != COLUMNS:
        found.append("table of statements")
    if f"<!-- statements: {name} -->\n" not in parts.get("Statement", ""):
        found.append("table that follows from the claims")
    if "### Answers" not in parts.get("Exercises", ""):
        found.append("answers")
    if ">>>" not in parts.get("What simulation says", ""):
        found.append("numbers that are computed")
    links = parts.get("Where this is in the code", "")
    for what, pattern in {
        "module": r"`polytheory\.(theory\.\w+|model)",
        "symbolic form": r"`polytheory\.(symbolic\.|theory\.[\w.]+\.proof)",
        "derivation": rf"`/auto_derivations/{name}`",
        "figure": r"`/auto_simulations/\w+`",
        "test": r"\(source:tests/(theory|unit)/test_\w+\.py\)",
    }.items():
        if not re.search(pattern, links):
            found.append(what)
    return found


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_has_every_part(path: Path) -> None:
    assert objections(path.stem, path.read_text("utf-8")) == []


def test_a_chapter_that_lacks_something_is_caught() -> None:
    whole = (REPOSITORY / "docs" / "theory" / "collisions.md").read_text("utf-8")
    for cut, lacking in {
        "## Limits": "sections",
        "| kind |": "table of statements",
        "<!-- statements: collisions -->": "table that follows from the claims",
        "### Answers": "answers",
        "/auto_derivations/collisions": "derivation",
        "/auto_simulations/": "figure",
        "(source:tests/": "test",
        ".proof_": "symbolic form",
    }.items():
        assert cut in whole
        assert lacking in objections("collisions", whole.replace(cut, ""))


def test_every_derivation_has_a_chapter() -> None:
    scripts = {path.stem for path in (REPOSITORY / "derivations").glob("*.py")}
    assert {path.stem for path in CHAPTERS} == scripts


@pytest.mark.parametrize("law", [pytest.param(law, id=law.name) for law in CATALOGUE])
def test_every_law_is_in_the_chapter_of_its_source(law: Law) -> None:
    assert law.claim is not None
    # What is measured stands in the chapter of its topic, polytheory.theory.TOPIC.
    page = law.claim.chapter if law.claim.chapter != "findings" else law.check.split(".")[2]
    text = (REPOSITORY / "docs" / "theory" / f"{page}.md").read_text("utf-8")
    assert f"| `{law.name}` |" in text
