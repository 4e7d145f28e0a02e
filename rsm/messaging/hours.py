"""Quiet hours: a text outside the sending hours is deferred, never dropped (P14). Pure.

They are asked when a row is claimed, not only when it is planned, since a queue may run late.
`SendingHours` is one stretch of each day; `ContactTimes` is what a site and its patient leave of
the week: both of their hours, less weekends, holidays and closed days.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby, islice
from uuid import UUID
from zoneinfo import ZoneInfo

from rsm.kernel.clock import as_utc
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.localtime import end_instant, instants_of, local_of, offset_change

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_MIDNIGHT = time()
_WEEK = frozenset(range(7))
# A text that waits so long has lost its sense: a patient is paused, not left without a word.
LONGEST_CLOSURE = timedelta(days=31)
# One may be a date that its zone leaves out (Samoa had no 30 December 2011), and on another a night
# of clock change may swallow the hours whole.
_OPEN_DAYS = 4


@dataclass(frozen=True)
class SendingHours:
    """Local times between which texts may go out: from `opens`, before `closes`.

    `closes` earlier than `opens` means the next morning. All day is no `SendingHours` at all.
    """

    opens: time
    closes: time

    def __post_init__(self) -> None:
        if self.opens == self.closes:
            raise Invalid(
                Problem(
                    "sending hours",
                    f"they open and close at {self.opens:%H:%M}, so that nothing could be sent",
                    "such as 08:00 to 21:00",
                )
            )

    def contain(self, local: time) -> bool:
        if self.opens < self.closes:
            return self.opens <= local < self.closes
        return local >= self.opens or local < self.closes

    def closed(self, _day: date) -> bool:
        return False

    def open_at(self, local: datetime) -> bool:
        return self.contain(local.time())

    def starts(self) -> tuple[time, ...]:
        return (self.opens,)

    def closing(self, local: datetime) -> datetime:
        """When the stretch that holds `local` ends, on the wall."""
        closing = datetime.combine(local.date(), self.closes)
        return closing if closing > local else closing + _DAY


# The federal rule for telemarketing is 8:00 to 21:00, which is a good rule for the sick as well.
DAYTIME = SendingHours(time(8), time(21))


@dataclass(frozen=True)
class ContactTimes:
    """When somebody may be written to: all of `hours` at once, on the days that are not closed.

    The hours are the site's, the patient's own, or both; none means all day. `closed_weekdays`
    counts from Monday, 0; `closed_dates` are public holidays and the site's own. A stretch over
    midnight belongs to each of its two dates. Refuses what would never let anything out.
    """

    hours: tuple[SendingHours, ...] = ()
    closed_weekdays: frozenset[int] = frozenset()
    closed_dates: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if problems := [*self._impossible_hours(), *self._impossible_days()]:
            raise Invalid(problems)

    def closed(self, day: date) -> bool:
        return day.weekday() in self.closed_weekdays or day in self.closed_dates

    def open_at(self, local: datetime) -> bool:
        """Whether the wall clock and the calendar allow a text at `local`."""
        return not self.closed(local.date()) and all(
            hours.contain(local.time()) for hours in self.hours
        )

    def starts(self) -> tuple[time, ...]:
        """The times of day at which a stretch may begin."""
        return (_MIDNIGHT, *(hours.opens for hours in self.hours))

    def closing(self, local: datetime) -> datetime:
        """When the stretch that holds `local` ends, on the wall; at the latest with the day,
        unless its hours run over midnight into a day that is open."""
        tomorrow = datetime.combine(local.date() + _DAY, _MIDNIGHT)
        closing = min((hours.closing(local) for hours in self.hours), default=tomorrow)
        return tomorrow if closing > tomorrow and self.closed(tomorrow.date()) else closing

    def _impossible_hours(self) -> Iterator[Problem]:
        if not any(all(each.contain(start) for each in self.hours) for start in self.starts()):
            said = " and ".join(f"{each.opens:%H:%M}-{each.closes:%H:%M}" for each in self.hours)
            yield Problem(
                "contact hours", f"{said} have no time in common", "give them an hour of overlap"
            )

    def _impossible_days(self) -> Iterator[Problem]:
        if not self.closed_weekdays <= _WEEK:
            yield Problem("closed weekdays", "a weekday is 0 (Monday) to 6 (Sunday)")
        elif self.closed_weekdays == _WEEK:
            yield Problem(
                "closed weekdays", "every day is closed, so that nothing could be sent", "open one"
            )
        elif since := self._endless_closure():
            yield Problem(
                "closed dates",
                f"from {since} on more than {LONGEST_CLOSURE.days} days in a row are closed",
                "open a day in between, or pause the patients",
            )

    def _endless_closure(self) -> date | None:
        """The first day of a closure that is too long."""
        nearby = {day + n * _DAY for day in self.closed_dates for n in range(-7, 8)}
        shut = sorted(day for day in nearby if self.closed(day))
        runs = groupby(enumerate(shut), key=lambda each: each[1].toordinal() - each[0])
        for _, run in runs:
            days = [day for _, day in run]
            if days[-1] - days[0] >= LONGEST_CLOSURE:
                return days[0]
        return None


# --- what is asked of either ---------------------------------------------------------------------

Hours = SendingHours | ContactTimes


def fits(instant: datetime, hours: Hours, zone: ZoneInfo) -> bool:
    """Whether a text may go out at `instant`."""
    return hours.open_at(local_of(instant, zone))


def next_allowed(instant: datetime, hours: Hours, zone: ZoneInfo) -> datetime:
    """The earliest instant, not before `instant`, at which a text may go out (UTC)."""
    if fits(instant, hours, zone):
        return as_utc(instant)
    before = instant
    for candidate in _beginnings(instant, hours, zone):
        if fits(candidate, hours, zone):
            # The clock may also jump into the hours, forward or back.
            jump = offset_change(before, candidate, zone)
            return jump if jump and fits(jump, hours, zone) else candidate
        before = candidate
    raise AssertionError(f"{zone.key} has no {hours} in {_OPEN_DAYS} open days")


def _beginnings(instant: datetime, hours: Hours, zone: ZoneInfo) -> list[datetime]:
    """The instants later than `instant` at which the wall shows the beginning of a stretch."""
    today = local_of(instant, zone).date()
    days = (today + n * _DAY for n in range(LONGEST_CLOSURE.days + 14))
    walls = (
        datetime.combine(day, start)
        for day in islice((day for day in days if not hours.closed(day)), _OPEN_DAYS)
        for start in hours.starts()
    )
    found = {reading for wall in walls for reading in instants_of(wall, zone)}
    return sorted(candidate for candidate in found if candidate > instant)


def closes_at(instant: datetime, hours: Hours, zone: ZoneInfo) -> datetime:
    """When the sending hours that hold `instant` end (UTC): beyond it a provider must not deliver.

    Raises `ValueError` outside of the sending hours.
    """
    local = local_of(instant, zone)
    if not hours.open_at(local):
        raise ValueError(f"{local:%a %H:%M} is outside of the sending hours")
    end = end_instant(hours.closing(local), zone)
    return end if end > instant else instant.astimezone(UTC)


# --- so that not all leave at once ---------------------------------------------------------------


def spread(patient_id: UUID, minutes: int) -> timedelta:
    """How long after the full hour this patient's texts leave: the same each time, under `minutes`.

    Drawn from her id, evenly over all patients, so that ten thousand surveys of nine o'clock
    leave one after the other, and hers always at the same minute.
    """
    return _part(patient_id, timedelta(minutes=minutes))


def spread_from(
    instant: datetime, patient_id: UUID, minutes: int, hours: Hours, zone: ZoneInfo
) -> datetime:
    """When her text of the slot `instant` leaves: once it is allowed, and at most `minutes` later.

    Never beyond that hour of her wall clock (she chose it), nor beyond the sending hours.
    """
    earliest = next_allowed(instant, hours, zone)
    local = local_of(earliest, zone)
    hour_ends = local.replace(minute=0, second=0, microsecond=0) + _HOUR - local
    room = min(timedelta(minutes=minutes), hour_ends, closes_at(earliest, hours, zone) - earliest)
    return earliest + _part(patient_id, room)


def _part(patient_id: UUID, whole: timedelta) -> timedelta:
    """In whole seconds from none to below `whole`."""
    digest = hashlib.sha256(b"spread:" + patient_id.bytes).digest()
    share = int.from_bytes(digest[:4], "big") / 2**32
    return timedelta(seconds=int(share * whole.total_seconds()))
