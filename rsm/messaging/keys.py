"""Keys that were pressed in our calls: kept beside the reports on the call, each of them once."""

from rsm.db.work import Tx
from rsm.messaging import store
from rsm.messaging.model import KeyPress, MessageState, MessageView, StatusReport


def first_press(tx: Tx, message: MessageView, pressed: KeyPress) -> bool:
    """Keep it; False when we have this key of this call already (P16).

    The caller holds the message. Somebody pressed it: with that the call has arrived.
    """
    name = f"{pressed.provider_id}:key:{pressed.key}"
    report = StatusReport(name, MessageState.DELIVERED, error_code=f"key_{pressed.key}")
    return store.add_event(tx, message, report)
