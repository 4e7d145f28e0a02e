"""Many alerts at once: the first are told at once, the rest in one text at the window's end (P5).

Per person, never an emergency. Of calls one rings in ten minutes: what would ring within them is
in the bundle's text, or in one more call to a phone that takes no texts. Each alert that waits has
an event with the bundle's key, so that what is counted when the text leaves is what still waits
then; a bundle of which everything was taken or closed is not sent. Windows stand at fixed times:
two workers always mean the same bundle.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from rsm.alerts import handling
from rsm.alerts.events import note
from rsm.alerts.model import AlertView
from rsm.alerts.timeline import NewEvent
from rsm.db.work import Tx
from rsm.escalation import people, shifts, store
from rsm.kernel.words import AlertEventKind, Audience, Channel, Level
from rsm.messaging import optouts
from rsm.messaging import service as messaging
from rsm.messaging.model import Draft, Lane, MessageView
from rsm.messaging.recent import called_since, is_joined, texts_to
from rsm.security import staff
from rsm.sites import service as sites

WINDOW = timedelta(minutes=10)
PURPOSE = "staff_alert_bundle"
_COUNTED = frozenset({Channel.SMS, Channel.VOICE})
_CROWD = 100  # more than are ever telling one person in the same moment
_SOON = timedelta(seconds=30)  # a bundle that leaves sooner may be on its way already


@dataclass(frozen=True)
class Bundle:
    """What waits in a bundle now."""

    count: int
    worst: Level


def put_off(texts: Sequence[datetime], most: int, now: datetime) -> datetime | None:
    """When a further text to somebody leaves as part of a bundle; None: at once, by itself.

    `texts` are when the last ones left, or are to leave. In no ten minutes are there more than
    `most`, of which the last is the bundle.
    """
    recent = [at for at in texts if at > now - WINDOW]
    if len(recent) < most - 1 and all(at <= now + _SOON for at in recent):  # or is leaving
        return None
    return window_end(now)


def window_end(now: datetime) -> datetime:
    """The end of the window that runs, of the next one when it is about to end."""
    since = datetime(2000, 1, 1, tzinfo=UTC)
    end = since + ((now - since) // WINDOW + 1) * WINDOW
    return end if end - now > _SOON else end + WINDOW


def bundled(tx: Tx, alert: AlertView, draft: Draft, most: int) -> bool:
    """Put this text or call off into its recipient's bundle, if it has to wait; False: now."""
    if alert.level is Level.EMERGENCY or draft.channel not in _COUNTED:
        return False
    recipient = f"{alert.site_id}:{draft.staff_id or _contact(tx, draft)}"
    ends = _ends(tx, draft, most)
    if ends is None and most < _CROWD:  # else those at it now cannot pass what is allowed
        alone = store.alone_with(tx, f"storm:{recipient}")
        ends = _ends(tx, draft, most) if alone else window_end(tx.now)
    if ends is None:
        return False
    way = _way(tx, draft)
    key = _enqueued(tx, replace(draft, channel=way), recipient, ends)
    note(tx, alert, NewEvent(AlertEventKind.BUNDLED, draft.staff_id, way, key))
    return True


def _ends(tx: Tx, draft: Draft, most: int) -> datetime | None:
    """When its recipient can be told of it; None: now."""
    if draft.channel is Channel.VOICE:
        return window_end(tx.now) if called_since(tx, draft, tx.now - WINDOW) else None
    return put_off(texts_to(tx, draft, tx.now - 2 * WINDOW), most, tx.now)


def rang_lately(tx: Tx, alert: AlertView, draft: Draft) -> bool:
    """Whether this call need not ring, where a text tells the same; an emergency always rings."""
    return alert.level is not Level.EMERGENCY and called_since(tx, draft, tx.now - WINDOW)


def _way(tx: Tx, draft: Draft) -> Channel:
    """A bundle is a text; a call to somebody whose phone takes none."""
    if draft.channel is Channel.SMS:
        return Channel.SMS
    number = draft.address or (staff.get(tx, draft.staff_id).phone if draft.staff_id else None)
    texted = number is not None and people.takes_texts(tx, draft.site_id, number)
    return Channel.SMS if texted else Channel.VOICE


def _contact(tx: Tx, draft: Draft) -> str:
    """A safety contact that was mended has bundles of its own."""
    return f"safety_contact:{optouts.hash_of(tx, draft.address or '').hex()[:16]}"


def _enqueued(tx: Tx, draft: Draft, recipient: str, ends: datetime) -> str:
    """The key of the bundle that leaves then; of the next when that is on its way already (this
    transaction may have waited for long)."""
    for end in (ends, ends + WINDOW):
        spoken = ":voice" if draft.channel is Channel.VOICE else ""
        key = f"bundle:{recipient}:{end:%Y%m%dT%H%MZ}{spoken}" + (":test" if draft.is_test else "")
        if messaging.enqueue(tx, _text(draft, key, end)) is not None or is_joined(tx, key):
            break
    return key


def _text(draft: Draft, key: str, ends: datetime) -> Draft:
    return Draft(
        business_key=key,
        lane=Lane.STAFF,
        audience=Audience.STAFF,
        site_id=draft.site_id,
        purpose=PURPOSE,
        language=draft.language,
        channel=draft.channel,
        fields={},
        staff_id=draft.staff_id,
        address=draft.address,
        not_before=ends,
        is_test=draft.is_test,
    )


def waiting(tx: Tx, message: MessageView) -> list[AlertView]:
    """The alerts of a bundle's text that nobody has taken or closed, the worst first."""
    return handling.waiting_in(tx, message.site_id, message.business_key)


def contents(tx: Tx, message: MessageView) -> Bundle | None:
    """What a bundle's text says now; None when nothing waits in it any more for its recipient, or
    when it is for a safety contact that was mended since."""
    if message.staff_id is None:
        site = sites.get(tx, message.site_id)
        if message.address != site.safety_contact_phone:
            return None
    waits = waiting(tx, message)
    gone = {alert.id for _, alert in shifts.gone(tx, [(message, alert) for alert in waits])}
    alerts = [alert for alert in waits if alert.id not in gone]
    return Bundle(len(alerts), alerts[0].level) if alerts else None
