"""What else a link can ask for than to answer: it is not hers, a call, a new report, a new link."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from rsm.db.work import Tx
from rsm.flow import calls, mail
from rsm.flow.answer import held
from rsm.flow.entry import MAY_REPORT
from rsm.flow.inviting import link_text
from rsm.flow.not_hers import leave_number
from rsm.invitations import service as invitations
from rsm.kernel.errors import Conflict, NotAllowed
from rsm.kernel.words import ActorKind, Channel, Role, SurveyState
from rsm.messaging import service as messaging
from rsm.messaging.model import Lane
from rsm.patients import service as patients
from rsm.responses import service as responses
from rsm.schedules import service as schedules
from rsm.schedules.model import MissReason, OccurrenceView
from rsm.security.audit import Subject, record
from rsm.sites import service as sites
from rsm.tasks import service as tasks
from rsm.tasks.model import NewTask, TaskKind

LINKS_AT_MOST = 6  # texts to one survey that somebody asked for
REPORTS_AT_MOST = 6  # of her own accord, within `_DAY`: beyond, somebody should hear her
_DAY = timedelta(hours=24)
_CHECK_WITHIN = timedelta(hours=24)
_CALL_WITHIN = timedelta(hours=4)


class EnoughReports(Conflict):
    """She has sent so many reports today that a call is the better way."""


def not_me(tx: Tx, occurrence_id: UUID) -> None:
    """Whoever holds this phone is not the patient: nothing more goes there, staff are told.

    What was answered through the link is set aside; alerts that it opened stay for a person.
    """
    survey = held(tx, occurrence_id).survey
    leave_number(tx, survey.patient_id, "not_me")
    tasks.withdraw(tx, survey.patient_id, calls.ON_LIST, "not_me")
    if not _by_other_hands(tx, survey):
        responses.quarantine(tx, survey)
    if survey.state is not SurveyState.CANCELLED:
        schedules.cancel(tx, survey, MissReason.NOT_ME)
    _ask(
        tx, survey, TaskKind.CHECK_CONTACT, "says on the page that this phone is not the patient's"
    )
    record(tx, "link.not_me", _subject(survey), survey.site_id)


def _by_other_hands(tx: Tx, survey: OccurrenceView) -> bool:
    """Whether the report came by the clinic's tablet or a proxy's own link, not by this phone."""
    report = responses.of_occurrence(tx, survey.id)
    if report is None:
        return False
    return report.relation is not None or report.channel is Channel.TABLET


def call_me(tx: Tx, occurrence_id: UUID) -> None:
    """She would rather be called about this survey; or whoever answers for her would."""
    survey = held(tx, occurrence_id).survey
    asks = "asks to be called about this check-in"
    by_proxy = tx.actor.kind is ActorKind.PROXY
    who_asks = f"whoever answers for the patient {asks}" if by_proxy else asks
    _ask(tx, survey, TaskKind.REACH_ANOTHER_WAY, who_asks)
    record(tx, "call.requested", _subject(survey), survey.site_id)


def report_again(tx: Tx, occurrence_id: UUID) -> tuple[UUID, int]:
    """A report of her own accord after a finished one: survey and serial of the link to it.

    Raises `EnoughReports` when she has begun so many today that she should call.
    """
    survey = todays_report(tx, held(tx, occurrence_id).survey)
    newest = invitations.latest(tx, survey.id)
    return survey.id, newest.serial if newest else invitations.issue(tx, survey)


def text_new_link(tx: Tx, occurrence_id: UUID) -> None:
    """Send a new link to the phone or address on file, for what can be answered now.

    Asked again within ten minutes it changes nothing: the first is on its way. Raises as
    `report_again`.
    """
    survey = todays_report(tx, held(tx, occurrence_id).survey)
    newest = invitations.latest(tx, survey.id)
    if newest is not None and (newest.is_recent(tx.now) or newest.serial >= LINKS_AT_MOST):
        return
    serial = invitations.issue(tx, survey)
    by = mail.channel_of(tx, patients.peek(tx, survey.patient_id))
    asked_for = link_text(survey, serial, "new_link", f"link:{serial}", by)
    messaging.enqueue(tx, replace(asked_for, lane=Lane.REPLY))


def todays_report(tx: Tx, survey: OccurrenceView) -> OccurrenceView:
    """What can be answered now: the survey that is open, else a report of her own accord."""
    patient = patients.peek(tx, survey.patient_id)
    if patient.status not in MAY_REPORT:
        raise NotAllowed("participation has ended")
    if schedules.unfinished(tx, patient.id) is None:
        begun = schedules.reports_since(tx, patient.id, tx.now - _DAY)
        if begun >= REPORTS_AT_MOST:
            raise EnoughReports("so many own reports today that a call is the better way")
    return schedules.report_now(tx, patient, sites.get(tx, survey.site_id).instrument)


def _ask(tx: Tx, survey: OccurrenceView, kind: TaskKind, reason: str) -> None:
    """A task for staff about this survey: one of its kind, however often it is asked for."""
    is_call = kind is TaskKind.REACH_ANOTHER_WAY
    tasks.open_task(
        tx,
        NewTask(
            business_key=f"survey:{survey.id}:{kind}",
            kind=kind,
            site_id=survey.site_id,
            patient_id=survey.patient_id,
            role=Role.NURSE if is_call else Role.COORDINATOR,
            reason=reason,
            due_at=tx.now + (_CALL_WITHIN if is_call else _CHECK_WITHIN),
            is_test=survey.is_test,
        ),
    )


def _subject(survey: OccurrenceView) -> Subject:
    return Subject("occurrence", survey.id, survey.patient_id)
