"""What a survey costs whoever answers it: questions, and minutes. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from rsm.instruments.decide import route
from rsm.instruments.merge import merge
from rsm.instruments.model import Instrument

SECONDS_A_QUESTION = 12  # supposed, as the patient's first page says it
FEWEST = 20  # reports before what was measured counts for more than what is supposed


@dataclass(frozen=True)
class Minutes:
    """How long it takes; `reports` is how many say so, 0 where it is only supposed."""

    minutes: int
    reports: int = 0


@dataclass(frozen=True)
class Burden:
    """Of several questionnaires asked together: `asked` questions at most, `saved` of them asked
    once instead of twice."""

    asked: int
    saved: int
    minutes: Minutes


def questions(instrument: Instrument) -> int:
    """How many questions it asks at most: of branches that exclude one another, the longer way."""
    return len(route(instrument, {}))


def minutes(asked: int, seconds: Sequence[float]) -> Minutes:
    """From how long past reports took, where there are enough of them; else supposed."""
    if len(seconds) < FEWEST:
        return Minutes(max(1, round(asked * SECONDS_A_QUESTION / 60)))
    return Minutes(max(1, round(median(seconds) / 60)), len(seconds))


def burden(parts: Sequence[Instrument], seconds: Sequence[float] = ()) -> Burden:
    """Of these asked together; `seconds` are what past reports of exactly these took.

    Raises `Invalid` when they cannot be asked in one survey (`merge`).
    """
    asked = questions(merge(parts))
    alone = sum(questions(part) for part in parts)
    return Burden(asked, alone - asked, minutes(asked, seconds))
