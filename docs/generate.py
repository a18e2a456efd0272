"""Generate text from the claims: python docs/generate.py (--check: only list stale files).

- in the docstring of each closed form: the first sentence of each parameter, from the vocabulary
  (`polytheory.notation.SYMBOLS`) and the domain of its claim, and the line with kind and source;
- in README.md and in the chapters, derivations/*.md: the tables of statements;
- in docs/verdicts.md: what each verdict is worth, as measured in docs/verdicts.csv, which
  ``--verdicts RESULT.json`` writes from ``polytheory verify --full --power --certify --json``;
- in docs/howto/recorded_run.md: the format of recorded runs and their methods.
"""

from __future__ import annotations

import argparse
import csv
import inspect
import json
import re
import sys
import textwrap
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import polytheory
from polytheory import CATALOGUE, Claim, Domain
from polytheory.claims import claims_of
from polytheory.laws import law as named
from polytheory.notation import VOCABULARY
from polytheory.recorded import ARRAYS, METHODS
from polytheory.theory import predictors

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = Path(polytheory.__file__).parent
RECORDED = ROOT / "docs" / "howto" / "recorded_run.md"
#: Remarks, each with the names of its laws.
Points = defaultdict[str, list[str]]
VERDICTS = ROOT / "docs" / "verdicts.csv"
COLUMNS = ("law", "cases", "lower", "higher", "exponents", "certificate")
BLOCK = re.compile(
    r"(<!-- (statements|laws|verdicts|recorded)(?:: (\w+))? -->\n).*?(<!-- end -->)", re.DOTALL
)


# --- docstrings -----------------------------------------------------------------------------------


def parameter(name: str, claim: Claim) -> str:
    """Return the first sentence of the description of a parameter."""
    symbol = VOCABULARY[name]
    meaning = f"{symbol.meaning}, {symbol.unit}" if symbol.unit else symbol.meaning
    inside = claim.domain.intervals.get(name)
    words = f"; {inside.words()}" if inside and inside.words() != "any number" else ""
    return f"{symbol.plain}: {meaning}{words}."


def kind_and_source(claims: Iterable[Claim]) -> str:
    """Return kind and source of each claim of a closed form."""
    first, *others = claims
    sentences = [f"Kind: {first.kind.value}. Source: {first.citation}."]
    sentences += [f"As `{each.name}`: {each.kind.value}; {each.citation}." for each in others]
    return " ".join(sentences)


def wrapped(text: str, indent: int) -> list[str]:
    """Return the lines of a paragraph in a docstring."""
    margin = " " * indent
    return textwrap.wrap(
        text, 100, initial_indent=margin, subsequent_indent=margin, break_on_hyphens=False
    )


def docstring(form: Any, lines: list[str]) -> list[str]:
    """Return the lines of a function with the generated lines of its docstring updated."""
    done: list[str] = []
    section, rest = "", iter(enumerate(lines))
    for number, line in rest:
        if number + 1 < len(lines) and re.fullmatch(r"    -{3,}", lines[number + 1]):
            section = line.strip()
        entry = re.fullmatch(r"    (\w+) : .*", line) if section == "Parameters" else None
        done.append(line)
        if entry and VOCABULARY[entry[1]].domain is not None:  # strings are described by hand
            skip(rest, lambda each: each.rstrip().endswith("."))
            done += wrapped(parameter(entry[1], claims_of(form)[0]), 8)
        elif section == "Notes" and line.startswith("    Kind: "):
            done.pop()
            if lines[number + 1].strip():
                skip(rest, lambda each: not each.strip())
                done += [*wrapped(kind_and_source(claims_of(form)), 4), ""]
            else:
                done += wrapped(kind_and_source(claims_of(form)), 4)
    return done


def skip(rest: Iterator[tuple[int, str]], last: Callable[[str], bool]) -> None:
    """Skip lines up to and including the first for which `last` holds."""
    for _, line in rest:
        if last(line):
            return


