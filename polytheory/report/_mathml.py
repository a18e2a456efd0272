"""Formulas as MathML, from SymPy's presentation printer with the letters of the vocabulary.

SymPy writes names into its output unescaped, so a name may contain markup. Here every text is
escaped, and a result with anything but elements of MathML is refused.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any
from xml.dom.minidom import Document, Element, parseString

from polytheory.report._html import Html, element, joined, readable
from polytheory.report._letters import letters

if TYPE_CHECKING:
    from polytheory.symbolic import Statement

#: What may appear in a formula: elements that browsers lay out, without links or styles.
ELEMENTS = {"math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mfrac", "msqrt", "mroot"}
ELEMENTS |= {"msub", "msup", "msubsup", "munder", "mover", "munderover"}
ELEMENTS |= {"mtable", "mtr", "mtd", "mstyle", "mpadded"}
ATTRIBUTES = {"display", "linethickness", "lspace", "mathvariant", "rspace", "stretchy", "width"}
#: Plain letters for special characters of SymPy's output.
_PLAIN = {"ⅇ": "e", "ⅆ": "d", "ⅈ": "i"}
#: Largest size of a formula; longer ones are shown as text.
MAX_CHARACTERS = 60_000


def formulas(statement: Statement) -> list[Html]:
    """Return the claim of a symbolic statement as MathML, one formula per part of an "and".

    Raises
    ------
    ValueError
        If it cannot be written in elements of MathML or is longer than `MAX_CHARACTERS`.
    """
    import sympy as sp

    claim = statement.claim
    parts = list(claim.args) if isinstance(claim, sp.And) else [claim]
    known = letters(statement.name)
    return [_checked(_printer(known).doprint(part)) for part in sorted(parts, key=_first_symbol)]


def _first_symbol(part: Any) -> str:
    return min((str(each) for each in part.free_symbols), default="")


def legend(statement: Statement) -> list[tuple[Html, str]]:
    """Return the letters of the formula that differ from the names in code, with those names."""
    import sympy as sp

    names = {symbol.name for symbol in statement.claim.atoms(sp.Symbol)}
    known = letters(statement.name)
    code = {name for name in names if name in known and name.isidentifier() and len(name) > 2}
    sides = {name for name in code if "_" not in name and written(known[name]) == written(name)}
    return [
        (element("math", Html(written(known[name]))), name)
        for name in sorted(code - sides)
        if name not in NOT_IN_CODE
    ]


#: Left-hand sides that look like names in code.
NOT_IN_CODE = {"d_TV", "ell_11", "excess", "speedup"}


@cache
def written(marked: str) -> str:
    """Return a symbol as MathML; see `polytheory.report._letters` for the notation."""
    above, slashes, below = marked.partition("//")
    tree = _tree("mfrac", _row(above), _row(below)) if slashes else _row(marked)
    return str(tree.toxml())


def _tree(tag: str, *children: Any, **attributes: str) -> Element:
    dom = Document()
    node = dom.createElement(tag)
    for name, value in attributes.items():
        node.setAttribute(name, value)
    for child in children:
        node.appendChild(dom.createTextNode(child) if isinstance(child, str) else child)
    return node


def _row(marked: str) -> Element:
    items: list[Element] = []
    scripts: list[dict[str, Element]] = []
    rest = marked
    while rest:
        mark = rest[0] if rest[0] in "_^" and items else ""
        item, rest = _next(rest[1:] if mark else rest)
        if mark:
            scripts[-1][mark] = item
        else:
            items.append(item)
            scripts.append({})
    placed = [_scripted(*both) for both in zip(items, scripts, strict=True)]
    return placed[0] if len(placed) == 1 else _tree("mrow", *placed)


def _next(rest: str) -> tuple[Element, str]:
    if rest[:1] in {"{", '"'}:
        inside, _, after = rest[1:].partition("}" if rest[0] == "{" else '"')
        return (_row(inside) if rest[0] == "{" else _word(inside)), after
    return _character(rest[:1]), rest[1:]


def _word(word: str) -> Element:
    upright = {"mathvariant": "normal"} if len(word) == 1 else {}
    return _tree("mi", word, **upright)


def _character(character: str) -> Element:
    if character == " ":
        return _tree("mspace", width="0.2em")
    if character.isdigit():
        return _tree("mn", character)
    if character.isalpha() or character == "∂":
        return _tree("mi", character)
    if character in "|‖":  # neither stretched nor spaced: they are used in pairs and alone
        return _tree("mo", character, stretchy="false", lspace="0", rspace="0")
    return _tree("mo", character)


def _scripted(base: Element, marks: Mapping[str, Element]) -> Element:
    tag = {"_": "msub", "^": "msup", "_^": "msubsup"}.get("".join(sorted(marks, reverse=True)))
    if not tag:
        return base
    return _tree(tag, base, *(marks[mark] for mark in "_^" if mark in marks))


def _printer(known: Mapping[str, str]) -> Any:
    """Return a printer that escapes texts and prints the known symbols as their letters."""
    from sympy.printing.mathml import MathMLPresentationPrinter

    class Printer(MathMLPresentationPrinter):  # type: ignore[misc]  # SymPy has no types
        def __init__(self) -> None:
            super().__init__({"ln_notation": True})
            self.dom.createTextNode = self._text

        def _text(self, data: str) -> Any:
            plain = html.unescape(str(data))  # SymPy's named characters
            if plain.startswith("-"):
                plain = "−" + plain[1:]
            return Document().createTextNode(readable(_PLAIN.get(plain, plain)))

        def _print_Symbol(self, symbol: Any, style: str = "plain") -> Any:
            if (letter := known.get(symbol.name)) is not None:
                return parseString(written(letter)).documentElement
            return super()._print_Symbol(symbol, style)

        def _print_Pow(self, power: Any) -> Any:
            name = getattr(power.base, "name", "")
            if "^" in known.get(name, "") and power.exp.is_Integer and power.exp > 1:
                base = _bracketed(self._print(power.base))
                return _tree("msup", base, self._print(power.exp))
            return super()._print_Pow(power)

        def _print_Function(self, function: Any) -> Any:
            node = super()._print_Function(function)
            space = _tree("mspace", width="0.17em")  # separates the name from a factor before it
            node.insertBefore(space, node.firstChild)
            return node

        def _print_Order(self, order: Any) -> Any:
            inside = _bracketed(self._print(order.expr))
            return _tree("mrow", _tree("mi", "O"), inside)

    return Printer()


def _bracketed(node: Any) -> Element:
    return _tree("mrow", _tree("mo", "("), node, _tree("mo", ")"))


def _checked(markup: str) -> Html:
    if len(markup) > MAX_CHARACTERS:
        raise ValueError(f"the formula is longer than {MAX_CHARACTERS} characters")
    tree = parseString(f"<math display='block'>{markup}</math>").documentElement
    assert tree is not None
    for node in [tree, *tree.getElementsByTagName("*")]:
        if node.tagName not in ELEMENTS or not set(node.attributes.keys()) <= ATTRIBUTES:
            raise ValueError(f"<{node.tagName}> is not an element of a formula")
    return joined(Html(tree.toxml()))
