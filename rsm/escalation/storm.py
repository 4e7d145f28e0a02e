"""Many alerts at once: the first are told at once, the rest in one text at the window's end (P5).

Per person, never an emergency. Each alert that waits has an event with the bundle's key, so that
what is counted when the text leaves is what still waits then; a bundle of which everything was
taken or closed is not sent. Windows stand at fixed times: two workers always mean the same bundle.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rsm.alerts import handling
from rsm.alerts.events import note
from rsm.alerts.model import AlertView
from rsm.alerts.timeline import NewEvent
from rsm.db.work import Tx
from rsm.escalation import store
from rsm.kernel.words import AlertEventKind, Audience, Channel, Level
from rsm.messaging import optouts
from rsm.messaging import service as messaging
from rsm.messaging.model import Draft, Lane, MessageView
from rsm.messaging.recent import is_joined, texts_to
from rsm.sites import service as sites

WINDOW = timedelta(minutes=10)
PURPOSE = "staff_alert_bundle"
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
    if len(recent) < most - 1 and all(at <= now for at in recent):
        return None
    return window_end(now)


def window_end(now: datetime) -> datetime:
    """The end of the window that runs, of the next one when it is about to end."""
    since = datetime(2000, 1, 1, tzinfo=UTC)
    end = since + ((now - since) // WINDOW + 1) * WINDOW
    return end if end - now > _SOON else end + WINDOW


def bundled(tx: Tx, alert: AlertView, draft: Draft, most: int) -> bool:
    """Put this text off into its recipient's bundle, if it has to wait; False: let it go now."""
    if alert.level is Level.EMERGENCY or draft.channel is not Channel.SMS:
        return False
    recipient = f"{alert.site_id}:{draft.staff_id or _contact(tx, draft)}"
    if store.alone_with(tx, f"storm:{recipient}"):
        ends = put_off(texts_to(tx, draft, tx.now - 2 * WINDOW), most, tx.now)
    else:
        ends = window_end(tx.now)  # another is telling this person at this moment
    if ends is None:
        return False
    key = _enqueued(tx, draft, recipient, ends)
    note(tx, alert, NewEvent(AlertEventKind.BUNDLED, draft.staff_id, Channel.SMS, key))
    return True


def _contact(tx: Tx, draft: Draft) -> str:
    """A safety contact that was mended has bundles of its own."""
    return f"safety_contact:{optouts.hash_of(tx, draft.address or '').hex()[:16]}"


def _enqueued(tx: Tx, draft: Draft, recipient: str, ends: datetime) -> str:
    """The key of the bundle that leaves then; of the next when that is on its way already (this
    transaction may have waited for long)."""
    for end in (ends, ends + WINDOW):
        key = f"bundle:{recipient}:{end:%Y%m%dT%H%MZ}" + (":test" if draft.is_test else "")
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
    """What a bundle's text says now; None when nothing waits in it any more, or when it is for a
    safety contact that was mended since."""
    if message.staff_id is None:
        site = sites.get(tx, message.site_id)
        if message.address != site.safety_contact_phone:
            return None
    alerts = waiting(tx, message)
    return Bundle(len(alerts), alerts[0].level) if alerts else None
