"""The door to links: a token opens one survey, is never stored, and is derived when it is sent.

A token is an HMAC over occurrence and serial under a key of the ring, cut to 160 bits; only its
hash is kept. A link is spent when its survey is finished, never by being opened (P9).
"""

import base64
import hashlib
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from rsm.db.work import NOWHERE, Database, Tx
from rsm.invitations import store
from rsm.invitations.model import BIRTH_TRIES, HERS, Door, Hand, LinkView, Resolved
from rsm.kernel.errors import NotFound
from rsm.kernel.vault import Vault
from rsm.kernel.words import Actor, ActorKind
from rsm.schedules.model import OccurrenceView
from rsm.security.audit import Subject, record

BIRTH_LOCK = timedelta(minutes=15)
_TOKEN_BYTES = 20
_TOKEN = re.compile(r"[a-z2-7]{32}")


def issue(tx: Tx, occurrence: OccurrenceView, hand: Hand = HERS) -> int:
    """A new link to the survey; returns its serial, from which `url` derives the address."""
    serial = store.next_serial(tx, occurrence.id)
    ring_key = tx.vault.current
    token = _token(tx.vault, ring_key, occurrence.id, serial)
    store.add(tx, occurrence, serial, (ring_key, hash_of(token)), hand)
    subject = Subject("occurrence", occurrence.id, occurrence.patient_id)
    facts = {} if hand.door is Door.PATIENT else {"door": hand.door, "proxy": hand.proxy_id}
    record(tx, "link.issued", subject, occurrence.site_id, serial=serial, **facts)
    return serial


def url(tx: Tx, occurrence_id: UUID, serial: int, base_url: str) -> str:
    """The address of a link that was issued, derived again: for sending and redirecting only."""
    ring_key = store.ring_key(tx, occurrence_id, serial)
    if ring_key is None:
        raise NotFound("no such link")
    return f"{base_url}/s/{_token(tx.vault, ring_key, occurrence_id, serial)}"


def urls(tx: Tx, links: Collection[tuple[UUID, int]], base_url: str) -> dict[tuple[UUID, int], str]:
    """As `url`, for many by occurrence and serial; what was never issued is left out."""
    known = store.ring_keys(tx, links) if links else {}
    return {
        each: f"{base_url}/s/{_token(tx.vault, known[each], *each)}"
        for each in links
        if each in known
    }


def resolve(db: Database, token: str) -> Resolved | None:
    """Whose link this is, or None: nobody learns whether it was a link once."""
    with db.begin(NOWHERE) as tx:
        return find(tx, token)


@contextmanager
def enter(db: Database, token: str) -> Iterator[tuple[Tx, Resolved]]:
    """A transaction of the patient's whose link this is; `NotFound` for what is no link."""
    if not _TOKEN.fullmatch(token):
        raise NotFound("no such link")
    with db.begin_as(store.LOOK_UP, {"hash": hash_of(token)}) as (tx, row):
        if row is None:
            raise NotFound("no such link")
        found = Resolved(*row)
        tx.actor = Actor(ActorKind.PATIENT, found.patient_id)
        yield tx, found


def find(tx: Tx, token: str) -> Resolved | None:
    """Whose link this is, in a transaction that sees no site, or hers only."""
    return store.find(tx, hash_of(token)) if _TOKEN.fullmatch(token) else None


def link(tx: Tx, link_id: UUID) -> LinkView:
    found = store.link(tx, link_id)
    if found is None:
        raise NotFound("no such link")
    return found


def latest(tx: Tx, occurrence_id: UUID, door: Door = Door.PATIENT) -> LinkView | None:
    """The newest link to the survey through this door that was not revoked."""
    return store.latest(tx, occurrence_id, door)


def revoke_all(tx: Tx, patient_id: UUID, door: Door = Door.PATIENT) -> None:
    """None of the patient's own links opens anything any more, or none of that door."""
    for link_id, site_id in store.revoke_all(tx, patient_id, door):
        _note_revoked(tx, link_id, patient_id, site_id)


def revoke(tx: Tx, seen: LinkView) -> None:
    """This link opens nothing any more."""
    if seen.revoked_at is None:
        store.change(tx, seen.id, {"revoked_at": tx.now})
        _note_revoked(tx, seen.id, seen.patient_id, seen.site_id)


def extend(tx: Tx, seen: LinkView, until: datetime) -> None:
    """It was used: it opens until then."""
    store.change(tx, seen.id, {"expires_at": until})


def _note_revoked(tx: Tx, link_id: UUID, patient_id: UUID, site_id: UUID) -> None:
    record(tx, "link.revoked", Subject("link", link_id, patient_id), site_id)


def lock_for_birth_date(tx: Tx, link_id: UUID) -> LinkView:
    """Take the link's row before a birth date is compared, so that tries cannot run abreast."""
    found = store.link(tx, link_id, lock=True)
    if found is None:
        raise NotFound("no such link")
    return found


def note_birth_date(tx: Tx, seen: LinkView, matched: bool) -> LinkView:
    """Count a try: after five that failed the link shows no earlier answers for 15 minutes."""
    failures = 0 if matched else BIRTH_TRIES - seen.tries_left(tx.now) + 1
    locked = failures >= BIRTH_TRIES
    store.change(
        tx,
        seen.id,
        {
            "birth_failures": 0 if locked else failures,
            "birth_locked_until": tx.now + BIRTH_LOCK if locked else None,
        },
    )
    action = "birth_date.matched" if matched else "birth_date.refused"
    record(tx, action, Subject("link", seen.id, seen.patient_id), seen.site_id, locked=locked)
    return link(tx, seen.id)


def hash_of(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).digest()


def _token(vault: Vault, ring_key: str, occurrence_id: UUID, serial: int) -> str:
    message = occurrence_id.bytes + serial.to_bytes(4, "big")
    digest = vault.mac(ring_key, "link", message)[:_TOKEN_BYTES]
    return base64.b32encode(digest).decode().lower()
