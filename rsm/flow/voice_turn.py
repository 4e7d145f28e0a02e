"""One turn of a survey by phone, as the address that its keys go to carries it.

Nothing of a call is kept but its answers: where it stands is in that address, sealed with our key
for this one message, so that nobody can read it, change it, or use it in another call. No two seals
are the same, so that a turn that is handed in again is known by its address.
"""

import base64
import json
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from uuid import UUID

from rsm.kernel.vault import Vault
from rsm.security.keyring import CannotOpen

_MOST_LETTERS = 1000


class Step(StrEnum):
    """What the keys of a turn answer."""

    WHO = "who"  # is it you?
    NOT_HER = "not_her"
    YEAR = "year"
    ITEM = "item"
    CHECK = "check"  # what was typed is right?
    OFFER = "offer"  # to be connected, in between
    LAST = "last"  # to be connected, at the end


@dataclass(frozen=True)
class Turn:
    """Where a call stands. `item` is what was asked; `typed` waits to be said right.

    `repeats` is how often this turn's words were asked for again, `wrong` how many years of birth
    were. `begun`: she has heard a question; `advised`: she was told whom to call.
    """

    call: str
    step: Step
    language: str
    item: str = ""
    repeats: int = 0
    wrong: int = 0
    typed: str = ""
    slow: bool = False
    begun: bool = False
    advised: bool = False

    def to(self, step: Step, item: str = "", typed: str = "") -> "Turn":
        """The next turn, at another step."""
        return replace(self, step=step, item=item, repeats=0, typed=typed)

    def again(self, *, asked: bool = False) -> "Turn":
        """The next turn, at the same step; asked for a second time, all is said slower."""
        repeats = self.repeats + asked
        slow = self.slow or repeats > 1
        return replace(self, repeats=repeats, slow=slow)

    def sealed(self, vault: Vault, message_id: UUID) -> str:
        """As a part of an address."""
        plain = json.dumps(asdict(self), separators=(",", ":")).encode()
        box = vault.seal(plain, _context(message_id))
        return base64.urlsafe_b64encode(box).decode().rstrip("=")


def opened(vault: Vault, message_id: UUID, token: str) -> Turn | None:
    """The turn that the address carries; None when it is none of this message's."""
    if len(token) > _MOST_LETTERS:
        return None
    try:
        box = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        known = json.loads(vault.open(box, _context(message_id)))
        return Turn(**{**known, "step": Step(known["step"])})
    except (ValueError, TypeError, KeyError, CannotOpen):  # or of another version of ours
        return None


def _context(message_id: UUID) -> str:
    return f"voice.turn:{message_id}"