def docstrings() -> Iterator[tuple[Path, str]]:
    """Yield every file with closed forms and its new contents."""
    files: dict[Path, list[str]] = {}
    for form in predictors():
        function = inspect.unwrap(form)
        if not claims_of(form):
            continue
        inside = Path(inspect.getsourcefile(function) or "").relative_to(PACKAGE)
        path = ROOT / "polytheory" / inside
        text = files.setdefault(path, path.read_text("utf-8").splitlines())
        own = inspect.getsource(function).splitlines()
        start = next(i for i in range(len(text)) if text[i : i + len(own)] == own)
        text[start : start + len(own)] = docstring(form, own)
    for path, text in files.items():
        yield path, "\n".join(text) + "\n"


# --- tables ---------------------------------------------------------------------------------------


def cell(text: str) -> str:
    """Return text escaped for a cell of a table."""
    return text.replace("|", "\\|").replace("*", "\\*").replace("_", "\\_")


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """Return a table in Markdown."""
    titles = [*head]
    return [
        f"| {' | '.join(line)} |"
        for line in (titles, ["---"] * len(titles), *(map(str, r) for r in rows))
    ]


#: Parameters shown as letters for every law.
MODEL = ("n_features", "n_neurons", "l1_strength", "std", "time")


def place(domain: Domain, claim: Claim) -> str:
    """Return a domain for a page: arguments of the closed form as letters, other names as code.

    Seeds are left out.
    """
    own = inspect.signature(claim.predictor).parameters if claim.predictor else {}

    def written(name: str) -> str:
        if name in domain.intervals and name in (*own, *MODEL):
            return cell(VOCABULARY[name].plain)
        return f"`{name}`" if name in domain.intervals or "_" in name else name

    box: dict[str, list[str]] = {}
    for name, each in domain.intervals.items():
        if name != "seed":
            box.setdefault(each.words(), []).append(written(name))
    phrases = [f"{', '.join(names)} {words}" for words, names in box.items()]
    parts = re.split(r"(?<!\w)([a-z][a-z0-9_]*)(?![a-z0-9_])", domain.because)
    phrases += ["".join(written(each) if i % 2 else cell(each) for i, each in enumerate(parts))]
    return "; ".join(filter(None, phrases)) or "everywhere"


def statements(chapter: str) -> list[str]:
    """Return the table of a chapter, then notes and the laws judged on less than their domain."""
    laws = [law for law in CATALOGUE if law.claim and law.claim.chapter == chapter]
    others = [
        claim
        for form in predictors()
        for claim in claims_of(form)
        if claim.chapter == chapter and claim.tested_in
    ]
    rows = [(law.claim, f"`{law.name}`") for law in laws if law.claim]
    rows += [(each, f"— (`{each.name}`: [test](../{each.tested_in}))") for each in others]
    powers = defaultdict(str, {law.claim: f"{law.power:.0e}" for law in laws if law.power})
    notes, less = Points(list), Points(list)
    for each, _ in rows:
        if each.note:
            notes[cell(each.note.rstrip("."))].append(f"`{each.name}`")
    for law in laws:
        if law.why and law.claim:
            less[f"{place(law.cases, law.claim)} — {cell(law.why)}"].append(f"`{law.name}`")
    return [
        *table(
            ("statement", "kind", "domain", "law", "notices"),
            [
                (cell(each.says), each.kind.value, place(each.domain, each), law, powers[each])
                for each, law in rows
            ],
        ),
        "",
        "*notices*: the relative error of a prediction that a default run is sure to notice.",
        *points("Notes:", notes),
        *points("Judged on less than the domain, with the reason:", less),
    ]


def points(title: str, remarks: Points) -> list[str]:
    """Return a list of remarks, each once with the names of its laws."""
    lines = [f"- {', '.join(names)}: {words}." for words, names in remarks.items()]
    return ["", title, "", *lines] if lines else []


def laws_by_chapter() -> list[str]:
    """Return the table of the README: every law with its chapter."""
    return table(
        ("law", "statement", "kind", "derived in"),
        [
            (
                f"`{law.name}`",
                cell(law.statement),
                law.kind.value,
                f"[{law.claim.chapter}]({law.derivation})",
            )
            for law in CATALOGUE
            if law.claim
        ],
    )


