"""Enrolment: a patient and her plan begin, pause, move and end in one transaction.

What takes hold here takes hold before the next send: queued messages are cancelled in the same
transaction that ends or pauses her.
"""

from datetime import date, time
from enum import StrEnum
from uuid import UUID

from rsm.db.work import Tx
from rsm.flow import calls, going_live, plans, stops
from rsm.kernel.errors import Conflict, Invalid, Problem
from rsm.kernel.words import Channel
from rsm.messaging import languages
from rsm.messaging import service as messaging
from rsm.patients import pauses, treatment
from rsm.patients import service as patients
from rsm.patients.decide import PLAIN, PauseDetails
from rsm.patients.model import (
    ConsentView,
    DeclineReason,
    EndReason,
    NewPatient,
    PatientFacts,
    PatientStatus,
    PauseReason,
)
from rsm.schedules import service as schedules
from rsm.security.audit import Subject, record
from rsm.sites import service as sites
from rsm.tasks import service as tasks
from rsm.tasks.model import TaskKind

_ABOUT_PAUSE = (TaskKind.END_PAUSE, TaskKind.CONFIRM_PAUSE)
# Asked so that surveys go on: needless when they end.
_ABOUT_SURVEYS = (
    *_ABOUT_PAUSE,
    TaskKind.NEEDS_DATE,
    TaskKind.PLAN_OVER,
    TaskKind.NOT_DELIVERED,
    TaskKind.UNCLEAR_STOP,
    TaskKind.RELEASE_TEXTS,
)
# Asks somebody to get in touch with her, which nobody is to ask of the bereaved.
_REACH_HER = (TaskKind.REACH_ANOTHER_WAY, TaskKind.CHECK_CONTACT)
_MAY_ENROL = {PatientStatus.ELIGIBLE, PatientStatus.APPROACHED, PatientStatus.DECLINED}


class ReturnReason(StrEnum):
    """Why participation begins again after it had ended."""

    RETURNED = "returned"
    MISTAKE = "mistake"  # it should not have been ended


def enter(tx: Tx, site_id: UUID, new: NewPatient) -> UUID:
    """Register a patient and, if that is her status, enrol her.

    Raises `Invalid` with every problem, `Conflict` for a record number that is known.
    """
    patient_id = patients.register(tx, site_id, new)
    if new.status is PatientStatus.ENROLLED:
        enrol(tx, patient_id)
    return patient_id


def enrol(tx: Tx, patient_id: UUID, consent: ConsentView | None = None) -> None:
    """Begin: she has consented, can be reached, and gets the plan that her site has agreed to."""
    facts = patients.locked(tx, patient_id)
    if facts.status not in _MAY_ENROL:
        raise Conflict(f"a patient who is {facts.status} cannot be enrolled")
    if consent is not None:
        patients.add_consent(tx, patient_id, consent)
    _begin(tx, facts)
    record(tx, "patient.enrolled", _subject(facts), facts.site_id)


def again(tx: Tx, patient_id: UUID, reason: ReturnReason) -> None:
    """Participation that had ended goes on, with the plan that her site has now; what was cancelled
    at the end stays so. Raises `Conflict` when it has not ended, `Invalid` as `enrol` does."""
    facts = patients.locked(tx, patient_id)
    if facts.status is not PatientStatus.ENDED:
        raise Conflict("participation has not ended")
    _begin(tx, facts)
    record(tx, "patient.enrolled_again", _subject(facts), facts.site_id, reason=reason)


def _begin(tx: Tx, facts: PatientFacts) -> None:
    if problems := _missing(tx, facts):
        raise Invalid(problems)
    patients.mark_enrolled(tx, facts)
    going_live.enrolled(tx, facts)
    plans.follow(tx, facts, sites.get(tx, facts.site_id).plan)


def _missing(tx: Tx, facts: PatientFacts) -> list[Problem]:
    problems = []
    standing = patients.consent(tx, facts.id)
    if standing is None or not standing.given:
        problems.append(Problem("consent_on", "is missing", "nobody is enrolled without consent"))
    if patients.address(tx, facts.id, Channel.SMS) is None:
        problems.append(Problem("phone", "is missing", "an enrolled patient needs one"))
    languages = sites.get(tx, facts.site_id).languages
    if facts.language not in languages:
        what = f"the site does not ask in `{facts.language}`"
        problems.append(Problem("language", what, f"it asks in {', '.join(languages)}"))
    return problems


