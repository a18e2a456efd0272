"""The report is a whole page, fetches nothing, escapes what it is given, and shows what failed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy as sp

from polytheory import CATALOGUE, Domain, Interval, Kind, Law, Observation, verify
from polytheory.cli import _verify, main
from polytheory.compare import compare_case
from polytheory.report import require_writable, write_report
from polytheory.report._html import Ids, element
from polytheory.report._mathml import formulas, written
from polytheory.report._numbers import number, tick
from polytheory.report._pictures import MAX_POINTS, points_of
from polytheory.symbolic import Statement
from polytheory.verification import Verification

Capture = pytest.CaptureFixture[str]

HOLDS, FAILS, UNUSABLE = 0, 1, 2
QUICK = "l1_speed"

# --- a page as a tree -----------------------------------------------------------------------------

VOID = {"meta", "br", "img", "link", "input", "hr"}


@dataclass
class Node:
    tag: str
    attributes: dict[str, str]
    children: list["Node | str"] = field(default_factory=list)

    def __iter__(self) -> Iterator["Node"]:
        yield self
        for child in self.children:
            if isinstance(child, Node):
                yield from child

    def all(self, *tags: str) -> list["Node"]:
        return [node for node in self if node.tag in tags]

    @property
    def text(self) -> str:
        return "".join(c if isinstance(c, str) else c.text for c in self.children)

    def has_class(self, name: str) -> bool:
        return name in self.attributes.get("class", "").split()


class Parser(HTMLParser):
    """Build the tree; an end tag that does not fit, or one that is missing, is an error."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("document", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"<{tag}> has an attribute twice"
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def tree(text: str) -> Node:
    parser = Parser()
    parser.feed(text)
    parser.close()
    assert parser.open == [parser.root], f"<{parser.open[-1].tag}> is not closed"
    return parser.root


# --- the checkers ---------------------------------------------------------------------------------

LINKS = {"href", "aria-labelledby"}
LOADERS = {"script", "link", "img", "iframe", "object", "embed", "audio", "video", "source", "base"}


def repeated_ids(page: Node) -> list[str]:
    ids = [node.attributes["id"] for node in page if "id" in node.attributes]
    return sorted({each for each in ids if ids.count(each) > 1})


def dangling_links(page: Node) -> list[str]:
    ids = {node.attributes.get("id") for node in page}
    asked = []
    for node in page:
        for name in LINKS & set(node.attributes):
            value = node.attributes[name]
            asked += [value] if name == "href" else [f"#{part}" for part in value.split()]
        clip = node.attributes.get("clip-path", "")
        asked += [clip.removeprefix("url(").removesuffix(")")] if clip else []
    return [each for each in asked if not (each.startswith("#") and each[1:] in ids)]


def loads(page: Node) -> list[str]:
    """Name what would run or be fetched: elements, handlers, addresses."""
    found = [f"<{node.tag}>" for node in page if node.tag in LOADERS]
    for node in page:
        for name, value in node.attributes.items():
            plain = value.replace(" ", "").lower()
            if name.startswith("on") or name in {"src", "srcset", "data", "action", "style-src"}:
                found.append(name)
            if "://" in value or plain.startswith(("javascript:", "data:", "//")):
                found.append(value)
            if "url(" in plain.replace("url(#", ""):
                found.append(value)
        if node.tag == "style" and any(w in node.text for w in ("url(", "@import", "://")):
            found.append("style")
    return found


def unnamed_figures(page: Node) -> list[str]:
    bad = []
    for svg in page.all("svg"):
        labels = {node.tag: node for node in svg if node.tag in {"title", "desc"}}
        names = svg.attributes.get("aria-labelledby", "").split()
        known = {node.attributes.get("id") for node in labels.values() if node.text.strip()}
        if svg.attributes.get("role") != "img" or not names or not set(names) <= known:
            bad.append(svg.attributes.get("aria-labelledby", "no name"))
    return bad


