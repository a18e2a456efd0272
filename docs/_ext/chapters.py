"""Conversion of links between the chapters and the other pages for the site.

Links in the chapters, derivations/*.md, and links to them are plain Markdown that works in a
checkout. On the site the chapters are a folder of docs/: `../docs/x.md` becomes a page of the site,
a module its page in the API reference, and any other file a link to the repository.
"""

import re

LINK = re.compile(r"(?<!!)\[([^\[\]]*)\]\(\.\./([^()\s]+)\)")
PYTHON = re.compile(r"`(polytheory(?:\.\w+)+)`")
GALLERY = re.compile(r"simulations/(\w+)\.py")


def on_the_site(text):
    """Return a chapter with links as on the site.

    >>> on_the_site("[it](../docs/findings.md#noise)")
    '[it](../findings.md#noise)'
    >>> on_the_site("[`polytheory.theory.noise`](../polytheory/theory/noise/__init__.py)")
    '{py:obj}`polytheory.theory.noise`'
    >>> on_the_site("[figure](../simulations/collisions.py), [test](../tests/conftest.py)")
    '{doc}`figure </auto_simulations/collisions>`, [test](source:tests/conftest.py)'
    >>> on_the_site("[next](noise.md) ![picture](pictures/noise.png)")
    '[next](noise.md) ![picture](pictures/noise.png)'
    """
    return LINK.sub(_link, text)


def _link(found):
    words, target = found.groups()
    if target.startswith("docs/"):
        return f"[{words}](../{target.removeprefix('docs/')})"
    if target.startswith("polytheory/") and (name := PYTHON.fullmatch(words)):
        return f"{{py:obj}}`{name[1]}`"
    if script := GALLERY.fullmatch(target):
        return f"{{doc}}`{words.strip('`')} </auto_simulations/{script[1]}>`"
    return f"[{words}](source:{target})"


def to_the_chapters(text):
    """Return a page of docs/ with links to the chapters as on the site.

    >>> to_the_chapters("[a](../derivations/noise.md) [b](../../derivations/noise.md#limits)")
    '[a](derivations/noise.md) [b](../derivations/noise.md#limits)'
    """
    return re.sub(r"\]\(((?:\.\./)*)\.\./derivations/", r"](\1derivations/", text)


def rewrite(app, page, source):
    change = on_the_site if page.startswith("derivations/") else to_the_chapters
    source[0] = change(source[0])


def setup(app):
    app.connect("source-read", rewrite)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
