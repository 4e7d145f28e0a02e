"""Service hours as a ladder counts them: open or closed, when it opens, so many open minutes on.

Pure. Times that the clock shows twice or not at all are read as rosters read them (overlap rather
than gap): the minutes counted are minutes that really pass while the site is open.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from rsm.escalation.model import HELD_AT_MOST, Ladder, PolicyStep
from rsm.escalation.states import OutOfHours, WaitIn
from rsm.kernel.localtime import local_of
from rsm.kernel.words import Level
from rsm.sites.model import WEEKDAYS, Hours
from rsm.sites.rota.clock import shift_ends, shift_starts

_DAY = timedelta(days=1)
_UTC = ZoneInfo("UTC")
_FAR = 60  # days: a site that is closed for longer has no service hours to wait for
_Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class ServiceTime:
    """When a team is at work, by weekday name in local time; `closed_days` have no hours.

    Hours that close at or before they open run past midnight. Without any hours at all there is
    nothing to wait for: it counts as open.
    """

    hours: Mapping[str, Hours] = field(default_factory=lambda: MappingProxyType({}))
    closed_days: frozenset[date] = frozenset()
    zone: ZoneInfo = _UTC
    _known: dict[date, _Span | None] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )  # hours of days that were asked for: a year of alerts asks for each a hundred times

    def is_open(self, at: datetime) -> bool:
        """Whether somebody is at work at this instant."""
        return not self.hours or any(opens <= at < closes for opens, closes in self._spans(at))

    def opens_next(self, at: datetime) -> datetime:
        """`at` itself when it is open then, else the next opening; `at` when none is near."""
        if self.is_open(at):
            return at
        return next((opens for opens, _ in self._spans(at) if opens > at), at)

    def closes_after(self, at: datetime) -> datetime:
        """The end of the hours that run at `at`, or of the next ones; `at` when none are near."""
        return next((closes for _, closes in self._spans(at) if closes > at), at)

    def add(self, at: datetime, wait: timedelta) -> datetime:
        """When `wait` of open time has passed since `at`; the clock's where none is near."""
        if not self.hours:
            return at + wait
        left = wait
        for opens, closes in self._spans(at):
            begins = max(at, opens)
            if begins + left <= closes:
                return begins + left
            left -= max(timedelta(), closes - begins)
        return at + wait

    def open_between(self, since: datetime, until: datetime) -> timedelta:
        """How much of the time from `since` to `until` somebody is at work; all of it where no
        hours are declared."""
        if not self.hours:
            return max(until - since, timedelta())
        at, passed = since, timedelta()
        while (opens := self.opens_next(at)) < until and self.is_open(opens):
            at = self.closes_after(opens)
            passed += min(at, until) - opens
        return passed

    def end_of_next_day(self, at: datetime) -> datetime:
        """When the next local day with service hours after that of `at` closes."""
        today = local_of(at, self.zone).date()
        later = (self._of(today + number * _DAY) for number in range(1, _FAR))
        return next((span[1] for span in later if span is not None), at + _DAY)

    def _spans(self, at: datetime) -> Iterator[_Span]:
        """The hours from the day before `at` on, in order; those that meet or overlap are one."""
        day = local_of(at, self.zone).date() - 2 * _DAY
        running: _Span | None = None
        for number in range(_FAR):
            span = self._of(day + number * _DAY)
            if span is None:
                continue
            if running is not None and span[0] <= running[1]:
                running = (running[0], max(running[1], span[1]))
                continue
            if running is not None:
                yield running
            running = span
        if running is not None:
            yield running

    def _of(self, day: date) -> _Span | None:
        hours = self.hours.get(WEEKDAYS[day.weekday()])
        if hours is None or day in self.closed_days:
            return None
        if day not in self._known:
            self._known[day] = self._between(day, *hours)
        return self._known[day]

    def _between(self, day: date, opens: time, closes: time) -> _Span | None:
        end = day if closes > opens else day + _DAY
        begins = shift_starts(datetime.combine(day, opens), self.zone)
        ends = shift_ends(datetime.combine(end, closes), self.zone)
        return (begins, ends) if begins < ends else None


ALWAYS = ServiceTime()


@dataclass(frozen=True)
class Clock:
    """Now, and when the team is at work."""

    now: datetime
    hours: ServiceTime = ALWAYS


def waited(ladder: Ladder, step: PolicyStep, clock: Clock) -> datetime:
    """When a step that is taken now has waited; service minutes only within service hours.

    Who is told outside of them is on call, and the clock counts. Service hours never add more
    than the cap of the ladder.
    """
    by_clock = clock.now + step.wait
    if step.wait_in is WaitIn.CLOCK or not clock.hours.is_open(clock.now):
        return by_clock
    by_service = clock.hours.add(clock.now, step.wait)
    return min(max(by_clock, by_service), by_clock + ladder.held_at_most)


def held_until(ladder: Ladder, level: Level, due: datetime, hours: ServiceTime) -> datetime:
    """When what is due then is told: an emergency always at once, whatever a policy says."""
    if ladder.out_of_hours is not OutOfHours.HELD or level is Level.EMERGENCY:
        return due
    cap = ladder.held_at_most
    if level is Level.URGENT:
        cap = min(cap, timedelta(minutes=HELD_AT_MOST))
    return min(_opening(hours, due, cap), due + cap)


def _opening(hours: ServiceTime, due: datetime, cap: timedelta) -> datetime:
    """The next opening; where none is near, as late as may be."""
    opening = hours.opens_next(due)
    return opening if opening > due or hours.is_open(due) else due + cap
