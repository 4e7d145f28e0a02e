"""When a site writes to patients: hours, weekends, holidays, closed days; and what follows from it.

What is typed can be tried before it is saved: the page says when texts of closed days go out.
"""

from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.localtime import local_of, start_instant, zone_named
from rsm.messaging.hours import ContactTimes, SendingHours, next_allowed
from rsm.patients.entering import read_clock
from rsm.security.model import Permission
from rsm.sites import calendar as calendars
from rsm.sites import service as sites
from rsm.sites.calendar import SiteCalendar
from rsm.sites.closed_days import upcoming
from rsm.sites.model import WEEKDAYS, NewSite, SiteView, as_agreed, edition
from rsm.web.agreeing import agreed, attempt, named, read
from rsm.web.auth import Desk, Needs
from rsm.web.deps import html, see
from rsm.web.frames import staff_frame
from rsm.web.settings_links import settings_links
from rsm.web.views.site_hours import ClosedLine, HoursValues, HoursView
from rsm.web.when import words_of

router = APIRouter(prefix="/sites/{site_id}/hours")
AtDesk = Annotated[Desk, Needs(Permission.MANAGE_SITE)]
_CLOCKS = ("texts_from", "texts_until")
_NUMBERS = ("spread_minutes", "provider_keeps_days")
_NINE = time(9)


class Typed:
    """The form as it was sent, and which edition of the site it was begun with."""

    def __init__(self, values: HoursValues, version: str) -> None:
        self.values = values
        self.version = version


async def typed(request: Request) -> Typed:
    """What the form posts; nothing is checked yet."""
    form = await request.form()
    given = {name: value for name, value in form.items() if isinstance(value, str)}
    names = HoursValues.__dataclass_fields__
    values = HoursValues(**{name: given.get(name, "").strip() for name in names})
    return Typed(values, given.get("version", ""))


Given = Annotated[Typed, Depends(typed)]


@router.get("")
def show_hours(desk: AtDesk, saved: bool = False) -> HTMLResponse:
    """The form with what the site has agreed to, and what follows from it."""
    site = sites.get(desk.tx, desk.staff.site_id)
    return _page(desk, _filled(site), edition(site), as_agreed(site), saved=saved)


@router.post("/check")
def try_hours(desk: AtDesk, given: Given) -> HTMLResponse:
    """What would follow from what is typed; nothing is saved."""
    site = sites.get(desk.tx, desk.staff.site_id)
    try:
        new = _agreed(site, given.values, desk.tx.now.date())
    except Invalid as error:
        return _refused(desk, given, error.problems)
    return _page(desk, given.values, given.version, new, tried=True)


@router.post("", response_model=None)
def change_hours(desk: AtDesk, given: Given) -> HTMLResponse | RedirectResponse:
    """Change them; audited with the names of the fields."""
    site = sites.get(desk.tx, desk.staff.site_id)

    def change() -> None:
        with desk.tx.savepoint():
            new = _agreed(site, given.values, desk.tx.now.date())
            sites.update_site(desk.tx, site.id, new, given.version)

    if problems := attempt(change):
        return _refused(desk, given, problems)
    return see(f"{_here(desk)}?saved=true")


# --- reading the form -----------------------------------------------------------------------------


def _agreed(site: SiteView, values: HoursValues, today: date) -> NewSite:
    """The site with what was typed. Raises `Invalid` with the form's field names."""
    problems: list[Problem] = []
    typed: dict[str, object] = {name: getattr(values, name) for name in _NUMBERS}
    for name in _CLOCKS:
        try:
            typed[name] = read_clock(name, getattr(values, name))
        except Invalid as error:
            problems += error.problems
    try:
        typed["calendar"] = _calendar(values, today)
    except Invalid as error:
        problems += [named(problem) for problem in error.problems]
    if problems:
        raise Invalid(problems)
    new = agreed(site, typed)
    if new.texts_from >= new.texts_until:
        what = "is not after the time from which texts go out"
        raise Invalid(Problem("texts_until", what, "for example 20:00"))
    return new