def powers_measured() -> dict[str, dict[str, str]]:
    """Return the rows of docs/verdicts.csv by law."""
    with VERDICTS.open(encoding="utf-8", newline="") as file:
        return {row["law"]: row for row in csv.DictReader(file)}


def verdicts() -> list[str]:
    """Return the table of what each verdict is worth."""
    measured = powers_measured()
    rows = []
    for law in CATALOGUE:
        row = measured.get(law.name, dict.fromkeys(COLUMNS, "not measured"))
        domain = place(law.domain, law.claim) if law.claim else cell(law.domain.words())
        power = f"{row['lower']}, {row['higher']}".replace("e-", "e\u2011")  # not to be broken
        others = map(cell, (row["certificate"], row["cases"], law.limited_by, row["exponents"]))
        rows.append((f"`{law.name}`", law.kind.value, power, *others, domain))
    heads = ("law", "kind", "lower, higher by", "certificate", "cases", "limited by")
    return table((*heads, "as a power of", "domain"), rows)


def write_verdicts(result: Path) -> None:
    """Write the powers of a verification, from its JSON; keep those of laws that it left out."""
    measured = powers_measured()
    for each in json.loads(result.read_text("utf-8"))["laws"]:
        power, proved = each["power"] or {}, each.get("certificate") or {}
        powers = power.get("exponents", {}).items()
        measured[each["name"]] = {
            "law": each["name"],
            "cases": each["cases"],
            **{name: _figure(power.get(name)) for name in ("lower", "higher")},
            "exponents": ", ".join(f"{name} {_figure(size)}" for name, size in powers),
            "certificate": proved.get("outcome", "") if named(each["name"]).certificate else "none",
        }
    with VERDICTS.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(measured[law.name] for law in CATALOGUE if law.name in measured)


def _figure(size: float | str | None) -> str:
    """Return a power in words; JSON has infinity as a string."""
    if size is None:
        return "not measured"
    return f"{size:.1e}" if isinstance(size, float) else "not noticed"


def format_of_recorded_runs() -> list[str]:
    """Return the tables of arrays and of methods of the how-to on recorded runs."""
    arrays = [
        (", ".join(f"`{each}`" for each in names.split(", ")), one, batch, text.replace("|", "\\|"))
        for names, one, batch, text in ARRAYS
    ]
    methods = [
        (f"`{name}`", f"`{each.needs}`" if each.needs else "", each.meaning, each.tolerance)
        for name, each in METHODS.items()
    ]
    return [
        *table(("name", "one run", "batch of B", "contents"), arrays),
        "",
        *table(("`method`", "needs", "what it is", "tolerance"), methods),
    ]


def tables() -> Iterator[tuple[Path, str]]:
    """Yield every page with a generated table and its new contents."""

    def block(found: re.Match[str]) -> str:
        make = {
            "laws": laws_by_chapter,
            "verdicts": verdicts,
            "recorded": format_of_recorded_runs,
        }
        lines = make[found[2]]() if found[2] in make else statements(found[3])
        return f"{found[1]}\n" + "\n".join(lines) + f"\n\n{found[4]}"

    pages = [ROOT / "README.md", ROOT / "docs" / "verdicts.md", RECORDED]
    for path in [*pages, *sorted((ROOT / "derivations").glob("*.md"))]:
        yield path, BLOCK.sub(block, path.read_text("utf-8"))


def main() -> int:
    command = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    command.add_argument(
        "--check", action="store_true", help="write nothing; exit status 1 if stale"
    )
    command.add_argument(
        "--verdicts", type=Path, metavar="RESULT.json", help="write docs/verdicts.csv first"
    )
    arguments = command.parse_args()
    check = arguments.check
    if arguments.verdicts:
        write_verdicts(arguments.verdicts)
    stale = [
        (path, text) for path, text in (*docstrings(), *tables()) if path.read_text("utf-8") != text
    ]
    for path, text in stale:
        print(f"{'stale' if check else 'written'}: {path.name if check else path}")
        if not check:
            path.write_text(text, encoding="utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