def change(tx: Tx, patient_id: UUID, new: NewPatient, seen: int) -> None:
    """Change her record; what is still to come follows, and what was sent stays: windows by a new
    day, hour, zone or cycle, texts in a new language, a STOP to a new number, calls for texts."""
    before, cycles = patients.locked(tx, patient_id), _cycles(tx, patient_id)
    addresses = stops.addresses(tx, patient_id)
    after = patients.change(tx, patient_id, new, seen)
    stops.follow_her(tx, after, addresses)
    if before.language != after.language:
        _translate(tx, after)
    if before.is_written_to and not after.is_written_to:
        calls.instead(tx, after)
    if before.zone != after.zone:
        pauses.move_zone(tx, before, after)
    if _slot(before) != _slot(after):
        plans.slot_changed(tx, after)
        record(tx, "plan.moved", _subject(after), after.site_id)
    if cycles != _cycles(tx, patient_id):
        plans.treatment_changed(tx, after)


def _translate(tx: Tx, patient: PatientFacts) -> None:
    """What is to come is in her new language; a survey that she has begun ends as it began."""
    schedules.translate(tx, patient)
    begun = schedules.unfinished(tx, patient.id)
    its_own = begun.id if begun is not None and begun.language != patient.language else None
    languages.translate(tx, patient.id, patient.language, its_own)


def _cycles(tx: Tx, patient_id: UUID) -> tuple[date, ...]:
    return treatment.cycles(tx, [patient_id]).get(patient_id, ())


def _slot(facts: PatientFacts) -> tuple[int, time, str]:
    return facts.weekday, facts.local_time, facts.zone


def approach(tx: Tx, patient_id: UUID) -> None:
    """She was asked and has not decided yet."""
    facts = patients.locked(tx, patient_id)
    if facts.status not in _MAY_ENROL:
        raise Conflict(f"a patient who is {facts.status} was asked already")
    patients.approach(tx, patient_id)
    record(tx, "patient.approached", _subject(facts), facts.site_id)


def decline(tx: Tx, patient_id: UUID, reason: DeclineReason) -> None:
    """She was asked and said no: she stays in the figures as such."""
    facts = patients.locked(tx, patient_id)
    if facts.status not in _MAY_ENROL:
        raise Conflict(f"a patient who is {facts.status} cannot decline: end participation")
    patients.decline(tx, patient_id, reason)
    record(tx, "patient.declined", _subject(facts), facts.site_id, reason=reason)


def pause(tx: Tx, patient_id: UUID, reason: PauseReason, more: PauseDetails = PLAIN) -> None:
    """No surveys until she is resumed; what was queued is cancelled now.

    It ends on its day, or asks to be ended (`rsm.flow.pauses`). Raises `Invalid` for a last day
    that is past.
    """
    facts = patients.locked(tx, patient_id)
    if facts.status is not PatientStatus.ENROLLED:
        raise Conflict(f"a patient who is {facts.status} cannot be paused")
    patients.mark_paused(tx, facts, reason, more)
    schedules.hold(tx, patient_id)
    messaging.cancel_for_patient(tx, patient_id, "paused")
    calls.take_off(tx, patient_id)
    record(tx, "patient.paused", _subject(facts), facts.site_id, reason=reason, source=more.source)


def resume(tx: Tx, patient_id: UUID) -> None:
    """Go on with the next window that is still to come. `Invalid` when nobody can be reached."""
    facts = patients.locked(tx, patient_id)
    if facts.status is not PatientStatus.PAUSED:
        raise Conflict(f"a patient who is {facts.status} cannot be resumed")
    if problems := _missing(tx, facts):
        raise Invalid(problems)
    patients.mark_resumed(tx, patient_id)
    schedules.resume(tx, patient_id)
    tasks.withdraw(tx, patient_id, _ABOUT_PAUSE, "resumed")
    record(tx, "patient.resumed", _subject(facts), facts.site_id)


def end(tx: Tx, patient_id: UUID, reason: EndReason) -> None:
    """No more surveys; open ones are cancelled, and so is every message not yet handed over."""
    facts = patients.locked(tx, patient_id)
    if facts.status is PatientStatus.ENDED:
        raise Conflict("participation has ended already")
    patients.mark_ended(tx, patient_id, reason)
    schedules.stop(tx, patient_id)
    messaging.cancel_for_patient(tx, patient_id, "ended")
    calls.take_off(tx, patient_id)
    needless = (*_ABOUT_SURVEYS, *_REACH_HER) if reason is EndReason.DEATH else _ABOUT_SURVEYS
    tasks.withdraw(tx, patient_id, needless, "ended")
    record(tx, "patient.ended", _subject(facts), facts.site_id, reason=reason)


def _subject(facts: PatientFacts) -> Subject:
    return Subject("patient", facts.id, facts.id)
