"""What went out before a restore is not sent again (P2): asked when messages are claimed.

Words and address follow from what a message is about, so that a survey that is asked for again
after the restore says the same to the same phone: then the provider's list has it already. Of
e-mails there is no list: one that was due in the gap is not sent, and a person asks.
"""

from collections.abc import Sequence
from datetime import timedelta

from rsm.db.work import Tx
from rsm.flow import envelope as envelopes
from rsm.flow.admission import Admitted
from rsm.flow.envelope import Envelope, to_patient
from rsm.flow.undelivered import follow_up
from rsm.kernel.words import Channel
from rsm.messaging import history, holds
from rsm.messaging import service as messaging
from rsm.messaging.gate import body_hash
from rsm.messaging.holds import Hold
from rsm.messaging.model import MessageState, MessageView
from rsm.messaging.optouts import hash_of
from rsm.schedules import service as schedules

# What was due in the gap is written again by the first rounds after the restore.
_WRITTEN_AGAIN = timedelta(minutes=10)


def still_to_send(tx: Tx, going: list[Admitted], public_url: str) -> list[Admitted]:
    """Those that were not sent before; the others are settled.

    It costs one look while nothing in the provider's list is nobody's.
    """
    going = _without_doubtful_mail(tx, going)
    if not going or not history.may_have_sent(tx):
        return going
    bodies = envelopes.render_all(tx, [envelope for envelope, _ in going], public_url)
    return [
        each for each, body in zip(going, bodies, strict=True) if not _settle(tx, each[0], body)
    ]


def _settle(tx: Tx, envelope: Envelope, body: str) -> bool:
    message = envelope.message
    if not to_patient(message) or message.channel is not Channel.SMS or envelope.to is None:
        return False  # staff are told at least once (P5)
    provider_id = history.already_sent(tx, hash_of(tx, envelope.to), body_hash(body))
    if provider_id is not None:
        history.taken_as_sent(tx, message, provider_id, body)
    return provider_id is not None


# --- e-mail ---------------------------------------------------------------------------------------


def _without_doubtful_mail(tx: Tx, going: list[Admitted]) -> list[Admitted]:
    if not any(_is_mail(envelope.message) for envelope, _ in going):
        return going
    restores = holds.restores(tx, tx.now - history.STILL_OURS)
    rest = []
    for each in going:
        envelope = each[0]
        if _is_mail(envelope.message) and _is_doubtful(tx, envelope.message, restores):
            messaging.settle(tx, envelope.message, MessageState.UNCONFIRMED, "unconfirmed")
            follow_up(tx, envelope, "unconfirmed")
        else:
            rest.append(each)
    return rest


def _is_mail(message: MessageView) -> bool:
    """A mail, or a call: of those there is no list either."""
    return to_patient(message) and message.channel in {Channel.EMAIL, Channel.VOICE}


def _is_doubtful(tx: Tx, message: MessageView, restores: Sequence[Hold]) -> bool:
    """Whether it was due between a backup and its restore, and so perhaps went out."""
    for restore in restores:
        restored_at = restore.restored_at or restore.since
        if message.created_at <= restored_at:
            if message.next_at is None or message.next_at <= restored_at:
                return True
        elif message.occurrence_id is not None and restore.lifted_at is not None:
            survey = schedules.occurrence(tx, message.occurrence_id)
            written_again = message.created_at <= restore.lifted_at + _WRITTEN_AGAIN
            if written_again and survey.opens_at <= restored_at:
                return True
    return False
