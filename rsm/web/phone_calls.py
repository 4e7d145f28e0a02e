"""Calls to the demo's phones: what stands above a phone that rings, and its keys."""

from collections.abc import Sequence

from rsm.web.ports import CallDoes, CallStage, PhoneText
from rsm.web.views.common import Field, PostButton

_KEYS = frozenset("0123456789*#")
_RINGING = (
    ("Take the call", CallDoes.TAKE),
    ("Do not answer", CallDoes.LEAVE),
    ("Busy", CallDoes.BUSY),
    ("Voicemail takes it", CallDoes.MACHINE),
)
_TAKEN = (
    *((f"Press {key}", key) for key in "123456789*0#"),
    ("Press no key", CallDoes.WAIT),
    ("Hang up", CallDoes.HANG_UP),
)


def is_deed(does: str) -> bool:
    """Whether somebody at a phone can do this about a call."""
    return does in _KEYS or does in set(CallDoes)


def live(texts: Sequence[PhoneText], action: str) -> tuple[str, tuple[PostButton, ...]]:
    """What to say and what to do about a call that rings, or waits for a key; else nothing. A text
    that has come since hides none."""
    for text in reversed(texts):
        if text.call is CallStage.RINGING:
            return "A call is coming in.", tuple(_button(text, action, *one) for one in _RINGING)
        if text.call is CallStage.TAKEN:
            return "On the line.", tuple(_button(text, action, *one) for one in _TAKEN)
    return "", ()


def _button(call: PhoneText, action: str, label: str, does: str) -> PostButton:
    return PostButton(label, action, (Field("call", call.id), Field("does", does)))
