"""The run chart of a rate: its centre and limits, what is more than chance, and what was changed.

Geometry in attributes, colours by class, as in `rsm.web.charts`; words and figures stand beside it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from math import ceil, floor

from markupsafe import Markup

from rsm.metrics.statistics import limits
from rsm.metrics.statistics.control import FEWEST, Chart, Count, Point, Signal, p_chart
from rsm.web.charts import RunPoint, image

_LEFT, _RIGHT, _TOP, _BASE = 48.0, 542.0, 34.0, 214.0
_WIDTH, _HEIGHT = 640.0, 250.0
_LABELS = 7  # along the axis, at the most
_CROWDED = 40  # points: then they are drawn smaller


class Good(IntEnum):
    """In which direction a rate is good; neither, where more is neither good nor bad."""

    LOWER = -1
    NEITHER = 0
    HIGHER = 1


@dataclass(frozen=True)
class Mark:
    """Something of the improvement journal, at the point `place`; `number` names it in the list."""

    place: int
    number: int


@dataclass(frozen=True)
class Run:
    """A rate over time with its control chart, and what the journal says.

    Centre and limits are from the first `baseline` points (`statistics.limits`).
    """

    points: tuple[RunPoint, ...]
    chart: Chart
    good: Good = Good.HIGHER
    marks: tuple[Mark, ...] = ()
    baseline: int = 0

    @classmethod
    def of(
        cls, points: Sequence[RunPoint], good: Good = Good.HIGHER, marks: Sequence[Mark] = ()
    ) -> "Run":
        counts = [Count(point.part, point.whole) for point in points]
        baseline = limits.baseline(counts)
        return cls(tuple(points), p_chart(counts, baseline), good, tuple(marks), baseline)

    @cached_property  # asked for with each point
    def known(self) -> int:
        """How many points have a rate."""
        return sum(1 for point in self.chart.points if point.share is not None)

    @property
    def has_limits(self) -> bool:
        """Whether there are enough points for limits, and for rules, that are worth acting on."""
        return self.known >= FEWEST


@dataclass(frozen=True)
class _Scale:
    low: float
    high: float
    pitch: float

    def y(self, share: float) -> float:
        return _BASE - (share - self.low) / (self.high - self.low) * (_BASE - _TOP)

    def x(self, place: int) -> float:
        return _LEFT + (place + 0.5) * self.pitch


def spc_chart(run: Run, labelled_by: str, centre: str) -> Markup:
    """The picture of it. `centre` names the solid line ("centre 72 %")."""
    scale = _scale(run)
    body = _grid(scale)
    if run.chart.centre is not None:
        if run.has_limits:
            body += _limits(run.chart.points, scale)
        body += _centre(run.chart.centre, scale, centre)
    body += Markup("").join(_mark(mark, scale) for mark in run.marks)
    body += Markup('<path class="ser" d="{}"/>').format(_line(run.chart.points, scale))
    body += Markup("").join(_points(run, scale))
    body += Markup("").join(_labels(run.points, scale))
    body += _last(run.chart.points, scale)
    return image(body, _WIDTH, _HEIGHT, labelled_by)


def _scale(run: Run) -> _Scale:
    """From below the lowest to above the highest of what is drawn, at whole tenths."""
    drawn = [run.chart.centre] if run.chart.centre is not None else []
    for point in run.chart.points:
        if point.share is not None:
            drawn += [point.share, *((point.low, point.high) if run.has_limits else ())]
    low, high = min(drawn, default=0.0), max(drawn, default=1.0)
    low, high = floor(low * 10) / 10, ceil(high * 10) / 10
    if high - low < 0.2:
        low, high = (max(0.0, low - 0.1), min(1.0, high + 0.1))
    if high - low < 0.2:
        low, high = (0.0, 0.2) if low == 0 else (0.8, 1.0)
    return _Scale(low, high, (_RIGHT - _LEFT) / max(1, len(run.points)))


def _grid(scale: _Scale) -> Markup:
    body = Markup("")
    tenths = round((scale.high - scale.low) * 10)
    for tenth in range(0, tenths + 1, 2 if tenths > 5 else 1):
        share = scale.low + tenth / 10
        y = scale.y(share)
        body += Markup(
            '<path class="grid" d="M{:.0f} {:.1f}H{:.0f}"/>'
            '<text x="{:.0f}" y="{:.1f}" text-anchor="end">{} %</text>'
        ).format(_LEFT, y, _RIGHT, _LEFT - 6, y + 4, round(100 * share))
    return body


def _limits(points: Sequence[Point], scale: _Scale) -> Markup:
    """A step for each point, since each has its own denominator."""
    body = Markup("")
    for side in ("low", "high"):
        path, pen = [], "M"
        for place, point in enumerate(points):
            if point.share is None:
                pen = "M"
                continue
            y, left = scale.y(getattr(point, side)), scale.x(place) - scale.pitch / 2
            path.append(f"{pen}{left:.1f} {y:.1f}H{left + scale.pitch:.1f}")
            pen = "L"
        body += Markup('<path class="lim" d="{}"/>').format("".join(path))
    return body


def _centre(share: float, scale: _Scale, words: str) -> Markup:
    y = scale.y(share)
    return Markup(
        '<path class="mid" d="M{:.0f} {:.1f}H{:.0f}"/><text x="{:.0f}" y="{:.1f}">{}</text>'
    ).format(_LEFT, y, _RIGHT, _RIGHT + 6, y + 4, words)


def _mark(mark: Mark, scale: _Scale) -> Markup:
    x = scale.x(mark.place) - scale.pitch / 2
    return Markup(
        '<path class="note" d="M{0:.1f} {1:.0f}V{2:.0f}"/>'
        '<text class="hi" x="{0:.1f}" y="{3:.0f}" text-anchor="middle">{4}</text>'
    ).format(x, _TOP - 12, _BASE, _TOP - 18, mark.number)


def _line(points: Sequence[Point], scale: _Scale) -> str:
    """Through the points; the pen is lifted over those without a rate."""
    path, pen = [], "M"
    for place, point in enumerate(points):
        if point.share is None:
            pen = "M"
            continue
        path.append(f"{pen}{scale.x(place):.1f} {scale.y(point.share):.1f}")
        pen = "L"
    return " ".join(path)


def _points(run: Run, scale: _Scale) -> Iterator[Markup]:
    """A ring where a rule says more than chance: red where it is worse, else in our own colour."""
    small = len(run.points) > _CROWDED
    before: float | None = None
    for place, point in enumerate(run.chart.points):
        if point.share is None:
            continue
        kind = _kind(point, before, run) if run.has_limits else "pt"
        before = point.share if Signal.TREND in point.signals else None
        radius = (2.5 if small else 3.5) + (1 if kind != "pt" else 0)
        yield Markup('<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="{}"/>').format(
            kind, scale.x(place), scale.y(point.share), radius
        )


def _kind(point: Point, before: float | None, run: Run) -> str:
    """Being near the centre is neither better nor worse, and of a trend its direction says it:
    `before` is the rate of the point before, where that is part of a trend too."""
    if not point.signals or point.share is None or run.chart.centre is None:
        return "pt"
    of_level = point.signals - {Signal.TREND, Signal.HUGGING}
    than = run.chart.centre if of_level else before
    worse = than is not None and (point.share - than) * run.good < 0
    return "pt out" if worse else "pt up"


def _labels(points: Sequence[RunPoint], scale: _Scale) -> Iterator[Markup]:
    """Counted back from the newest, so that it has its own."""
    every = max(1, ceil(len(points) / _LABELS))
    for place, point in enumerate(points):
        if (len(points) - 1 - place) % every == 0:
            yield Markup('<text x="{:.1f}" y="236" text-anchor="middle">{}</text>').format(
                scale.x(place), point.label
            )


def _last(points: Sequence[Point], scale: _Scale) -> Markup:
    for place in range(len(points) - 1, -1, -1):
        share = points[place].share
        if share is not None:
            x, y = scale.x(place), scale.y(share)
            return Markup(
                '<text class="hi" x="{:.1f}" y="{:.1f}" text-anchor="middle">{} %</text>'
            ).format(x, y - 10 if y > _TOP + 16 else y + 20, round(100 * share))
    return Markup("")
