"""The door to drafts of instruments: a TOML text, right or wrong, until it is published.

Two who edit at once: the second is told, and nothing that she wrote is lost to her. What is
published is on the shelf (`rsm.instruments.service`), for every site; the draft is done with.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from rsm.db.work import Tx
from rsm.instruments import decide, draft_text, library, owners, service
from rsm.instruments import draft_store as store
from rsm.instruments.load import load_instrument
from rsm.instruments.model import Instrument
from rsm.instruments.owners import Publisher
from rsm.instruments.tables import InstrumentDraft
from rsm.kernel.documents import Source, source_of
from rsm.kernel.errors import Conflict, Invalid, NotFound, Problem
from rsm.kernel.localtime import local_of, zone_named
from rsm.kernel.words import Pin
from rsm.security import staff
from rsm.security.audit import Subject, record
from rsm.sites import service as sites

LARGEST = 100_000  # characters
LONGEST_NAME = 120
_CHANGED = "somebody else changed the draft meanwhile"


@dataclass(frozen=True)
class DraftView:
    """A draft as it stands. `revision` is what an editor hands back."""

    id: UUID
    site_id: UUID
    key: str
    body: str
    revision: int
    author: UUID
    created_at: datetime
    updated_at: datetime
    updated_by: UUID
    is_open: bool


def write(tx: Tx, site_id: UUID, body: str) -> DraftView:
    """Keep a text as a new draft of this site; it may still be wrong. Raises `Invalid` if huge."""
    values = _content(tx, body) | {"author_id": tx.actor.id, "created_at": tx.now}
    draft = get(tx, site_id, store.add(tx, site_id, values))
    store.note_editor(tx, site_id, draft.id, draft.updated_by)
    _note(tx, "instrument_draft.written", draft)
    return draft


def change(tx: Tx, draft: DraftView, body: str, revision: int) -> DraftView:
    """Keep another text in its place. `revision` is the one that the editor had.

    Raises `Conflict` when somebody was faster, `Invalid` for a text that is far too long.
    """
    if draft.revision == revision and draft.body == body and draft.is_open:
        return draft
    kept = _changed(tx, draft, revision, _content(tx, body))
    store.note_editor(tx, kept.site_id, kept.id, kept.updated_by)
    _note(tx, "instrument_draft.changed", kept)
    return kept


def discard(tx: Tx, draft: DraftView, revision: int) -> None:
    """Put it away. Raises `Conflict` as `change`."""
    kept = _changed(tx, draft, revision, {"discarded_at": tx.now})
    _note(tx, "instrument_draft.discarded", kept)


def publish(
    tx: Tx, draft: DraftView, revision: int, reviewers: Mapping[str, str], by: Publisher
) -> Pin:
    """Put it on the shelf, with who has read each language: it never changes again.

    Raises `Invalid` with every problem: of the text, of its licence, of what nobody has said, of a
    key that is another's, of a reviewer (`reviewer:en`) who is not named or wrote on it;
    `Conflict` as `change`.
    """
    draft = get(tx, draft.site_id, draft.id)
    if draft.revision != revision or not draft.is_open:
        raise Conflict(_CHANGED)
    instrument = load_instrument(draft.body, draft_text.NAME)
    names = {tag: " ".join(reviewers.get(tag, "").split()) for tag in instrument.languages}
    found = [*_unread(tx, draft, names), *_unfit(tx, draft.body, instrument, by)]
    if not found and (others := owners.claim(tx, instrument.key, by)):
        found = [others]  # somebody was faster
    if found:
        raise Invalid(found)
    site = sites.get(tx, draft.site_id)
    today = local_of(tx.now, zone_named(site.zone)).date()
    body = draft_text.with_reviews(draft.body, names, today)
    kept = _changed(tx, draft, revision, {"published_at": tx.now})
    pin = service.publish(tx, load_instrument(body, draft_text.NAME), body)
    _note(tx, "instrument_draft.published", kept, version=pin.version, hash=pin.hash)
    return pin


def get(tx: Tx, site_id: UUID, draft_id: UUID) -> DraftView:
    """One of the site's; `NotFound` for any other."""
    row = store.one(tx, draft_id)
    if row is None or row.site_id != site_id:
        raise NotFound("no such draft")
    return _view(row)


