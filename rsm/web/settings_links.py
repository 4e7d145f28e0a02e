"""The pages of a site's settings, as pills above each of them."""

from uuid import UUID

from rsm.web.views.common import FilterLink

_PAGES = (
    ("settings", "Settings"),
    ("hours", "Contact hours"),
    ("senders", "Senders"),
    ("texts", "Texts"),
    ("consent-texts", "Consent"),
    ("plans", "Plans"),
    ("instruments", "Questionnaires"),
    ("rules", "Rules"),
    ("roster", "Teams and roster"),
    ("escalation", "Escalation"),
    ("routing", "Routing"),
    ("before-go-live", "Before go-live"),
    ("go-live", "Going live"),
    ("journal", "Journal"),
)


def settings_links(site_id: UUID, current: str) -> tuple[FilterLink, ...]:
    """A link to each; `current` is the last part of the present one's address."""
    return tuple(
        FilterLink(label, f"/sites/{site_id}/{page}", current=page == current)
        for page, label in _PAGES
    )
