"""Who is monitored. Identifying columns end in `_sealed` and open only with the patient's key."""

from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from rsm.db.base import Base, Listing, Personal, Sited, Timed, words
from rsm.kernel.words import Channel, Relation, Reporter
from rsm.patients.model import (
    CallOutcome,
    ConsentForm,
    ContactState,
    DeclineReason,
    EndReason,
    PatientStatus,
    PauseReason,
    TreatmentEventKind,
)


class Patient(Sited, Base):
    """One person at one site. Her row is the first in the lock order."""

    __tablename__ = "patient"
    __table_args__ = (
        UniqueConstraint("site_id", "record_number_hash"),
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint(
            "(status = 'declined') = (decline_reason IS NOT NULL)", name="decline_reason"
        ),
        Index("ix_patient_undated", "id", postgresql_where=text("born_decade IS NULL")),
        Index("ix_patient_worker", "worker_id", postgresql_where=text("worker_id IS NOT NULL")),
        CheckConstraint("(status = 'ended') = (end_reason IS NOT NULL)", name="end_reason"),
    )

    status: Mapped[PatientStatus] = mapped_column(words(PatientStatus))
    decline_reason: Mapped[DeclineReason | None] = mapped_column(words(DeclineReason))
    end_reason: Mapped[EndReason | None] = mapped_column(words(EndReason))
    name_sealed: Mapped[bytes]
    record_number_sealed: Mapped[bytes]
    record_number_hash: Mapped[bytes]
    birth_date_sealed: Mapped[bytes]
    language: Mapped[str]
    interpreter: Mapped[bool]
    zone: Mapped[str]
    channel: Mapped[Channel] = mapped_column(words(Channel))
    weekday: Mapped[int]  # Monday is 0
    local_time: Mapped[time]
    contact_from: Mapped[time | None]  # her own hours, within the site's
    contact_until: Mapped[time | None]
    # Since when she answers by replying to texts: her own choice, since they then speak of health.
    answers_by_text_since: Mapped[datetime | None]
    regimen: Mapped[str | None]
    sex: Mapped[str | None]
    ethnicity: Mapped[str | None]
    postcode_area: Mapped[str | None]
    insurance: Mapped[str | None]
    rurality: Mapped[str | None]
    deprivation: Mapped[str | None]
    born_decade: Mapped[int | None]  # for figures by age: the date of birth is sealed
    # The member of staff who looks after her, where somebody does.
    worker_id: Mapped[UUID | None] = mapped_column(ForeignKey("staff_account.id"))
    is_test: Mapped[bool]
    created_at: Mapped[datetime]
    approached_at: Mapped[datetime | None]
    enrolled_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    changes: Mapped[int] = mapped_column(server_default="0")  # compare-and-set on edits


class ContactPoint(Personal, Base):
    """A number or address of a patient, or of the relative who answers for her."""

    __tablename__ = "contact_point"
    __table_args__ = (
        Index(
            "uq_contact_point_active",
            "patient_id",
            "channel",
            "owner",
            unique=True,
            postgresql_where=text("state = 'active'"),
        ),
        Index("ix_contact_point_address_hash", "address_hash"),
    )

    channel: Mapped[Channel] = mapped_column(words(Channel))
    owner: Mapped[Reporter] = mapped_column(words(Reporter))
    address_sealed: Mapped[bytes]
    address_hash: Mapped[bytes]
    state: Mapped[ContactState] = mapped_column(words(ContactState))
    since: Mapped[datetime]
    until: Mapped[datetime | None]


class Proxy(Personal, Base):
    """Somebody whom the patient lets answer for her, with a link of her own; one at a time.

    The number or address is a contact point whose owner is the proxy.
    """

    __tablename__ = "proxy"
    __table_args__ = (
        Index(
            "uq_proxy_active",
            "patient_id",
            unique=True,
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )

    relation: Mapped[Relation] = mapped_column(words(Relation))
    name_sealed: Mapped[bytes]
    language: Mapped[str]
    added_at: Mapped[datetime]
    added_by: Mapped[UUID | None]  # the member of staff; None: the patient herself
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[UUID | None]


class Consent(Personal, Base):
    """Consent as it was given: never changed, only withdrawn by a later row."""

    __tablename__ = "consent"

    given: Mapped[bool]
    on: Mapped[date]
    by_sealed: Mapped[bytes]  # who gave it: the patient, or a named representative
    text_version: Mapped[str]
    text_hash: Mapped[str | None]  # of the text that she was shown, where it is kept here
    language: Mapped[str | None]
    form: Mapped[ConsentForm | None] = mapped_column(words(ConsentForm))
    purposes: Mapped[Listing] = mapped_column(server_default='["surveys"]')
    evidence_sealed: Mapped[bytes | None]  # where the signed form lies, or who witnessed it
    recorded_by: Mapped[UUID | None]
    recorded_at: Mapped[datetime]


class ConsentText(Sited, Base):
    """A version of the words that patients of a site agree to. It never changes."""

    __tablename__ = "consent_text"
    __table_args__ = (UniqueConstraint("site_id", "version", "language"),)

    version: Mapped[str]
    language: Mapped[str]
    hash: Mapped[str]
    body: Mapped[str]
    published_at: Mapped[datetime]
    published_by: Mapped[UUID | None]


class TreatmentCycle(Personal, Base):
    __tablename__ = "treatment_cycle"
    __table_args__ = (UniqueConstraint("patient_id", "number"),)

    number: Mapped[int]
    starts_on: Mapped[date]


class TreatmentEvent(Personal, Base):
    """Something that a plan may wait for or end with."""

    __tablename__ = "treatment_event"
    __table_args__ = (UniqueConstraint("patient_id", "kind"),)

    kind: Mapped[TreatmentEventKind] = mapped_column(words(TreatmentEventKind))
    on: Mapped[date]


class CallAttempt(Personal, Base):
    """A call that somebody made to a patient, and what came of it."""

    __tablename__ = "call_attempt"
    __table_args__ = (Index("ix_call_attempt_site_at", "site_id", "at"),)

    occurrence_id: Mapped[UUID | None] = mapped_column(index=True)
    task_id: Mapped[UUID | None]
    at: Mapped[datetime]
    by: Mapped[UUID | None]
    outcome: Mapped[CallOutcome] = mapped_column(words(CallOutcome))
    next_try_at: Mapped[datetime | None]
    note_sealed: Mapped[bytes | None]
    is_test: Mapped[bool]


class Pause(Personal, Timed, Base):
    """No surveys for a while. `next_at` is when it ends, or when somebody is asked to end it."""

    __tablename__ = "pause"
    __table_args__ = (
        Index(
            "uq_pause_running",
            "patient_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        CheckConstraint("ended_at IS NOT NULL OR next_at IS NOT NULL", name="next"),
        Index("ix_pause_due", "next_at", postgresql_where=text("ended_at IS NULL")),
    )

    reason: Mapped[PauseReason] = mapped_column(words(PauseReason))
    started_at: Mapped[datetime]
    until: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    source: Mapped[str] = mapped_column(server_default="staff")  # "staff", "patient", "text"
    inbound_id: Mapped[UUID | None]  # the text that says so
    asked: Mapped[int] = mapped_column(server_default="0")  # how often somebody was asked to end it
    note_sealed: Mapped[bytes | None]
