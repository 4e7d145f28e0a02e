"""Pictures as SVG made on the server: geometry in attributes, colours by class.

The same picture serves page, PDF and mail, light and dark. A picture that carries meaning is
`role="img"` and labelled by its caption's id, and its figures stand beside it as a table; a
small bar beside its own number is decoration and hidden from screen readers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import segno
from markupsafe import Markup


class WeekState(StrEnum):
    """Why a week has a bar, or none. Missing is not zero (P7)."""

    ANSWERED = "answered"
    REFUSED = "refused"
    NO_REPORT = "no_report"


@dataclass(frozen=True)
class WeekBar:
    """One week of one symptom: `label` for the axis, `value` as stored, `shown` in words;
    `by_other`: somebody else's answer for her, which is not compared with her own."""

    label: str
    value: int | None = None
    state: WeekState = WeekState.ANSWERED
    shown: str = ""
    by_other: bool = False


@dataclass(frozen=True)
class Span:
    """From the lowest to the highest value of a picture, and the names of some of them."""

    low: float
    high: float
    names: Sequence[tuple[float, str]]

    @classmethod
    def of(cls, names: Sequence[str]) -> "Span":
        """Of a scale whose grades have names, from 0 up."""
        return cls(0, max(1, len(names) - 1), tuple(enumerate(names)))

    def share(self, value: float) -> float:
        """How far up it lies, 0 to 1; what is off the scale at its end."""
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))


@dataclass(frozen=True)
class RunPoint:
    """One week of a rate: `part` of `whole`; a week with nothing due has no point."""

    label: str
    part: int
    whole: int

    @property
    def share(self) -> float | None:
        return self.part / self.whole if self.whole else None


def week_bars(weeks: Sequence[WeekBar], scale: Sequence[str] | Span, labelled_by: str) -> Markup:
    """Bars of one symptom by week for a patient, in one calm colour. `scale` names the values from
    0 up, or says what stands at which height."""
    span = scale if isinstance(scale, Span) else Span.of(scale)
    width, base, top = 360.0, 150.0, 30.0
    left = min(150.0, 10 + 8.4 * max(len(name) for _, name in span.names))
    pitch = (width - left) / max(1, len(weeks))
    body = Markup("").join(
        _scale_line(name, base - span.share(at) * (base - top), (left, width), at == span.high)
        for at, name in span.names
    )
    for index, week in enumerate(weeks):
        middle = left + (index + 0.5) * pitch
        height = None if week.value is None else span.share(week.value) * (base - top)
        body += _week_bar(week, middle, min(26.0, pitch * 0.7), (base, height))
        body += _week_label(week.label, index, len(weeks), middle)
    return image(body, width, 190, labelled_by)


def _scale_line(name: str, y: float, across: tuple[float, float], strong: bool) -> Markup:
    left, width = across
    return Markup(
        '<path class="grid" d="M{left:.0f} {y:.1f}H{width:.0f}"/>'
        '<text x="0" y="{text:.1f}"{cls}>{name}</text>'
    ).format(
        left=left,
        y=y,
        width=width,
        text=y + 5,
        cls=Markup(' class="strong"') if strong else "",
        name=name,
    )


def _week_bar(week: WeekBar, middle: float, width: float, up: tuple[float, float | None]) -> Markup:
    base, height = up
    if week.state is not WeekState.ANSWERED or height is None:
        mark = "?" if week.state is WeekState.REFUSED else "\N{EN DASH}"
        return Markup(
            '<rect class="none" x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}"/>'
            '<text x="{m:.1f}" y="{t:.1f}" text-anchor="middle">{mark}</text>'
        ).format(x=middle - width / 2, y=base - 58, w=width, h=58, m=middle, t=base - 64, mark=mark)
    tall = max(3.0, height)
    return Markup(
        '<rect class="{cls}" x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" rx="2"/>'
    ).format(
        cls="week other" if week.by_other else "week",
        x=middle - width / 2,
        y=base - tall,
        w=width,
        h=tall,
    )


def _week_label(label: str, index: int, count: int, middle: float) -> Markup:
    """Every third week is named, counted back from the newest, which is set in bold."""
    from_end = count - 1 - index
    if from_end % 3:
        return Markup("")
    last = from_end == 0
    return Markup('<text x="{x:.1f}" y="174" text-anchor="{a}"{cls}>{label}</text>').format(
        x=middle + 14 if last else middle,
        a="end" if last else "middle",
        cls=Markup(' class="strong"') if last else "",
        label=label,
    )


