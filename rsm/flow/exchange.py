"""Offering and taking packs and texts: what is taken is a draft here, by the ways that drafts go.

A pack goes on through shadow and a second person's agreement (`rsm.flow.release`), a text through
a named reviewer (`rsm.messaging.site_texts`): taking an offer puts nothing into use.
"""

import hashlib
from collections.abc import Mapping
from uuid import UUID

from rsm.alerts import releases
from rsm.collaborative import exchange, service
from rsm.collaborative.model import NewOffer, Offer, OfferKind
from rsm.db.work import Tx
from rsm.kernel.errors import Conflict, Invalid, NotFound, Problem
from rsm.kernel.words import Channel
from rsm.messaging import site_texts
from rsm.messaging.model import TextKey, TextState
from rsm.security.audit import Subject, record


def offer_pack(tx: Tx, site_id: UUID, release_id: UUID, *, author: str, evidence: str) -> UUID:
    """Offer a pack that was put into force here. Raises `Invalid` for one that never was."""
    release = releases.get(tx, release_id)
    if release.site_id != site_id:
        raise NotFound("no such release")
    if not release.was_live:
        mend = "offer one that was in force: others ask what came of it"
        raise Invalid(Problem("what", "was never published", mend))
    pin = release.pin
    new = NewOffer(
        kind=OfferKind.PACK,
        title=f"{release.title} {pin.version}",
        hash=pin.hash,
        body=release.body,
        refers={"key": pin.key, "version": pin.version},
        author=author,
        evidence=evidence,
    )
    return exchange.offer(tx, site_id, new)


def offer_text(tx: Tx, site_id: UUID, text_id: UUID, *, author: str, evidence: str) -> UUID:
    """Offer a wording that was published here. Raises `Invalid` for a draft."""
    text = site_texts.get(tx, site_id, text_id)
    if text.state is TextState.DRAFT:
        raise Invalid(Problem("what", "is a draft", "offer one that was published"))
    key = text.key
    content = f"{text.subject or ''}\0{text.body}"
    new = NewOffer(
        kind=OfferKind.TEXT,
        title=f"{key.purpose}, {key.language}, {key.channel}",
        hash=hashlib.sha256(content.encode()).hexdigest(),
        body=text.body,
        refers={
            "purpose": key.purpose,
            "language": key.language,
            "channel": key.channel.value,
            "subject": text.subject or "",
        },
        author=author,
        evidence=evidence,
    )
    return exchange.offer(tx, site_id, new)


def take(tx: Tx, site_id: UUID, offer_id: UUID) -> tuple[OfferKind, UUID]:
    """A draft of what is offered, at this site; which kind, and the draft's id.

    Raises `Invalid` for what does not fit here, `Conflict` where a draft of that text stands.
    """
    service.taking_part(tx, site_id)
    found = exchange.get(tx, offer_id)
    made = (
        _take_pack(tx, site_id, found)
        if found.kind is OfferKind.PACK
        else _take_text(tx, site_id, found)
    )
    record(tx, "exchange.taken", Subject("exchange_offer", offer_id), site_id, draft=made)
    return found.kind, made


def _take_pack(tx: Tx, site_id: UUID, found: Offer) -> UUID:
    return releases.draft(tx, site_id, found.body).id


def _take_text(tx: Tx, site_id: UUID, found: Offer) -> UUID:
    key = _key(found.refers)
    if site_texts.draft_of(tx, site_id, key) is not None:
        raise Conflict("there is a draft of this text already: finish it, or discard it, first")
    subject = str(found.refers.get("subject", ""))
    return site_texts.draft(tx, site_id, key, found.body, subject).id


def _key(refers: Mapping[str, object]) -> TextKey:
    return TextKey(str(refers["purpose"]), str(refers["language"]), Channel(str(refers["channel"])))
