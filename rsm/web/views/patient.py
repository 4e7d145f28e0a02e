"""View models of the patient pages (templates `patient/*.html`), in the order of the visit."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rsm.web.charts import Span, WeekBar, WeekState
from rsm.web.views.common import Field, Link


@dataclass(frozen=True)
class LanguageLink:
    """The same page in another language: a GET that changes nothing, e.g. `?lang=es`."""

    code: str
    name: str
    url: str


@dataclass(frozen=True)
class PatientFrame:
    """What stands around every patient page. `zone` is the patient's own.

    `clinic_phone` is E.164; it is empty only when no site is known (a link that never was
    ours): then the page says to use the number on the clinic's papers. `csrf` is empty where
    the patient has no session. `fields` are hidden fields that every form of the page posts.
    `crisis` is the crisis line of the rule pack: above everything else, where it is due. So is
    `call_now`, whom to call, when an answer on the way met an emergency rule.
    `give_back` is where the clinic's tablet says that somebody has done with it. `trial` leads
    back to the desk of whoever only tries the page.
    """

    site_name: str
    clinic_phone: str
    emergency_number: str
    now: datetime
    zone: str
    clinic_open_always: bool = True
    languages: tuple[LanguageLink, ...] = ()
    csrf: str = ""
    fields: tuple[Field, ...] = ()
    crisis: tuple[str, ...] = ()
    call_now: tuple[str, ...] = ()
    own_url: str = ""  # her own page: only where the link is hers
    give_back: str = ""
    trial: Link | None = None
    trial_tag: str = "en"


@dataclass(frozen=True)
class StartView:
    """`patient/start.html`: what this is and who reads it; one button.

    The form posts `by` = `self` or `helper`. `read_hours` is the site's own sentence in the
    page's language ("Monday to Friday, 8 to 6"). `continue_at` is the question at which an
    answering that was begun goes on.
    """

    frame: PatientFrame
    action: str
    question_count: int
    minutes: int
    read_hours: str
    closes_at: datetime
    continue_at: int | None = None
    helper_may_answer: bool = True
    call_me_action: str = ""
    not_me_url: str = ""
    for_other: bool = False  # somebody answers for the patient


@dataclass(frozen=True)
class ReviewRow:
    """One answer to check; `answer` None when it was left out, `refused` when refused.

    `change`: what the button posts as `go`.
    """

    label: str
    answer: str | None
    change: str
    refused: bool = False


@dataclass(frozen=True)
class ReviewView:
    """`patient/review.html`: the answers, free words, Send. Posts `words`, and `go`: `back`, the
    question to change, or `earlier`, where there are answers that are not shown (`has_hidden`).
    """

    frame: PatientFrame
    action: str
    rows: tuple[ReviewRow, ...]
    words: str = ""
    words_max: int = 1000
    words_too_long: bool = False
    read_hours: str = ""
    has_hidden: bool = False


class DoneKind(StrEnum):
    """The route that the answers really took."""

    NORMAL = "normal"
    SOON = "soon"
    URGENT = "urgent"
    EMERGENCY = "emergency"
    REVIEW = "review"
    EXPECTED = "expected"  # as bad as her team knows already: nobody is told anew


@dataclass(frozen=True)
class Reported:
    """A symptom that raised the alert, in the patient's own language."""

    label: str
    answer: str


@dataclass(frozen=True)
class HistoryView:
    """One symptom over the last weeks; only shown once the birth date was confirmed.

    `scale` names the values from 0 up, or says what stands at which height. Weeks in order of
    time, the newest last. `note` says what was asked, and what the ends of a line mean.
    """

    symptom: str
    scale: tuple[str, ...] | Span
    weeks: tuple[WeekBar, ...]
    note: str = ""

    @property
    def trend(self) -> str:
        """`worse`, `better` or `same` than her last report before; `first` without one."""
        own = [week for week in self.weeks if not week.by_other]
        values = [
            week.value
            for week in own
            if week.state is WeekState.ANSWERED and week.value is not None
        ]
        newest = self.weeks[-1]
        if len(values) < 2 or newest.by_other or newest.value is None:
            return "first"
        last, before = values[-1], values[-2]
        return "worse" if last > before else "better" if last < before else "same"

    def said(self, week: WeekBar) -> str:
        """The answer in words, for the table."""
        if week.shown or week.value is None or isinstance(self.scale, Span):
            return week.shown
        return self.scale[week.value] if week.value < len(self.scale) else str(week.value)


@dataclass(frozen=True)
class SymptomAdvice:
    """What the site has written about one symptom, in the page's language."""

    symptom: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class DoneView:
    """`patient/done.html`: thanks after the answers were stored, and what happens now.

    `looker` is who will look ("Dana Reyes, nurse"; empty: nobody named) and `look_by` by when,
    as the alert's policy promises. `nobody_on_duty` with the next duty, if known, outranks
    that promise. `advice` are sentences of the rule pack in the page's language. `seen_at` is
    set once somebody of the team saw it. `history_url` asks for the birth date.
    """

    frame: PatientFrame
    kind: DoneKind
    stored_at: datetime
    again_action: str
    looker: str = ""
    look_by: datetime | None = None
    nobody_on_duty: bool = False
    next_duty_at: datetime | None = None
    reported: tuple[Reported, ...] = ()
    advice: tuple[str, ...] = ()
    call_ending: str = ""
    seen_at: datetime | None = None
    seen_by: str = ""
    read_hours: str = ""
    histories: tuple[HistoryView, ...] = ()
    history_url: str = ""
    held_until: datetime | None = None  # nobody is told before then: the site is closed
    symptoms: tuple[SymptomAdvice, ...] = ()
