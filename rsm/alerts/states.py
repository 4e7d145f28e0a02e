"""Closed lists of the alert room: tiers, releases, ends of expected levels, what worse means."""

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


class Worse(StrEnum):
    """Which values of a finding are worse than its own."""

    HIGHER = "higher"
    LOWER = "lower"  # a score that falls, a number below its range
    UNKNOWN = "unknown"  # words, a combination: what was found says nothing of how bad it is
