"""What stands around one message when its time has come: to whom, from where, may it, which words.

The facts for the gate and the text itself are put together in the transaction that claims the row,
so that whatever can fail has failed before anything is sent. The text is not kept (decision 8).
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from rsm.alerts import service as alerts
from rsm.db.work import Tx
from rsm.invitations import service as invitations
from rsm.kernel.localtime import zone_named
from rsm.kernel.phones import spoken
from rsm.kernel.words import AlertState, Audience, Level
from rsm.messaging import optouts, texts
from rsm.messaging import service as messaging
from rsm.messaging.gate import GateFacts, GateReason
from rsm.messaging.hours import SendingHours
from rsm.messaging.model import Due, Lane, MessageView
from rsm.patients import service as patients
from rsm.patients.model import PatientFacts
from rsm.schedules import service as schedules
from rsm.security import staff
from rsm.sites import service as sites
from rsm.sites.model import SiteView

_DAY = timedelta(hours=24)
_ALERT_LANES = frozenset({Lane.EMERGENCY, Lane.STAFF})


@dataclass(frozen=True)
class Envelope:
    """A message with its two addresses, as they are now."""

    message: MessageView
    site: SiteView
    patient: PatientFacts | None
    to: str | None = field(repr=False)
    sender: str | None

    def of(self, message: MessageView) -> "Envelope":
        """The same addresses around the message as it stands now."""
        return replace(self, message=message)


def lock_roots(tx: Tx, due: Due, *, skip_locked: bool) -> bool:
    """Hold the message's patient and alert, in the lock order; False when one is not to be had.

    A patient who is busy may be skipped: her turn comes again. An alert is waited for.
    """
    if due.patient_id is not None:
        patient = patients.lock(tx, due.patient_id, skip_locked=skip_locked)
        if patient is None:
            return False
    return due.alert_id is None or alerts.lock(tx, due.alert_id) is not None


def address(tx: Tx, message: MessageView) -> Envelope:
    """Look up where the message goes to and comes from, as of now."""
    patient = patients.peek(tx, message.patient_id) if message.patient_id else None
    return Envelope(
        message=message,
        site=sites.get(tx, message.site_id),
        patient=patient,
        to=message.address or _address_of(tx, message),
        sender=sites.sender(tx, message.site_id, message.audience, message.channel),
    )


def unaddressed(tx: Tx, message: MessageView) -> Envelope:
    """The message without its addresses, for one whose addresses cannot be looked up."""
    return Envelope(message, sites.get(tx, message.site_id), patient=None, to=None, sender=None)


def _address_of(tx: Tx, message: MessageView) -> str | None:
    if message.patient_id is not None:
        return patients.address(tx, message.patient_id, message.channel)
    if message.staff_id is None:
        return None
    person = staff.get(tx, message.staff_id)
    return None if person.disabled else person.phone


def facts(tx: Tx, envelope: Envelope, daily_cap: int) -> GateFacts:
    """What the gate has to know."""
    patient, message = envelope.patient, envelope.message
    is_survey = message.lane is Lane.SURVEY and patient is not None
    site = envelope.site
    return GateFacts(
        message=message,
        unwanted=_unwanted(tx, envelope),
        has_contact=envelope.to is not None,
        has_sender=envelope.sender is not None,
        stopped=_is_stopped(tx, envelope),
        over_cap=patient is not None and _is_over_cap(tx, patient.id, daily_cap),
        hours=SendingHours(site.texts_from, site.texts_until) if is_survey else None,
        zone=zone_named(patient.zone) if patient is not None else None,
    )


def _unwanted(tx: Tx, envelope: Envelope) -> GateReason | None:
    """Why nobody wants it any more: what it is about has moved on since it was written."""
    message, patient = envelope.message, envelope.patient
    if message.lane is Lane.SURVEY and patient is not None and not patient.is_active:
        return GateReason.NOT_ACTIVE
    if message.occurrence_id is not None and message.audience is Audience.PATIENT:
        survey = schedules.occurrence(tx, message.occurrence_id)
        if survey.state.is_over:
            return GateReason.SURVEY_OVER
    if message.alert_id is not None and message.lane in _ALERT_LANES:
        alert = alerts.get(tx, message.alert_id)
        if alert.state is not AlertState.OPEN:
            return GateReason.ALERT_TAKEN
    return None


def _is_stopped(tx: Tx, envelope: Envelope) -> bool:
    if envelope.to is None or envelope.sender is None:
        return False
    hashed = optouts.hash_of(tx, envelope.to)
    return optouts.is_stopped(tx, hashed, envelope.sender, envelope.message.channel)


def _is_over_cap(tx: Tx, patient_id: UUID, daily_cap: int) -> bool:
    return messaging.handed_over_since(tx, patient_id, tx.now - _DAY) >= daily_cap


def render(tx: Tx, envelope: Envelope, public_url: str) -> str:
    """The text; raises `Invalid` when a field of the template has no value."""
    message, site = envelope.message, envelope.site
    known = {
        "sender_name": site.sender_name,
        "site_name": site.name,
        "help_phone": spoken(site.clinic_phone),
        "emergency_number": site.emergency_number,
        "link": _link(tx, message, public_url),
        **{name: str(value) for name, value in message.fields.items()},
    }
    if "level" in known:
        known["level"] = texts.level_word(Level(known["level"]), message.language)
    purpose = texts.library().purposes.get(message.purpose)
    wanted = purpose.fields if purpose else ()
    return texts.render(
        message.purpose,
        message.language,
        {name: value for name, value in known.items() if name in wanted},
    )


def _link(tx: Tx, message: MessageView, base: str) -> str:
    """A survey's link is derived here; staff are led to the alert, behind the log-in."""
    occurrence, serial = message.fields.get("occurrence"), message.fields.get("serial")
    if isinstance(occurrence, str) and isinstance(serial, int):
        return invitations.url(tx, UUID(occurrence), serial, base)
    return f"{base}/alerts/{message.alert_id}" if message.alert_id else f"{base}/"


def valid_seconds(best_before: datetime | None, now: datetime) -> int | None:
    """How long the provider may still try; at least a second, since it was let through."""
    return None if best_before is None else max(1, int((best_before - now).total_seconds()))
