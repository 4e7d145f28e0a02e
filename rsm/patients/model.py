"""The words of enrolment: how far a patient has come, why not, and how to reach her."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from rsm.kernel.words import Channel, Reporter


class PatientStatus(StrEnum):
    """From the first contact on, so that those never asked are counted as well."""

    ELIGIBLE = "eligible"
    APPROACHED = "approached"
    DECLINED = "declined"
    ENROLLED = "enrolled"
    PAUSED = "paused"
    ENDED = "ended"


class DeclineReason(StrEnum):
    TOO_ILL = "too_ill"
    NO_PHONE = "no_phone"
    LANGUAGE = "language"
    NOT_INTERESTED = "not_interested"
    BURDEN = "burden"
    PRIVACY = "privacy"
    OTHER = "other"


class EndReason(StrEnum):
    DEATH = "death"
    WITHDRAWAL = "withdrawal"
    TREATMENT_STOPPED = "treatment_stopped"
    MOVED_AWAY = "moved_away"
    HOSPICE = "hospice"
    OTHER = "other"


class PauseReason(StrEnum):
    INPATIENT = "inpatient"
    TRAVEL = "travel"
    REQUEST = "request"
    WRONG_NUMBER = "wrong_number"
    HOSPICE = "hospice"
    REPORTED_HOSPITAL = "reported_hospital"  # a text says that she is in hospital: to be confirmed
    REPORTED_DEATH = "reported_death"  # a text says that she has died: to be confirmed


class TreatmentEventKind(StrEnum):
    """What may end or begin a part of a plan."""

    TREATMENT_START = "treatment_start"
    TREATMENT_END = "treatment_end"
    SURGERY = "surgery"
    RADIOTHERAPY_START = "radiotherapy_start"
    RADIOTHERAPY_END = "radiotherapy_end"
    PROGRESSION = "progression"


class ConsentForm(StrEnum):
    """In which form consent was given."""

    PAPER = "paper"
    ELECTRONIC = "electronic"
    VERBAL = "verbal"
    TEXT = "text"


class CallOutcome(StrEnum):
    """What came of a call to a patient."""

    REACHED = "reached"
    VOICEMAIL = "voicemail"
    NO_ANSWER = "no_answer"
    WRONG_NUMBER = "wrong_number"
    REFUSED = "refused"
    TOO_ILL = "too_ill"


class ContactState(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"  # somebody said "wrong number" or "not me"
    REPLACED = "replaced"


@dataclass(frozen=True)
class PatientFacts:
    """What the rest of the house needs of a patient, with nothing that names her."""

    id: UUID
    site_id: UUID
    status: PatientStatus
    language: str
    interpreter: bool
    zone: str
    channel: Channel
    weekday: int
    local_time: time
    regimen: str | None
    is_test: bool
    enrolled_at: datetime | None
    changes: int
    contact_from: time | None = None  # her own hours, within the site's; both or neither
    contact_until: time | None = None
    answers_by_text_since: datetime | None = None  # she replies to texts with her answers
    worker_id: UUID | None = None  # the member of staff who looks after her

    @property
    def is_active(self) -> bool:
        """Whether surveys are due and texts may be sent."""
        return self.status is PatientStatus.ENROLLED

    @property
    def is_written_to(self) -> bool:
        """Whether she is asked in writing; else a person calls her."""
        return self.channel in {Channel.SMS, Channel.WEB, Channel.EMAIL}


@dataclass(frozen=True)
class PatientLabel:
    """How a patient is called on a staff page."""

    name: str
    birth_date: date
    record_number: str

    def age(self, today: date) -> int:
        """Whole years on the local date `today`."""
        had_birthday = (today.month, today.day) >= (self.birth_date.month, self.birth_date.day)
        return today.year - self.birth_date.year - (0 if had_birthday else 1)


@dataclass(frozen=True)
class ContactView:
    """One number or address and how it stands."""

    id: UUID
    channel: Channel
    owner: Reporter
    address: str
    state: ContactState


@dataclass(frozen=True)
class ConsentView:
    """Consent as it was given or withdrawn, and what shows it.

    `text_hash` is that of the published words; None where the text is not kept here.
    `evidence` says where the signed form lies, or who witnessed it.
    """

    given: bool
    on: date
    by: str
    text_version: str
    text_hash: str | None = None
    language: str | None = None
    form: ConsentForm | None = None
    purposes: tuple[str, ...] = ("surveys",)
    evidence: str = ""


@dataclass(frozen=True)
class PatientRecord:
    """Everything that a member of staff may read of a patient. Reading it is audited."""

    facts: PatientFacts
    label: PatientLabel
    contacts: tuple[ContactView, ...]
    cycles: tuple[date, ...]
    events: tuple[tuple[TreatmentEventKind, date], ...]
    consent: ConsentView | None
    decline_reason: DeclineReason | None
    end_reason: EndReason | None
    sex: str | None
    ethnicity: str | None
    postcode_area: str | None
    insurance: str | None
    rurality: str | None
    deprivation: str | None
    worker: str | None = None  # the e-mail of whoever looks after her

    def address(self, channel: Channel) -> str | None:
        """The patient's own active address of that channel."""
        return active_address(self.contacts, channel)