def run_chart(points: Sequence[RunPoint], labelled_by: str) -> Markup:
    """A rate by week with its median: a line that breaks where nothing was due."""
    shares = [point.share for point in points]
    known = sorted(share for share in shares if share is not None)
    low = min(0.9, int((known[0] if known else 0) * 10) / 10)
    left, right, top, base = 52.0, 770.0, 24.0, 220.0

    def y_of(share: float) -> float:
        return base - (share - low) / (1 - low) * (base - top)

    pitch = (right - left) / max(1, len(points))
    xs = [left + (index + 0.5) * pitch for index in range(len(points))]
    body = _run_grid(low, left, right, y_of(low) - y_of(low + 0.1))
    if known:
        body += _median(known[len(known) // 2], (left, right), y_of(known[len(known) // 2]))
    body += Markup('<path class="ser" d="{}"/>').format(
        _broken_line([(x, None if s is None else y_of(s)) for x, s in zip(xs, shares, strict=True)])
    )
    every = max(1, round(len(points) / 8))
    for index, (x, share) in enumerate(zip(xs, shares, strict=True)):
        if share is not None:
            body += Markup('<circle class="pt" cx="{:.1f}" cy="{:.1f}" r="4"/>').format(
                x, y_of(share)
            )
        if (len(points) - 1 - index) % every == 0:
            body += _axis_label(points[index].label, x)
    body += _last_value(xs, shares, [None if s is None else y_of(s) for s in shares])
    return image(body, 800, 260, labelled_by)


def _run_grid(low: float, left: float, right: float, tenth: float) -> Markup:
    body = Markup("")
    steps = round((1 - low) * 10)
    every = 2 if steps > 5 else 1
    lowest = round(low * 100)
    for step in range(0, steps + 1, every):
        y = 220.0 - step * tenth
        body += Markup(
            '<path class="grid" d="M{left:.0f} {y:.1f}H{right:.0f}"/>'
            '<text x="{x:.0f}" y="{t:.1f}" text-anchor="end">{share} %</text>'
        ).format(left=left, right=right, y=y, x=left - 8, t=y + 4, share=lowest + step * 10)
    return body


def _median(median: float, ends: tuple[float, float], y: float) -> Markup:
    return Markup(
        '<path class="lim" d="M{:.0f} {:.1f}H{:.0f}"/>'
        '<text x="{:.0f}" y="{:.1f}">median {} %</text>'
    ).format(ends[0], y, ends[1], ends[0] + 4, y - 6, round(median * 100))


def _axis_label(label: str, x: float) -> Markup:
    return Markup('<text x="{:.1f}" y="242" text-anchor="middle">{}</text>').format(x, label)


def _last_value(
    xs: Sequence[float], shares: Sequence[float | None], ys: Sequence[float | None]
) -> Markup:
    for x, share, y in zip(reversed(xs), reversed(shares), reversed(ys), strict=True):
        if share is not None and y is not None:
            return Markup(
                '<text class="hi" x="{:.1f}" y="{:.1f}" text-anchor="middle">{} %</text>'
            ).format(x, y - 12 if y > 50 else y + 22, round(share * 100))
    return Markup("")


def _broken_line(points: Sequence[tuple[float, float | None]]) -> str:
    """An SVG path through the points that lifts the pen over gaps."""
    steps: list[str] = []
    pen = "M"
    for x, y in points:
        if y is None:
            pen = "M"
            continue
        steps.append(f"{pen}{x:.1f} {y:.1f}")
        pen = "L"
    return " ".join(steps)


def share_bar(part: int, whole: int) -> Markup:
    """A small bar beside its number: `part` of `whole`."""
    filled = 100 * min(1.0, part / whole) if whole else 0
    return _spark(
        Markup(
            '<rect class="f0" width="100" height="14"/>'
            '<rect class="f1" width="{:.1f}" height="14"/>'
        ).format(filled)
    )


def stacked_bar(counts: Sequence[int]) -> Markup:
    """Up to four buckets side by side, the best first."""
    total = sum(counts) or 1
    body, x = Markup(""), 0.0
    for index, count in enumerate(counts):
        width = 100 * count / total
        body += Markup('<rect class="q{}" x="{:.2f}" width="{:.2f}" height="14"/>').format(
            min(4, index + 1), x, width
        )
        x += width
    return _spark(body)


def clock_bar(elapsed: timedelta, target: timedelta) -> Markup:
    """How much of the target is used; past it, what is over stands out behind a mark."""
    used = max(0.0, elapsed / target) if target else 0.0
    if used <= 1:
        rest = Markup('<rect class="v" width="{:.1f}" height="6"/><path class="t" d="M99 0V6"/>')
        bars = rest.format(100 * used)
    else:
        mark = 100 / used
        bars = Markup(
            '<rect class="v" width="{0:.1f}" height="6"/>'
            '<rect class="over" x="{0:.1f}" width="{1:.1f}" height="6"/>'
            '<path class="t" d="M{0:.1f} 0V6"/>'
        ).format(mark, 100 - mark)
    return Markup(
        '<svg class="clk" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="bg" width="100" height="6" rx="1"/>{}</svg>'
    ).format(bars)


def growing_bars(filled: int, count: int) -> Markup:
    """The little staircase beside an answer option: it helps those who read little."""
    body = Markup("").join(
        Markup('<rect{on} x="{x}" y="{y}" width="6" height="{h}" rx="1"/>').format(
            on=Markup(' class="on"') if index < filled else "",
            x=1 + 8 * index,
            y=14 - 3 * index,
            h=4 + 3 * index,
        )
        for index in range(count)
    )
    return Markup('<svg viewBox="0 0 34 19" aria-hidden="true">{}</svg>').format(body)


def qr_code(content: str, label: str) -> Markup:
    """A QR code as one path; always dark on light, since cameras need it."""
    matrix: tuple[bytearray, ...] = segno.make(content, error="m", micro=False).matrix
    size = len(matrix)
    path = "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark
    )
    return Markup(
        '<svg class="qr" viewBox="-4 -4 {n} {n}" role="img" aria-label="{label}">'
        '<rect class="qr-paper" x="-4" y="-4" width="{n}" height="{n}"/>'
        '<path class="qr-ink" d="{path}"/></svg>'
    ).format(n=size + 8, label=label, path=path)


def _spark(body: Markup) -> Markup:
    return Markup(
        '<svg class="spark" viewBox="0 0 100 14" preserveAspectRatio="none" aria-hidden="true">'
        "{}</svg>"
    ).format(body)


def image(body: Markup, width: float, height: float, labelled_by: str) -> Markup:
    """The whole picture, in units of its own; its caption's id says what it shows."""
    return Markup(
        '<svg class="chart" viewBox="0 0 {:.0f} {:.0f}" direction="ltr" role="img"'
        ' aria-labelledby="{}">{}</svg>'
    ).format(width, height, labelled_by, body)
