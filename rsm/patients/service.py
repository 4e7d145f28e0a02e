"""The door to patients: register, read, lock, reach. What joins other rooms is `rsm.flow.enrol`."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.errors import Conflict, Invalid, NotFound
from rsm.kernel.phones import e164
from rsm.kernel.words import Channel, Reporter
from rsm.patients import checks, store
from rsm.patients.model import (
    ConsentView,
    ContactMatch,
    DeclineReason,
    EndReason,
    NewPatient,
    PatientFacts,
    PatientLabel,
    PatientRecord,
    PatientStatus,
    PauseReason,
)
from rsm.patients.tables import Patient
from rsm.security import patient_keys
from rsm.security.audit import Subject, record
from rsm.sites import service as sites


def register(tx: Tx, site_id: UUID, new: NewPatient, min_age: int = 18) -> UUID:
    """Enter a patient (up to `approached` or `declined`; enrolling is `flow.enrol`).

    Raises `Invalid` with every problem, `Conflict` when the record number is known already.
    """
    if problems := checks.problems_of(tx, site_id, new, min_age):
        raise Invalid(problems)
    if store.by_record_number(tx, site_id, new.record_number) is not None:
        raise Conflict("a patient with this record number exists already at this site")
    zone = new.zone or sites.get(tx, site_id).zone
    patient_id = store.add(tx, site_id, new, zone)
    tx.session.flush()
    facts = peek(tx, patient_id)
    _put_details(tx, facts, new)
    _first_status(tx, facts, new)
    record(tx, "patient.registered", _subject(facts), site_id, status=new.status)
    return patient_id


def _put_details(tx: Tx, facts: PatientFacts, new: NewPatient) -> None:
    if new.phone is not None:
        store.put_contact(tx, facts, Channel.SMS, Reporter.SELF, e164(new.phone))
    store.set_cycles(tx, facts, new.cycle_starts)
    if new.consent_on is not None and new.consent_by is not None:
        store.add_consent(
            tx, facts, ConsentView(True, new.consent_on, new.consent_by, new.consent_text)
        )


def _first_status(tx: Tx, facts: PatientFacts, new: NewPatient) -> None:
    if new.status is PatientStatus.DECLINED and new.decline_reason is not None:
        decline(tx, facts.id, new.decline_reason)
    elif new.status in {PatientStatus.APPROACHED, PatientStatus.ENROLLED}:
        approach(tx, facts.id)


def change(tx: Tx, patient_id: UUID, new: NewPatient, seen: int, min_age: int = 18) -> PatientFacts:
    """Change what is on record. `seen` is the `changes` that the editor had before her.

    Raises `Conflict` when somebody changed it meanwhile, `Invalid` with every problem.
    """
    facts = locked(tx, patient_id)
    if facts.changes != seen:
        raise Conflict("somebody else changed this patient meanwhile: look again, then repeat")
    current = new.model_copy(update={"status": facts.status, "decline_reason": None})
    if facts.status in {PatientStatus.DECLINED, PatientStatus.PAUSED, PatientStatus.ENDED}:
        current = current.model_copy(update={"status": PatientStatus.ELIGIBLE})
    if problems := checks.problems_of(tx, facts.site_id, current, min_age):
        raise Invalid(problems)
    other = store.by_record_number(tx, facts.site_id, new.record_number)
    if other not in {None, patient_id}:
        raise Conflict("another patient of this site has this record number")
    store.change(tx, facts, new, new.zone or facts.zone)
    _change_details(tx, facts, new)
    record(tx, "patient.changed", _subject(facts), facts.site_id)
    return peek(tx, patient_id)


def _change_details(tx: Tx, facts: PatientFacts, new: NewPatient) -> None:
    known = {each.address for each in store.contacts(tx, facts.id) if each.state == "active"}
    phone = e164(new.phone) if new.phone else None
    if phone is not None and phone not in known:
        store.put_contact(tx, facts, Channel.SMS, Reporter.SELF, phone)
    store.set_cycles(tx, facts, new.cycle_starts)
    stands = store.consent(tx, facts.id)
    if new.consent_on and new.consent_by:
        given = ConsentView(True, new.consent_on, new.consent_by, new.consent_text)
        if given != stands:
            store.add_consent(tx, facts, given)


def approach(tx: Tx, patient_id: UUID) -> None:
    store.set_values(tx, patient_id, status=PatientStatus.APPROACHED, approached_at=tx.now)


def decline(tx: Tx, patient_id: UUID, reason: DeclineReason) -> None:
    store.set_values(
        tx,
        patient_id,
        status=PatientStatus.DECLINED,
        decline_reason=reason,
        approached_at=tx.now,
    )


def mark_enrolled(tx: Tx, patient_id: UUID) -> None:
    """Called by `flow.enrol` only, which gives her a plan in the same transaction."""
    store.set_values(
        tx,
        patient_id,
        status=PatientStatus.ENROLLED,
        decline_reason=None,
        enrolled_at=tx.now,
    )


def mark_ended(tx: Tx, patient_id: UUID, reason: EndReason) -> None:
    store.end_pause(tx, patient_id)
    store.set_values(
        tx,
        patient_id,
        status=PatientStatus.ENDED,
        end_reason=reason,
        decline_reason=None,
        ended_at=tx.now,
    )


def mark_paused(tx: Tx, facts: PatientFacts, reason: PauseReason) -> None:
    store.begin_pause(tx, facts, reason)
    store.set_values(tx, facts.id, status=PatientStatus.PAUSED)


def mark_resumed(tx: Tx, patient_id: UUID) -> None:
    store.end_pause(tx, patient_id)
    store.set_values(tx, patient_id, status=PatientStatus.ENROLLED)


def peek(tx: Tx, patient_id: UUID) -> PatientFacts:
    """Facts that name nobody; not audited. `NotFound` when she is not in scope."""
    return store.facts(_row(tx, patient_id))


def lock(tx: Tx, patient_id: UUID, *, skip_locked: bool = False) -> PatientFacts | None:
    """Take the patient's row, first in the lock order; None when another has it and we may skip."""
    found = store.lock(tx, patient_id, skip_locked=skip_locked)
    return store.facts(found) if found is not None else None


