"""What goes in and comes out of the interface: names, types and shapes of the JSON documents."""

from datetime import date, datetime, time
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from rsm.kernel.words import Channel
from rsm.patients.entering import FIELDS
from rsm.patients.importing import ImportReport, RowReport, Verdict
from rsm.patients.model import (
    ConsentForm,
    ConsentView,
    DeclineReason,
    EndReason,
    NewPatient,
    PatientFacts,
    PatientLabel,
    PatientRecord,
    PatientStatus,
    PauseReason,
    TreatmentEventKind,
    as_entered,
)
from rsm.sites.model import WEEKDAYS

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PatientIn(_In):
    """A patient to be entered; `status` says how far she has come.

    To enrol: `phone`, `consent_on`, `consent_by` and one of the site's languages.
    """

    name: str
    record_number: str
    birth_date: date
    status: PatientStatus = PatientStatus.ELIGIBLE
    decline_reason: DeclineReason | None = None
    phone: str | None = None
    email: str | None = None
    language: str = "en"
    interpreter: StrictBool = False
    zone: Annotated[str | None, Field(description="IANA time zone; null: the site's")] = None
    channel: Channel = Channel.SMS
    weekday: Weekday = "monday"
    local_time: Annotated[time, Field(description="on the patient's own clock")] = time(9)
    contact_from: Annotated[time | None, Field(description="null: the site's hours")] = None
    contact_until: time | None = None
    regimen: str | None = None
    cycle_starts: tuple[date, ...] = ()
    consent_on: date | None = None
    consent_by: str | None = None
    consent_text: Annotated[
        str | None, Field(description="null: the newest version on that day")
    ] = None
    consent_form: ConsentForm | None = None
    consent_evidence: str | None = None
    sex: str | None = None
    ethnicity: str | None = None
    postcode_area: str | None = None
    insurance: str | None = None
    rurality: str | None = None
    deprivation: str | None = None
    worker: Annotated[
        str | None, Field(description="who looks after her: e-mail of one of the site's staff")
    ] = None
    is_test: StrictBool = False

    @property
    def new_patient(self) -> NewPatient:
        """In the words of the room. Raises Pydantic's `ValidationError` for what is too long."""
        values = self.model_dump()
        values["weekday"] = WEEKDAYS.index(self.weekday)
        return NewPatient.model_validate(values)


class ConsentIn(_In):
    """Consent as it was given."""

    on: date
    by: Annotated[str, Field(min_length=1, max_length=200)]
    text_version: Annotated[str | None, Field(min_length=1, max_length=60)] = None
    form: ConsentForm | None = None
    evidence: Annotated[str, Field(max_length=200)] = ""


class EnrolIn(_In):
    """Enrolment; `consent` when it is not on record yet."""

    consent: ConsentIn | None = None


class PauseIn(_In):
    """A pause asks staff to end it; with `until`, after travel or a rest, it ends by itself."""

    reason: PauseReason
    until: Annotated[
        date | None, Field(description="the first day of surveys again, on the patient's clock")
    ] = None
    note: Annotated[str, Field(max_length=500)] = ""


class EndIn(_In):
    reason: EndReason


class PatientState(BaseModel):
    """How far a patient has come. `version` rises with every change of the record."""

    id: UUID
    status: PatientStatus
    version: int

    @classmethod
    def of(cls, facts: PatientFacts) -> "PatientState":
        return cls(id=facts.id, status=facts.status, version=facts.changes)


class PatientSummary(PatientState):
    """One patient of the list."""

    name: str
    record_number: str
    birth_date: date
    language: str
    regimen: str | None
    is_test: bool
    enrolled_at: datetime | None

    @classmethod
    def named(cls, facts: PatientFacts, label: PatientLabel) -> "PatientSummary":
        return cls(
            id=facts.id,
            status=facts.status,
            version=facts.changes,
            name=label.name,
            record_number=label.record_number,
            birth_date=label.birth_date,
            language=facts.language,
            regimen=facts.regimen,
            is_test=facts.is_test,
            enrolled_at=facts.enrolled_at,
        )


class PatientPage(BaseModel):
    """Patients in the order in which they were entered; `next` is the cursor, null at the end."""

    items: list[PatientSummary]
    next: str | None


class Consent(BaseModel):
    given: bool
    on: date
    by: str
    text_version: str
    text_hash: str | None
    language: str | None
    form: ConsentForm | None
    purposes: tuple[str, ...]
    evidence: str

    @classmethod
    def of(cls, consent: ConsentView) -> "Consent":
        return cls(**vars(consent))


class PatientOut(PatientSummary):
    """Everything on record of one patient."""

    site_id: UUID
    phone: str | None
    email: str | None
    interpreter: bool
    zone: str
    channel: Channel
    weekday: Weekday
    local_time: time
    contact_from: time | None
    contact_until: time | None
    cycle_starts: tuple[date, ...]
    events: dict[TreatmentEventKind, date]
    consent: Consent | None
    decline_reason: DeclineReason | None
    end_reason: EndReason | None
    sex: str | None
    ethnicity: str | None
    postcode_area: str | None
    insurance: str | None
    rurality: str | None
    deprivation: str | None
    worker: str | None

    @classmethod
    def of_record(cls, record: PatientRecord) -> "PatientOut":
        entered = as_entered(record).model_dump(include=set(FIELDS) & set(cls.model_fields))
        return cls.model_validate(
            {
                **PatientSummary.named(record.facts, record.label).model_dump(),
                **entered,
                "site_id": record.facts.site_id,
                "events": dict(record.events),
                "weekday": WEEKDAYS[record.facts.weekday],
                "consent": Consent.of(record.consent) if record.consent else None,
                "end_reason": record.end_reason,
            }
        )


class Problem(BaseModel):
    where: str
    what: str
    mend: str


class ImportedRow(BaseModel):
    """One row of the file: its line there, and what it does."""

    line: int
    verdict: Verdict
    problems: list[Problem]
    warnings: list[Problem]

    @classmethod
    def of(cls, row: RowReport) -> "ImportedRow":
        return cls(
            line=row.line,
            verdict=row.verdict,
            problems=[Problem(**vars(one)) for one in row.problems],
            warnings=[Problem(**vars(one)) for one in row.warnings],
        )


class Imported(BaseModel):
    """What was done (`done`), or would be; any refused row means: nothing."""

    done: bool
    add: int
    change: int
    same: int
    refused: int
    rows: list[ImportedRow]

    @classmethod
    def of(cls, report: ImportReport) -> "Imported":
        return cls(
            done=report.done,
            add=report.count(Verdict.ADD),
            change=report.count(Verdict.CHANGE),
            same=report.count(Verdict.SAME),
            refused=report.count(Verdict.REFUSED),
            rows=[ImportedRow.of(row) for row in report.rows],
        )
