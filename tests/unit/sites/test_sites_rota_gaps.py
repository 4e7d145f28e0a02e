"""Gaps within the hours that a site has declared; hours in which it is closed do not nag."""

from datetime import date, time

from rsm.kernel.words import Level
from rsm.sites.model import WEEKDAYS
from rsm.sites.rota.decide import duty_periods
from rsm.sites.rota.gaps import Gap, Watch, gaps, total_hours
from rsm.sites.rota.model import Rota
from tests.rota_world import ANN, NEW_YORK, local, shift, weekly

OFFICE = dict.fromkeys(WEEKDAYS[:5], (time(8), time(18)))
ALWAYS = dict.fromkeys(WEEKDAYS, (time(0), time(0)))
URGENT = frozenset({Level.EMERGENCY, Level.URGENT})
WEEK = ("2026-10-19T00:00", "2026-10-26T00:00")  # Monday to Monday


def found(rota: Rota, watch: Watch, time_: tuple[str, str] = WEEK) -> list[Gap]:
    since, until = (local(each) for each in time_)
    return gaps(duty_periods(rota, since, until, NEW_YORK), watch, NEW_YORK)


def spans(listed: list[Gap]) -> list[str]:
    return [
        f"{gap.since.astimezone(NEW_YORK):%a %H:%M}-{gap.until.astimezone(NEW_YORK):%a %H:%M}"
        for gap in listed
    ]


def test_nobody_at_all_is_a_gap_in_every_service_hour() -> None:
    listed = found(Rota(), Watch(OFFICE))
    assert spans(listed)[:2] == ["Mon 08:00-Mon 18:00", "Tue 08:00-Tue 18:00"]
    assert len(listed) == 5
    assert all(gap.in_service and gap.levels == frozenset(Level) for gap in listed)
    assert total_hours(listed) == 50


def test_closed_hours_are_no_gap() -> None:
    office = Rota(weekly=weekly(*(shift(ANN, day, "08:00", "18:00") for day in range(5))))
    assert found(office, Watch(OFFICE)) == []
    assert found(Rota(), Watch()) == []


def test_a_hole_in_service_hours_is_cut_at_their_edges() -> None:
    rota = Rota(weekly=weekly(*(shift(ANN, day, "09:00", "17:00") for day in range(5))))
    assert spans(found(rota, Watch(OFFICE)))[:3] == [
        "Mon 08:00-Mon 09:00",
        "Mon 17:00-Mon 18:00",
        "Tue 08:00-Tue 09:00",
    ]


def test_a_closed_day_has_no_service_hours() -> None:
    listed = found(Rota(), Watch(OFFICE, frozenset({date(2026, 10, 20)})))
    assert [each[:3] for each in spans(listed)] == ["Mon", "Wed", "Thu", "Fri"]


def test_around_the_clock_closed_hours_are_a_gap_for_the_levels_that_are_told() -> None:
    office = Rota(weekly=weekly(*(shift(ANN, day, "09:00", "18:00") for day in range(5))))
    listed = found(office, Watch(OFFICE, around_the_clock=URGENT))
    assert spans(listed)[:3] == [
        "Mon 00:00-Mon 08:00",
        "Mon 08:00-Mon 09:00",
        "Mon 18:00-Tue 08:00",
    ]
    assert [gap.levels for gap in listed[:2]] == [URGENT, frozenset(Level)]
    assert total_hours(listed) == 7 * 24 - 45
    assert total_hours(listed, Level.URGENT) == 7 * 24 - 45
    assert total_hours(listed, Level.SOON) == 5


def test_service_hours_past_midnight_run_on_into_the_next_day() -> None:
    night = {"monday": (time(20), time(6))}
    assert spans(found(Rota(), Watch(night))) == ["Mon 20:00-Tue 06:00"]
    tuesday = ("2026-10-20T00:00", "2026-10-20T12:00")
    assert spans(found(Rota(), Watch(night), tuesday)) == ["Tue 00:00-Tue 06:00"]


def test_hours_from_midnight_to_midnight_are_the_whole_day_and_one_gap() -> None:
    assert spans(found(Rota(), Watch(ALWAYS))) == ["Mon 00:00-Mon 00:00"]


def test_the_night_of_a_change_of_the_clock_has_its_real_hours() -> None:
    spring = ("2027-03-14T00:00", "2027-03-15T00:00")
    autumn = ("2026-11-01T00:00", "2026-11-02T00:00")
    assert total_hours(found(Rota(), Watch(ALWAYS), spring)) == 23
    assert total_hours(found(Rota(), Watch(ALWAYS), autumn)) == 25


def test_no_periods_have_no_gaps() -> None:
    assert gaps([], Watch(ALWAYS), NEW_YORK) == []
    assert total_hours([]) == 0
