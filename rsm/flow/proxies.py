"""Somebody answers for a patient: appointed, written to by a link of her own, ended at once.

When it ends, all her links die and her queued messages are cancelled in the same transaction. What
her link asks for besides answering concerns her alone, never the patient's own links and numbers.
"""

from dataclasses import replace
from uuid import UUID

from rsm.db.work import Tx
from rsm.flow import inviting, proxy_asking
from rsm.flow.answer import held
from rsm.flow.link_requests import LINKS_AT_MOST, todays_report
from rsm.invitations import service as invitations
from rsm.invitations.model import Door, Hand
from rsm.kernel.errors import NotAllowed
from rsm.kernel.words import Channel, Reporter
from rsm.messaging import service as messaging
from rsm.messaging import to_proxies
from rsm.messaging.model import Lane
from rsm.patients import proxies
from rsm.patients import service as patients
from rsm.patients.model import PatientStatus
from rsm.patients.proxy_model import NewProxy, ProxyView
from rsm.responses import service as responses
from rsm.schedules import service as schedules
from rsm.schedules.model import OccurrenceView
from rsm.security.audit import Subject, record


def appoint(tx: Tx, patient_id: UUID, new: NewProxy) -> UUID:
    """She lets somebody answer for her; a survey that is open is asked of them as well.

    By staff, or by the patient herself. Raises `Invalid` with every problem, `Conflict` when
    somebody does already, `NotAllowed` when her participation has ended.
    """
    patient = patients.locked(tx, patient_id)
    if patient.status is PatientStatus.ENDED:
        raise NotAllowed("participation has ended")
    proxy_id = proxies.add(tx, patient, new)
    survey = schedules.unfinished(tx, patient_id)
    if survey is not None and patient.is_active:
        inviting.invite_proxy(tx, survey, patient)
    return proxy_id


def end(tx: Tx, patient_id: UUID) -> bool:
    """Nobody answers for her any more; False when nobody did. By staff, or by herself."""
    patients.locked(tx, patient_id)
    proxy = proxies.standing(tx, patient_id)
    if proxy is None:
        return False
    _end(tx, proxy)
    return True


def _end(tx: Tx, proxy: ProxyView) -> None:
    proxies.revoke(tx, proxy)
    invitations.revoke_all(tx, proxy.patient_id, Door.PROXY)
    to_proxies.cancel(tx, proxy.patient_id, proxy.id, "proxy_ended")


# --- what her link asks for besides answering ----------------------------------------------------


def report_again(tx: Tx, occurrence_id: UUID, proxy_id: UUID) -> tuple[UUID, int]:
    """A report after a finished one, through a link of hers. Raises `EnoughReports`."""
    survey = todays_report(tx, held(tx, occurrence_id).survey)
    return survey.id, proxy_asking.link(tx, survey, proxies.get(tx, proxy_id))


def send_new_link(tx: Tx, occurrence_id: UUID, proxy_id: UUID) -> None:
    """A new link to her own phone or address, for what can be answered now. Raises as above."""
    survey = todays_report(tx, held(tx, occurrence_id).survey)
    proxy = proxies.get(tx, proxy_id)
    newest = invitations.latest(tx, survey.id, Door.PROXY)
    if newest is not None and (newest.is_recent(tx.now) or newest.serial >= LINKS_AT_MOST):
        return
    _send_link(tx, survey, proxy)


def _send_link(tx: Tx, survey: OccurrenceView, proxy: ProxyView) -> None:
    serial = invitations.issue(tx, survey, Hand(Door.PROXY, proxy_id=proxy.id))
    for each in proxy_asking.written(tx, survey, proxy, ("proxy_invite", f"link:{serial}")):
        messaging.enqueue(tx, replace(each, lane=Lane.REPLY))


def offer_again(tx: Tx, proxy: ProxyView) -> None:
    """She wants messages again: the link of the survey that is open, once more, as the patient gets
    hers. The caller holds the patient."""
    patient = patients.peek(tx, proxy.patient_id)
    survey = schedules.unfinished(tx, proxy.patient_id) if patient.is_active else None
    if survey is not None and proxy.stands:
        _send_link(tx, survey, proxy)


def not_me(tx: Tx, occurrence_id: UUID, proxy_id: UUID) -> None:
    """Whoever holds this phone does not answer for the patient: it ends, and staff ask.

    A report that came from there is set aside; the patient's own answers stay.
    """
    survey = held(tx, occurrence_id).survey
    proxy = proxies.get(tx, proxy_id)
    proxy_asking.ask(tx, proxy, "has another phone, or was never asked")
    _end(tx, proxy)
    report = responses.of_occurrence(tx, survey.id)
    if report is not None and report.reporter is Reporter.PROXY:
        responses.quarantine(tx, survey)
    record(tx, "link.not_me", Subject("proxy", proxy.id, proxy.patient_id), proxy.site_id)


def leave_number(tx: Tx, proxy: ProxyView, channel: Channel = Channel.SMS) -> None:
    """Her number is somebody else's: nothing more goes there, none of her links opens there."""
    patients.locked(tx, proxy.patient_id)
    proxies.suspend_address(tx, proxy, channel, "wrong_number")
    invitations.revoke_all(tx, proxy.patient_id, Door.PROXY)
    to_proxies.cancel(tx, proxy.patient_id, proxy.id, "wrong_number")
    proxy_asking.ask(tx, proxy, "has another number")
