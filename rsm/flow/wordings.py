"""Whose wording a message is sent with: the site's own where it has one, else ours.

Decided in the transaction that claims the message; the message keeps which version it was.
"""

import logging
from collections.abc import Sequence
from functools import cache
from uuid import UUID

from rsm.db.work import Tx
from rsm.flow.text_trial import FIELD
from rsm.kernel.errors import Invalid
from rsm.messaging import site_texts
from rsm.messaging.mail import MailText
from rsm.messaging.model import MessageView, SiteTextView
from rsm.messaging.texts import placeholders
from rsm.messaging.wording import known_of, library_ref

log = logging.getLogger(__name__)

Wording = SiteTextView | None  # None: ours


def of(tx: Tx, site_id: UUID, messages: Sequence[MessageView]) -> list[Wording]:
    """For each of these messages of one site, in their order."""
    published, is_usable = site_texts.all_published(tx, site_id), cache(_is_usable)
    found = []
    for each in messages:
        own = published.get(site_texts.key_of(each.purpose, each.language, each.channel))
        tried = each.fields.get(FIELD) if each.is_test else None
        if isinstance(tried, str):
            own = site_texts.get(tx, site_id, UUID(tried))
        found.append(own if own is None or is_usable(own) else None)
    return found


def ref_of(message: MessageView, own: Wording) -> str:
    """What the message keeps of the wording: `site:3`, or `library:` and a hash of our words."""
    if own is not None:
        return own.ref
    return library_ref(message.purpose, message.language, message.channel)


def mail_text(own: Wording) -> MailText | None:
    """A site's own e-mail, as the renderer takes it."""
    return MailText(subject=own.subject, body=own.body) if own is not None else None


def _is_usable(own: SiteTextView) -> bool:
    """A release may take a field away that a published text names: then ours is sent."""
    key = own.key
    try:
        known = known_of(key.purpose, key.language, key.channel)
        strange = (placeholders(own.subject) | placeholders(own.body)) - known.allowed
    except (Invalid, ValueError):
        strange = frozenset({"?"})
    if strange:
        facts = {"action": "text.unusable", "text_id": own.id, "fields": sorted(strange)}
        log.error("a site's wording names what we do not have: ours is sent", extra=facts)
    return not strange
