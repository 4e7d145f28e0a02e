"""A site's row and the words in which it is agreed to: each from the other."""

from collections.abc import Mapping
from datetime import date, time
from types import MappingProxyType

from rsm.kernel.errors import Invalid, Problem
from rsm.kernel.localtime import zone_named
from rsm.kernel.phones import e164
from rsm.kernel.words import Pin
from rsm.sites import calendar as calendars
from rsm.sites.calendar import SiteCalendar
from rsm.sites.model import NewSite, SiteView
from rsm.sites.tables import Site

_APART = {"service_hours", "calendar", "instrument", "rule_pack", "policy", "plan"}


def columns_of(new: NewSite, today: date) -> dict[str, object]:
    """What is kept of an agreement. Raises `Invalid` for a zone, hours or a number that is none."""
    zone_named(new.zone)
    if new.texts_from >= new.texts_until:
        raise Invalid(Problem("texts_until", "is not after texts_from", "for example 20:00"))
    calendar = calendars.checked(new.calendar, today)
    plain = new.model_dump(exclude=_APART)
    return {
        **plain,
        "languages": list(new.languages),
        "clinic_phone": e164(new.clinic_phone, "clinic_phone"),
        "safety_contact_phone": e164(new.safety_contact_phone, "safety_contact_phone"),
        "service_hours": {
            day: [hours[0].isoformat("minutes"), hours[1].isoformat("minutes")]
            for day, hours in new.service_hours.items()
        },
        "calendar": calendar.model_dump(mode="json"),
        "instrument": new.instrument.document,
        "rule_pack": new.rule_pack.document,
        "policy": new.policy.document,
        "plan": new.plan.document,
    }


def view_of(row: Site) -> SiteView:
    """The row as other rooms read it."""
    return SiteView(
        id=row.id,
        organisation_id=row.organisation_id,
        name=row.name,
        sender_name=row.sender_name,
        zone=row.zone,
        languages=tuple(row.languages),
        clinic_phone=row.clinic_phone,
        emergency_number=row.emergency_number,
        safety_contact_name=row.safety_contact_name,
        safety_contact_phone=row.safety_contact_phone,
        service_hours=MappingProxyType(_hours(row.service_hours)),
        texts_from=row.texts_from,
        texts_until=row.texts_until,
        calendar=SiteCalendar.model_validate(row.calendar),
        spread_minutes=row.spread_minutes,
        provider_keeps_days=row.provider_keeps_days,
        instrument=Pin.of(row.instrument),
        rule_pack=Pin.of(row.rule_pack),
        policy=Pin.of(row.policy),
        plan=Pin.of(row.plan),
        routes=MappingProxyType(dict(row.routes)),
        live_since=row.live_since,
    )


def _hours(stored: Mapping[str, object]) -> dict[str, tuple[time, time]]:
    hours: dict[str, tuple[time, time]] = {}
    for day, pair in stored.items():
        if isinstance(pair, list):
            hours[day] = (time.fromisoformat(pair[0]), time.fromisoformat(pair[1]))
    return hours
