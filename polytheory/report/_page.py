"""The page of the report: a summary, one section per law, and how to reproduce it."""

from __future__ import annotations

import platform
import shlex
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import resources
from typing import TYPE_CHECKING, Any

from polytheory import plotting
from polytheory._provenance import commit_of
from polytheory.checking import Law
from polytheory.laws import CATALOGUE
from polytheory.report._html import Html, Ids, element, joined, scrolled, table
from polytheory.report._mathml import formulas, legend
from polytheory.report._numbers import number
from polytheory.report._pictures import MAX_POINTS, draw
from polytheory.report._residuals import residual_table
from polytheory.report._svg import inline_svg
from polytheory.verification import LawReport, SymbolicCheck, Verification

if TYPE_CHECKING:
    from polytheory.symbolic import Statement

#: A sign beside each word, so that colour is not the only mark of a verdict.
SIGNS = {"holds": "✓", "measured": "≈", "UNDECIDED": "?", "FAILS": "✗", "ERROR": "!"}
MEANINGS = {
    "holds": "algebra and simulation agree with the law within the tolerance",
    "measured": "the same for an empirical law, which is measured and not derived",
    "UNDECIDED": "nothing contradicts the law, but nothing could have: the reason stands with it",
    "FAILS": "algebra or simulation contradicts the law",
    "ERROR": "a part of the law raised an exception, so it could not be judged",
}
#: If an escape ever failed, the browser would still run and fetch nothing.
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
#: Ids of the page itself. Ids of the parts of a law have a colon, which ids of laws cannot have.
OWN_IDS = ("main", "summary", "laws", "origin")


def page(result: Verification, sources: Mapping[Law, str]) -> str:
    """Return the whole document."""
    ids = Ids(*OWN_IDS)
    named = [(report, ids.new(report.name)) for report in result.reports]
    title = "polytheory verification report"
    style = resources.files("polytheory.report").joinpath("style.css").read_text("utf-8")
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("title", f"{title}: {_outcome(result)}"),
        element("style", Html(style)),
    )
    now = datetime.now(UTC)
    header = element(
        "header",
        element("h1", title),
        element("p", f"{_outcome(result)}.", class_="lead"),
        element("p", f"{now:%d %B %Y}, seed {result.seed}", class_="soft"),
    )
    sections = [_law_section(report, anchor, result, sources) for report, anchor in named]
    main = element(
        "main",
        _summary(result, named),
        element("h2", "Laws", id="laws"),
        *sections,
        _origin(result, now, sources),
        id="main",
    )
    skip = element("a", "Skip to the summary", href="#summary", class_="skip")
    footer = element("footer", element("p", element("a", "Back to the summary", href="#summary")))
    body = element("body", skip, header, main, footer)
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en')}\n"


def _outcome(result: Verification) -> str:
    held = sum(report.holds for report in result.reports)
    stopped = "; stopped before the rest" if result.stopped else ""
    return f"{held} of {len(result.reports)} laws hold{stopped}"


def _outcome_label(word: str) -> Html:
    sign = element("span", SIGNS[word], aria_hidden="true")
    return element("span", sign, f" {word}", class_="word")


# --- summary --------------------------------------------------------------------------------------


def _summary(result: Verification, named: list[tuple[LawReport, str]]) -> Html:
    count = Counter(report.outcome for report in result.reports)
    there = [word for word in SIGNS if count[word]]
    counts = [
        element(
            "li", _outcome_label(word), f" {count[word]}", class_=word.lower(), title=MEANINGS[word]
        )
        for word in there
    ]
    words = [joined(element("strong", word), f": {MEANINGS[word]}. ") for word in there]
    bad = _separated([_link(*each) for each in named if not each[0].holds])
    laws = table(
        "Every law, with the case that came closest to failing or failed worst",
        ("law", "kind", "verdict", "off by", "tolerance", "cases", "seconds"),
        (_summary_row(report, anchor) for report, anchor in named),
    )
    return element(
        "section",
        element("h2", "Summary", id="summary"),
        element("ul", *counts, class_="counts"),
        element("p", "Not holding: ", *bad, class_="bad") if bad else "",
        element("p", *words, class_="soft"),
        scrolled(laws, label="Table of laws"),
    )


