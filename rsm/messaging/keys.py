"""Keys that were pressed in our calls: kept beside the reports on the call, each of them once."""

from rsm.db.work import Tx
from rsm.messaging import store
from rsm.messaging.model import KEYS, KeyPress, MessageState, MessageView, StatusReport


def first_press(tx: Tx, message: MessageView, pressed: KeyPress) -> bool:
    """Keep it; False when we have this key of this call already (P16).

    The caller holds the message. Somebody pressed it: with that the call has arrived.
    """
    name = _name(pressed.provider_id, pressed.key)
    report = StatusReport(name, MessageState.DELIVERED, error_code=f"key_{pressed.key}")
    return store.add_event(tx, message, report)


def pressed_before(tx: Tx, provider_id: str) -> frozenset[str]:
    """The keys of this call that have done what they do: they do nothing any more."""
    names = {_name(provider_id, key): key for key in KEYS}
    return frozenset(names[name] for name in store.known_events(tx, names))


def _name(provider_id: str, key: str) -> str:
    return f"{provider_id}:key:{key}"
