"""The door to a site's own wordings: drafted, checked, published with a named reviewer, retired.

There is one draft of a text at most, and it may be changed. A version that was published never
changes again; the next one takes its place, and without any our own text is sent.
"""

import hashlib
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.errors import Conflict, Invalid, NotFound, Problem
from rsm.kernel.words import Channel
from rsm.messaging import site_text_store as store
from rsm.messaging.model import SiteTextView, TextKey, TextState
from rsm.messaging.texts import plain_punctuation, text_language
from rsm.messaging.wording import BODY, MOST_CHARACTERS, check_wording, known_of
from rsm.security import staff
from rsm.security.audit import Subject, record

LONGEST_NAME = 120
_EVERY_STATE = tuple(TextState)


def draft_of(tx: Tx, site_id: UUID, key: TextKey) -> SiteTextView | None:
    """The draft, if there is one."""
    return next(iter(store.many(tx, site_id, key, TextState.DRAFT)), None)


def published(tx: Tx, site_id: UUID, key: TextKey) -> SiteTextView | None:
    """What the site sends in place of ours, if it has a wording of its own."""
    return next(iter(store.many(tx, site_id, key, TextState.PUBLISHED)), None)


def all_published(tx: Tx, site_id: UUID) -> dict[TextKey, SiteTextView]:
    """Every wording of its own that the site sends: read once for a batch."""
    return {each.key: each for each in store.many(tx, site_id, None, TextState.PUBLISHED)}


def ever_published(tx: Tx, site_id: UUID) -> list[SiteTextView]:
    """Every version that the site sent, or sends, in place of ours."""
    return store.many(tx, site_id, None, TextState.PUBLISHED, TextState.RETIRED)


def all_drafts(tx: Tx, site_id: UUID) -> dict[TextKey, SiteTextView]:
    return {each.key: each for each in store.many(tx, site_id, None, TextState.DRAFT)}


def history(tx: Tx, site_id: UUID, key: TextKey) -> list[SiteTextView]:
    """Every version, the newest first."""
    return store.many(tx, site_id, key, *_EVERY_STATE)


def get(tx: Tx, site_id: UUID, text_id: UUID) -> SiteTextView:
    """One version; `NotFound` when it is not this site's."""
    found = store.one(tx, site_id, text_id)
    if found is None:
        raise NotFound("no such text")
    return found


def edition(text: SiteTextView | None) -> str:
    """Changes with every change of a draft: an editor hands back the one that she had."""
    if text is None:
        return ""
    content = f"{text.version}\0{text.subject}\0{text.body}"
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def draft(  # noqa: PLR0913, PLR0917 - whose text, which, its words, what the editor had
    tx: Tx, site_id: UUID, key: TextKey, body: str, subject: str = "", seen: str | None = None
) -> SiteTextView:
    """Keep a wording as the draft of this text; it may still be wrong, and is not sent.

    `seen` is the `edition` that the editor had. Raises `Conflict` when somebody changed it
    meanwhile, `Invalid` for a text that we do not send or one that is far too long.
    """
    known_of(key.purpose, key.language, key.channel)
    if len(body) > MOST_CHARACTERS[key.channel]:
        most = MOST_CHARACTERS[key.channel]
        raise Invalid(Problem(BODY, f"has {len(body)} characters", f"at most {most}"))
    store.hold(tx, site_id)
    before = draft_of(tx, site_id, key)
    if seen is not None and seen != edition(before):
        raise Conflict("somebody else changed the draft meanwhile")
    values: dict[str, object] = {
        "subject": subject.strip() or None,
        "body": _tidy(key.channel, body),
        "author": tx.actor.id,
        "state": TextState.DRAFT,
    }
    kept = store.change(tx, before.id, values) if before else store.add(tx, site_id, key, values)
    if kept != before:
        _note(tx, "text.drafted", kept)
    return kept


def check(text: SiteTextView) -> list[Problem]:
    """Everything that is wrong with it; empty: it may be published."""
    key = text.key
    return check_wording(key.purpose, key.language, key.channel, text.body, text.subject)


def publish(tx: Tx, site_id: UUID, text_id: UUID, reviewer: str) -> SiteTextView:
    """Send this draft from now on, in place of what was sent before.

    Raises `Invalid` with every problem of the text or for a reviewer who is not named or wrote it
    herself, `Conflict` for what is no draft any more, `NotFound`.
    """
    store.hold(tx, site_id)
    text = get(tx, site_id, text_id)
    if text.state is not TextState.DRAFT:
        raise Conflict("this version was published before: it never changes")
    problems = [*check(text), *_unreviewed(tx, text, reviewer)]
    if problems:
        raise Invalid(problems)
    former = published(tx, site_id, text.key)
    if former is not None:
        store.change(tx, former.id, {"state": TextState.RETIRED})
    values: dict[str, object] = {
        "state": TextState.PUBLISHED,
        "reviewer": " ".join(reviewer.split()),
        "published_at": tx.now,
        "published_by": tx.actor.id,
    }
    kept = store.change(tx, text.id, values)
    _note(tx, "text.published", kept)
    return kept


def retire(tx: Tx, site_id: UUID, text_id: UUID) -> SiteTextView:
    """Send it no more: our own text takes its place. A draft is discarded."""
    store.hold(tx, site_id)
    text = get(tx, site_id, text_id)
    if text.state is TextState.RETIRED:
        raise Conflict("it was retired before")
    kept = store.change(tx, text.id, {"state": TextState.RETIRED})
    _note(tx, "text.retired", kept)
    return kept


def key_of(purpose: str, language: str, channel: Channel) -> TextKey:
    """Which of a site's texts stands for a message in this language."""
    return TextKey(purpose, text_language(language), channel)


def _unreviewed(tx: Tx, text: SiteTextView, reviewer: str) -> list[Problem]:
    name = " ".join(reviewer.split())
    if not 0 < len(name) <= LONGEST_NAME:
        mend = "name somebody who reads this language and has read the text"
        return [Problem("reviewer", "is missing" if not name else "is too long", mend)]
    if text.author is not None and staff.get(tx, text.author).name.casefold() == name.casefold():
        return [Problem("reviewer", "wrote the text", "somebody else has to read it")]
    return []


def _tidy(channel: Channel, body: str) -> str:
    """Curly quotes and the like as phones have them; line ends as ours."""
    lines = "\n".join(line.rstrip() for line in body.strip().splitlines())
    return plain_punctuation(lines) if channel is Channel.SMS else lines


def _note(tx: Tx, action: str, text: SiteTextView) -> None:
    key = text.key
    facts = {"purpose": key.purpose, "language": key.language, "channel": key.channel}
    subject = Subject("site_text", text.id)
    record(tx, action, subject, text.site_id, **facts, version=text.version)