def _separated(items: list[Html]) -> list[str]:
    return [part for item in items for part in (", ", item)][1:]


def _link(report: LawReport, anchor: str) -> Html:
    return element("a", report.name, href=f"#{anchor}")


def _summary_row(report: LawReport, anchor: str) -> Html:
    verdict = report.verdict
    numbers = (
        [number(verdict.disagreement, 2), number(verdict.tolerance, 2)] if verdict else ["–"] * 2
    )
    cells = [*numbers, str(report.cases), f"{report.seconds:.1f}"]
    return element(
        "tr",
        element("th", _link(report, anchor), scope="row"),
        element("td", report.kind),
        element("td", _outcome_label(report.outcome)),
        *(element("td", cell, class_="number") for cell in cells),
        class_=report.outcome.lower(),
    )


# --- a law ----------------------------------------------------------------------------------------


def _law_section(
    report: LawReport, anchor: str, result: Verification, sources: Mapping[Law, str]
) -> Html:
    statement = report.symbolic.statement if report.symbolic else None
    parts = [
        element("h3", report.name, " ", _outcome_label(report.outcome), id=f"head:{anchor}"),
        element("p", report.statement) if report.statement else "",
        _formula(statement, report.name) if statement is not None else "",
        _facts(report),
        _evidence(report, anchor),
        element("h4", "Run it again"),
        element("pre", element("code", _command(report, result, sources))),
        *_replay(report, sources),
    ]
    return element(
        "section",
        *parts,
        id=anchor,
        class_=f"law {report.outcome.lower()}",
        aria_labelledby=f"head:{anchor}",
    )


def _formula(statement: Statement, name: str) -> Html:
    try:
        shown, names = formulas(statement), legend(statement)
    except Exception:  # noqa: BLE001 - a user's formula; the statement is shown in words
        text = element("code", str(statement.claim))
        return element("p", "In SymPy: ", text)
    where = [joined(letter, " is ", element("code", code)) for letter, code in names]
    given = element(
        "p", "As checked by SymPy", "; " if where else "", *_separated(where), ".", class_="soft"
    )
    return joined(scrolled(*shown, label=f"Formula of {name}", class_="formula"), given)


def _facts(report: LawReport) -> Html:
    verdict = report.verdict
    rows: list[tuple[str, str]] = [
        ("kind", report.kind),
        ("domain", report.domain),
        ("cases", report.judged_on),
        ("because", report.why),
        ("source", report.source),
    ]
    if report.symbolic is not None:
        assumed = str(getattr(report.symbolic.statement, "assumptions", ""))
        rows += [
            ("assumes", assumed),
            ("algebra", _algebra(report.symbolic)),
            ("by hand", report.symbolic.not_proved),
        ]
    if verdict is not None:
        size = f"{number(verdict.disagreement, 3)} against {number(verdict.tolerance, 3)}"
        rows += [
            ("simulation", f"off by {size} in the worst of {report.cases} cases"),
            ("tolerance", verdict.reason),
            ("undecided", report.undecided),
        ]
    if report.power is not None:
        rows += [("power", report.power.words()), ("limited by", report.law.limited_by)]
    if report.certificate is not None:
        rows += [("certificate", report.certificate.words())]
    rows += [("error", report.error), ("where", report.where), ("note", report.note)]
    items = [joined(element("dt", label), element("dd", text)) for label, text in rows if text]
    return element("dl", *items, class_="facts")


def _algebra(check: SymbolicCheck) -> str:
    if check.disagreement is None:
        return f"{check.residual_words}; not compared with NumPy ({check.not_compared})"
    agree = "agree to" if check.agrees else "differ by"
    return f"{check.residual_words}; NumPy and SymPy {agree} {number(check.disagreement, 2)}"


def _evidence(report: LawReport, anchor: str) -> Html:
    """Return the picture and the table of the comparisons."""
    if not report.compared:
        return element("p", "No case was compared.", class_="soft")
    missing = report.cases - len(report.compared)
    stopped = (
        f"The exception ended the comparison after {len(report.compared)} of {report.cases} cases."
    )
    return joined(
        element("p", stopped) if missing else "",
        _figure(report, anchor),
        residual_table(report.law, report.compared),
    )


