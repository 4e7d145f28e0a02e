"""The number that a site sends from: a STOP was said to the site, not to one of its numbers.

Where the number of the texts to staff calls them as well, a STOP to it ends both.
"""

from collections.abc import Mapping

from rsm.db.work import Tx
from rsm.kernel.words import Channel
from rsm.messaging import optouts
from rsm.messaging.incoming import InboundView
from rsm.messaging.ledger import OptAction, OptLine, OptSource
from rsm.messaging.mail_paths import check_sender
from rsm.sites import service as sites
from rsm.sites.model import Address
from rsm.sites.senders import SenderSettings


def present(tx: Tx, text: InboundView, channel: Channel = Channel.SMS) -> str:
    """The number that a word about texts, or about calls, counts for: in an old thread, the one
    that took over."""
    return in_place_of(tx, text.to, Address(text.origin.site_id, text.origin.audience, channel))


def in_place_of(tx: Tx, sender: str, whose: Address) -> str:
    """What the site sends from now where it sent from this number or address: the same, mostly."""
    return sites.sender(tx, whose.site_id, whose.audience, whose.channel) or sender


def said_by(tx: Tx, text: InboundView, action: OptAction) -> OptLine:
    """What this text says to the ledger, of its number alone: no channel of a patient's follows."""
    return OptLine(
        site_id=text.origin.site_id,
        address_hash=text.sender_hash,
        sender=present(tx, text),
        action=action,
        source=OptSource.TEXT if text.keyword is None else OptSource.PROVIDER,
    )


def meant_by(tx: Tx, whose: Address) -> tuple[Channel, ...]:
    """What a STOP or START to this number is about: calls too, where the site calls from it."""
    if whose.channel is not Channel.SMS:
        return (whose.channel,)
    numbers = _numbers(tx, whose)
    return (Channel.SMS, Channel.VOICE) if _calls(numbers) else (Channel.SMS,)


def change(tx: Tx, whose: Address, address: str, settings: SenderSettings | None = None) -> None:
    """Send from this number from now on; every STOP that stands goes with it (P8).

    Raises `Invalid` for what is no number, `Conflict` for one that serves another.
    """
    if whose.channel is Channel.EMAIL:
        check_sender(address)
    sites.hold(tx, whose.site_id)
    former = _numbers(tx, whose)
    sites.set_sender(tx, whose.site_id, whose.audience, whose.channel, address, settings)
    latter = _numbers(tx, whose)
    for channel in sorted(former.keys() & latter.keys()):
        if former[channel] != latter[channel]:
            optouts.carry_over(tx, former[channel], latter[channel], channel)
    if _calls(latter) and not _calls(former):
        number = latter[Channel.SMS]
        optouts.carry_over(tx, number, number, Channel.SMS, onto=Channel.VOICE)


def _numbers(tx: Tx, whose: Address) -> Mapping[Channel, str]:
    """What the site sends from by this channel; with its texts, what it calls from."""
    wanted = {whose.channel, Channel.VOICE} if whose.channel is Channel.SMS else {whose.channel}
    known = {each: sites.sender(tx, whose.site_id, whose.audience, each) for each in wanted}
    return {channel: number for channel, number in known.items() if number is not None}


def _calls(numbers: Mapping[Channel, str]) -> bool:
    """Whether the number of the texts is the one that calls."""
    texts = numbers.get(Channel.SMS)
    return texts is not None and texts == numbers.get(Channel.VOICE)
