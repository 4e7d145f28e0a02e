"""The words of telephone calls: what is said, where its keys go, and a key that was pressed."""

from dataclasses import dataclass, field

KEYS = frozenset("0123456789*#")


@dataclass(frozen=True)
class Spoken:
    """What a call says. `locale` is that of its voice (`es-US`).

    With `keys_url` it waits for a key after the words, says them again a few times, then `goodbye`.
    Without one no key is asked for, and the call ends with the words.
    """

    locale: str
    words: str
    goodbye: str = ""
    keys_url: str = ""


@dataclass(frozen=True)
class KeyPress:
    """One key, pressed in the call that the provider calls `provider_id`, on the phone `to`."""

    provider_id: str
    key: str
    to: str = field(repr=False)
