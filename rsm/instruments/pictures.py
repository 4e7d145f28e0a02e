"""Pictures of an instrument: small SVG drawings of plain shapes, with words for who cannot see.

They stand in our pages, so only shapes and their looks are let in: no script, no link, no style,
no text of its own (it would be in one language), nothing from another host.
"""

import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from pydantic import Field

from rsm.instruments.basics import Texts
from rsm.kernel.documents import Strict

AT_MOST = 6000  # characters: a page of several pictures still goes over a slow line
_SPACE = "{http://www.w3.org/2000/svg}"
_SHAPES = frozenset(
    ("svg", "g", "path", "circle", "ellipse", "rect", "line", "polyline", "polygon")
)
_PLACES = frozenset(
    ("viewBox", "width", "height", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry")
)
_LOOKS = frozenset(
    (
        *("d", "points", "transform", "fill", "fill-rule", "fill-opacity", "opacity", "stroke"),
        *("stroke-width", "stroke-linecap", "stroke-linejoin", "stroke-dasharray"),
        *("stroke-opacity", "stroke-miterlimit", "preserveAspectRatio"),
    )
)
_ATTRIBUTES = _PLACES | _LOOKS
_VALUE = re.compile(r"[A-Za-z0-9\s.,#%()+-]*")  # numbers, colours, names: no quotes, no addresses
_NUMBERS = re.compile(r"\s*-?[\d.]+(?:[\s,]+-?[\d.]+){3}\s*")


class Picture(Strict):
    """`svg` is one `<svg viewBox="…">` of plain shapes; `alt` says what it shows."""

    svg: str
    alt: Texts = Field(default_factory=dict)


def svg_faults(svg: str) -> Iterator[str]:
    """What is unsafe or unfit in a drawing, in words; nothing when it may stand in a page."""
    if len(svg) > AT_MOST:
        yield f"has {len(svg)} characters, more than {AT_MOST}"
        return
    if "<!" in svg or "<?" in svg:  # no entities, so that reading it is safe
        yield "has a declaration or a comment (`<!` or `<?`)"
        return
    try:
        root = ET.fromstring(svg)  # noqa: S314  # short, and without declarations: looked at above
    except ET.ParseError as error:
        yield f"is no XML: {error}"
        return
    if root.tag.removeprefix(_SPACE) != "svg" or not _NUMBERS.fullmatch(root.get("viewBox", "")):
        yield 'does not begin with <svg viewBox="0 0 100 100">'
    for element in root.iter():
        yield from _element(element)


def _element(element: ET.Element) -> Iterator[str]:
    name = str(element.tag).removeprefix(_SPACE)
    if name not in _SHAPES:
        yield f"<{name}> is not allowed"
        return
    for key, value in element.attrib.items():
        if key not in _ATTRIBUTES:
            yield f"`{key}` of <{name}> is not allowed"
        elif not _VALUE.fullmatch(value) or "url" in value.casefold():
            yield f"`{key}` of <{name}> holds more than numbers and colours"
    if (element.text or "").strip() or (element.tail or "").strip():
        yield f"<{name}> holds words: they belong to `alt`"
