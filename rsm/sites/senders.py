"""The numbers and addresses that a site sends from: what their carriers let through, and allow.

What a sender may do is data, since carriers set other limits for each kind of number, and others
again once a brand and a campaign are registered with them (A2P 10DLC).
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.words import Audience, Channel

Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Sample = Annotated[str, StringConstraints(strip_whitespace=True, min_length=20, max_length=1024)]


class SenderKind(StrEnum):
    """What kind of number or address it is: carriers set other limits for each."""

    LONG_CODE = "long_code"
    TOLL_FREE = "toll_free"
    SHORT_CODE = "short_code"
    EMAIL = "email"


class RegistrationStatus(StrEnum):
    """How far the carriers' registration has come. Unregistered traffic is blocked by them."""

    NOT_NEEDED = "not_needed"  # a number outside of the United States, an e-mail address
    MISSING = "missing"
    PENDING = "pending"
    REGISTERED = "registered"
    REFUSED = "refused"


class Registration(BaseModel):
    """What a site's sender is registered as with the carriers (A2P 10DLC, toll-free)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: RegistrationStatus = RegistrationStatus.MISSING
    brand_id: Code | None = None
    campaign_id: Code | None = None
    use_case: Code | None = None
    registered_on: date | None = None
    sample_texts: tuple[Sample, ...] = Field((), max_length=5)
    # Twilio's service that the campaign hangs on; the number must be in its pool.
    messaging_service_sid: (
        Annotated[str, StringConstraints(pattern=r"^MG[0-9a-fA-F]{32}$")] | None
    ) = None

    @model_validator(mode="after")
    def _registered_as_something(self) -> Self:
        if self.status is RegistrationStatus.REGISTERED and self.registered_on is None:
            raise ValueError("what is registered has a date: give `registered_on`")
        return self


CALLING = (SenderKind.LONG_CODE, SenderKind.TOLL_FREE)  # the kinds that can place calls


class SenderSettings(BaseModel):
    """How fast and how often a sender may be used. One a second is what an unregistered number
    of ten digits is let through.

    `calls`: the number of the texts to staff calls them as well, unless calls have one of their
    own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: SenderKind = SenderKind.LONG_CODE
    per_second: float = Field(1, gt=0, le=10_000, allow_inf_nan=False)
    daily_cap: int | None = Field(None, ge=1)  # messages per local day of the site
    registration: Registration = Registration()
    calls: bool = False


@dataclass(frozen=True)
class SenderView:
    """One sender in use. A number that texts and calls is one for each of the two."""

    address: str
    site_id: UUID
    audience: Audience
    channel: Channel
    settings: SenderSettings


@dataclass(frozen=True)
class Taken:
    """What a sender's row gave: the first place, how many, and on which of its local days."""

    first: datetime
    count: int
    day: date


_NOT_NEEDED = Registration(status=RegistrationStatus.NOT_NEEDED)


def usual(channel: Channel) -> SenderSettings:
    """What a new sender is taken for until somebody says more."""
    if channel is Channel.VOICE:  # what carriers register are texts
        return SenderSettings(registration=_NOT_NEEDED)
    if channel is not Channel.EMAIL:
        return SenderSettings()
    return SenderSettings(kind=SenderKind.EMAIL, per_second=10, registration=_NOT_NEEDED)


def calling(texts: SenderView) -> SenderView:
    """The number of the texts as the one that calls: its pace is the same."""
    settings = texts.settings.model_copy(update={"registration": _NOT_NEEDED})
    return replace(texts, channel=Channel.VOICE, settings=settings)


def require_calling(audience: Audience, channel: Channel, kind: SenderKind) -> None:
    """Raises `Invalid` where it cannot: only the number of the texts to staff calls as well."""
    if (audience, channel) != (Audience.STAFF, Channel.SMS):
        raise Invalid(Problem("calls", "only the number of the texts to staff calls as well"))
    if kind not in CALLING:
        mend = "untick it, or give a long code or a toll-free number"
        raise Invalid(Problem("calls", f"a {kind.replace('_', ' ')} cannot call", mend))