def heading_jumps(page: Node) -> list[str]:
    levels = [int(node.tag[1]) for node in page.all("h1", "h2", "h3", "h4", "h5", "h6")]
    first = [] if levels[:1] == [1] and levels.count(1) == 1 else ["h1"]
    steps = pairwise(levels)
    return first + [f"h{above} h{below}" for above, below in steps if below > above + 1]


def bare_tables(page: Node) -> list[str]:
    def bare(table: Node) -> bool:
        scoped = all(th.attributes.get("scope") in {"row", "col"} for th in table.all("th"))
        rows = table.all("tr")
        headed = all(row.all("th") for row in rows)
        return not (table.all("caption") and scoped and rows and headed)

    return [table.text[:40] for table in page.all("table") if bare(table)]


CHECKERS: list[Callable[[Node], list[str]]] = [
    repeated_ids,
    dangling_links,
    loads,
    unnamed_figures,
    heading_jumps,
    bare_tables,
]
BAD_PAGES = [
    (repeated_ids, "<p id='a'></p><p id='a'></p>"),
    (dangling_links, "<a href='#nowhere'></a>"),
    (dangling_links, "<a href='other.html'></a>"),
    (dangling_links, "<section aria-labelledby='nobody'></section>"),
    (dangling_links, "<g clip-path='url(#none)'></g>"),
    (loads, "<script></script>"),
    (loads, "<img src='x.png'>"),
    (loads, "<p onclick='f()'></p>"),
    (loads, "<a href='https://example.org'></a>"),
    (loads, "<a href='javascript:f()'></a>"),
    (loads, "<p style='background: url(x.png)'></p>"),
    (loads, "<style>@import 'x.css'</style>"),
    (loads, "<style>@font-face { src: url(x.woff) }</style>"),
    (unnamed_figures, "<svg></svg>"),
    (unnamed_figures, "<svg role='img' aria-labelledby='t'><title id='t'></title></svg>"),
    (heading_jumps, "<h1></h1><h3></h3>"),
    (heading_jumps, "<h2></h2>"),
    (heading_jumps, "<h1></h1><h1></h1>"),
    (bare_tables, "<table><tr><th scope='row'>a</th></tr></table>"),
    (bare_tables, "<table><caption>c</caption><tr><th>a</th></tr></table>"),
    (bare_tables, "<table><caption>c</caption><tr><td>a</td></tr></table>"),
]


@pytest.mark.parametrize(("checker", "page"), BAD_PAGES)
def test_a_bad_page_is_caught(checker: Callable[[Node], list[str]], page: str) -> None:
    assert checker(tree(page))


@pytest.mark.parametrize("page", ["<p>", "<p></div></p>", "</p>", "<p id='a' id='b'></p>"])
def test_a_page_that_is_not_well_formed_is_caught(page: str) -> None:
    with pytest.raises(AssertionError):
        tree(page)


# --- laws of every kind, and some that fail -------------------------------------------------------

ERROR = 1e-9


def decay(x: float) -> Observation:
    return Observation(np.asarray(np.exp(-x)), np.asarray(ERROR), "the instrument")


def toy(name: str, kind: Kind, predict: Callable[..., Any], **changes: Any) -> Law:
    domain = Domain({"x": Interval(1e-3, 0.1, log=True)})
    given = {"name": name, "kind": kind, "statement": "e⁻ˣ", "domain": domain, "observe": decay}
    return Law(**given | {"predict": predict} | changes)


def catalogued(name: str) -> Law:
    return next(law for law in CATALOGUE if law.name == name)


def breaks_late(x: float) -> Observation:
    if x == 1e-3:  # the first corner of the domain
        return decay(x)
    raise RuntimeError(HOSTILE)