def active_address(contacts: Iterable[ContactView], channel: Channel) -> str | None:
    """The patient's own active address of that channel; a proxy's is never written to instead."""
    return active_addresses(contacts).get(channel)


def active_addresses(contacts: Iterable[ContactView]) -> dict[Channel, str]:
    """The patient's own active address of each channel that has one."""
    return addresses_of(contacts, Reporter.SELF)


def addresses_of(contacts: Iterable[ContactView], owner: Reporter) -> dict[Channel, str]:
    """The active address of each channel of hers, or of whoever answers for her."""
    found: dict[Channel, str] = {}
    for each in contacts:  # the newest first
        if each.state is ContactState.ACTIVE and each.owner is owner:
            found.setdefault(each.channel, each.address)
    return found


@dataclass(frozen=True)
class ContactMatch:
    """A patient whose number a text came from."""

    site_id: UUID
    patient_id: UUID
    contact_id: UUID


# What is only recorded to see whom monitoring reaches and whom not.
FOR_FAIR_FIGURES = ("sex", "ethnicity", "postcode_area", "insurance", "rurality", "deprivation")
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]


class NewPatient(BaseModel):
    """A patient as she is entered: by page, API or file. `status` says how far she has come.

    Whoever is enrolled needs a phone and a consent; whoever declined needs a reason.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Text
    record_number: Short
    birth_date: date
    status: PatientStatus = PatientStatus.ELIGIBLE
    decline_reason: DeclineReason | None = None
    phone: Short | None = None
    email: Text | None = None
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z]{2,4})?$")] = "en"
    interpreter: bool = False
    zone: Short | None = None  # None: the site's
    channel: Channel = Channel.SMS
    answers_by_text: bool = False  # her own choice: such texts speak of her health
    weekday: int = Field(0, ge=0, le=6)
    local_time: time = time(9)
    contact_from: time | None = None  # when she may be reached; None: within the site's hours
    contact_until: time | None = None
    regimen: Text | None = None
    cycle_starts: tuple[date, ...] = ()
    consent_on: date | None = None
    consent_by: Text | None = None
    consent_text: Short | None = None  # None: the site's newest version on that day
    consent_form: ConsentForm | None = None
    consent_evidence: Text | None = None
    sex: Short | None = None
    ethnicity: Short | None = None
    postcode_area: Short | None = None
    insurance: Short | None = None
    rurality: Short | None = None  # of where she lives, in the words of the site
    deprivation: Short | None = None
    worker: Text | None = None  # who looks after her: the e-mail of a member of the site's staff
    is_test: bool = False


_AS_IN_FACTS = (
    *("status", "language", "interpreter", "zone", "channel", "weekday", "local_time"),
    *("contact_from", "contact_until", "regimen", "is_test"),
)


def as_entered(record: PatientRecord) -> NewPatient:
    """What is on record, in the words in which it would be entered: what an editor begins with.

    A number that is suspended and a consent that was withdrawn are left out, so that saving the
    same again does not bring them back.
    """
    facts, consent = record.facts, record.consent
    standing = consent if consent is not None and consent.given else None
    return NewPatient(
        name=record.label.name,
        record_number=record.label.record_number,
        birth_date=record.label.birth_date,
        decline_reason=record.decline_reason,
        phone=record.address(Channel.SMS),
        email=record.address(Channel.EMAIL),
        answers_by_text=facts.answers_by_text_since is not None,
        cycle_starts=record.cycles,
        consent_on=standing.on if standing else None,
        consent_by=standing.by if standing else None,
        consent_text=standing.text_version if standing else None,
        consent_form=standing.form if standing else None,
        consent_evidence=standing.evidence or None if standing else None,
        worker=record.worker,
        **{name: getattr(record, name) for name in FOR_FAIR_FIGURES},
        **{name: getattr(facts, name) for name in _AS_IN_FACTS},
    )
