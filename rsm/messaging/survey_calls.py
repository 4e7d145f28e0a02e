"""Calls that ask a patient for her survey: which message is one, and what its end comes to."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy import bindparam, func, or_, select

from rsm.db.ready import Ready
from rsm.db.work import Tx
from rsm.kernel.words import Audience, Channel
from rsm.messaging import keys
from rsm.messaging.model import MessageState, MessageView, StatusReport
from rsm.messaging.tables import Message

PURPOSE = "survey_call"
HER, MACHINE = "her", "machine"  # who was met in a call
# Why a call that was taken has not arrived.
VOICEMAIL, NOT_HER = "voicemail", "not_her"
_AHEAD = Ready(
    select(func.count().label("calls")).where(
        Message.occurrence_id == bindparam("survey"),
        Message.audience == Audience.PATIENT,
        Message.channel == Channel.VOICE,
        or_(Message.state == MessageState.QUEUED, Message.state == MessageState.SENDING),
        Message.id != bindparam("but"),
    ),
    frozenset({"survey", "but"}),
)


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
    (found,) = _AHEAD.ask(tx.session, {"survey": occurrence_id, "but": but})
    return int(found.calls)