HOSTILE = "\"><img src=x onerror=alert(1)><script>alert('1')</script>&amp;$x_{$ \x00\ud800"
TOYS = [
    toy("exact", Kind.EXACT, lambda x: np.exp(-x)),
    toy("slope", Kind.LEADING_ORDER, lambda x: 1.0 - x, small="x", order=2.0),
    toy("band", Kind.LEADING_ORDER, lambda x: 1.0 / (1.0 + x), band=(0.995, 1.0)),
    toy("bound", Kind.BOUND, lambda x: (1.0 - x, np.inf), tight=0.01),
    toy("statistical", Kind.STATISTICAL, lambda x: np.exp(-x)),
    toy("empirical", Kind.EMPIRICAL, lambda x: np.exp(-x)),
]
WRONG = [
    toy("wrong_exact", Kind.EXACT, lambda x: 1.001 * np.exp(-x)),
    toy("wrong_slope", Kind.LEADING_ORDER, lambda x: 1.0 - 0.9 * x, small="x", order=2.0),
    toy("wrong_band", Kind.LEADING_ORDER, lambda x: 1.01 / (1.0 + x), band=(0.995, 1.0)),
    toy("wrong_bound", Kind.BOUND, lambda x: (1.0 - 0.9 * x, 1.0), tight=0.01),
    toy("vacuous", Kind.BOUND, lambda **_: (-np.inf, np.inf), tight=0.01),
    toy("vacuous_slope", Kind.LEADING_ORDER, lambda x: np.exp(-x), small="x", order=2.0),
]
BREAKS = [
    toy("breaks", Kind.EXACT, lambda **_: 1 / 0),
    toy("breaks_late", Kind.EXACT, lambda x: np.exp(-x), observe=breaks_late),
]


def hostile_statement() -> Statement:
    x = sp.Symbol(HOSTILE)
    function = sp.Function("<b onclick=f()>")
    return Statement(name=HOSTILE, claim=sp.Eq(x, function(x)), residuals={HOSTILE: sp.S.Zero})


HOSTILES = [
    toy(
        HOSTILE,
        Kind.EXACT,
        lambda **_: 2.0,
        statement=HOSTILE,
        source=HOSTILE,
        note=HOSTILE,
        symbolic=hostile_statement,
        closed_form=None,
        domain=Domain({"x": Interval(0, 1)}, because=HOSTILE),
        observe=lambda x: Observation(np.asarray(x), np.asarray(0.0), HOSTILE),
    ),
    toy("summary", Kind.EXACT, lambda x: np.exp(-x)),
    toy("summary", Kind.EXACT, lambda x: np.exp(-x)),
    toy("λ t/2", Kind.EXACT, lambda x: np.exp(-x)),
    toy("exact-head", Kind.EXACT, lambda x: np.exp(-x)),
]
REAL = [catalogued(QUICK), catalogued("critical_l1")]
ALL = [*TOYS, *WRONG, *BREAKS, *HOSTILES, *REAL]


@pytest.fixture(scope="module")
def result() -> Verification:
    return verify(ALL, rng=7)


