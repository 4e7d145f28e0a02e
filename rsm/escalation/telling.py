"""Writing to the outbox whom a step tells: a row and a savepoint for each, and channel (P5).

No text holds a word about the patient: a code, a level, and where to look, behind the log-in.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from rsm.alerts.events import note
from rsm.alerts.model import AlertView
from rsm.alerts.timeline import NewEvent
from rsm.db.work import Tx
from rsm.escalation import owners, rows, storm
from rsm.escalation.model import Tell
from rsm.escalation.people import is_safety_contact
from rsm.kernel.errors import RsmError
from rsm.kernel.words import AlertEventKind, Audience, Channel, Level
from rsm.messaging import service as messaging
from rsm.messaging.model import Draft, Lane
from rsm.messaging.recent import contact_lost
from rsm.security import staff
from rsm.sites import service as sites

_LOG = logging.getLogger(__name__)
SAFETY = "safety_contact"


class NotTold(RsmError):
    """There was somebody to tell, and not one of them could be written to."""


def tell(tx: Tx, alert: AlertView, people: Sequence[Tell], most: int | None = None) -> int:
    """Enqueue a message for each of them, by each channel; returns for how many it went well.

    With `most`, a person's further texts within ten minutes are bundled (`rsm.escalation.storm`).
    What goes wrong with one of them never keeps another from being told (lesson 22).
    """
    return sum(_tell_by_all(tx, alert, each, most) for each in people)


def _tell_by_all(tx: Tx, alert: AlertView, each: Tell, most: int | None) -> bool:
    """By every channel that the step names; whether one of them went well.

    A safety contact to whom a text about it did not arrive is called besides: nobody comes after.
    """
    channels = each.channels or _any_way(tx, alert, each)
    if Channel.VOICE not in channels and _is_deaf(tx, alert, each):
        channels = (*channels, Channel.VOICE)
    told = [_told(tx, alert, _Text(each, channel, most)) for channel in channels]
    return any(told)


def _any_way(tx: Tx, alert: AlertView, each: Tell) -> tuple[Channel, ...]:
    """Where nobody said how: by text, and a safety contact by call too, whose phone may be one
    that stands on a desk."""
    called = is_safety_contact(alert, each.person) and _has_number_for_calls(tx, alert)
    return (Channel.SMS, Channel.VOICE) if called else (Channel.SMS,)


def _is_deaf(tx: Tx, alert: AlertView, each: Tell) -> bool:
    """Whether texts do not reach the safety contact, and a call may."""
    if not is_safety_contact(alert, each.person) or not contact_lost(tx, alert.id):
        return False
    return _has_number_for_calls(tx, alert)


def _has_number_for_calls(tx: Tx, alert: AlertView) -> bool:
    return sites.sender(tx, alert.site_id, Audience.STAFF, Channel.VOICE) is not None


@dataclass(frozen=True)
class _Text:
    """One message of a step: a text, an e-mail or a call."""

    each: Tell
    channel: Channel
    most: int | None


def _told(tx: Tx, alert: AlertView, text: _Text) -> bool:
    try:
        with tx.savepoint():
            _tell_one(tx, alert, text)
    except Exception as error:  # noqa: BLE001  # the others must be told, whatever this was
        where = {"alert": str(alert.id), "channel": text.channel.value}
        facts = {"action": "escalation.not_told", **where}
        _LOG.error("a person could not be told: %s", type(error).__name__, extra=facts)
        return False
    return True


def _tell_one(tx: Tx, alert: AlertView, text: _Text) -> None:
    each, channel = text.each, text.channel
    safety = is_safety_contact(alert, each.person)
    recipient = SAFETY if safety else str(each.person)
    key = f"alert:{alert.id}:{each.epoch}:{each.lap}:{each.step}:{recipient}"
    purpose, fields = _words(tx, alert, each, safety=safety)
    if channel is Channel.VOICE:
        fields |= {"loan": rows.loan_minutes(tx, alert)}
    site = sites.get(tx, alert.site_id)
    draft = Draft(
        business_key=owners.key_for(key, channel),
        lane=Lane.EMERGENCY if alert.level is Level.EMERGENCY else Lane.STAFF,
        audience=Audience.STAFF,
        site_id=alert.site_id,
        purpose=purpose,
        language=site.languages[0] if safety else staff.get(tx, each.person).language,
        channel=channel,
        fields=fields,
        staff_id=None if safety else each.person,
        address=site.safety_contact_phone if safety else None,
        alert_id=alert.id,
        is_test=alert.is_test,
    )
    if text.most is not None and _waits(tx, alert, draft, text):
        return
    if messaging.enqueue(tx, draft) is not None:
        who = None if safety else each.person
        note(tx, alert, NewEvent(AlertEventKind.TOLD, who, channel, _code(each, safety=safety)))


def _waits(tx: Tx, alert: AlertView, draft: Draft, text: _Text) -> bool:
    """Whether it is told later, in a bundle; or not called, since the same step texts her too."""
    if text.channel is Channel.VOICE and Channel.SMS in text.each.channels:
        return storm.rang_lately(tx, alert, draft)
    return storm.bundled(tx, alert, draft, text.most or 1)


def _words(
    tx: Tx, alert: AlertView, each: Tell, *, safety: bool
) -> tuple[str, dict[str, str | int]]:
    """Which template, and what it needs besides what delivery knows (site, link)."""
    fields: dict[str, str | int] = {"level": alert.level.value, "code": alert.code}
    if safety:
        return "safety_contact_alert", fields
    minutes = int((tx.now - alert.opened_at).total_seconds() // 60)
    if (each.step or each.lap) and minutes:
        return "staff_alert_again", fields | {"minutes": minutes}
    return "staff_alert", fields


def _code(each: Tell, *, safety: bool) -> str:
    return SAFETY if safety else f"step:{each.step + 1}"
