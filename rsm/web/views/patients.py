"""View models of patients: list, page, form and CSV import.

Templates `staff/patients.html`, `patient.html`, `patient_form.html` and `import.html`.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from rsm.kernel.errors import Problem
from rsm.kernel.words import Level
from rsm.web.views.alerts import PatientHead, TimelineEntry
from rsm.web.views.common import Choice, FilterLink, Link, PostButton
from rsm.web.views.frame import StaffFrame
from rsm.web.views.patient_panels import Panel
from rsm.web.views.symptoms import HeatTable


@dataclass(frozen=True)
class PatientRow:
    """One patient of the list. `note` is what must not be missed ("texted STOP")."""

    url: str
    name: str
    record_number: str
    status: str
    plan: str = ""
    last_report_at: datetime | None = None
    worst_open: Level | None = None
    note: str = ""
    test_patient: bool = False


@dataclass(frozen=True)
class PatientsView:
    """`staff/patients.html`: list and search. The search posts `q` to `search_action`."""

    frame: StaffFrame
    rows: tuple[PatientRow, ...]
    filters: tuple[FilterLink, ...]
    search_action: str
    query: str = ""
    total: int = 0
    add_url: str = ""
    import_url: str = ""
    next_url: str = ""


@dataclass(frozen=True)
class ContactLine:
    """One way to reach the patient, and how it stands ("reached today", "texted STOP")."""

    number: str
    whose: str
    state: str


@dataclass(frozen=True)
class StoryDay:
    """The entries of one day, the newest first; `label` is "Monday 19 October"."""

    label: str
    entries: tuple[TimelineEntry, ...]


@dataclass(frozen=True)
class PatientView:
    """`staff/patient.html`: who, how we reach them, symptoms by week, what happened.

    `buttons` are the POSTs that this person may use now (send a survey now, pause, resume,
    end). `links` lead to forms (change, enter answers).
    """

    frame: StaffFrame
    patient: PatientHead
    heading: str
    status: str
    reach: tuple[str, ...]
    contacts: tuple[ContactLine, ...]
    days: tuple[StoryDay, ...]
    zone: str
    heat: HeatTable | None = None
    panels: tuple[Panel, ...] = ()
    filters: tuple[FilterLink, ...] = ()
    links: tuple[Link, ...] = ()
    buttons: tuple[PostButton, ...] = ()
    earlier_url: str = ""
    summary_url: str = ""


@dataclass(frozen=True)
class PatientValues:
    """The values of the form as typed; names of fields are the names that it posts."""

    status: str = ""
    declined_reason: str = ""
    name: str = ""
    record_number: str = ""
    birth_date: str = ""
    phone: str = ""
    email: str = ""
    language: str = ""
    interpreter: bool = False
    answers_by_text: bool = False
    zone: str = ""
    channel: str = ""
    weekday: str = ""
    hour: str = ""
    contact_from: str = ""
    contact_until: str = ""
    regimen: str = ""
    cycle_starts: str = ""
    consent_date: str = ""
    consent_by: str = ""
    consent_text: str = ""
    consent_form: str = ""
    consent_evidence: str = ""
    sex: str = ""
    race_ethnicity: tuple[str, ...] = ()
    postcode: str = ""
    insurance: str = ""
    rurality: str = ""
    deprivation: str = ""
    worker: str = ""
    test_patient: bool = False


@dataclass(frozen=True)
class PatientChoices:
    """What each select of the form offers."""

    status: tuple[Choice, ...]
    language: tuple[Choice, ...]
    zone: tuple[Choice, ...]
    channel: tuple[Choice, ...]
    weekday: tuple[Choice, ...]
    hour: tuple[Choice, ...]
    regimen: tuple[Choice, ...]
    sex: tuple[Choice, ...]
    race_ethnicity: tuple[Choice, ...]
    insurance: tuple[Choice, ...]
    rurality: tuple[Choice, ...]
    deprivation: tuple[Choice, ...]
    declined_reason: tuple[Choice, ...]
    consent_text: tuple[Choice, ...]
    consent_form: tuple[Choice, ...]
    worker: tuple[Choice, ...] = ()


@dataclass(frozen=True)
class PatientFormView:
    """`staff/patient_form.html`: add or change. `Problem.where` is the name of the field."""

    frame: StaffFrame
    action: str
    cancel_url: str
    choices: PatientChoices
    values: PatientValues = field(default_factory=PatientValues)
    problems: tuple[Problem, ...] = ()
    new: bool = True
    version: str = ""

    def problem_of(self, name: str) -> Problem | None:
        return next((one for one in self.problems if one.where == name), None)


class Verdict(StrEnum):
    """What the import would do with a row."""

    ADD = "add"
    CHANGE = "change"
    SAME = "same"
    REFUSED = "refused"


@dataclass(frozen=True)
class ImportRow:
    """One row of the file: its line number there, who, and what would happen."""

    line: int
    name: str
    verdict: Verdict
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class ColumnHelp:
    """One column of the file: name, whether it must be there, what goes in."""

    name: str
    required: bool
    meaning: str


@dataclass(frozen=True)
class ImportView:
    """`staff/import.html`: upload, then the dry run row by row, then confirm; all or nothing.

    The upload posts `file` (multipart) to `upload_action`. With `report_rows` the dry run is
    shown; `confirm_action` (with hidden `token`) is offered only when no row is refused.
    `problems` are faults of the file as a whole.
    """

    frame: StaffFrame
    upload_action: str
    columns: tuple[ColumnHelp, ...]
    report_rows: tuple[ImportRow, ...] = ()
    confirm_action: str = ""
    token: str = ""
    problems: tuple[Problem, ...] = ()
    imported: int | None = None

    def count(self, verdict: str) -> int:
        return sum(1 for row in self.report_rows if row.verdict == verdict)

    @property
    def refused(self) -> int:
        return self.count(Verdict.REFUSED)