@pytest.fixture(scope="module")
def text(result: Verification, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("report") / "report.html"
    return write_report(result, path, sources={HOSTILES[0]: f"a b.py:{HOSTILE}"}).read_text("utf-8")


@pytest.fixture(scope="module")
def page(text: str) -> Node:
    return tree(text)


def section(page: Node, name: str) -> Node:
    (found,) = (node for node in page.all("section") if node.attributes.get("id") == name)
    return found


# --- the page -------------------------------------------------------------------------------------


@pytest.mark.parametrize("checker", CHECKERS)
def test_the_page_is_in_order(page: Node, checker: Callable[[Node], list[str]]) -> None:
    assert checker(page) == []


def test_the_page_says_what_it_is(page: Node, text: str) -> None:
    assert text.startswith('<!DOCTYPE html>\n<html lang="en">')
    (title,) = page.all("head")[0].all("title")
    held = len(TOYS) + 4 + len(REAL)
    assert title.text == f"polytheory verification report: {held} of {len(ALL)} laws hold"
    assert page.all("main")
    first = page.all("body")[0].all("a")[0]
    assert (first.text, first.attributes["href"]) == ("Skip to the summary", "#summary")
    policies = [node for node in page.all("meta") if "http-equiv" in node.attributes]
    assert [node.attributes["content"][:18] for node in policies] == ["default-src 'none'"]
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text


def test_every_law_has_a_row_and_a_section_with_a_picture_and_a_table(page: Node) -> None:
    sections = [node for node in page.all("section") if node.has_class("law")]
    titles = [node.all("h3")[0].text for node in sections]
    assert len(titles) == len(ALL)
    assert all(t.startswith(law.name[:9]) for t, law in zip(titles, ALL, strict=True))
    (summary, *_) = page.all("table")
    links = [node.attributes["href"][1:] for node in summary.all("a")]
    assert links == [node.attributes["id"] for node in sections]
    for node in sections:
        compared = "No case was compared." not in node.text
        for tag in ("figure", "svg", "table"):
            assert len(node.all(tag)) == compared


@pytest.mark.parametrize("law", [*TOYS, *WRONG, *BREAKS, *REAL], ids=lambda law: law.name)
def test_verdict_kind_domain_and_tolerance_are_shown(
    page: Node, result: Verification, law: Law
) -> None:
    report = next(each for each in result.reports if each.law is law)
    node = section(page, law.name)
    assert node.has_class(report.outcome.lower())
    assert report.outcome in node.all("h3")[0].text
    entries = {dt.text: dd.text for dt, dd in zip(node.all("dt"), node.all("dd"), strict=True)}
    assert entries["kind"] == law.kind.value
    assert entries["domain"] == law.domain.words()
    assert entries.get("cases", "") == ("" if law.cases is law.domain else law.cases.words())
    assert entries.get("because", "") == law.why
    if report.verdict:
        assert entries["tolerance"] == report.verdict.reason
    assert entries.get("error", "") == report.error.replace("\x00", "�").replace("\ud800", "�")
    assert entries.get("source", "") == (law.claim.citation if law.claim else law.source)


def words(node: Node, tag: str) -> list[str]:
    return [each.text for each in node.all(tag)]


@pytest.mark.parametrize("law", [*TOYS, *WRONG], ids=lambda law: law.name)
def test_the_table_marks_each_case(page: Node, result: Verification, law: Law) -> None:
    report = next(each for each in result.reports if each.law is law)
    rows = section(page, law.name).all("tbody")[0].all("tr")
    marks = ["✓ within" if each.holds else "✗ outside" for each in report.compared]
    assert [words(row, "td")[-1] for row in rows] == marks
    assert [row.has_class("row-no") for row in rows] == [not each.holds for each in report.compared]
    assert len(rows) == report.cases


def test_failing_laws_are_named_at_the_top(page: Node) -> None:
    (line,) = (node for node in page.all("p") if node.text.startswith("Not holding: "))
    links = [node.attributes["href"] for node in line.all("a")]
    assert links[: len(WRONG)] == [f"#{law.name}" for law in WRONG]
    assert "#exact" not in links


def test_what_was_compared_before_an_error_is_shown(page: Node) -> None:
    assert "No case was compared." in section(page, "breaks").text
    late = section(page, "breaks_late")
    assert late.has_class("error")
    assert "The exception ended the comparison after 1 of 8 cases." in late.text
    assert len(late.all("tbody")[0].all("tr")) == len(late.all("svg")) == 1


def test_formulas_are_mathml_with_the_letters_of_the_field(page: Node) -> None:
    node = section(page, "critical_l1")
    (formula,) = (each for each in node.all("math") if each.attributes.get("display") == "block")
    assert formula.text.replace("\N{INVISIBLE TIMES}", "") == "λc=239k"  # λ_c = 2√3/(9√k)
    assert len(formula.all("mfrac")) == 1
    assert len(formula.all("msqrt")) == 2
    assert "k is n_equal" in node.text
    assert section(page, "exact").all("math") == []  # no symbolic form: the statement in words
    assert "e⁻ˣ" in section(page, "exact").text


@pytest.mark.parametrize("law", CATALOGUE, ids=lambda law: law.name)
def test_every_statement_of_the_catalogue_can_be_written(law: Law) -> None:
    if law.symbolic is None:
        pytest.skip("has no symbolic form")
    shown = formulas(law.symbolic())
    assert shown
    for formula in shown:
        node = tree(formula)
        assert node.all("mo")
        assert "_" not in node.text
        assert "&" not in node.text


# --- escapes --------------------------------------------------------------------------------------


def test_a_hostile_law_is_shown_as_text(page: Node, text: str) -> None:
    (node,) = (n for n in page.all("section") if "onerror" in "".join(words(n, "h3")[:1]))
    seen = HOSTILE.replace("\x00", "�").replace("\ud800", "�")
    assert node.text.count(seen) >= 5  # name, statement, domain, reference, note, formula …
    assert seen in node.all("svg")[0].all("title")[0].text
    assert f"'a b.py:{seen[:2]}" in node.all("pre")[0].text
    assert "<script" not in text
    assert "<img" not in text
    assert set(node.attributes["id"]) <= set("abcdefghijklmnopqrstuvwxyz0123456789-._")


def test_ids_of_hostile_and_equal_names_differ(page: Node) -> None:
    ids = [node.attributes["id"] for node in page.all("section") if node.has_class("law")]
    assert ids[-6:-2] == ["summary-2", "summary-3", "t-2", "exact-head"]
    fresh = Ids("summary")
    assert [fresh.new(name) for name in ("a", "a", "summary", "", "1", "<>")] == [
        "a",
        "a-2",
        "summary-2",
        "law",
        "law-1",
        "law-2",
    ]


def test_elements_escape_what_is_no_html() -> None:
    made = element("p", "<b>", element("i", "&"), class_='"x"')
    assert made == '<p class="&quot;x&quot;">&lt;b&gt;<i>&amp;</i></p>'


def test_a_formula_that_is_no_mathml_is_refused() -> None:
    class Sneaky(sp.Symbol):
        def _mathml_presentation(self, printer: Any) -> Any:
            return printer.dom.createElement("script")

    x = Sneaky("x")
    statement = Statement(name="x", claim=x, residuals={"x": sp.S.Zero})
    with pytest.raises(ValueError, match="script"):
        formulas(statement)


# --- numbers, letters, points ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.5, "0.5"), (-1e-9, "−1e−9"), (2e10, "2e10"), (np.inf, "∞"), (-np.inf, "−∞"), (np.nan, "–")],
)
def test_numbers_are_written_as_one_reads_them(value: float, shown: str) -> None:
    assert number(value) == shown


