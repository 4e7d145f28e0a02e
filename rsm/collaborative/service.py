"""The door to the collaborative: what was agreed, whose files are believed, who of ours takes part.

A site takes part because its manager says so, under a code; it is named to others only if its
manager agrees to that as well, and both can be taken back at any time.
"""

import re
from uuid import UUID

from rsm.collaborative import shared_store, signing, store
from rsm.collaborative.model import (
    MONTHS,
    Collaborative,
    Member,
    Onboarding,
    OwnKey,
    Participation,
)
from rsm.collaborative.tables import CollaborativeMember
from rsm.db.work import Tx
from rsm.kernel.errors import Conflict, Invalid, NotFound, Problem
from rsm.kernel.ids import new_code
from rsm.security.audit import Subject, record
from rsm.sites import service as sites

LONGEST_NAME = 80
_KEY = re.compile(r"[a-z][a-z0-9-]{1,39}")
_CODE_LENGTH = 5
_CONTEXT = "collaborative.key:{}"


# --- what was agreed -----------------------------------------------------------------------------


def find(tx: Tx) -> Collaborative | None:
    """The collaborative of this installation, if it is in one."""
    row = store.collaborative(tx)
    return None if row is None else Collaborative(row.id, row.key, row.name, row.months)


def the(tx: Tx, *, lock: bool = False) -> Collaborative:
    """The same; `NotFound` where nothing was agreed yet. `lock`: whoever takes files in waits."""
    row = store.collaborative(tx, lock=lock)
    if row is None:
        raise NotFound("no collaborative is set up here")
    return Collaborative(row.id, row.key, row.name, row.months)


def agree(tx: Tx, key: str, name: str, months: int) -> Collaborative:
    """Set it up, once: all members use the same key and length of period.

    Raises `Invalid` with every problem, `Conflict` when there is one.
    """
    key, name = key.strip(), " ".join(name.split())
    problems = []
    if not _KEY.fullmatch(key):
        mend = "two to forty small letters, digits and hyphens"
        problems.append(Problem("key", "does not have the form", mend))
    if not 0 < len(name) <= LONGEST_NAME:
        problems.append(Problem("name", f"has to be 1 to {LONGEST_NAME} characters"))
    if months not in MONTHS:
        problems.append(Problem("months", f"is one of {', '.join(map(str, MONTHS))}"))
    if problems:
        raise Invalid(problems)
    if not store.add_collaborative(
        tx, {"key": key, "name": name, "months": months, "created_by": tx.actor.id}
    ):
        raise Conflict("a collaborative is set up already")
    made = the(tx)
    record(tx, "collaborative.agreed", Subject("collaborative", made.id), months=months)
    return made


# --- the own key ---------------------------------------------------------------------------------


def own_key(tx: Tx) -> OwnKey | None:
    """The public half of what this installation signs with."""
    row = store.own_key(tx)
    if row is None:
        return None
    return OwnKey(row.id, row.public, signing.fingerprint(row.public), row.made_at)


def new_key(tx: Tx) -> OwnKey:
    """Draw a key; a former one signs no more. The other members must enter the new one."""
    key_id, private = tx.new_id(), tx.ids.bytes(signing.KEY_BYTES)
    public = signing.public_of(private)
    store.retire_key(tx)
    store.add_key(tx, key_id, public, tx.vault.seal(private, _CONTEXT.format(key_id)))
    made = OwnKey(key_id, public, signing.fingerprint(public), tx.now)
    subject = Subject("collaborative_key", key_id)
    record(tx, "collaborative.key_made", subject, fingerprint=made.fingerprint)
    return made


def signing_key(tx: Tx) -> OwnKey:
    """As `own_key`. Raises `Invalid` without one."""
    key = own_key(tx)
    if key is None:
        mend = "make one, and send its public half to the other members"
        raise Invalid(Problem("key", "this installation has no key yet", mend))
    return key


def sign(tx: Tx, content: bytes) -> bytes:
    """Our signature. Raises `Invalid` without a key."""
    row = store.own_key(tx)
    if row is None:
        raise Invalid(Problem("key", "this installation has no key yet"))
    private = tx.vault.open(row.sealed, _CONTEXT.format(row.id))
    return signing.sign(private, content)


# --- members -------------------------------------------------------------------------------------


def members(tx: Tx) -> tuple[Member, ...]:
    """By name, those who left included."""
    return tuple(
        Member(
            id=row.id,
            name=row.name,
            public=row.public,
            fingerprint=row.fingerprint,
            added_at=row.added_at,
            ended_at=row.ended_at,
            last_period=period,
            last_received=received,
        )
        for row, period, received in store.members(tx)
    )


