"""Whose measure is due: what a worker's list says of one patient, and in which order. Pure.

Not to know when a measure was due was a reason why two organisations used theirs less and less
(J Patient Rep Outcomes 2022, 10.1186/s41687-022-00485-4): so each patient has a line that says so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from rsm.kernel.words import SurveyState
from rsm.schedules.model import ASKED, MissReason

LOOKS_BACK = timedelta(weeks=5)  # what was missed longer ago is for the figures, not for a list,
LONGEST = timedelta(days=400)  # but of whoever is asked more seldom than that: once a year at least
LOOKS_AHEAD = timedelta(days=7)
# She was not to be asked then, or has answered that she does not want this one.
_NOT_OVERDUE = frozenset(
    {
        MissReason.PAUSED,
        MissReason.NOT_ENROLLED,
        MissReason.ENDED,
        MissReason.NOT_LIVE,
        MissReason.REFUSED,
        MissReason.TOO_ILL,
    }
)


class DueState(StrEnum):
    """How a patient's measure stands, what is to be done first before the rest."""

    DUE = "due"  # open now
    OVERDUE = "overdue"  # closed without a report, and none came since
    LATE = "late"  # the last one came after it had closed
    AHEAD = "ahead"  # opens within a week
    UNDATED = "undated"  # her plan waits for a date that nobody has entered


@dataclass(frozen=True)
class Followed:
    """A patient who takes part. `next_at` is when the next window opens, None where none is known;
    `waits`: her plan does not know a day. `begun`: a planned survey of hers has opened before."""

    patient_id: UUID
    next_at: datetime | None = None
    waits: bool = False
    begun: bool = False

    @property
    def goes_on(self) -> bool:
        """Whether she was asked before, and will be again."""
        return self.begun and (self.waits or self.next_at is not None)


@dataclass(frozen=True)
class Asked:
    """One survey of hers that was not cancelled. `baseline`: her first planned one.

    `scheduled` is False for a report of her own accord. `late`: sent after the closing.
    """

    patient_id: UUID
    opens_at: datetime
    closes_at: datetime
    state: SurveyState
    scheduled: bool = True
    miss_reason: str | None = None
    baseline: bool = False
    late: bool = False
    completed_at: datetime | None = None

    @property
    def is_reported(self) -> bool:
        return self.state in {SurveyState.COMPLETED, SurveyState.PARTIAL}

    def is_open(self, now: datetime) -> bool:
        return not self.state.is_over and self.opens_at <= now < self.closes_at


@dataclass(frozen=True)
class DueRow:
    """One patient's line.

    `baseline`: it is about her first survey. `since` is when the survey opened that it is about
    (of a date ahead: opens), `closes_at` until when it can be answered. `missed` counts those
    before it in a row, or with it, that nobody answered. `never_sent`: the last of these was not
    even asked.
    """

    patient_id: UUID
    state: DueState
    baseline: bool
    since: datetime | None = None
    closes_at: datetime | None = None
    missed: int = 0
    never_sent: bool = False
    begun: bool = False
    done_at: datetime | None = None
    next_at: datetime | None = None


def line(who: Followed, surveys: Sequence[Asked], now: datetime) -> DueRow | None:
    """What the list says of her now; None when nothing is due within a week."""
    newest = sorted(surveys, key=lambda one: (one.opens_at, one.scheduled), reverse=True)
    open_now = next((one for one in newest if one.scheduled and one.is_open(now)), None)
    missed = _missed(newest, now)
    if open_now is not None:
        return DueRow(
            who.patient_id,
            DueState.DUE,
            open_now.baseline,
            open_now.opens_at,
            open_now.closes_at,
            len(missed),
            begun=open_now.state is SurveyState.STARTED,
            next_at=who.next_at,
        )
    if missed:
        return _overdue(who, missed)
    last = next((one for one in newest if one.scheduled and one.is_reported), None)
    if last is not None and last.late and last.opens_at >= now - LOOKS_BACK:
        return DueRow(
            who.patient_id,
            DueState.LATE,
            last.baseline,
            last.opens_at,
            last.closes_at,
            done_at=last.completed_at,
            next_at=who.next_at,
        )
    return _ahead(who, now)


def _missed(newest: Sequence[Asked], now: datetime) -> list[Asked]:
    """Those over without a report, the newest first, back to the last report whoever asked."""
    found: list[Asked] = []
    for one in newest:
        if one.is_reported:
            break
        is_over = one.state is SurveyState.MISSED or (
            not one.state.is_over and one.closes_at <= now
        )
        if one.scheduled and is_over and one.miss_reason not in _NOT_OVERDUE:
            found.append(one)
    return found


def _overdue(who: Followed, missed: Sequence[Asked]) -> DueRow:
    last = missed[0]
    return DueRow(
        who.patient_id,
        DueState.OVERDUE,
        any(one.baseline for one in missed),
        last.opens_at,
        last.closes_at,
        len(missed),
        never_sent=last.miss_reason is not None and last.miss_reason not in ASKED,
        next_at=who.next_at,
    )


def _ahead(who: Followed, now: datetime) -> DueRow | None:
    if who.next_at is not None and who.next_at < now + LOOKS_AHEAD:
        first = not who.begun
        return DueRow(who.patient_id, DueState.AHEAD, first, who.next_at, next_at=who.next_at)
    if who.waits:
        return DueRow(who.patient_id, DueState.UNDATED, not who.begun)
    return None


_ORDER = {state: place for place, state in enumerate(DueState)}
_URGENCY = {**_ORDER, DueState.OVERDUE: -1}  # what is open now will be overdue, and is on it then
_NO_DAY = datetime.max.replace(tzinfo=UTC)


def in_order(rows: Iterable[DueRow]) -> tuple[DueRow, ...]:
    """By state; then what was missed longest in a row, and what closes or opens first."""
    return tuple(sorted(rows, key=_place))


def most_urgent(rows: Iterable[DueRow], most: int) -> tuple[DueRow, ...]:
    """So many at the most, in order: the overdue are left out last, the longest of them never
    before another."""
    ranked = sorted(rows, key=lambda row: (_URGENCY[row.state], *_place(row)))
    return in_order(ranked[:most])


def _place(row: DueRow) -> tuple[int, int, datetime, UUID]:
    longest_first = -row.missed if row.state is DueState.OVERDUE else 0
    when = row.closes_at or row.since or _NO_DAY
    return _ORDER[row.state], longest_first, when, row.patient_id
