"""The number that a site sends from: a STOP was said to the site, not to one of its numbers."""

from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.words import Audience, Channel
from rsm.messaging import optouts
from rsm.messaging.incoming import InboundView
from rsm.messaging.mail_paths import check_sender
from rsm.sites import service as sites


def present(tx: Tx, text: InboundView, channel: Channel = Channel.SMS) -> str:
    """The number that a word about texts, or about calls, counts for: in an old thread, the one
    that took over."""
    where = text.origin
    return sites.sender(tx, where.site_id, where.audience, channel) or text.to


def change(tx: Tx, site_id: UUID, audience: Audience, channel: Channel, address: str) -> None:
    """Send from this number from now on; every STOP that stands goes with it (P8).

    Raises `Invalid` for what is no number, `Conflict` for one that serves another.
    """
    if channel is Channel.EMAIL:
        check_sender(address)
    former = sites.sender(tx, site_id, audience, channel)
    sites.set_sender(tx, site_id, audience, channel, address)
    latter = sites.sender(tx, site_id, audience, channel)
    if former is not None and latter is not None and former != latter:
        optouts.carry_over(tx, former, latter, channel)
