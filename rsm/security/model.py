"""The words of identity: accounts, sessions, permissions, keys. Frozen; no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from rsm.kernel.words import ActorKind, Role


class Permission(StrEnum):
    """What a person may do at a site. Closed: pages and API name nothing else."""

    SEE_PATIENTS = "see_patients"
    ENROL = "enrol"
    ENTER_ANSWERS = "enter_answers"
    SEE_TASKS = "see_tasks"
    WORK_TASKS = "work_tasks"
    TRIAGE = "triage"
    CLOSE_ALERT = "close_alert"
    SEE_FIGURES = "see_figures"
    EXPORT = "export"
    MANAGE_SITE = "manage_site"
    SIGN_GO_LIVE = "sign_go_live"  # that a site may send to its patients
    PUBLISH_INSTRUMENTS = "publish_instruments"  # those of the site's own
    PUBLISH_SHIPPED = "publish_shipped"  # those that come with the product, and belong to nobody
    MANAGE_STAFF = "manage_staff"
    MANAGE_KEYS = "manage_keys"
    READ_AUDIT = "read_audit"
    LEAD_COLLABORATIVE = "lead_collaborative"  # what sites share, and nothing of any site


class ApiScope(StrEnum):
    """What a machine's key may do at its one site."""

    PATIENTS_READ = "patients.read"
    PATIENTS_WRITE = "patients.write"
    SURVEYS_READ = "surveys.read"
    SURVEYS_WRITE = "surveys.write"
    ALERTS_READ = "alerts.read"
    ALERTS_WRITE = "alerts.write"
    FIGURES_READ = "figures.read"


class Needs(StrEnum):
    """What is still missing after the password."""

    SECOND_FACTOR = "second_factor"
    ENROL_SECOND_FACTOR = "enrol_second_factor"


class SessionState(StrEnum):
    """How far a session has come; only `ready` opens pages."""

    NEEDS_CODE = "needs_code"
    NEEDS_ENROLMENT = "needs_enrolment"
    READY = "ready"
    LOCKED = "locked"


class Refusal(StrEnum):
    """Why a log-in was refused: for the audit trail, never for the page."""

    UNKNOWN = "unknown"
    DISABLED = "disabled"
    NO_ROLE = "no_role"
    PAUSED = "paused"
    WRONG = "wrong"


@dataclass(frozen=True)
class NewStaff:
    """A member of staff to be. `phone` in any spelling that is a number; kept as E.164."""

    organisation_id: UUID
    email: str
    name: str
    language: str = "en"
    phone: str | None = None


@dataclass(frozen=True)
class StaffView:
    """A member of staff, the phone opened."""

    id: UUID
    organisation_id: UUID
    name: str
    email: str
    language: str
    phone: str | None
    phone_verified: bool
    disabled: bool
    has_password: bool
    has_second_factor: bool
    phone_verified_at: datetime | None = None
    email_verified: bool = False
    email_verified_at: datetime | None = None


@dataclass(frozen=True)
class LogIn:
    """The answer to a password: without a token it was refused, and nobody learns why."""

    token: str | None = field(default=None, repr=False)
    needs: Needs | None = None


@dataclass(frozen=True)
class Session:
    """Who is at the browser, how far signed in, and what she is at which site."""

    token_hash: bytes = field(repr=False)
    staff_id: UUID
    organisation_id: UUID
    name: str
    email: str
    language: str
    state: SessionState
    roles: Mapping[UUID, frozenset[Role]]
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class FactorEnrolment:
    """A second factor that waits for its first code: what the authenticator app must learn."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)


@dataclass(frozen=True)
class Enrolled:
    """A second factor that counts from now on. The recovery codes are shown this once."""

    token: str = field(repr=False)
    recovery_codes: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True)
class ApiKeyView:
    """A machine's key, without its secret."""

    id: UUID
    site_id: UUID
    name: str
    scopes: frozenset[ApiScope]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    used_at: datetime | None


@dataclass(frozen=True)
class AuditEntry:
    """One event as the audit page shows it: ids and codes only."""

    seq: int
    at: datetime
    actor_kind: ActorKind
    actor_id: UUID | None
    action: str
    subject_kind: str
    subject_id: UUID | None
    facts: Mapping[str, object]
    sealed: bool
