"""Run derivations by name: python derivations NAME… (without a name, list them).

Every Python block of the page is run, in order: SymPy asserts each step, examples print what the
page shows, and the page's picture is drawn into a folder.
"""

import argparse
import difflib
import os
import re
import sys
from pathlib import Path

from blocks import BlockError, run_python, split_page

FOLDER = Path(__file__).resolve().parent
ALL = "all"
PAGES = {path.stem: path for path in sorted(FOLDER.glob("*.md")) if path.stem != "README"}


def text_of(page: Path) -> str:
    """Return the text of a page.

    Raises
    ------
    BlockError
        If it is not UTF-8.
    """
    content = page.read_bytes()
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise BlockError(f"{page}, line {line}: not UTF-8") from None


def title(page: Path) -> str:
    """Return the title of a page."""
    return text_of(page).partition("\n")[0].strip().removeprefix("# ")


def run(page: Path) -> int:
    """Run the Python blocks of a page, print its sections, and return the number of blocks."""
    text = text_of(page)
    try:
        split = split_page(text)
    except BlockError as problem:
        raise BlockError(f"{page}, {problem}") from None
    headings = {
        number: line.lstrip("# ")
        for number, line in enumerate(split.prose.splitlines(), 1)
        if re.match("##+ ", line)
    }
    names = {"__name__": "__main__"}
    shown, count = 0, 0
    for number, block in enumerate(split.blocks, 1):
        if block.info != "python":
            continue
        section = max((line for line in headings if line < block.line), default=0)
        if section > shown:
            print(f"    {headings[section]}", flush=True)
            shown = section
        try:
            run_python(block, names, page, number)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f"interrupted in {page}, block {number}") from None
        count += 1
    return count


def pages_of(names: list[str]) -> list[Path]:
    """Return the pages of these names, each once; "all" stands for all of them.

    Raises
    ------
    ValueError
        If there is none of a name.
    """
    found = []
    for name in names:
        if name != ALL and name not in PAGES:
            close = difflib.get_close_matches(name, PAGES, 1)
            hint = f" Did you mean {close[0]}?" if close else ""
            known = f"{', '.join(PAGES)}, and {ALL!r} for all of them"
            raise ValueError(f"there is no derivation {name!r}; there are {known}.{hint}")
        found += [*PAGES.values()] if name == ALL else [PAGES[name]]
    return list(dict.fromkeys(found))


def enter(folder: str) -> None:
    """Make a folder the working folder; create it if it does not exist.

    Raises
    ------
    ValueError
        If that is not possible.
    """
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        os.chdir(folder)
    except OSError as problem:
        raise ValueError(f"--out: cannot write into {folder!r}: {problem.strerror}") from None


def main() -> int:
    """Run the requested derivations.

    The exit status is 1 if a page or a block fails, 2 for invalid input, 130 after Ctrl-C.
    """
    command = argparse.ArgumentParser(
        prog="python derivations", description="Run derivations by name; without one, list them."
    )
    command.add_argument("names", nargs="*", metavar="NAME", help=f"as in the list, or {ALL!r}")
    command.add_argument(
        "--out", default=".", metavar="DIR", help="where pictures are written; default: this folder"
    )
    arguments = command.parse_args()
    try:
        if not arguments.names:
            for name, page in PAGES.items():
                print(f"{name:<18}{title(page)}")
            return 0
        pages = pages_of(arguments.names)
        enter(arguments.out)
        os.environ.setdefault("MPLBACKEND", "agg")  # pictures go to files
        for page in pages:
            print(title(page))
            print(f"    {run(page)} blocks hold")
    except BlockError as problem:
        print(f"FAILS: {problem}", file=sys.stderr)
        return 1
    except ValueError as problem:
        command.error(str(problem))
    except KeyboardInterrupt as stop:
        print(str(stop) or "interrupted", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
