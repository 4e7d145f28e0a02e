"""A picture as a file of its own: what it looks like stands in it, and nothing of anybody."""

import re
from functools import cache
from xml.sax.saxutils import escape

from fastapi import Response
from markupsafe import Markup

from rsm.web.pages import STATIC_DIR

_BOX = re.compile(r'viewBox="[-\d.]+ [-\d.]+ ([\d.]+) ([\d.]+)"')
_LABELLED = re.compile(r' aria-labelledby="[^"]*"')
_TOKEN = re.compile(r"(--[\w-]+):\s*([^;]+);")
_USED = re.compile(r"var\((--[\w-]+)\)")
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")
_PAPER = '<rect class="paper" width="100%" height="100%"/>'


def svg_file(markup: Markup, name: str, title: str = "") -> Response:
    """The picture for whoever downloads it: an SVG that needs no style sheet beside it.

    `markup` is one `<svg>` of ours, `name` what it shows ("completion"; never anybody's name), and
    `title` its finding. Colours are those of paper: a file is printed, or pasted into a report.
    """
    headers = {"content-disposition": f'attachment; filename="{file_name(name, "svg")}"'}
    return Response(svg_alone(markup, title), media_type="image/svg+xml", headers=headers)


def file_name(name: str, ending: str) -> str:
    """`Completed, of due` → `completed-of-due.svg`."""
    slug = _NOT_IN_A_NAME.sub("-", name.lower()).strip("-")[:60]
    return f"{slug or 'picture'}.{ending}"


def svg_alone(markup: Markup, title: str = "") -> str:
    """The picture with its styles inside, as the text of a file."""
    opening, rest = str(markup).split(">", maxsplit=1)
    box = _BOX.search(opening)
    size = f' width="{box[1]}" height="{box[2]}"' if box else ""
    opening = _LABELLED.sub("", opening).replace(
        "<svg", f'<svg xmlns="http://www.w3.org/2000/svg"{size}', 1
    )
    named = f"<title>{escape(title)}</title>" if title else ""
    return f"{opening}>{named}<style>{_styles()}</style>{_PAPER}{rest}"


@cache
def _styles() -> str:
    """The charts' part of `staff.css`, each token replaced by its value: few programs that open a
    picture know custom properties."""
    tokens = (STATIC_DIR / "tokens.css").read_text(encoding="utf-8")
    light = tokens.split(":root {", maxsplit=1)[1].split("}", maxsplit=1)[0]
    values = dict(_TOKEN.findall(light))
    sheet = (STATIC_DIR / "staff.css").read_text(encoding="utf-8")
    charts = sheet.split("/* Charts */")[1].split("/* Manager */")[0]
    found = _USED.sub(lambda use: values[use[1]], charts + ".paper { fill: var(--surface); }")
    return escape(" ".join(found.split()))
