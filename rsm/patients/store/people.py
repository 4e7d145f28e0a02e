"""Patients. Names, record numbers and birth dates are sealed and opened here."""

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from rsm.db import statements
from rsm.db.statements import Kept, among, by_id
from rsm.db.work import Tx
from rsm.kernel.errors import Conflict
from rsm.kernel.vault import Vault
from rsm.patients.model import (
    FOR_FAIR_FIGURES,
    NewPatient,
    PatientFacts,
    PatientLabel,
    PatientStatus,
)
from rsm.patients.tables import Patient
from rsm.security import patient_keys, staff
from rsm.security.patient_keys import PatientBox

_BY_ID = Kept(Patient, by_id(Patient))
_HELD = Kept(Patient, by_id(Patient).with_for_update(key_share=True))
_HELD_IF_FREE = Kept(Patient, by_id(Patient).with_for_update(key_share=True, skip_locked=True))
_MANY = Kept(Patient, statements.rows(Patient).where(among(Patient.id, "ids")))
_PLAIN = (
    "language",
    "interpreter",
    "channel",
    "weekday",
    "local_time",
    "contact_from",
    "contact_until",
    "regimen",
    "is_test",
    *FOR_FAIR_FIGURES,
)


def record_number_hash(vault: Vault, site_id: UUID, number: str) -> bytes:
    return vault.lookup("patient.record_number", f"{site_id}:{number.strip().casefold()}")


def _sealed(box: PatientBox, tx: Tx, site_id: UUID, new: NewPatient) -> dict[str, object]:
    return {
        "name_sealed": box.seal(new.name, "patient.name"),
        "record_number_sealed": box.seal(new.record_number, "patient.record_number"),
        "record_number_hash": record_number_hash(tx.vault, site_id, new.record_number),
        "birth_date_sealed": box.seal(new.birth_date.isoformat(), "patient.birth_date"),
        "born_decade": new.birth_date.year // 10 * 10,
    }


def _worker_id(tx: Tx, new: NewPatient) -> UUID | None:
    found = staff.find(tx, new.worker) if new.worker is not None else None
    return found.id if found is not None else None


def add(tx: Tx, site_id: UUID, new: NewPatient, zone: str) -> UUID:
    """Raises `Conflict` when the site knows the record number, also from a moment ago."""
    patient_id = tx.new_id()
    box = patient_keys.create(tx, site_id, patient_id)
    wanted = insert(Patient).values(
        id=patient_id,
        site_id=site_id,
        status=PatientStatus.ELIGIBLE,
        zone=zone,
        worker_id=_worker_id(tx, new),
        created_at=tx.now,
        **_sealed(box, tx, site_id, new),
        **{name: getattr(new, name) for name in _PLAIN},
    )
    same_number = [Patient.site_id, Patient.record_number_hash]
    added = wanted.on_conflict_do_nothing(index_elements=same_number).returning(Patient.id)
    if tx.session.execute(added).first() is None:
        raise Conflict(
            "a patient with this record number exists already at this site: look her up;"
            " whoever has ended is enrolled again there"
        )
    return patient_id


def change(tx: Tx, facts: PatientFacts, new: NewPatient, zone: str) -> None:
    """Raises `Conflict` when another patient of the site has the record number."""
    box = patient_keys.box(tx, facts.id)
    wanted = (
        update(Patient)
        .where(Patient.id == facts.id)
        .values(
            zone=zone,
            worker_id=_worker_id(tx, new),
            changes=Patient.changes + 1,
            **_sealed(box, tx, facts.site_id, new),
            **{name: getattr(new, name) for name in _PLAIN},
        )
    )
    try:
        with tx.savepoint():
            tx.session.execute(wanted)
    except IntegrityError as error:
        raise Conflict("another patient of this site has this record number") from error


def without_decade(tx: Tx, limit: int) -> Sequence[Patient]:
    """Patients who have a key, so that their date of birth can be read, and no decade of it."""
    query = select(Patient).where(Patient.born_decade.is_(None), patient_keys.is_kept(Patient.id))
    return tx.session.scalars(query.order_by(Patient.id).limit(limit)).all()


