"""View models of a site's settings and roster (`staff/site_settings.html`, `staff/roster.html`)."""

from dataclasses import dataclass, field

from rsm.kernel.errors import Problem
from rsm.web.views.common import Choice, FilterLink
from rsm.web.views.frame import StaffFrame
from rsm.web.views.roster import ChangeForm, StandingChange, TeamDays


@dataclass(frozen=True)
class DayHours:
    """The service hours of one weekday as typed; both empty: closed."""

    day: str
    opens: str = ""
    closes: str = ""


@dataclass(frozen=True)
class SiteValues:
    """The settings as typed; names of fields are the names that the form posts."""

    sender_name: str = ""
    clinic_phone: str = ""
    emergency_number: str = ""
    safety_contact_name: str = ""
    safety_contact_phone: str = ""
    hours: tuple[DayHours, ...] = ()


@dataclass(frozen=True)
class SiteSettingsView:
    """`staff/site_settings.html`: posts the fields of `SiteValues`, `<day>_opens`, `<day>_closes`.

    `version` goes along, so that two managers cannot overwrite one another. `agreed` names the
    versions that the site runs.
    """

    frame: StaffFrame
    action: str
    cancel_url: str
    links: tuple[FilterLink, ...]
    version: str
    values: SiteValues
    agreed: tuple[tuple[str, str], ...] = ()
    problems: tuple[Problem, ...] = ()
    saved: bool = False

    def problem_of(self, name: str) -> Problem | None:
        return next((one for one in self.problems if one.where == name), None)


@dataclass(frozen=True)
class ShiftLine:
    """One weekly duty; `note` says what must not be missed ("no phone number")."""

    time: str
    name: str
    rank: int
    remove_action: str
    note: str = ""


@dataclass(frozen=True)
class RosterDay:
    """One weekday; `gap` says that nobody is on duty at some time of it."""

    day: str
    shifts: tuple[ShiftLine, ...]
    gap: str = ""


@dataclass(frozen=True)
class MemberLine:
    name: str
    leave_action: str


@dataclass(frozen=True)
class ShiftValues:
    """A new duty as typed."""

    staff: str = ""
    weekday: str = ""
    starts: str = "08:00"
    ends: str = "18:00"
    rank: str = "1"


@dataclass(frozen=True)
class TeamRoster:
    """One team: its people, its days ahead, its week, what was changed and what does not fit.

    `shift_action` posts the fields of `ShiftValues`. `values` is what was typed; with
    `wrong` the page's problems are this form's. `forms` are those of all other changes.
    """

    name: str
    members: tuple[MemberLine, ...]
    days: tuple[RosterDay, ...]
    shift_action: str
    values: ShiftValues = field(default_factory=ShiftValues)
    wrong: bool = False
    ahead: TeamDays | None = None
    changes: tuple[StandingChange, ...] = ()
    forms: tuple[ChangeForm, ...] = ()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class RosterView:
    """`staff/roster.html`: every team's days and week, forms of all changes, a form for a team.

    `not_ready` are people on duty within a day who could not be told, each with why.
    """

    frame: StaffFrame
    teams: tuple[TeamRoster, ...]
    people: tuple[Choice, ...]
    weekdays: tuple[Choice, ...]
    team_action: str
    links: tuple[FilterLink, ...]
    on_duty: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    absence_form: ChangeForm | None = None
    absences: tuple[StandingChange, ...] = ()
    holiday_action: str = ""
    holiday_rules: tuple[Choice, ...] = ()
    holiday_rule: str = ""
    not_ready: tuple[str, ...] = ()
