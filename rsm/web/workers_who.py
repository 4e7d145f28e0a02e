"""Whose list and figures a page shows, and who may see what of them.

Figures of one worker are for herself and for managers. Her list is for whoever may see patients:
somebody stands in for her when she is away.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from rsm.kernel.errors import NotAllowed, NotFound
from rsm.patients import workers
from rsm.security import staff
from rsm.security.model import Permission
from rsm.web.auth import Desk
from rsm.web.staff_words import word
from rsm.web.views.common import Link

NOBODY = "nobody"


@dataclass(frozen=True)
class Who:
    """One worker of the desk's site, or nobody (`id` None)."""

    id: UUID | None
    name: str
    url: str


def worker_url(site_id: UUID, worker: UUID | None, *more: str) -> str:
    """Where a worker's pages are."""
    return "/".join((f"/sites/{site_id}/workers/{worker or NOBODY}", *more))


def named(desk: Desk, worker: str, language: str) -> Who:
    """Whom the address names. Raises `NotFound` for somebody who has to do with no patient here."""
    site_id = desk.staff.site_id
    if worker == NOBODY:
        return Who(None, word("workers", "nobody_short", language), worker_url(site_id, None))
    try:
        who = UUID(worker)
    except ValueError:
        raise NotFound("nobody of this site") from None
    if who not in staff.at_site(desk.tx, site_id) and not workers.count(desk.tx, site_id, who):
        raise NotFound("nobody of this site")
    return Who(who, staff.get(desk.tx, who).name, worker_url(site_id, who))


def left_behind(desk: Desk, language: str) -> Iterator[Link]:
    """For managers: patients of somebody who has left, and where they are handed over."""
    site_id = desk.staff.site_id
    if desk.staff.may(Permission.MANAGE_SITE) and (count := workers.left_behind(desk.tx, site_id)):
        words = word("workers", f"behind_{'one' if count == 1 else 'other'}", language)
        yield Link(words.format(count=count), f"/sites/{site_id}/workers")


def may_see_figures(desk: Desk, worker: UUID | None) -> bool:
    return desk.staff.staff_id == worker or desk.staff.may(Permission.MANAGE_SITE)


def require_figures(desk: Desk, worker: UUID | None) -> None:
    """Raises `NotAllowed` for a colleague's figures."""
    if not may_see_figures(desk, worker):
        raise NotAllowed("a worker's figures are for herself and for managers")


def may_hand_over(desk: Desk, worker: UUID | None) -> bool:
    """A manager may, and whoever changes patients may give away her own."""
    own = desk.staff.staff_id == worker and desk.staff.may(Permission.ENROL)
    return own or desk.staff.may(Permission.MANAGE_SITE)
