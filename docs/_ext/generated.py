"""Directives for pages generated from code: notation, command-line help, and the façade."""

import ast
import inspect
import re
from pathlib import Path

import gallery
from docutils import nodes
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective

import polytheory
from polytheory import symbolic
from polytheory.cli._parsers import parser_of
from polytheory.notation import SYMBOLS

HEAD = ("symbol", "in code", "meaning", "shape", "values", "unit")


def cell(*content):
    entry = nodes.entry()
    entry += nodes.paragraph("", "", *content)
    return entry


def row(*cells):
    line = nodes.row()
    line += list(cells)
    return line


class NotationTable(SphinxDirective):
    """The symbols of polytheory.notation, one per row."""

    def run(self):
        group = nodes.tgroup(cols=len(HEAD))
        group += [nodes.colspec(colwidth=1) for _ in HEAD]
        head, body = nodes.thead(), nodes.tbody()
        head += row(*(cell(nodes.Text(word)) for word in HEAD))
        for symbol in SYMBOLS:
            values = str(symbol.domain or "–").replace("-", "−").replace("inf", "∞")
            words = symbol.meaning, symbol.shape or "–", values, symbol.unit or "–"
            body += row(
                cell(nodes.Text(symbol.plain)),
                cell(nodes.literal(text=symbol.name)),
                *(cell(nodes.Text(word)) for word in words),
            )
        group += [head, body]
        table = nodes.table(classes=["notation"])
        table += group
        return [table]


def commands():
    """Yield each command and its parser."""
    parser = parser_of()
    yield "polytheory", parser
    (group,) = (action for action in parser._actions if action.dest == "command")
    for name, command in group.choices.items():
        yield f"polytheory {name}", command


class CommandLineHelp(SphinxDirective):
    """The output of `--help`, one section per command."""

    def run(self):
        sections = []
        for name, parser in commands():
            anchor = nodes.make_id(name)
            section = nodes.section(ids=[anchor], names=[name])
            section += nodes.title(text=name)
            text = re.sub(r"\x1b\[[0-9;]*m", "", parser.format_help())
            section += nodes.literal_block(text, text, language="none")
            sections.append(section)
        return sections


class Facade(SphinxDirective):
    """The names of `import polytheory`, each linked to the module that defines it."""

    def run(self):
        lines = ["| name | what it is |", "|---|---|"]
        for module, name in exports():
            said = re.sub(r":\w+:(?=`)", "", summary(module, name)).replace("|", r"\|")
            lines.append(f"| {{py:obj}}`{name} <{module}.{name}>` | {said} |")
        return self.parse_text_to_nodes("\n".join(lines))


def summary(module, name):
    """Return the first line of the docstring of a name, or of the comment on a value."""
    what = getattr(polytheory, name)
    if callable(what):
        return inspect.getdoc(what).partition("\n")[0]
    return ModuleAnalyzer.for_module(module).find_attr_docs()["", name][0]


def exports():
    """Return the names of the façade that are not modules, with the modules that define them."""
    stub = Path(polytheory.__file__).with_suffix(".pyi").read_text("utf-8")
    return [
        (f"polytheory.{node.module}", alias.name)
        for node in ast.parse(stub).body
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    ]


def home(target):
    """Return the full name under which a name of the façade or of `symbolic` is documented."""
    where = {f"polytheory.{name}": f"{module}.{name}" for module, name in exports()}
    module, _, name = target.rpartition(".")
    if module == "polytheory.symbolic" and name in dir(symbolic):
        return f"{getattr(symbolic, name).__module__}.{name}"
    return where.get(target)


def from_the_facade(app, env, node, contnode):
    """Resolve `polytheory.NAME` and `polytheory.symbolic.NAME` to where they are documented."""
    if node.get("refdomain") != "py" or not (target := home(node["reftarget"])):
        return None
    page = node.get("refdoc", "")
    python = env.get_domain("py")
    return python.resolve_xref(env, page, app.builder, "obj", target, node, contnode)


def tidy(app, page, source):
    if page.startswith("auto_simulations/"):
        source[0] = gallery.readable(source[0])


def setup(app):
    app.add_directive("notation-table", NotationTable)
    app.add_directive("command-line-help", CommandLineHelp)
    app.add_directive("facade", Facade)
    app.connect("missing-reference", from_the_facade)
    app.connect("source-read", tidy)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
