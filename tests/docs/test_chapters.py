"""The chapters have one form, leave out no result, and every claim cites a section of one."""

import importlib
import re
from pathlib import Path

import pytest

from polytheory.claims import Claim, claims_of
from polytheory.laws import CATALOGUE, Law
from polytheory.theory import predictors

FOLDER = Path(__file__).parents[2] / "derivations"
CHAPTERS = [page for page in sorted(FOLDER.glob("*.md")) if page.stem != "README"]
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
COLUMNS = ["statement", "kind", "domain", "law", "notices"]
ANSWER = re.compile(r"(?ms)^ +<details><summary>Answer</summary>\n\n.*?^ +</details>$")
CITED = {
    **{claim.name: claim for form in predictors() for claim in claims_of(form)},
    **{law.name: law.claim for law in CATALOGUE if law.claim},
}


def objections(name: str, text: str) -> list[str]:
    """Say what a chapter lacks."""
    found = []
    if re.findall(r"^## (.*)$", text, re.MULTILINE) != SECTIONS:
        found.append("sections")
    parts = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    derivation = parts.get("Derivation", "")
    if not re.search(r"^### ", derivation, re.MULTILINE) or "\nassert " not in derivation:
        found.append("steps that are asserted")
    head = re.search(r"^\|(.*)\|$", parts.get("Statement", ""), re.MULTILINE)
    if head is None or [cell.strip() for cell in head[1].split("|")] != COLUMNS:
        found.append("table of statements")
    if f"<!-- statements: {name} -->\n" not in parts.get("Statement", ""):
        found.append("table that follows from the claims")
    exercises = parts.get("Exercises", "")
    questions = re.findall(r"^\d+\. ", exercises, re.MULTILINE)
    if not questions or len(ANSWER.findall(exercises)) != len(questions):
        found.append("a folded answer for each exercise")
    simulation = parts.get("What simulation says", "")
    if ">>>" not in simulation:
        found.append("numbers that are computed")
    picture = re.search(rf"(?ms)^!\[.+?\]\(pictures/{name}\.png\)$(.*)", simulation)
    if not picture or f'savefig("{name}.png"' not in simulation:
        found.append("picture")
    elif not re.match(r"\s*\*.*\bn\b.*\bm\b|\s*\*.*(λ|lambda)", picture[1]):
        found.append("caption with its settings")
    links = parts.get("Where this is in the code", "")
    for what, pattern in {
        "module": r"\(\.\./polytheory/(theory/|model\.py)",
        "symbolic form": r"\(\.\./polytheory/[\w/]*proof\w*\.py\)|`proof\.py`",
        "figure": r"\(\.\./simulations/\w+\.py\)",
        "test": r"\(\.\./tests/(theory|unit)/test_\w+\.py\)",
    }.items():
        if not re.search(pattern, links):
            found.append(what)
    return found


def headings(page: Path) -> list[str]:
    return re.findall(r"^###? (.*)$", page.read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_chapter_has_every_part(path: Path) -> None:
    assert objections(path.stem, path.read_text("utf-8")) == []


def test_a_chapter_that_lacks_something_is_caught() -> None:
    whole = (FOLDER / "collisions.md").read_text("utf-8")
    for cut, lacking in {
        "## Limits": "sections",
        "\nassert ": "steps that are asserted",
        "| kind |": "table of statements",
        "<!-- statements: collisions -->": "table that follows from the claims",
        "</details>": "a folded answer for each exercise",
        "(pictures/": "picture",
        "(../simulations/": "figure",
        "(../tests/": "test",
        "proof": "symbolic form",
    }.items():
        assert cut in whole
        assert lacking in objections("collisions", whole.replace(cut, ""))


@pytest.mark.parametrize("law", [pytest.param(law, id=law.name) for law in CATALOGUE])
def test_every_law_is_in_the_chapter_of_its_source(law: Law) -> None:
    assert law.claim is not None
    text = (FOLDER / f"{law.claim.chapter}.md").read_text("utf-8")
    assert f"| `{law.name}` |" in text


@pytest.mark.parametrize("claim", [pytest.param(claim, id=name) for name, claim in CITED.items()])
def test_every_claim_cites_a_section_that_exists(claim: Claim) -> None:
    assert claim.section in headings(FOLDER / f"{claim.chapter}.md")


CITATION = re.compile(r"derivations/(\w+), “([^”]+)”")
SOURCES = sorted((FOLDER.parent / "polytheory").rglob("*.py"))


def unresolved(text: str) -> list[str]:
    """Return the citations of chapters in docstrings that lead nowhere."""
    cited = CITATION.findall(" ".join(text.split()))  # a citation may go over lines
    there = {page.stem: headings(page) for page in CHAPTERS}
    return [f"{chapter}: {section}" for chapter, section in cited if section not in there[chapter]]


def test_every_citation_of_a_docstring_resolves() -> None:
    texts = {path: path.read_text("utf-8") for path in SOURCES}
    assert sum(len(CITATION.findall(text)) for text in texts.values()) > 100
    assert {path: found for path, text in texts.items() if (found := unresolved(text))} == {}
    assert not [
        path for path, text in texts.items() if re.search(r"theory \d+\.\d|theory\.md", text)
    ]


def test_a_citation_that_leads_nowhere_is_caught() -> None:
    assert unresolved("derivations/noise, “The\n    window”") == []
    assert unresolved("derivations/noise, “The door”") == ["noise: The door"]


CODE_LINK = re.compile(r"\[([^\[\]]*`[^\[\]]*)\]\(\.\./(polytheory/[\w/]+)\.py\)")


def not_in_their_module(text: str) -> list[str]:
    """Return the names in links to a module of the package that the module does not define."""
    return [
        f"{module}: {name}"
        for words, path in CODE_LINK.findall(text)
        for module in [path.removesuffix("/__init__").replace("/", ".")]
        for name in re.findall(r"`(\w+)`", words)  # a dotted name is that of the module
        if not hasattr(importlib.import_module(module), name)
    ]


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_names_in_links_are_in_their_module(path: Path) -> None:
    assert not_in_their_module(path.read_text("utf-8")) == []


def test_a_name_that_its_module_lacks_is_caught() -> None:
    link = "[`{}` and `completion_time`](../polytheory/theory/sparsification/{}.py)"
    assert not_in_their_module(link.format("hitting_time", "slow_manifold/__init__")) == []
    assert not_in_their_module(link.format("slow_time", "slow_manifold/__init__")) == [
        "polytheory.theory.sparsification.slow_manifold: slow_time"
    ]
