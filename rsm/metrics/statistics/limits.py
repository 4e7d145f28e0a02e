"""From which points of a run its centre and limits are made, wherever it is shown. Pure."""

from collections.abc import Sequence

from rsm.metrics.statistics.control import FEWEST, Count

_JUDGED = 8  # newest points that are held against the limits of those before: a run, by the rules


def baseline(counts: Sequence[Count]) -> int:
    """So many of the first points make the limits: what changed lately must not move what it is
    held against.

    All but the newest, where enough are left for limits; points without a rate do not count.
    """
    known = [place for place, count in enumerate(counts) if count.whole]
    if len(known) <= FEWEST:
        return len(counts)
    return known[max(FEWEST, len(known) - _JUDGED) - 1] + 1
