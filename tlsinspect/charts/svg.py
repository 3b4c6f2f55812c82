"""Charts inside a page: SVG without styles of its own, coloured by the page.

In: figures. Out: markup for one HTML page. Colours become CSS variables, so that a
page can be light or dark; style attributes become presentation attributes, which a
strict content security policy allows; glyphs are kept once for all charts of a page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from .canvas import TARGET
from .files import svg_text
from .style import COLOURS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LINK = "{http://www.w3.org/1999/xlink}href"
VARIABLES = {colour.light: f"var(--{name})" for name, colour in COLOURS.items()}
DROPPED = ("metadata", "style")
NUMBER = re.compile(r"-?\d+\.\d{3,}")
GLYPH = re.compile(r"DejaVuSans(-[A-Za-z]+)?-[0-9a-f]+")
MOVED = re.compile(r"translate\(([\d.]+) 0\)")


class PageCharts:
    """The charts of one page; `glyphs` are the letters that they share: id in matplotlib's SVG -> markup.

    Where a page's charts are drawn apart, each part has a `prefix` of its own for its ids.
    """

    def __init__(self, prefix: str = "c") -> None:
        self.prefix = prefix
        self.glyphs: dict[str, str] = {}
        self.count = 0

    def add(self, figure: Figure, label: str, class_name: str) -> str:
        """Return a figure as an <svg> element for this page; `label` is what a screen reader says."""
        from ..export.text import escape_control

        self.count += 1
        root = ET.fromstring(svg_text(figure))
        prefix = f"{self.prefix}{self.count}-"
        body = "".join(self.render(child, prefix) for child in root)
        box, said = escape(root.get("viewBox", "")), escape(escape_control(label))
        return f'<svg class="{escape(class_name)}" viewBox="{box}" role="img" aria-label="{said}">{body}</svg>'

    def shared(self) -> str:
        """Return the element that holds the shared glyphs; it has to stand in the page once."""
        glyphs = "".join(self.glyphs.values())
        return f'<svg width="0" height="0" class="glyphs" aria-hidden="true"><defs>{glyphs}</defs></svg>'

    def render(self, element: ET.Element, prefix: str) -> str:
        """Return an element and what is in it; glyphs are put aside."""
        tag = element.tag.rpartition("}")[2]
        identifier = element.get("id", "")
        if tag in DROPPED:
            return ""
        if tag == "path" and GLYPH.fullmatch(identifier):
            if identifier not in self.glyphs:
                shape = [("id", glyph_name(identifier)), ("d", shorten(element.get("d", "")))]
                self.glyphs[identifier] = (
                    open_tag(tag, [*shape, ("transform", element.get("transform", ""))]) + "</path>"
                )
            return ""
        if identifier.startswith(TARGET):
            return render_target(element, identifier)
        inside = "".join(self.render(child, prefix) for child in element)
        if not inside and tag in ("g", "defs"):
            return ""
        return f"{open_tag(tag, attributes(element, tag, prefix))}{inside}</{tag}>"


def render_target(element: ET.Element, identifier: str) -> str:
    """What a click asks for: an area that the page's style and script bring to life, and its name."""
    kind, _, value = identifier.removeprefix(TARGET).partition(":")
    shape = next((child.get("d", "") for child in element.iter() if child.get("d")), "")
    pairs = (("class", "target"), ("data-kind", kind), ("data-value", value), ("d", shorten(shape)))
    return f"{open_tag('path', pairs)}<title>{escape(value)}</title></path>"


def glyph_name(identifier: str) -> str:
    """A short id for a glyph: DejaVuSans-Bold-41 becomes gB41."""
    font, _, code = identifier.rpartition("-")
    return f"g{font.removeprefix('DejaVuSans').strip('-')[:1]}{code}"


def attributes(element: ET.Element, tag: str, prefix: str) -> Iterable[tuple[str, str]]:
    """The attributes that an element keeps, its style among them; ids and references get the prefix."""
    for name, value in element.attrib.items():
        if name == "style":
            for declaration in value.split(";"):
                key, _, text = declaration.partition(":")
                yield key.strip(), refer(VARIABLES.get(text.strip(), text.strip()), prefix)
        elif name == LINK:
            target = value.removeprefix("#")
            yield "href", f"#{glyph_name(target) if GLYPH.fullmatch(target) else prefix + target}"
        elif name == "id":
            if tag in ("clipPath", "pattern", "path"):
                yield name, prefix + value
        elif tag == "use" and (moved := MOVED.fullmatch(value)):
            yield "x", shorten(moved[1])
        else:
            yield name.rpartition("}")[2], refer(VARIABLES.get(value, shorten(value)), prefix)


def refer(value: str, prefix: str) -> str:
    """A value with the prefix on the id that it refers to."""
    return re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}\1)", value)


def shorten(value: str) -> str:
    """Coordinates with two decimals, on one line: a hundredth of a point is not seen, that of a scale is."""

    def shorter(found: re.Match[str]) -> str:
        number = float(found[0])
        return f"{number:.{2 if abs(number) >= 1 else 5}f}".rstrip("0").rstrip(".")

    return NUMBER.sub(shorter, " ".join(value.split()))


def open_tag(tag: str, pairs: Iterable[tuple[str, str]]) -> str:
    """An opening tag with its attributes."""
    told = "".join(f' {name}="{escape(value)}"' for name, value in pairs)
    return f"<{tag}{told}>"


def colour_variables(dark: bool) -> str:
    """CSS declarations that give every colour of the charts its value on light or on dark ground."""
    return "".join(f"--{name}:{colour.dark if dark else colour.light};" for name, colour in COLOURS.items())
