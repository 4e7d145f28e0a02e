"""Calls that ask a patient for her survey: which message is one, and what its end comes to."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy import func, select

from rsm.db.work import Tx
from rsm.kernel.words import Audience, Channel
from rsm.messaging import keys
from rsm.messaging.model import MessageState, MessageView, StatusReport
from rsm.messaging.tables import Message

PURPOSE = "survey_call"
HER, MACHINE = "her", "machine"  # who was met in a call
# Why a call that was taken has not arrived.
VOICEMAIL, NOT_HER = "voicemail", "not_her"
_AHEAD = (MessageState.QUEUED, MessageState.SENDING)


def is_one(message: MessageView) -> bool:
    """Whether this message is a call about a survey."""
    return message.purpose == PURPOSE and message.channel is Channel.VOICE


def truly(tx: Tx, message: MessageView, report: StatusReport) -> StatusReport:
    """The report, but that a call has only arrived where it was she who took it.

    To the provider a voicemail and a stranger have taken the call as well.
    """
    arrived = report.state is MessageState.DELIVERED
    if not is_one(message) or not arrived or keys.has_met(tx, report.provider_id, HER):
        return report
    by_machine = keys.has_met(tx, report.provider_id, MACHINE)
    why = VOICEMAIL if by_machine else NOT_HER
    return replace(report, state=MessageState.UNDELIVERED, error_code=why)


def ahead(tx: Tx, occurrence_id: UUID, but: UUID) -> int:
    """How many calls about this survey are still to be made, without that one."""
    query = select(func.count()).where(
        Message.occurrence_id == occurrence_id,
        Message.audience == Audience.PATIENT,
        Message.channel == Channel.VOICE,
        Message.state.in_(_AHEAD),
        Message.id != but,
    )
    return tx.session.execute(query).scalar_one()
