"""The door to patients: register, read, lock, reach. What joins other rooms is `rsm.flow.enrol`."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.errors import Conflict, Invalid, NotFound
from rsm.kernel.mailboxes import mailbox
from rsm.kernel.phones import e164
from rsm.kernel.words import Channel, Reporter
from rsm.patients import checks, consents, pauses, records, texting, workers
from rsm.patients.decide import PLAIN, PauseDetails
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
    active_address,
)
from rsm.patients.store import details, people, treatment
from rsm.patients.tables import Patient
from rsm.security import patient_keys
from rsm.security.audit import Subject, record
from rsm.sites import service as sites


def register(tx: Tx, site_id: UUID, new: NewPatient) -> UUID:
    """Enter a patient (up to `approached` or `declined`; enrolling is `flow.enrol`).

    Raises `Invalid` with every problem, `Conflict` when the record number is known already.
    """
    if problems := checks.problems_of(tx, checks.rules_of(tx, site_id), new):
        raise Invalid(problems)
    zone = new.zone or sites.get(tx, site_id).zone
    patient_id = people.add(tx, site_id, new, zone)
    facts = peek(tx, patient_id)
    _put_details(tx, facts, new)
    _first_status(tx, facts, new)
    record(tx, "patient.registered", _subject(facts), site_id, status=new.status)
    return patient_id


def _put_details(tx: Tx, facts: PatientFacts, new: NewPatient) -> None:
    if new.phone is not None:
        details.put_contact(tx, facts, Channel.SMS, Reporter.SELF, e164(new.phone))
    if new.email is not None:
        details.put_contact(tx, facts, Channel.EMAIL, Reporter.SELF, mailbox(new.email))
    treatment.set_cycles(tx, facts, new.cycle_starts)
    consents.put(tx, facts, new)
    texting.choose(tx, facts, new.answers_by_text)


def _first_status(tx: Tx, facts: PatientFacts, new: NewPatient) -> None:
    if new.status is PatientStatus.DECLINED and new.decline_reason is not None:
        decline(tx, facts.id, new.decline_reason)
    elif new.status in {PatientStatus.APPROACHED, PatientStatus.ENROLLED}:
        approach(tx, facts.id)


def change(tx: Tx, patient_id: UUID, new: NewPatient, seen: int) -> PatientFacts:
    """Change what is on record, but for her status. `seen` is the `changes` that the editor had.

    Raises `Conflict` when somebody changed it meanwhile, `Invalid` with every problem.
    """
    facts = locked(tx, patient_id)
    if facts.changes != seen:
        raise Conflict("somebody else changed this patient meanwhile: look again, then repeat")
    phone, email = address(tx, patient_id, Channel.SMS), address(tx, patient_id, Channel.EMAIL)
    # Whoever is enrolled and can be reached stays so; else nobody could mend the rest.
    enrolled = facts.status is PatientStatus.ENROLLED and phone is not None
    status = PatientStatus.ENROLLED if enrolled else PatientStatus.ELIGIBLE
    worker = workers.to_check(tx, facts, new)
    wanted = new.model_copy(update={"status": status, "decline_reason": None, "worker": worker})
    if problems := checks.problems_of(tx, checks.rules_of(tx, facts.site_id), wanted):
        raise Invalid(problems)
    people.change(tx, facts, new, new.zone or facts.zone)
    _change_contact(tx, facts, Channel.SMS, phone, e164(new.phone) if new.phone else None)
    _change_contact(tx, facts, Channel.EMAIL, email, mailbox(new.email) if new.email else None)
    treatment.set_cycles(tx, facts, new.cycle_starts)
    consents.put(tx, facts, new)
    texting.choose(tx, facts, new.answers_by_text)
    record(tx, "patient.changed", _subject(facts), facts.site_id)
    return peek(tx, patient_id)


def _change_contact(
    tx: Tx, facts: PatientFacts, channel: Channel, known: str | None, wanted: str | None
) -> None:
    if wanted is None and known is not None:
        details.replace_contact(tx, facts.id, channel, Reporter.SELF)
    elif wanted is not None and wanted != known:
        details.put_contact(tx, facts, channel, Reporter.SELF, wanted)


def approach(tx: Tx, patient_id: UUID) -> None:
    people.set_values(
        tx,
        patient_id,
        status=PatientStatus.APPROACHED,
        decline_reason=None,
        approached_at=tx.now,
    )


def decline(tx: Tx, patient_id: UUID, reason: DeclineReason) -> None:
    people.set_values(
        tx,
        patient_id,
        status=PatientStatus.DECLINED,
        decline_reason=reason,
        approached_at=tx.now,
    )


def mark_enrolled(tx: Tx, facts: PatientFacts) -> None:
    """By `flow.enrol`, with her plan. Whoever comes back stays enrolled since the first time."""
    since = facts.enrolled_at or tx.now
    takes_part = {"decline_reason": None, "end_reason": None, "ended_at": None}
    people.set_values(tx, facts.id, status=PatientStatus.ENROLLED, enrolled_at=since, **takes_part)


def mark_ended(tx: Tx, patient_id: UUID, reason: EndReason) -> None:
    pauses.end(tx, patient_id)
    people.set_values(
        tx,
        patient_id,
        status=PatientStatus.ENDED,
        end_reason=reason,
        decline_reason=None,
        ended_at=tx.now,
    )


def mark_paused(
    tx: Tx, facts: PatientFacts, reason: PauseReason, more: PauseDetails = PLAIN
) -> None:
    pauses.begin(tx, facts, reason, more)
    people.set_values(tx, facts.id, status=PatientStatus.PAUSED)


def mark_resumed(tx: Tx, patient_id: UUID) -> None:
    pauses.end(tx, patient_id)
    people.set_values(tx, patient_id, status=PatientStatus.ENROLLED)


def peek(tx: Tx, patient_id: UUID) -> PatientFacts:
    """Facts that name nobody; not audited. `NotFound` when she is not in scope."""
    return people.facts(_row(tx, patient_id))


def peek_many(tx: Tx, patient_ids: Iterable[UUID]) -> dict[UUID, PatientFacts]:
    """As `peek`, for a list; who is not in scope is left out."""
    return {each.id: people.facts(each) for each in people.rows(tx, patient_ids)}


def lock(tx: Tx, patient_id: UUID, *, skip_locked: bool = False) -> PatientFacts | None:
    """Take the patient's row, first in the lock order; None when another has it and we may skip."""
    found = people.lock(tx, patient_id, skip_locked=skip_locked)
    return people.facts(found) if found is not None else None


