"""View models of administration: staff and roles, API keys, audit, tasks (`staff/*.html`)."""

from dataclasses import dataclass
from datetime import datetime

from rsm.kernel.errors import Problem
from rsm.kernel.words import Level
from rsm.web.views.alerts import Outcome, PatientHead
from rsm.web.views.common import Choice, FilterLink, Link, PostButton
from rsm.web.views.frame import StaffFrame


@dataclass(frozen=True)
class StaffRow:
    """One member of staff."""

    url: str
    name: str
    email: str
    roles: str
    state: str
    second_factor: bool
    last_seen_at: datetime | None = None


@dataclass(frozen=True)
class StaffValues:
    """The form of one member of staff as typed; `roles` are the values ticked."""

    name: str = ""
    email: str = ""
    phone: str = ""
    roles: tuple[str, ...] = ()
    active: bool = True


@dataclass(frozen=True)
class StaffListView:
    """`staff/staff_list.html`: who may sign in, and the way to the form."""

    frame: StaffFrame
    rows: tuple[StaffRow, ...]
    add_url: str


@dataclass(frozen=True)
class StaffFormView:
    """`staff/staff_form.html`: posts name, email, phone, `roles` (many), `active`.

    `reset_factor_action` posts the reset of a lost second factor; `email_check_action` sends the
    link that proves her address, where the site writes e-mails to its staff.
    """

    frame: StaffFrame
    action: str
    cancel_url: str
    role_choices: tuple[Choice, ...]
    values: StaffValues = StaffValues()
    problems: tuple[Problem, ...] = ()
    new: bool = True
    reset_factor_action: str = ""
    email_check_action: str = ""
    email_verified: bool = False

    def problem_of(self, name: str) -> Problem | None:
        return next((one for one in self.problems if one.where == name), None)


@dataclass(frozen=True)
class KeyRow:
    """One API key: never the key itself, only its first characters."""

    label: str
    prefix: str
    scopes: str
    created_at: datetime
    last_used_at: datetime | None = None
    expires_at: datetime | None = None
    revoke_action: str = ""


@dataclass(frozen=True)
class KeysView:
    """`staff/keys.html`: posts `label`, `scopes` (many), `days`. `new_key` is shown once."""

    frame: StaffFrame
    rows: tuple[KeyRow, ...]
    action: str
    scope_choices: tuple[Choice, ...]
    new_key: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class AuditRow:
    """One entry of the audit trail: ids only, as it is stored."""

    at: datetime
    actor: str
    action: str
    subject: str
    outcome: str
    sealed: bool


@dataclass(frozen=True)
class AuditView:
    """`staff/audit.html`: the newest first. `chain` says what verification last found."""

    frame: StaffFrame
    rows: tuple[AuditRow, ...]
    chain: str
    chain_well: bool
    filters: tuple[FilterLink, ...] = ()
    next_url: str = ""


@dataclass(frozen=True)
class TaskRow:
    """One task of the list; without `url` it is not hers to open."""

    url: str
    what: str
    patient_name: str
    due_at: datetime
    owner: str = ""
    mine: bool = False
    take_action: str = ""
    overdue: bool = False


@dataclass(frozen=True)
class TasksView:
    """`staff/tasks.html`: what a person must do, the earliest due first."""

    frame: StaffFrame
    rows: tuple[TaskRow, ...]
    filters: tuple[FilterLink, ...]


@dataclass(frozen=True)
class DigestLine:
    """One finding for information."""

    level: Level
    at: datetime
    sentence: str


@dataclass(frozen=True)
class DigestPatient:
    """One patient of the digest, with what was found, the oldest first."""

    name: str
    url: str
    lines: tuple[DigestLine, ...]
    test_patient: bool = False


@dataclass(frozen=True)
class DigestView:
    """What a digest's task asks to read. `read_action` posts `do` = `done` and `code` = `done`."""

    heading: str
    text: str = ""
    patients: tuple[DigestPatient, ...] = ()
    read_action: str = ""
    read_label: str = ""


@dataclass(frozen=True)
class TaskView:
    """`staff/task.html`: one task; posts `code`, `note` and `do` = `note` or `done`.

    `buttons` are what this kind of task offers besides; `survey` is the check-in that it is about,
    `digest` what it asks to read.
    """

    frame: StaffFrame
    what: str
    why: str
    patient: PatientHead
    due_at: datetime
    overdue: bool
    version: str
    owner: str = ""
    take_action: str = ""
    outcome_action: str = ""
    codes: tuple[Choice, ...] = ()
    code: str = ""
    note: str = ""
    history: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    buttons: tuple[PostButton, ...] = ()
    links: tuple[Link, ...] = ()
    survey: str = ""
    outcome: Outcome | None = None
    digest: DigestView | None = None
