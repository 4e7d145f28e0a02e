"""A funnel plot: each site's share against its size, between the limits of chance.

The limits are those of sites like the others (Spiegelhalter, Stat Med 2005;24:1185); whoever lies
between them differs by chance alone, however the points may be ordered by eye.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from markupsafe import Markup

from rsm.collaborative.decide import expected
from rsm.collaborative.model import Funnel, Point
from rsm.web.charts import image
from rsm.web.simulated_charts import ticks

_LEFT, _RIGHT, _TOP, _BASE = 52.0, 700.0, 18.0, 318.0
_WIDTH, _HEIGHT = 800.0, 368.0
_STEPS = 24  # of a curve
_LETTER, _LINE = 8.0, 15.0  # the room of a letter, and of a line


@dataclass(frozen=True)
class FunnelWords:
    """What stands at the axis and at the lines."""

    axis: str
    median: str
    warning: str  # "95 %"
    control: str  # "99.8 %"


Place = Callable[[float, float], tuple[float, float]]  # size and share → where
Box = tuple[float, float, float, float]


def funnel_picture(funnel: Funnel, words: FunnelWords, labelled_by: str) -> Markup:
    """The plot; without a median there are points and no limits. Own site named and solid."""
    sizes = ticks(max((point.whole for point in funnel.points), default=1))
    most, low, high = sizes[-1], *_heights(funnel)

    def at(size: float, share: float) -> tuple[float, float]:
        x = _LEFT + size / most * (_RIGHT - _LEFT)
        return x, _BASE - (share - low) / (high - low) * (_BASE - _TOP)

    body = _grid(sizes, low, high, at)
    if funnel.target is not None:
        body += _limits(funnel.target, most, at, words)
    body += _points(funnel.points, at)
    body += Markup('<text x="{:.0f}" y="{:.0f}" text-anchor="middle">{}</text>').format(
        (_LEFT + _RIGHT) / 2, _HEIGHT - 10, words.axis
    )
    return image(body, _WIDTH, _HEIGHT, labelled_by)


def _heights(funnel: Funnel) -> tuple[float, float]:
    """Tenths below and above everything that has to be seen."""
    shares = [point.share for point in funnel.points]
    if funnel.target is not None and funnel.points:
        smallest = min(point.whole for point in funnel.points)
        around = expected(funnel.target, smallest).control
        shares += [around.low, around.high]
    low = int(min(shares, default=0.0) * 10) / 10
    high = ceil(round(max(shares, default=1.0) * 10, 6)) / 10
    return (low, high) if high > low else (max(0.0, low - 0.1), low + 0.1)


def _grid(sizes: Sequence[float], low: float, high: float, at: Place) -> Markup:
    body = Markup()
    count = round((high - low) * 10)
    for step in range(0, count + 1, 2 if count > 5 else 1):
        _, y = at(0, low + step / 10)
        body += Markup(
            '<path class="{}" d="M{:.0f} {:.1f}H{:.0f}"/>'
            '<text x="{:.0f}" y="{:.1f}" text-anchor="end">{} %</text>'
        ).format(
            "grid" if step else "ax",
            _LEFT,
            y,
            _RIGHT,
            _LEFT - 8,
            y + 4,
            round(low * 100) + step * 10,
        )
    for size in sizes:
        x, _ = at(size, low)
        body += Markup('<text x="{:.1f}" y="{:.0f}" text-anchor="middle">{:g}</text>').format(
            x, _BASE + 20, size
        )
    return body


def _limits(target: float, most: float, at: Place, words: FunnelWords) -> Markup:
    """Both pairs of curves and the median, each named at its right end."""
    sizes = _curve_sizes(most)
    every = [(size, expected(target, size)) for size in sizes]
    lines = (
        ("lim", words.warning, [(size, each.warning) for size, each in every]),
        ("mid", words.control, [(size, each.control) for size, each in every]),
    )
    body = Markup('<path class="mid" d="M{:.0f} {:.1f}H{:.0f}"/>').format(
        _LEFT, at(0, target)[1], _RIGHT
    )
    ends = [(at(most, target)[1], words.median)]
    for kind, name, around in lines:
        upper = [at(size, each.high) for size, each in around]
        lower = [at(size, each.low) for size, each in around]
        body += Markup('<path class="{0}" d="{1}"/><path class="{0}" d="{2}"/>').format(
            kind, _line(upper), _line(lower)
        )
        ends += [(upper[-1][1], name), (lower[-1][1], name)]
    return body + Markup().join(_named(ends))


def _curve_sizes(most: float) -> list[int]:
    """Closer together where the curve bends: from ten on, by equal factors."""
    factor = max(most / 10, 1.0)
    return sorted({round(10 * factor ** (step / _STEPS)) for step in range(_STEPS + 1)})


def _line(places: Sequence[tuple[float, float]]) -> str:
    """From where it comes into the picture."""
    within = [(x, y) for x, y in places if _TOP <= y <= _BASE]
    return " ".join(f"{'L' if step else 'M'}{x:.1f} {y:.1f}" for step, (x, y) in enumerate(within))


def _named(ends: Sequence[tuple[float, str]]) -> Iterator[Markup]:
    """The names at the right, one below the other where the lines are close."""
    below = -_LINE
    for y, name in sorted(ends):
        below = max(y + 4, below + _LINE)
        yield Markup('<text x="{:.0f}" y="{:.1f}">{}</text>').format(_RIGHT + 8, below, name)


def _points(points: Sequence[Point], at: Place) -> Markup:
    """Others first, so that the own one is never covered; a label where there is room for one."""
    body, labels = Markup(), Markup()
    dots = [at(point.whole, point.share) for point in points]
    taken: list[Box] = [(x - 7, y - 7, x + 7, y + 7) for x, y in dots]
    order = sorted(range(len(points)), key=lambda place: points[place].own)
    for place in order:
        x, y = dots[place]
        own = points[place].own
        body += Markup('<circle class="pt {}" cx="{:.1f}" cy="{:.1f}" r="{}"/>').format(
            "us" if own else "them", x, y, 7 if own else 5
        )
    for place in reversed(order):  # the own one chooses first
        labels += _label(points[place], dots[place], taken)
    return body + labels


def _label(point: Point, dot: tuple[float, float], taken: list[Box]) -> Markup:
    x, y = dot
    long = len(point.label) * _LETTER
    for left, base in ((x + 10, y + 5), (x - 10 - long, y + 5), (x - long / 2, y - 12),
                       (x - long / 2, y + 22)):  # fmt: skip
        box = (left, base - 11, left + long, base + 3)
        if _fits(box) and not any(_meet(box, other) for other in taken):
            taken.append(box)
            return Markup('<text{} x="{:.1f}" y="{:.1f}">{}</text>').format(
                Markup(' class="hi"') if point.own else "", left, base, point.label
            )
    return Markup()


def _fits(box: Box) -> bool:
    return box[0] > _LEFT and box[2] < _RIGHT and box[1] > 0 and box[3] < _BASE


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
