"""Two pictures of a replay, as it was and with the pack: by week, and by hour of the day.

Geometry in attributes, colours by class, as in `rsm.web.charts`; the figures stand beside them.
"""

from collections.abc import Sequence

from markupsafe import Markup

_LEFT, _RIGHT, _TOP, _BASE = 40.0, 500.0, 20.0, 200.0
_WIDTH, _HEIGHT = 640, 236
_APART = 18.0  # between two labels at the lines' ends


def pair_lines(
    labels: Sequence[str], was: Sequence[int], would: Sequence[int], names: tuple[str, str], by: str
) -> Markup:
    """Two series by week: dashes as it was, a line with the pack; `names` stand at their ends."""
    top = _top(max((*was, *would, 1)))
    pitch = (_RIGHT - _LEFT) / max(1, len(labels))
    xs = [_LEFT + (place + 0.5) * pitch for place in range(len(labels))]
    ys = [[_y(count, top) for count in series] for series in (was, would)]
    body = _grid(top, _RIGHT)
    body += Markup('<path class="lim" d="{}"/>').format(_path(xs, ys[0]))
    body += Markup('<path class="ser" d="{}"/>').format(_path(xs, ys[1]))
    for x, y in zip(xs, ys[1], strict=True):
        body += Markup('<circle class="pt" cx="{:.1f}" cy="{:.1f}" r="4"/>').format(x, y)
    every = max(1, round(len(labels) / 6))
    for place, (label, x) in enumerate(zip(labels, xs, strict=True)):
        if (len(labels) - 1 - place) % every == 0:
            body += _below(label, x)
    if xs:
        body += _ends(xs[-1] + 12, (ys[0][-1], ys[1][-1]), names)
    return _image(body, by)


def hour_bars(was: Sequence[int], would: Sequence[int], by: str) -> Markup:
    """Twenty-four pairs of bars: pale as it was, solid with the pack."""
    right = 630.0
    top = _top(max((*was, *would, 1)))
    pitch = (right - _LEFT) / len(was)
    width = pitch * 0.38
    body = _grid(top, right)
    for hour, pair in enumerate(zip(was, would, strict=True)):
        x = _LEFT + hour * pitch + pitch * 0.12
        for place, (count, kind) in enumerate(zip(pair, ("f0 ax", "f1"), strict=True)):
            height = _BASE - _y(count, top)
            if count:
                body += Markup(
                    '<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>'
                ).format(kind, x + place * width, _BASE - height, width, height)
        if hour % 3 == 0:
            body += _below(f"{hour}:00", _LEFT + (hour + 0.5) * pitch)
    return _image(body, by)


def _top(highest: int) -> int:
    """A round number at or above the highest, which quarters or fifths divide."""
    step = 1
    while True:
        for factor in (4, 5, 8, 10, 20, 40):
            if factor * step >= highest:
                return factor * step
        step *= 10


def _y(count: int, top: int) -> float:
    return _BASE - count / top * (_BASE - _TOP)


def _grid(top: int, right: float) -> Markup:
    parts = 4 if top % 4 == 0 else 5
    body = Markup("")
    for part in range(parts + 1):
        count = top * part // parts
        y = _y(count, top)
        body += Markup(
            '<path class="{}" d="M{:.0f} {:.1f}H{:.0f}"/>'
            '<text x="{:.0f}" y="{:.1f}" text-anchor="end">{}</text>'
        ).format("grid" if part else "ax", _LEFT, y, right, _LEFT - 8, y + 4, count)
    return body


def _path(xs: Sequence[float], ys: Sequence[float]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(xs, ys, strict=True)) if xs else ""


def _below(label: str, x: float) -> Markup:
    return Markup('<text x="{:.1f}" y="224" text-anchor="middle">{}</text>').format(x, label)


def _ends(x: float, ys: tuple[float, float], names: tuple[str, str]) -> Markup:
    """The names at the lines' ends, moved apart where they would lie on one another."""
    was, would = ys
    if abs(was - would) < _APART:
        middle, sign = (was + would) / 2, 1 if was > would else -1
        was, would = middle + sign * _APART / 2, middle - sign * _APART / 2
    under = max(0.0, max(was, would) - (_BASE - 8))  # where the weeks' names stand
    was, would = was - under, would - under
    body = Markup('<text x="{:.1f}" y="{:.1f}">{}</text>').format(x, was + 4, names[0])
    return body + Markup('<text class="hi" x="{:.1f}" y="{:.1f}">{}</text>').format(
        x, would + 4, names[1]
    )


def _image(body: Markup, by: str) -> Markup:
    return Markup(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-labelledby="{}">{}</svg>'
    ).format(_WIDTH, _HEIGHT, by, body)