def test_ticks() -> None:
    assert [tick(x) for x in (0.0, 0.1, 1e-6, 1e4, 0.25)] == ["0", "0.1", "10⁻⁶", "10⁴", "0.25"]
    assert [tick(x) for x in (0.000105, -2e-5, 0.0025)] == ["1.05e−4", "−2e−5", "0.0025"]


@pytest.mark.parametrize(
    ("marked", "markup"),
    [
        ("x_+", "<msub><mi>x</mi><mo>+</mo></msub>"),
        ("w^{10}", "<msup><mi>w</mi><mrow><mn>1</mn><mn>0</mn></mrow></msup>"),
        ("a_i^2", "<msubsup><mi>a</mi><mi>i</mi><mn>2</mn></msubsup>"),
        (
            "dx//dt",
            "<mfrac><mrow><mi>d</mi><mi>x</mi></mrow><mrow><mi>d</mi><mi>t</mi></mrow></mfrac>",
        ),
        ('"ReLU"', "<mi>ReLU</mi>"),
    ],
)
def test_the_notation_of_letters(marked: str, markup: str) -> None:
    assert written(marked) == markup


def wide(size: int, worst: int) -> Law:
    def observe(**_: float) -> Observation:
        seen = np.ones(size)
        seen[worst] += 1e-6
        return Observation(seen, np.full(size, ERROR), "")

    return toy("wide", Kind.EXACT, lambda **_: np.ones(size), observe=observe)


