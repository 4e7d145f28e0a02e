"""Which figures a machine does not get when they are divided: few people stand behind them. Pure.

Beside what is small itself, enough is withheld that nobody works it out: neither from what is
known of all together, nor from measures that add up.
"""

from collections.abc import Iterator, Mapping

from rsm.collaborative.decide import is_small, suppressed
from rsm.collaborative.model import LEAST
from rsm.collaborative.shared import MEASURES as ADDING_UP
from rsm.metrics.definitions import BY_ID
from rsm.metrics.figures import Figure
from rsm.metrics.measure import Kind

Divided = Mapping[str, Mapping[str, Figure]]  # value of the dimension → measure → its figure
Cell = tuple[str, str]  # value, measure
_BEHIND_MINUTES = "opened"  # alerts: of how many a duration tells


def withheld(divided: Divided) -> frozenset[Cell]:
    """The cells that are not told."""
    hidden = set(_small(divided))
    before = -1
    while len(hidden) != before:
        before = len(hidden)
        hidden |= set(_adding_up(divided, hidden))
        hidden |= set(_left_over(divided, hidden))
    return frozenset(hidden)


def _small(divided: Divided) -> Iterator[Cell]:
    for value, figures in divided.items():
        behind = figures.get(_BEHIND_MINUTES)
        few = behind is None or (behind.part or 0) < LEAST
        for id_, figure in figures.items():
            if few if BY_ID[id_].kind is Kind.MINUTES else _is_few(figure):
                yield value, id_


def _is_few(figure: Figure) -> bool:
    part = int(figure.part or 0)
    return part < LEAST if figure.whole is None else is_small(part, figure.whole)


def _adding_up(divided: Divided, hidden: set[Cell]) -> Iterator[Cell]:
    """Of each value by itself: measures from which a small one follows."""
    for value, figures in divided.items():
        cells = {
            id_: (int(figure.part or 0), figure.whole)
            for id_, figure in figures.items()
            if id_ in ADDING_UP and figure.whole is not None and (value, id_) not in hidden
        }
        yield from ((value, id_) for id_ in suppressed(cells))


def _left_over(divided: Divided, hidden: set[Cell]) -> Iterator[Cell]:
    """Of each measure by itself: what the withheld values come to together is no small count."""
    for id_ in BY_ID:
        known = {value: figures[id_] for value, figures in divided.items() if id_ in figures}
        gone = [figure for value, figure in known.items() if (value, id_) in hidden]
        shown = {value: known[value] for value in known if (value, id_) not in hidden}
        if gone and shown and BY_ID[id_].kind is not Kind.MINUTES:
            together = Figure(
                id_,
                sum(figure.part or 0 for figure in gone),
                sum(each.whole or 0 for each in gone) if gone[0].whole is not None else None,
            )
            if len(gone) == 1 or _is_few(together):
                yield min(shown, key=lambda value: _size(shown[value])), id_


def _size(figure: Figure) -> float:
    return figure.whole if figure.whole is not None else figure.part or 0
