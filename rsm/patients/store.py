"""All SQL of the patients. Identifying columns are sealed and opened here and nowhere else."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import delete, insert, select, text, update

from rsm.db.work import Tx
from rsm.kernel.vault import Vault
from rsm.kernel.words import Channel, Reporter
from rsm.patients.model import (
    ConsentView,
    ContactMatch,
    ContactState,
    ContactView,
    NewPatient,
    PatientFacts,
    PatientLabel,
    PatientStatus,
    PauseReason,
)
from rsm.patients.tables import Consent, ContactPoint, Patient, Pause, TreatmentCycle
from rsm.security import patient_keys
from rsm.security.patient_keys import PatientBox

_PLAIN = (
    "language",
    "interpreter",
    "channel",
    "weekday",
    "local_time",
    "regimen",
    "sex",
    "ethnicity",
    "postcode_area",
    "insurance",
    "is_test",
)


def address_hash(vault: Vault, address: str) -> bytes:
    return vault.lookup("contact.address", address)


def record_number_hash(vault: Vault, site_id: UUID, number: str) -> bytes:
    return vault.lookup("patient.record_number", f"{site_id}:{number.strip().casefold()}")


def _sealed(box: PatientBox, tx: Tx, site_id: UUID, new: NewPatient) -> dict[str, object]:
    return {
        "name_sealed": box.seal(new.name, "patient.name"),
        "record_number_sealed": box.seal(new.record_number, "patient.record_number"),
        "record_number_hash": record_number_hash(tx.vault, site_id, new.record_number),
        "birth_date_sealed": box.seal(new.birth_date.isoformat(), "patient.birth_date"),
    }


def add(tx: Tx, site_id: UUID, new: NewPatient, zone: str) -> UUID:
    patient_id = tx.new_id()
    box = patient_keys.create(tx, site_id, patient_id)
    tx.session.execute(
        insert(Patient).values(
            id=patient_id,
            site_id=site_id,
            status=PatientStatus.ELIGIBLE,
            zone=zone,
            created_at=tx.now,
            **_sealed(box, tx, site_id, new),
            **{name: getattr(new, name) for name in _PLAIN},
        )
    )
    return patient_id


def change(tx: Tx, facts: PatientFacts, new: NewPatient, zone: str) -> None:
    box = patient_keys.box(tx, facts.id)
    tx.session.execute(
        update(Patient)
        .where(Patient.id == facts.id)
        .values(
            zone=zone,
            changes=Patient.changes + 1,
            **_sealed(box, tx, facts.site_id, new),
            **{name: getattr(new, name) for name in _PLAIN},
        )
    )


def set_values(tx: Tx, patient_id: UUID, **values: object) -> None:
    tx.session.execute(
        update(Patient)
        .where(Patient.id == patient_id)
        .values(changes=Patient.changes + 1, **values)
    )


def row(tx: Tx, patient_id: UUID) -> Patient | None:
    query = select(Patient).where(Patient.id == patient_id)
    return tx.session.scalar(query.execution_options(populate_existing=True))


def lock(tx: Tx, patient_id: UUID, *, skip_locked: bool) -> Patient | None:
    query = select(Patient).where(Patient.id == patient_id)
    locked = query.with_for_update(skip_locked=skip_locked)
    return tx.session.scalar(locked.execution_options(populate_existing=True))


def of_site(tx: Tx, site_id: UUID, statuses: Iterable[PatientStatus] = ()) -> Sequence[Patient]:
    query = select(Patient).where(Patient.site_id == site_id)
    wanted = list(statuses)
    if wanted:
        query = query.where(Patient.status.in_(wanted))
    return tx.session.scalars(query.order_by(Patient.id)).all()


def by_record_number(tx: Tx, site_id: UUID, number: str) -> UUID | None:
    hashed = record_number_hash(tx.vault, site_id, number)
    return tx.session.scalar(
        select(Patient.id).where(Patient.site_id == site_id, Patient.record_number_hash == hashed)
    )


def facts(patient: Patient) -> PatientFacts:
    names = PatientFacts.__dataclass_fields__
    return PatientFacts(**{name: getattr(patient, name) for name in names})


def labels(tx: Tx, patients: Sequence[Patient]) -> dict[UUID, PatientLabel]:
    """Names, birth dates and record numbers; whoever was erased is left out."""
    boxes = patient_keys.boxes(tx, [patient.id for patient in patients])
    return {
        patient.id: PatientLabel(
            box.open(patient.name_sealed, "patient.name"),
            date.fromisoformat(box.open(patient.birth_date_sealed, "patient.birth_date")),
            box.open(patient.record_number_sealed, "patient.record_number"),
        )
        for patient in patients
        if (box := boxes.get(patient.id)) is not None
    }


def rows(tx: Tx, patient_ids: Iterable[UUID]) -> Sequence[Patient]:
    return tx.session.scalars(select(Patient).where(Patient.id.in_(set(patient_ids)))).all()


def put_contact(
    tx: Tx, patient: PatientFacts, channel: Channel, owner: Reporter, address: str
) -> None:
    """Make `address` the active one of its channel and owner; the former one is replaced."""
    box = patient_keys.box(tx, patient.id)
    tx.session.execute(
        update(ContactPoint)
        .where(
            ContactPoint.patient_id == patient.id,
            ContactPoint.channel == channel,
            ContactPoint.owner == owner,
            ContactPoint.state != ContactState.REPLACED,
        )
        .values(state=ContactState.REPLACED, until=tx.now)
    )
    tx.session.execute(
        insert(ContactPoint).values(
            id=tx.new_id(),
            site_id=patient.site_id,
            patient_id=patient.id,
            channel=channel,
            owner=owner,
            address_sealed=box.seal(address, "contact.address"),
            address_hash=address_hash(tx.vault, address),
            state=ContactState.ACTIVE,
            since=tx.now,
        )
    )


def contacts(tx: Tx, patient_id: UUID) -> list[ContactView]:
    found = tx.session.scalars(
        select(ContactPoint)
        .where(ContactPoint.patient_id == patient_id)
        .order_by(ContactPoint.since.desc())
    ).all()
    if not found:
        return []
    box = patient_keys.box(tx, patient_id)
    return [
        ContactView(
            each.id,
            each.channel,
            each.owner,
            box.open(each.address_sealed, "contact.address"),
            each.state,
        )
        for each in found
    ]


def suspend_contacts(tx: Tx, patient_id: UUID, channel: Channel) -> int:
    gone = tx.session.execute(
        update(ContactPoint)
        .where(
            ContactPoint.patient_id == patient_id,
            ContactPoint.channel == channel,
            ContactPoint.state == ContactState.ACTIVE,
        )
        .values(state=ContactState.SUSPENDED, until=tx.now)
        .returning(ContactPoint.id)
    )
    return len(gone.all())


def by_address(tx: Tx, address: str) -> list[ContactMatch]:
    """Whose number this is, at whichever site: a look-up by hash, before a site is known."""
    found = tx.session.execute(
        text("SELECT site_id, patient_id, contact_id FROM rsm_find_contacts(:hash)"),
        {"hash": address_hash(tx.vault, address)},
    )
    return [ContactMatch(*match) for match in found]


def add_consent(tx: Tx, patient: PatientFacts, consent: ConsentView) -> None:
    box = patient_keys.box(tx, patient.id)
    tx.session.execute(
        insert(Consent).values(
            id=tx.new_id(),
            site_id=patient.site_id,
            patient_id=patient.id,
            given=consent.given,
            on=consent.on,
            by_sealed=box.seal(consent.by, "consent.by"),
            text_version=consent.text_version,
            recorded_by=tx.actor.id,
            recorded_at=tx.now,
        )
    )


def consent(tx: Tx, patient_id: UUID) -> ConsentView | None:
    """The consent that stands: the latest line."""
    latest = tx.session.scalar(
        select(Consent)
        .where(Consent.patient_id == patient_id)
        .order_by(Consent.recorded_at.desc(), Consent.id.desc())
        .limit(1)
    )
    if latest is None:
        return None
    by = patient_keys.box(tx, patient_id).open(latest.by_sealed, "consent.by")
    return ConsentView(latest.given, latest.on, by, latest.text_version)


def set_cycles(tx: Tx, patient: PatientFacts, starts: Sequence[date]) -> None:
    tx.session.execute(delete(TreatmentCycle).where(TreatmentCycle.patient_id == patient.id))
    for number, day in enumerate(sorted(starts), start=1):
        tx.session.execute(
            insert(TreatmentCycle).values(
                id=tx.new_id(),
                site_id=patient.site_id,
                patient_id=patient.id,
                number=number,
                starts_on=day,
            )
        )


def cycles(tx: Tx, patient_ids: Iterable[UUID]) -> Mapping[UUID, tuple[date, ...]]:
    found = tx.session.execute(
        select(TreatmentCycle.patient_id, TreatmentCycle.starts_on)
        .where(TreatmentCycle.patient_id.in_(set(patient_ids)))
        .order_by(TreatmentCycle.number)
    )
    by_patient: dict[UUID, tuple[date, ...]] = {}
    for patient_id, day in found:
        by_patient[patient_id] = (*by_patient.get(patient_id, ()), day)
    return by_patient


def begin_pause(tx: Tx, patient: PatientFacts, reason: PauseReason) -> None:
    tx.session.execute(
        insert(Pause).values(
            id=tx.new_id(),
            site_id=patient.site_id,
            patient_id=patient.id,
            reason=reason,
            started_at=tx.now,
        )
    )


def end_pause(tx: Tx, patient_id: UUID) -> bool:
    ended = tx.session.execute(
        update(Pause)
        .where(Pause.patient_id == patient_id, Pause.ended_at.is_(None))
        .values(ended_at=tx.now)
        .returning(Pause.id)
    )
    return ended.first() is not None


def running_pause(tx: Tx, patient_id: UUID) -> Pause | None:
    return tx.session.scalar(
        select(Pause).where(Pause.patient_id == patient_id, Pause.ended_at.is_(None))
    )
