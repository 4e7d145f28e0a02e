"""What the rules of a run chart found, in words for whoever does not know the rules. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rsm.metrics.statistics.control import FEWEST, Signal
from rsm.web.charts_run import Good, Run
from rsm.web.site_words import Words

_MOST = 4  # sentences: whoever reads has a minute


@dataclass(frozen=True)
class Stretch:
    """Points in a row that one rule marks, from `first` to `last`; above the centre or below, and
    for a trend: upwards or downwards."""

    signal: Signal
    first: int
    last: int
    length: int
    up: bool


def stretches(run: Run) -> list[Stretch]:
    """All that the rules found, the newest first; nothing where there are too few points."""
    if not run.has_limits:
        return []
    found = [each for signal in Signal for each in _of(run, signal)]
    return sorted(found, key=lambda each: (-each.last, list(Signal).index(each.signal)))


@dataclass(frozen=True)
class _Seen:
    """The points that have a rate: where they are, the rates, and on which side of what."""

    places: tuple[int, ...]
    shares: tuple[float, ...]
    centre: float

    @classmethod
    def of(cls, run: Run) -> "_Seen":
        there = [
            (at, one.share) for at, one in enumerate(run.chart.points) if one.share is not None
        ]
        places, shares = tuple(at for at, _ in there), tuple(share for _, share in there)
        return cls(places, shares, run.chart.centre or 0.0)

    def up(self, signal: Signal, nth: int) -> bool:
        """Of a trend: whether it rises to there; of all else: whether it is above the centre."""
        if signal is Signal.TREND:
            return nth > 0 and self.shares[nth] > self.shares[nth - 1]
        return signal is Signal.HUGGING or self.shares[nth] > self.centre


def _of(run: Run, signal: Signal) -> Iterator[Stretch]:
    """Neighbouring points of one signal and one direction; points without a rate are passed."""
    seen = _Seen.of(run)
    row: list[int] = []
    for nth, at in enumerate((*seen.places, None)):
        is_marked = at is not None and signal in run.chart.points[at].signals
        if row and not (is_marked and _goes_on(seen, signal, row, nth)):
            up = seen.up(signal, row[-1])
            yield Stretch(signal, seen.places[row[0]], seen.places[row[-1]], len(row), up)
            row = []
        if is_marked:
            row.append(nth)


def _goes_on(seen: _Seen, signal: Signal, row: Sequence[int], nth: int) -> bool:
    """In the same direction. The first point of a trend has none yet: it is where it begins."""
    begins = signal is Signal.TREND and len(row) == 1
    return begins or seen.up(signal, row[-1]) == seen.up(signal, nth)


def sentences(run: Run, words: Words, by_month: bool) -> tuple[str, ...]:
    """What was found, the newest first, each rule and direction once; that nothing was, or that
    there are too few points for rules."""
    unit = "month" if by_month else "week"
    if not run.has_limits:
        return (words("run_too_few", count=run.known, unit=words(f"{unit}s_word"), needed=FEWEST),)
    said: dict[tuple[Signal, bool], str] = {}
    for each in stretches(run):
        said.setdefault((each.signal, each.up), _sentence(run, each, words, unit))
    told = tuple(said.values())[:_MOST] or (words("run_chance"),)
    judged = sum(1 for point in run.chart.points[run.baseline :] if point.share is not None)
    if not judged:
        return told
    values = {"unit": words(f"{unit}s_word"), "judged": judged, "count": run.known - judged}
    return (*told, words("run_limits", **values))


def _sentence(run: Run, one: Stretch, words: Words, unit: str) -> str:
    where = ("above" if one.up else "below") if one.signal is not Signal.HUGGING else "near"
    share = run.chart.points[one.last].share or 0.0
    told = words(
        f"signal_{one.signal}_{where}",
        count=one.length,
        unit=words(f"{unit}s_word"),
        unit_one=words(unit),
        since=run.points[one.first].label,
        last=run.points[one.last].label,
        share=round(100 * share),
    )
    judged = _judgement(run.good, one, words)
    return f"{told} {judged}".strip()


def _judgement(good: Good, one: Stretch, words: Words) -> str:
    """Better, or worse, where the rate has a good direction."""
    if good is Good.NEITHER or one.signal is Signal.HUGGING:
        return ""
    better = one.up == (good is Good.HIGHER)
    return words("signal_better" if better else "signal_worse")


def marked(run: Run, place: int, words: Words) -> str:
    """The rules that one point is marked by, for its row in the table."""
    if not run.has_limits:
        return ""
    found = run.chart.points[place].signals
    return ", ".join(words(f"rule_{each}") for each in Signal if each in found)


def holding(run: Run) -> Stretch | None:
    """A signal that the last point with a rate is part of; one of its level before a trend."""
    known = [at for at, point in enumerate(run.chart.points) if point.share is not None]
    newest = [
        each
        for each in stretches(run)
        if each.last == known[-1] and each.signal is not Signal.HUGGING
    ]
    return min(newest, key=lambda each: each.signal is Signal.TREND, default=None)


def finding(run: Run, words: Words, name: str) -> str:
    """The picture's title: the newest signal if it still holds, else how the last point is."""
    shares = [point.share for point in run.chart.points if point.share is not None]
    if not shares:
        return words("run_nothing", name=name)
    newest, share = holding(run), round(100 * shares[-1])
    if newest is None:
        centre = round(100 * (run.chart.centre or 0.0))
        key = "run_steady" if run.has_limits else "run_few"
        return words(key, name=name, share=share, centre=centre)
    keys = ("run_lower", "run_higher")
    if newest.signal is Signal.TREND:  # which may be on either side of the centre
        keys = ("run_falling", "run_rising")
    key = keys[newest.up]
    return words(key, name=name, share=share, since=run.points[newest.first].label)
