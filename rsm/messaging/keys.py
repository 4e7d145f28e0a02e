"""Keys that were pressed in our calls: kept beside the reports on the call, each of them once."""

from rsm.db.work import Tx
from rsm.messaging import event_store
from rsm.messaging.model import KEYS, KeyPress, MessageState, MessageView, StatusReport


def first_press(tx: Tx, message: MessageView, pressed: KeyPress) -> bool:
    """Keep it; False when we have this key of this call already (P16).

    The caller holds the message. Somebody pressed it: with that the call has arrived.
    """
    name = _name(pressed.provider_id, pressed.key)
    report = StatusReport(name, MessageState.DELIVERED, error_code=f"key_{pressed.key}")
    return event_store.add(tx, message, report)


def pressed_before(tx: Tx, provider_id: str) -> frozenset[str]:
    """The keys of this call that have done what they do: they do nothing any more."""
    names = {_name(provider_id, key): key for key in KEYS}
    return frozenset(names[name] for name in event_store.known(tx, names))


def first_turn(tx: Tx, message: MessageView, provider_id: str, turn: str) -> bool:
    """Keep that this turn of a call was taken; False when it was before, and is handed in again.

    Which keys they were is not kept here. The caller holds the message.
    """
    return _keep(tx, message, f"{provider_id}:turn:{turn}", "turn")


def met(tx: Tx, message: MessageView, provider_id: str, whom: str) -> None:
    """Keep who was met in this call: `machine`, or `her`."""
    _keep(tx, message, f"{provider_id}:{whom}", whom)


def has_met(tx: Tx, provider_id: str, whom: str) -> bool:
    """Whether that was kept of this call."""
    return bool(event_store.known(tx, [f"{provider_id}:{whom}"]))


def _keep(tx: Tx, message: MessageView, name: str, code: str) -> bool:
    report = StatusReport(name, MessageState.DELIVERED, error_code=code)
    return event_store.add(tx, message, report)


def _name(provider_id: str, key: str) -> str:
    return f"{provider_id}:key:{key}"
