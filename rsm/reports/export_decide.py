"""May this be exported, and is it a request at all: pure functions."""

from collections.abc import Collection, Iterator
from datetime import date, datetime, time, timedelta

from rsm.kernel.errors import Invalid, NotAllowed, Problem
from rsm.kernel.localtime import start_instant, zone_named
from rsm.kernel.words import Actor, ActorKind, Role
from rsm.metrics.model import Days, Period
from rsm.reports.export_model import (
    EARLIEST,
    LATEST,
    PROJECT_AT_MOST,
    REASON_AT_MOST,
    Request,
)
from rsm.security.model import Permission
from rsm.security.permissions import may


def check(request: Request, actor: Actor) -> None:
    """Raises `Invalid` with everything that is wrong with the request."""
    if problems := tuple(_problems(request, actor)):
        raise Invalid(problems)


def _problems(request: Request, actor: Actor) -> Iterator[Problem]:
    yield from _wrong_days(request.days)
    if not request.project.strip():
        yield Problem("project", "is empty", "name whom it is for")
    if len(request.project) > PROJECT_AT_MOST:
        yield Problem("project", "is too long", f"at most {PROJECT_AT_MOST} characters")
    if len(request.reason) > REASON_AT_MOST:
        yield Problem("reason", "is too long", f"at most {REASON_AT_MOST} characters")
    if request.identified and not request.reason.strip():
        yield Problem("reason", "is missing", "say why names are needed")
    if request.identified and actor.kind is not ActorKind.STAFF:
        yield Problem("by", "is missing", "an export with names is made by a person")


def _wrong_days(days: Days) -> Iterator[Problem]:
    for where, day in (("from", days.first), ("to", days.last)):
        if not EARLIEST <= day <= LATEST:
            yield Problem(where, f"{day} is too far from today", f"{EARLIEST} to {LATEST}")
    if days.last < days.first:
        yield Problem("to", f"{days.last} is before {days.first}", "from the earlier to the later")


def allow(roles: Collection[Role], request: Request) -> None:
    """Whoever exports may; whoever exports names may see patients as well."""
    if not may(roles, Permission.EXPORT):
        raise NotAllowed(f"needs the permission {Permission.EXPORT}")
    if request.identified and not may_identify(roles):
        raise NotAllowed(f"an export with names needs the permission {Permission.SEE_PATIENTS}")


def may_identify(roles: Collection[Role]) -> bool:
    """A manager sees how it works, not who is ill: with names exports only who sees patients."""
    return may(roles, Permission.EXPORT) and may(roles, Permission.SEE_PATIENTS)


def period_of(first: date, last: date, zone: str) -> Period:
    """From the beginning of the first day to the end of the last, on that clock."""
    place = zone_named(zone)
    begin, end = (datetime.combine(day, time()) for day in (first, last + timedelta(days=1)))
    return Period(start_instant(begin, place), start_instant(end, place))
