"""A survey out of turn: somebody asks a patient now, or she wants its link once more."""

from dataclasses import replace
from uuid import UUID

from rsm.db.work import Tx
from rsm.flow import conversation, going_live, mail, voice_calls
from rsm.flow.inviting import link_text
from rsm.invitations import service as invitations
from rsm.kernel.errors import Conflict
from rsm.messaging import service as messaging
from rsm.messaging.model import Lane
from rsm.patients import service as patients
from rsm.patients.model import PatientFacts
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView
from rsm.sites import service as sites


def ask_now(tx: Tx, patient_id: UUID) -> OccurrenceView:
    """Send her a link: to the survey that is open, else to a report of today. Her plan stays.

    Asked again within ten minutes it changes nothing: the first is on its way (P2). At any hour,
    since a member of staff asks for it with the patient before her.
    Raises `Conflict` when she does not take part now.
    """
    patient = patients.locked(tx, patient_id)
    if not patient.is_active:
        raise Conflict(f"a patient who is {patient.status} is not asked")
    if not going_live.may_ask(tx, patient):
        raise Conflict("this clinic is not live: nothing is sent to its patients yet")
    survey = schedules.report_now(tx, patient, sites.get(tx, patient.site_id).instrument)
    newest = invitations.latest(tx, survey.id)
    if newest is None or not newest.is_recent(tx.now):
        _send_link(tx, survey, Lane.REPLY)
    return survey


def offer_again(tx: Tx, patient: PatientFacts) -> OccurrenceView | None:
    """Text her the link of the survey that is open, once more: she wants texts again.

    At any hour, since she has just written. None when no survey is open, or she takes no part now.
    """
    survey = schedules.unfinished(tx, patient.id) if patient.is_active else None
    if survey is not None:
        _send_link(tx, survey, Lane.REPLY)
    return survey


def ask_instead(tx: Tx, patient: PatientFacts) -> OccurrenceView:
    """A survey of today in place of one that was cancelled by mistake, within the usual hours."""
    survey = schedules.report_now(tx, patient, sites.get(tx, patient.site_id).instrument)
    _send_link(tx, survey, Lane.SURVEY)
    return survey


def _send_link(tx: Tx, survey: OccurrenceView, lane: Lane) -> None:
    serial = invitations.issue(tx, survey)
    patient = patients.peek(tx, survey.patient_id)
    if voice_calls.call_now(tx, survey, patient, f"asked:{serial}", lane):
        return
    invite = conversation.opening(tx, survey, patient, serial) or link_text(
        survey, serial, "survey_invite", f"link:{serial}", mail.channel_of(tx, patient)
    )
    messaging.enqueue(tx, replace(invite, lane=lane))
