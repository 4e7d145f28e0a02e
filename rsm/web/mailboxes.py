"""The demo's mailboxes, beside their owners' phones: the text part, its links to be clicked."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from rsm.web.phone_owners import Owner
from rsm.web.ports import MailItem
from rsm.web.views.demo import MailPreview, Phone, link_pieces

Boxes = Mapping[str, Sequence[MailItem]]
Shelf = dict[Owner, tuple[str, Sequence[MailItem]]]


def by_owner(boxes: Boxes, owner: Callable[[str], Owner]) -> Shelf:
    """Each owner's address and mails, the newest mailbox first."""
    newest = sorted(boxes.items(), key=lambda box: box[1][-1].at, reverse=True)
    return {owner(address): (address, mails) for address, mails in newest if mails}


def beside(phone: Phone, owner: Owner, shelf: Shelf) -> Phone:
    """The phone with its owner's mailbox, which is taken off the shelf."""
    address, mails = shelf.pop(owner, ("", ()))
    return Phone(**vars(phone) | {"address": address, "mails": previews(mails)})


def alone(owner: Owner, shelf: Shelf) -> Phone:
    """The mailbox of somebody whose phone has had no text."""
    nothing = Phone(owner=owner.name, number="", note=owner.note, messages=(), reply_action="")
    return beside(nothing, owner, shelf)


def last_of(owner: Owner, shelf: Shelf) -> datetime:
    """When the newest mail came."""
    return shelf[owner][1][-1].at


def previews(mails: Sequence[MailItem]) -> tuple[MailPreview, ...]:
    """The newest first."""
    return tuple(_preview(mail) for mail in reversed(mails))


def _preview(mail: MailItem) -> MailPreview:
    paragraphs = mail.text.removesuffix("\n").split("\n\n")
    shown = (" ".join(one.removeprefix("-- \n").split()) for one in paragraphs)
    return MailPreview(mail.subject, tuple(link_pieces(one) for one in shown), mail.at)