def _figure(report: LawReport, anchor: str) -> Html:
    try:
        svg, words = _drawn(report, anchor)
    except Exception as problem:  # noqa: BLE001 - a user's numbers; the table shows them
        return element("p", f"These numbers could not be drawn ({problem}).", class_="soft")
    left_out = sum(each.left_out for each in report.compared)
    total = left_out + sum(each.observed.size for each in report.compared)
    if total > MAX_POINTS and not report.compared[0].levels:
        words += f" At most {MAX_POINTS} of {total:,} numbers are drawn, including the worst."
    return element("figure", svg, element("figcaption", words))


def _drawn(report: LawReport, anchor: str) -> tuple[Html, str]:
    import warnings

    import matplotlib as mpl

    # Text stays text, and dollar signs in a name do not start mathematics.
    plain: Any = {"svg.fonttype": "none", "text.parse_math": False, "text.usetex": False}
    with plotting.style(), mpl.rc_context(plain), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about a user's numbers and names; the table has them
        figure, words = draw(report.law, report.compared)
        title = f"{report.name}: theory against simulation, {report.outcome}"
        return inline_svg(figure, prefix=f"figure:{anchor}", title=title, description=words), words


# --- provenance -----------------------------------------------------------------------------------


def _options(result: Verification) -> str:
    return " ".join(filter(None, ["--full" if result.full else "", f"--seed {result.seed}"]))


def _source(report: LawReport, sources: Mapping[Law, str]) -> str | None:
    """Return the value of --law for this law, if the command line can find it."""
    return sources.get(report.law) or (report.name if report.law in CATALOGUE else None)


def _command(report: LawReport, result: Verification, sources: Mapping[Law, str]) -> str:
    source = _source(report, sources)
    if source is not None:
        return f"polytheory verify --law {shlex.quote(source)} {_options(result)}"
    full = "full=True, " if result.full else ""
    return (
        f"polytheory.verify([law], {full}rng={result.seed})  # law: the one named {report.name!r}"
    )


def _replay(report: LawReport, sources: Mapping[Law, str]) -> list[Html]:
    """Return how to judge the worst case alone, if the law does not hold."""
    source = _source(report, sources)
    if report.holds or report.verdict is None or source is None:
        return []
    command = f"polytheory verify --law {shlex.quote(source)} {report.replay}".rstrip()
    return [element("p", "Only the worst case:"), element("pre", element("code", command))]


def _whole_command(result: Verification, sources: Mapping[Law, str]) -> str:
    chosen = [_source(report, sources) for report in result.reports]
    if [report.law for report in result.reports] == list(CATALOGUE):
        return f"polytheory verify {_options(result)}"
    known = dict.fromkeys(each for each in chosen if each is not None)
    laws = " ".join(f"--law {shlex.quote(each)}" for each in known)
    return f"polytheory verify {laws} {_options(result)}" if None not in chosen else ""


def _origin(result: Verification, now: datetime, sources: Mapping[Law, str]) -> Html:
    import polytheory

    rows = [
        ("date", f"{now:%Y-%m-%d %H:%M:%S} UTC"),
        ("seed", str(result.seed)),
        ("scale", "full: full cases, and more of them" if result.full else "default"),
        ("laws", str(len(result.reports))),
        ("commit", commit_of(polytheory.__file__) or "unknown (installed copy)"),
        *result.versions.items(),
        ("machine", f"{platform.system()} {platform.machine()}"),
    ]
    body = [element("tr", element("th", k, scope="row"), element("td", v)) for k, v in rows]
    made = table("Parameters, versions and seed of this run", ("what", "value"), body)
    whole = _whole_command(result, sources)
    again = joined(element("p", "Repeat the whole run:"), element("pre", element("code", whole)))
    return element(
        "section",
        element("h2", "Provenance", id="origin"),
        element("div", made, class_="scroll"),
        again if whole else "",
        element(
            "p",
            "Each law draws its cases from its own stream, which depends only on the seed and the"
            " name of the law: judged alone, it gets the same cases.",
        ),
    )
