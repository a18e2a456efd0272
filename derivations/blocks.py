"""The code blocks of a Markdown page, and how a Python block is run."""

import doctest
import re
from pathlib import Path
from typing import Any, NamedTuple

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
PROMPT = re.compile(r"^\s*>>>", re.MULTILINE)

#: What is inside these directives is prose, or is checked as prose is.
VERBATIM = {"command-line-help", "eval-rst", "facade", "math", "notation-table", "toctree"}


class Block(NamedTuple):
    """A fenced block: its info string, its text, its first line, the last prose before it."""

    info: str
    text: str
    line: int
    before: str


class Page(NamedTuple):
    """The fenced blocks of a page and, on its own lines, the prose around them."""

    blocks: list[Block]
    prose: str


class BlockError(AssertionError):
    """A page cannot be read or a block fails; the message names the page, the block, the line."""


def split_page(text: str, after: int = 0) -> Page:
    """Return the fenced blocks of a page and its prose; lines are counted from `after`.

    Raises
    ------
    BlockError
        If a block is never closed; the message does not name the page.
    """
    blocks: list[Block] = []
    prose: list[str] = []
    last = ""
    lines = iter(enumerate(text.splitlines(), after + 1))
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
            raise BlockError(f"line {number}: the block is never closed")
        content = "\n".join(inside) + "\n"
        name = re.match(r"\{([\w:-]+)\}", info)
        if name and name[1] not in VERBATIM:  # an admonition or the like
            nested = split_page(content, number)
            blocks += nested.blocks
            prose += ["", *nested.prose.splitlines(), ""]
        else:
            prose += [""] * (len(inside) + 2)
        blocks.append(Block(info.strip(), content, number, last))
    return Page(blocks, "\n".join(prose))


def run_python(
    block: Block, names: dict[str, Any], page: Path, number: int, flags: int = FLAGS
) -> None:
    """Run a block in `names`: as a doctest if it has prompts, or else as it is.

    Parameters
    ----------
    block : Block
    names : dict
        What earlier blocks of the page defined; what this one defines is added.
    page : Path
    number : int
        Of the block on its page, counted from 1.
    flags : int
        Options of doctest.

    Raises
    ------
    BlockError
        If the code raises, an assertion is false, or an output is not what the page shows.
    """
    place = f"{page}, block {number}"
    if PROMPT.search(block.text):
        _run_doctest(block, names, place, flags)
        return
    source = "\n" * block.line + block.text  # so that errors have the page's own line numbers
    try:
        exec(compile(source, str(page), "exec"), names)  # as a reader would
    except (Exception, SystemExit) as problem:
        line = _line_of(problem, page)
        shown = source.splitlines()[line - 1].strip() if line else ""
        raise BlockError(f"{place}, line {line}: {_words(problem)}: {shown}") from problem


def _run_doctest(block: Block, names: dict[str, Any], place: str, flags: int) -> None:
    try:
        test = doctest.DocTestParser().get_doctest(block.text, names, "block", None, 0)
    except ValueError as problem:  # such as ">>>x", with its line in the block
        inside = re.match(r"line (\d+) of the \w+ for block (.*)", str(problem), re.DOTALL)
        if inside is None:
            raise BlockError(f"{place}: {problem}") from None
        raise BlockError(f"{place}, line {block.line + int(inside[1])}: {inside[2]}") from None
    try:
        found = doctest.DebugRunner(optionflags=flags).run(test, clear_globs=False)
    except doctest.DocTestFailure as failure:
        where = f"{place}, line {block.line + 1 + failure.example.lineno}"
        want, got = (text.strip() or "nothing" for text in (failure.example.want, failure.got))
        between = "\n" if "\n" in want + got else " "
        words = f"expected{between}{want},{between}got{between}{got}"
        raise BlockError(f"{where}: {words}") from None
    except doctest.UnexpectedException as failure:
        where = f"{place}, line {block.line + 1 + failure.example.lineno}"
        problem, source = failure.exc_info[1], failure.example.source.strip()
        raise BlockError(f"{where}: {_words(problem)}: {source}") from problem
    if not found.attempted:
        raise BlockError(f"{place}: no example is run")
    names.update(test.globs)


def _words(problem: BaseException) -> str:
    return f"{type(problem).__name__}: {problem}".removesuffix(": ")


def _line_of(problem: BaseException, page: Path) -> int:
    """Return the last line of the page that was running when an error was raised."""
    if isinstance(problem, SyntaxError) and problem.filename == str(page):
        return problem.lineno or 0
    line, step = 0, problem.__traceback__
    while step is not None:
        if step.tb_frame.f_code.co_filename == str(page):
            line = step.tb_lineno
        step = step.tb_next
    return line
