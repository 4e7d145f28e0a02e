"""View models of rosters as they come: the days ahead, forms of changes, one's own duties."""

from dataclasses import dataclass
from datetime import datetime

from rsm.kernel.errors import Problem
from rsm.web.views.common import Choice, FilterLink, PostButton
from rsm.web.views.frame import StaffFrame


@dataclass(frozen=True)
class DutyLine:
    """One duty on the day on which it begins. `why` says what put her there; `note` says what
    must not be missed ("could not be told")."""

    time: str
    name: str
    rank: int
    why: str
    note: str = ""
    mine: bool = False


@dataclass(frozen=True)
class DutyDay:
    """One day; `gaps` are the times within service hours with nobody on duty."""

    day: str
    duties: tuple[DutyLine, ...] = ()
    gaps: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class TeamDays:
    """One team's days ahead. `finding` is what they come to, `closed` what holds outside of
    service hours."""

    name: str
    finding: str
    days: tuple[DutyDay, ...]
    warn: bool = False
    closed: str = ""


@dataclass(frozen=True)
class FormField:
    """One field of a change; `kind` is `select`, or the type of an input."""

    name: str
    label: str
    kind: str
    value: str = ""
    choices: tuple[Choice, ...] = ()
    hint: str = ""


@dataclass(frozen=True)
class ChangeForm:
    """One kind of change. `open` after a mistake: the page's problems are this form's."""

    key: str
    title: str
    action: str
    button: str
    fields: tuple[FormField, ...]
    hint: str = ""
    open: bool = False


@dataclass(frozen=True)
class StandingChange:
    """A change that stands or is to come, in a sentence, and how to take it back."""

    words: str
    withdraw_action: str
    state: str = ""


@dataclass(frozen=True)
class SwapLine:
    """A swap as one of both sees it."""

    words: str
    state: str
    buttons: tuple[PostButton, ...] = ()


@dataclass(frozen=True)
class FeedLine:
    """One calendar address, without its secret."""

    words: str
    revoke_action: str


@dataclass(frozen=True)
class NoteLine:
    """One hand-over note. Whoever did not write it may mark it as read."""

    author: str
    written_at: datetime
    text: str
    read: str = ""
    read_action: str = ""


@dataclass(frozen=True)
class OwnDutiesView:
    """`staff/duties.html`: her duties, swaps, calendar, and everybody's days.

    `address` is a new calendar's, shown this once. The notes are for whoever sees patients.
    """

    frame: StaffFrame
    heading: str
    own: tuple[DutyDay, ...]
    teams: tuple[TeamDays, ...]
    swaps: tuple[SwapLine, ...]
    feeds: tuple[FeedLine, ...]
    feed_action: str
    swap_form: ChangeForm | None = None
    note_form: ChangeForm | None = None
    notes: tuple[NoteLine, ...] = ()
    address: str = ""
    problems: tuple[Problem, ...] = ()
    links: tuple[FilterLink, ...] = ()
