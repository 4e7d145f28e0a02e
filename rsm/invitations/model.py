"""The words of invitations: a link to one survey."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

BIRTH_TRIES = 5
LINK_AGAIN_AFTER = timedelta(minutes=10)
TABLET_STAYS = timedelta(minutes=30)  # since it was last used


class Door(StrEnum):
    """Into whose hands a link is given."""

    PATIENT = "patient"
    PROXY = "proxy"  # somebody who answers for her, by a link of her own
    TABLET = "tablet"  # the clinic's, between two patients


@dataclass(frozen=True)
class Hand:
    """Into whose hands a link is to be given: the patient's, unless told."""

    door: Door = Door.PATIENT
    proxy_id: UUID | None = None
    expires_at: datetime | None = None


HERS = Hand()


@dataclass(frozen=True)
class Resolved:
    """Whose link a token is. Found before a site is known, by the token's hash alone."""

    site_id: UUID
    patient_id: UUID
    occurrence_id: UUID
    link_id: UUID


@dataclass(frozen=True)
class LinkView:
    """A link, without its token: that is derived when it is sent."""

    id: UUID
    site_id: UUID
    patient_id: UUID
    occurrence_id: UUID
    serial: int
    created_at: datetime
    revoked_at: datetime | None
    birth_failures: int
    birth_locked_until: datetime | None
    door: Door = Door.PATIENT
    proxy_id: UUID | None = None
    expires_at: datetime | None = None  # of a tablet: it opens nothing afterwards

    def is_over(self, now: datetime) -> bool:
        """Whether it was revoked, or its time is up."""
        return self.revoked_at is not None or (
            self.expires_at is not None and now >= self.expires_at
        )

    def is_recent(self, now: datetime) -> bool:
        """Whether it was issued only just now: asked for again, it is on its way."""
        return self.created_at > now - LINK_AGAIN_AFTER

    def tries_left(self, now: datetime) -> int:
        """How often a birth date may still be given; 0 while the link is locked."""
        if self.birth_locked_until is None:
            return BIRTH_TRIES - self.birth_failures
        return 0 if now < self.birth_locked_until else BIRTH_TRIES