def test_many_numbers_are_thinned_and_the_worst_stays() -> None:
    compared = [compare_case(wide(100_000, 777), {"x": x}) for x in (0.1, 0.2)]
    points = points_of(compared)
    assert points.observed.size <= MAX_POINTS
    assert (~points.passed).sum() == 2
    (report,) = verify([wide(100_000, 777)]).reports
    assert all(each.observed.size <= MAX_POINTS for each in report.compared)
    assert all(each.observed.size + each.left_out == 100_000 for each in report.compared)
    assert all(not each.holds for each in report.compared)


def test_a_bound_that_is_thinned_keeps_its_sides() -> None:
    law = toy("b", Kind.BOUND, lambda **_: (0.0, np.ones(1000)), tight=1.0)
    law = replace(law, observe=lambda **_: np.linspace(0, 1, 1000))
    thin = compare_case(law, {"x": 0.1}).thinned(10)
    assert (np.shape(thin.predicted[0]), np.shape(thin.predicted[1])) == ((), (10,))


def test_numbers_that_cannot_be_drawn_are_still_in_the_table(tmp_path: Path) -> None:
    huge = toy("huge", Kind.EXACT, lambda **_: 1e300, observe=decay)
    page = tree(write_report(verify([huge]), tmp_path / "r.html").read_text("utf-8"))
    node = section(page, "huge")
    assert "could not be drawn" in node.text
    assert "1e300" in node.all("table")[0].text


def test_a_law_judged_as_exact_is_shown_as_exact_whatever_else_it_carries(tmp_path: Path) -> None:
    law = toy("plain", Kind.EXACT, lambda x: np.exp(-x), small="x", order=2.0)
    page = tree(write_report(verify([law]), tmp_path / "r.html").read_text("utf-8"))
    assert "fraction of it" in words(section(page, "plain"), "th")


def test_the_power_stands_beside_the_verdict(tmp_path: Path) -> None:
    found = verify("growth_threshold", power=True)
    page = write_report(found, tmp_path / "r.html").read_text("utf-8")
    assert found.reports[0].power is not None
    assert found.reports[0].power.words() in page


def test_the_errors_at_both_levels_are_kept(result: Verification) -> None:
    report = next(each for each in result.reports if each.name == "slope")
    for each in report.compared:
        coarse, fine = each.levels
        assert fine.small == pytest.approx(coarse.small / 4)
        x = coarse.small
        assert coarse.error == pytest.approx(abs(np.exp(-x) - (1 - x)) / (1 - x))


def test_data_of_a_verification_hold_nothing_of_the_report(result: Verification) -> None:
    for each in result.to_dict()["laws"]:
        assert not {"law", "compared"} & set(each)
        assert "statement" not in (each["symbolic"] or {})
    keys = {"holds", "disagreement", "tolerance", "reason", "worst", "predicted", "observed"}
    keys |= {"undecided", "p_value", "false_alarm", "pooled"}
    assert set(result.to_dict()["laws"][0]["verdict"]) == keys


# --- how to make it again -------------------------------------------------------------------------


def again(page: Node, name: str) -> str:
    return section(page, name).all("pre")[0].text


def test_how_to_rerun_is_shown(page: Node) -> None:
    assert again(page, QUICK) == f"polytheory verify --law {QUICK} --seed 7"
    assert again(page, "exact").startswith("polytheory.verify([law], rng=7)")


