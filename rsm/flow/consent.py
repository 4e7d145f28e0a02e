"""Consent is given again on newer words, or withdrawn: a withdrawal ends all messages at once."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from rsm.db.work import Tx
from rsm.flow import enrol
from rsm.kernel.errors import Conflict, Invalid, Problem
from rsm.kernel.localtime import local_of, zone_named
from rsm.messaging import service as messaging
from rsm.patients import consents
from rsm.patients import service as patients
from rsm.patients.model import ConsentView, EndReason, PatientFacts, PatientStatus

_RUNNING = frozenset({PatientStatus.ENROLLED, PatientStatus.PAUSED})


def give(tx: Tx, patient_id: UUID, consent: ConsentView) -> None:
    """A further consent, such as one on newer words, or of somebody who comes back; it enrols
    nobody by itself.

    Raises `Invalid` for a day to come and for words that the site has not published.
    """
    facts = patients.locked(tx, patient_id)
    _check_day(tx, facts, consent.on)
    patients.add_consent(tx, patient_id, replace(consent, given=True))


def withdraw(tx: Tx, patient_id: UUID, on: date, by: str, evidence: str = "") -> None:
    """She takes her consent back: a later line, and nothing goes out from this transaction on.

    Raises `Conflict` when none stands, `Invalid` for a day to come or before it was given.
    """
    facts = patients.locked(tx, patient_id)
    known = consents.standing(tx, patient_id)
    if known is None or not known.given:
        raise Conflict("there is no consent that could be withdrawn")
    _check_day(tx, facts, on)
    if on < known.on:
        raise Invalid(Problem("on", "lies before the day of consent"))
    line = replace(known, given=False, on=on, by=by, evidence=evidence, form=None)
    consents.add(tx, facts, line)
    if facts.status in _RUNNING:
        enrol.end(tx, patient_id, EndReason.WITHDRAWAL)
    else:
        messaging.cancel_for_patient(tx, patient_id, "consent_withdrawn")


def _check_day(tx: Tx, facts: PatientFacts, on: date) -> None:
    if on > local_of(tx.now, zone_named(facts.zone)).date():
        raise Invalid(Problem("on", "lies in the future"))
