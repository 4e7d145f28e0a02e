"""What differs where a link is not in the patient's own hands: her proxy's, or the clinic's tablet.

A proxy sees what she herself gave, and nothing of the patient's. A tablet goes from hand to hand:
its link ends by use and by time, and what was on it is gone with it.
"""

from dataclasses import replace

from rsm.db.work import Tx
from rsm.invitations import service as invitations
from rsm.invitations.model import TABLET_STAYS, Door, LinkView, Resolved
from rsm.kernel.words import Actor, ActorKind, Channel
from rsm.web.views.patient import DoneView

CHANNELS = {Door.PATIENT: Channel.WEB, Door.PROXY: Channel.WEB, Door.TABLET: Channel.TABLET}


def standing_link(tx: Tx, found: Resolved, *, changes: bool) -> LinkView:
    """The link as it stands. Of one that can be taken away, a change waits for whoever does:
    so it is read while the patient's row is held.
    """
    seen = invitations.link(tx, found.link_id)
    if seen.door is Door.PATIENT:
        return seen
    if seen.proxy_id is not None:
        tx.actor = Actor(ActorKind.PROXY, seen.proxy_id)
    if seen.is_over(tx.now):
        return replace(seen, revoked_at=seen.revoked_at or seen.expires_at)
    if changes and seen.door is Door.TABLET:
        invitations.extend(tx, seen, tx.now + TABLET_STAYS)
    return seen


def is_hers(link: LinkView) -> bool:
    """Whether the link is in the patient's own hands, and opens."""
    return link.door is Door.PATIENT and link.revoked_at is None


def give_back_url(link: LinkView, token: str) -> str:
    """Where a tablet in use is given back; empty elsewhere."""
    in_use = link.door is Door.TABLET and link.revoked_at is None
    return f"/s/{token}/give-back" if in_use else ""


def without_hers(link: LinkView, view: DoneView) -> DoneView:
    """A proxy's thanks: nothing of the patient's own number, weeks or page."""
    if link.door is not Door.PROXY:
        return view
    return replace(view, call_ending="", history_url="", histories=())
