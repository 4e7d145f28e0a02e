"""The door to what came into use at a site: in place of what, when, by whom and why.

The reason stands here and nowhere else: the audit trail holds ids, codes and counts. Uses are only
ever added.
"""

from dataclasses import replace
from uuid import UUID

from rsm.db.work import Tx
from rsm.kernel.errors import Invalid, Problem
from rsm.sites import service, uses_store
from rsm.sites.settings import Exchange, Setting, Use

REASON_AT_MOST = 500


def note(tx: Tx, site_id: UUID, exchange: Exchange) -> UUID:
    """Keep that this came into use at the site, or in all of its organisation; gives its id.

    Raises `Invalid` for a reason that is missing or too long, `NotFound` when there is no such
    site.
    """
    organisation_id = service.get(tx, site_id).organisation_id
    kept = replace(exchange, reason=checked_reason(exchange.reason))
    return uses_store.add(tx, organisation_id, None if exchange.wide else site_id, kept)


def of_site(tx: Tx, site_id: UUID, setting: Setting, limit: int) -> list[Use]:
    """The site's own and its organisation's, the latest first."""
    organisation_id = service.get(tx, site_id).organisation_id
    return uses_store.of_site(tx, organisation_id, site_id, setting, limit)


def checked_reason(reason: str) -> str:
    """Without blanks around it. Raises `Invalid` when it is missing or too long."""
    reason = reason.replace("\0", "").strip()  # the database cannot hold that character
    if not reason:
        raise Invalid(Problem("reason", "is missing", "say why"))
    if len(reason) > REASON_AT_MOST:
        what = f"is longer than {REASON_AT_MOST} characters"
        raise Invalid(Problem("reason", what, f"say it in {REASON_AT_MOST}, not {len(reason)}"))
    return reason
