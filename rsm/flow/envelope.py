"""What stands around messages when their time has come: to whom, from where, which words.

Everything is looked up for a whole batch of one site, in the transaction that claims it, so that
whatever can fail has failed before anything is sent. The text is not kept (decision 8).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from rsm.alerts import service as alerts
from rsm.alerts.model import AlertView
from rsm.db.work import Tx
from rsm.escalation import storm
from rsm.flow import asked_texts, call_words, email_check, mail, reports_due, wordings
from rsm.invitations import service as invitations
from rsm.kernel.errors import NotFound
from rsm.kernel.phones import spoken
from rsm.kernel.words import Audience, Channel, Level
from rsm.messaging import spoken as spoken_texts
from rsm.messaging import texts
from rsm.messaging.model import Due, Letter, MessageView, Spoken
from rsm.patients import many as many_patients
from rsm.patients import service as patients
from rsm.patients.model import PatientFacts
from rsm.security import staff
from rsm.security.model import StaffView
from rsm.sites import service as sites
from rsm.sites.model import SiteView
from rsm.sites.senders import SenderView


@dataclass(frozen=True)
class Envelope:
    """A message with its two addresses, as they are now. `origin` is what its site sends from.

    `sender` is the address of ours that counts: the one that it left from, once it has.
    """

    message: MessageView
    site: SiteView
    patient: PatientFacts | None
    to: str | None = field(repr=False)
    sender: str | None
    origin: SenderView | None = None
    own: wordings.Wording = None  # the site's own words for it; None: ours

    @property
    def service(self) -> str | None:
        """What the sender belongs to at the provider, if it is registered as part of something."""
        if self.origin is None or self.origin.address != self.sender:
            return None
        return self.origin.settings.registration.messaging_service_sid

    def of(self, message: MessageView) -> "Envelope":
        """The same addresses around the message as it stands now."""
        return replace(self, message=message)


@dataclass(frozen=True)
class Roots:
    """The rows that are held before the messages': her who is written to, what it is about."""

    patients: Mapping[UUID, PatientFacts]
    alerts: Mapping[UUID, AlertView]


# --- holding what comes before the messages in the lock order -------------------------------------


def lock_roots(tx: Tx, due: Due, *, skip_locked: bool) -> bool:
    """Hold the message's patient and alert, in the lock order; False when one is not to be had.

    A patient who is busy may be skipped: her turn comes again. An alert is waited for.
    """
    if due.patient_id is not None:
        patient = patients.lock(tx, due.patient_id, skip_locked=skip_locked)
        if patient is None:
            return False
    return due.alert_id is None or alerts.lock(tx, due.alert_id) is not None


def lock_all_roots(tx: Tx, batch: Sequence[Due]) -> tuple[Roots, list[UUID]]:
    """The same for a batch, each kind in the order of its ids; and the messages whose roots we
    hold."""
    held = many_patients.lock(tx, {due.patient_id for due in batch if due.patient_id})
    ours = [due for due in batch if due.patient_id is None or due.patient_id in held]
    about = alerts.lock_many(tx, {due.alert_id for due in ours if due.alert_id})
    free = [due.message_id for due in ours if due.alert_id is None or due.alert_id in about]
    return Roots(held, about), free


# --- addresses ------------------------------------------------------------------------------------


def address(tx: Tx, message: MessageView) -> Envelope:
    """Look up where the message goes to and comes from, as of now."""
    return address_all(tx, [message])[0]


def address_all(
    tx: Tx, messages: Sequence[MessageView], held: Mapping[UUID, PatientFacts] | None = None
) -> list[Envelope]:
    """The same for messages of one site, in their order; `held`: their patients, if they are."""
    who = {each.patient_id for each in messages if each.patient_id}
    known = (patients.peek_many(tx, who) if who else {}) if held is None else held
    phones = many_patients.addresses(tx, who)
    people = staff.many(tx, {each.staff_id for each in messages if each.staff_id})
    site = sites.get(tx, messages[0].site_id)
    origins = {(each.audience, each.channel): each for each in sites.senders(tx, site.id)}
    envelopes = []
    for message, own in zip(messages, wordings.of(tx, site.id, messages), strict=True):
        if message.patient_id is not None and message.patient_id not in known:
            raise NotFound("no such patient")
        origin = origins.get((message.audience, message.channel))
        present = origin.address if origin else None
        envelopes.append(
            Envelope(
                message=_worded(message, own),
                site=site,
                patient=known[message.patient_id] if message.patient_id else None,
                to=message.address or _address_of(message, phones, people),
                sender=(message.sender if message.claim else None) or present,
                origin=origin,
                own=own,
            )
        )
    return envelopes


def _worded(message: MessageView, own: wordings.Wording) -> MessageView:
    """It keeps whose wording it is sent with; one that left has that of its own time."""
    if message.claim is not None:
        return message
    return replace(message, text_version=wordings.ref_of(message, own))


def unaddressed(tx: Tx, message: MessageView) -> Envelope:
    """The message without its addresses, for one whose addresses cannot be looked up."""
    return Envelope(message, sites.get(tx, message.site_id), patient=None, to=None, sender=None)


