"""Rates side by side, each a dot with its interval: who differs, and who is only few."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from rsm.metrics.statistics.intervals import Interval
from rsm.web.charts import image

_NAMES, _RIGHT, _ROW, _TOP = 160.0, 360.0, 32.0, 26.0
_WIDTH = 420.0  # as wide as a phone
_LONGEST = 22  # letters of a name that there is room for


@dataclass(frozen=True)
class Whisker:
    """One row; `share` is None where there is nothing to divide by."""

    name: str
    share: float | None
    interval: Interval
    differs: bool = False


def whisker_chart(rows: Sequence[Whisker], everybody: float | None, labelled_by: str) -> Markup:
    """Dots with whiskers from 0 to 100 %, and everybody's rate as an upright line.

    A row that differs from the others by more than chance is a ring.
    """
    base = _TOP + _ROW * len(rows)
    body = Markup("").join(_upright(share, base) for share in (0.0, 0.5, 1.0))
    if everybody is not None:
        body += Markup('<path class="lim" d="M{0:.1f} {1:.0f}V{2:.0f}"/>').format(
            _x(everybody), _TOP - 8, base
        )
    for place, row in enumerate(rows):
        body += _row(row, _TOP + _ROW * (place + 0.5))
    return image(body, _WIDTH, base + 12, labelled_by)


def _x(share: float) -> float:
    return _NAMES + share * (_RIGHT - _NAMES)


def _upright(share: float, base: float) -> Markup:
    return Markup(
        '<path class="{}" d="M{:.1f} {:.0f}V{:.0f}"/>'
        '<text x="{:.1f}" y="{:.0f}" text-anchor="middle">{} %</text>'
    ).format(
        "grid" if share else "ax",
        _x(share),
        _TOP - 6,
        base,
        _x(share),
        _TOP - 12,
        round(100 * share),
    )


def _row(row: Whisker, y: float) -> Markup:
    name = row.name if len(row.name) <= _LONGEST else f"{row.name[: _LONGEST - 1]}…"
    body = Markup('<text x="0" y="{:.1f}">{}</text>').format(y + 4, name)
    if row.share is None:
        return body + Markup('<text x="{:.1f}" y="{:.1f}">\N{EN DASH}</text>').format(
            _NAMES + 6, y + 4
        )
    low, high = _x(row.interval.low), _x(row.interval.high)
    return body + Markup(
        '<path class="mid" d="M{0:.1f} {2:.1f}H{1:.1f}M{0:.1f} {3:.1f}V{4:.1f}M{1:.1f} {3:.1f}'
        'V{4:.1f}"/><circle class="{5}" cx="{6:.1f}" cy="{2:.1f}" r="5"/>'
        '<text class="hi" x="{7:.0f}" y="{8:.1f}" text-anchor="end">{9} %</text>'
    ).format(
        low,
        high,
        y,
        y - 4,
        y + 4,
        "pt out" if row.differs else "pt",
        _x(row.share),
        _WIDTH,
        y + 4,
        round(100 * row.share),
    )
