"""Does this address work: an e-mail to a member of staff, with the link that proves it.

Only where her site writes e-mails to its staff. The link is derived when the mail leaves, like a
survey's: the outbox holds only until when it is good (decision 8).
"""

from datetime import datetime
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.errors import Conflict
from rsm.kernel.words import Audience, Channel
from rsm.messaging import service as messaging
from rsm.messaging.model import Draft, Lane, MessageView
from rsm.security import email_proof, staff
from rsm.sites import service as sites

PURPOSE = "staff_email_check"


def can_ask(tx: Tx, site_id: UUID) -> bool:
    """Whether the site writes e-mails to its staff at all."""
    return sites.sender(tx, site_id, Audience.STAFF, Channel.EMAIL) is not None


def ask(tx: Tx, site_id: UUID, staff_id: UUID) -> bool:
    """Send her the link; False when she was sent one within this hour.

    Raises `Conflict` where the site has no address to write from.
    """
    if not can_ask(tx, site_id):
        raise Conflict("the site writes no e-mails to its staff: give it an address to send from")
    ends = tx.now + email_proof.LIFE
    draft = Draft(
        business_key=f"{PURPOSE}:{staff_id}:{site_id}:{tx.now:%Y%m%dT%H}",
        lane=Lane.REPLY,
        audience=Audience.STAFF,
        site_id=site_id,
        purpose=PURPOSE,
        language=staff.get(tx, staff_id).language,
        channel=Channel.EMAIL,
        fields={"ends": ends.isoformat()},
        staff_id=staff_id,
        not_after=ends,
    )
    sent = messaging.enqueue(tx, draft) is not None
    if sent:
        staff.note(tx, "staff.email_asked", staff_id)
    return sent


def link(tx: Tx, message: MessageView, public_url: str) -> str | None:
    """The link of such a mail; None for any other message."""
    if message.purpose != PURPOSE or message.staff_id is None:
        return None
    ends = datetime.fromisoformat(str(message.fields["ends"]))
    return email_proof.url(tx, staff.get(tx, message.staff_id), ends, public_url)