def _calendar(values: HoursValues, today: date) -> SiteCalendar:
    """The calendar as typed, tried for the years to come."""
    days, problems = [], []
    for number, line in enumerate(values.closed_dates.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            days.append(date.fromisoformat(line.strip()))
        except ValueError:
            what = f"line {number}: “{line.strip()}” is not a date"
            problems.append(Problem("closed_dates", what, "one on each line, as 2026-12-24"))
    if problems:
        raise Invalid(problems)
    found = {
        "country": values.country.upper() or None,
        "subdivision": values.subdivision.upper() or None,
        "texts_on_weekends": bool(values.texts_on_weekends),
        "texts_on_holidays": bool(values.texts_on_holidays),
        "closed_dates": tuple(sorted(set(days))),
    }
    return calendars.checked(read(SiteCalendar, found), today)


def _filled(site: SiteView) -> HoursValues:
    calendar = site.calendar
    return HoursValues(
        texts_from=site.texts_from.isoformat("minutes"),
        texts_until=site.texts_until.isoformat("minutes"),
        texts_on_weekends="yes" if calendar.texts_on_weekends else "",
        texts_on_holidays="yes" if calendar.texts_on_holidays else "",
        country=calendar.country or "",
        subdivision=calendar.subdivision or "",
        closed_dates="\n".join(day.isoformat() for day in calendar.closed_dates),
        spread_minutes=str(site.spread_minutes),
        provider_keeps_days=str(site.provider_keeps_days),
    )


# --- what follows ---------------------------------------------------------------------------------


class _Post:
    """When texts leave under these settings, on the site's own clock."""

    def __init__(self, new: NewSite, now: datetime) -> None:
        self.zone: ZoneInfo = zone_named(new.zone)
        self.today = local_of(now, self.zone).date()
        self.hours = SendingHours(new.texts_from, new.texts_until)
        self.weekdays = calendars.closed_weekdays(new.calendar)
        dates = calendars.closed_dates(new.calendar, calendars.years_around(self.today))
        self.usual = ContactTimes((self.hours,), self.weekdays)
        self.times = ContactTimes((self.hours,), self.weekdays, dates)

    def leaves(self, day: date, at: time = _NINE, *, usual: bool = False) -> datetime:
        """When a text that is due then goes out, on the wall; `usual`: no day is a holiday."""
        due = start_instant(datetime.combine(day, at), self.zone)
        allowed = next_allowed(due, self.usual if usual else self.times, self.zone)
        return local_of(allowed, self.zone)


def _follows(new: NewSite, post: _Post) -> tuple[str, ...]:
    lines = [_of_weekend(post)]
    night = post.leaves(_next(post, _first_open(post)), new.texts_until, usual=True)
    late = f"{new.texts_until:%H:%M}"
    lines.append(f"A text that is due at {late} goes out at {night:%H:%M} of the next open day.")
    if new.spread_minutes:
        lines.append(
            f"Surveys of 09:00 leave within {new.spread_minutes} minutes, each patient's at the "
            "same minute every time."
        )
    else:
        lines.append("All surveys of an hour leave at once: only for a small site.")
    lines.append(f"After {new.provider_keeps_days} days the provider is asked to forget a text.")
    lines.append("Answers to patients, severe advice and alerts to staff go out at any time.")
    return tuple(lines)


def _of_weekend(post: _Post) -> str:
    if not post.weekdays:
        return "Texts go out on every day of the week."
    closed = [day for day in range(7) if day in post.weekdays]
    leaves = post.leaves(_next(post, closed[-1]), usual=True)
    days = " and ".join(WEEKDAYS[day].capitalize() for day in closed)
    return f"Texts of {days} go out on {_weekday(leaves)} at {leaves:%H:%M}."


def _first_open(post: _Post) -> int:
    return next(day for day in range(7) if day not in post.weekdays)


def _next(post: _Post, weekday: int) -> date:
    """The next such weekday, today not counted."""
    return post.today + timedelta(days=(weekday - post.today.weekday() - 1) % 7 + 1)


def _weekday(day: date) -> str:
    return WEEKDAYS[day.weekday()].capitalize()


def _closed(new: NewSite, post: _Post) -> tuple[ClosedLine, ...]:
    lines = []
    for one in upcoming(new.calendar, post.today):
        leaves = post.leaves(one.day)
        month = words_of("en").months[leaves.month - 1]
        said = f"{_weekday(leaves)} {leaves.day} {month} at {leaves:%H:%M}"
        lines.append(ClosedLine(one.day, one.name or "the site's own", said))
    return tuple(lines)


# --- the page -------------------------------------------------------------------------------------


def _refused(desk: Desk, given: Typed, problems: tuple[Problem, ...]) -> HTMLResponse:
    """The form as typed; what follows from what is in force."""
    site = sites.get(desk.tx, desk.staff.site_id)
    return _page(desk, given.values, given.version, as_agreed(site), problems)


def _page(  # noqa: PLR0913 - what was typed, what follows, and what to say of it
    desk: Desk,
    values: HoursValues,
    version: str,
    new: NewSite,
    problems: tuple[Problem, ...] = (),
    *,
    saved: bool = False,
    tried: bool = False,
) -> HTMLResponse:
    post = _Post(new, desk.tx.now)
    view = HoursView(
        frame=staff_frame(desk, f"/sites/{desk.staff.site_id}"),
        links=settings_links(desk.staff.site_id, "hours"),
        action=_here(desk),
        cancel_url=f"/sites/{desk.staff.site_id}",
        version=version,
        values=values,
        follows=_follows(new, post),
        closed=_closed(new, post),
        problems=problems,
        saved=saved,
        tried=tried,
    )
    return html("staff/site_hours.html", view, status=422 if problems else 200)


def _here(desk: Desk) -> str:
    return f"/sites/{desk.staff.site_id}/hours"
