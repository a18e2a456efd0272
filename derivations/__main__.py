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

HERE = Path(__file__).resolve().parent
PAGES = {path.stem: path for path in sorted(HERE.glob("*.md")) if path.stem != "README"}


def title(page: Path) -> str:
    """Return the title of a page."""
    return page.read_text("utf-8").partition("\n")[0].removeprefix("# ")


def run(page: Path) -> int:
    """Run the Python blocks of a page, print its sections, and return the number of blocks."""
    text = page.read_text("utf-8")
    headings = {
        number: line.lstrip("# ")
        for number, line in enumerate(split_page(text).prose.splitlines(), 1)
        if re.match("##+ ", line)
    }
    names = {"__name__": "__main__"}
    shown, count = 0, 0
    for number, block in enumerate(split_page(text).blocks, 1):
        if block.info != "python":
            continue
        section = max((line for line in headings if line < block.line), default=0)
        if section > shown:
            print(f"    {headings[section]}", flush=True)
            shown = section
        run_python(block, names, page, number)
        count += 1
    return count


def page_of(name: str) -> Path:
    """Return the page of that name.

    Raises
    ------
    ValueError
        If there is none.
    """
    if name in PAGES:
        return PAGES[name]
    close = difflib.get_close_matches(name, PAGES, 1)
    hint = f" Did you mean {close[0]}?" if close else ""
    raise ValueError(f"there is no derivation {name!r}; there are {', '.join(PAGES)}.{hint}")


def main() -> int:
    """Run what is asked for; the exit status is 1 if a block fails, 2 for unusable input."""
    command = argparse.ArgumentParser(
        prog="python derivations", description="Run derivations by name; without one, list them."
    )
    command.add_argument("names", nargs="*", metavar="NAME", help="as in the list, or 'all'")
    command.add_argument(
        "--out", default=".", metavar="DIR", help="where pictures are written; default: this folder"
    )
    asked = command.parse_args()
    if not asked.names:
        for name, page in PAGES.items():
            print(f"{name:<18}{title(page)}")
        return 0
    try:
        names = [*PAGES] if asked.names == ["all"] else asked.names
        pages = [page_of(name) for name in names]
        Path(asked.out).mkdir(parents=True, exist_ok=True)
        os.chdir(asked.out)
    except (OSError, ValueError) as problem:
        command.error(str(problem))
    os.environ.setdefault("MPLBACKEND", "agg")  # pictures go to files
    for page in pages:
        print(title(page))
        try:
            count = run(page)
        except BlockError as problem:
            print(f"FAILS: {problem}", file=sys.stderr)
            return 1
        print(f"    {count} blocks hold")
    return 0


if __name__ == "__main__":
    sys.exit(main())
