"""Whose a questionnaire is: a key belongs to the site that first published something under it.

What comes with us belongs to nobody, and so does what was on the shelf before somebody asked.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import cast
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from rsm.db.work import Tx
from rsm.instruments import library
from rsm.instruments.draft_edits import slug
from rsm.instruments.tables import InstrumentOwner, InstrumentVersion
from rsm.kernel.errors import NotAllowed, NotFound, Problem
from rsm.sites import service as sites

_LONGEST_KEY = 40  # of what is copied; its copy has the name of its site besides
_MEND = "take a copy under a key of your own"


@dataclass(frozen=True)
class Publisher:
    """For whom something is published: a new key is this `site`'s.

    `sites` are those at which whoever publishes may do it, `ours` says whether she may as well
    publish what belongs to no site.
    """

    site: UUID
    sites: frozenset[UUID]
    ours: bool = False


@dataclass(frozen=True)
class Whose:
    """Who may publish under a key. It is `free` before the first version; `site` None: nobody's."""

    key: str
    free: bool = False
    site: UUID | None = None
    site_name: str = ""

    def lets(self, by: Publisher) -> bool:
        """Whether they may publish a further version, or retire one."""
        if self.free:
            return by.site in by.sites
        return self.site in by.sites if self.site else by.ours


def whose(tx: Tx, key: str) -> Whose:
    """Whom the key belongs to."""
    if key in library.shipped():
        return Whose(key)
    # One statement: what another site publishes between two would be on the shelf, and nobody's.
    owner = select(InstrumentOwner.site_id).where(InstrumentOwner.key == key).scalar_subquery()
    shelved = select(InstrumentVersion.key).where(InstrumentVersion.key == key).exists()
    found, taken = tx.session.execute(select(owner, shelved)).one()
    if site := cast("UUID | None", found):
        return Whose(key, site=site, site_name=_name(tx, site))
    return Whose(key, free=not taken)


def problem(found: Whose, by: Publisher, where: str = "key") -> Problem | None:
    """Why they may not publish under it; None when they may."""
    if found.lets(by):
        return None
    if found.free:
        return Problem(where, "may not be published from here", "ask a manager of this site")
    if found.site is None:
        what = f"“{found.key}” comes with this system: only an administrator publishes it"
        return Problem(where, what, _MEND)
    what = f"“{found.key}” belongs to {found.site_name}: only its managers publish and retire it"
    return Problem(where, what, _MEND)


def claim(tx: Tx, key: str, by: Publisher) -> Problem | None:
    """Take the key for their site if it is free; why they may not publish under it, if so.

    Of two sites that publish under the same new key at once, one waits here and is refused.
    """
    found = whose(tx, key)
    if found.free and found.lets(by):
        row = {"key": key, "site_id": by.site, "since": tx.now}
        tx.session.execute(insert(InstrumentOwner).values(**row).on_conflict_do_nothing())
        found = whose(tx, key)
    return problem(found, by)


def require(tx: Tx, key: str, by: Publisher) -> None:
    """Raise `NotAllowed`, which says whose it is, unless they may publish and retire it."""
    if wrong := problem(whose(tx, key), by):
        raise NotAllowed(f"{wrong.what}; {wrong.mend}")


def free_key(tx: Tx, key: str, site_id: UUID) -> str:
    """A key for this site's own copy of what stands under `key`."""
    return next(each for each in _keys(key, _name(tx, site_id)) if whose(tx, each).free)


def _keys(key: str, name: str) -> Iterator[str]:
    base = slug(f"{key[:_LONGEST_KEY]} {name}")
    yield base
    for number in count(2):
        yield f"{base}-{number}"


def _name(tx: Tx, site_id: UUID) -> str:
    try:
        return sites.get(tx, site_id).name
    except NotFound:
        return "another site"