def _address_of(
    message: MessageView,
    phones: Mapping[UUID, Mapping[Channel, str]],
    people: Mapping[UUID, StaffView],
) -> str | None:
    if message.patient_id is not None:
        known = phones.get(message.patient_id, {})
        # A phone that gets her texts can be called, unless she has one for calls.
        also = known.get(Channel.SMS) if message.channel is Channel.VOICE else None
        return known.get(message.channel) or also
    if message.staff_id is None:
        return None
    person = people.get(message.staff_id)
    if person is None:
        raise NotFound("no such member of staff")
    if person.disabled:
        return None
    return person.email if message.channel is Channel.EMAIL else person.phone


# --- words ----------------------------------------------------------------------------------------


def render(tx: Tx, envelope: Envelope, public_url: str) -> str:
    """The text; raises `Invalid` when a field of the template has no value."""
    return render_all(tx, [envelope], public_url)[0]


def render_all(tx: Tx, envelopes: Sequence[Envelope], public_url: str) -> list[str]:
    """The texts of messages of one site, in their order. Surveys' links are derived here."""
    known = _fields_all(tx, envelopes, public_url)
    return [
        _words(tx, each, fields, public_url) for each, fields in zip(envelopes, known, strict=True)
    ]


def _words(tx: Tx, envelope: Envelope, known: dict[str, str], public_url: str) -> str:
    match envelope.message.channel:
        case Channel.EMAIL:
            return mail.render(tx, envelope, known, public_url).text
        case Channel.VOICE:
            return call_words.words(envelope.message, known)
        case _:
            return _render(envelope, known)


def call(message: MessageView, body: str, public_url: str) -> Spoken | None:
    """What a call has besides its words; None for other channels."""
    if message.channel is not Channel.VOICE:
        return None
    return call_words.of_call(message, body, public_url)


def letter(tx: Tx, envelope: Envelope, public_url: str) -> Letter | None:
    """What an e-mail has besides its text; None for other channels."""
    if envelope.message.channel is not Channel.EMAIL:
        return None
    (known,) = _fields_all(tx, [envelope], public_url)
    return mail.letter(tx, envelope, known, public_url)


def _fields_all(tx: Tx, envelopes: Sequence[Envelope], public_url: str) -> list[dict[str, str]]:
    """Everything that a template may name, for each of these messages of one site."""
    if not envelopes:
        return []
    wanted = {link for each in envelopes if (link := _survey_link(each.message))}
    links = invitations.urls(tx, wanted, public_url)
    about_site = _known_of(envelopes[0].site)
    fields = []
    for each in envelopes:
        asked = asked_texts.fields(tx, each.message)
        about = {**about_site, **_of_bundle(tx, each.message), **asked}
        known = _fields(each.message, about, links, public_url)
        proof = email_check.link(tx, each.message, public_url)
        report = reports_due.fields(tx, each.message, public_url)
        fields.append({**known, **report, **({"link": proof} if proof else {})})
    return fields


def _of_bundle(tx: Tx, message: MessageView) -> dict[str, str]:
    """How many alerts wait in a bundle as it leaves, and the worst level of them."""
    now = storm.contents(tx, message) if message.purpose == storm.PURPOSE else None
    return {"count": str(now.count), "level": now.worst.value} if now else {}


def _fields(
    message: MessageView,
    about_site: Mapping[str, str],
    links: Mapping[tuple[UUID, int], str],
    public_url: str,
) -> dict[str, str]:
    own = {name: str(value) for name, value in message.fields.items()}
    known = {**about_site, "link": _link(message, links, public_url), **own}
    if "level" in known:
        word = spoken_texts.level_said if message.channel is Channel.VOICE else texts.level_word
        known["level"] = word(Level(known["level"]), message.language)
    return known


def _render(envelope: Envelope, known: Mapping[str, str]) -> str:
    message, own = envelope.message, envelope.own.body if envelope.own else None
    purpose = texts.library().purposes.get(message.purpose)
    wanted = texts.placeholders(own) if own is not None else purpose.fields if purpose else ()
    fields = {name: value for name, value in known.items() if name in wanted}
    return texts.render(message.purpose, message.language, fields, own)


def _known_of(site: SiteView) -> dict[str, str]:
    return {
        "sender_name": site.sender_name,
        "site_name": site.name,
        "help_phone": spoken(site.clinic_phone),
        "emergency_number": site.emergency_number,
    }


def _survey_link(message: MessageView) -> tuple[UUID, int] | None:
    """Which link the message names, by survey and serial."""
    occurrence, serial = message.fields.get("occurrence"), message.fields.get("serial")
    if isinstance(occurrence, str) and isinstance(serial, int):
        return UUID(occurrence), serial
    return None


def _link(message: MessageView, links: Mapping[tuple[UUID, int], str], base: str) -> str:
    """A survey's link is derived when it is sent; staff are led to the alert, behind the log-in."""
    wanted = _survey_link(message)
    if wanted is None:
        return f"{base}/alerts/{message.alert_id}" if message.alert_id else f"{base}/"
    if wanted not in links:
        raise NotFound("no such link")
    return links[wanted]


def valid_seconds(best_before: datetime | None, now: datetime) -> int | None:
    """How long the provider may still try; at least a second, since it was let through."""
    return None if best_before is None else max(1, int((best_before - now).total_seconds()))


def to_patient(message: MessageView) -> bool:
    """Whether a patient reads it."""
    return message.audience is Audience.PATIENT