def locked(tx: Tx, patient_id: UUID) -> PatientFacts:
    """As `lock`, waiting; `NotFound` when she is not in scope."""
    facts = lock(tx, patient_id)
    if facts is None:
        raise NotFound("no such patient")
    return facts


def read(tx: Tx, patient_id: UUID) -> PatientRecord:
    """The whole record, decrypted and audited."""
    found = _row(tx, patient_id)
    facts = store.facts(found)
    record(tx, "patient.read", _subject(facts), facts.site_id)
    label = store.labels(tx, [found]).get(patient_id)
    if label is None:
        raise NotFound("this patient was erased")
    return PatientRecord(
        facts=facts,
        label=label,
        contacts=tuple(store.contacts(tx, patient_id)),
        cycles=store.cycles(tx, [patient_id]).get(patient_id, ()),
        consent=store.consent(tx, patient_id),
        decline_reason=found.decline_reason,
        end_reason=found.end_reason,
        sex=found.sex,
        ethnicity=found.ethnicity,
        postcode_area=found.postcode_area,
        insurance=found.insurance,
    )


def names(tx: Tx, site_id: UUID, patient_ids: Iterable[UUID]) -> dict[UUID, PatientLabel]:
    """What the patients of a list are called; audited as one reading with their ids."""
    found = store.rows(tx, patient_ids)
    shown = [patient for patient in found if patient.site_id == site_id]
    if shown:
        ids = sorted(patient.id for patient in shown)
        record(tx, "patients.listed", Subject("site", site_id), site_id, patients=ids)
    return store.labels(tx, shown)


def cycles(tx: Tx, patient_ids: Iterable[UUID]) -> dict[UUID, tuple[date, ...]]:
    """Cycle start dates by patient, the first one first."""
    return dict(store.cycles(tx, patient_ids))


def find(
    tx: Tx, site_id: UUID, query: str = "", statuses: Iterable[PatientStatus] = ()
) -> list[tuple[PatientFacts, PatientLabel]]:
    """The site's patients by part of the name or record number; names are opened in memory."""
    patients = store.of_site(tx, site_id, statuses)
    labels = store.labels(tx, patients)
    wanted = query.strip().casefold()
    hits = [
        (store.facts(patient), labels[patient.id])
        for patient in patients
        if patient.id in labels and _matches(labels[patient.id], wanted)
    ]
    ids = sorted(facts.id for facts, _ in hits)
    record(tx, "patients.listed", Subject("site", site_id), site_id, patients=ids)
    return sorted(hits, key=lambda hit: hit[1].name.casefold())


def _matches(label: PatientLabel, wanted: str) -> bool:
    return wanted in label.name.casefold() or wanted in label.record_number.casefold()


def by_record_number(tx: Tx, site_id: UUID, number: str) -> UUID | None:
    return store.by_record_number(tx, site_id, number)


def by_address(tx: Tx, address: str) -> list[ContactMatch]:
    """Whose number this E.164 address is, at whichever site (before a scope is known)."""
    return store.by_address(tx, address)


def address(tx: Tx, patient_id: UUID, channel: Channel) -> str | None:
    """The active address, or None: for sending, so not audited as a reading."""
    for each in store.contacts(tx, patient_id):
        if each.channel is channel and each.state == "active":
            return each.address
    return None


def address_hash(tx: Tx, address: str) -> bytes:
    return store.address_hash(tx.vault, address)


def suspend_contact(tx: Tx, patient_id: UUID, channel: Channel, reason: str) -> bool:
    """Send nothing more there until staff has checked it (wrong number, "not me")."""
    facts = peek(tx, patient_id)
    gone = store.suspend_contacts(tx, patient_id, channel)
    record(tx, "contact.suspended", _subject(facts), facts.site_id, reason=reason, count=gone)
    return gone > 0


def birth_date_matches(tx: Tx, patient_id: UUID, claimed: date) -> bool:
    found = _row(tx, patient_id)
    opened = patient_keys.box(tx, patient_id).open(found.birth_date_sealed, "patient.birth_date")
    return opened == claimed.isoformat()


def paused_since(tx: Tx, patient_id: UUID) -> PauseReason | None:
    """Why she is paused now, or None."""
    pause = store.running_pause(tx, patient_id)
    return pause.reason if pause else None


def _row(tx: Tx, patient_id: UUID) -> Patient:
    found = store.row(tx, patient_id)
    if found is None:
        raise NotFound("no such patient")
    return found


def _subject(facts: PatientFacts) -> Subject:
    return Subject("patient", facts.id, facts.id)


def consent(tx: Tx, patient_id: UUID) -> ConsentView | None:
    """The consent that stands, or None."""
    return store.consent(tx, patient_id)


def add_consent(tx: Tx, patient_id: UUID, consent: ConsentView) -> None:
    facts = peek(tx, patient_id)
    store.add_consent(tx, facts, consent)
    record(tx, "consent.recorded", _subject(facts), facts.site_id, given=consent.given)
