"""The retention curve: how many are still there, week by week, and how sure that is."""

from collections.abc import Sequence
from math import ceil

from markupsafe import Markup

from rsm.metrics.statistics.survival import Step
from rsm.web.charts import image

_LEFT, _RIGHT, _TOP, _BASE = 48.0, 620.0, 16.0, 196.0
_WIDTH, _HEIGHT = 640.0, 250.0
_MARKED = (4, 12, 24, 52)


def step_chart(steps: Sequence[Step], labelled_by: str, axis: str, until: float) -> Markup:
    """Kaplan-Meier: the share that is left falls at each step; the band is its 95 % interval.

    `until` is how long anybody was seen; `axis` says what is counted along the bottom.
    """
    longest = max(4.0, ceil(until / 4) * 4.0)

    def x(time: float) -> float:
        return _LEFT + min(float(time), longest) / longest * (_RIGHT - _LEFT)

    within = [step for step in steps if step.time <= longest]
    body = Markup("").join(_share_line(share) for share in (0.0, 0.25, 0.5, 0.75, 1.0))
    for week in _weeks(longest):
        body += Markup(
            '<path class="{}" d="M{:.1f} {:.0f}V{:.0f}"/>'
            '<text x="{:.1f}" y="{:.0f}" text-anchor="middle">{}</text>'
        ).format("grid", x(week), _TOP, _BASE, x(week), _BASE + 18, week)
    band = [(x(step.time), y_of(step.interval.low), y_of(step.interval.high)) for step in within]
    body += Markup('<path class="band" d="{}"/>').format(_band(band, x(until)))
    line = [(x(step.time), y_of(step.share)) for step in within]
    body += Markup('<path class="ser" d="{}"/>').format(_stairs(line, x(until)))
    body += Markup('<text x="{:.0f}" y="{:.0f}" text-anchor="middle">{}</text>').format(
        (_LEFT + _RIGHT) / 2, _HEIGHT - 14, axis
    )
    return image(body, _WIDTH, _HEIGHT, labelled_by)


def y_of(share: float) -> float:
    """How far down a share lies."""
    return _BASE - share * (_BASE - _TOP)


def _share_line(share: float) -> Markup:
    return Markup(
        '<path class="{}" d="M{:.0f} {:.1f}H{:.0f}"/>'
        '<text x="{:.0f}" y="{:.1f}" text-anchor="end">{} %</text>'
    ).format(
        "grid" if share else "ax",
        _LEFT,
        y_of(share),
        _RIGHT,
        _LEFT - 6,
        y_of(share) + 4,
        round(100 * share),
    )


def _weeks(longest: float) -> list[int]:
    """The weeks that the field reports, as far as anybody was seen; else every fourth."""
    marked = [week for week in _MARKED if week <= longest]
    return [0, *marked] if len(marked) > 1 else list(range(0, int(longest) + 1, 4))


def _stairs(line: Sequence[tuple[float, float]], end: float) -> str:
    path = f"M{_LEFT:.1f} {y_of(1):.1f}"
    for x, y in line:
        path += f"H{x:.1f}V{y:.1f}"
    return f"{path}H{max(end, line[-1][0] if line else end):.1f}"


def _band(band: Sequence[tuple[float, float, float]], end: float) -> str:
    """Along the upper bounds, and back along the lower."""
    if not band:
        return ""
    there = f"M{band[0][0]:.1f} {band[0][2]:.1f}"
    for x, _, high in band[1:]:
        there += f"H{x:.1f}V{high:.1f}"
    back = f"H{end:.1f}V{band[-1][1]:.1f}"
    for (x, _, _), (_, low, _) in zip(reversed(band[1:]), reversed(band[:-1]), strict=True):
        back += f"H{x:.1f}V{low:.1f}"
    return f"{there}{back}H{band[0][0]:.1f}Z"
