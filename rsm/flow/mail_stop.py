"""Ending the e-mails to one address, by the link in each of them (P8).

Looking at the link changes nothing (P9). What it says holds for the address that it was sent to:
if that is still hers, the patient's other channels follow and staff ask how to reach her; if it is
not, nothing is said about her.
"""

from dataclasses import dataclass
from datetime import datetime

from rsm.db.work import Database, Scope, Tx
from rsm.flow import stops
from rsm.kernel.words import Actor, ActorKind, Audience, Channel
from rsm.messaging import optouts
from rsm.messaging import service as messaging
from rsm.messaging.ledger import OptAction, OptLine, OptSource
from rsm.messaging.mail_paths import StopLink, read_stop_token
from rsm.patients import service as patients
from rsm.patients.model import PatientFacts
from rsm.sites import service as sites
from rsm.sites.model import SiteView


@dataclass(frozen=True)
class MailsTo:
    """Where the e-mails to one address stand, for the page behind the link."""

    site: SiteView
    language: str
    zone: str
    now: datetime
    stopped: bool


def look(db: Database, token: str) -> MailsTo | None:
    """What the link is about; None for one that is not ours."""
    link = read_stop_token(db.vault, token)
    if link is None:
        return None
    with db.begin(Scope.site(link.site_id)) as tx:
        due = messaging.whereabouts(tx, link.message_id)
        if due is None or due.patient_id is None:
            return None
        patient = patients.peek(tx, due.patient_id)
        sender = sites.sender(tx, link.site_id, Audience.PATIENT, Channel.EMAIL)
        stopped = sender is not None and optouts.is_stopped(
            tx, link.address_hash, sender, Channel.EMAIL
        )
        site = sites.get(tx, link.site_id)
        return MailsTo(site, patient.language, patient.zone, tx.now, stopped)


def stop(db: Database, token: str) -> bool:
    """No more e-mails there; False for a link that is not ours. Twice is as once."""
    return _say(db, token, OptAction.STOP)


def start(db: Database, token: str) -> bool:
    """E-mails again; False for a link that is not ours."""
    return _say(db, token, OptAction.START)


def _say(db: Database, token: str, action: OptAction) -> bool:
    link = read_stop_token(db.vault, token)
    if link is None:
        return False
    with db.begin(Scope.site(link.site_id)) as tx:
        due = messaging.whereabouts(tx, link.message_id)
        if due is None or due.patient_id is None:
            return False
        _note(tx, link, patients.locked(tx, due.patient_id), action)
    return True


def _note(tx: Tx, link: StopLink, patient: PatientFacts, action: OptAction) -> None:
    message = messaging.lock(tx, link.message_id)
    left_from = message.sender if message is not None else None
    sender = sites.sender(tx, patient.site_id, Audience.PATIENT, Channel.EMAIL) or left_from
    if sender is None:
        return
    address = patients.address(tx, patient.id, Channel.EMAIL)
    is_hers = address is not None and optouts.hash_of(tx, address) == link.address_hash
    if is_hers:
        tx.actor = Actor(ActorKind.PATIENT, patient.id)
    line = OptLine(
        site_id=patient.site_id,
        address_hash=link.address_hash,
        sender=sender,
        action=action,
        source=OptSource.MAIL,
        channel=Channel.EMAIL,
        patient_id=patient.id if is_hers else None,
    )
    known = [patient] if is_hers else []
    if action is OptAction.STOP:
        stops.stop(tx, line, known)
    else:
        stops.start(tx, line, known)