def locked(tx: Tx, patient_id: UUID) -> PatientFacts:
    """As `lock`, waiting; `NotFound` when she is not in scope."""
    facts = lock(tx, patient_id)
    if facts is None:
        raise NotFound("no such patient")
    return facts


def read(tx: Tx, patient_id: UUID) -> PatientRecord:
    """The whole record, decrypted and audited."""
    found = _row(tx, patient_id)
    record(tx, "patient.read", _subject(people.facts(found)), found.site_id)
    opened = records.compose(tx, [found]).get(patient_id)
    if opened is None:
        raise NotFound("this patient was erased")
    return opened


def names(tx: Tx, site_id: UUID, patient_ids: Iterable[UUID]) -> dict[UUID, PatientLabel]:
    """What the patients of a list are called; audited as one reading with their ids."""
    found = people.rows(tx, patient_ids)
    shown = [patient for patient in found if patient.site_id == site_id]
    if shown:
        ids = sorted(patient.id for patient in shown)
        record(tx, "patients.listed", Subject("site", site_id), site_id, patients=ids)
    return people.labels(tx, shown)


def cycles(tx: Tx, patient_ids: Iterable[UUID]) -> dict[UUID, tuple[date, ...]]:
    """Cycle start dates by patient, the first one first."""
    return dict(treatment.cycles(tx, patient_ids))


