"""A message as an e-mail: its words, the return path, and how to end the mails.

Patients may end them at one click (RFC 8058). Staff may not: how they are told of alerts is their
site's policy, and no scanner of links is to silence a nurse.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rsm.db.work import Tx
from rsm.flow import reports_due, wordings
from rsm.kernel.words import Audience, Channel
from rsm.messaging import optouts
from rsm.messaging.mail import Rendered, render_mail
from rsm.messaging.mail_paths import StopLink, check_sender, return_path, stop_url
from rsm.messaging.model import Letter
from rsm.patients import service as patients
from rsm.patients.model import PatientFacts
from rsm.sites import service as sites

if TYPE_CHECKING:
    from rsm.flow.envelope import Envelope


def render(tx: Tx, envelope: "Envelope", known: Mapping[str, str], public_url: str) -> Rendered:
    """Subject, text and HTML; `known` is everything that a template may name.

    Raises `Invalid` when a field has no value, or there is no e-mail of that purpose.
    """
    stop = _stop_url(tx, envelope, public_url)
    message, own = envelope.message, wordings.mail_text(envelope.own)
    return render_mail(message.purpose, message.language, {**known, "stop_link": stop}, own)


def letter(tx: Tx, envelope: "Envelope", known: Mapping[str, str], public_url: str) -> Letter:
    """What the message has besides its text. Raises as `render`."""
    sender = envelope.sender or ""
    check_sender(sender)
    written = render(tx, envelope, known, public_url)
    return Letter(
        subject=written.subject,
        html=written.html,
        sender_name=envelope.site.sender_name,
        return_path=return_path(tx.vault, sender, envelope.message.id),
        stop_url=_stop_url(tx, envelope, public_url),
        attachments=reports_due.attachments(tx, envelope.message),
    )


def _stop_url(tx: Tx, envelope: "Envelope", public_url: str) -> str:
    message = envelope.message
    if message.audience is not Audience.PATIENT or envelope.to is None:
        return ""
    link = StopLink(message.site_id, message.id, optouts.hash_of(tx, envelope.to))
    return stop_url(tx.vault, link, public_url)


def channel_of(tx: Tx, patient: PatientFacts) -> Channel:
    """By which channel she is written to: by e-mail if she prefers it and it can be done."""
    if patient.channel is not Channel.EMAIL:
        return Channel.SMS
    address = patients.address(tx, patient.id, Channel.EMAIL)
    sender = sites.sender(tx, patient.site_id, Audience.PATIENT, Channel.EMAIL)
    return Channel.EMAIL if address and sender else Channel.SMS
