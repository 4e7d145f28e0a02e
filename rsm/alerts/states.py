"""Closed lists of the alert room that stand in tables: tiers, releases, ends of expected levels."""

from enum import StrEnum


class Tier(StrEnum):
    """Whose the override is; applied in this order, the later over the earlier."""

    ORGANISATION = "organisation"
    SITE = "site"
    TEAM = "team"
    PATIENT = "patient"


class ExpectedEnd(StrEnum):
    """Why an expected level does not hold any more before its time."""

    BROKEN = "broken"  # something worse was reported
    ENDED = "ended"  # by a nurse
    REPLACED = "replaced"


class ReleaseState(StrEnum):
    """How far a pack has come at a site."""

    DRAFT = "draft"
    SHADOW = "shadow"  # judged silently beside the live pack
    LIVE = "live"
    RETIRED = "retired"
