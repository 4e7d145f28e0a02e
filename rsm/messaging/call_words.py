"""The words of telephone calls: what is said, where its keys go, and a key that was pressed."""

from dataclasses import dataclass, field
from enum import StrEnum

KEYS = frozenset("0123456789*#")
MOST_KEYS = 20  # that are handed in together


@dataclass(frozen=True)
class Said:
    """Words in a voice of their own: `locale` is `es-US`, `voice` the provider's name for it."""

    locale: str
    words: str
    voice: str = ""


@dataclass(frozen=True)
class Spoken:
    """What a call says. `locale` is that of its voice (`es-US`).

    With `keys_url` it waits for keys after the words, says them again a few times, then `goodbye`.
    Without one no key is asked for, and the call ends with the words. With `asked_url` nothing is
    decided beforehand: whoever takes the call hears what is answered there. `more` is said after
    the words. So many keys are waited for (`keys`): one of any kind, or several, which `#` ends.
    With `dial` that number is connected after the words, and `goodbye` said when it is over.
    """

    locale: str
    words: str
    goodbye: str = ""
    keys_url: str = ""
    asked_url: str = ""
    more: tuple[Said, ...] = ()
    keys: int = 1
    voice: str = ""
    slow: bool = False
    dial: str = field(default="", repr=False)
    dial_from: str = ""


@dataclass(frozen=True)
class KeyPress:
    """One key, pressed in the call that the provider calls `provider_id`, on the phone `to`."""

    provider_id: str
    key: str
    to: str = field(repr=False)


class AnsweredBy(StrEnum):
    """Who took a call, as far as the provider can tell."""

    PERSON = "person"
    MACHINE = "machine"  # a voicemail, or a fax
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class CallTurn:
    """One turn of a call that asks what to say: it was taken, or keys were pressed (`keys`)."""

    provider_id: str
    to: str = field(repr=False)
    keys: str = field(default="", repr=False)
    answered_by: AnsweredBy = AnsweredBy.UNKNOWN
