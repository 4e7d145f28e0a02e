"""Reports on e-mails: delivered, delayed, failed, complained of.

A report says by its return path which message it is about, under our seal; one that has none
changes nothing. Doubled, late and unordered reports change nothing more, as with texts.
"""

import logging
from uuid import UUID

from rsm.db.work import NOWHERE, Database, Scope, Tx
from rsm.flow import envelope as envelopes
from rsm.flow import stops
from rsm.flow.envelope import Envelope
from rsm.flow.senders import in_place_of
from rsm.flow.undelivered import follow_up
from rsm.kernel.errors import SendReason
from rsm.kernel.words import Channel
from rsm.messaging import optouts
from rsm.messaging import service as messaging
from rsm.messaging.gate import LOST
from rsm.messaging.ledger import OptAction, OptLine, OptSource
from rsm.messaging.mail_paths import read_return_path
from rsm.messaging.model import MailNews, MailReport, MessageState, StatusReport
from rsm.security.audit import Subject, record
from rsm.sites import service as sites
from rsm.sites.model import Address

log = logging.getLogger(__name__)

_STATES = {
    MailNews.FAILED: MessageState.UNDELIVERED,
    MailNews.DELAYED: MessageState.SENT,  # final only when the server gives up
    MailNews.RELAYED: MessageState.SENT,
    MailNews.DELIVERED: MessageState.DELIVERED,
}


def receive(db: Database, report: MailReport) -> bool:
    """Keep a report and what follows from it; False when it is about no e-mail of ours."""
    with db.begin(NOWHERE) as tx:
        about = _about(tx, report)
        if about is None:
            log.warning("a report on no e-mail of ours", extra={"action": "mail.astray"})
            record(tx, "mail.astray", Subject("hook"), news=report.news)
            return False
    with db.begin(Scope.site(about[0])) as tx:
        return _apply(tx, about[1], report)


def _about(tx: Tx, report: MailReport) -> tuple[UUID, UUID] | None:
    """Site and message, by the first return path that is genuine."""
    for path in report.paths:
        known = read_return_path(tx.vault, path)
        owner = sites.owner_of(tx, known[0]) if known else None
        if known and owner:
            return owner.site_id, known[1]
    return None


def _apply(tx: Tx, message_id: UUID, report: MailReport) -> bool:
    due = messaging.whereabouts(tx, message_id)
    if due is None:
        return False
    envelopes.lock_roots(tx, due, skip_locked=False)
    message = messaging.lock(tx, message_id)
    if message is None or message.channel is not Channel.EMAIL:
        return False
    envelope = envelopes.address(tx, message)
    if report.news is MailNews.COMPLAINT:
        _complained(tx, envelope)
    else:
        _moved(tx, envelope, report)
    return True


def _moved(tx: Tx, envelope: Envelope, report: MailReport) -> None:
    message, reason = envelope.message, _reason(envelope, report)
    told = StatusReport(
        provider_id=message.provider_id or str(message.id),
        state=_STATES[report.news],
        error_code=report.status or None,
        reason=reason,
    )
    change = messaging.apply_report(tx, message, told)
    if change is not None and change.state in LOST:
        follow_up(tx, envelope, reason or change.state)


def _reason(envelope: Envelope, report: MailReport) -> SendReason | None:
    """That there is no such mailbox counts against hers only if the report names hers.

    Hers may be passed on to another one that is gone, or she has another one by now.
    """
    if report.reason is not SendReason.INVALID_ADDRESS:
        return report.reason
    is_hers = envelope.to is not None and report.recipient == envelope.to.lower()
    return report.reason if is_hers else SendReason.UNREACHABLE


def _complained(tx: Tx, envelope: Envelope) -> None:
    """ "This is spam" is a STOP."""
    message = envelope.message
    if envelope.to is None or envelope.sender is None:
        return
    line = OptLine(
        site_id=message.site_id,
        address_hash=optouts.hash_of(tx, envelope.to),
        sender=in_place_of(
            tx, envelope.sender, Address(message.site_id, message.audience, Channel.EMAIL)
        ),
        action=OptAction.STOP,
        source=OptSource.PROVIDER,
        channel=Channel.EMAIL,
        patient_id=message.patient_id,
        staff_id=message.staff_id,
    )
    stops.stop(tx, line, [envelope.patient] if envelope.patient else [])
