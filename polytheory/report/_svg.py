"""Conversion of a matplotlib figure to inline SVG in the colours of the page."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from polytheory.report._html import Html, readable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: The colours of the pictures, with their names in the style sheet of the page.
COLORS = {
    "#1a1a1a": "ink",
    "#e4e4e4": "grid",
    "#767676": "muted",
    "#0072b2": "seen",
    "#d55e00": "bad",
    "#009e73": "allowed",
}
_SVG = "{http://www.w3.org/2000/svg}"
_LINK = "{http://www.w3.org/1999/xlink}href"
_LONG = re.compile(r"-?\d+\.\d{3,}(?![\d.]*e)")
_DROPPED = {"metadata", "style", "title"}


def inline_svg(figure: Figure, *, prefix: str, title: str, description: str) -> Html:
    """Return the figure as one ``<svg>`` element.

    Parameters
    ----------
    figure : matplotlib Figure
    prefix : str
        Prefix of all ids, so that those of two figures do not clash.
    title, description : str
        Alternative text for screen readers.
    """
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    root = ET.fromstring(buffer.getvalue().partition("<!DOCTYPE")[2].partition(">")[2])
    used = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', buffer.getvalue()))
    for parent in root.iter():
        for child in [c for c in parent if c.tag.removeprefix(_SVG) in _DROPPED]:
            parent.remove(child)
    for node in root.iter():
        node.tag = node.tag.removeprefix(_SVG)
        node.attrib = _attributes(node.attrib, prefix, used)
    root.attrib.pop("version", None)
    root.set("role", "img")
    root.set("aria-labelledby", f"{prefix}-title {prefix}-desc")
    for tag, words in (("desc", description), ("title", title)):
        described = ET.Element(tag, {"id": f"{prefix}-{tag}"})
        described.text = readable(words)
        root.insert(0, described)
    return Html(re.sub(r">\s+<", "><", ET.tostring(root, encoding="unicode")))


def _attributes(given: dict[str, str], prefix: str, used: set[str]) -> dict[str, str]:
    kept: dict[str, Any] = {}
    for name, value in given.items():
        if name == "id":
            if value in used:
                kept["id"] = f"{prefix}-{value}"
        elif name == _LINK:
            kept["href"] = f"#{prefix}-{value.removeprefix('#')}"
        elif name == "clip-path":
            kept[name] = value.replace("url(#", f"url(#{prefix}-")
        else:
            short = _LONG.sub(lambda number: f"{float(number[0]):.2f}", value)
            kept[name] = _in_page_colors(short) if name == "style" else short
    return kept


def _in_page_colors(style: str) -> str:
    for color, name in COLORS.items():
        style = style.replace(color, f"var(--{name}, {color})")
    return style
