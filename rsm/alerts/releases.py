"""The door to releases: a pack on its way at a site, from draft over shadow to live and retired.

Each step holds the release's row, looks at the state that it is in, and is audited; whoever comes
second is told so. Whoever asks for a pack to go live never decides on it: a CHECK keeps that too.
What has to fit across rooms before a pack goes live stands in `rsm.flow.release`.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from uuid import UUID

from rsm.alerts import releases_store as store
from rsm.alerts.packs import parse_pack, whole_text
from rsm.alerts.schema import RulePack
from rsm.alerts.states import ReleaseState
from rsm.alerts.tables import RuleRelease
from rsm.db.work import Tx
from rsm.kernel.documents import Source
from rsm.kernel.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from rsm.kernel.words import ActorKind, Pin
from rsm.security.audit import Subject, record

REASON_AT_MOST = 2000  # characters
_LARGEST = 200_000  # characters: a pack has some hundreds of lines
_OPEN = (ReleaseState.DRAFT, ReleaseState.SHADOW)
_NOT_ASKED: dict[str, object] = {"asked_by": None, "asked_at": None, "reason": None}


class Why(StrEnum):
    """Why a step was not taken: each has its words on the page."""

    MOVED = "moved"  # it is in another state by now
    CHANGED = "changed"  # another text, another live pack, than was looked at
    SHADOW_TAKEN = "shadow_taken"  # the site has another pack in shadow
    SAME_AS_LIVE = "same_as_live"  # this content judges already


_WORDS = {
    Why.MOVED: "somebody was faster: it is not in that state any more",
    Why.CHANGED: "somebody changed it, or the pack in force, meanwhile: look again",
    Why.SHADOW_TAKEN: "another pack of the site runs in shadow: withdraw it first",
    Why.SAME_AS_LIVE: "this very content is in force already",
}


class NotTaken(Conflict):
    """The step was not taken, and nothing changed."""

    def __init__(self, why: Why) -> None:
        self.why = why
        super().__init__(_WORDS[why])


@dataclass(frozen=True)
class ReleaseView:
    """One release as it stands. `body` is the whole TOML, parts included."""

    id: UUID
    site_id: UUID
    pin: Pin
    title: str
    body: str
    state: ReleaseState
    author_id: UUID
    drafted_at: datetime
    shadow_since: datetime | None
    asked_by: UUID | None
    asked_at: datetime | None
    reason: str | None
    decided_by: UUID | None
    decided_at: datetime | None
    retired_at: datetime | None
    retired_by: UUID | None

    @property
    def is_open(self) -> bool:
        """Whether it may still go live."""
        return self.state in _OPEN

    @property
    def is_asked(self) -> bool:
        """Whether it waits for a second person."""
        return self.is_open and self.asked_at is not None

    @property
    def was_live(self) -> bool:
        return self.decided_at is not None


def pack_of(release: ReleaseView) -> tuple[RulePack, Source]:
    """The pack, and where its lines stand. Raises `Invalid` when parts of it changed meanwhile."""
    return _parsed(release.body)


@lru_cache(maxsize=16)
def _parsed(body: str) -> tuple[RulePack, Source]:
    """The same text gives the same pack, so that it is made ready to judge by only once."""
    return parse_pack(body, "pack")


# --- a draft -------------------------------------------------------------------------------------


def draft(tx: Tx, site_id: UUID, text: str) -> ReleaseView:
    """A new draft from a pack's TOML. Raises `Invalid` for what is no pack; whether it fits the
    site is looked at later: a draft may have flaws."""
    values = {
        **_content(text),
        "site_id": site_id,
        "state": ReleaseState.DRAFT,
        "author_id": _person(tx),
        "drafted_at": tx.now,
    }
    release = get(tx, store.add(tx, values))
    _note(tx, "release.drafted", release)
    return release


def change(tx: Tx, release_id: UUID, text: str, seen: str) -> ReleaseView:
    """Another text for a draft; `seen` is the hash of the one that the editor had.

    A request to let it go live ends with it: nobody agrees to what she has not read.
    """
    release = _held(tx, release_id, ReleaseState.DRAFT)
    if release.pin.hash != seen:
        raise NotTaken(Why.CHANGED)
    store.change(tx, release_id, _content(text) | _NOT_ASKED)
    return _changed(tx, "release.changed", release)


def _content(text: str) -> dict[str, object]:
    """What is kept of a text; all of it stands in it, so that no other file changes it later."""
    if len(text) > _LARGEST:
        raise Invalid(Problem("pack", f"is longer than {_LARGEST} characters"))
    pack, _ = parse_pack(text, "pack")
    body = whole_text(text, "pack")
    return {"rule_pack": pack.pin.document, "title": pack.title, "body": body}


# --- its way -------------------------------------------------------------------------------------


def start_shadow(tx: Tx, release_id: UUID) -> ReleaseView:
    """Judged silently beside the live pack from now on; its text is fixed from now on."""
    release = _held(tx, release_id, ReleaseState.DRAFT)
    values = {"state": ReleaseState.SHADOW, "shadow_since": tx.now}
    if not store.take_place(tx, release_id, values):
        raise NotTaken(Why.SHADOW_TAKEN)
    return _changed(tx, "release.shadow", release)


def ask(tx: Tx, release_id: UUID, reason: str) -> ReleaseView:
    """Ask a second person to let it go live, and say why. Raises `Invalid` without a reason."""
    words = reason.strip()
    if not words:
        raise Invalid(Problem("reason", "is missing", "say why it is to go live"))
    if len(words) > REASON_AT_MOST:
        raise Invalid(Problem("reason", f"is longer than {REASON_AT_MOST} characters"))
    release = _held(tx, release_id, *_OPEN)
    if release.is_asked:
        raise NotTaken(Why.MOVED)
    values = {"asked_by": _person(tx), "asked_at": tx.now, "reason": words}
    store.change(tx, release_id, values)
    return _changed(tx, "release.asked", release)


def take_back(tx: Tx, release_id: UUID) -> ReleaseView:
    """The request ends without a decision: by whoever asked, or by whoever would not agree."""
    release = _held(tx, release_id, *_OPEN)
    if not release.is_asked:
        raise NotTaken(Why.MOVED)
    store.change(tx, release_id, dict(_NOT_ASKED))
    own = release.asked_by == tx.actor.id
    return _changed(tx, "release.taken_back" if own else "release.not_agreed", release)


def withdraw(tx: Tx, release_id: UUID) -> ReleaseView:
    """It will not go live. What a pack in shadow found stays on record."""
    release = _held(tx, release_id, *_OPEN)
    values = {"state": ReleaseState.RETIRED, "retired_at": tx.now, "retired_by": _person(tx)}
    store.change(tx, release_id, values)
    return _changed(tx, "release.withdrawn", release)


def to_decide(tx: Tx, release_id: UUID, seen: str) -> ReleaseView:
    """Hold a release that somebody else asked for; `seen` is the hash of what was read.

    Raises `NotAllowed` for whoever asked for it herself.
    """
    release = _held(tx, release_id, *_OPEN)
    if not release.is_asked:
        raise NotTaken(Why.MOVED)
    if release.asked_by == _person(tx):
        raise NotAllowed("whoever asked for a release does not decide on it")
    if release.pin.hash != seen:
        raise NotTaken(Why.CHANGED)
    return release


def go_live(tx: Tx, release: ReleaseView, over: Pin) -> ReleaseView:
    """The caller holds it (`to_decide`) and the site: it is live, and the former one retired.

    `over` is what was in force: the trail keeps it, since a site's first pack has no release.
    """
    former, person = store.in_state(tx, release.site_id, ReleaseState.LIVE), _person(tx)
    if former is not None:
        values = {"state": ReleaseState.RETIRED, "retired_at": tx.now, "retired_by": person}
        store.change(tx, former.id, values)
        _note(tx, "release.retired", _view(former))
    decided = {"state": ReleaseState.LIVE, "decided_by": person, "decided_at": tx.now}
    if not store.take_place(tx, release.id, decided):
        raise NotTaken(Why.MOVED)
    facts = {"asked_by": release.asked_by, "over": f"{over.key} {over.version} {over.hash}"}
    return _changed(tx, "release.live", release, **facts)


# --- reading -------------------------------------------------------------------------------------


def get(tx: Tx, release_id: UUID) -> ReleaseView:
    """The release; `NotFound` when it is not in scope."""
    row = store.one(tx, release_id)
    if row is None:
        raise NotFound("no such release")
    return _view(row)


def of_site(tx: Tx, site_id: UUID) -> list[ReleaseView]:
    """All of the site, the newest first."""
    return [_view(row) for row in store.of_site(tx, site_id)]


# --- helpers -------------------------------------------------------------------------------------


def _held(tx: Tx, release_id: UUID, *states: ReleaseState) -> ReleaseView:
    row = store.one(tx, release_id, lock=True)
    if row is None:
        raise NotFound("no such release")
    if row.state not in states:
        raise NotTaken(Why.MOVED)
    return _view(row)


def _person(tx: Tx) -> UUID:
    if tx.actor.kind is not ActorKind.STAFF or tx.actor.id is None:
        raise NotAllowed("a release is the decision of people")
    return tx.actor.id


def _changed(tx: Tx, action: str, release: ReleaseView, **facts: object) -> ReleaseView:
    changed = get(tx, release.id)
    _note(tx, action, changed, **facts)
    return changed


def _note(tx: Tx, action: str, release: ReleaseView, **facts: object) -> None:
    subject = Subject("rule_release", release.id)
    record(tx, action, subject, release.site_id, **release.pin.document, **facts)


def _view(row: RuleRelease) -> ReleaseView:
    names = (name for name in ReleaseView.__dataclass_fields__ if name != "pin")
    return ReleaseView(pin=Pin.of(row.rule_pack), **{name: getattr(row, name) for name in names})
