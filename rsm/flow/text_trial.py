"""A site's wording tried on a phone of its staff, through the outbox as every other message.

Only a number or address that the person herself proved to be hers gets it: nobody tries a wording
on a patient. It is marked as a test, and holds samples in place of links and codes.
"""

from datetime import timedelta
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.errors import Conflict, Invalid, Problem
from rsm.kernel.words import Audience, Channel
from rsm.messaging import service as messaging
from rsm.messaging.model import Draft, Lane, SiteTextView
from rsm.messaging.wording_rules import samples
from rsm.security import staff
from rsm.security.audit import Subject, record
from rsm.security.model import StaffView
from rsm.sites import service as sites

FIELD = "site_text"  # the message's field that names the version to be tried
_GOOD_FOR = timedelta(minutes=15)
_FROM_SITE = frozenset({"sender_name", "site_name", "help_phone", "emergency_number"})


def may_try(person: StaffView, channel: Channel) -> bool:
    """Whether a trial may go to her: by text only to a number that is proved to be hers."""
    if person.disabled:
        return False
    return channel is Channel.EMAIL or (person.phone is not None and person.phone_verified)


def try_out(tx: Tx, text: SiteTextView, staff_id: UUID, link: str) -> UUID:
    """Send this version to her, with `link` in place of a patient's. Returns the message.

    Raises `Invalid` when it cannot go to her or from this site, `Conflict` when it just went.
    """
    key, person = text.key, staff.get(tx, staff_id)
    if not staff.works_at(tx, staff_id, text.site_id) or not may_try(person, key.channel):
        raise Invalid(Problem("to", "has no verified number here", "choose somebody who has"))
    if sites.sender(tx, text.site_id, Audience.STAFF, key.channel) is None:
        raise Invalid(Problem("to", "the site sends nothing to staff by this channel", "add one"))
    fields = {name: value for name, value in samples().items() if name not in _FROM_SITE}
    message_id = messaging.enqueue(
        tx,
        Draft(
            business_key=f"trial:{text.id}:{staff_id}:{tx.now:%Y%m%d%H%M}",
            lane=Lane.STAFF,
            audience=Audience.STAFF,
            site_id=text.site_id,
            purpose=key.purpose,
            language=key.language,
            channel=key.channel,
            fields={**fields, "link": link, FIELD: str(text.id)},
            staff_id=staff_id,
            not_after=tx.now + _GOOD_FOR,
            is_test=True,
        ),
    )
    if message_id is None:
        raise Conflict("it went out a moment ago: wait a minute")
    facts = {"version": text.version, "staff": staff_id}
    record(tx, "text.tried", Subject("site_text", text.id), text.site_id, **facts)
    return message_id
