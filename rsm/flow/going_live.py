"""Whom a site may write to: until a clinician has signed, test patients and verified staff only.

Asked where messages are claimed (`rsm.flow.admission`), where somebody would be put on the call
list, and where a survey ends that nobody could ask. Below it the database keeps the same
(`rsm.db.migrations.security_0010`). What comes in is never held back: a STOP is obeyed, an answer
is stored and judged, an alert is told; the safety contact hears of an alert in any case.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from rsm.db.work import Tx
from rsm.escalation import storm
from rsm.flow.envelope import Envelope, to_patient
from rsm.improvement import signing, trials
from rsm.improvement.live_model import Extent
from rsm.kernel.localtime import local_of, zone_named
from rsm.kernel.words import Channel
from rsm.messaging.model import MessageView
from rsm.patients.model import PatientFacts
from rsm.schedules.model import OccurrenceView
from rsm.security import staff
from rsm.sites import service as sites


def held_back(tx: Tx, envelopes: Sequence[Envelope]) -> frozenset[UUID]:
    """Those of these messages of one site that may not leave yet; for a site that is live, none."""
    site = envelopes[0].site
    if site.is_live:
        return frozenset()
    pilot = _pilot(tx, site.id, {each.patient.id for each in envelopes if each.patient})
    verified = _verified(tx, [each.message for each in envelopes])
    return frozenset(
        each.message.id
        for each in envelopes
        if not (_to_her(each, pilot) if to_patient(each.message) else _to_staff(each, verified))
    )


def may_ask(tx: Tx, patient: PatientFacts) -> bool:
    """Whether she may be asked of the system's own accord: also before she is to be called."""
    if patient.is_test or sites.get(tx, patient.site_id).is_live:
        return True
    return bool(_pilot(tx, patient.site_id, {patient.id}))


def was_withheld(tx: Tx, survey: OccurrenceView) -> bool:
    """Whether the site could not ask it, since nobody had signed for her when it opened."""
    if survey.is_test:
        return False
    live = sites.get(tx, survey.site_id).live_since
    if live is not None and live <= survey.opens_at:
        return False
    signed = _pilot_signed(tx, survey.site_id, survey.patient_id)
    return signed is None or signed > survey.opens_at


def enrolled(tx: Tx, patient: PatientFacts) -> None:
    """Somebody has enrolled: at a site on trial she may be one of the first so many."""
    site = sites.get(tx, patient.site_id)
    if site.is_live or patient.is_test:
        return
    today = local_of(tx.now, zone_named(site.zone)).date()
    trials.enrolled(tx, site.id, patient.id, today)


# -------------------------------------------------------------------------------------------


def _to_her(envelope: Envelope, pilot: Collection[UUID]) -> bool:
    patient = envelope.patient  # None: a stranger, who is answered once the site is live
    return patient is not None and (patient.is_test or patient.id in pilot)


def _to_staff(envelope: Envelope, verified: Collection[UUID]) -> bool:
    message = envelope.message
    if message.staff_id is None:  # the safety contact: of one alert, or of many in one text
        return message.alert_id is not None or message.purpose == storm.PURPOSE
    return message.channel is Channel.EMAIL or message.staff_id in verified


def _pilot(tx: Tx, site_id: UUID, patients: Collection[UUID]) -> set[UUID]:
    """Those of the pilot group, once somebody has signed for it."""
    if not patients or not signing.is_signed_for(tx, site_id, Extent.PILOT):
        return set()
    return trials.among(tx, site_id, patients)


def _pilot_signed(tx: Tx, site_id: UUID, patient_id: UUID) -> datetime | None:
    """When somebody first signed for the pilot group, if she is of it."""
    if not trials.among(tx, site_id, {patient_id}):
        return None
    signed = (each.at for each in signing.signatures(tx, site_id) if each.extent is Extent.PILOT)
    return min(signed, default=None)


def _verified(tx: Tx, messages: Sequence[MessageView]) -> set[UUID]:
    people = staff.many(tx, {each.staff_id for each in messages if each.staff_id})
    return {one for one, person in people.items() if person.phone_verified}