def add_member(tx: Tx, name: str, public: str, heard: str) -> UUID:
    """Believe this installation's files from now on.

    `heard` is the fingerprint as a person there read it out: the key may have come by any way.
    Raises `Invalid` with every problem, `Conflict` for a key that was entered before.
    """
    name, problems = " ".join(name.split()), []
    if not 0 < len(name) <= LONGEST_NAME:
        problems.append(Problem("name", f"has to be 1 to {LONGEST_NAME} characters"))
    try:
        key = signing.read_public(public)
    except Invalid as error:
        raise Invalid([*problems, *error.problems]) from None
    fingerprint = signing.fingerprint(key)
    if re.sub(r"[\s:-]", "", heard).lower() != fingerprint:
        mend = "ring them up, and let them read it from their page: it has twenty digits"
        problems.append(Problem("heard", "is not the fingerprint of this key", mend))
    if key in store.own_publics(tx):
        problems.append(Problem("public", "is the key of this installation", "paste theirs"))
    if problems:
        raise Invalid(problems)
    values = {"name": name, "public": key, "fingerprint": fingerprint}
    member_id = store.add_member(tx, values)
    if member_id is None:
        raise Conflict("this key is, or was, a member's already: let them make a new one")
    subject = Subject("collaborative_member", member_id)
    record(tx, "collaborative.member_added", subject, fingerprint=fingerprint)
    return member_id


def end_member(tx: Tx, member_id: UUID) -> None:
    """Its files are believed no more, and what it sent is shown no more."""
    store.collaborative(tx, lock=True)  # a file of the member that is being taken in goes as well
    if not store.end_member(tx, member_id):
        raise NotFound("no such member")
    record(tx, "collaborative.member_ended", Subject("collaborative_member", member_id))


def signer(tx: Tx, fingerprint: str) -> CollaborativeMember:
    """The member who has that key. Raises `Invalid` for nobody, and for one that is out."""
    row = store.member_known_by(tx, fingerprint)
    if row is None:
        what = f"`{fingerprint[:40]}` is not the key of a member"
        mend = "enter the member's public key first, and compare its fingerprint on the phone"
        raise Invalid(Problem("key", what, mend))
    if row.ended_at is not None:
        raise Invalid(Problem("key", "is that of a member who is out", "add the member anew"))
    return row


# --- the sites of this installation --------------------------------------------------------------


def participation(tx: Tx, site_id: UUID) -> Participation | None:
    """The site's part; None while it takes none. The transaction must see the site."""
    row = shared_store.own_site(tx, site_id)
    if row is None or row.left_at is not None:
        return None
    return Participation(row.site_id, row.code, row.named, row.joined_at)


def taking_part(tx: Tx, site_id: UUID) -> Participation:
    """The same; `NotFound` while it takes none."""
    found = participation(tx, site_id)
    if found is None:
        raise NotFound("this site takes no part in a collaborative")
    return found


def join(tx: Tx, site_id: UUID) -> Participation:
    """Share the site's figures under a code from now on; to be named is asked apart."""
    the(tx)
    if participation(tx, site_id) is None:
        shared_store.put_site(tx, site_id, new_code(tx.ids, _CODE_LENGTH))
        record(tx, "collaborative.joined", Subject("site", site_id), site_id)
    tx.session.expire_all()
    return taking_part(tx, site_id)


def leave(tx: Tx, site_id: UUID) -> None:
    """Share nothing any more: at once nobody is shown what was."""
    found = taking_part(tx, site_id)
    shared_store.withdraw_offers(tx, found.code)
    shared_store.change_site(tx, site_id, {"left_at": tx.now, "named": False})
    record(tx, "collaborative.left", Subject("site", site_id), site_id)


def set_named(tx: Tx, site_id: UUID, *, named: bool) -> None:
    """Agree to be named to the other members, or take that back."""
    if taking_part(tx, site_id).named == named:
        return
    shared_store.change_site(tx, site_id, {"named": named})
    action = "collaborative.named" if named else "collaborative.coded"
    record(tx, action, Subject("site", site_id), site_id)


def names(tx: Tx) -> dict[str, str | None]:
    """Code → name where it was agreed: of every site that takes part."""
    own = {code: name for code, name, _ in shared_store.shared_sites(tx)}
    return shared_store.foreign_names(tx) | own


def onboarding(tx: Tx) -> tuple[Onboarding, ...]:
    """How far each site has come: ours by their names, others' as their newest file says."""
    ours = [Onboarding(*each) for each in shared_store.onboarding(tx)]
    theirs = [
        Onboarding(row.name or row.code, row.stage, row.issued_at)
        for row in shared_store.foreign_sites(tx)
    ]
    return (*ours, *theirs)


def own_name(tx: Tx, site_id: UUID) -> str:
    return sites.get(tx, site_id).name
