"""View models of typing in paper, of the forms and the list for a time without computers."""

from dataclasses import dataclass
from datetime import date, datetime

from rsm.kernel.errors import Problem
from rsm.web.views.common import Choice
from rsm.web.views.frame import StaffFrame
from rsm.web.views.patient import PatientFrame


@dataclass(frozen=True)
class PaperField:
    """One question of a card: what it takes (`hint`), what was typed, what is wrong with it."""

    id: str
    name: str
    number: int
    label: str
    hint: str
    typed: str = ""
    long: bool = False
    problem: Problem | None = None


@dataclass(frozen=True)
class PaperCard:
    """One sheet. `own` are its fields by name (`who`, `born`, `on`, `relation`, `words`)."""

    number: int
    prefix: str
    own: dict[str, str]
    fields: tuple[PaperField, ...]
    problems: tuple[Problem, ...] = ()

    def name(self, field: str) -> str:
        return f"{self.prefix}.{field}"

    def problem_of(self, field: str) -> Problem | None:
        return next((one for one in self.problems if one.where == field), None)


@dataclass(frozen=True)
class PaperStored:
    """A sheet that was stored just now. `level` is what it was judged as, empty for nothing."""

    name: str
    on: date
    url: str
    level: str = ""
    review: bool = False
    already: bool = False

    @property
    def is_now(self) -> bool:
        return self.review or self.level in {"emergency", "urgent"}


@dataclass(frozen=True)
class PaperView:
    """`staff/paper.html`: cards to type in; those that were refused stay."""

    frame: StaffFrame
    action: str
    forms_url: str
    instrument: str
    today: date
    cards: tuple[PaperCard, ...]
    relations: tuple[Choice, ...]
    stored: tuple[PaperStored, ...] = ()
    refused: int = 0


@dataclass(frozen=True)
class DowntimeView:
    """`staff/downtime.html`: what can be printed."""

    frame: StaffFrame
    form_url: str
    languages: tuple[Choice, ...]
    lists: tuple[Choice, ...]
    paper_url: str


@dataclass(frozen=True)
class DowntimeRow:
    """One patient on the printed list."""

    name: str
    record_number: str
    mark: str
    phone: str
    language: str
    interpreter: bool
    due: datetime
    closes_at: datetime | None
    state: str
    proxy: str = ""
    test_patient: bool = False


@dataclass(frozen=True)
class DowntimeListView:
    """`staff/downtime_list.html`: whose survey is due, with numbers to call."""

    frame: StaffFrame
    heading: str
    rows: tuple[DowntimeRow, ...]
    back_url: str
    other: Choice


@dataclass(frozen=True)
class PaperOption:
    """A box to tick, with the code by which it is typed in."""

    code: str
    label: str


@dataclass(frozen=True)
class PaperQuestion:
    """One question on the printed form: boxes to tick, or a line (`lines` of them) to write on."""

    number: int
    text: str
    options: tuple[PaperOption, ...] = ()
    several: bool = False
    lines: int = 0
    unit: str = ""
    only_if: str = ""  # the number of the question that closes it with `only_label`
    only_label: str = ""
    recall: str = ""


@dataclass(frozen=True)
class PaperFormView:
    """`patient/paper_form.html`: the survey on paper.

    `mark` finds the patient when it is typed in; `name` is printed only where asked for.
    """

    frame: PatientFrame
    title: str
    recall: str
    questions: tuple[PaperQuestion, ...]
    version: str
    notice: str = ""
    mark: str = ""
    name: str = ""
    large: bool = False
    paper: str = "a4"
