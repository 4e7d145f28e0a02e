"""Pictures of simulated months: bars by hour and by day, waits, published beside simulated.

Geometry in attributes, colours by class, as in `rsm.web.charts`; the figures stand beside them.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil, log
from pathlib import Path

from markupsafe import Markup

_LEFT, _RIGHT, _TOP, _BASE = 44.0, 630.0, 26.0, 200.0
_WIDTH, _HEIGHT = 640.0, 236.0
_ROW, _NAMES = 34.0, 190.0  # the height of a row, and the room for its name
_STATIC = Path(__file__).parent / "static"


@dataclass(frozen=True)
class Bar:
    """One bar: `part` of it is solid, the rest pale; a label that is empty is not written."""

    whole: float
    part: float
    label: str = ""


@dataclass(frozen=True)
class Mark:
    """A dashed line across at this height, with its words."""

    value: float
    words: str


@dataclass(frozen=True)
class WaitRow:
    """Half were over within `median` minutes, nine of ten within `p90`; None: cannot be told."""

    name: str
    median: float | None
    p90: float | None


@dataclass(frozen=True)
class BesideRow:
    """Shares: what was published, within which bounds ours should lie, and ours with its range."""

    name: str
    published: float
    bounds: tuple[float, float]
    simulated: float | None
    range: tuple[float, float]

    @property
    def fits(self) -> bool:
        """Whether ours lies within the bounds."""
        low, high = self.bounds
        return self.simulated is not None and low <= self.simulated <= high


def ticks(highest: float) -> list[float]:
    """Round values from 0 to at or above the highest: four to six of them."""
    step = 10.0**-2
    while True:
        for factor in (1, 2, 2.5, 5):
            if factor * step * 5 >= highest:
                size = factor * step
                count = max(1, ceil(round(highest / size, 9)))
                return [round(size * number, 4) for number in range(count + 1)]
        step *= 10


def bar_chart(bars: Sequence[Bar], marks: Sequence[Mark], labelled_by: str) -> Markup:
    """Upright bars in a row; a few dashed lines say what is usual."""
    values = ticks(max((bar.whole for bar in bars), default=0) or 1)

    def y_of(value: float) -> float:
        return _BASE - value / values[-1] * (_BASE - _TOP)

    pitch = (_RIGHT - _LEFT) / max(1, len(bars))
    width = pitch * (0.72 if pitch > 6 else 0.9)
    body = Markup("").join(_grid_line(value, y_of(value)) for value in values)
    for place, bar in enumerate(bars):
        x = _LEFT + place * pitch + (pitch - width) / 2
        body += _upright("f0 ax", x, width, y_of(bar.whole))
        body += _upright("f1", x, width, y_of(bar.part))
        if bar.label:
            body += Markup('<text x="{:.1f}" y="224" text-anchor="middle">{}</text>').format(
                x + width / 2, bar.label
            )
    for mark in marks:
        body += Markup(
            '<path class="lim" d="M{:.0f} {:.1f}H{:.0f}"/>'
            '<text class="hi" x="{:.0f}" y="{:.1f}" text-anchor="end">{}</text>'
        ).format(_LEFT, y_of(mark.value), _RIGHT, _RIGHT, y_of(mark.value) - 5, mark.words)
    return _image(body, _HEIGHT, labelled_by)


def _grid_line(value: float, y: float) -> Markup:
    return Markup(
        '<path class="{}" d="M{:.0f} {:.1f}H{:.0f}"/>'
        '<text x="{:.0f}" y="{:.1f}" text-anchor="end">{:g}</text>'
    ).format("grid" if value else "ax", _LEFT, y, _RIGHT, _LEFT - 8, y + 4, value)


def _upright(kind: str, x: float, width: float, top: float) -> Markup:
    if top >= _BASE:
        return Markup("")
    return Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
        kind, x, top, width, _BASE - top
    )


# --- rows ------------------------------------------------------------------------------------

_WEEK = 10_080.0  # minutes
_TIMES = (
    (1.0, "1 min"),
    (5.0, "5 min"),
    (15.0, "15 min"),
    (60.0, "1 h"),
    (240.0, "4 h"),
    (1440.0, "1 day"),
    (_WEEK, "1 week"),
)


def wait_chart(rows: Sequence[WaitRow], labelled_by: str) -> Markup:
    """For each row a solid bar to the median, a pale one on to the ninth tenth; times grow by
    factors, so that minutes and days stand on one scale."""
    base = _ROW * len(rows) + 6

    def x_of(minutes: float) -> float:
        share = log(min(max(minutes, 1.0), _WEEK)) / log(_WEEK)
        return _NAMES + share * (_RIGHT - _NAMES)

    body = Markup("").join(_upright_line(x_of(at), name, base) for at, name in _TIMES)
    for place, row in enumerate(rows):
        y = place * _ROW + 8
        body += _name(row.name, y)
        for kind, value in (("f0 ax", row.p90), ("f1", row.median)):
            if value is not None:
                body += Markup(
                    '<rect class="{}" x="{:.0f}" y="{:.1f}" width="{:.1f}" height="18"/>'
                ).format(kind, _NAMES, y, max(2.0, x_of(value) - _NAMES))
    return _image(body, base + 26, labelled_by)


def beside_chart(rows: Sequence[BesideRow], labelled_by: str) -> Markup:
    """For each measure the band of its bounds, the published value upright, ours as a point."""
    base = _ROW * len(rows) + 6

    def x_of(share: float) -> float:
        return _NAMES + share * (_RIGHT - _NAMES)

    steps = ((0.0, "0 %"), (0.25, "25 %"), (0.5, "50 %"), (0.75, "75 %"), (1.0, "100 %"))
    body = Markup("").join(_upright_line(x_of(at), name, base) for at, name in steps)
    for place, row in enumerate(rows):
        body += _name(row.name, place * _ROW + 8) + _beside(row, place * _ROW + 8, x_of)
    return _image(body, base + 26, labelled_by)


def _beside(row: BesideRow, y: float, x_of: Callable[[float], float]) -> Markup:
    low, high = (x_of(each) for each in row.bounds)
    body = Markup(
        '<rect class="band" x="{0:.1f}" y="{1:.1f}" width="{2:.1f}" height="18"/>'
        '<path class="note" d="M{3:.1f} {1:.1f}v18"/>'
    ).format(low, y, max(2.0, high - low), x_of(row.published))
    if row.simulated is None:
        return body
    least, most = (x_of(each) for each in row.range)
    return body + Markup(
        '<path class="ser" d="M{:.1f} {:.1f}H{:.1f}"/>'
        '<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="5"/>'
    ).format(least, y + 9, most, "pt" if row.fits else "pt out", x_of(row.simulated), y + 9)


def _upright_line(x: float, name: str, base: float) -> Markup:
    return Markup(
        '<path class="grid" d="M{0:.1f} 0V{1:.1f}"/>'
        '<text x="{0:.1f}" y="{2:.1f}" text-anchor="{3}">{4}</text>'
    ).format(x, base, base + 18, "end" if x >= _RIGHT else "middle", name)


def _name(name: str, y: float) -> Markup:
    return Markup('<text x="{:.0f}" y="{:.1f}" text-anchor="end">{}</text>').format(
        _NAMES - 10, y + 14, name
    )


def _image(body: Markup, height: float, labelled_by: str) -> Markup:
    return Markup(
        '<svg class="chart" viewBox="0 0 {:.0f} {:.0f}" role="img" aria-labelledby="{}">{}</svg>'
    ).format(_WIDTH, height, labelled_by, body)


# --- as a file of its own --------------------------------------------------------------------


def alone(picture: Markup, title: str) -> Markup:
    """The picture as a file: with its title, its colours in it, and nothing to be fetched."""
    head, body = picture.split(">", 1)
    named = re.sub(r' aria-labelledby="[^"]*"', "", head)
    return Markup(
        '<?xml version="1.0" encoding="UTF-8"?>\n{} xmlns="http://www.w3.org/2000/svg">'
        "<title>{}</title><style>{}</style>{}"
    ).format(Markup(named), title, styles_of_charts(), Markup(body))  # noqa: S704 - ours


@cache
def styles_of_charts() -> Markup:
    """Tokens and the charts' section of the staff's style sheet."""
    staff = (_STATIC / "staff.css").read_text(encoding="utf-8")
    charts = staff.partition("/* Charts */")[2].partition("\n/* ")[0]
    tokens = (_STATIC / "tokens.css").read_text(encoding="utf-8")
    return Markup(tokens + charts)  # noqa: S704 - our own files