def of_site(tx: Tx, site_id: UUID) -> list[DraftView]:
    """Those that are open, what was changed last first."""
    return [_view(row) for row in store.open_at(tx, site_id)]


def check(tx: Tx, body: str, by: Publisher) -> tuple[Problem, ...]:
    """Everything that keeps a text from being published but its readers, each with its line."""
    try:
        instrument = load_instrument(body, draft_text.NAME)
    except Invalid as error:
        return error.problems
    return tuple(_unfit(tx, body, instrument, by))


def _unfit(tx: Tx, body: str, instrument: Instrument, by: Publisher) -> list[Problem]:
    """Why it may not be published, but for who has read it: that is asked when it is."""
    source = source_of(body, draft_text.NAME)
    others = owners.problem(owners.whose(tx, instrument.key), by)
    found = [] if others is None else [_placed(others, source)]
    found += [
        _placed(problem, source)
        for problem in decide.publish_problems(instrument)
        if not problem.where.startswith("languages.")
    ]
    if others is None and _is_taken(tx, instrument):
        what = f"{instrument.key} {instrument.version} is there already"
        found.append(Problem(source.place(("version",)), what, "raise the version"))
    return found


def _is_taken(tx: Tx, instrument: Instrument) -> bool:
    """Whether this version stands already, on the shelf or with what we ship ready to be asked."""
    ours = library.shipped().get(instrument.key)
    if ours is not None and ours.version == instrument.version and ours.wording != "none":
        return True
    try:
        service.find(tx, instrument.key, instrument.version)
    except NotFound:
        return False
    return True


def _placed(problem: Problem, source: Source) -> Problem:
    return replace(problem, where=source.place(tuple(problem.where.split("."))))


def _unread(tx: Tx, draft: DraftView, names: Mapping[str, str]) -> list[Problem]:
    wrote = [_name_words(staff.get(tx, who).name) for who in store.editors(tx, draft.id)]
    found = []
    for tag, name in names.items():
        where, mend = f"reviewer:{tag}", "name somebody who reads this language and has read it"
        if not 0 < len(name) <= LONGEST_NAME:
            found.append(Problem(where, "is missing" if not name else "is too long", mend))
        elif any(words <= _name_words(name) for words in wrote):
            found.append(Problem(where, "has written on it", "somebody who has not has to read it"))
    return found


def _name_words(name: str) -> set[str]:
    """`Cole, Ruth (RN)` is Ruth Cole, with or without what she is, and with or without accents."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return set(re.findall(r"\w+", "".join(c for c in plain if not unicodedata.combining(c))))


def _content(tx: Tx, body: str) -> dict[str, object]:
    if len(body) > LARGEST:
        raise Invalid(Problem("body", f"has {len(body)} characters", f"at most {LARGEST}"))
    if "\x00" in body:
        raise Invalid(Problem("body", "is no text", "save it as plain text (UTF-8)"))
    key = draft_text.key_of(body)
    return {"key": key, "body": body, "updated_at": tx.now, "updated_by": tx.actor.id}


def _changed(tx: Tx, draft: DraftView, revision: int, values: dict[str, object]) -> DraftView:
    if not store.change(tx, draft.id, revision, values):
        raise Conflict(_CHANGED)
    return get(tx, draft.site_id, draft.id)


def _view(row: InstrumentDraft) -> DraftView:
    return DraftView(
        id=row.id,
        site_id=row.site_id,
        key=row.key,
        body=row.body,
        revision=row.revision,
        author=row.author_id,
        created_at=row.created_at,
        updated_at=row.updated_at,
        updated_by=row.updated_by,
        is_open=row.discarded_at is None and row.published_at is None,
    )


def _note(tx: Tx, action: str, draft: DraftView, **facts: str) -> None:
    subject = Subject("instrument_draft", draft.id)
    record(tx, action, subject, draft.site_id, revision=draft.revision, **facts)
