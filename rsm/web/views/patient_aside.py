"""View models of the pages beside a patient's visit: not now, not hers, not sent, gone wrong."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from rsm.web.views.common import Field
from rsm.web.views.patient import PatientFrame


@dataclass(frozen=True)
class BirthDateView:
    """`patient/birth_date.html`: asked before earlier answers are shown.

    Posts `day`, `month` (1 to 12), `year`. `wrong` says that the last try did not match;
    `incomplete` that it was no date. `locked`: no more tries, the page shows no form, the help
    numbers and the way on without the earlier answers (`skip_url`).
    """

    frame: PatientFrame
    action: str
    skip_url: str
    wrong: bool = False
    incomplete: bool = False
    tries_left: int | None = None
    locked: bool = False
    day: str = ""
    month: str = ""
    year: str = ""


@dataclass(frozen=True)
class ExpiredView:
    """`patient/expired.html`: the link is closed; a POST texts a new one to the known phone.

    `action` is empty where no new link may be asked for.
    """

    frame: PatientFrame
    action: str
    was_for: date | None = None
    closed_at: datetime | None = None
    next_at: datetime | None = None


@dataclass(frozen=True)
class FinishedView:
    """`patient/finished.html`: the answers were sent already; report again by POST."""

    frame: PatientFrame
    sent_at: datetime
    again_action: str
    status_url: str = ""
    seen_at: datetime | None = None
    next_at: datetime | None = None


@dataclass(frozen=True)
class NotSentView:
    """`patient/not_sent.html`: nothing was stored by this request; the form posts it again.

    `answers` are the fields of the failed request. `stored_to` is the last question known to
    be stored, if that can be said.
    """

    frame: PatientFrame
    action: str
    answers: tuple[Field, ...]
    stored_to: int | None = None
    closes_at: datetime | None = None


@dataclass(frozen=True)
class NotMeView:
    """`patient/not_me.html`: "this message is not for me", to be confirmed by POST."""

    frame: PatientFrame
    action: str
    back_url: str


class NoticeKind(StrEnum):
    """A page that only says what was done."""

    NOT_ME = "not_me"
    LINK_SENT = "link_sent"
    CALL_REQUESTED = "call_requested"
    STOPPED = "stopped"
    STORED = "stored"  # thanks, where the page about what happens now could not be made
    CLOSED = "closed"  # a link that was taken back
    ENOUGH = "enough"  # so many reports today that a call is better


@dataclass(frozen=True)
class NoticeView:
    """`patient/notice.html`: what was done, in a heading and a paragraph."""

    frame: PatientFrame
    kind: NoticeKind


class PatientErrorKind(StrEnum):
    """What went wrong, as far as a patient needs to know."""

    NOT_FOUND = "not_found"
    TOO_MANY = "too_many"
    FAULT = "fault"


@dataclass(frozen=True)
class PatientErrorView:
    """`patient/error.html`: something went wrong; the numbers to call. No details leak."""

    frame: PatientFrame
    kind: PatientErrorKind = PatientErrorKind.FAULT
    reference: str = ""
