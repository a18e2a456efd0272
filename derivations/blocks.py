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
    """A block of a page fails; the message names the page, the block and the line."""


def split_page(text: str) -> Page:
    """Return the fenced blocks of a page and its prose."""
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
        test = doctest.DocTestParser().get_doctest(
            block.text, names, page.name, str(page), block.line
        )
        output: list[str] = []
        runner = doctest.DocTestRunner(optionflags=flags)
        found = runner.run(test, out=output.append, clear_globs=False)
        names.update(test.globs)
        if found.failed or not found.attempted:
            raise BlockError(f"{place}:\n{''.join(output) or 'no example'}")
        return
    source = "\n" * block.line + block.text  # so that errors have the page's own line numbers
    try:
        exec(compile(source, str(page), "exec"), names)  # as a reader would
    except Exception as problem:
        line = _line_of(problem, page)
        shown = source.splitlines()[line - 1].strip() if line else ""
        words = f"{type(problem).__name__}: {problem}".removesuffix(": ")
        raise BlockError(f"{place}, line {line}: {words}: {shown}") from problem


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