def test_versions_seed_and_commit_are_shown(page: Node, result: Verification) -> None:
    table = {row.all("th")[0].text: row.text for row in page.all("table")[-1].all("tr")}
    for name, version in result.versions.items():
        assert version in table[name]
    assert "7" in table["seed"]
    assert table["commit"]
    assert "UTC" in table["date"]


# --- the command ----------------------------------------------------------------------------------


def test_the_command_writes_it_beside_text_and_json(tmp_path: Path, capsys: Capture) -> None:
    file, data = tmp_path / "r.html", tmp_path / "r.json"
    given = ["--law", QUICK, "--report", str(file), "--json", str(data), "--seed", "3"]
    assert main(["verify", *given]) == HOLDS
    assert "1 of 1 laws hold" in capsys.readouterr().out
    assert data.exists()
    page = tree(file.read_text("utf-8"))
    assert again(page, QUICK) == f"polytheory verify --law {QUICK} --seed 3"


def test_the_command_writes_laws_that_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right = catalogued("growth_threshold")
    wrong = replace(right, predict=lambda **given: 1.01 * right.predict(**given))
    monkeypatch.setattr(_verify, "CATALOGUE", (catalogued(QUICK), wrong))
    assert main(["verify", "--report", str(tmp_path / "r.html")]) == FAILS
    page = tree((tmp_path / "r.html").read_text("utf-8"))
    assert section(page, "growth_threshold").has_class("fails")
    assert section(page, QUICK).has_class("holds")


def test_a_law_of_one_s_own_is_rerun_from_its_file(tmp_path: Path) -> None:
    source = tmp_path / "my laws.py"
    source.write_text(
        "from polytheory import Domain, Interval, Kind, Law\n"
        "MINE = Law(name='mine', kind=Kind.EXACT, domain=Domain({'x': Interval(0, 1)}),\n"
        "           predict=lambda x: x, observe=lambda x: x)\n",
        "utf-8",
    )
    assert (
        main(["verify", "--law", f"{source}:MINE", "--report", str(tmp_path / "r.html")]) == HOLDS
    )
    page = tree((tmp_path / "r.html").read_text("utf-8"))
    assert f"--law '{source}:MINE'" in again(page, "mine")


@pytest.fixture
def nothing_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("something was judged")

    monkeypatch.setattr(_verify, "verify", refuse)
    monkeypatch.setattr(_verify, "judge_recorded", refuse)


@pytest.mark.usefixtures("nothing_is_judged")
@pytest.mark.parametrize(
    "given",
    [
        ["--report", "no/such/folder/r.html"],
        ["--report", "."],
        ["--report", "r.html", "--list"],
        ["--report", "r.html", "--recorded", "run.npz"],
        ["--report", "r.html", "--json", "r.html"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_written_is_refused_at_once(
    given: list[str], working_folder: Path, capsys: Capture
) -> None:
    assert main(["verify", *given]) == UNUSABLE
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("polytheory verify: --report")
    assert list(working_folder.iterdir()) == []


def test_the_result_stands_if_the_file_cannot_be_written_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(_verify, "write_report", full)
    data = tmp_path / "r.json"
    given = ["--law", QUICK, "--report", str(tmp_path / "r.html"), "--json", str(data)]
    assert main(["verify", *given]) == UNUSABLE
    out, err = capsys.readouterr()
    assert "1 of 1 laws hold" in out
    assert "no space left on device" in err.splitlines()[-1]
    assert data.exists()


def test_a_file_that_is_there_is_left_as_it_was_by_the_check(tmp_path: Path) -> None:
    file = tmp_path / "r.html"
    assert require_writable(file) == file
    assert not file.exists()
    file.write_text("old", "utf-8")
    require_writable(file)
    assert file.read_text("utf-8") == "old"


def test_what_is_no_verification_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"verification must be what polytheory\.verify returns"):
        write_report({}, tmp_path / "r.html")  # type: ignore[arg-type]
