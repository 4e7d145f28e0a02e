"""Expected levels across the rooms: what may be expected of a patient, set and ended by a nurse.

The instruments that she answers say which symptoms there are, the pack that judges her says how
high and how long. Who may set one (TRIAGE) is the page's to ask.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from uuid import UUID

from rsm.alerts import expected
from rsm.alerts.expected_words import NewLevel
from rsm.alerts.model import InstrumentSpec
from rsm.alerts.quiet import ExpectedLevel, expected_problems
from rsm.alerts.schema import Quiet
from rsm.alerts.specs import spec_of
from rsm.alerts.wording import label
from rsm.db.work import Tx
from rsm.flow.effective import pack_for
from rsm.flow.entry import MAY_REPORT
from rsm.instruments import service as instruments
from rsm.instruments.model import Instrument
from rsm.kernel.errors import Conflict, Invalid, Problem
from rsm.kernel.localtime import local_of, start_instant, zone_named
from rsm.patients import service as patients
from rsm.patients.model import PatientFacts
from rsm.responses import service as responses
from rsm.sites import service as sites

_LOOK_BACK = timedelta(days=90)  # what she was asked so lately may be asked again
_REASON_AT_MOST = 500
_DAYS = (3, 7, 14, 30)


@dataclass(frozen=True)
class Wish:
    """What a nurse wants to expect: a symptom's key, the highest grade, for how many days, why."""

    symptom: str
    grade: int
    days: int
    reason: str


@dataclass(frozen=True)
class Bounds:
    """What may be expected of her. `symptoms` are graded ones by key, `lasts` the ends by days."""

    symptoms: Mapping[str, str]
    rules: Quiet
    lasts: Mapping[int, datetime]
    instrument: InstrumentSpec

    @property
    def grades(self) -> tuple[int, ...]:
        return tuple(range(1, self.rules.expected_up_to + 1))


def bounds(tx: Tx, facts: PatientFacts) -> Bounds:
    """What a nurse may choose from; `symptoms` or `grades` may be empty: then nothing."""
    site = sites.get(tx, facts.site_id)
    rules = pack_for(tx, site, facts, tx.now).pack.quiet
    finals = responses.finals(tx, facts.id, tx.now - _LOOK_BACK)
    pins = dict.fromkeys([site.instrument, *(each.instrument for each in finals)])
    asked = [instruments.load(tx, pin) for pin in pins]
    specs = [spec_of(each) for each in asked]
    names = {key: name for each in asked for key, name in _graded(each).items()}
    offered = {days for days in _DAYS if days < rules.expected_days} | {rules.expected_days}
    return Bounds(
        symptoms=dict(sorted(names.items(), key=lambda each: each[1])),
        rules=rules,
        lasts={days: _until(facts.zone, tx.now, days, rules) for days in sorted(offered)},
        instrument=replace(specs[0], items=tuple(item for spec in specs for item in spec.items)),
    )


def _graded(instrument: Instrument) -> dict[str, str]:
    """The symptoms that it asks for on a scale of grades, by key, with their names."""
    named = instrument.symptom_by_key
    keys = {item.symptom for item in spec_of(instrument).items if item.is_graded}
    return {key: named[key].name.get("en", key) if key in named else label(key) for key in keys}


def _until(zone_name: str, now: datetime, days: int, rules: Quiet) -> datetime:
    """To the end of the day on her clock, so that next week's report is within a week; never
    longer than the pack allows."""
    zone = zone_named(zone_name)
    after = local_of(now, zone).date() + timedelta(days=days + 1)
    longest = now + timedelta(days=rules.expected_days)
    return min(start_instant(datetime.combine(after, time()), zone), longest)


def expect(tx: Tx, patient_id: UUID, wish: Wish, by: UUID) -> UUID:
    """From now on this is expected of her; what was expected of the symptom before is replaced.

    Raises `Invalid` beyond the pack's bounds or without a reason, `Conflict` when she takes no
    part (any more).
    """
    facts = patients.locked(tx, patient_id)
    if facts.status not in MAY_REPORT:
        raise Conflict(f"a patient who is {facts.status} does not report")
    allowed = bounds(tx, facts)
    until = allowed.lasts.get(wish.days, tx.now)
    level = ExpectedLevel(wish.symptom, wish.grade, tx.now, until)
    problems = expected_problems(level, allowed.instrument, allowed.rules)
    problems += _reason_problems(wish.reason)
    if problems:
        raise Invalid(problems)
    new = NewLevel(
        site_id=facts.site_id,
        patient_id=facts.id,
        symptom=wish.symptom,
        grade=wish.grade,
        until=until,
        reason=wish.reason.strip(),
        set_by=by,
    )
    return expected.set_level(tx, new)


def _reason_problems(reason: str) -> list[Problem]:
    if not reason.strip():
        return [Problem("reason", "is missing", "such as: known, oncologist informed")]
    if len(reason.strip()) > _REASON_AT_MOST:
        return [Problem("reason", f"has more than {_REASON_AT_MOST} characters")]
    return []


def end(tx: Tx, patient_id: UUID, level_id: UUID, by: UUID) -> None:
    """It is not expected any more. `Conflict` when it had ended meanwhile."""
    patients.locked(tx, patient_id)
    if not expected.end_level(tx, level_id, by):
        raise Conflict("this expected level had ended already")
