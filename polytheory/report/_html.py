"""HTML elements that escape their contents, except contents that are `Html` already."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

_VOID = {"meta", "br"}
#: Control characters and lone surrogates, which HTML or UTF-8 cannot hold.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+")


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def readable(text: str) -> str:
    """Return the text with replacement characters for those that a page cannot hold."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def escaped(text: str) -> Html:
    """Return text as HTML; `Html` is returned unchanged."""
    return text if isinstance(text, Html) else Html(html.escape(readable(text)))


def joined(*parts: str) -> Html:
    """Return the parts one after the other, escaped unless they are `Html`."""
    return Html("".join(map(escaped, parts)))


def element(tag: str, *children: str, **attributes: str) -> Html:
    """Return one element.

    In the name of an attribute, a trailing underscore is dropped and others become hyphens
    (`class_`, `aria_label`).
    """
    named = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
    written = "".join(f' {name}="{html.escape(readable(value))}"' for name, value in named.items())
    if tag in _VOID:
        return Html(f"<{tag}{written}>")
    return Html(f"<{tag}{written}>{joined(*children)}</{tag}>")


def scrolled(*children: str, label: str, class_: str = "scroll") -> Html:
    """Return a box that scrolls sideways, also by keyboard, if it is too wide for the page."""
    return element("div", *children, class_=class_, tabindex="0", role="group", aria_label=label)


def table(caption: str, titles: Sequence[str], rows: Iterable[Html], **attributes: str) -> Html:
    """Return a table with a title above each column."""
    head = element("tr", *(element("th", title, scope="col") for title in titles))
    body = element("tbody", *rows)
    return element("table", element("caption", caption), element("thead", head), body, **attributes)


class Ids:
    """Ids that are unique on a page and need no escaping."""

    def __init__(self, *taken: str) -> None:
        self._taken = set(taken)

    def new(self, name: str) -> str:
        """Return the name if it is a valid id and not taken, otherwise a similar one."""
        stem = _UNSAFE.sub("-", name).strip("-.") or "law"
        if not stem[0].isalpha():
            stem = f"law-{stem}"
        found, count = stem, 1
        while found in self._taken:
            count += 1
            found = f"{stem}-{count}"
        self._taken.add(found)
        return found
