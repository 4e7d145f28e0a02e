"""Programmes are calibrated: as many reports alert as their trial has published, within the bounds
that stand beside the figure. People, answers and rules alone; nobody is reminded or called."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from rsm.alerts.decide import judge
from rsm.alerts.model import Facts, Report
from rsm.alerts.packs import folder, parse_pack
from rsm.alerts.specs import spec_of
from rsm.instruments.library import find
from rsm.schedules.model import OccurrenceView
from rsm.simulate.draws import Draws
from rsm.simulate.people import Months, Person, Place, person
from rsm.simulate.programme import Measure, Programme, programme
from rsm.simulate.sheets import fill_in

PEOPLE, WEEKS = 200, 26
MONTHS = Months(date(2026, 1, 5), WEEKS * 7)
PLACE = Place(0, ("212", "315"), ("100",))
INSTRUMENT = find("weekly-symptoms")


def weeks_answered(one: Person, heeds: float) -> Iterator[date]:
    """From her first to her last, but for those that she forgets whatever she is sent."""
    ends = one.fate.leaves[0] if one.fate.leaves is not None else MONTHS.days
    for day in range(one.fate.enrols, ends + 1, 7):
        if not Draws.of(one.seed, "forgets", day).chance(one.fate.forgets * (1 - heeds)):
            yield MONTHS.first + timedelta(days=day)


def alerting(behave: Programme) -> float:
    """The share of reports in which the programme's own pack finds something."""
    text = (folder() / f"{behave.uses.pack}.toml").read_text(encoding="utf-8")
    pack, spec = parse_pack(text, "pack")[0], spec_of(INSTRUMENT)
    found = []
    for number in range(PEOPLE):
        one, past = person("calibrated", PLACE, number, behave, MONTHS), list[Report]()
        for on in weeks_answered(one, behave.patients.heeds_reminder):
            survey = cast("OccurrenceView", SimpleNamespace(local_date=on))
            now, at = fill_in(one, INSTRUMENT, survey), datetime.combine(on, time(14), UTC)
            baseline = past[0].answers if past else None
            facts = Facts(now=now, at=at, history=past[-4:], baseline=baseline)
            found.append(bool(judge(pack, spec, facts).findings))
            past.append(Report(at, now))
    return sum(found) / len(found)


@pytest.mark.soak
@pytest.mark.parametrize("key", ["pro-tect", "star", "esym"])
def test_as_many_reports_alert_as_the_trial_has_published(key: str) -> None:
    behave = programme(key)
    (said,) = (one for one in behave.expected if one.measure is Measure.ALERTING_SURVEYS)
    assert said.low <= alerting(behave) <= said.high
