"""Who lives through the campaign: patients all over the country, and what they do with a survey."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from rsm.db.work import Database, Scope
from rsm.flow import answer as surveys
from rsm.flow import enrol, plans
from rsm.instruments import service as instruments
from rsm.instruments.decide import next_item
from rsm.kernel.answers import Answer, answered
from rsm.kernel.errors import RsmError
from rsm.kernel.words import Channel, Reporter
from rsm.patients.model import NewPatient, PatientStatus
from rsm.responses.model import Author
from rsm.schedules import published

# 555-0100 to 555-0199 are set aside for fiction in every area code.
AREAS = (
    *(202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225),
    *(228, 229, 231, 234, 239, 240, 248, 251, 252, 253, 254, 256, 260, 262, 267, 269, 270),
)
ZONES = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
    "America/Puerto_Rico",
    "America/St_Johns",
)
_ANSWERS = 0.6
_STOPS = 0.02
_BY_PERSON = 0.03
_PLANS = ("weekly",) * 8 + ("daily-14", "taper")


@dataclass(frozen=True)
class Resident:
    """One patient and her phone."""

    id: UUID
    phone: str
    zone: str
    weekday: int
    local_time: time
    plan: str
    stops: bool


def draw(*key: object) -> float:
    """A fraction from 0 to 1: the same for the same key."""
    digest = hashlib.sha256(repr(key).encode()).digest()
    return int.from_bytes(digest[:7], "big") / (1 << 56)


def move_in(db: Database, site: UUID, number: int, on: date) -> Resident:
    """Enrol the `number`-th patient, as a page would."""
    area, line = divmod(number, 100)
    phone = f"+1{AREAS[area]}55501{line:02d}"
    by_person = draw("by person", number) < _BY_PERSON
    new = NewPatient(
        name=f"Resident {number}",
        record_number=f"R{number}",
        birth_date=date(1960, 1, 1),
        status=PatientStatus.ENROLLED,
        phone=phone,
        zone=ZONES[number % len(ZONES)],
        channel=Channel.STAFF if by_person else Channel.SMS,
        weekday=int(draw("day", number) * 7),
        local_time=time(8 + int(draw("hour", number) * 11)),
        consent_on=on,
        consent_by=f"Resident {number}",
    )
    plan = _PLANS[number % len(_PLANS)]
    with db.begin(Scope.site(site)) as tx:
        patient = enrol.enter(tx, site, new)
        if plan != "weekly":
            plans.choose(tx, patient, published.publish_shipped(tx, plan))
    stops = draw("stops", number) < _STOPS
    return Resident(patient, phone, str(new.zone), new.weekday, new.local_time, plan, stops)


def answers_after(survey: UUID) -> timedelta | None:
    """How long she takes to answer this survey; None: she does not."""
    if draw("answers", survey) >= _ANSWERS:
        return None
    return timedelta(hours=60 * draw("hours", survey) ** 2)


def answer(db: Database, site: UUID, patient: UUID, survey: UUID, at: datetime) -> bool:
    """She has nothing to complain of; False when it cannot be answered any more."""
    try:
        with db.begin(Scope.of_patient(site, patient)) as tx:
            seen = surveys.start(tx, survey, Author(reporter=Reporter.SELF, language="en"))
            instrument = instruments.load(tx, seen.instrument)
            sheet: dict[str, Answer] = {}
            while (item := next_item(instrument, sheet)) is not None:
                sheet[item.code] = answered(0)
            surveys.enter(tx, survey, sheet, "", Author(reporter=Reporter.SELF, language="en"))
    except RsmError:
        return False
    return True
