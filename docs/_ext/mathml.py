r"""Conversion of formulas to MathML, by the converter of docutils.

MathML needs no script, font or network: browsers render it in the colour of the text, and screen
readers read it. A formula that cannot be converted causes a warning, which fails the build.
"""

import re

from docutils import nodes
from docutils.utils.math import MathError, latex2mathml
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
# Exceptions of the converter: the first is intended, the others come from its bugs.
REFUSALS = (MathError, SyntaxError, AttributeError, IndexError, TypeError)

# Rewrites of LaTeX that the converter does not support.
SPELLINGS = (
    # F'_j: the index belongs to the letter
    (re.compile(r"('+)(_(?:\w|\{[^{}]*\}|\\[a-z]+))"), r"\2\1"),
    # an index of an accented letter, which would go below it: beside a group instead
    (
        re.compile(r"(\\(?:d?dot|hat|bar|tilde|vec)\s*(?:\w|\{[^{}]*\}|\\[a-z]+))(?=\}?_)"),
        r"{\1{}}",
    ),
    (re.compile(r"(\\[dt]?frac)\s*(\d)\s*(\d)"), r"\1{\2}{\3}"),
    (re.compile(r"\\dots(?![a-z])"), r"\\ldots"),
    (re.compile(r"\\([bB]igg?)m?\s*(?=[(\[]|\\\{)"), r"\\\1l"),  # opens
    (re.compile(r"\\([bB]igg?)m?\s*(?=[)\]]|\\\})"), r"\\\1r"),  # closes
    (re.compile(r"\\([bB]igg?)m?\s*([/|])"), r"\\\1l\2\\\1r."),  # stands between
)
TAG = re.compile(r"\\tag\{(\w+)\}")
SLASH = '<mo stretchy="false">/</mo>'
# Bars of a norm: a browser would stretch and sink the one that has the index.
BAR = re.compile(r'<mo(?: class="mathopen")?(?: stretchy="false")?>([‖|])</mo>')
PRIME = "<mo>'</mo>"


def converted(text, *, block):
    r"""Return a formula in LaTeX as MathML.

    >>> converted("x^2", block=False)[:6]
    '<math '
    >>> converted(r"\Big(x\Big)", block=False) == converted(r"\Bigl(x\Bigr)", block=False)
    True
    >>> "munder" in converted(r"\dot w_k = \dot{\mu}_i", block=True)
    False
    >>> converted("F'_j", block=True) == converted("F_j'", block=True)
    True
    >>> converted(r"\nosuchcommand", block=False)
    Traceback (most recent call last):
        ...
    docutils.utils.math.MathError: Unknown LaTeX command "\nosuchcommand".
    """
    for pattern, spelling in SPELLINGS:
        text = pattern.sub(spelling, text)
    markup = latex2mathml.tex2mathml(text.strip(), as_block=block)
    markup = markup.replace(PRIME, '<mo lspace="0" rspace="0">′</mo>')
    markup = BAR.sub(r'<mo stretchy="false" lspace="0" rspace="0">\1</mo>', markup)
    return markup.replace(SLASH, SLASH.replace(" ", ' lspace="0" rspace="0" '))  # as in LaTeX


def rendered(translator, node, *, block):
    try:
        return converted(node.astext(), block=block)
    except REFUSALS as problem:
        LOGGER.warning("formula %r: %s", node.astext(), problem, location=node, type="mathml")
        return translator.encode(node.astext())


def visit_inline(self, node):
    self.body.append(self.starttag(node, "span", "", CLASS="math"))
    self.body.append(rendered(self, node, block=False) + "</span>")
    raise nodes.SkipNode


def visit_block(self, node):
    self.body.append(self.starttag(node, "div", "", CLASS="math"))
    for part in filter(str.strip, node.astext().split("\n\n")):
        formula, number = numbered(part)
        piece = nodes.math_block(formula, formula)
        piece.source, piece.line = node.source, node.line  # for a warning
        markup = rendered(self, piece, block=True)
        beside = f'<span class="equation-number">({number})</span>' if number else ""
        self.body.append(f'<div class="equation"><div class="formula">{markup}</div>{beside}</div>')
    self.body.append("</div>\n")
    raise nodes.SkipNode


def numbered(text):
    r"""Return a formula without its tag, and the tag.

    >>> numbered(r"a = b \tag{1}")
    ('a = b ', '1')
    >>> numbered("a = b")
    ('a = b', '')
    """
    found = TAG.search(text)
    return (TAG.sub("", text), found[1]) if found else (text, "")


def setup(app):
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
