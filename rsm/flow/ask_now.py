"""A survey out of turn: somebody asks a patient now, without waiting for her day and hour."""

from dataclasses import replace
from uuid import UUID

from rsm.db.work import Tx
from rsm.flow.outbound import link_text
from rsm.invitations import service as invitations
from rsm.kernel.errors import Conflict
from rsm.messaging import service as messaging
from rsm.messaging.model import Lane
from rsm.patients import service as patients
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView
from rsm.sites import service as sites


def ask_now(tx: Tx, patient_id: UUID) -> OccurrenceView:
    """Text her a link: to the survey that is open, else to a report of today. Her plan stays.

    Asked again within ten minutes it changes nothing: the first is on its way (P2). At any hour,
    since a member of staff asks for it with the patient before her.
    Raises `Conflict` when she does not take part now.
    """
    patient = patients.locked(tx, patient_id)
    if not patient.is_active:
        raise Conflict(f"a patient who is {patient.status} is not asked")
    survey = schedules.report_now(tx, patient, sites.get(tx, patient.site_id).instrument)
    newest = invitations.latest(tx, survey.id)
    if newest is not None and newest.is_recent(tx.now):
        return survey
    serial = invitations.issue(tx, survey)
    invite = link_text(survey, serial, "survey_invite", f"link:{serial}")
    messaging.enqueue(tx, replace(invite, lane=Lane.REPLY))
    return survey