def note_decade(tx: Tx, patient_id: UUID, birth_date: date) -> None:
    """No change of hers: whoever edits her meanwhile is not told of one."""
    decade = birth_date.year // 10 * 10
    tx.session.execute(update(Patient).where(Patient.id == patient_id).values(born_decade=decade))


def set_values(tx: Tx, patient_id: UUID, **values: object) -> None:
    tx.session.execute(
        update(Patient)
        .where(Patient.id == patient_id)
        .values(changes=Patient.changes + 1, **values)
    )


def _of_worker(site_id: UUID, worker: UUID | None) -> ColumnElement[bool]:
    """All whom she looks after, or nobody does; who has ended stays with whoever had her."""
    mine = Patient.worker_id.is_(None) if worker is None else Patient.worker_id == worker
    return and_(Patient.site_id == site_id, mine, Patient.status != PatientStatus.ENDED)


def lock_of_worker(tx: Tx, site_id: UUID, worker: UUID | None) -> Sequence[Patient]:
    query = select(Patient).where(_of_worker(site_id, worker)).order_by(Patient.id)
    held = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return tx.session.scalars(held).all()


def give_to(tx: Tx, patient_ids: Iterable[UUID], worker: UUID) -> None:
    tx.session.execute(
        update(Patient)
        .where(Patient.id.in_(list(patient_ids)))
        .values(worker_id=worker, changes=Patient.changes + 1)
    )


def count_of_worker(tx: Tx, site_id: UUID, worker: UUID | None) -> int:
    query = select(func.count()).select_from(Patient).where(_of_worker(site_id, worker))
    return tx.session.scalar(query) or 0


def count_left_behind(tx: Tx, site_id: UUID, here: Iterable[UUID]) -> int:
    """Whose worker is none of these; whoever never had one is not counted."""
    query = select(func.count()).where(
        Patient.site_id == site_id,
        Patient.worker_id.is_not(None),
        Patient.worker_id.not_in(list(here)),
        Patient.status != PatientStatus.ENDED,
    )
    return tx.session.scalar(query) or 0


def row(tx: Tx, patient_id: UUID) -> Patient | None:
    return _BY_ID.first(tx, id=patient_id)


def lock(tx: Tx, patient_id: UUID, *, skip_locked: bool) -> Patient | None:
    """Hold her row. Rows that only refer to her (a text that comes in) need not wait for us."""
    return (_HELD_IF_FREE if skip_locked else _HELD).first(tx, id=patient_id)


def of_site(tx: Tx, site_id: UUID, statuses: Iterable[PatientStatus] = ()) -> Sequence[Patient]:
    query = select(Patient).where(Patient.site_id == site_id)
    wanted = list(statuses)
    if wanted:
        query = query.where(Patient.status.in_(wanted))
    return tx.session.scalars(query.order_by(Patient.id)).all()


def page(tx: Tx, site_id: UUID, after: UUID | None, limit: int) -> Sequence[Patient]:
    """By id, which is the order in which they were entered."""
    query = select(Patient).where(Patient.site_id == site_id)
    if after is not None:
        query = query.where(Patient.id > after)
    return tx.session.scalars(query.order_by(Patient.id).limit(limit)).all()


def by_record_number(tx: Tx, site_id: UUID, number: str) -> UUID | None:
    hashed = record_number_hash(tx.vault, site_id, number)
    return tx.session.scalar(
        select(Patient.id).where(Patient.site_id == site_id, Patient.record_number_hash == hashed)
    )


def by_record_numbers(tx: Tx, site_id: UUID, numbers: Iterable[str]) -> dict[str, UUID]:
    """The known ones of these record numbers, in one query."""
    hashes = {record_number_hash(tx.vault, site_id, number): number for number in numbers}
    found = tx.session.execute(
        select(Patient.record_number_hash, Patient.id).where(
            Patient.site_id == site_id, Patient.record_number_hash.in_(list(hashes))
        )
    )
    return {hashes[hashed]: patient_id for hashed, patient_id in found}


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
    wanted = list(set(patient_ids))
    return _MANY.all(tx, ids=wanted) if wanted else []
