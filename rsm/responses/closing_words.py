"""The words at the end of a draft: kept before it is sent, and then sent with it."""

from dataclasses import dataclass
from zlib import crc32

from rsm.db.work import Tx
from rsm.kernel.errors import Conflict
from rsm.responses import store, texts
from rsm.responses.decide import check_words
from rsm.responses.idle import IDLE_AFTER
from rsm.responses.model import ResponseView


@dataclass(frozen=True)
class Kept:
    """What stands there. `mark` names this writing of it, and tells nothing of what it says."""

    text: str = ""
    mark: int = 0


def kept(tx: Tx, draft: ResponseView) -> Kept:
    """The words that a draft holds, opened; the caller shows them only to whoever may see them."""
    sealed = store.words(tx, draft.id) if draft.has_words else None
    if sealed is None:
        return Kept()
    return Kept(texts.opened_words(tx, draft.patient_id, sealed), crc32(sealed))


def keep(tx: Tx, draft: ResponseView, words: str, *, beside: str = "") -> ResponseView:
    """Keep the words of a draft in the place of the former; `beside`: words that stand above them.

    They are read with the report, or once nobody has gone on with it for a while. Raises `Invalid`
    when they are too long, `Conflict` when it was sent already.
    """
    if draft.is_final:
        raise Conflict("this survey was sent already")
    text = joined(beside, check_words(words))
    sealed = texts.seal_words(tx, draft.patient_id, text)
    return store.changed(tx, draft, {"words_sealed": sealed, "judge_at": tx.now + IDLE_AFTER})


def with_kept(tx: Tx, draft: ResponseView, words: str) -> str:
    """All words of a draft that is final now: what was kept, and what was sent with it."""
    return joined(kept(tx, draft).text, words) if draft.has_words else words


def joined(*parts: str) -> str:
    """One text, a paragraph each; what is said twice stands once."""
    return "\n\n".join(dict.fromkeys(part for part in parts if part))
