"""View models of the call list and of answers taken by phone (`staff/calls*.html`, `entry*.html`).

Nothing of anybody's health stands on the call list: who, which number, in what language, when.
"""

from dataclasses import dataclass
from datetime import datetime

from rsm.kernel.errors import Problem
from rsm.web.views.alerts import PatientHead, Watch
from rsm.web.views.common import Choice, Link
from rsm.web.views.frame import StaffFrame


@dataclass(frozen=True)
class CallRow:
    """One patient to call about one survey.

    `best` are her hours on her own clock, `zone`; `elsewhere` that it shows another time than the
    site's. `next_at` is when to call, None now. `tried` is a line for each call, and goes along
    counted with the outcome (`seen`). `note` is what was typed and refused.
    """

    name: str
    url: str
    phone: str
    language: str
    foreign: bool
    interpreter: bool
    zone: str
    elsewhere: bool
    best: str
    asked_at: datetime
    last_answer: datetime | None
    tried: tuple[str, ...]
    next_at: datetime | None
    closes_at: datetime
    action: str
    enter_url: str
    times: tuple[Choice, ...]
    owner: str = ""
    note: str = ""
    test_patient: bool = False


@dataclass(frozen=True)
class Noted:
    """What was noted just now, and what follows from it; `question` may be answered by `link`."""

    text: str
    question: str = ""
    link: Link | None = None


@dataclass(frozen=True)
class CallsView:
    """`staff/calls.html`; `staff/calls_fragment.html` is the part that is polled.

    The form of a row posts `outcome` (the button), `note`, `next_try`, `seen`.
    """

    frame: StaffFrame
    now: tuple[CallRow, ...]
    later: tuple[CallRow, ...]
    outcomes: tuple[Choice, ...]
    watch: Watch
    surveys_to_come: int
    version: int
    version_url: str
    fragment_url: str
    noted: Noted | None = None
    problems: tuple[Problem, ...] = ()
    paper_url: str = ""
    downtime_url: str = ""


@dataclass(frozen=True)
class EntryOption:
    """One answer: the name and value that it posts, its words in the language of the call, and in
    English; `key` is what chooses it on a keyboard."""

    name: str
    value: str
    label: str
    meaning: str = ""
    key: str = ""
    checked: bool = False


@dataclass(frozen=True)
class EntryField:
    """Something to be typed: a number, a part of a date, words (`long`)."""

    name: str
    label: str
    typed: str = ""
    unit: str = ""
    size: int = 6
    long: bool = False
    decimal: bool = True


@dataclass(frozen=True)
class EntryItem:
    """One question as it is read out. `gate` is the item and the least value that open it.

    `options` are chosen (one of them, or `several`), `fields` typed; `reasons` say why there is no
    answer. `recall` where it looks back over another time than the others; `given` says who has
    answered it already, by what way and when.
    """

    code: str
    number: int
    text: str
    meaning: str
    options: tuple[EntryOption, ...] = ()
    reasons: tuple[EntryOption, ...] = ()
    fields: tuple[EntryField, ...] = ()
    several: bool = False
    gate: tuple[str, int] | None = None
    depends: bool = False  # on earlier answers in a way that only the server works out
    problem: Problem | None = None
    recall: str = ""
    of_herself: bool = False  # never asked of a relative
    given: str = ""


@dataclass(frozen=True)
class Said:
    """Sentences to be said to the patient, in her language; `meaning` is the same in English."""

    language: str
    dir: str
    text: tuple[str, ...]
    meaning: tuple[str, ...] = ()


@dataclass(frozen=True)
class EntryView:
    """`staff/entry.html`: the whole survey on one page.

    Posts an answer for each item (a code, `refused` or `skipped`) under its own name, and `_by`
    (`self` or `proxy`), `_relation`, `_interpreter`, `_words`, `_do` (`store` or `stop`).
    `language` is that of the questions; `intro` may be in another.
    """

    frame: StaffFrame
    patient: PatientHead
    action: str
    cancel_url: str
    intro: Said
    born: str
    language: str
    recall: str
    items: tuple[EntryItem, ...]
    relations: tuple[Choice, ...]
    notice: str = ""
    by: str = ""
    relation: str = ""
    interpreter: bool = False
    words: str = ""
    problems: tuple[Problem, ...] = ()

    def problem_of(self, name: str) -> Problem | None:
        return next((one for one in self.problems if one.where == name), None)


@dataclass(frozen=True)
class OnDuty:
    """Somebody whom a call can be put through to."""

    name: str
    phone: str = ""


@dataclass(frozen=True)
class EntryDoneView:
    """`staff/entry_done.html`: it is stored; what to say, and whom to put her through to.

    `kind` is a level, `review`, `normal` or `plain` (what follows could not be read). `crisis` is
    said before everything else.
    """

    frame: StaffFrame
    kind: str
    back_url: str
    record_url: str
    stored_at: datetime | None = None
    say: Said | None = None
    crisis: Said | None = None
    advice: Said | None = None
    on_duty: tuple[OnDuty, ...] = ()
    looker: str = ""
    look_by: datetime | None = None
    alert_url: str = ""

    @property
    def is_now(self) -> bool:
        """Whether she must not hang up."""
        return self.kind in {"emergency", "urgent", "review"}