def find(
    tx: Tx, site_id: UUID, query: str = "", statuses: Iterable[PatientStatus] = ()
) -> list[tuple[PatientFacts, PatientLabel]]:
    """The site's patients by part of the name or record number; names are opened in memory."""
    patients = people.of_site(tx, site_id, statuses)
    labels = people.labels(tx, patients)
    wanted = query.strip().casefold()
    hits = [
        (people.facts(patient), labels[patient.id])
        for patient in patients
        if patient.id in labels and _matches(labels[patient.id], wanted)
    ]
    ids = sorted(facts.id for facts, _ in hits)
    record(tx, "patients.listed", Subject("site", site_id), site_id, patients=ids)
    return sorted(hits, key=lambda hit: hit[1].name.casefold())


def _matches(label: PatientLabel, wanted: str) -> bool:
    return wanted in label.name.casefold() or wanted in label.record_number.casefold()


def page(
    tx: Tx, site_id: UUID, after: UUID | None, limit: int
) -> tuple[list[tuple[PatientFacts, PatientLabel]], UUID | None]:
    """The site's patients as they were entered, from after `after` on, and after whom to go on.

    Whoever was erased is left out, so that a page may be shorter than `limit`.
    """
    found = people.page(tx, site_id, after, limit + 1)
    shown, more = found[:limit], len(found) > limit
    labels = people.labels(tx, shown)
    record(tx, "patients.listed", Subject("site", site_id), site_id, patients=sorted(labels))
    named = [(people.facts(one), labels[one.id]) for one in shown if one.id in labels]
    return named, shown[-1].id if more else None


def by_record_number(tx: Tx, site_id: UUID, number: str) -> UUID | None:
    return people.by_record_number(tx, site_id, number)


def by_address(tx: Tx, address: str) -> list[ContactMatch]:
    """Whose number this E.164 address is, at whichever site (before a scope is known)."""
    return details.by_address(tx, address)


def address(tx: Tx, patient_id: UUID, channel: Channel) -> str | None:
    """The active address, or None: for sending, so not audited as a reading."""
    return active_address(details.contacts(tx, [patient_id]).get(patient_id, ()), channel)


def address_hash(tx: Tx, address: str) -> bytes:
    return details.address_hash(tx.vault, address)


def suspend_contact(tx: Tx, patient_id: UUID, channel: Channel, reason: str) -> bool:
    """Send nothing more there until staff has checked it (wrong number, "not me")."""
    facts = peek(tx, patient_id)
    gone = details.suspend_contacts(tx, patient_id, channel)
    record(tx, "contact.suspended", _subject(facts), facts.site_id, reason=reason, count=gone)
    return gone > 0


def birth_date_matches(tx: Tx, patient_id: UUID, claimed: date) -> bool:
    found = _row(tx, patient_id)
    opened = patient_keys.box(tx, patient_id).open(found.birth_date_sealed, "patient.birth_date")
    return opened == claimed.isoformat()


def paused_since(tx: Tx, patient_id: UUID) -> PauseReason | None:
    """Why she is paused now, or None."""
    pause = pauses.running(tx, patient_id)
    return pause.reason if pause else None


def _row(tx: Tx, patient_id: UUID) -> Patient:
    found = people.row(tx, patient_id)
    if found is None:
        raise NotFound("no such patient")
    return found


def _subject(facts: PatientFacts) -> Subject:
    return Subject("patient", facts.id, facts.id)


def consent(tx: Tx, patient_id: UUID) -> ConsentView | None:
    """The consent that stands, or None."""
    return consents.standing(tx, patient_id)


def add_consent(tx: Tx, patient_id: UUID, consent: ConsentView) -> None:
    """A consent, or its withdrawal, with the version of the site's words that it refers to."""
    facts = peek(tx, patient_id)
    consents.add(tx, facts, consents.with_text(tx, facts, consent))
