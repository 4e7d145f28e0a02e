"""The words of a place of care: the site as others read it, its duty, what makes a new one."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, time
from types import MappingProxyType
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from rsm.kernel.words import Audience, Channel, Pin
from rsm.sites.calendar import SiteCalendar

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Hours = tuple[time, time]


class NewSite(BaseModel):
    """What a site needs before it may send anything."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Text
    sender_name: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=24)
    ]
    zone: str
    languages: tuple[str, ...] = Field(("en",), min_length=1)
    clinic_phone: str
    emergency_number: Annotated[str, StringConstraints(pattern=r"^\+?[0-9]{3,15}$")]
    safety_contact_name: Text
    safety_contact_phone: str
    service_hours: dict[
        Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"], Hours
    ]
    texts_from: time = time(8)
    texts_until: time = time(20)
    calendar: SiteCalendar = SiteCalendar()
    spread_minutes: int = Field(60, ge=0, le=60)  # over which its patients' texts are spread
    provider_keeps_days: int = Field(7, ge=1, le=400)  # until bodies are deleted at the provider
    instrument: Pin
    rule_pack: Pin
    policy: Pin
    plan: Pin
    routes: dict[str, object] = Field(default_factory=dict)


@dataclass(frozen=True)
class SiteView:
    """One site as the other rooms see it."""

    id: UUID
    organisation_id: UUID
    name: str
    sender_name: str
    zone: str
    languages: tuple[str, ...]
    clinic_phone: str
    emergency_number: str
    safety_contact_name: str
    safety_contact_phone: str
    service_hours: MappingProxyType[str, Hours]  # weekday name → local opening and closing
    texts_from: time
    texts_until: time
    calendar: SiteCalendar
    spread_minutes: int
    provider_keeps_days: int
    instrument: Pin
    rule_pack: Pin
    policy: Pin
    plan: Pin
    routes: MappingProxyType[str, object]
    live_since: datetime | None = None  # None: nothing is sent to its patients (`is_live`)

    @property
    def is_live(self) -> bool:
        """Whether an accountable clinician has signed that it may send to its patients."""
        return self.live_since is not None


@dataclass(frozen=True)
class Shift:
    """A weekly duty in the site's local time; `ends` at or before `starts` runs past midnight."""

    team_id: UUID
    staff_id: UUID
    weekday: int  # Monday is 0
    starts: time
    ends: time
    rank: int = 1


@dataclass(frozen=True)
class Duty:
    """Somebody who is on duty now; `rank` 1 is told first."""

    staff_id: UUID
    rank: int
    until: datetime


@dataclass(frozen=True)
class Team:
    id: UUID
    name: str


@dataclass(frozen=True)
class Address:
    """One of our own numbers: whose it is and whom it speaks to."""

    site_id: UUID
    audience: Audience
    channel: Channel


def as_agreed(site: SiteView) -> NewSite:
    """The site in the words in which it is agreed: what an editor begins with."""
    return NewSite.model_validate(
        {
            "name": site.name,
            "sender_name": site.sender_name,
            "zone": site.zone,
            "languages": site.languages,
            "clinic_phone": site.clinic_phone,
            "emergency_number": site.emergency_number,
            "safety_contact_name": site.safety_contact_name,
            "safety_contact_phone": site.safety_contact_phone,
            "service_hours": dict(site.service_hours),
            "texts_from": site.texts_from,
            "texts_until": site.texts_until,
            "calendar": site.calendar,
            "spread_minutes": site.spread_minutes,
            "provider_keeps_days": site.provider_keeps_days,
            "instrument": site.instrument,
            "rule_pack": site.rule_pack,
            "policy": site.policy,
            "plan": site.plan,
            "routes": dict(site.routes),
        }
    )


def edition(site: SiteView) -> str:
    """Changes with every change of the site: an editor hands back the one that she had."""
    return hashlib.sha256(as_agreed(site).model_dump_json().encode()).hexdigest()[:16]
