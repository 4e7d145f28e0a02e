"""Quiet hours: a text outside the sending hours is deferred, never dropped (P14). Pure.

They are asked when a row is claimed, not only when it is planned, since a queue may run late.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from rsm.kernel.clock import as_utc
from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.localtime import end_instant, instants_of, local_of, offset_change


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


# The federal rule for telemarketing is 8:00 to 21:00, which is a good rule for the sick as well.
DAYTIME = SendingHours(time(8), time(21))


def fits(instant: datetime, hours: SendingHours, zone: ZoneInfo) -> bool:
    """Whether a text may go out at `instant`."""
    return hours.contain(local_of(instant, zone).time())


def next_allowed(instant: datetime, hours: SendingHours, zone: ZoneInfo) -> datetime:
    """The earliest instant, not before `instant`, at which a text may go out (UTC)."""
    if fits(instant, hours, zone):
        return as_utc(instant)
    today = local_of(instant, zone).date()
    # The third day is for hours that a night of clock change swallows whole, the fourth for a
    # calendar day that a zone leaves out (Samoa had no 30 December 2011).
    for days in range(4):
        opening = datetime.combine(today + timedelta(days=days), hours.opens)
        for candidate in instants_of(opening, zone):
            if candidate > instant and fits(candidate, hours, zone):
                # The clock may also jump into the hours, forward or back.
                jump = offset_change(instant, candidate, zone)
                return jump if jump and fits(jump, hours, zone) else candidate
    raise AssertionError(f"{zone.key} has no {hours.opens} in four days")


def closes_at(instant: datetime, hours: SendingHours, zone: ZoneInfo) -> datetime:
    """When the sending hours that hold `instant` end (UTC): beyond it a provider must not deliver.

    Raises `ValueError` outside of the sending hours.
    """
    local = local_of(instant, zone)
    if not hours.contain(local.time()):
        raise ValueError(f"{local:%H:%M} is outside of the sending hours")
    closing = datetime.combine(local.date(), hours.closes)
    if closing <= local:
        closing += timedelta(days=1)
    end = end_instant(closing, zone)
    return end if end > instant else instant.astimezone(UTC)
